/**
 * Lists unfinished uploads with what they hold, and aborts them when asked.
 */
import { asTransferError, EXIT, isMissing } from "../errors.ts";
import { jsonText, printable } from "../report/escape.ts";
import { uploadLine, type UploadSummary } from "../report/plan_text.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { openSide } from "../run/open_sides.ts";
import type { Store } from "../store/store.ts";
import type { UploadInfo } from "../types.ts";
import { systemContext } from "../run/system_context.ts";
import { uploadsPlace } from "./flag_job.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";
import type { UploadsRequest } from "../compat/compat_run.ts";

/** A request without progress for this long has failed. */
const TIMEOUT_MS = 60_000;

/** Returns 0, or 1 when an upload could not be looked at or ended. */
export async function listUploads(terminal: Terminal, request: UploadsRequest): Promise<number> {
  const place = uploadsPlace(request, systemContext());
  learnSecrets(terminal.redactor, { source: place, destination: place });
  const host = new EmbeddedHost();
  let failed = 0;
  let listed = 0;
  try {
    const onNote = (line: string) => terminal.people.line(printable(line));
    const { store } = await openSide(place, "source", TIMEOUT_MS, { host, mayWrite: false, signal: terminal.signal, onNote });
    const query = place.tree ? { prefix: place.key } : { key: place.key };
    for await (const page of store.listUploads(query, { signal: terminal.signal })) {
      for (const upload of page) {
        if (Date.now() - upload.initiatedMs < request.olderThanMs) continue;
        listed++;
        if (!await tell(terminal, request, store, upload)) failed++;
      }
    }
    store.close();
  } finally {
    await host.close();
  }
  terminal.people.line(`${listed} unfinished uploads${request.abort ? `, ${listed - failed} aborted` : ""}`);
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

async function tell(terminal: Terminal, request: UploadsRequest, store: Store, upload: UploadInfo): Promise<boolean> {
  const { key, uploadId } = upload;
  try {
    const summary = await summarize(store, upload, terminal.signal);
    terminal.out(request.json ? jsonText({ type: "upload", ...summary }) : uploadLine(summary));
    if (request.abort) await store.abortUpload(key, uploadId, { signal: terminal.signal });
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (terminal.signal.aborted) throw error;
    terminal.people.line(printable(`failed ${key}: ${asTransferError(error).message}`));
    return false;
  }
}

async function summarize(store: Store, upload: UploadInfo, signal: AbortSignal): Promise<UploadSummary> {
  let partCount = 0;
  let partBytes = 0;
  for await (const { parts } of store.listParts(upload.key, upload.uploadId, { signal })) {
    partCount += parts.length;
    for (const part of parts) partBytes += part.sizeBytes;
  }
  return { key: upload.key, uploadId: upload.uploadId, ageMs: Date.now() - upload.initiatedMs, partCount, partBytes };
}
