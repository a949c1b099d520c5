/**
 * One run of one job: joins plan, schedule and deletes by values, and reports to an observer what happens. Decides no exit code and prints
 * nothing.
 */
import { toWireError, TransferError } from "../errors.ts";
import { lean } from "../heap.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import { planJob } from "../plan/plan_job.ts";
import { type HeadersHook, type PlanInput, type RenameHook, runHook, type SelectHook } from "../plan/plan_input.ts";
import type { Summary } from "../report/summary.ts";
import type { DigestReader } from "../plan/plan_input.ts";
import type { ScheduleClock, ScheduleOutcome } from "../schedule/options.ts";
import { runSchedule } from "../schedule/scheduler.ts";
import { linkWorker, type WorkerLink } from "../schedule/worker_link.ts";
import type { Job } from "../job_types.ts";
import type { Credentials, PlanItem, Side, Totals, Transfer, TransferResult, WireError } from "../types.ts";
import { retryingStore } from "../store/retrying.ts";
import type { DeleteFailure, Store } from "../store/store.ts";
import { localQuestions } from "./main_wire.ts";
import type { OpenSides } from "./open_sides.ts";
import { REAL_CLOCK, sleepingClock } from "./real_clock.ts";

/** Functions that shape a run: from a script, or from the job's `hooks` module. */
export interface Hooks {
  /** Picks objects. Default: all that `include` and `exclude` pick. */
  readonly select?: SelectHook | undefined;
  /** Gives objects other keys. Default: they keep their relative keys. */
  readonly rename?: RenameHook | undefined;
  /** Changes headers of objects. Default: as the job says. */
  readonly headers?: HeadersHook | undefined;
  /** Called with every result, in the order in which objects end. */
  readonly onResult?: ((result: TransferResult) => void | Promise<void>) | undefined;
}

/** What a run reports while it goes. */
export interface RunObserver {
  /** May make the plan wait. */
  onPlanItem(item: PlanItem): void | Promise<void>;
  /** The plan is complete: every object is known. */
  onPlanEnd(): void;
  /** An object has settled. */
  onResult(result: TransferResult): void;
  /** Running sums, several times a second. */
  onTotals(totals: Totals): void;
  /** A request failed and is tried again after this wait. */
  onRetry(error: WireError, waitMs: number): void;
  /** An object deleted at the destination; `failure` says why it could not be. */
  onDeleted(destinationKey: string, sizeBytes: number, failure?: DeleteFailure): void;
}

/** How a run ended. */
export interface RunEnd {
  /** The signal stopped the run. */
  readonly interrupted: boolean;
  /** The job-wide error that stopped it. */
  readonly error: WireError | undefined;
  /** Keys that were to be deleted and were not, because the run failed or was interrupted first. */
  readonly deletesHeldBack: number;
}

/** What a run reaches besides its stores: workers, time, chance, local bytes. A simulation gives its own. */
export interface RunEngine {
  readonly spawn: (workerId: number) => WorkerLink;
  readonly clock: ScheduleClock;
  /** In [0, 1): the jitter of main's own questions. */
  readonly random: () => number;
  /** Seed of a worker's jitter. */
  readonly seed: (workerId: number) => number;
  /** Absent: the files of this machine. */
  readonly digest?: DigestReader;
}

/** A job with everything open: what a plan, a check or a run works on. */
export interface RunSetup {
  readonly job: Job;
  readonly sides: OpenSides;
  readonly hooks: Hooks;
  readonly signal: AbortSignal;
  /** Destination keys that earlier runs are known to have done. */
  readonly doneKeys?: ReadonlySet<string> | undefined;
  /** Called with a line for people, such as why a listing is not used. */
  readonly onNote?: ((message: string) => void) | undefined;
  readonly observer?: Partial<RunObserver> | undefined;
  /** Default: real threads in real time. */
  readonly engine?: RunEngine;
}

/** The input of the plan, or of a check. */
export function planInput(setup: RunSetup): PlanInput {
  const { job, sides, hooks, doneKeys, engine = REAL_ENGINE, observer, onNote, signal } = setup;
  const local = localQuestions(job, sides);
  const retrying = ({ ready, store }: OpenSides[Side]): Store => {
    // A folder that fails will fail again.
    if (ready.type === "local") return store;
    return retryingStore(store, {
      tuning: job.tuning,
      clock: sleepingClock(engine.clock),
      random: engine.random,
      onRetry: (error, waitMs) => observer?.onRetry?.(toWireError(error), waitMs),
    });
  };
  return {
    ...hooks,
    job,
    source: retrying(sides.source),
    destination: retrying(sides.destination),
    nowMs: Date.now(),
    encode: local.encode,
    digest: engine.digest ?? local.digest,
    doneBefore: doneKeys && ((key) => doneKeys.has(key)),
    caseInsensitive: sides.caseInsensitive,
    onNote,
    signal,
  };
}

/** Real threads in real time. */
const REAL_ENGINE: RunEngine = {
  spawn: () => linkWorker(new Worker(new URL("../../workers/transfer.ts", import.meta.url), { type: "module" })),
  clock: REAL_CLOCK,
  random: Math.random,
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
};

/** Runs the job: copies what the plan says, then deletes what it says, if nothing failed. Throws nothing but bugs. */
export async function runJob(setup: RunSetup, summary: Summary): Promise<RunEnd> {
  return await new JobRun(setup, summary).run();
}

type Delete = Pick<Extract<PlanItem, { kind: "delete" }>, "destinationKey" | "sizeBytes">;

