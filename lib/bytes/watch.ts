/**
 * The time limit of one movement of bytes: ends it when nothing has happened for too long or when the caller's signal fires, and afterwards
 * knows which of the two it was. One timer serves all movements of a thread: setting and clearing one for each small object costs more than
 * looking at all of them now and then. Must be disposed of, else the timer holds the program.
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

/** Something that is closed when the time is over. */
export interface Closable {
  close(): void;
}

/** See the file comment. */
export class Watch {
  readonly #outer: AbortSignal;
  readonly #timeoutMs: number;
  readonly #key: string | undefined;
  readonly #what: string;
  /** Made when somebody asks for the signal: most movements end without one. */
  #controller: AbortController | undefined;
  readonly #guarded: Closable[] = [];
  #dueMs: number;
  #stalled: TransferError | undefined;
  #ended = false;

  /** `what` is the start of a message: `Cannot read s3://bucket/key`. */
  constructor(outer: AbortSignal, timeoutMs: number, what: string, key?: string) {
    this.#outer = outer;
    this.#timeoutMs = timeoutMs;
    this.#what = what;
    this.#key = key;
    this.#dueMs = performance.now() + timeoutMs;
    open.add(this);
    timer ??= setInterval(lookAtAll, LOOK_INTERVAL_MS);
    if (outer.aborted) this.#ended = true;
    else outer.addEventListener("abort", this);
  }

  /** Fires at a stall and when the caller's signal fires. For what takes nothing but a signal; {@link guard} costs less. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#reason());
    return this.#controller.signal;
  }

  /** The time is over, or the caller's signal has fired. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Something has moved: the clock starts anew. */
  touch(): void {
    this.#dueMs = performance.now() + this.#timeoutMs;
  }

  /** Throws when the movement is over already. */
  check(): void {
    if (this.#ended) throw this.failure(this.#reason());
  }

  /** Closes `thing` when the movement ends, until {@link release} is called. */
  guard(thing: Closable): void {
    if (this.#ended) thing.close();
    else this.#guarded.push(thing);
  }

  /** Leaves `thing` alone from now on. */
  release(thing: Closable): void {
    const at = this.#guarded.lastIndexOf(thing);
    if (at >= 0) this.#guarded.splice(at, 1);
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
  [Symbol.dispose](): void {
    open.delete(this);
    if (open.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    this.#outer.removeEventListener("abort", this);
  }

  /** The caller's signal has fired. */
  handleEvent(): void {
    this.#end();
  }

  /** Ends the movement when its time has run out. */
  look(nowMs: number): void {
    if (nowMs < this.#dueMs || this.#ended) return;
    const message = `${this.#what}: nothing moved for ${Math.round(this.#timeoutMs / 100) / 10} s`;
    this.#stalled = new TransferError("network", message, { key: this.#key });
    this.#end();
  }

  #reason(): unknown {
    return this.#stalled ?? this.#outer.reason;
  }

  #end(): void {
    this.#ended = true;
    for (const thing of this.#guarded.splice(0)) thing.close();
    this.#controller?.abort(this.#reason());
  }
}
