/**
 * Messages between main and a transfer worker: plain data only (no class instances, Errors, Dates or signals survive the crossing).
 * A worker asks for nothing but fresh credentials; `settled` is the credit that opens its window again.
 */
import type { TransferRules, Tuning } from "./job_types.ts";
import type { Credentials, ReadyStore, Side, Totals, Transfer, TransferResult, WireError } from "./types.ts";

/** Main to worker. */
export type WorkerCommand =
  /** Once, after `ready`; the only message besides `credentials` that holds secrets. */
  | {
    readonly type: "start";
    readonly workerId: number;
    readonly source: ReadyStore;
    readonly destination: ReadyStore;
    readonly rules: TransferRules;
    readonly tuning: Tuning;
    /** Seed of the jitter. */
    readonly seed: number;
  }
  /** Whenever the window has room: at most ASSIGN_TRANSFERS_MAX transfers. */
  | { readonly type: "assign"; readonly transfers: readonly Transfer[] }
  /** This worker's share of the bandwidth limit; 0 means none. Sent again when the number of workers changes. */
  | { readonly type: "bandwidth"; readonly bytesPerSecond: number }
  /** A store asked another worker to slow down. Which endpoint said so makes no difference: every movement touches both. */
  | { readonly type: "slow"; readonly waitMs: number }
  | { readonly type: "credentials"; readonly side: Side; readonly credentials: Credentials }
  /** Interrupt or job-wide error: in-flight requests stop, uploads stay at the destination. */
  | { readonly type: "cancel" }
  /** The plan has ended: report `drained` when nothing is left. */
  | { readonly type: "drain" };

/** Worker to main. */
export type WorkerEvent =
  /** First thing, after the message handler stands. */
  | { readonly type: "ready" }
  /** By the clock, only if changed. */
  | { readonly type: "progress"; readonly totals: Totals }
  | { readonly type: "settled"; readonly results: readonly TransferResult[]; readonly totals: Totals }
  | { readonly type: "throttled"; readonly waitMs: number }
  /** A request failed and is tried again: for the log. */
  | { readonly type: "retried"; readonly error: WireError; readonly waitMs: number }
  /** A line for people, such as what a store refuses and what is lost by it; every worker may find out the same. */
  | { readonly type: "note"; readonly line: string }
  | { readonly type: "wantCredentials"; readonly side: Side }
  /** The worker cannot go on but could still say so; also any job-wide failure. */
  | { readonly type: "fatal"; readonly error: WireError }
  | { readonly type: "drained"; readonly totals: Totals };
