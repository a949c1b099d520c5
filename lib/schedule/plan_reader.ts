/**
 * Pulls transfers from the plan, but only as many as it was allowed to: a slow destination slows the listing and nothing piles up.
 * It never calls the plan twice at once.
 */
import { toWireError } from "../errors.ts";
import type { Transfer, WireError } from "../types.ts";

/** The plan's transfers, read ahead within an allowance. */
export class PlanReader {
  readonly #plan: AsyncIterator<Transfer>;
  readonly #onChange: () => void;
  readonly #waiting: Transfer[] = [];
  #allowance = 0;
  #pulling = false;
  #closed = false;
  #ended = false;
  #error: WireError | undefined;

  /** `onChange` is called when there is something to look at: a first waiting transfer, the end, or an error. */
  constructor(plan: AsyncIterable<Transfer>, onChange: () => void) {
    this.#plan = plan[Symbol.asyncIterator]();
    this.#onChange = onChange;
  }

  /** True once the plan has ended well and every transfer of it was taken. */
  get exhausted(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  /** What the plan threw, if it did. */
  get error(): WireError | undefined {
    return this.#error;
  }

  /** The next transfer, still to be taken. */
  peek(): Transfer | undefined {
    return this.#waiting[0];
  }

  /** Removes and returns the next transfer. */
  take(): Transfer | undefined {
    return this.#waiting.shift();
  }

  /** Puts a transfer back in front: it was handed out and never begun. */
  putBack(transfer: Transfer): void {
    this.#waiting.unshift(transfer);
  }

  /** Allows up to `count` transfers to wait here. Replaces the former allowance. */
  allow(count: number): void {
    this.#allowance = count;
    this.#pull();
  }

  /**
   * Stops reading and returns what was pulled and not taken. The plan's clean-up is started and not waited for: it may hang in a listing
   * request. What a running pull still returns is dropped.
   */
  close(): readonly Transfer[] {
    this.#closed = true;
    // The run has stopped already: a plan that cannot be closed cleanly changes nothing about it.
    this.#plan.return?.().catch(() => {});
    return this.#waiting.splice(0);
  }

  #pull(): void {
    if (this.#pulling || this.#closed || this.#ended || this.#waiting.length >= this.#allowance) return;
    this.#pulling = true;
    this.#plan.next().then((item) => this.#pulled(item), (error) => this.#pulled(toWireError(error)));
  }

  #pulled(item: IteratorResult<Transfer> | WireError): void {
    this.#pulling = false;
    if (this.#closed) return;
    if ("kind" in item) {
      this.#closed = true;
      this.#error = item;
    } else if (item.done) {
      this.#ended = true;
    } else {
      this.#waiting.push(item.value);
      if (this.#waiting.length > 1) return this.#pull();
    }
    this.#onChange();
    this.#pull();
  }
}
