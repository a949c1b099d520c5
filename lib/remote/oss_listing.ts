/**
 * Listings of an OSS bucket: objects, unfinished uploads, parts. Every page is checked as in s3_listing.ts; names come URL-encoded and are
 * decoded here, which the SDK does not do.
 */
import type { Checksum, ObjectInfo, PartInfo, UploadInfo } from "../types.ts";
import { listedMd5, withEtagDigest } from "./etag_digest.ts";
import { fromOssEtag } from "./oss_header_names.ts";
import { fromOssClass } from "./storage_class.ts";
import { elementsOf, type OssBucket, ossCall, textOf, type XmlElement } from "./oss_call.ts";
import { decodeKey, groupUploads, lostIfMissing, moreFollows, partNumberOf, sizeOf } from "./s3_listing.ts";
import { circular, EMPTY_PAGES_MAX, type ListingPage, listPages, type PageStart } from "./pages.ts";
import type { ListOptions } from "../store/store.ts";

const ENCODED = { "encoding-type": "url" } as const;

/** Pages of objects. Symbolic links are told as unreadable: their target is an object of its own. */
export function listObjects(bucket: OssBucket, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const what = `Cannot list ${bucket.label}/${options.prefix}`;
  return listPages({ ...options, what, page: (start) => objectsPage(bucket, what, options, start) });
}

async function objectsPage(bucket: OssBucket, what: string, options: ListOptions, start: PageStart): Promise<ListingPage> {
  const { xml } = await ossCall(bucket, { what, scope: "bucket", signal: options.signal }, {
    method: "GET",
    query: {
      "list-type": "2",
      "max-keys": String(bucket.pageEntries),
      ...ENCODED,
      ...(options.prefix !== "" && { prefix: options.prefix }),
      ...(start.startAfter !== undefined && { "start-after": start.startAfter }),
    },
    ...(start.token !== undefined && { subresources: { "continuation-token": start.token } }),
  });
  const objects = elementsOf(xml, "Contents").map((entry) => objectOf(bucket, entry, textOf(xml, "EncodingType"), what));
  return moreFollows(what, textOf(xml, "IsTruncated")) ? { objects, next: textOf(xml, "NextContinuationToken") } : { objects };
}

function objectOf({ ready: { capabilities } }: OssBucket, entry: XmlElement, encoding: string, what: string): ObjectInfo {
  const key = decodeKey(textOf(entry, "Key"), encoding);
  const type = textOf(entry, "Type");
  const etag = fromOssEtag(textOf(entry, "ETag"), type === "" ? undefined : type);
  const lastModifiedMs = Date.parse(textOf(entry, "LastModified"));
  const storageClass = textOf(entry, "StorageClass");
  const sizeBytes = sizeOf(what, textOf(entry, "Size"), key);
  return {
    key,
    sizeBytes,
    ...(etag !== "" && { etag }),
    ...listedMd5(etag, { capabilities, sizeBytes }),
    ...(!Number.isNaN(lastModifiedMs) && { lastModifiedMs }),
    ...(storageClass !== "" && { storageClass: fromOssClass(storageClass) }),
    ...(type === "Symlink" && { unreadable: "it is a symbolic link of OSS; the object that it points to is moved under its own key" }),
  };
}

/** Unfinished uploads of exactly one key, or of every key under a prefix; newest first within one key. */
export function listUploads(
  bucket: OssBucket,
  query: { key: string } | { prefix: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly UploadInfo[]> {
  return groupUploads(uploadPages(bucket, "key" in query ? query.key : query.prefix, signal), query);
}

async function* uploadPages(bucket: OssBucket, prefix: string, signal: AbortSignal | undefined): AsyncGenerator<UploadInfo[]> {
  const what = `Cannot list the unfinished uploads of ${bucket.label}/${prefix}`;
  let markers: Record<string, string> = {};
  for (let emptyPages = 0;;) {
    const { xml } = await ossCall(bucket, { what, scope: "bucket", signal }, {
      method: "GET",
      subresources: { uploads: "" },
      query: { "max-uploads": String(bucket.pageEntries), ...ENCODED, ...(prefix !== "" && { prefix }), ...markers },
    });
    const encoding = textOf(xml, "EncodingType");
    const uploads = elementsOf(xml, "Upload").filter((upload) => textOf(upload, "UploadId") !== "").map((upload) => ({
      key: decodeKey(textOf(upload, "Key"), encoding),
      uploadId: textOf(upload, "UploadId"),
      initiatedMs: Date.parse(textOf(upload, "Initiated")) || 0,
    }));
    yield uploads;
    if (!moreFollows(what, textOf(xml, "IsTruncated"))) return;
    emptyPages = uploads.length > 0 ? 0 : emptyPages + 1;
    const key = decodeKey(textOf(xml, "NextKeyMarker"), encoding);
    const id = textOf(xml, "NextUploadIdMarker");
    const next = { ...(key !== "" && { "key-marker": key }), ...(id !== "" && { "upload-id-marker": id }) };
    const stuck = next["key-marker"] === markers["key-marker"] && next["upload-id-marker"] === markers["upload-id-marker"];
    if (stuck || emptyPages > EMPTY_PAGES_MAX) throw circular(what);
    markers = next;
  }
}

/** Parts of an upload in number order, each with its CRC64: OSS works it out for whatever it was sent. */
export async function* listParts(
  bucket: OssBucket,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ parts: readonly PartInfo[] }> {
  const what = `Cannot list the parts of an upload to ${bucket.label}/${key}`;
  let last = 0;
  while (true) {
    const { xml } = await ossCall(bucket, { what, signal }, {
      method: "GET",
      key,
      subresources: { uploadId },
      query: { "max-parts": String(bucket.pageEntries), ...(last > 0 && { "part-number-marker": String(last) }) },
    }).catch(lostIfMissing);
    const parts: PartInfo[] = [];
    for (const part of elementsOf(xml, "Part")) {
      const partNumber = partNumberOf(what, textOf(part, "PartNumber"), last);
      last = partNumber;
      const etag = fromOssEtag(textOf(part, "ETag"), undefined);
      parts.push({
        partNumber,
        sizeBytes: sizeOf(what, textOf(part, "Size"), `part ${partNumber}`),
        ...(etag !== "" && { etag }),
        checksums: withEtagDigest(crc64Of(textOf(part, "HashCrc64ecma")), etag, bucket.ready),
      });
    }
    yield { parts };
    if (!moreFollows(what, textOf(xml, "IsTruncated"))) return;
    if (parts.length === 0) throw circular(what);
  }
}

/** A CRC64 as OSS tells it; none where it tells none. */
export function crc64Of(value: string | null): Checksum[] {
  return value === null || value === "" ? [] : [{ algorithm: "crc64ecma", value, type: "full" }];
}
