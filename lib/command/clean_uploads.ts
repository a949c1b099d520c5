/** `ask_to_clean`: before a job runs, asks whether unfinished uploads below its destination shall be aborted. Without an answer none is. */
import { planOf } from "../run/job_calls.ts";
import { destinationPrefix } from "../plan/plan_input.ts";
import { printable } from "../report/escape.ts";
import { countOf } from "../report/units.ts";
import type { EmbeddedHost } from "../run/embedded_host.ts";
import { openSide } from "../run/open_sides.ts";
import type { Store } from "../store/store.ts";
import type { Job } from "../job_types.ts";
import type { UploadInfo } from "../types.ts";
import type { Terminal } from "./terminal.ts";

/** The one answer that aborts. */
const CLEAN = "CLEAN";

/** Asks, and does what the person says. Throws TransferError when uploads cannot be listed or aborted. */
export async function askToClean(terminal: Terminal, job: Job, host: EmbeddedHost): Promise<void> {
  const { ask, people, signal } = terminal;
  if (ask === undefined) return;
  const { store } = await openSide(job.destination, "destination", { host, mayWrite: false, timeoutMs: job.tuning.timeoutMs, signal });
  try {
    const uploads = await unfinishedUploads(store, job, { signal, host });
    if (uploads.length === 0) return;
    const found = countOf(uploads.length, "unfinished upload");
    people.line(printable(`There ${uploads.length === 1 ? "is" : "are"} ${found} below ${job.destination.text}`));
    if (await ask(`Type ${CLEAN} to abort all of them, or press Enter to go on from what is there: `) !== CLEAN) return;
    for (const { key, uploadId } of uploads) await store.abortUpload(key, uploadId, { signal });
    people.line(`Aborted ${found}`);
  } finally {
    store.close();
  }
}

async function unfinishedUploads(store: Store, job: Job, options: { signal: AbortSignal; host: EmbeddedHost }): Promise<UploadInfo[]> {
  const { signal } = options;
  const found: UploadInfo[] = [];
  const collect = async (query: { key: string } | { prefix: string }) => {
    for await (const page of store.listUploads(query, { signal })) found.push(...page);
  };
  if (!job.destination.tree) await collect({ key: job.destination.key });
  else {
    const prefix = destinationPrefix(job);
    for (const text of job.prefixes.length === 0 ? [""] : job.prefixes) await collect({ prefix: prefix + text });
  }
  if (found.length > 0) return found;
  // Some stores list the uploads of exactly one key and no others (MinIO does).
  for await (const item of planOf(job, options)) {
    if (item.kind !== "transfer" || item.transfer.source.sizeBytes < job.rules.multipartThresholdBytes) continue;
    await collect({ key: item.transfer.destinationKey });
  }
  return found;
}
