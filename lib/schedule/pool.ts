/**
 * The workers that live, what each of them holds, and the sums of those that are gone. It starts, counts and ends them; who gets which work
 * is decided elsewhere.
 */
import { toWireError } from "../errors.ts";
import { ASSIGN_TRANSFERS_MAX, WORKER_READY_MAX_MS } from "../limits.ts";
import type { WorkerCommand, WorkerEvent } from "../protocol.ts";
import type { Credentials, Side, Totals, Transfer, WireError } from "../types.ts";
import type { ScheduleOptions } from "./options.ts";
import { addLoad, type Load, NO_LOAD, windowRoom, type WindowRules } from "./window.ts";
import type { WorkerLink } from "./worker_link.ts";

/** A transfer in the hands of a worker. */
export interface Held {
  readonly transfer: Transfer;
  /** It was open in a worker that died. */
  readonly suspect: boolean;
  /** When it was handed out, by the scheduler's clock. */
  readonly sinceMs: number;
}

/** What happened in the pool, as it is noted for the scheduler's next turn. */
export type PoolNote =
  | { readonly type: "event"; readonly member: Member; readonly event: WorkerEvent }
  | { readonly type: "death"; readonly member: Member; readonly error: WireError }
  /** Holds secrets. */
  | { readonly type: "credentials"; readonly side: Side; readonly credentials: Credentials }
  | { readonly type: "noCredentials"; readonly error: WireError };

/** Sums of a worker that has said nothing yet. */
export const NO_TOTALS: Totals = { movedBytes: 0, foundBytes: 0, retries: 0, open: 0 };

/** One worker, from its start to its end. */
export class Member {
  ready = false;
  totals: Totals = NO_TOTALS;
  load: Load = NO_LOAD;
  /** Ends the wait for `ready`. */
  cancelReadyTimer: () => void = () => {};
  readonly #rules: WindowRules;
  readonly #held = new Map<number, Held>();
  #unsent: Transfer[] = [];
  #bytesPerSecond = 0;

  constructor(readonly workerId: number, readonly link: WorkerLink, rules: WindowRules) {
    this.#rules = rules;
  }

