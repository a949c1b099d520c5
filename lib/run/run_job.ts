/**
 * One run of one job: joins plan, schedule and deletes by values, and reports to an observer what happens. Decides no exit code and prints
 * nothing.
 */
import { reasonOf, toWireError, TransferError } from "../errors.ts";
import { lean } from "../heap.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import { planJob } from "../plan/plan_job.ts";
import { type HeadersHook, hookFailed, type PlanInput, type RenameHook, type SelectHook } from "../plan/plan_input.ts";
import type { Summary } from "../report/summary.ts";
import type { DigestReader } from "../plan/look.ts";
import type { ScheduleClock } from "../schedule/options.ts";
import { runSchedule } from "../schedule/scheduler.ts";
import { linkWorker, type WorkerLink } from "../schedule/worker_link.ts";
import type { Job, TransferRules, Tuning } from "../job_types.ts";
import type { PlanItem, ReadyStore, Side, Totals, Transfer, TransferResult, WireError } from "../types.ts";
import { planEncoder } from "./encode.ts";
import { retryingStore } from "../store/retrying.ts";
import { sleepingClock } from "./real_clock.ts";
import { REAL_CLOCK } from "./real_clock.ts";
import type { DeleteFailure, Store } from "../store/store.ts";
import { localDigest } from "./local_digest.ts";
import type { OpenSides } from "./open_sides.ts";

/** Functions that shape a run: from a script, or from the job's `hooks` module. */
export interface Hooks {
  /** Picks objects. Default: all that `include` and `exclude` pick. */
  readonly select?: SelectHook;
  /** Gives objects other keys. Default: they keep their relative keys. */
  readonly rename?: RenameHook;
  /** Changes headers of objects. Default: as the job says. */
  readonly headers?: HeadersHook;
  /** Called with every result, in the order in which objects end. */
  readonly onResult?: (result: TransferResult) => void | Promise<void>;
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

/** An observer that feeds a summary and passes everything on. */
export function summing(summary: Summary, observer: Partial<RunObserver>): RunObserver {
  return {
    onPlanItem(item) {
      summary.addPlanItem(item);
      return observer.onPlanItem?.(item);
    },
    onPlanEnd: () => observer.onPlanEnd?.(),
    onResult(result) {
      summary.addResult(result);
      observer.onResult?.(result);
    },
    onTotals: (totals) => observer.onTotals?.(totals),
    onRetry: (error, waitMs) => observer.onRetry?.(error, waitMs),
    onDeleted(destinationKey, sizeBytes, failure) {
      summary.addDelete(destinationKey, sizeBytes, failure);
      observer.onDeleted?.(destinationKey, sizeBytes, failure);
    },
  };
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
  readonly digest: DigestReader;
}

/** What a run works on. */
export interface RunSetup {
  readonly job: Job;
  readonly sides: OpenSides;
  readonly tuning: Tuning;
  readonly hooks: Hooks;
  readonly observer: RunObserver;
  readonly signal: AbortSignal;
  /** Destination keys that earlier runs are known to have done. */
  readonly doneKeys?: ReadonlySet<string>;
  /** Called with a line for people, such as why a listing is not used. */
  readonly onNote?: (message: string) => void;
  /** Absent: real threads in real time. */
  readonly engine?: RunEngine;
}

/** The plan's input for this run. */
export function planInput(setup: Omit<RunSetup, "observer" | "tuning"> & { readonly observer?: RunObserver }): PlanInput {
  const { job, sides, hooks, signal, engine, doneKeys, onNote } = setup;
  const encode = planEncoder(job, sides);
  return {
    job,
    source: retryingSide(setup, "source"),
    destination: retryingSide(setup, "destination"),
    ...(hooks.select && { select: hooks.select }),
    ...(hooks.rename && { rename: hooks.rename }),
    ...(hooks.headers && { headers: hooks.headers }),
    nowMs: Date.now(),
    ...(encode && { encode }),
    ...(doneKeys && { doneBefore: (key: string) => doneKeys.has(key) }),
    digest: engine?.digest ?? localDigest(sides, job.tuning.timeoutMs),
    caseInsensitive: sides.caseInsensitive,
    ...(onNote && { onNote }),
    signal,
  };
}

/** The store that main asks; a folder that fails will fail again. */
function retryingSide({ sides, job, engine, observer }: Parameters<typeof planInput>[0], side: Side): Store {
  const { ready, store } = sides[side];
  if (ready.type === "local") return store;
  const clock = engine?.clock ?? REAL_CLOCK;
  return retryingStore(store, {
    tuning: job.tuning,
    clock: sleepingClock(clock),
    random: engine?.random ?? Math.random,
    onRetry: (error, waitMs) => observer?.onRetry(toWireError(error), waitMs),
  });
}

/** Real threads in real time. */
function threads({ sides, job, tuning }: RunSetup): RunEngine {
  const seeds = crypto.getRandomValues(new Uint32Array(tuning.workers + 64));
  return {
    spawn: () => linkWorker(new Worker(new URL("../../workers/transfer.ts", import.meta.url), { type: "module" })),
    clock: REAL_CLOCK,
    random: Math.random,
    seed: (workerId) => seeds[workerId % seeds.length] ?? workerId,
    digest: localDigest(sides, job.tuning.timeoutMs),
  };
}

/** Runs the job: copies what the plan says, then deletes what it says, if nothing failed. Throws nothing but bugs. */
export async function runJob(setup: RunSetup): Promise<RunEnd> {
  const run = new JobRun(setup);
  return await run.run();
}

class JobRun {
  readonly #setup: RunSetup;
  readonly #deletes: { destinationKey: string; sizeBytes: number }[] = [];
  readonly #hook: ResultHook;
  #failed = 0;

