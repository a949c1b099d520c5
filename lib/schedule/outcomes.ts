/**
 * Results that main writes itself, for transfers whose worker could not: pure.
 */
import type { TransferResult, WireError } from "../types.ts";
import type { Held } from "./member.ts";

/** The worker died under this transfer for the second time. */
export function crashed(held: Held, death: WireError, nowMs: number): TransferResult {
  const error: WireError = {
    kind: "crash",
    message: `Worker died twice under this object: ${death.message}`,
    key: held.transfer.source.key,
  };
  return { ...frame(held, nowMs), outcome: "failed", error };
}

/** The run stopped before the worker could say how this transfer ended; an upload that it began stays at the destination. */
export function cancelled(held: Held, nowMs: number): TransferResult {
  return { ...frame(held, nowMs), outcome: "cancelled" };
}

/** The object met what had stopped the job already: it ended with the job. */
export function stoppedBy(failed: Extract<TransferResult, { outcome: "failed" }>): TransferResult {
  const { error: _error, ...rest } = failed;
  return { ...rest, outcome: "cancelled" };
}

function frame({ transfer, sinceMs }: Held, nowMs: number): Pick<TransferResult, "id" | "key" | "destinationKey" | "sizeBytes" | "effort"> {
  return {
    id: transfer.id,
    key: transfer.source.key,
    destinationKey: transfer.destinationKey,
    sizeBytes: transfer.source.sizeBytes,
    // What the lost worker did for it is unknown here; its totals have it.
    effort: { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0, elapsedMs: Math.max(0, nowMs - sinceMs) },
  };
}
