/**
 * The time limit of one movement of bytes: ends it when nothing has happened for too long or when the caller's signal fires, and afterwards
 * tells which of the two it was. One timer serves all movements of a thread: setting and clearing one for each small object costs more than
 * looking at all of them now and then. Must be closed, else the timer holds the program.
 */
import { TransferError } from "../errors.ts";
import { networkFailure } from "./network_failure.ts";

/** Time limits are kept to within this. */
const LOOK_INTERVAL_MS = 100;

const open = new Set<Watch>();
let timer: ReturnType<typeof setInterval> | undefined;

function lookAtAll(): void {
  const nowMs = performance.now();
  for (const watch of open) watch.look(nowMs);
}

/** See the file comment. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timeoutMs: number;
  readonly #key: string | undefined;
  readonly #onOuterAbort = () => this.#controller.abort(this.#outer.reason);
  readonly #what: string;
  #dueMs: number;
  #stalled: TransferError | undefined;

  /** `what` is the start of a message: `Cannot read s3://bucket/key`. */
  constructor(outer: AbortSignal, timeoutMs: number, what: string, key?: string) {
    this.#outer = outer;
    this.#timeoutMs = timeoutMs;
    this.#what = what;
    this.#key = key;
    this.#dueMs = performance.now() + timeoutMs;
    open.add(this);
    timer ??= setInterval(lookAtAll, LOOK_INTERVAL_MS);
    if (outer.aborted) this.#onOuterAbort();
    else outer.addEventListener("abort", this.#onOuterAbort, { once: true });
  }

  /** Fires at a stall and when the caller's signal fires. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True when time ran out. */
  get stalled(): boolean {
    return this.#stalled !== undefined;
  }

  /** Something has moved: the clock starts anew. */
  touch(): void {
    this.#dueMs = performance.now() + this.#timeoutMs;
  }

  /** Throws when the movement is over already. */
  check(): void {
    if (this.signal.aborted) throw this.failure(this.signal.reason);
  }

  /**
   * What an error of this movement means: an interrupt and a stall show up as all kinds of broken connections. `what` names the side whose
   * connection it was, where that is known.
   */
  failure(error: unknown, what: string = this.#what): TransferError {
    if (this.#stalled !== undefined) return this.#stalled;
    if (this.#outer.aborted) {
      const reason: unknown = this.#outer.reason;
      if (reason instanceof TransferError) return reason;
      return new TransferError("cancelled", `${this.#what}: interrupted`, { cause: reason });
    }
    return networkFailure(error, what, this.#key);
  }

  /** Gives up the timer and the listener; may be called twice. */
  close(): void {
    open.delete(this);
    if (open.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    this.#outer.removeEventListener("abort", this.#onOuterAbort);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Ends the movement when its time has run out. */
  look(nowMs: number): void {
    if (nowMs < this.#dueMs || this.#stalled !== undefined) return;
    const message = `${this.#what}: nothing moved for ${Math.round(this.#timeoutMs / 100) / 10} s`;
    this.#stalled = new TransferError("network", message, this.#key === undefined ? {} : { key: this.#key });
    this.#controller.abort(this.#stalled);
  }
}
