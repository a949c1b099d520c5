/**
 * ListObjects (GetBucket) and ListObjectsV2 (GetBucketV2) of OSS, answered from the index in memory.
 */
import { Buffer } from "node:buffer";
import type { IndexEntry } from "../disk/records.ts";
import { OssError } from "./errors.ts";
import { ossClassOf, ossEtag, ossTypeOf } from "./headers.ts";
import { ossBucketOf, type OssContext, ossQueryNumber } from "./request.ts";
import { cutPage, type Page } from "../s3/page.ts";
import type { S3Answer, S3Request } from "../s3/request.ts";
import { uriEncode } from "../s3/signature.ts";
import { writeXml, type XmlFields } from "../s3/xml.ts";

/** "ListObjectsV2", max-keys: 100 unless asked for, 1,000 at most. */
const PAGE_ENTRIES_DEFAULT = 100;
const PAGE_ENTRIES_MAX = 1000;

/** The one owner of everything in this store. */
export const OSS_OWNER = { ID: "0022012", DisplayName: "0022012" } as const;

/** How names are written: as they are, or percent-encoded, slashes too, when `encoding-type=url` was asked for. Throws InvalidArgument. */
export function ossNameEncoder(request: S3Request): (name: string) => string {
  const type = request.query.get("encoding-type");
  if (type === undefined || type === "") return (name) => name;
  if (type !== "url") throw new OssError("InvalidArgument", "Invalid Encoding Method specified in Request.");
  return uriEncode;
}

/** ListObjects. */
export function ossListObjects(context: OssContext): S3Answer {
  const marker = context.request.query.get("marker") ?? "";
  const { page, fields, encode } = listPage(context, marker);
  const body = writeXml("ListBucketResult", {
    ...fields,
    Marker: encode(marker),
    NextMarker: page.truncated ? encode(page.last ?? "") : undefined,
    Contents: page.entries.map((entry) => contents(entry, encode, true)),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}

/** ListObjectsV2. */
export function ossListObjectsV2(context: OssContext): S3Answer {
  const { query } = context.request;
  const token = query.get("continuation-token") || undefined;
  const startAfter = query.get("start-after") ?? "";
  const { page, fields, encode } = listPage(context, token === undefined ? startAfter : keyOfToken(token));
  const withOwner = query.get("fetch-owner") === "true";
  const body = writeXml("ListBucketResult", {
    ...fields,
    StartAfter: startAfter === "" ? undefined : encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: page.truncated ? tokenOfKey(page.last ?? "") : undefined,
    KeyCount: page.entries.length + page.commonPrefixes.length,
    Contents: page.entries.map((entry) => contents(entry, encode, withOwner)),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}

function listPage(context: OssContext, after: string): { page: Page<IndexEntry>; fields: XmlFields; encode: (name: string) => string } {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const encode = ossNameEncoder(request);
  const prefix = request.query.get("prefix") ?? "";
  const delimiter = request.query.get("delimiter") ?? "";
  const bounds = { least: 1, most: PAGE_ENTRIES_MAX, absent: PAGE_ENTRIES_DEFAULT };
  const entriesMax = ossQueryNumber(request, "max-keys", bounds);
  const page = cutPage({ prefix, delimiter, after, entriesMax }, (key) => bucket.index.from(key));
  return {
    page,
    encode,
    fields: {
      Name: bucket.name,
      Prefix: encode(prefix),
      MaxKeys: entriesMax,
      Delimiter: encode(delimiter),
      EncodingType: request.query.get("encoding-type") || undefined,
      IsTruncated: page.truncated,
    },
  };
}

function contents(entry: IndexEntry, encode: (name: string) => string, withOwner: boolean): XmlFields {
  return {
    Key: encode(entry.key),
    LastModified: new Date(entry.lastModifiedMs).toISOString(),
    ETag: `"${ossEtag(entry.etag)}"`,
    Type: ossTypeOf(entry),
    Size: entry.sizeBytes,
    StorageClass: ossClassOf(entry.storageClass),
    Owner: withOwner ? OSS_OWNER : undefined,
  };
}

function tokenOfKey(key: string): string {
  return `Cg${Buffer.from(key, "utf8").toString("base64url")}`;
}

function keyOfToken(token: string): string {
  const bytes = Buffer.from(token.slice(2), "base64url");
  if (token.startsWith("Cg") && bytes.length > 0 && bytes.toString("base64url") === token.slice(2)) return bytes.toString("utf8");
  throw new OssError("InvalidArgument", "The continuation token is invalid.");
}
