/**
 * What is read of each document that a store sends, S3's and OSS's elements side by side, as {@link scanXml} reads it; and its texts as
 * keys, sizes, times and numbers, every one checked, as stores write what they like. Pure.
 */
import { shortly, TransferError } from "../errors.ts";
import { PART_COUNT_MAX } from "../limits.ts";
import type { XmlShape } from "./xml.ts";

/** Elements that hold a checksum, by algorithm, in this order wherever they are read; the last is OSS's. */
export const CHECKSUM_ELEMENTS = {
  crc32: "ChecksumCRC32",
  crc32c: "ChecksumCRC32C",
  crc64nvme: "ChecksumCRC64NVME",
  sha1: "ChecksumSHA1",
  sha256: "ChecksumSHA256",
  crc64ecma: "HashCrc64ecma",
} as const;

const CHECKSUMS = Object.values(CHECKSUM_ELEMENTS);

/** ListObjectsV2, ListObjects. `Type` is OSS's. */
export const LISTING = {
  fields: ["IsTruncated", "EncodingType", "NextContinuationToken", "NextMarker", "KeyCount"],
  records: { Contents: ["Key", "LastModified", "ETag", "Size", "StorageClass", "Type"] },
} as const satisfies XmlShape;

/** ListMultipartUploads. */
export const UPLOADS = {
  fields: ["IsTruncated", "EncodingType", "NextKeyMarker", "NextUploadIdMarker"],
  records: { Upload: ["Key", "UploadId", "Initiated"] },
} as const satisfies XmlShape;

/** ListParts. */
export const PARTS = {
  fields: ["IsTruncated", "ChecksumAlgorithm", "ChecksumType"],
  records: { Part: ["PartNumber", "ETag", "Size", ...CHECKSUMS] },
} as const satisfies XmlShape;

/** InitiateMultipartUpload. */
export const INITIATED = { fields: ["UploadId"] } as const satisfies XmlShape;

/** CompleteMultipartUpload, CopyObject and UploadPartCopy. */
export const WRITTEN = { fields: ["ETag", "ChecksumType", ...CHECKSUMS] } as const satisfies XmlShape;

/** GetObjectTagging. */
export const TAGS = { fields: [], records: { "TagSet/Tag": ["Key", "Value"] } } as const satisfies XmlShape;

/** DeleteObjects. */
export const DELETED = {
  fields: ["EncodingType"],
  records: { Deleted: ["Key"], Error: ["Key", "Code", "Message"] },
} as const satisfies XmlShape;

/**
 * A key as it was sent. Decoded only when the store says that it encoded, and when it can be true: some echo the wish and do not encode.
 * Spaces come back as `+` or `%20`.
 */
export function decodeKey(text: string | undefined, encoding: string | undefined): string {
  if (text === undefined) return "";
  if (encoding !== "url" || /[^\x21-\x7e]/.test(text)) return text;
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** A size in bytes as a number that can be reckoned with. */
export function sizeOf(what: string, size: string | undefined, entry: string): number {
  const bytes = size !== undefined && /^\d{1,16}$/.test(size) ? Number(size) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new TransferError("server", `${what}: the size of ${shortly(entry)} is ${shortly(size ?? "missing")}`);
}

/** A part number as it may be, behind the last one. */
export function partNumberOf(what: string, told: string | undefined, last: number): number {
  const partNumber = told !== undefined && /^\d{1,5}$/.test(told) ? Number(told) : Number.NaN;
  if (Number.isNaN(partNumber) || partNumber <= last) {
    throw new TransferError("server", `${what}: listing out of order at part ${shortly(told ?? "without a number")}`);
  }
  if (partNumber <= PART_COUNT_MAX) return partNumber;
  throw new TransferError("server", `${what}: there is a part ${partNumber}, and ${PART_COUNT_MAX} are possible`);
}

/**
 * A time in milliseconds since 1970, from ISO 8601 (without a zone: UTC), from the form of HTTP headers, or from seconds; undefined for
 * anything else, as nothing depends on a time that a store writes in a form of its own.
 */
export function timeOf(text: string | null | undefined): number | undefined {
  if (text == null || text === "") return undefined;
  // Nearly every time is of this form, and a listing has as many as keys.
  const plainMs = text.endsWith("Z") ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(plainMs)) return plainMs;
  if (/^\d{9,10}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const timeMs = Date.parse(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?$/.test(text) ? `${text.replace(" ", "T")}Z` : text);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

const PLAIN_ETAG = /^"[\w-]+"$/;
const MARK_OF_WEAKNESS = /^W\/(?=["'&])/i;
const QUOTES = /^(?:["']|&quot;|&#34;)+|(?:["']|&quot;|&#34;)+$/g;

/**
 * An ETag as everybody but HTTP writes it: without quotes, of which some stores have other or more than one pair, and without the mark of
 * weakness; undefined when nothing is left.
 */
export function plainEtag(text: string | null | undefined): string | undefined {
  if (text == null) return undefined;
  // Nearly every ETag is of this form; replacing costs several times as much.
  if (PLAIN_ETAG.test(text)) return text.slice(1, -1);
  return text.replace(MARK_OF_WEAKNESS, "").replace(QUOTES, "") || undefined;
}
