/**
 * Ranges out of a stream that can only be read forwards: what lies between two ranges is read and dropped, and a range behind the place
 * starts the stream anew. Holds one chunk. Must never give bytes of two starts as one range.
 */
import type { Sink } from "../bytes/sink.ts";
import { TransferError } from "../errors.ts";
import type { Range } from "../types.ts";

const NOTHING = new Uint8Array(0);

/** See the file comment. Calls wait for each other. */
export class SequentialReader {
  readonly #start: () => AsyncIterable<Uint8Array>;
  readonly #what: string;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** `start` gives the stream from its first byte; `what` names it in messages. */
  constructor(start: () => AsyncIterable<Uint8Array>, what: string) {
    this.#start = start;
    this.#what = what;
  }

  /** Nobody reads or waits. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Reads a range into the sink. Throws `sourceChanged` when the stream ends before it. */
  read({ first, last }: Range, sink: Sink): Promise<void> {
    return this.#inTurn(async () => {
      if (first < this.#at) await this.#stop();
      while (this.#at <= last) {
        if (!await this.#fill()) throw new TransferError("sourceChanged", `${this.#what} ends before byte ${last}`);
        this.#drop(Math.min(this.#chunk.length, Math.max(0, first - this.#at)));
        const wanted = this.#chunk.subarray(0, last + 1 - this.#at);
        if (wanted.length === 0) continue;
        await sink(wanted);
        this.#drop(wanted.length);
      }
    });
  }

  /** Reads all of it and returns how many bytes that are. */
  measure(signal: AbortSignal): Promise<number> {
    return this.#inTurn(async () => {
      await this.#stop();
      while (await this.#fill()) {
        if (signal.aborted) throw new TransferError("cancelled", "Interrupted");
        this.#drop(this.#chunk.length);
      }
      return this.#at;
    });
  }

  /** Ends the stream. */
  close(): void {
    this.#inTurn(() => this.#stop()).catch(() => {});
  }

  #drop(count: number): void {
    this.#chunk = this.#chunk.subarray(count);
    this.#at += count;
  }

  /** Holds bytes; false at the end of the stream. */
  async #fill(): Promise<boolean> {
    this.#chunks ??= this.#start()[Symbol.asyncIterator]();
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#chunk = next.value;
    }
    return true;
  }

  async #stop(): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = undefined;
    this.#chunk = NOTHING;
    this.#at = 0;
    await chunks?.return?.();
  }

  /** A failure ends the stream: the next reading starts anew. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const mine = this.#turn.then(work).catch(async (error) => {
      await this.#stop();
      throw error;
    }).finally(() => this.#waiting--);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
