/**
 * Listings of a bucket: objects, unfinished uploads, parts. Every page is checked, so that an end without an error is a complete listing
 * and a store that answers in circles ends in an error. Must never hold more than a page (or one key's uploads) in memory.
 */
import { shortly, TransferError } from "../errors.ts";
import { KEY_BYTES_MAX, PART_COUNT_MAX } from "../limits.ts";
import type { Checksum, ObjectInfo, PartInfo, UploadInfo } from "../types.ts";
import { call, type S3Bucket, unquoted } from "./s3_call.ts";
import { checksumAlgorithm, checksumsOf } from "./s3_headers.ts";
import type { ListOptions } from "../store/store.ts";

/** Pages in a row that may be empty although more follow; a store that hides deleted entries may answer some. */
export const EMPTY_PAGES_MAX = 100;

/** No store has longer keys; they stand in messages and are kept in memory. */
const KEY_CHARS_MAX = 16 * KEY_BYTES_MAX;

/** Pages of objects, checked: order strictly rising in UTF-8 bytes, no token twice, no endless empty pages. */
export async function* listObjects(bucket: S3Bucket, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const what = `Cannot list ${bucket.label}/${options.prefix}`;
  let token: string | undefined;
  let lastKey = options.startAfter;
  for (let emptyPages = 0;;) {
    const page = await call(bucket, { what, scope: "bucket", signal: options.signal }, ({ sdk, client }, send) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: bucket.ready.bucket,
          MaxKeys: bucket.pageEntries,
          EncodingType: "url",
          ...(options.prefix !== "" && { Prefix: options.prefix }),
          ...(token !== undefined ? { ContinuationToken: token } : options.startAfter !== undefined && { StartAfter: options.startAfter }),
        }),
        send,
      ));
    const entries: ObjectInfo[] = [];
    for (const entry of page.Contents ?? []) {
      const key = decodeKey(entry.Key, page.EncodingType);
      checkKey(what, key, options.prefix, lastKey);
      lastKey = key;
      entries.push({
        key,
        sizeBytes: sizeOf(what, entry.Size, key),
        ...tellEtag(entry.ETag),
        ...(entry.LastModified !== undefined && { lastModifiedMs: entry.LastModified.getTime() }),
        ...(entry.StorageClass !== undefined && { storageClass: entry.StorageClass }),
      });
    }
    if (entries.length > 0) yield entries;
    if (!moreFollows(what, page.IsTruncated)) return;
    emptyPages = entries.length > 0 ? 0 : emptyPages + 1;
    const next = page.NextContinuationToken;
    if (next === undefined || next === token || emptyPages > EMPTY_PAGES_MAX) throw circular(what);
    token = next;
  }
}

