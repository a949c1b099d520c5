/**
 * What an object carries besides its bytes, from request headers and to answer headers ("PutObject" and "GetObject" in the API
 * reference). What this store cannot honour is refused, never dropped.
 */
import type { ObjectHeaders } from "../../types.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { S3Error } from "./errors.ts";
import { headerOf } from "../request_line.ts";
import type { S3Request } from "./request.ts";
import { parseQuery } from "./signature.ts";
import { checkedTags } from "./tagging.ts";

/** What S3 answers for an object that was written without a type. */
const CONTENT_TYPE_DEFAULT = "binary/octet-stream";
/** Names and values of user metadata together ("Working with object metadata"). */
const METADATA_BYTES_MAX = 2048;
const STORAGE_CLASSES = new Set(
  "STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR".split(" "),
);
/** Objects of these classes cannot be read before they are restored, which this dialect never does. The last is one of OSS. */
const ARCHIVE_CLASSES = new Set(["GLACIER", "DEEP_ARCHIVE", "COLD_ARCHIVE"]);
/** With object ownership "bucket owner enforced", the default since 2023, these change nothing and all others are refused. */
const ACLS_ALLOWED = new Set(["private", "bucket-owner-full-control"]);

type TextField = "contentType" | "cacheControl" | "contentEncoding" | "contentDisposition" | "contentLanguage" | "expires";

const TEXT_HEADERS: readonly (readonly [TextField, string])[] = [
  ["contentType", "content-type"],
  ["cacheControl", "cache-control"],
  ["contentEncoding", "content-encoding"],
  ["contentDisposition", "content-disposition"],
  ["contentLanguage", "content-language"],
  ["expires", "expires"],
];

/** What a PUT, a Create or a copy with REPLACE says. Tags apart, see {@link tagsFrom}. */
export function objectHeadersFrom(request: S3Request): ObjectHeaders {
  refuseWhatIsNotBuilt(request);
  const headers: ObjectHeaders = {};
  for (const [field, name] of TEXT_HEADERS) {
    const value = headerOf(request, name);
    const kept = field === "contentEncoding" ? withoutChunked(value) : value;
    if (kept) headers[field] = kept;
  }
  const redirect = headerOf(request, "x-amz-website-redirect-location");
  if (redirect !== undefined) headers.websiteRedirectLocation = redirect;
  const metadata = metadataFrom(request);
  if (Object.keys(metadata).length > 0) headers.metadata = metadata;
  const storageClass = storageClassFrom(request);
  if (storageClass !== undefined) headers.storageClass = storageClass;
  return headers;
}

/** `aws-chunked` is the framing of the request, no property of the object. */
function withoutChunked(value: string | undefined): string | undefined {
  return value?.split(",").map((coding) => coding.trim()).filter((coding) => coding !== "aws-chunked").join(",");
}

function metadataFrom(request: S3Request): Record<string, string> {
  const metadata: Record<string, string> = {};
  let sizeBytes = 0;
  for (const [name, values] of request.headers) {
    if (!name.startsWith("x-amz-meta-")) continue;
    const value = values.join(",").trim();
    const short = name.slice("x-amz-meta-".length);
    sizeBytes += short.length + value.length;
    metadata[short] = value;
  }
  if (sizeBytes > METADATA_BYTES_MAX) throw new S3Error("MetadataTooLarge");
  return metadata;
}

/** The storage class asked for; undefined for none and for STANDARD, which is none. Throws InvalidStorageClass. */
export function storageClassFrom(request: S3Request): string | undefined {
  const name = headerOf(request, "x-amz-storage-class");
  if (name !== undefined && !STORAGE_CLASSES.has(name)) throw new S3Error("InvalidStorageClass");
  return name === "STANDARD" ? undefined : name;
}

/** Tags from the `x-amz-tagging` header, in the form of a query string. */
export function tagsFrom(request: S3Request): Record<string, string> | undefined {
  const text = headerOf(request, "x-amz-tagging");
  if (text === undefined) return undefined;
  return checkedTags(parseQuery(text));
}

function refuseWhatIsNotBuilt(request: S3Request): void {
  for (const name of request.headers.keys()) {
    const refused = name.startsWith("x-amz-server-side-encryption") || name.startsWith("x-amz-object-lock") ||
      name === "x-amz-write-offset-bytes";
    if (refused) throw new S3Error("NotImplemented", `A header you provided implies functionality that is not implemented: ${name}`);
    if (name.startsWith("x-amz-grant-")) throw new S3Error("AccessControlListNotSupported");
  }
  const acl = headerOf(request, "x-amz-acl");
  if (acl !== undefined && !ACLS_ALLOWED.has(acl)) throw new S3Error("AccessControlListNotSupported");
}

/** Throws InvalidObjectState for an object that would have to be restored first. */
export function checkReadable(record: ObjectRecord): void {
  const storageClass = record.headers.storageClass;
  if (storageClass === undefined || !ARCHIVE_CLASSES.has(storageClass)) return;
  throw new S3Error("InvalidObjectState", undefined, { details: { StorageClass: storageClass } });
}

/** The headers of a GET or HEAD answer that tell the object, without its length. */
export function answerHeaders(record: ObjectRecord): Record<string, string> {
  const answer: Record<string, string> = {
    "ETag": `"${record.etag}"`,
    "Last-Modified": new Date(record.lastModifiedMs).toUTCString(),
    "Accept-Ranges": "bytes",
    "Content-Type": CONTENT_TYPE_DEFAULT,
  };
  const { headers } = record;
  for (const [field, name] of TEXT_HEADERS) {
    const value = headers[field];
    if (value !== undefined) answer[capitalised(name)] = value;
  }
  for (const [name, value] of Object.entries(headers.metadata ?? {})) answer[`x-amz-meta-${name}`] = value;
  if (headers.websiteRedirectLocation !== undefined) answer["x-amz-website-redirect-location"] = headers.websiteRedirectLocation;
  if (headers.storageClass !== undefined) answer["x-amz-storage-class"] = headers.storageClass;
  const tagCount = Object.keys(headers.tags ?? {}).length;
  if (tagCount > 0) answer["x-amz-tagging-count"] = String(tagCount);
  return answer;
}

function capitalised(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

const RESPONSE_OVERRIDES: readonly (readonly [string, string])[] = TEXT_HEADERS.map(([, name]) => [`response-${name}`, capitalised(name)]);

/** Headers that the query of a GET asks to be answered in place of the stored ones. Throws InvalidArgument for what no header can hold. */
export function responseOverrides(request: S3Request): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [name, header] of RESPONSE_OVERRIDES) {
    const value = request.query.get(name);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new S3Error("InvalidArgument", `Invalid value of ${name}`);
    overrides[header] = value;
  }
  return overrides;
}
