/**
 * Reading exactly the planned version of the source: by If-Match, and by the ETag of each response at stores whose If-Match never holds.
 */
import { TransferError } from "../errors.ts";
import { sameMark } from "../evidence/mark.ts";
import { withRetries } from "../pace/retry.ts";
import type { ObjectInfo, SourcePin } from "../types.ts";
import type { TransferWork } from "./source_facts.ts";

/**
 * Runs `attempt` with what the source must still be. When that is refused, a look at the source distinguishes one that has changed (which
 * is thrown) from a store whose If-Match does not work: then `attempt` is run again, and from then on the ETag of each response is
 * compared.
 */
export async function reading<T>(work: TransferWork, attempt: (pin: ObjectInfo & SourcePin) => Promise<T>): Promise<T> {
  const { transfer: { source }, habits } = work;
  const { matched } = habits;
  const pin = matched ? source : { ...source, unmatched: true as const };
  try {
    return await attempt(pin);
  } catch (thrown) {
    if (!matched || !(thrown instanceof TransferError) || thrown.kind !== "sourceChanged" || !await isUnchanged(work)) throw thrown;
    habits.matched = false;
    return await attempt({ ...source, unmatched: true });
  }
}

async function isUnchanged({ world, transfer: { source }, ledger, signal }: TransferWork): Promise<boolean> {
  const { key, versionId, etag, sizeBytes } = source;
  if (world.sourceIsLocal || etag === undefined) return false;
  const options = { signal, ...(versionId !== undefined && { versionId }) };
  const there = await withRetries(world, { bytes: 0, ledger, signal }, () => world.source.head(key, options));
  return there?.sizeBytes === sizeBytes && sameMark(there.etag, etag);
}
