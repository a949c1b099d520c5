/** Ready-made results for report tests. */
import type { Effort, ErrorKind, PlanItem, TransferResult } from "../../lib/types.ts";

/** An effort with everything else at zero. */
export function effort(changes: Partial<Effort> = {}): Effort {
  return { movedBytes: 0, foundBytes: 0, parts: 1, retries: 0, elapsedMs: 1, ...changes };
}

type Done = Extract<TransferResult, { outcome: "done" }>;

/** A transfer that ended well. */
export function done(key: string, sizeBytes: number, changes: Partial<Done> = {}): TransferResult {
  return {
    id: 1,
    key,
    destinationKey: key,
    sizeBytes,
    effort: effort({ movedBytes: sizeBytes }),
    outcome: "done",
    evidence: "etag",
    digest: "md5",
    way: "relay",
    notCarried: [],
    otherUploads: [],
    ...changes,
  };
}

/** A transfer that failed. */
export function failed(key: string, kind: ErrorKind, sizeBytes = 1, changes: Partial<Effort> = {}): TransferResult {
  const error = { kind, message: `Cannot move it: ${kind}`, status: 500, code: "Odd", requestId: "R1" };
  return { id: 1, key, destinationKey: key, sizeBytes, effort: effort(changes), outcome: "failed", error };
}

/** A planned transfer. */
export function planned(key: string, sizeBytes: number): PlanItem {
  return { kind: "transfer", transfer: { id: 1, source: { key, sizeBytes }, destinationKey: key, reason: "missing" } };
}
