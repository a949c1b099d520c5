/**
 * The workers that live, and the sums of those that do not. It starts, counts and ends them; what they shall work on is decided elsewhere.
 */
import { WORKER_READY_MAX_MS } from "../limits.ts";
import type { WorkerEvent } from "../protocol.ts";
import type { Totals, WireError } from "../types.ts";
import { Member, NO_TOTALS } from "./member.ts";
import type { ScheduleOptions } from "./options.ts";
import { windowRoom, type WindowRules } from "./window.ts";

/** What a worker did, as it is noted for the scheduler's next turn. */
export type MemberNote =
  | { readonly type: "event"; readonly member: Member; readonly event: WorkerEvent }
  | { readonly type: "death"; readonly member: Member; readonly error: WireError };

/** All workers of a run. */
export class Pool {
  readonly #options: ScheduleOptions;
  readonly #rules: WindowRules;
  readonly #note: (note: MemberNote) => void;
  readonly #members = new Set<Member>();
  #started = 0;
  #gone: Totals = NO_TOTALS;

  constructor(options: ScheduleOptions, rules: WindowRules, note: (note: MemberNote) => void) {
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
    let room = (this.#options.tuning.workers - this.#members.size) * windowRoom({ count: 0, bytes: 0, big: 0, suspects: 0 });
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

  /** Divides the bandwidth limit among the workers that hold work; called whenever that may have changed, before work goes out. */
  shareBandwidth(): void {
    const cap = this.#options.tuning.bandwidthBytesPerSecond;
    const holders = [...this.#members].filter((member) => member.load.count > 0);
    if (cap <= 0 || holders.length === 0) return;
    const share = Math.max(1, Math.floor(cap / holders.length));
    for (const member of holders) member.setBandwidth(share);
  }

  /** Posts all work that was handed over. */
  send(): void {
    for (const member of this.#members) member.send();
  }

  /** An endpoint asked one worker to slow down: all others are informed. */
  slowOthers(asked: Member, waitMs: number): void {
    for (const member of this.#members) if (member !== asked) member.slow(waitMs);
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
