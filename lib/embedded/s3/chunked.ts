/**
 * Takes the aws-chunked framing off a request body ("Transferring payload in multiple chunks" and "… with trailing headers" in the
 * Amazon S3 API reference), checking the signature of each chunk where it has one. The framing must never reach the disk.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { S3Error } from "./errors.ts";
import { type ChunkSigner, sameSignature } from "./signature.ts";

/** All chunks but the last carry at least this (same page). */
const CHUNK_BYTES_MIN = 8192;
/** A chunk header, a trailing header: far above what any client sends. */
const LINE_BYTES_MAX = 4096;
const TRAILERS_MAX = 16;
const LINE_FEED = 10;

/** What a decoder takes and gives. */
export interface ChunkedOptions {
  /** Present when every chunk is signed. */
  readonly signer?: ChunkSigner;
  /** Whether trailing headers may follow the last chunk. */
  readonly trailer: boolean;
  /** Receives the trailing headers, names in lower case. */
  readonly trailers: Map<string, string>;
}

/** The bytes inside the framing. Throws S3Error when the framing, a signature or the length of a chunk is wrong. */
export async function* decodeChunked(source: AsyncIterable<Uint8Array>, options: ChunkedOptions): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  let previousBytes = CHUNK_BYTES_MIN;
  for (;;) {
    const line = await reader.line();
    const found = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line ?? "");
    if (found === null) throw new S3Error("IncompleteBody", "The request body is not in aws-chunked form");
    const sizeBytes = parseInt(found[1] ?? "", 16);
    if (sizeBytes > 0 && previousBytes < CHUNK_BYTES_MIN) throw new S3Error("InvalidChunkSizeError");
    previousBytes = sizeBytes;
    const hash = options.signer && createHash("sha256");
    for (let rest = sizeBytes; rest > 0;) {
      const chunk = await reader.some(rest);
      if (chunk === undefined) throw new S3Error("IncompleteBody");
      hash?.update(chunk);
      rest -= chunk.length;
      yield chunk;
    }
    if (options.signer && hash && !sameSignature(options.signer.nextChunk(hash.digest("hex")), found[2] ?? "")) {
      throw new S3Error("SignatureDoesNotMatch");
    }
    if (sizeBytes === 0) break;
    if (await reader.line() !== "") throw new S3Error("IncompleteBody", "A chunk is longer than its header says");
  }
  await readTrailers(reader, options);
}

async function readTrailers(reader: ByteReader, options: ChunkedOptions): Promise<void> {
  let signedText = "";
  let signature: string | undefined;
  for (let count = 0;; count++) {
    const line = await reader.line();
    // Some clients end the body without the empty line.
    if (line === undefined || (line === "" && (count > 0 || !options.trailer))) break;
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (!options.trailer || colon < 1 || count > TRAILERS_MAX) throw new S3Error("MalformedTrailerError");
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "x-amz-trailer-signature") {
      signature = value;
    } else {
      signedText += `${name}:${value}\n`;
      options.trailers.set(name, value);
    }
  }
  if (options.signer && options.trailer && !sameSignature(options.signer.trailer(signedText), signature ?? "")) {
    throw new S3Error("SignatureDoesNotMatch");
  }
  if (await reader.some(1) !== undefined) throw new S3Error("IncompleteBody", "The request body goes on after its end");
}

/** Lines and spans of a stream. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffered: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to `most` bytes; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    if (this.#buffered.length === 0 && !await this.#fill()) return undefined;
    const taken = this.#buffered.subarray(0, most);
    this.#buffered = this.#buffered.subarray(taken.length);
    return taken;
  }

  /** A line without its end; undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    let text = "";
    for (;;) {
      if (this.#buffered.length === 0 && !await this.#fill()) return text === "" ? undefined : text;
      const end = this.#buffered.indexOf(LINE_FEED);
      const taken = this.#buffered.subarray(0, end < 0 ? this.#buffered.length : end);
      text += Buffer.from(taken).toString("latin1");
      if (text.length > LINE_BYTES_MAX) throw new S3Error("IncompleteBody", "A chunk header is too long");
      this.#buffered = this.#buffered.subarray(taken.length + (end < 0 ? 0 : 1));
      if (end >= 0) return text.endsWith("\r") ? text.slice(0, -1) : text;
    }
  }

  async #fill(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    if (done) return false;
    this.#buffered = value;
    return value.length > 0 || await this.#fill();
  }
}
