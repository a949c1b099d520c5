/** What the scheduler is given and what it returns: types only. */
import type { WorkerCommand } from "../protocol.ts";
import type { Tuning } from "../job_types.ts";
import type { Credentials, Side, Totals, Transfer, TransferResult, WireError } from "../types.ts";
import type { WorkerLink } from "./worker_link.ts";

/** Time as the scheduler knows it; the globals of that name will do. */
export interface ScheduleClock {
  /** Milliseconds from any fixed moment. */
  now(): number;
  setTimeout(run: () => void, delayMs: number): number;
  clearTimeout(id: number): void;
}

/** The content of a `start` command but for its worker id: holds secrets. */
export type StartContent = Omit<Extract<WorkerCommand, { type: "start" }>, "type" | "workerId">;

/** Options of `runSchedule`. */
export interface ScheduleOptions {
  /** The plan's transfers, ids unique; pulled one at a time and only when some window has room. What it throws stops the job. */
  readonly transfers: AsyncIterable<Transfer>;
  /** Starts a worker. Ids count from 0 and are never used twice in a run. */
  readonly spawn: (workerId: number) => WorkerLink;
  /** Asked once for each worker that has said `ready`. */
  readonly start: (workerId: number) => StartContent;
  readonly tuning: Pick<Tuning, "workers" | "objectsInFlight" | "bandwidthBytesPerSecond">;
  /** Objects of at least this size keep a worker busy on their own. */
  readonly multipartThresholdBytes: number;
  readonly clock: ScheduleClock;
  /** Called once at a time for each side; a failure stops the job with an error of kind `credentials`. */
  readonly refreshCredentials: (side: Side) => Promise<Credentials>;
  /** Exactly once for each transfer that was pulled. What it throws ends the run, workers terminated. */
  readonly onResult: (result: TransferResult) => void;
  /** A worker tries a request again. */
  readonly onRetry?: (error: WireError, waitMs: number) => void;
  /** A worker has a line for people; other workers may have the same. */
  readonly onNote?: (line: string) => void;
  /** Sums over all workers, dead ones included, when they have changed. */
  readonly onTotals: (totals: Totals) => void;
  /** The first interrupt: what runs is cancelled, uploads stay. */
  readonly signal: AbortSignal;
}

/** How a run of the scheduler ended. */
export interface ScheduleOutcome {
  /** The job-wide error that stopped the run: the first one. */
  readonly error: WireError | undefined;
  /** The signal fired before the run had ended. */
  readonly interrupted: boolean;
}
