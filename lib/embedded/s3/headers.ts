/**
 * What an object carries besides its bytes, from request headers and to response headers ("PutObject" and "GetObject" in the API
 * reference). What this store cannot honour is refused, never dropped.
 */
import type { ObjectHeaders } from "../../types.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { metadataFrom, textHeadersFrom, textHeadersOf } from "../object_headers.ts";
import { headerOf, type StoreRequest } from "../request.ts";
import { S3Error } from "./errors.ts";
import { parseQuery } from "./signature.ts";
import { checkedTags } from "../tagging.ts";

/** The type of an object that was written without a type. */
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

/** What a PUT, a Create or a copy with REPLACE says. Tags apart, see {@link tagsFrom}. */
export function objectHeadersFrom(request: StoreRequest): ObjectHeaders {
  refuseWhatIsNotBuilt(request);
  const headers = textHeadersFrom(request);
  const redirect = headerOf(request, "x-amz-website-redirect-location");
  if (redirect !== undefined) headers.websiteRedirectLocation = redirect;
  const limit = { mostBytes: METADATA_BYTES_MAX, tooLarge: () => new S3Error("MetadataTooLarge") };
  Object.assign(headers, metadataFrom(request, "x-amz-meta-", limit));
  const storageClass = storageClassFrom(request);
  if (storageClass !== undefined) headers.storageClass = storageClass;
  return headers;
}

/** The storage class asked for; undefined for none and for STANDARD, which is none. Throws InvalidStorageClass. */
export function storageClassFrom(request: StoreRequest): string | undefined {
  const name = headerOf(request, "x-amz-storage-class");
  if (name !== undefined && !STORAGE_CLASSES.has(name)) throw new S3Error("InvalidStorageClass");
  return name === "STANDARD" ? undefined : name;
}

/** Tags from the `x-amz-tagging` header, in the form of a query string. */
export function tagsFrom(request: StoreRequest): Record<string, string> | undefined {
  const text = headerOf(request, "x-amz-tagging");
  if (text === undefined) return undefined;
  return checkedTags(parseQuery(text));
}

function refuseWhatIsNotBuilt(request: StoreRequest): void {
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

/** The headers of a GET or HEAD response that describe the object, without its length. */
export function responseHeaders(record: ObjectRecord): Record<string, string> {
  const { headers } = record;
  const response: Record<string, string> = {
    "ETag": `"${record.etag}"`,
    "Last-Modified": new Date(record.lastModifiedMs).toUTCString(),
    "Accept-Ranges": "bytes",
    "Content-Type": CONTENT_TYPE_DEFAULT,
    ...textHeadersOf(headers),
  };
  for (const [name, value] of Object.entries(headers.metadata ?? {})) response[`x-amz-meta-${name}`] = value;
  if (headers.websiteRedirectLocation !== undefined) response["x-amz-website-redirect-location"] = headers.websiteRedirectLocation;
  if (headers.storageClass !== undefined) response["x-amz-storage-class"] = headers.storageClass;
  const tagCount = Object.keys(headers.tags ?? {}).length;
  if (tagCount > 0) response["x-amz-tagging-count"] = String(tagCount);
  return response;
}
