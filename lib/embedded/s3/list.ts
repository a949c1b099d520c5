/**
 * ListObjects and ListObjectsV2, answered from the index in memory.
 */
import { Buffer } from "node:buffer";
import type { IndexEntry } from "../disk/records.ts";
import { checksumTypeName } from "./checksum.ts";
import { S3Error } from "./errors.ts";
import { cutPage, type Page } from "./page.ts";
import { bucketOf, queryNumber, type S3Answer, type S3Context, type S3Request } from "./request.ts";
import { uriEncode } from "./signature.ts";
import { writeXml, type XmlFields } from "./xml.ts";

/** A page has at most 1,000 entries, whatever is asked for. */
export const PAGE_ENTRIES_MAX = 1000;

/** The one owner of everything in this store. */
export const OWNER = { ID: "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a", DisplayName: "sluice" } as const;

/** How names are written: as they are, or percent-encoded when `encoding-type=url` was asked for. Throws InvalidArgument for others. */
export function nameEncoder(request: S3Request): (name: string) => string {
  const type = request.query.get("encoding-type");
  if (type === undefined || type === "") return (name) => name;
  if (type !== "url") throw new S3Error("InvalidArgument", "Invalid Encoding Method specified in Request");
  // Slashes stay, as S3 writes them.
  return (name) => uriEncode(name).replaceAll("%2F", "/");
}

/** How many entries a page may have. */
export function pageEntries(request: S3Request, name: string): number {
  const asked = queryNumber(request, name, { least: 0, most: 2 ** 31 - 1, absent: PAGE_ENTRIES_MAX });
  return Math.min(asked, PAGE_ENTRIES_MAX);
}

/** ListObjects, the first version. */
export function listObjects(context: S3Context): S3Answer {
  const { request } = context;
  const marker = request.query.get("marker") ?? "";
  const { page, fields, encode } = listPage(context, marker);
  const delimiter = request.query.get("delimiter") ?? "";
  return {
    status: 200,
    headers: {},
    body: writeXml("ListBucketResult", {
      ...fields,
      Marker: encode(marker),
      // Without a delimiter the last key is the marker, and S3 leaves this out.
      NextMarker: page.truncated && delimiter !== "" ? encode(page.last ?? "") : undefined,
      Contents: page.entries.map((entry) => contents(entry, encode, true)),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }),
  };
}

/** ListObjectsV2. */
export function listObjectsV2(context: S3Context): S3Answer {
  const { request } = context;
  const token = request.query.get("continuation-token");
  const startAfter = request.query.get("start-after") ?? "";
  const { page, fields, encode } = listPage(context, token === undefined ? startAfter : keyOfToken(token));
  const withOwner = request.query.get("fetch-owner") === "true";
  return {
    status: 200,
    headers: {},
    body: writeXml("ListBucketResult", {
      ...fields,
      KeyCount: page.entries.length + page.commonPrefixes.length,
      StartAfter: startAfter === "" ? undefined : encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.truncated ? tokenOfKey(page.last ?? "") : undefined,
      Contents: page.entries.map((entry) => contents(entry, encode, withOwner)),
      CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }),
  };
}

function listPage(context: S3Context, after: string): { page: Page<IndexEntry>; fields: XmlFields; encode: (name: string) => string } {
  const { request } = context;
  const bucket = bucketOf(context);
  const encode = nameEncoder(request);
  const prefix = request.query.get("prefix") ?? "";
  const delimiter = request.query.get("delimiter") ?? "";
  const entriesMax = pageEntries(request, "max-keys");
  const page = cutPage({ prefix, delimiter, after, entriesMax }, (key) => bucket.index.from(key));
  return {
    page,
    encode,
    fields: {
      Name: bucket.name,
      Prefix: encode(prefix),
      Delimiter: delimiter === "" ? undefined : encode(delimiter),
      MaxKeys: entriesMax,
      EncodingType: request.query.get("encoding-type") || undefined,
      IsTruncated: page.truncated,
    },
  };
}

function contents(entry: IndexEntry, encode: (name: string) => string, withOwner: boolean): XmlFields {
  return {
    Key: encode(entry.key),
    LastModified: new Date(entry.lastModifiedMs).toISOString(),
    ETag: `"${entry.etag}"`,
    ChecksumAlgorithm: entry.checksum?.algorithm.toUpperCase(),
    ChecksumType: entry.checksum && checksumTypeName(entry.checksum.type),
    Size: entry.sizeBytes,
    Owner: withOwner ? OWNER : undefined,
    StorageClass: entry.storageClass ?? "STANDARD",
  };
}

/** Tokens are opaque to clients; the digit in front lets a later form be told apart. */
function tokenOfKey(key: string): string {
  return `1${Buffer.from(key, "utf8").toString("base64url")}`;
}

function keyOfToken(token: string): string {
  const bytes = Buffer.from(token.slice(1), "base64url");
  if (token.startsWith("1") && bytes.length > 0 && bytes.toString("base64url") === token.slice(1)) return bytes.toString("utf8");
  throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
}
