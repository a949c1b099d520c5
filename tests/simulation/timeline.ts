/**
 * Virtual time for whole runs: everything that happens is an event with a moment, and between two events every promise has settled. Same
 * seed, same order. Nothing here waits for real time.
 */
import { setImmediate } from "node:timers";

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** See the file comment. */
export class Timeline {
  #nowMs = 0;
  #order = 0;
  /** Events that have happened. */
  count = 0;
  readonly #heap: Event[] = [];
  readonly #cancelled = new Set<number>();

  now(): number {
    return this.#nowMs;
  }

  /** Answers an id for {@link clear}. Equal moments come in the order in which they were asked for. */
  after(delayMs: number, run: () => void): number {
    const event = { atMs: this.#nowMs + Math.max(0, delayMs), order: ++this.#order, run };
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
    return event.order;
  }

  clear(id: number): void {
    this.#cancelled.add(id);
  }

  /** Lets the next event happen, and everything that follows from it at once; false when there is none before `untilMs`. */
  async step(untilMs = Infinity): Promise<boolean> {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return false;
      this.#pop();
      if (this.#cancelled.delete(next.order)) continue;
      this.#nowMs = next.atMs;
      this.count++;
      next.run();
      await settled();
      return true;
    }
  }

  #up(index: number): void {
    for (let at = index; at > 0;) {
      const above = (at - 1) >> 1;
      if (!this.#before(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let at = 0;;) {
      const left = 2 * at + 1;
      if (left >= this.#heap.length) return;
      const least = left + 1 < this.#heap.length && this.#before(left + 1, left) ? left + 1 : left;
      if (!this.#before(least, at)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(one: number, other: number): boolean {
    const left = this.#heap[one] as Event;
    const right = this.#heap[other] as Event;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }

  #swap(one: number, other: number): void {
    const kept = this.#heap[one] as Event;
    this.#heap[one] = this.#heap[other] as Event;
    this.#heap[other] = kept;
  }
}

/** Every promise that can settle has settled: a macrotask comes after all microtasks. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
