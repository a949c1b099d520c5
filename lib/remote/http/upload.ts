/**
 * One request with a body, while it is sent: the head and a small body leave in one write, a larger body passes as it comes. The response
 * is awaited from the first byte on, because a refusal may come before the whole body is sent and nobody may read the rest.
 */
import { TransferError } from "../../errors.ts";
import { InvalidResponse } from "../../bytes/network_failure.ts";
import type { Sink } from "../../bytes/sink.ts";
import type { Watch } from "../../bytes/watch.ts";
import type { Connection } from "./connection.ts";
import { type ResponseHead, writeText } from "./head.ts";
import { giveBuffer, takeBuffer } from "./spare_buffers.ts";

/** Requests up to this size, the head included, leave in one write. */
const SMALL_REQUEST_BYTES = 64 * 1024;

/** Hands a body over, chunk by chunk; a chunk may be used again when the sink's promise has ended. */
export type WriteBody = (sink: Sink) => Promise<void>;

/** What is sent behind a head. */
export interface Body {
  readonly sizeBytes: number;
  readonly write: WriteBody;
}

/** Stops whoever hands bytes over: the response is there, or it never will be. */
export class Stop extends Error {}

/** See the file comment. */
export class Upload {
  readonly #connection: Connection;
  readonly #watch: Watch;
  readonly #what: string;
  readonly #body: Body;
  /** The head, and with a small body all that has come of it. */
  #gathered: Uint8Array<ArrayBuffer> | undefined;
  #gatheredBytes: number;
  readonly #isSmall: boolean;
  /** Body bytes that were handed over, and those of them that were sent. */
  #takenBytes = 0;
  #sentBytes = 0;
  #response: Promise<ResponseHead> | undefined;
  #failure: unknown;
  #isOver = false;
  #stopWrite: (() => void) | undefined;

  /** `text` is the request's head, `what` the start of messages. */
  constructor(connection: Connection, request: { readonly text: string; readonly what: string }, body: Body, watch: Watch) {
    const { text, what } = request;
    this.#connection = connection;
    this.#what = what;
    this.#body = body;
    this.#watch = watch;
    this.#isSmall = text.length + body.sizeBytes <= SMALL_REQUEST_BYTES;
    this.#gathered = this.#isSmall ? takeBuffer() : new Uint8Array(text.length);
    this.#gatheredBytes = text.length;
    writeText(text, this.#gathered);
  }

  /** The whole request was sent, so that its connection can be used again. */
  get isWhole(): boolean {
    return this.#sentBytes === this.#body.sizeBytes;
  }

  /** Sends the request and returns the head of its response. */
  async send(): Promise<ResponseHead> {
    const { sizeBytes, write } = this.#body;
    try {
      if (sizeBytes === 0) await this.#sendGathered();
      await write((chunk) => this.#take(chunk));
      if (!this.isWhole) throw new TransferError("bug", `${this.#what}: ${this.#takenBytes} of ${sizeBytes} bytes were handed over`);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    return await this.#awaitResponse();
  }

  async #awaitResponse(): Promise<ResponseHead> {
    try {
      const head = await this.#response;
      if (head !== undefined && (head.status >= 300 || this.isWhole)) return head;
      throw new InvalidResponse("a success before the whole body was sent");
    } catch (error) {
      throw this.#watch.failure(this.#failure ?? error, this.#what);
    }
  }

  async #take(chunk: Uint8Array): Promise<void> {
    if (this.#isOver) throw new Stop();
    const { sizeBytes } = this.#body;
    this.#takenBytes += chunk.length;
    if (this.#takenBytes > sizeBytes) throw new TransferError("bug", `${this.#what}: more than ${sizeBytes} bytes were handed over`);
    if (this.#isSmall && this.#gathered !== undefined) {
      this.#gathered.set(chunk, this.#gatheredBytes);
      this.#gatheredBytes += chunk.length;
      if (this.#takenBytes === sizeBytes) await this.#sendGathered();
    } else {
      if (this.#gathered !== undefined) await this.#sendGathered();
      await this.#write(chunk);
    }
    this.#watch.touch();
    this.#sentBytes = this.#takenBytes;
  }

  async #sendGathered(): Promise<void> {
    const bytes = this.#gathered;
    if (bytes === undefined) return;
    this.#gathered = undefined;
    // From the first byte on that is sent, the response may come.
    this.#response = this.#connection.readHead();
    this.#response.then(this.#onHead, this.#onFailure);
    await this.#write(bytes.subarray(0, this.#gatheredBytes));
    if (this.#isSmall) giveBuffer(bytes);
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) return reject(new Stop());
      this.#stopWrite = () => reject(new Stop());
      this.#connection.write(bytes).then(resolve, (error) => {
        // The reason may be on its way: a refusal that came before the connection was closed can still be read.
        this.#onFailure(error);
      });
    });
  }

  /** A success that comes while the last bytes leave is in order; one that comes before cannot be about all of them. */
  readonly #onHead = (head: ResponseHead): void => {
    if (head.status >= 300 || this.#takenBytes < this.#body.sizeBytes) this.#stop();
  };

  readonly #onFailure = (error: unknown): void => {
    this.#failure ??= error;
    this.#stop();
  };

  #stop(): void {
    this.#isOver = true;
    this.#stopWrite?.();
  }
}
