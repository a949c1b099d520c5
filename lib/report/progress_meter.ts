/** How far a run is, in bytes of objects: a retry is never progress. The clock is passed in; memory does not grow with the objects. */
import type { PlanItem, Totals, TransferResult } from "../types.ts";

/** What there is to show. */
export interface ProgressView {
  /** Bytes of objects settled, and of those in progress as far as is known; never falls, never above `plannedBytes`. */
  readonly positionBytes: number;
  readonly plannedBytes: number;
  /** False: more may come, so neither a percentage nor a remaining time means anything. */
  readonly planEnded: boolean;
  readonly settledObjects: number;
  readonly plannedObjects: number;
  readonly skippedObjects: number;
  readonly failedObjects: number;
  /** Whole percents, rounded down: 100 only when all is at the destination. Undefined until the plan has ended. */
  readonly percent: number | undefined;
  /** Over the last seconds, once all is settled over the whole run. Bytes found at the destination count as progress, not as speed. */
  readonly bytesPerSecond: number;
  /** Undefined until the plan has ended, and while nothing moves. */
  readonly remainingMs: number | undefined;
}

/** Speed is taken over this time. */
const SPEED_WINDOW_MS = 15_000;
/** Samples of the speed are at least this far apart, so that at most 60 are held. */
const SAMPLE_INTERVAL_MS = 250;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Takes in plan, results and worker totals; returns views. */
export class ProgressMeter {
  #plannedBytes = 0;
  #plannedObjects = 0;
  #skippedObjects = 0;
  #failedObjects = 0;
  #planEnded = false;
  #settledBytes = 0;
  /** Of transfers that failed: what of them has moved is no progress, as it moves again in another run. */
  #failedBytes = 0;
  #settledObjects = 0;
  /** Bytes moved or found for settled transfers, to be taken off the totals. */
  #settledEffortBytes = 0;
  #settledFoundBytes = 0;
  #positionBytes = 0;
  #totals: Totals = { movedBytes: 0, foundBytes: 0, retries: 0, open: 0 };
  #samples: Sample[] = [];
  /** The first sample of the run. */
  #begin: Sample | undefined;

  /** Takes in an item of the plan; transfers are what is to be done. */
  addPlanItem(item: PlanItem): void {
    if (item.kind === "problem") this.#failedObjects += 1;
    if (item.kind === "skip" && item.reason !== "excluded") this.#skippedObjects += 1;
    if (item.kind !== "transfer") return;
    this.#plannedObjects += 1;
    this.#plannedBytes += item.transfer.source.sizeBytes;
  }

  /** Nothing more will be planned. */
  endPlan(): void {
    this.#planEnded = true;
  }

  /** Running sums over all workers. */
  setTotals(totals: Totals): void {
    this.#totals = totals;
  }

  /** Takes in the end of a transfer. */
  addResult(result: TransferResult): void {
    this.#settledObjects += 1;
    if (result.outcome === "failed") this.#failedBytes += result.sizeBytes;
    else this.#settledBytes += result.sizeBytes;
    this.#settledEffortBytes += result.effort.movedBytes + result.effort.foundBytes;
    this.#settledFoundBytes += result.effort.foundBytes;
    if (result.outcome === "failed") this.#failedObjects += 1;
  }

  /** How far the run is at a time; times must not go back. */
  view(nowMs: number): ProgressView {
    const allSettled = this.#planEnded && this.#settledObjects === this.#plannedObjects;
    this.#positionBytes = Math.max(this.#positionBytes, this.#position());
    const bytesPerSecond = this.#speed(nowMs, allSettled);
    const leftBytes = this.#plannedBytes - this.#positionBytes;
    return {
      positionBytes: this.#positionBytes,
      plannedBytes: this.#plannedBytes,
      planEnded: this.#planEnded,
      settledObjects: this.#settledObjects,
      plannedObjects: this.#plannedObjects,
      skippedObjects: this.#skippedObjects,
      failedObjects: this.#failedObjects,
      percent: this.#planEnded ? this.#percent(allSettled) : undefined,
      bytesPerSecond,
      remainingMs: this.#planEnded && bytesPerSecond > 0 ? leftBytes / bytesPerSecond * 1000 : undefined,
    };
  }

  /**
   * Settled objects count with their size, whatever it took. Of those in progress the totals have the effort; it may hold bytes sent twice,
   * and so it is bounded by what is open. (A dead worker takes its totals with it: the caller of this never lets the position fall.)
   */
  #position(): number {
    const openEffort = this.#totals.movedBytes + this.#totals.foundBytes - this.#settledEffortBytes;
    const openBytes = this.#plannedBytes - this.#settledBytes - this.#failedBytes;
    return this.#settledBytes + Math.min(Math.max(0, openEffort), openBytes);
  }

  #percent(allSettled: boolean): number {
    if (allSettled && this.#failedObjects === 0) return 100;
    return this.#plannedBytes === 0 ? 0 : Math.min(99, Math.floor(this.#positionBytes / this.#plannedBytes * 100));
  }

  #speed(nowMs: number, allSettled: boolean): number {
    const found = Math.max(this.#totals.foundBytes, this.#settledFoundBytes);
    const bytes = Math.max(0, this.#positionBytes - found);
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= SAMPLE_INTERVAL_MS) {
      this.#samples.push({ atMs: nowMs, bytes });
      this.#samples = this.#samples.filter((sample) => nowMs - sample.atMs <= SPEED_WINDOW_MS);
    }
    this.#begin ??= this.#samples[0];
    const first = allSettled ? this.#begin : this.#samples[0];
    if (first === undefined || nowMs <= first.atMs) return 0;
    return Math.max(0, bytes - first.bytes) * 1000 / (nowMs - first.atMs);
  }
}
