/**
 * The time limit of one movement of bytes: ends it when nothing has happened for too long or when the caller's signal fires, and afterwards
 * tells which of the two it was. One timer per movement, however many chunks pass. Must be closed, else its timer holds the program.
 */
import { TransferError } from "../errors.ts";
import { networkFailure } from "./s3_failure.ts";

/** See the file comment. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timeoutMs: number;
  readonly #key: string | undefined;
  readonly #onOuterAbort = () => this.#controller.abort(this.#outer.reason);
  readonly #what: string;
  #dueMs: number;
  #timer: ReturnType<typeof setTimeout>;
  #stalled: TransferError | undefined;

  /** `what` is the start of a message: `Cannot read s3://bucket/key`. */
  constructor(outer: AbortSignal, timeoutMs: number, what: string, key?: string) {
    this.#outer = outer;
    this.#timeoutMs = timeoutMs;
    this.#what = what;
    this.#key = key;
    this.#dueMs = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.#look(), timeoutMs);
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

  /** Frees the timer and the listener; may be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#onOuterAbort);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #look(): void {
    const leftMs = this.#dueMs - performance.now();
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#look(), Math.ceil(leftMs));
      return;
    }
    const message = `${this.#what}: nothing moved for ${Math.round(this.#timeoutMs / 100) / 10} s`;
    this.#stalled = new TransferError("network", message, this.#key === undefined ? {} : { key: this.#key });
    this.#controller.abort(this.#stalled);
  }
}
