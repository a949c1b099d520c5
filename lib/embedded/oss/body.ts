/**
 * Bytes with the two digests that OSS keeps of all of them, MD5 and CRC-64: bodies of requests, checked while they stream, and bytes
 * read again from disk for objects that another dialect wrote.
 */
import { Buffer } from "node:buffer";
import type { DiskBucket } from "../disk/bucket.ts";
import { readData } from "../disk/data.ts";
import { createDigester } from "../disk/digest.ts";
import type { BucketPaths, Piece } from "../disk/layout.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { headerOf, type StoreRequest } from "../request.ts";
import { OssError } from "./errors.ts";

/** PutObject, UploadPart and CopyObject carry at most 5 GB ("PutObject", "UploadPart"). */
export const OSS_BODY_BYTES_MAX = 5 * 1024 ** 3;

/** Bytes that can be read once; the digests are there after the end of {@link Digested.chunks}. */
export interface Digested {
  chunks(): AsyncGenerator<Uint8Array>;
  sizeBytes(): number;
  /** Lower-case hex. */
  md5(): string;
  /** Decimal, as in `x-oss-hash-crc64ecma`. */
  crc64(): string;
}

/** Takes both digests of a stream as it passes. */
export async function digested(source: AsyncIterable<Uint8Array>): Promise<Digested> {
  const [md5, crc64] = [await createDigester("md5"), await createDigester("crc64ecma")];
  const finished = { md5: "", crc64: "0" };
  let sizeBytes = 0;
  return {
    async *chunks() {
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes > OSS_BODY_BYTES_MAX) throw new OssError("EntityTooLarge");
        md5.update(chunk);
        crc64.update(chunk);
        yield chunk;
      }
      finished.md5 = Buffer.from(md5.finish()).toString("hex");
      finished.crc64 = BigInt(`0x${Buffer.from(crc64.finish()).toString("hex")}`).toString();
    },
    sizeBytes: () => sizeBytes,
    md5: () => finished.md5,
    crc64: () => finished.crc64,
  };
}

/** The body of a request, of the length that it announces or chunked, compared with its Content-MD5. */
export async function openBody(request: StoreRequest): Promise<Digested> {
  const announced = headerOf(request, "content-length");
  const chunked = headerOf(request, "transfer-encoding") !== undefined;
  if (announced === undefined && !chunked) throw new OssError("MissingContentLength");
  if (Number(announced ?? 0) > OSS_BODY_BYTES_MAX) throw new OssError("EntityTooLarge");
  const expected = contentMd5(request);
  const body = await digested(request.body);
  return {
    ...body,
    async *chunks() {
      yield* body.chunks();
      if (expected === undefined || expected === base64OfHex(body.md5())) return;
      throw new OssError("InvalidDigest", "The Content-MD5 you specified did not match what we received.", {
        details: { ExpectedDigest: expected, CalculatedDigest: base64OfHex(body.md5()) },
      });
    },
  };
}

function contentMd5(request: StoreRequest): string | undefined {
  const text = headerOf(request, "content-md5");
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== text) throw new OssError("InvalidDigest");
  return text;
}

/** Hex to base64. */
export function base64OfHex(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}

/** A small body as a whole, checked. Throws MalformedXML when it is longer than `mostBytes`. */
export async function readOssDocument(request: StoreRequest, mostBytes: number): Promise<Uint8Array> {
  const body = await openBody(request);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) {
    chunks.push(chunk);
    if (body.sizeBytes() > mostBytes) throw new OssError("MalformedXML");
  }
  return Buffer.concat(chunks);
}

/** The CRC-64 of bytes on disk, decimal. */
export async function crc64OfPieces(paths: BucketPaths, pieces: readonly Piece[]): Promise<string> {
  const crc64 = await createDigester("crc64ecma");
  for await (const chunk of readData(paths, pieces)) crc64.update(chunk);
  return BigInt(`0x${Buffer.from(crc64.finish()).toString("hex")}`).toString();
}

/** The CRC-64 of an object that is held for reading; worked out and kept when another dialect wrote it. */
export async function crc64OfObject(bucket: DiskBucket, record: ObjectRecord): Promise<string> {
  if (record.crc64ecma !== undefined) return record.crc64ecma;
  const crc64ecma = await crc64OfPieces(bucket.paths, record.pieces);
  await bucket.change(record.key, (now) => (now.id === record.id ? { ...now, crc64ecma } : now));
  return crc64ecma;
}