/** Unfinished uploads of exactly one key (all in one page), or of every key under a prefix; newest first within one key. */
export function listUploads(
  bucket: S3Bucket,
  query: { key: string } | { prefix: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly UploadInfo[]> {
  const prefix = "key" in query ? query.key : query.prefix;
  return groupUploads(uploadPages(bucket, "key" in query || bucket.habits.uploadsByPrefix ? prefix : "", signal), query);
}

/** Those of the uploads in `pages` (in key order) that are asked for; uploads of one key stay together, newest first. */
export async function* groupUploads(
  pages: AsyncIterable<readonly UploadInfo[]>,
  query: { key: string } | { prefix: string },
): AsyncGenerator<readonly UploadInfo[]> {
  let sameKey: UploadInfo[] = [];
  for await (const page of pages) {
    const ready: UploadInfo[] = [];
    for (const upload of page) {
      if ("key" in query ? upload.key !== query.key : !upload.key.startsWith(query.prefix)) continue;
      if (sameKey.length > 0 && sameKey[0]!.key !== upload.key) {
        ready.push(...sameKey.sort(newestFirst));
        sameKey = [];
      }
      sameKey.push(upload);
    }
    if (ready.length > 0) yield ready;
  }
  if (sameKey.length > 0) yield sameKey.sort(newestFirst);
}

function newestFirst(a: UploadInfo, b: UploadInfo): number {
  return b.initiatedMs - a.initiatedMs;
}

async function* uploadPages(bucket: S3Bucket, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<UploadInfo[]> {
  const what = `Cannot list the unfinished uploads of ${bucket.label}/${prefix}`;
  let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let emptyPages = 0;;) {
    const page = await call(bucket, { what, scope: "bucket", signal }, ({ sdk, client }, send) =>
      client.send(
        new sdk.ListMultipartUploadsCommand({
          Bucket: bucket.ready.bucket,
          MaxUploads: bucket.pageEntries,
          EncodingType: "url",
          ...(prefix !== "" && { Prefix: prefix }),
          ...markers,
        }),
        send,
      ));
    const uploads: UploadInfo[] = [];
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (UploadId === undefined || UploadId === "") continue;
      uploads.push({ key: decodeKey(Key, page.EncodingType), uploadId: UploadId, initiatedMs: Initiated?.getTime() ?? 0 });
    }
    // MinIO lists a whole bucket in one page, in no order.
    yield uploads.sort((a, b) => compareBytes(a.key, b.key));
    if (!moreFollows(what, page.IsTruncated)) return;
    emptyPages = uploads.length > 0 ? 0 : emptyPages + 1;
    // MinIO tells an upload id alone when it lists one key.
    const key = decodeKey(page.NextKeyMarker, page.EncodingType);
    const id = page.NextUploadIdMarker ?? "";
    const next = { ...(key !== "" && { KeyMarker: key }), ...(id !== "" && { UploadIdMarker: id }) };
    const stuck = next.KeyMarker === markers.KeyMarker && next.UploadIdMarker === markers.UploadIdMarker;
    if (stuck || emptyPages > EMPTY_PAGES_MAX) throw circular(what);
    markers = next;
  }
}

/** Parts of an upload, in number order. */
export async function* listParts(
  bucket: S3Bucket,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ parts: readonly PartInfo[]; checksum?: { algorithm: Checksum["algorithm"]; type?: Checksum["type"] } }> {
  const what = `Cannot list the parts of an upload to ${bucket.label}/${key}`;
  let last = 0;
  while (true) {
    const page = await call(bucket, { what, key, signal }, ({ sdk, client }, send) =>
      client.send(
        new sdk.ListPartsCommand({
          Bucket: bucket.ready.bucket,
          Key: key,
          UploadId: uploadId,
          MaxParts: bucket.pageEntries,
          ...(last > 0 && { PartNumberMarker: String(last) }),
        }),
        send,
      )).catch(lostIfMissing);
    const parts: PartInfo[] = [];
    for (const part of page.Parts ?? []) {
      const partNumber = partNumberOf(what, part.PartNumber, last);
      last = partNumber;
      // A part's own checksum covers its bytes, whatever the object's will be made of.
      parts.push({
        partNumber,
        sizeBytes: sizeOf(what, part.Size, `part ${partNumber}`),
        ...tellEtag(part.ETag),
        checksums: checksumsOf(part, "FULL_OBJECT"),
      });
    }
    const algorithm = checksumAlgorithm(page.ChecksumAlgorithm);
    yield {
      parts,
      ...(algorithm !== undefined && {
        checksum: {
          algorithm,
          ...(page.ChecksumType === "FULL_OBJECT" && { type: "full" as const }),
          ...(page.ChecksumType === "COMPOSITE" && { type: "composite" as const }),
        },
      }),
    };
    if (!moreFollows(what, page.IsTruncated)) return;
    if (parts.length === 0) throw circular(what);
  }
}

/** To a question about an upload, a 404 of any name means that the upload is gone. */
export function lostIfMissing(error: unknown): never {
  if (error instanceof TransferError && error.kind === "notFound") {
    const { message, status, code, key, requestId } = error;
    throw new TransferError("uploadLost", message, {
      cause: error,
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
      ...(key !== undefined && { key }),
      ...(requestId !== undefined && { requestId }),
    });
  }
  throw error;
}

function tellEtag(etag: string | undefined): { etag?: string } {
  const text = unquoted(etag);
  return text === undefined ? {} : { etag: text };
}

/** Nothing but a listing says whether it goes on: the empty answer of something in between is none. */
export function moreFollows(what: string, truncated: boolean | string | undefined): boolean {
  if (truncated === true || truncated === "true") return true;
  if (truncated === false || truncated === "false") return false;
  throw new TransferError("server", `${what}: the answer does not say whether more follows: it is no listing`);
}

/** Throws where a key is not one that was asked for, or does not come after the last one. */
export function checkKey(what: string, key: string, prefix: string, lastKey: string | undefined): void {
  if (key === "") throw new TransferError("server", `${what}: an entry of the listing has no key`);
  if (key.length > KEY_CHARS_MAX) throw new TransferError("server", `${what}: the listing names a key of ${key.length} characters`);
  if (!key.startsWith(prefix)) {
    throw new TransferError("server", `${what}: the listing names ${shortly(key)}, which does not begin with what was asked for`);
  }
  if (lastKey !== undefined && compareBytes(lastKey, key) >= 0) throw outOfOrder(what, shortly(key));
}

/** A size as a number that can be reckoned with. */
export function sizeOf(what: string, size: number | string | undefined, entry: string): number {
  const bytes = typeof size === "string" ? (/^\d{1,16}$/.test(size) ? Number(size) : Number.NaN) : size ?? Number.NaN;
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new TransferError("server", `${what}: the size of ${shortly(entry)} is ${shortly(String(size ?? "missing"))}`);
}

/** A part number as it may be, behind the last one. */
export function partNumberOf(what: string, told: number | string | undefined, last: number): number {
  const partNumber = typeof told === "string" ? (/^\d{1,5}$/.test(told) ? Number(told) : Number.NaN) : told ?? Number.NaN;
  if (!Number.isInteger(partNumber) || partNumber <= last) throw outOfOrder(what, `part ${shortly(String(told ?? "without a number"))}`);
  if (partNumber <= PART_COUNT_MAX) return partNumber;
  throw new TransferError("server", `${what}: there is a part ${partNumber}, and ${PART_COUNT_MAX} are possible`);
}

/** A listing that is not in order cannot be trusted to be complete. */
export function outOfOrder(what: string, entry: string): TransferError {
  return new TransferError("server", `${what}: listing out of order at ${entry}`);
}

/** A store that announces more and gives nothing new would be asked for ever. */
export function circular(what: string): TransferError {
  return new TransferError("server", `${what}: the store says that more follows and does not give it`);
}

/**
 * A key as it was sent. Decoded only when the store says that it encoded, and when it can be true: some echo the wish and do not encode.
 * Spaces come back as `+` or `%20`.
 */
export function decodeKey(text: string | undefined, encoding: string | undefined): string {
  if (text === undefined) return "";
  if (encoding !== "url" || /[^\x21-\x7e]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** Order of the UTF-8 bytes of two keys: that of their UTF-16 units, but for surrogates, which come last. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return Number(isSurrogate(left)) - Number(isSurrogate(right)) || left - right;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
