/**
 * A scheduler on virtual time with hand-driven workers. Nothing in it decides: tests say what each worker says and when time goes on.
 */
import { runSchedule } from "../../lib/schedule/scheduler.ts";
import type { ScheduleOptions, ScheduleOutcome } from "../../lib/schedule/options.ts";
import type { WorkerLink } from "../../lib/schedule/worker_link.ts";
import type { WorkerCommand, WorkerEvent } from "../../lib/protocol.ts";
import type { ErrorKind, Totals, Transfer, TransferResult, WireError } from "../../lib/types.ts";

/** Time that moves only when told. */
export class VirtualClock {
  #now = 0;
  #nextId = 1;
  readonly #timers = new Map<number, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, delayMs: number): number {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + delayMs, run });
    return id;
  }

  clearTimeout(id: number): void {
    this.#timers.delete(id);
  }

  /** Timers that are still armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Fires the next timer that is due within `withinMs`; false when there is none. Equal times fire in the order they were set. */
  fireNext(withinMs = Infinity): boolean {
    let next: { id: number; at: number; run: () => void } | undefined;
    for (const [id, timer] of this.#timers) if (next === undefined || timer.at < next.at) next = { id, ...timer };
    if (next === undefined || next.at > this.#now + withinMs) return false;
    this.#timers.delete(next.id);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }

  /** Lets everything run that is due now or becomes due within `ms`. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settleMicrotasks();
    while (this.fireNext(end - this.#now)) await settleMicrotasks();
    this.#now = end;
  }
}

/** Long enough for every chain of promises between two timers. */
export async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < 24; i++) await null;
}

/** A worker that says what the test says. */
export class FakeLink implements WorkerLink {
  onEvent: (event: WorkerEvent) => void = () => {};
  onDeath: (error: WireError) => void = () => {};
  readonly commands: WorkerCommand[] = [];
  terminated = false;

  constructor(readonly workerId: number, readonly onCommand: (command: WorkerCommand) => void = () => {}) {}

  post(command: WorkerCommand): void {
    this.commands.push(structuredClone(command));
    if (!this.terminated) this.onCommand(command);
  }

  terminate(): void {
    this.terminated = true;
  }

  /** Types of the commands that came, in order. */
  get heard(): string[] {
    return this.commands.map((command) => command.type);
  }

  /** All transfers that were assigned, in order. */
  get assigned(): Transfer[] {
    return this.commands.flatMap((command) => command.type === "assign" ? command.transfers : []);
  }

  settle(...results: TransferResult[]): void {
    this.onEvent({ type: "settled", results, totals: totals({ movedBytes: results.length }) });
  }

  die(message = "boom"): void {
    this.onDeath({ kind: "crash", message });
  }
}

/** A transfer with this id and size. */
export function transfer(id: number, sizeBytes = 10): Transfer {
  return { id, source: { key: `k${id}`, sizeBytes }, destinationKey: `to/k${id}`, reason: "missing" };
}

/** Transfers of one size, ids counting from 0. */
export function transfers(count: number, sizeBytes = 10): Transfer[] {
  return Array.from({ length: count }, (_, id) => transfer(id, sizeBytes));
}

/** Sums, zero where not given. */
export function totals(some: Partial<Totals> = {}): Totals {
  return { movedBytes: 0, foundBytes: 0, retries: 0, open: 0, ...some };
}

/** The transfer ended well. */
export function done({ id, source, destinationKey }: Transfer): TransferResult {
  return { ...frame({ id, source, destinationKey }), outcome: "done", evidence: "size", way: "relay", notCarried: [], otherUploads: [] };
}

/** The transfer failed. */
export function failed(item: Transfer, kind: ErrorKind): TransferResult {
  return { ...frame(item), outcome: "failed", error: { kind, message: `Cannot: ${kind}` } };
}

/** The worker gave the transfer up when it was told to. */
export function gaveUp(item: Transfer): TransferResult {
  return { ...frame(item), outcome: "cancelled", uploadId: "u" };
}

function frame({ id, source, destinationKey }: Pick<Transfer, "id" | "source" | "destinationKey">) {
  const effort = { movedBytes: 0, foundBytes: 0, parts: 1, retries: 0, elapsedMs: 0 };
  return { id, key: source.key, destinationKey, sizeBytes: source.sizeBytes, effort };
}

/** Settings of a {@link Rig}. */
export interface RigOptions {
  workers?: number;
  objectsInFlight?: number;
  bandwidthBytesPerSecond?: number;
  multipartThresholdBytes?: number;
  refreshCredentials?: ScheduleOptions["refreshCredentials"];
}

/** One run of the scheduler with everything it was told and everything it said. */
export class Rig {
  readonly clock = new VirtualClock();
  readonly links: FakeLink[] = [];
  readonly results: TransferResult[] = [];
  readonly totals: Totals[] = [];
  readonly abort = new AbortController();
  pulled = 0;
  planClosed = false;
  planEnded = false;
  outcome: ScheduleOutcome | undefined;
  readonly run: Promise<ScheduleOutcome>;

  constructor(plan: Iterable<Transfer> | AsyncIterable<Transfer>, options: RigOptions = {}, abortedBefore = false) {
    if (abortedBefore) this.abort.abort();
    this.run = runSchedule({
      transfers: this.#watch(plan),
      spawn: (workerId) => this.#spawn(workerId),
      start: () => START,
      tuning: {
        workers: options.workers ?? 2,
        objectsInFlight: options.objectsInFlight ?? 4,
        bandwidthBytesPerSecond: options.bandwidthBytesPerSecond ?? 0,
      },
      multipartThresholdBytes: options.multipartThresholdBytes ?? 1000,
      clock: this.clock,
      refreshCredentials: options.refreshCredentials ?? (() => Promise.reject(new Error("not expected"))),
      onResult: (result) => this.results.push(result),
      onTotals: (sum) => this.totals.push(sum),
      signal: this.abort.signal,
    });
    this.run.then((outcome) => this.outcome = outcome, () => {});
  }

  /** Lets the scheduler do all it can do without time going on. */
  async turn(): Promise<void> {
    await this.clock.advance(0);
  }

  link(index: number): FakeLink {
    const link = this.links[index];
    if (link === undefined) throw new Error(`Worker ${index} was not started`);
    return link;
  }

  /** Every worker that has not yet says `ready`. */
  async allReady(): Promise<void> {
    for (const link of this.links) if (!link.heard.includes("start")) link.onEvent({ type: "ready" });
    await this.turn();
  }

  /** Live workers answer a drain. */
  async allDrained(): Promise<void> {
    for (const link of this.links) if (!link.terminated) link.onEvent({ type: "drained", totals: totals() });
    await this.turn();
  }

  /** Number of results, once the run is over. */
  get settled(): number | undefined {
    return this.outcome && this.results.length;
  }

  /** `id outcome`, sorted by id. */
  get told(): string[] {
    return this.results.toSorted((a, b) => a.id - b.id).map((result) => `${result.id} ${result.outcome}`);
  }

  #spawn(workerId: number): FakeLink {
    const link = new FakeLink(workerId);
    this.links.push(link);
    return link;
  }

  async *#watch(plan: Iterable<Transfer> | AsyncIterable<Transfer>): AsyncGenerator<Transfer> {
    try {
      for await (const item of plan) {
        this.pulled++;
        yield item;
      }
      this.planEnded = true;
    } finally {
      this.planClosed = true;
    }
  }
}

/** The content of `start` commands in tests. */
export const START: ReturnType<ScheduleOptions["start"]> = {
  source: { type: "local", name: "a", bucket: "/a" },
  destination: { type: "local", name: "b", bucket: "/b" },
  rules: {
    partSizeBytes: "auto",
    multipartThresholdBytes: 1000,
    copyThresholdBytes: 5 * 1024 ** 3,
    verify: "auto",
    unfinished: "resume",
    headers: { mode: "copy", set: {}, tags: "none" },
    serverSideCopy: false,
  },
  tuning: {
    workers: 2,
    partsInFlight: 4,
    objectsInFlight: 4,
    bandwidthBytesPerSecond: 0,
    retries: 3,
    retryDelayMs: 100,
    retryGrowth: "double",
    timeoutMs: 1000,
    memoryBytes: 0,
  },
  seed: 1,
};
