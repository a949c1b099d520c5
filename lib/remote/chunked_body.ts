/**
 * The aws-chunked form of a body, unsigned, with a checksum behind it (S3 user guide, "Signature calculations: transferring payload in
 * multiple chunks, including trailing headers"): the destination refuses other bytes although their checksum was not known when the first
 * one was sent. Frames are cut by a rule, so that the length of the whole is known before; bytes pass as they come and are never gathered.
 */
import type { Sink } from "../bytes/sink.ts";

/** Frames hold this much, the last one less. S3 wants 8 KiB at least; some servers take 16 MiB at most. */
const FRAME_BYTES = 4 * 1024 * 1024;
/** Characters of a CRC32 in base64. */
const CRC32_CHARS = 8;

const TRAILER_NAME = "x-amz-checksum-crc32";
const TRAILER_BYTES = `0\r\n${TRAILER_NAME}:\r\n\r\n`.length + CRC32_CHARS;

/** Request headers of such a body; those of the signature are among them. */
export function chunkedHeaders(sizeBytes: number): Record<string, string> {
  return {
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": String(sizeBytes),
    "x-amz-trailer": TRAILER_NAME,
  };
}

/** What such a body of `sizeBytes` (at least 1) measures in all. */
export function chunkedLength(sizeBytes: number): number {
  return framedLength(sizeBytes, FRAME_BYTES, 0) + TRAILER_BYTES;
}

/** Bytes of a body in frames of `frameBytes`, the last one less; the head of a frame has `headChars` besides its size. */
export function framedLength(sizeBytes: number, frameBytes: number, headChars: number): number {
  const framed = (bytes: number) => bytes === 0 ? 0 : bytes.toString(16).length + headChars + bytes + 4;
  return Math.floor(sizeBytes / frameBytes) * framed(frameBytes) + framed(sizeBytes % frameBytes);
}

/** Hands a body on in frames. */
export class ChunkedBody {
  readonly #sink: Sink;
  readonly #encoder = new TextEncoder();
  #leftBytes: number;
  #frameLeftBytes = 0;
  /** What stands between the last frame and the next: sent together with the next frame's head. */
  #ending = "";

  constructor(sizeBytes: number, sink: Sink) {
    this.#leftBytes = sizeBytes;
    this.#sink = sink;
  }

  /** The next bytes; more than were announced are an error of the source that its reader reports. */
  write(chunk: Uint8Array): Promise<void> | void {
    return chunk.length <= this.#frameLeftBytes ? this.#pass(chunk) : this.#cut(chunk);
  }

  /** The end, with the checksum of all bytes in base64. */
  async end(crc32: string): Promise<void> {
    await this.#sink(this.#encoder.encode(`${this.#ending}0\r\n${TRAILER_NAME}:${crc32}\r\n\r\n`));
  }

  /** Most chunks lie within a frame and cost nothing more. */
  #pass(chunk: Uint8Array): Promise<void> | void {
    this.#frameLeftBytes -= chunk.length;
    this.#leftBytes -= chunk.length;
    if (this.#frameLeftBytes === 0) this.#ending = "\r\n";
    return this.#sink(chunk);
  }

  async #cut(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      if (this.#frameLeftBytes === 0) {
        this.#frameLeftBytes = Math.min(FRAME_BYTES, this.#leftBytes);
        await this.#sink(this.#encoder.encode(`${this.#ending}${this.#frameLeftBytes.toString(16)}\r\n`));
        this.#ending = "";
      }
      const piece = chunk.subarray(at, at + this.#frameLeftBytes);
      await this.#pass(piece);
      at += piece.length;
    }
  }
}
