/**
 * Bodies whose bytes are signed, for stores that refuse an unsigned payload: in chunks while they pass (S3 API reference, "Signature
 * calculations for the Authorization header: transferring payload in multiple chunks"), and where these are refused as well by a digest in
 * front of the whole. It costs a SHA-256 of every byte, so that it is used only after a refusal.
 */
import { sha256 } from "../bytes/sha.ts";
import type { Sink } from "../bytes/sink.ts";
import { TransferError } from "../errors.ts";
import { MIB } from "../limits.ts";
import type { ReadyRemote } from "../types.ts";
import { framedLength } from "./chunked_body.ts";
import type { Body } from "./http/upload.ts";
import type { OnRefused } from "./optional.ts";
import type { RemoteRequest, SignChunk } from "./protocol.ts";

/** What `x-amz-content-sha256` says of a body in signed chunks. */
export const SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";

/** Bytes of a chunk, the last one less. S3 wants 8 KiB at least. */
const CHUNK_BYTES = 64 * 1024;
/** Of the signature of a chunk, in its head. */
const SIGNATURE_CHARS = ";chunk-signature=".length + 64;
/** A body whose digest stands in front of it is held in memory: eight of this size still keep the limit that a run prints. */
const WHOLE_BYTES_MAX = 16 * MIB;
/** What a store says that wants payloads signed. */
const SPEAKS_OF_PAYLOAD = /unsigned|payload|sha-?256/i;
/** What a store says that takes the word in place of the digest for a wrong digest, or signs the body's own. */
const PAYLOAD_CODES: readonly (string | undefined)[] = ["XAmzContentSHA256Mismatch", "SignatureDoesNotMatch"];

/** How bodies are signed, in the order in which the ways are tried. */
const WAYS = ["unsigned", "chunks", "whole"] as const;
type Way = typeof WAYS[number];

const LOST: Readonly<Record<Exclude<Way, "unsigned">, string>> = {
  chunks: "what is sent is signed, which costs a SHA-256 of every byte",
  whole: "what is sent is held in memory and signed as a whole, which costs a SHA-256 of every byte",
};

/** A request with its body, and how that is signed; `way` is absent where nothing is to be decided. */
export interface Declared {
  readonly request: RemoteRequest;
  readonly body: Body;
  readonly way: Way | undefined;
}

/** How bodies are signed for one store: unsigned, until it refuses them. */
export class BodySigning {
  readonly #onRefused: OnRefused;
  #way: Way = "unsigned";
  /** The way is known: the store took it, it takes none, or nothing is signed by this scheme. */
  #settled: boolean;
  /** The first refusal of an unsigned body. */
  #refusal: TransferError | undefined;

  constructor(store: ReadyRemote, onRefused: OnRefused) {
    this.#onRefused = onRefused;
    this.#settled = store.type !== "s3" || store.anonymous === true;
  }

  /** The request with what says how its body is signed. Throws `unsupported` for a body that is too large for that; errors of the body. */
  async declare(request: RemoteRequest, body: Body): Promise<Declared> {
    const { headers = {} } = request;
    // Framed and empty bodies are not what Signature Version 4 calls unsigned.
    if (body.sizeBytes === 0 || headers["x-amz-content-sha256"] !== undefined) return { request, body, way: undefined };
    const way = this.#way;
    if (way === "unsigned") return { request, body, way };
    if (way === "chunks") {
      const more = { "x-amz-content-sha256": SIGNED_CHUNKS, "x-amz-decoded-content-length": String(body.sizeBytes) };
      return { request: { ...request, headers: { ...headers, ...more } }, body, way };
    }
    const bytes = await gather(body);
    const digest = sha256(bytes).toHex();
    const whole = { sizeBytes: bytes.length, write: (sink: Sink) => inPieces(bytes, sink) };
    return { request: { ...request, headers: { ...headers, "x-amz-content-sha256": digest } }, body: whole, way };
  }

  /** The store took the body. */
  accept({ way }: Declared): void {
    if (this.#settled || way === undefined) return;
    this.#settled = true;
    this.#way = way;
    if (way !== "unsigned" && this.#refusal !== undefined) this.#onRefused("unsigned bodies", this.#refusal, LOST[way]);
  }

  /** True when the refusal may be of the way in which the body was signed: another attempt goes by another way. */
  doubt({ way }: Declared, refusal: TransferError): boolean {
    if (way === undefined || !mayBeOfPayload(refusal)) return false;
    // Another request that was in flight at the same time has learnt it.
    if (way !== this.#way) return true;
    if (this.#settled) return false;
    this.#refusal ??= refusal;
    const next = WAYS[WAYS.indexOf(way) + 1];
    this.#settled = next === undefined;
    this.#way = next ?? "unsigned";
    return next !== undefined;
  }
}

function mayBeOfPayload(refusal: TransferError): boolean {
  return (refusal.kind === "unsupported" && refusal.status === 501) || speaksOfPayload(refusal);
}

/** True for a refusal that speaks of how a body is signed. */
export function speaksOfPayload({ kind, code, message }: TransferError): boolean {
  return PAYLOAD_CODES.includes(code) || (kind === "unsupported" && SPEAKS_OF_PAYLOAD.test(message));
}

async function gather({ sizeBytes, write }: Body): Promise<Uint8Array> {
  if (sizeBytes > WHOLE_BYTES_MAX) {
    const way = `the store takes bodies of ${WHOLE_BYTES_MAX} bytes at most, as it wants their digest before: use a smaller part_size`;
    throw new TransferError("unsupported", `Cannot sign ${sizeBytes} bytes: ${way} and multipart_threshold`);
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  await write((chunk) => {
    bytes.set(chunk, at);
    at += chunk.length;
  });
  return bytes;
}

async function inPieces(bytes: Uint8Array, sink: Sink): Promise<void> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) await sink(bytes.subarray(at, at + CHUNK_BYTES));
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
  return framedLength(sizeBytes, CHUNK_BYTES, SIGNATURE_CHARS) + "0\r\n\r\n".length + SIGNATURE_CHARS;
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
