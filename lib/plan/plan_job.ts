/**
 * The plan of a job: a stream of transfers, skips, problems and, at the very end, deletes. Nothing is decided about deleting before both
 * listings have ended cleanly. Holds no more than `max_delete` keys besides the walk's pages.
 */
import { TransferError } from "../errors.ts";
import type { PlanItem, Transfer } from "../types.ts";
import type { Placed } from "./admit.ts";
import { isSkip } from "./compare.ts";
import { Deletes } from "./deletes.ts";
import { type HeadersHook, hookFailed, type PlanInput, runHook } from "./plan_input.ts";
import { walkJob } from "./walk.ts";

/**
 * Plans a job. Items come in source key order, deletes last; transfers are numbered from 0. Throws what reaches the whole job: `config`
 * (missing source object, bad glob, failing hook, `delete` together with a rename hook), and whatever a listing throws.
 */
export async function* planJob(input: PlanInput): AsyncGenerator<PlanItem> {
  if (input.job.delete && input.rename !== undefined) {
    throw new TransferError("config", `Job ${input.job.name} cannot use delete together with a rename hook: what is extra cannot be known`);
  }
  const deletes = new Deletes(input);
  let id = 0;
  for await (const verdict of walkJob(input)) {
    if (verdict.kind === "extra") {
      deletes.note(verdict.destination);
      continue;
    }
    deletes.sourceEmpty = false;
    if (verdict.kind === "problem") {
      const { key, error, hidesSource, shown } = verdict;
      deletes.sourceHidden ||= hidesSource;
      if (shown) yield { kind: "problem", key, error };
      continue;
    }
    // The walk has given each object its reason.
    const { source, destinationKey, reason = "always" } = verdict;
    if (isSkip(reason)) {
      yield { kind: "skip", key: source.key, destinationKey, sizeBytes: source.sizeBytes, reason };
      continue;
    }
    const headers = input.headers && await headersOf(input.headers, verdict);
    const replaces = verdict.destination;
    const transfer = { id: id++, source, destinationKey, reason, ...(replaces && { replaces }), ...(headers && { headers }) };
    if (!await deletes.holds(transfer)) yield { kind: "transfer", transfer };
  }
  input.signal.throwIfAborted();
  yield* deletes.items();
}

/** What the hook says; only plain data can be posted to a worker. */
async function headersOf(hook: HeadersHook, { source, destinationKey }: Placed): Promise<Transfer["headers"]> {
  const headers = await runHook("headers", source.key, () => hook(source, destinationKey));
  if (headers === undefined) return undefined;
  try {
    if (typeof headers === "object" && headers !== null) return structuredClone(headers);
  } catch {
    // Said below.
  }
  throw hookFailed("headers", source.key, "it must return an object of headers, plain data only, or undefined");
}
