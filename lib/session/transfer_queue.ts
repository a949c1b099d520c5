/**
 * The transfers of one worker: takes what is assigned, keeps so many in progress, hands out results in batches and running totals by the
 * clock. Knows nothing of threads: workers/transfer.ts gives it a way to post.
 */
import { SETTLED_BATCH } from "../limits.ts";
import type { WorkerEvent } from "../protocol.ts";
import type { Totals, Transfer, TransferResult } from "../types.ts";
import { Habits, type Ledger, type World } from "./transfer_work.ts";
import { runTransfer } from "./run_transfer.ts";

/** See the file comment. */
export class TransferQueue {
  readonly #world: World;
  readonly #objectsInFlight: number;
  readonly #post: (event: WorkerEvent) => void;
  readonly #abort = new AbortController();
  readonly #waiting: Transfer[] = [];
  readonly #open = new Set<Ledger>();
  readonly #habits = new Habits();
  #settled: TransferResult[] = [];
  #draining = false;
  #foundBytes = 0;
  #retries = 0;
  #lastProgress = "";

  constructor(world: World, objectsInFlight: number, post: (event: WorkerEvent) => void) {
    this.#world = world;
    this.#objectsInFlight = objectsInFlight;
    this.#post = post;
  }

  /** Takes work. */
  assign(transfers: readonly Transfer[]): void {
    this.#waiting.push(...transfers);
    this.#startMore();
  }

  /** The plan has ended: `drained` follows when nothing is left. */
  drain(): void {
    this.#draining = true;
    this.#postSettled();
  }

  /** In-flight requests stop; everything open or waiting is reported as cancelled. */
  cancel(): void {
    this.#abort.abort();
    this.#startMore();
  }

  /** By the clock: posts what has settled since, and the totals when they changed. */
  tick(): void {
    if (this.#settled.length > 0) return this.#postSettled();
    const totals = this.#totals();
    const text = JSON.stringify(totals);
    if (text === this.#lastProgress) return;
    this.#lastProgress = text;
    this.#post({ type: "progress", totals });
  }

  #startMore(): void {
    while (this.#open.size < this.#objectsInFlight || this.#abort.signal.aborted) {
      const transfer = this.#waiting.shift();
      if (!transfer) return;
      const ledger: Ledger = { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0 };
      this.#open.add(ledger);
      runTransfer(this.#world, transfer, this.#habits, this.#abort.signal, ledger).then((result) => this.#settle(ledger, result));
    }
  }

  #settle(ledger: Ledger, result: TransferResult): void {
    this.#open.delete(ledger);
    this.#foundBytes += ledger.foundBytes;
    this.#retries += ledger.retries;
    this.#settled.push(result);
    this.#startMore();
    if (this.#open.size === 0 || this.#settled.length >= SETTLED_BATCH) this.#postSettled();
  }

  #postSettled(): void {
    const results = this.#settled;
    this.#settled = [];
    if (results.length > 0) this.#post({ type: "settled", results, totals: this.#totals() });
    if (this.#draining && this.#open.size === 0 && this.#waiting.length === 0) {
      this.#draining = false;
      this.#post({ type: "drained", totals: this.#totals() });
    }
  }

  #totals(): Totals {
    let foundBytes = this.#foundBytes;
    let retries = this.#retries;
    for (const ledger of this.#open) {
      foundBytes += ledger.foundBytes;
      retries += ledger.retries;
    }
    return { movedBytes: this.#world.wire.movedBytes, foundBytes, retries, open: this.#open.size };
  }
}
