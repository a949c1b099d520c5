/**
 * Everything a session may touch, passed in: stores, wire, time, chance. A simulation gives its own.
 */
import type { Store } from "../store/store.ts";
import type { Wire } from "../wire/wire.ts";
import type { TransferRules } from "../job_types.ts";
import type { RetryWorld } from "../pace/retry.ts";

/** The surroundings of every session of one worker. */
export interface World extends RetryWorld {
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
}

/** What one transfer has cost so far; see Effort in types.ts. */
export interface Ledger {
  movedBytes: number;
  foundBytes: number;
  parts: number;
  retries: number;
}
