/**
 * Keeps every worker's window filled until the plan has ended, and repairs what dead workers leave: one serial loop over an inbox. It
 * knows no store and no wire, so main could not touch a byte if it wanted to.
 */
import { ERROR_RULES, TransferError } from "../errors.ts";
import { ASSIGN_TRANSFERS_MAX, CANCEL_GRACE_MS, DEATHS_IN_A_ROW_MAX, EARLY_DEATHS_MAX } from "../limits.ts";
import type { WorkerEvent } from "../protocol.ts";
import type { Totals, Transfer, TransferResult, WireError } from "../types.ts";
import type { ScheduleOptions, ScheduleOutcome } from "./options.ts";
import { PlanReader } from "./plan_reader.ts";
import { type Held, type Member, NO_TOTALS, Pool, type PoolNote } from "./pool.ts";
import { choose, type WindowRules } from "./window.ts";

/** Everything that happens is noted until the next turn: no event is acted upon while it arrives. */
type Note = PoolNote | { readonly type: "plan" } | { readonly type: "interrupt" } | { readonly type: "graceOver" };

/**
 * `working`: windows are filled. `draining`: all is settled, workers say goodbye. `stopping`: a job-wide error or an interrupt, workers
 * report what they hold. `over`: no worker lives.
 */
type Phase = "working" | "draining" | "stopping" | "over";

/**
 * Runs a plan over workers and returns when none of them lives any more. Every transfer that was pulled gets exactly one result. Throws
 * only what a callback of the options throws; failures of the work are in the outcome.
 */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleOutcome> {
  const scheduler = new Scheduler(options);
  try {
    return await scheduler.run();
  } finally {
    scheduler.close();
  }
}

