/** A response whose body is still unread. Whoever has one reads it to its end or cancels it; only then is its connection free. */
import { InvalidResponse, UnreadableAnswer } from "../../bytes/network_failure.ts";
import type { Watch } from "../../bytes/watch.ts";
import { ANSWER_BYTES_MAX, ANSWER_PATIENCE, MIB, REFUSAL_BYTES_MAX } from "../../limits.ts";
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
  /** Closing it ends every read. */
  readonly connection: Connection;
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
    this.connection = connection;
    this.#onOver = onOver;
    this.framing = head.framing(method);
    this.#leftBytes = typeof this.framing === "number" ? this.framing : 0;
    if (this.framing === "none" || this.framing === 0) this.#end(head.keepsAlive);
  }

  /** What the body measures; undefined where only its end says so. */
  get sizeBytes(): number | undefined {
    return this.framing === "none" ? 0 : typeof this.framing === "number" ? this.framing : undefined;
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
    if (this.connection.bufferedBytes > 0) return this.#takeBuffered();
    return this.#leftBytes <= SMALL_BYTES ? this.#pieceBuffered() : this.#pieceStraight();
  }

  #takeBuffered(): Uint8Array {
    const piece = this.connection.take(this.#leftBytes);
    this.#leftBytes -= piece.length;
    return piece;
  }

  async #pieceBuffered(): Promise<Uint8Array> {
    if (!await this.connection.fill()) throw new ConnectionClosed();
    return this.#takeBuffered();
  }

  async #pieceStraight(): Promise<Uint8Array> {
    const buffer = this.#buffer ??= takeBuffer();
    const count = await this.connection.readInto(this.#leftBytes < buffer.length ? buffer.subarray(0, this.#leftBytes) : buffer);
    if (count === 0) throw new ConnectionClosed();
    this.#leftBytes -= count;
    return buffer.subarray(0, count);
  }

  async #nextUntilClose(): Promise<Uint8Array | undefined> {
    if (this.connection.bufferedBytes === 0 && !await this.connection.fill()) {
      this.#end(false);
      return undefined;
    }
    return this.connection.take(Infinity);
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
      if (this.connection.bufferedBytes === 0 && !await this.connection.fill()) throw new ConnectionClosed();
      const [byte = 0] = this.connection.take(1);
      if (byte === LF && line.endsWith("\r")) return line.slice(0, -1);
      line += String.fromCharCode(byte);
      if (line.length > CHUNK_LINE_BYTES_MAX) throw new InvalidResponse("a line between chunks");
    }
  }

  #end(usable: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
    this.#onOver(this.connection, usable);
  }

  /** Lets go of a body that is not wanted; closes the connection. The buffer of a read in progress is never used again. */
  cancel(): void {
    this.#buffer = undefined;
    this.#end(false);
  }
}

/** Of a refusal that goes on, this much more is read so that its connection can be used again; then it is closed. */
const READ_AWAY_BYTES_MAX = MIB;

const EMPTY = new Uint8Array(0);

/** How a body is read. */
export interface ReadOptions {
  /** Ends the reading when nothing comes any more. */
  readonly watch: Watch;
  /** Time limit of a request; a body that drips is over after a multiple of it. */
  readonly timeoutMs: number;
}

/** All of a body. Throws {@link UnreadableAnswer} where it is longer than any store's or never ends, else what sockets throw. */
export async function readWhole(response: HttpResponse, options: ReadOptions): Promise<Uint8Array> {
  const { chunks, bytes } = await readChunks(response, options, ANSWER_BYTES_MAX);
  if (bytes > ANSWER_BYTES_MAX) {
    response.cancel();
    throw new UnreadableAnswer(`the answer is longer than ${ANSWER_BYTES_MAX / MIB} MiB`);
  }
  return joined(chunks);
}

/** The first part of a body as text; the connection can be used again unless the body is long. Throws as {@link readWhole}. */
export async function readStart(response: HttpResponse, options: ReadOptions): Promise<string> {
  const { chunks, bytes } = await readChunks(response, options, READ_AWAY_BYTES_MAX, REFUSAL_BYTES_MAX);
  if (bytes > READ_AWAY_BYTES_MAX) response.cancel();
  return new TextDecoder().decode(joined(chunks));
}

/** Reads until the end or until more than `readMax` bytes have come; keeps the first `keepMax` of them. */
async function readChunks(
  response: HttpResponse,
  { watch, timeoutMs }: ReadOptions,
  readMax: number,
  keepMax = readMax,
): Promise<{ readonly chunks: readonly Uint8Array[]; readonly bytes: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const limitMs = timeoutMs * ANSWER_PATIENCE;
  const endMs = performance.now() + limitMs;
  watch.guard(response.connection);
  try {
    while (bytes <= readMax) {
      const chunk = await response.next();
      if (chunk === undefined) break;
      if (performance.now() > endMs) throw new UnreadableAnswer(`the answer is not over after ${Math.round(limitMs / 1000)} s`);
      watch.touch();
      if (bytes < keepMax) chunks.push(chunk.slice(0, keepMax - bytes));
      bytes += chunk.length;
    }
  } catch (error) {
    response.cancel();
    throw error;
  } finally {
    watch.release(response.connection);
  }
  return { chunks, bytes };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = EMPTY] = chunks;
  if (chunks.length < 2) return first;
  const all = new Uint8Array(chunks.reduce((bytes, chunk) => bytes + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
