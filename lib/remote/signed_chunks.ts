/**
 * A body whose bytes are signed while they pass: for stores that refuse an unsigned payload (S3 API reference, "Signature calculations for
 * the Authorization header: transferring payload in multiple chunks"). Nothing has to be known before the first byte is sent. It costs a
 * SHA-256 of every byte, so that it is used only after a refusal.
 */
import type { Sink } from "../bytes/sink.ts";
import type { TransferError } from "../errors.ts";
import type { ReadyRemote } from "../types.ts";
import type { Body } from "./http/upload.ts";
import type { OnRefused } from "./optional.ts";
import type { RemoteRequest } from "./protocol.ts";

/** What `x-amz-content-sha256` says of such a body. */
export const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/** Bytes of a chunk, the last one less. S3 wants 8 KiB at least. */
const CHUNK_BYTES = 64 * 1024;
const SIGNATURE_CHARS = 64;
/** What a store says that wants payloads signed. */
const SPEAKS_OF_PAYLOAD = /unsigned|payload|sha-?256/i;

/** Signs the next chunk: its bytes and everything that was signed before it. */
export type SignChunk = (chunk: Uint8Array) => string;

/** Whether bodies go signed to one store: from its first refusal of an unsigned one on. */
export class BodySigning {
  readonly #onRefused: OnRefused;
  /** `never`: the store refuses signed bodies as well, or nothing is signed by this scheme. */
  #state: "unsigned" | "signed" | "never" = "unsigned";

  constructor(store: ReadyRemote, onRefused: OnRefused) {
    this.#onRefused = onRefused;
    if (store.type !== "s3" || store.anonymous) this.#state = "never";
  }

  /** The request with what says that its body is signed in chunks; the same one where it is not. */
  declare(request: RemoteRequest, sizeBytes: number): RemoteRequest {
    if (this.#state !== "signed" || !isPlain(request, sizeBytes)) return request;
    const headers = { ...request.headers, "x-amz-content-sha256": SIGNED_CHUNKS, "x-amz-decoded-content-length": String(sizeBytes) };
    return { ...request, headers };
  }

  /** True when the refusal may be of the unsigned body of `request`: it is worth another attempt, and the next ones are signed. */
  doubt(request: RemoteRequest, sizeBytes: number, refusal: TransferError): boolean {
    if (refusal.kind !== "unsupported" || this.#state === "never") return false;
    if (request.headers?.["x-amz-content-sha256"] === SIGNED_CHUNKS) this.#state = "never";
    else if (!isPlain(request, sizeBytes)) return false;
    // Another request that was in flight at the same time has learnt it.
    else if (this.#state === "signed") return true;
    else if (refusal.status === 501 || SPEAKS_OF_PAYLOAD.test(refusal.message)) {
      this.#state = "signed";
      this.#onRefused("unsigned bodies", refusal, "what is sent is signed, which costs a SHA-256 of every byte");
    }
    return this.#state === "signed";
  }
}

/** Neither framed nor empty: the body that Signature Version 4 calls unsigned. */
function isPlain({ headers = {} }: RemoteRequest, sizeBytes: number): boolean {
  return sizeBytes > 0 && headers["x-amz-content-sha256"] === undefined;
}

/** The same body in signed chunks, with their length. */
export function inSignedChunks({ sizeBytes, write }: Body, sign: SignChunk): Body {
  return {
    sizeBytes: signedLength(sizeBytes),
    write: async (sink) => {
      const chunks = new SignedChunks(Math.min(CHUNK_BYTES, sizeBytes), sign, sink);
      await write((bytes) => chunks.write(bytes));
      await chunks.end();
    },
  };
}

/** Bytes that a body of `sizeBytes` has in signed chunks. */
export function signedLength(sizeBytes: number): number {
  const rest = sizeBytes % CHUNK_BYTES;
  return Math.floor(sizeBytes / CHUNK_BYTES) * framed(CHUNK_BYTES) + (rest > 0 ? framed(rest) : 0) + framed(0);
}

function framed(bytes: number): number {
  return bytes.toString(16).length + ";chunk-signature=".length + SIGNATURE_CHARS + 2 + bytes + 2;
}

/** Gathers one chunk, since its signature stands in front of it. */
class SignedChunks {
  readonly #sign: SignChunk;
  readonly #sink: Sink;
  readonly #chunk: Uint8Array<ArrayBuffer>;
  readonly #encoder = new TextEncoder();
  #bytes = 0;

  constructor(chunkBytes: number, sign: SignChunk, sink: Sink) {
    this.#chunk = new Uint8Array(chunkBytes);
    this.#sign = sign;
    this.#sink = sink;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.#chunk.length - this.#bytes);
      this.#chunk.set(piece, this.#bytes);
      this.#bytes += piece.length;
      at += piece.length;
      if (this.#bytes === this.#chunk.length) await this.#flush();
    }
  }

  async end(): Promise<void> {
    if (this.#bytes > 0) await this.#flush();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk.subarray(0, this.#bytes);
    this.#bytes = 0;
    await this.#sink(this.#encoder.encode(`${chunk.length.toString(16)};chunk-signature=${this.#sign(chunk)}\r\n`));
    if (chunk.length > 0) await this.#sink(chunk);
    await this.#sink(this.#encoder.encode("\r\n"));
  }
}