class Scheduler {
  readonly #options: ScheduleOptions;
  readonly #rules: WindowRules;
  readonly #plan: PlanReader;
  readonly #pool: Pool;
  readonly #onAbort = () => this.#note({ type: "interrupt" });
  #notes: Note[] = [];
  #wake: () => void = () => {};
  /** Left behind by dead workers; each gets one more chance. */
  #suspects: Transfer[] = [];
  #phase: Phase = "working";
  #error: WireError | undefined;
  #interrupted = false;
  #earlyDeaths = 0;
  #deathsInARow = 0;
  #reported: Totals = NO_TOTALS;
  #graceTimer: number | undefined;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#rules = { objectsInFlight: options.tuning.objectsInFlight, multipartThresholdBytes: options.multipartThresholdBytes };
    this.#plan = new PlanReader(options.transfers, () => this.#note({ type: "plan" }));
    this.#pool = new Pool(options, this.#rules, (note) => this.#note(note));
  }

  async run(): Promise<ScheduleOutcome> {
    const { signal } = this.#options;
    signal.addEventListener("abort", this.#onAbort);
    this.#note({ type: signal.aborted ? "interrupt" : "plan" });
    while (this.#phase !== "over") {
      for (const note of await this.#take()) this.#handle(note);
      if (this.#phase === "working") this.#dispatch();
      this.#reportTotals();
      this.#advance();
    }
    return { interrupted: this.#interrupted, error: this.#error };
  }

  #note(note: Note): void {
    this.#notes.push(note);
    this.#wake();
  }

  /** Everything noted since the last turn; waits for a first note, and until its burst is over, so that messages to workers are few. */
  async #take(): Promise<Note[]> {
    if (this.#notes.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
    await new Promise<void>((resolve) => this.#options.clock.setTimeout(resolve, 0));
    return this.#notes.splice(0);
  }

  /** Ends whatever still lives: after a normal end nothing does. */
  close(): void {
    const { signal, clock } = this.#options;
    signal.removeEventListener("abort", this.#onAbort);
    if (this.#graceTimer !== undefined) clock.clearTimeout(this.#graceTimer);
    for (const member of this.#pool.members) this.#pool.remove(member);
    this.#plan.close();
  }

  #handle(note: Note): void {
    switch (note.type) {
      case "plan":
        if (this.#plan.error !== undefined) this.#planFailed(this.#plan.error);
        return;
      case "interrupt":
        this.#interrupted = true;
        if (this.#phase === "working") this.#stop();
        return;
      case "graceOver":
        for (const member of this.#pool.members) this.#bury(member);
        return;
      case "credentials":
        return this.#pool.renew(note.side, note.credentials);
      case "noCredentials":
        return this.#stop(note.error);
      case "event":
        // A worker that was ended may have spoken before: what it held has its results already.
        if (this.#pool.members.has(note.member)) this.#onEvent(note.member, note.event);
        return;
      case "death":
        if (this.#pool.members.has(note.member)) this.#onDeath(note.member, note.error);
        return;
      default:
        unreachable(note);
    }
  }

  #onEvent(member: Member, event: WorkerEvent): void {
    switch (event.type) {
      case "ready":
        return this.#pool.welcome(member);
      case "progress":
        member.totals = event.totals;
        return;
      case "settled":
        member.totals = event.totals;
        for (const result of event.results) this.#onResult(member, result);
        return;
      case "throttled":
        for (const other of this.#pool.members) if (other !== member) other.post({ type: "slow", waitMs: event.waitMs });
        return;
      case "retried":
        return this.#options.onRetry?.(event.error, event.waitMs);
      case "note":
        return this.#options.onNote?.(event.line);
      case "wantCredentials":
        return this.#pool.refresh(event.side, member);
      case "fatal":
        return this.#stop(event.error);
      case "drained":
        member.totals = event.totals;
        // Unasked, it is not a goodbye: the worker may get work again.
        if (this.#phase === "draining" || this.#phase === "stopping") this.#bury(member);
        return;
      default:
        unreachable(event);
    }
  }

  #onResult(member: Member, result: TransferResult): void {
    if (member.settle(result.id) === undefined) return;
    this.#deathsInARow = 0;
    if (result.outcome !== "failed" || ERROR_RULES[result.error.kind].reach !== "job") return this.#options.onResult(result);
    // What ends the job is reported once, not by every object that met it meanwhile.
    this.#options.onResult(this.#error?.kind === result.error.kind ? stoppedBy(result) : result);
    this.#stop(result.error);
  }

  #onDeath(member: Member, error: WireError): void {
    if (this.#phase !== "working") return this.#bury(member);
    const now = this.#options.clock.now();
    this.#pool.remove(member);
    for (const held of member.held.toReversed()) {
      if (held.suspect && member.ready) this.#options.onResult(crashed(held, error, now));
      else if (held.suspect || member.ready) this.#suspects.unshift(held.transfer);
      else this.#plan.putBack(held.transfer);
    }
    this.#deathsInARow++;
    if (!member.ready) this.#earlyDeaths++;
    if (ERROR_RULES[error.kind].reach === "job") this.#stop(error);
    else if (this.#earlyDeaths >= EARLY_DEATHS_MAX) {
      this.#stop({ kind: "crash", message: `Workers die before they are ready: ${error.message}` });
    }
    if (this.#deathsInARow >= DEATHS_IN_A_ROW_MAX) this.#stop({ kind: "crash", message: `Workers keep dying: ${error.message}` });
  }

  #planFailed(error: WireError): void {
    // The plan listens to the same signal, and its failure by it may be here first.
    if (this.#options.signal.aborted) this.#interrupted = true;
    this.#stop(this.#options.signal.aborted ? undefined : error);
  }

  /** Gives out what waits, suspects first, and lets the plan be read as far as there is room. */
  #dispatch(): void {
    this.#suspects = this.#suspects.filter((transfer) => !this.#place(transfer, true));
    for (let next = this.#plan.peek(); next !== undefined && this.#place(next, false); next = this.#plan.peek()) this.#plan.take();
    this.#plan.allow(this.#plan.peek() === undefined ? Math.min(ASSIGN_TRANSFERS_MAX, this.#pool.room) : 0);
    this.#pool.shareBandwidth();
    for (const member of this.#pool.members) member.send();
  }

  #place(transfer: Transfer, suspect: boolean): boolean {
    const request = { sizeBytes: transfer.source.sizeBytes, suspect };
    const chosen = choose(this.#pool.members, request, this.#rules, this.#pool.mayStart);
    if (chosen === undefined) return false;
    const member = chosen === "fresh" ? this.#pool.start() : chosen;
    member.give({ transfer, suspect, sinceMs: this.#options.clock.now() });
    return true;
  }

  /** Moves on to the next phase when nothing is left to be done in this one. */
  #advance(): void {
    const { members } = this.#pool;
    if (this.#phase === "working" && this.#plan.exhausted && this.#suspects.length === 0) {
      if ([...members].every((member) => member.load.count === 0)) this.#enter("draining");
    }
    if (this.#phase !== "working" && members.size === 0) this.#phase = "over";
  }

  /** Stops the job: no new work, what runs is cancelled, what waits is reported as cancelled. The first reason counts. */
  #stop(error?: WireError): void {
    if (this.#phase === "stopping" || this.#phase === "over") return;
    if (error !== undefined) this.#error = error;
    const now = this.#options.clock.now();
    const waiting = [...this.#suspects.splice(0), ...this.#plan.close()];
    for (const transfer of waiting) this.#options.onResult(cancelled({ transfer, suspect: false, sinceMs: now }, now));
    for (const member of this.#pool.members) member.post({ type: "cancel" });
    this.#enter("stopping");
  }

  #enter(phase: "draining" | "stopping"): void {
    this.#phase = phase;
    const { clock } = this.#options;
    if (this.#graceTimer !== undefined) clock.clearTimeout(this.#graceTimer);
    this.#graceTimer = clock.setTimeout(() => this.#note({ type: "graceOver" }), CANCEL_GRACE_MS);
    for (const member of this.#pool.members) {
      if (member.ready) member.post({ type: "drain" });
      else this.#bury(member);
    }
  }

  /** Ends a worker that gets no work any more; what it still held was cancelled. */
  #bury(member: Member): void {
    this.#pool.remove(member);
    const now = this.#options.clock.now();
    for (const held of member.held) this.#options.onResult(cancelled(held, now));
  }

  #reportTotals(): void {
    const { totals } = this.#pool;
    const last = this.#reported;
    const same = totals.movedBytes === last.movedBytes && totals.foundBytes === last.foundBytes && totals.retries === last.retries;
    if (same && totals.open === last.open) return;
    this.#reported = totals;
    this.#options.onTotals(totals);
  }
}

/** The worker died under this transfer for the second time. */
function crashed(held: Held, death: WireError, nowMs: number): TransferResult {
  const { key } = held.transfer.source;
  return {
    ...frame(held, nowMs),
    outcome: "failed",
    error: { kind: "crash", message: `Worker died twice under this object: ${death.message}`, key },
  };
}

/** The run stopped before the worker could say how this transfer ended; an upload that it began stays at the destination. */
function cancelled(held: Held, nowMs: number): TransferResult {
  return { ...frame(held, nowMs), outcome: "cancelled" };
}

/** The object met what had stopped the job already: it ended with the job. */
function stoppedBy({ error: _error, ...rest }: Extract<TransferResult, { outcome: "failed" }>): TransferResult {
  return { ...rest, outcome: "cancelled" };
}

/** What a lost worker did for a transfer is unknown here; its totals have it. */
function frame({ transfer, sinceMs }: Held, nowMs: number): Pick<TransferResult, "id" | "key" | "destinationKey" | "sizeBytes" | "effort"> {
  const { id, source: { key, sizeBytes }, destinationKey } = transfer;
  return { id, key, destinationKey, sizeBytes, effort: { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0, elapsedMs: nowMs - sinceMs } };
}

/** Says nothing of the message itself: it might hold secrets. */
function unreachable(_message: never): never {
  throw new TransferError("bug", "Scheduler got a message of unknown type");
}
