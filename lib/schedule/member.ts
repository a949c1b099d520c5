/**
 * What main knows of one worker: its phase, what it holds, what was sent to it. A member speaks to its own link only and never decides who
 * gets which work.
 */
import { ASSIGN_TRANSFERS_MAX } from "../limits.ts";
import type { WorkerCommand } from "../protocol.ts";
import type { Totals, Transfer } from "../types.ts";
import { addLoad, type Load, NO_LOAD, type WindowRules } from "./window.ts";
import type { WorkerLink } from "./worker_link.ts";

/** A transfer in the hands of a worker. */
export interface Held {
  readonly transfer: Transfer;
  /** It was open in a worker that died. */
  readonly suspect: boolean;
  /** When it was handed out, by the scheduler's clock. */
  readonly sinceMs: number;
}

/** Sums of a worker that has said nothing yet. */
export const NO_TOTALS: Totals = { movedBytes: 0, foundBytes: 0, retries: 0, open: 0 };

/** One worker, from its start to its end. */
export class Member {
  readonly workerId: number;
  readonly link: WorkerLink;
  /** Ends the wait for `ready`. */
  cancelReadyTimer: () => void = () => {};
  ready = false;
  totals: Totals = NO_TOTALS;
  load: Load = NO_LOAD;
  readonly #rules: WindowRules;
  readonly #held = new Map<number, Held>();
  #unsent: Transfer[] = [];
  #bytesPerSecond = 0;

  constructor(workerId: number, link: WorkerLink, rules: WindowRules) {
    this.workerId = workerId;
    this.link = link;
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
    this.load = addLoad(this.load, requestOf(held), this.#rules, 1);
  }

  /** Closes an open transfer and returns it; undefined when it is not open here. */
  settle(id: number): Held | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    this.#held.delete(id);
    this.load = addLoad(this.load, requestOf(held), this.#rules, -1);
    return held;
  }

  /** Posts what was handed over, in as few messages as allowed. Before `ready` nothing goes out. */
  send(): void {
    if (!this.ready) return;
    while (this.#unsent.length > 0) {
      this.link.post({ type: "assign", transfers: this.#unsent.splice(0, ASSIGN_TRANSFERS_MAX) });
    }
  }

  /** Posts the share of the bandwidth limit, if it has changed. */
  setBandwidth(bytesPerSecond: number): void {
    if (!this.ready || this.#bytesPerSecond === bytesPerSecond) return;
    this.#bytesPerSecond = bytesPerSecond;
    this.link.post({ type: "bandwidth", bytesPerSecond });
  }

  /** Reports that another worker was asked to slow down. */
  slow(waitMs: number): void {
    if (this.ready) this.link.post({ type: "slow", waitMs });
  }

  /** Posts any other command. */
  post(command: WorkerCommand): void {
    this.link.post(command);
  }
}

function requestOf(held: Held): { sizeBytes: number; suspect: boolean } {
  return { sizeBytes: held.transfer.source.sizeBytes, suspect: held.suspect };
}
