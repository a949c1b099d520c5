/**
 * Listings of a bucket: objects, unfinished uploads, parts. Every page is checked, so that an end without an error is a complete listing
 * and a store that answers in circles ends in an error. Must never hold more than a page (or one key's uploads) in memory.
 */
import { shortly, TransferError } from "../errors.ts";
import { compareKeys } from "../bytes/key_order.ts";
import { PART_COUNT_MAX } from "../limits.ts";
import type { Checksum, ObjectInfo, PartInfo, UploadInfo } from "../types.ts";
import { call, type S3Bucket, unquoted } from "./s3_call.ts";
import { listedMd5, withEtagDigest } from "./etag_digest.ts";
import { checksumAlgorithm, checksumsOf } from "./s3_headers.ts";
import { circular, EMPTY_PAGES_MAX, type ListingPage, listPages, type PageStart } from "./pages.ts";
import type { ListOptions } from "../store/store.ts";

/** Pages of objects. */
export function listObjects(bucket: S3Bucket, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const what = `Cannot list ${bucket.label}/${options.prefix}`;
  return listPages({ ...options, what, page: (start) => objectsPage(bucket, what, options, start) });
}

async function objectsPage(bucket: S3Bucket, what: string, options: ListOptions, start: PageStart): Promise<ListingPage> {
  const page = await call(bucket, { what, scope: "bucket", signal: options.signal }, ({ sdk, client }, send) =>
    client.send(
      new sdk.ListObjectsV2Command({
        Bucket: bucket.ready.bucket,
        MaxKeys: bucket.pageEntries,
        EncodingType: "url",
        ...(options.prefix !== "" && { Prefix: options.prefix }),
        ...(start.token !== undefined && { ContinuationToken: start.token }),
        ...(start.startAfter !== undefined && { StartAfter: start.startAfter }),
      }),
      send,
    ));
  const objects = (page.Contents ?? []).map((entry) => {
    const key = decodeKey(entry.Key, page.EncodingType);
    const sizeBytes = sizeOf(what, entry.Size, key);
    const etag = unquoted(entry.ETag);
    return {
      key,
      sizeBytes,
      ...(etag !== undefined && { etag }),
      ...listedMd5(etag, { capabilities: bucket.ready.capabilities, sizeBytes }),
      ...(entry.LastModified !== undefined && { lastModifiedMs: entry.LastModified.getTime() }),
      ...(entry.StorageClass !== undefined && { storageClass: entry.StorageClass }),
    };
  });
  return moreFollows(what, page.IsTruncated) ? { objects, next: page.NextContinuationToken ?? "" } : { objects };
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
    yield uploads.sort((a, b) => compareKeys(a.key, b.key));
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
      const etag = unquoted(part.ETag);
      // A part's own checksum covers its bytes, whatever the object's will be made of.
      parts.push({
        partNumber,
        sizeBytes: sizeOf(what, part.Size, `part ${partNumber}`),
        ...(etag !== undefined && { etag }),
        checksums: withEtagDigest(checksumsOf(part, "FULL_OBJECT"), etag, bucket.ready),
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

/** Nothing but a listing says whether it goes on: the empty answer of something in between is none. */
export function moreFollows(what: string, truncated: boolean | string | undefined): boolean {
  if (truncated === true || truncated === "true") return true;
  if (truncated === false || truncated === "false") return false;
  throw new TransferError("server", `${what}: the answer does not say whether more follows: it is no listing`);
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
