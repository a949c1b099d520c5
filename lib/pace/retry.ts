/**
 * The one place that tries again. Reads the table in errors.ts; knows three limits (attempts, each wait, total time); waits with full
 * jitter, on a plain ladder, or always as long; the signal ends every wait.
 */
import { asTransferError, ERROR_RULES, TransferError } from "../errors.ts";
import {
  RETRY_AFTER_MAX_MS,
  RETRY_LINEAR_TOTAL_MAX_MS,
  RETRY_LINEAR_WAIT_MAX_MS,
  RETRY_TOTAL_MAX_MS,
  RETRY_WAIT_MAX_MS,
} from "../limits.ts";
import type { Tuning } from "../job_types.ts";
import type { Clock, Pace } from "./pace.ts";
import { shrinkAll, type SlotSet, succeedAll } from "./slots.ts";

/** What trying again needs. */
export interface RetryWorld {
  readonly tuning: Pick<Tuning, "retries" | "retryDelayMs" | "retryGrowth">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly slots: SlotSet;
  readonly pace: Pace;
  /** A request is tried again. */
  readonly onRetry: (error: TransferError, waitMs: number) => void;
  /** An endpoint asked to slow down: reported to the other workers. */
  readonly onThrottled: (waitMs: number) => void;
}

/** Options of {@link withRetries}. */
export interface RetryOptions {
  /** Bytes the attempt carries, for the bandwidth limit. */
  bytes: number;
  /** Counts the retries. */
  ledger: { retries: number };
  signal: AbortSignal;
}

/** Runs `attempt` until it works or its failure is final; throws the last failure. `attempt` must be able to begin again from nothing. */
export async function withRetries<T>(world: RetryWorld, options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  const { signal, ledger } = options;
  const startedMs = world.clock.now();
  const totalMaxMs = world.tuning.retryGrowth === "double" ? RETRY_TOTAL_MAX_MS : RETRY_LINEAR_TOTAL_MAX_MS;
  let integrityFailures = 0;
  for (let failures = 0;;) {
    signal.throwIfAborted();
    await world.pace.pass(options.bytes, signal);
    try {
      const result = await attempt();
      succeedAll(world.slots);
      return result;
    } catch (thrown) {
      const error = asTransferError(thrown);
      if (signal.aborted) throw new TransferError("cancelled", "Interrupted", { cause: thrown });
      const rule = ERROR_RULES[error.kind];
      failures++;
      if (rule.retry === "never" || (rule.retry === "once" && ++integrityFailures > 1)) throw error;
      if (failures > world.tuning.retries || world.clock.now() - startedMs > totalMaxMs) throw error;
      ledger.retries++;
      const waitMs = rule.retry === "once" ? 0 : waitBefore(world, failures, error);
      world.onRetry(error, waitMs);
      if (waitMs === 0) continue;
      if (rule.retry === "slower") {
        shrinkAll(world.slots);
        world.pace.pause(waitMs);
        world.onThrottled(waitMs);
      }
      await world.clock.sleep(waitMs, signal);
    }
  }
}

/** The wait before attempt `failures + 1`, as the job's `retry_growth` says; at least what Retry-After asked for. */
export function waitBefore(world: Pick<RetryWorld, "tuning" | "random">, failures: number, error: TransferError): number {
  const { retryDelayMs, retryGrowth } = world.tuning;
  const ownMs = retryGrowth !== "double"
    ? Math.min(RETRY_LINEAR_WAIT_MAX_MS, retryGrowth === "linear" ? retryDelayMs * failures : retryDelayMs)
    : world.random() * Math.min(RETRY_WAIT_MAX_MS, retryDelayMs * 2 ** (failures - 1));
  return Math.max(ownMs, Math.min(error.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
}
