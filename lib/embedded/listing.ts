/**
 * ListObjects, ListObjectsV2, ListMultipartUploads and ListParts, once for all dialects, from what is held in memory.
 */
import { Buffer } from "node:buffer";
import type { IndexEntry } from "./disk/records.ts";
import { cutPage, cutUploadPage, type Page } from "./page.ts";
import { uploadOf } from "./parts.ts";
import { bucketOf, type Context, queryNumber, type StoreResponse, xmlResponse } from "./request.ts";
import type { XmlFields } from "./s3/xml.ts";

/** A page has at most 1,000 entries, whatever is asked for. */
export const PAGE_ENTRIES_MAX = 1000;

/** How names are written: as they are, or encoded when `encoding-type=url` was asked for. Throws InvalidArgument for other types. */
export function nameEncoder({ request, words }: Context): (name: string) => string {
  const type = request.query.get("encoding-type");
  if (type === undefined || type === "") return (name) => name;
  if (type !== "url") throw words.refusal("InvalidArgument", "Invalid Encoding Method specified in Request");
  return words.encodeName;
}

/** Says which encoding names have. */
export function encodingType({ request }: Context): string | undefined {
  return request.query.get("encoding-type") || undefined;
}

function pageEntries(context: Context, name: string, absent = PAGE_ENTRIES_MAX): number {
  return Math.min(queryNumber(context, name, { ...context.words.pageEntries, absent }), PAGE_ENTRIES_MAX);
}

/** ListObjects, the first version. */
export function listObjects(context: Context): StoreResponse {
  const { query } = context.request;
  const marker = query.get("marker") ?? "";
  const { page, fields, encode } = listPage(context, { after: marker, withOwner: true });
  const namesNext = page.truncated && (context.words.nextMarkerAlways || Boolean(query.get("delimiter")));
  return xmlResponse(context, "ListBucketResult", {
    Marker: encode(marker),
    NextMarker: namesNext ? encode(page.last ?? "") : undefined,
    ...fields,
  });
}

/** ListObjectsV2. */
export function listObjectsV2(context: Context): StoreResponse {
  const { request: { query }, words } = context;
  const given = query.get("continuation-token");
  const token = given === "" && words.emptyIsMissing ? undefined : given;
  const startAfter = query.get("start-after") ?? "";
  const withOwner = query.get("fetch-owner") === "true";
  const { page, fields, encode } = listPage(context, { after: token === undefined ? startAfter : keyOfToken(context, token), withOwner });
  return xmlResponse(context, "ListBucketResult", {
    KeyCount: page.entries.length + page.commonPrefixes.length,
    StartAfter: startAfter === "" ? undefined : encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: page.truncated ? words.tokenPrefix + Buffer.from(page.last ?? "", "utf8").toString("base64url") : undefined,
    ...fields,
  });
}

/** Tokens are opaque to clients. */
function keyOfToken({ words }: Context, token: string): string {
  const encoded = token.slice(words.tokenPrefix.length);
  const bytes = Buffer.from(encoded, "base64url");
  if (token.startsWith(words.tokenPrefix) && bytes.length > 0 && bytes.toString("base64url") === encoded) return bytes.toString("utf8");
  throw words.refusal("InvalidArgument", "The continuation token provided is incorrect");
}

interface ListedPage {
  readonly page: Page<IndexEntry>;
  readonly fields: XmlFields;
  readonly encode: (name: string) => string;
}

function listPage(context: Context, { after, withOwner }: { after: string; withOwner: boolean }): ListedPage {
  const { request: { query }, words } = context;
  const bucket = bucketOf(context);
  const encode = nameEncoder(context);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const entriesMax = pageEntries(context, "max-keys", words.keysPerPage);
  const page = cutPage({ prefix, delimiter, after, entriesMax }, (key) => bucket.index.from(key));
  const fields = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiterField(context, encode),
    MaxKeys: entriesMax,
    EncodingType: encodingType(context),
    IsTruncated: page.truncated,
    Contents: page.entries.map((entry) => ({
      Key: encode(entry.key),
      LastModified: new Date(entry.lastModifiedMs).toISOString(),
      ETag: `"${words.etag(entry.etag)}"`,
      ...words.objectFields(entry),
      Size: entry.sizeBytes,
      Owner: withOwner ? words.owner : undefined,
      StorageClass: words.storageClass(entry.storageClass),
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  };
  return { page, fields, encode };
}

function delimiterField({ request, words }: Context, encode: (name: string) => string): string | undefined {
  const delimiter = request.query.get("delimiter") ?? "";
  return delimiter === "" && !words.writesEmpty ? undefined : encode(delimiter);
}

/** ListMultipartUploads: by key, and within a key by upload id. */
export function listUploads(context: Context): StoreResponse {
  const { request: { query }, words } = context;
  const bucket = bucketOf(context);
  const encode = nameEncoder(context);
  const [prefix = "", delimiter = "", keyMarker = ""] = ["prefix", "delimiter", "key-marker"].map((name) => query.get(name));
  const idMarker = keyMarker === "" ? "" : query.get("upload-id-marker") ?? "";
  const entriesMax = pageEntries(context, "max-uploads");
  const page = cutUploadPage(bucket, { prefix, delimiter, keyMarker, idMarker, entriesMax });
  const hasNext = page.truncated || words.writesEmpty;
  return xmlResponse(context, "ListMultipartUploadsResult", {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: hasNext ? encode(page.nextKeyMarker) : undefined,
    NextUploadIdMarker: hasNext ? page.nextIdMarker : undefined,
    Prefix: encode(prefix),
    Delimiter: delimiterField(context, encode),
    EncodingType: encodingType(context),
    MaxUploads: entriesMax,
    IsTruncated: page.truncated,
    Upload: page.entries.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.uploadId,
      ...words.uploadFields(upload),
      StorageClass: words.storageClass(upload.headers.storageClass),
      Initiated: new Date(upload.initiatedMs).toISOString(),
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  });
}

/** ListParts. */
export async function listParts(context: Context): Promise<StoreResponse> {
  const { words } = context;
  const bucket = bucketOf(context);
  const upload = uploadOf(context, bucket);
  const marker = queryNumber(context, "part-number-marker", { least: 0, most: words.partMarkerMax, absent: 0 });
  const entriesMax = pageEntries(context, "max-parts");
  const behind = Array.from(upload.parts.values()).filter((part) => part.partNumber > marker)
    .sort((left, right) => left.partNumber - right.partNumber);
  const parts = behind.slice(0, entriesMax);
  const listed = [];
  for (const part of parts) {
    listed.push({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${words.etag(part.etag)}"`,
      Size: part.sizeBytes,
      ...await words.partFields(part, bucket.paths),
    });
  }
  return xmlResponse(context, "ListPartsResult", {
    EncodingType: encodingType(context),
    Bucket: bucket.name,
    Key: nameEncoder(context)(upload.record.key),
    UploadId: upload.record.uploadId,
    ...words.uploadFields(upload.record),
    StorageClass: words.storageClass(upload.record.headers.storageClass),
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.partNumber ?? marker,
    MaxParts: entriesMax,
    IsTruncated: entriesMax > 0 && behind.length > parts.length,
    Part: listed,
  });
}
