/**
 * Everything a session may touch, passed in: stores, wire, time, chance. A simulation gives its own.
 */
import type { TransferError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Wire } from "../wire/wire.ts";
import type { TransferRules, Tuning } from "../job_types.ts";
import type { Clock, Pace } from "./pace.ts";
import type { SlotSet } from "./slots.ts";

/** The surroundings of every session of one worker. */
export interface World {
  readonly source: Store;
  readonly destination: Store;
  readonly wire: Wire;
  readonly sourceIsLocal: boolean;
  readonly destinationIsLocal: boolean;
  /** `scheme://bucket` of the source, without the endpoint. */
  readonly sourceUrl: string;
  /** Bucket of the source, for server-side copies. */
  readonly sourceBucket: string;
  readonly rules: TransferRules;
  readonly tuning: Pick<Tuning, "retries" | "retryDelayMs" | "retryGrowth">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly slots: SlotSet;
  readonly pace: Pace;
  /** A request is tried again. */
  readonly onRetry: (error: TransferError, waitMs: number) => void;
  /** An endpoint asked to slow down: told to the other workers. */
  readonly onThrottled: (waitMs: number) => void;
}

/** What one transfer has cost so far; see Effort in types.ts. */
export interface Ledger {
  movedBytes: number;
  foundBytes: number;
  parts: number;
  retries: number;
}
