/** A response whose body is still unread. Whoever has one reads it to its end or cancels it; only then is its connection free. */
import { InvalidResponse } from "../../bytes/network_failure.ts";
import { type Connection, ConnectionClosed } from "./connection.ts";
import type { Framing, ResponseHead } from "./head.ts";
import { giveBuffer, takeBuffer } from "./spare_buffers.ts";

/** Remainders up to this size are read into the connection's own buffer. */
const SMALL_BYTES = 16 * 1024;
/** Longest line between two chunks, extensions among it. */
const CHUNK_LINE_BYTES_MAX = 1024;
/** Lines behind the last chunk. */
const TRAILERS_MAX = 32;

const LF = 0x0a;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n\0]*)?$/;

/** See the file comment. */
export class HttpResponse {
  readonly head: ResponseHead;
  readonly #connection: Connection;
  /** How the end of the body is found. */
  readonly framing: Framing;
  readonly #onOver: (connection: Connection, usable: boolean) => void;
  /** Of the body or of the chunk that is being read. */
  #leftBytes: number;
  #firstChunk = true;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #isOver = false;

  /** `onOver` is called once, when the body has ended or was cancelled. Throws {@link InvalidResponse}. */
  constructor(head: ResponseHead, connection: Connection, method: string, onOver: (connection: Connection, usable: boolean) => void) {
    this.head = head;
    this.#connection = connection;
    this.#onOver = onOver;
    this.framing = head.framing(method);
    this.#leftBytes = typeof this.framing === "number" ? this.framing : 0;
    if (this.framing === "none" || this.framing === 0) this.#end(head.keepsAlive);
  }

  /** What the body measures; undefined where only its end will tell. */
  get sizeBytes(): number | undefined {
    return this.framing === "none" ? 0 : typeof this.framing === "number" ? this.framing : undefined;
  }

  /** The connection of this response; closing it ends every read. */
  get connection(): Connection {
    return this.#connection;
  }

  /** The next bytes of the body, valid until the next call; undefined at its end. Throws when the connection breaks before. */
  next(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    switch (this.framing) {
      case "chunked":
        return this.#nextOfChunks();
      case "close":
        return this.#nextUntilClose();
      default:
        return this.#nextOfLength();
    }
  }

  #nextOfLength(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#leftBytes > 0) return this.#piece();
    this.#end(this.head.keepsAlive);
    return undefined;
  }

  /** Bytes of what is left of the body or the chunk. */
  #piece(): Uint8Array | Promise<Uint8Array> {
    if (this.#connection.bufferedBytes > 0) return this.#takeBuffered();
    return this.#leftBytes <= SMALL_BYTES ? this.#pieceBuffered() : this.#pieceStraight();
  }

  #takeBuffered(): Uint8Array {
    const piece = this.#connection.take(this.#leftBytes);
    this.#leftBytes -= piece.length;
    return piece;
  }

  async #pieceBuffered(): Promise<Uint8Array> {
    if (!await this.#connection.fill()) throw this.#short();
    return this.#takeBuffered();
  }

  async #pieceStraight(): Promise<Uint8Array> {
    const buffer = this.#buffer ??= takeBuffer();
    const count = await this.#connection.readInto(this.#leftBytes < buffer.length ? buffer.subarray(0, this.#leftBytes) : buffer);
    if (count === 0) throw this.#short();
    this.#leftBytes -= count;
    return buffer.subarray(0, count);
  }

  async #nextUntilClose(): Promise<Uint8Array | undefined> {
    if (this.#connection.bufferedBytes === 0 && !await this.#connection.fill()) {
      this.#end(false);
      return undefined;
    }
    return this.#connection.take(Infinity);
  }

  async #nextOfChunks(): Promise<Uint8Array | undefined> {
    if (this.#leftBytes === 0) {
      if (!this.#firstChunk && await this.#line() !== "") throw new InvalidResponse("the end of a chunk");
      this.#firstChunk = false;
      const size = CHUNK_SIZE.exec(await this.#line())?.[1];
      if (size === undefined) throw new InvalidResponse("the size of a chunk");
      this.#leftBytes = parseInt(size, 16);
      if (this.#leftBytes === 0) return await this.#endOfChunks();
    }
    return await this.#piece();
  }

  async #endOfChunks(): Promise<undefined> {
    for (let count = 0; await this.#line() !== ""; count++) {
      if (count === TRAILERS_MAX) throw new InvalidResponse("trailers without end");
    }
    this.#end(this.head.keepsAlive);
  }

  /** A line of the framing, without its line end. */
  async #line(): Promise<string> {
    let line = "";
    for (;;) {
      if (this.#connection.bufferedBytes === 0 && !await this.#connection.fill()) throw this.#short();
      const [byte = 0] = this.#connection.take(1);
      if (byte === LF && line.endsWith("\r")) return line.slice(0, -1);
      line += String.fromCharCode(byte);
      if (line.length > CHUNK_LINE_BYTES_MAX) throw new InvalidResponse("a line between chunks");
    }
  }

  #short(): Error {
    return new ConnectionClosed();
  }

  #end(usable: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
    this.#onOver(this.#connection, usable);
  }

  /** Lets go of a body that is not wanted; closes the connection. The buffer of a read in progress is never used again. */
  cancel(): void {
    this.#buffer = undefined;
    this.#end(false);
  }
}