class JobRun {
  readonly #setup: RunSetup;
  readonly #observer: Partial<RunObserver>;
  readonly #summary: Summary;
  readonly #plan: PlanInput;
  readonly #signal: AbortSignal;
  readonly #deletes: Delete[] = [];
  /** Folders that the source has as objects of their own: at a local destination they stay when deletes empty them. */
  readonly #folders = new Set<string>();
  #deleted = 0;
  #failed = 0;
  /** Calls of the `onResult` hook that have not ended; its first failure stops the run. */
  readonly #calls = new Set<Promise<void>>();
  readonly #hookFailed = new AbortController();
  #hookError: WireError | undefined;

  constructor(setup: RunSetup, summary: Summary) {
    this.#setup = setup;
    this.#observer = setup.observer ?? {};
    this.#summary = summary;
    this.#signal = AbortSignal.any([setup.signal, this.#hookFailed.signal]);
    this.#plan = planInput({ ...setup, signal: this.#signal });
  }

  async run(): Promise<RunEnd> {
    const outcome = await this.#copy();
    await Promise.all(this.#calls);
    const mayDelete = !outcome.error && !outcome.interrupted && this.#failed === 0 && !this.#signal.aborted;
    const error = this.#hookError ?? outcome.error ?? (mayDelete ? await this.#deleteAll() : undefined);
    const deletesHeldBack = this.#deletes.length - this.#deleted;
    // An interrupt that comes behind the last delete changes nothing.
    const stopped = this.#signal.aborted && !(mayDelete && deletesHeldBack === 0);
    // A hook that failed has stopped the run by the signal: that is not an interrupt.
    const interrupted = this.#hookError === undefined && (outcome.interrupted || (error === undefined && stopped));
    return { interrupted, error, deletesHeldBack };
  }

  async #copy(): Promise<ScheduleOutcome> {
    const { job: { rules, tuning }, sides, engine = REAL_ENGINE, onNote } = this.#setup;
    return await runSchedule({
      transfers: this.#transfers(),
      spawn: engine.spawn,
      start: (workerId) => ({
        source: sides.source.ready,
        destination: sides.destination.ready,
        rules: { ...rules, serverSideCopy: sides.serverSideCopy },
        tuning,
        seed: engine.seed(workerId),
      }),
      tuning,
      multipartThresholdBytes: rules.multipartThresholdBytes,
      clock: engine.clock,
      refreshCredentials: (side) => this.#refresh(side),
      onResult: (result) => this.#onResult(result),
      onTotals: (totals) => this.#observer.onTotals?.(totals),
      onRetry: (error, waitMs) => this.#observer.onRetry?.(error, waitMs),
      onNote: (line) => onNote?.(line),
      signal: this.#signal,
    });
  }

  async *#transfers(): AsyncGenerator<Transfer> {
    const first: Delete[] = [];
    const { job } = this.#setup;
    const mirrorsToFolder = job.delete && job.destination.store.type === "local";
    for await (const item of lean(planJob(this.#plan))) {
      this.#summary.addPlanItem(item);
      const waits = this.#observer.onPlanItem?.(item);
      if (waits !== undefined) await waits;
      if (mirrorsToFolder) this.#keepFolder(item);
      if (item.kind === "delete") (item.first ? first : this.#deletes).push(item);
      // What cannot go makes the transfer fail that it blocks, which holds the other deletes back.
      if (item.kind === "transfer" && first.length > 0) await this.#delete(first.splice(0));
      if (item.kind === "transfer") yield item.transfer;
      else if (item.kind === "problem") this.#failed++;
    }
    this.#observer.onPlanEnd?.();
  }

  #keepFolder(item: PlanItem): void {
    const key = item.kind === "transfer" ? item.transfer.destinationKey : item.kind === "skip" ? item.destinationKey : "";
    if (key.endsWith("/")) this.#folders.add(key);
  }

  #onResult(result: TransferResult): void {
    if (result.outcome === "failed") this.#failed++;
    this.#summary.addResult(result);
    this.#observer.onResult?.(result);
    const { onResult } = this.#setup.hooks;
    if (onResult === undefined || this.#hookError !== undefined) return;
    const call = runHook("onResult", result.key, () => onResult(result)).catch((error) => {
      this.#hookError ??= toWireError(error);
      this.#hookFailed.abort(new DOMException("A hook failed", "AbortError"));
    }).finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  }

  async #refresh(side: Side): Promise<Credentials> {
    const { credentials } = this.#setup.sides[side];
    if (!credentials) throw new TransferError("bug", `A worker asked for credentials of the local ${side}`);
    return await credentials();
  }

  /** In batches; one that was cut short counts as not deleted, because nobody knows how far it came. Returns what went wrong. */
  async #deleteAll(): Promise<WireError | undefined> {
    try {
      while (this.#deleted < this.#deletes.length && !this.#signal.aborted) {
        const batch = this.#deletes.slice(this.#deleted, this.#deleted + PAGE_ENTRIES_MAX);
        await this.#delete(batch);
        this.#deleted += batch.length;
      }
    } catch (error) {
      if (!this.#signal.aborted) return toWireError(error);
    }
    return undefined;
  }

  async #delete(items: readonly Delete[]): Promise<void> {
    const keys = items.map(({ destinationKey }) => destinationKey);
    const failed = await this.#plan.destination.deleteObjects(keys, {
      keepsFolder: (key) => this.#folders.has(key),
      signal: this.#signal,
    });
    const failures = new Map(failed.map((failure) => [failure.key, failure]));
    for (const { destinationKey, sizeBytes } of items) {
      const failure = failures.get(destinationKey);
      this.#summary.addDelete(destinationKey, sizeBytes, failure);
      this.#observer.onDeleted?.(destinationKey, sizeBytes, failure);
    }
  }
}