  /** Everything that is open here, in the order it was handed out. */
  get held(): readonly Held[] {
    return [...this.#held.values()];
  }

  /** Hands over a transfer; it is posted by the next {@link send}. */
  give(held: Held): void {
    this.#held.set(held.transfer.id, held);
    this.#unsent.push(held.transfer);
    this.#weigh(held, 1);
  }

  /** Closes an open transfer and returns it; undefined when it is not open here. */
  settle(id: number): Held | undefined {
    const held = this.#held.get(id);
    if (held !== undefined) this.#weigh(held, -1);
    this.#held.delete(id);
    return held;
  }

  #weigh({ transfer: { source: { sizeBytes } }, suspect }: Held, sign: 1 | -1): void {
    this.load = addLoad(this.load, { sizeBytes, suspect }, this.#rules, sign);
  }

  /** Posts what was handed over, in as few messages as allowed. */
  send(): void {
    while (this.ready && this.#unsent.length > 0) {
      this.post({ type: "assign", transfers: this.#unsent.splice(0, ASSIGN_TRANSFERS_MAX) });
    }
  }

  /** Posts the share of the bandwidth limit, if it has changed. */
  setBandwidth(bytesPerSecond: number): void {
    if (!this.ready || this.#bytesPerSecond === bytesPerSecond) return;
    this.#bytesPerSecond = bytesPerSecond;
    this.post({ type: "bandwidth", bytesPerSecond });
  }

  /** Posts a command. Before `ready` nothing goes out. */
  post(command: WorkerCommand): void {
    if (this.ready) this.link.post(command);
  }
}

/** All workers of a run. */
export class Pool {
  readonly #options: ScheduleOptions;
  readonly #rules: WindowRules;
  readonly #note: (note: PoolNote) => void;
  readonly #members = new Set<Member>();
  /** Who waits for fresh credentials of a side. */
  readonly #askers = new Map<Side, Set<Member>>();
  #started = 0;
  #gone: Totals = NO_TOTALS;

  constructor(options: ScheduleOptions, rules: WindowRules, note: (note: PoolNote) => void) {
    this.#options = options;
    this.#rules = rules;
    this.#note = note;
  }

  /** Live members; one may be removed while they are walked. */
  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** True while fewer workers live than the job allows. */
  get mayStart(): boolean {
    return this.#members.size < this.#options.tuning.workers;
  }

  /** Transfers that all windows together, those of workers not yet started included, could still take if they were small. */
  get room(): number {
    let room = (this.#options.tuning.workers - this.#members.size) * windowRoom(NO_LOAD);
    for (const member of this.#members) room += windowRoom(member.load);
    return room;
  }

  /** Sums over the living and the dead. */
  get totals(): Totals {
    let sum = this.#gone;
    for (const member of this.#members) sum = addTotals(sum, member.totals);
    return sum;
  }

  /** Starts a worker. It may be given work at once; the work goes out when it says `ready`. */
  start(): Member {
    const { spawn, clock } = this.#options;
    const workerId = this.#started++;
    const member = new Member(workerId, spawn(workerId), this.#rules);
    this.#members.add(member);
    member.link.onEvent = (event) => this.#note({ type: "event", member, event });
    member.link.onDeath = (error) => this.#note({ type: "death", member, error });
    const error: WireError = { kind: "crash", message: `Worker was not ready after ${WORKER_READY_MAX_MS / 1000} s` };
    const timer = clock.setTimeout(() => this.#note({ type: "death", member, error }), WORKER_READY_MAX_MS);
    member.cancelReadyTimer = () => clock.clearTimeout(timer);
    return member;
  }

  /** A worker stands: it gets its `start`. */
  welcome(member: Member): void {
    if (member.ready) return;
    member.cancelReadyTimer();
    member.ready = true;
    member.post({ type: "start", workerId: member.workerId, ...this.#options.start(member.workerId) });
  }

  /** Ends a worker, whatever it does, and keeps its last sums. */
  remove(member: Member): void {
    if (!this.#members.delete(member)) return;
    member.cancelReadyTimer();
    member.link.terminate();
    this.#gone = addTotals(this.#gone, { ...member.totals, open: 0 });
  }

  /** A worker asks for fresh credentials: one refresh at a time for each side, however many ask meanwhile. What it gives is never kept. */
  refresh(side: Side, member: Member): void {
    const askers = this.#askers.get(side);
    this.#askers.set(side, (askers ?? new Set()).add(member));
    if (askers !== undefined) return;
    this.#options.refreshCredentials(side).then(
      (credentials) => this.#note({ type: "credentials", side, credentials }),
      (error) => {
        const message = `Cannot refresh credentials of the ${side}: ${toWireError(error).message}`;
        this.#note({ type: "noCredentials", error: { kind: "credentials", message } });
      },
    );
  }

  /** Posts fresh credentials to whoever asked; the next one to ask starts a new refresh. */
  renew(side: Side, credentials: Credentials): void {
    for (const member of this.#askers.get(side) ?? []) {
      if (this.#members.has(member)) member.post({ type: "credentials", side, credentials });
    }
    this.#askers.delete(side);
  }

  /** Divides the bandwidth limit among the workers that hold work; called whenever that may have changed, before work goes out. */
  shareBandwidth(): void {
    const cap = this.#options.tuning.bandwidthBytesPerSecond;
    const holders = [...this.#members].filter((member) => member.load.count > 0);
    if (cap <= 0 || holders.length === 0) return;
    const share = Math.max(1, Math.floor(cap / holders.length));
    for (const member of holders) member.setBandwidth(share);
  }
}

function addTotals(left: Totals, right: Totals): Totals {
  return {
    movedBytes: left.movedBytes + right.movedBytes,
    foundBytes: left.foundBytes + right.foundBytes,
    retries: left.retries + right.retries,
    open: left.open + right.open,
  };
}