  constructor(setup: RunSetup) {
    this.#hook = new ResultHook(setup.hooks.onResult);
    this.#setup = { ...setup, signal: AbortSignal.any([setup.signal, this.#hook.failed]) };
  }

  async run(): Promise<RunEnd> {
    const end = await this.#run();
    await this.#hook.settled();
    // A hook that failed has stopped the run by the signal: that is not an interrupt.
    return this.#hook.error === undefined ? end : { ...end, interrupted: false, error: this.#hook.error };
  }

  async #run(): Promise<RunEnd> {
    const { job, sides, tuning, observer, signal } = this.#setup;
    const rules: TransferRules = { ...job.rules, serverSideCopy: sides.serverSideCopy };
    const { spawn, clock, seed } = this.#setup.engine ?? threads(this.#setup);
    const outcome = await runSchedule({
      transfers: this.#transfers(),
      spawn,
      start: (workerId) => ({
        source: sides.source.ready,
        destination: sides.destination.ready,
        rules,
        tuning,
        seed: seed(workerId),
      }),
      tuning,
      multipartThresholdBytes: job.rules.multipartThresholdBytes,
      clock,
      refreshCredentials: (side) => this.#refresh(side),
      onResult: (result) => this.#onResult(result),
      onTotals: (totals) => observer.onTotals(totals),
      onRetry: (error, waitMs) => observer.onRetry(error, waitMs),
      onNote: (line) => this.#setup.onNote?.(line),
      signal,
    });
    const { interrupted, error } = outcome;
    await this.#hook.settled();
    if (error || interrupted || this.#failed > 0 || signal.aborted) {
      return { interrupted: interrupted || (error === undefined && signal.aborted), error, deletesHeldBack: this.#deletes.length };
    }
    return await this.#delete();
  }

  async *#transfers(): AsyncGenerator<Transfer> {
    const { observer } = this.#setup;
    const first: { destinationKey: string; sizeBytes: number }[] = [];
    for await (const item of lean(planJob(planInput(this.#setup)))) {
      await observer.onPlanItem(item);
      if (item.kind === "delete" && item.first) first.push(item);
      else if (first.length > 0) await this.#deleteFirst(first.splice(0));
      if (item.kind === "transfer") yield item.transfer;
      else if (item.kind === "delete" && !item.first) this.#deletes.push(item);
      else if (item.kind === "problem") this.#failed++;
    }
    observer.onPlanEnd();
  }

  /** What is in the way of transfers; one that cannot go makes its transfer fail, which holds the other deletes back. */
  async #deleteFirst(items: readonly { destinationKey: string; sizeBytes: number }[]): Promise<void> {
    const { observer, signal } = this.#setup;
    const keys = items.map(({ destinationKey }) => destinationKey);
    const failed = await retryingSide(this.#setup, "destination").deleteObjects(keys, { signal });
    const failures = new Map(failed.map((failure) => [failure.key, failure]));
    for (const { destinationKey, sizeBytes } of items) observer.onDeleted(destinationKey, sizeBytes, failures.get(destinationKey));
  }

  #onResult(result: TransferResult): void {
    if (result.outcome === "failed") this.#failed++;
    this.#setup.observer.onResult(result);
    this.#hook.call(result);
  }

  #refresh(side: Side): Promise<Exclude<ReadyStore, { type: "local" }>["credentials"]> {
    const { credentials } = this.#setup.sides[side];
    if (!credentials) throw new TransferError("bug", `A worker asked for credentials of the local ${side}`);
    return credentials();
  }

  /** Deletes in batches; a batch that was cut short counts as not deleted, because nobody knows how far it came. */
  async #delete(): Promise<RunEnd> {
    const { observer, signal } = this.#setup;
    const destination = retryingSide(this.#setup, "destination");
    let done = 0;
    try {
      while (done < this.#deletes.length && !signal.aborted) {
        const batch = this.#deletes.slice(done, done + PAGE_ENTRIES_MAX);
        const failed = await destination.deleteObjects(batch.map(({ destinationKey }) => destinationKey), { signal });
        const failures = new Map(failed.map((failure) => [failure.key, failure]));
        for (const { destinationKey, sizeBytes } of batch) observer.onDeleted(destinationKey, sizeBytes, failures.get(destinationKey));
        done += batch.length;
      }
    } catch (thrown) {
      const error = toWireError(thrown);
      const left = this.#deletes.length - done;
      return signal.aborted
        ? { interrupted: true, error: undefined, deletesHeldBack: left }
        : { interrupted: false, error, deletesHeldBack: left };
    }
    return { interrupted: done < this.#deletes.length, error: undefined, deletesHeldBack: this.#deletes.length - done };
  }
}

/** The job's `onResult` hook: its first failure, in a promise or not, stops the run. */
class ResultHook {
  readonly #hook: Hooks["onResult"];
  readonly #failed = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** The first failure. */
  error: WireError | undefined;

  constructor(hook: Hooks["onResult"]) {
    this.#hook = hook;
  }

  /** Fires when the hook has failed. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  call(result: TransferResult): void {
    const hook = this.#hook;
    if (hook === undefined || this.error !== undefined) return;
    // An ordinary function may throw before there is a promise.
    const running = (async () => await hook(result))().catch((error) => this.#fail(result.key, error)).finally(() =>
      this.#running.delete(running)
    );
    this.#running.add(running);
  }

  /** Waits for the calls that have not ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  #fail(key: string, error: unknown): void {
    this.error ??= toWireError(hookFailed("onResult", key, reasonOf(error), error));
    this.#failed.abort(new DOMException("A hook failed", "AbortError"));
  }
}
