/**
 * The body of a request, unwrapped and checked while it streams: framing, length, payload hash, Content-MD5, checksum in header or trailer.
 * The check is part of the stream: whoever reads it to its end without an error has bytes that are what the client said.
 */
import { Buffer } from "node:buffer";
import type { ChecksumAlgorithm, DigestAlgorithm } from "../../types.ts";
import { createDigester, type Digester } from "../disk/digest.ts";
import type { StoredChecksum } from "../disk/records.ts";
import { headerOf, type StoreRequest } from "../request.ts";
import { base64, checksumHeader, declaredOnBody, isDigest } from "./checksum.ts";
import { decodeChunked } from "./chunked.ts";
import { S3Error } from "./errors.ts";
import type { S3Context } from "./words.ts";

/** A part, or an object in one PUT, has at most 5 GiB ("Multipart upload limits"). */
export const PAYLOAD_BYTES_MAX = 5 * 1024 ** 3;

/** A body that can be read once. */
export interface Payload {
  /** The bytes. Throws S3Error when they are not what was announced. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Length as announced. */
  readonly sizeBytes: number;
  /** After the end of {@link chunks}: lower-case hex MD5. */
  md5(): string;
  /** After the end of {@link chunks}: what was declared, else what was asked for. */
  checksums(): StoredChecksum[];
  /** The algorithm that the request declared. */
  readonly declared: ChecksumAlgorithm | undefined;
}

interface Expectation {
  readonly md5: string | undefined;
  readonly payloadHash: string | undefined;
  readonly trailers: ReadonlyMap<string, string>;
}

/** Opens the body of a request. `wanted` is a checksum to compute even when the request declares none. */
export async function openPayload(context: S3Context, wanted?: ChecksumAlgorithm): Promise<Payload> {
  const { request, verified } = context;
  const streaming = verified.payload.startsWith("STREAMING-");
  const sizeBytes = announcedLength(request, streaming);
  // On Complete the checksum headers speak of the object, not of the document that names its parts.
  const declared = request.operation === "CompleteMultipartUpload" ? undefined : declaredOnBody(request);
  const trailers = new Map<string, string>();
  const payloadHash = /^[0-9a-f]{64}$/.test(verified.payload) ? verified.payload : undefined;
  if (!streaming && payloadHash === undefined && verified.payload !== "UNSIGNED-PAYLOAD") {
    throw new S3Error("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING value or a valid sha256 value");
  }
  const algorithm = declared?.algorithm ?? wanted;
  const digesters = new Map<DigestAlgorithm, Digester>([["md5", await createDigester("md5")]]);
  if (payloadHash !== undefined) digesters.set("sha256", await createDigester("sha256"));
  if (algorithm !== undefined && !digesters.has(algorithm)) digesters.set(algorithm, await createDigester(algorithm));
  const digests = new Map<DigestAlgorithm, Uint8Array>();
  const expectation = { md5: contentMd5(request), payloadHash, trailers };

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let seenBytes = 0;
    for await (const chunk of unwrap(context, trailers)) {
      seenBytes += chunk.length;
      if (seenBytes > sizeBytes) throw new S3Error("IncompleteBody");
      for (const digester of digesters.values()) digester.update(chunk);
      yield chunk;
    }
    if (seenBytes !== sizeBytes) throw new S3Error("IncompleteBody");
    for (const [name, digester] of digesters) digests.set(name, digester.finish());
    check(declared, expectation, digests);
  }
  return {
    chunks,
    sizeBytes,
    declared: declared?.algorithm,
    md5: () => Buffer.from(digests.get("md5") ?? []).toString("hex"),
    checksums:
      () => (algorithm === undefined ? [] : [{ algorithm, value: base64(digests.get(algorithm) ?? new Uint8Array()), type: "full" }]),
  };
}

function announcedLength(request: StoreRequest, streaming: boolean): number {
  const text = headerOf(request, streaming ? "x-amz-decoded-content-length" : "content-length");
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw new S3Error("MissingContentLength");
  const sizeBytes = Number(text);
  if (sizeBytes <= PAYLOAD_BYTES_MAX) return sizeBytes;
  throw new S3Error("EntityTooLarge", undefined, { details: { ProposedSize: text, MaxSizeAllowed: String(PAYLOAD_BYTES_MAX) } });
}

function contentMd5(request: StoreRequest): string | undefined {
  const text = headerOf(request, "content-md5");
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== text) throw new S3Error("InvalidDigest");
  return text;
}

function unwrap(context: S3Context, trailers: Map<string, string>): AsyncIterable<Uint8Array> {
  const { body } = context.request;
  const signer = context.verified.chunks;
  switch (context.verified.payload) {
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return decodeChunked(body, { trailer: true, trailers });
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      return decodeChunked(body, { signer, trailer: false, trailers });
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return decodeChunked(body, { signer, trailer: true, trailers });
    default:
      if (context.verified.payload.startsWith("STREAMING-")) throw new S3Error("NotImplemented");
      return body;
  }
}

function check(
  declared: ReturnType<typeof declaredOnBody>,
  expectation: Expectation,
  digests: ReadonlyMap<DigestAlgorithm, Uint8Array>,
): void {
  const computed = (algorithm: DigestAlgorithm) => Buffer.from(digests.get(algorithm) ?? []);
  if (expectation.payloadHash !== undefined && computed("sha256").toString("hex") !== expectation.payloadHash) {
    throw new S3Error("XAmzContentSHA256Mismatch", undefined, {
      details: { ClientComputedContentSHA256: expectation.payloadHash, S3ComputedContentSHA256: computed("sha256").toString("hex") },
    });
  }
  if (expectation.md5 !== undefined && computed("md5").toString("base64") !== expectation.md5) {
    throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received", {
      details: { ExpectedDigest: expectation.md5, CalculatedDigest: computed("md5").toString("base64") },
    });
  }
  if (declared === undefined) return;
  const { algorithm } = declared;
  const value = declared.value ?? expectation.trailers.get(checksumHeader(algorithm));
  if (value === undefined) throw new S3Error("MalformedTrailerError");
  if (!isDigest(algorithm, value)) throw new S3Error("InvalidRequest", `Value for ${checksumHeader(algorithm)} trailing header is invalid`);
  if (computed(algorithm).toString("base64") !== value) {
    throw new S3Error("BadDigest", `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum`);
  }
}

/** A small body as a whole, checked. Throws MaxMessageLengthExceeded when it is announced longer than `mostBytes`. */
export async function readDocument(context: S3Context, mostBytes: number): Promise<Uint8Array> {
  const payload = await openPayload(context);
  if (payload.sizeBytes > mostBytes) throw new S3Error("MaxMessageLengthExceeded");
  const bytes = new Uint8Array(payload.sizeBytes);
  let filled = 0;
  for await (const chunk of payload.chunks()) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
