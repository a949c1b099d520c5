/**
 * What an object carries besides its bytes, from OSS request headers and to OSS answer headers ("PutObject", "GetObject", "HeadObject").
 * On disk storage classes bear the names of S3, so that both dialects tell one truth; ETags are OSS's own form of what is stored.
 */
import { createHash } from "node:crypto";
import type { ObjectHeaders } from "../../types.ts";
import { base64OfHex } from "./body.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { OssError } from "./errors.ts";
import type { OssContext } from "./request.ts";
import { headerOf } from "../request_line.ts";
import type { S3Request } from "../s3/request.ts";
import { parseQuery } from "../s3/signature.ts";
import { checkedTags } from "../s3/tagging.ts";

/** What OSS answers for an object that was written without a type. */
const CONTENT_TYPE_DEFAULT = "application/octet-stream";
/** All user metadata of one object together. */
const METADATA_BYTES_MAX = 8 * 1024;
/** OSS name to the name on disk; `Standard` is none. */
const DISK_CLASSES: Readonly<Record<string, string | undefined>> = {
  Standard: undefined,
  IA: "STANDARD_IA",
  Archive: "GLACIER",
  ColdArchive: "COLD_ARCHIVE",
  DeepColdArchive: "DEEP_ARCHIVE",
};
/** Classes that only S3 writes, to the nearest of OSS. */
const NEAREST_CLASSES: Readonly<Record<string, string>> = { ONEZONE_IA: "IA", GLACIER_IR: "IA" };
const ARCHIVES = new Set(["Archive", "ColdArchive", "DeepColdArchive"]);
const ACLS = new Set(["default", "private"]);

type TextField = "contentType" | "cacheControl" | "contentEncoding" | "contentDisposition" | "contentLanguage" | "expires";

const TEXT_HEADERS: readonly (readonly [TextField, string])[] = [
  ["contentType", "Content-Type"],
  ["cacheControl", "Cache-Control"],
  ["contentEncoding", "Content-Encoding"],
  ["contentDisposition", "Content-Disposition"],
  ["contentLanguage", "Content-Language"],
  ["expires", "Expires"],
];

/** What a PUT, an Initiate or a copy with REPLACE says, without tags. Throws InvalidArgument or NotImplemented, never drops anything. */
export function ossHeadersFrom(request: S3Request): ObjectHeaders {
  refuseWhatIsNotBuilt(request);
  const headers: ObjectHeaders = {};
  for (const [field, name] of TEXT_HEADERS) {
    const value = headerOf(request, name.toLowerCase());
    if (value) headers[field] = value;
  }
  const metadata = metadataFrom(request);
  if (Object.keys(metadata).length > 0) headers.metadata = metadata;
  const storageClass = ossClassFrom(request);
  if (storageClass !== undefined) headers.storageClass = storageClass;
  return headers;
}

/** The same with the tags of `x-oss-tagging`. */
export function ossHeadersAndTags(request: S3Request): ObjectHeaders {
  const tags = ossTagsFrom(request);
  const headers = ossHeadersFrom(request);
  return Object.keys(tags).length > 0 ? { ...headers, tags } : headers;
}

/** Tags of `x-oss-tagging`, which has the form of a query string. */
export function ossTagsFrom(request: S3Request): Record<string, string> {
  return checkedTags(parseQuery(headerOf(request, "x-oss-tagging") ?? ""));
}

function metadataFrom(request: S3Request): Record<string, string> {
  const metadata: Record<string, string> = {};
  let sizeBytes = 0;
  for (const [name, values] of request.headers) {
    if (!name.startsWith("x-oss-meta-")) continue;
    const short = name.slice("x-oss-meta-".length);
    const value = values.join(",").trim();
    sizeBytes += short.length + value.length;
    metadata[short] = value;
  }
  if (sizeBytes > METADATA_BYTES_MAX) throw new OssError("InvalidArgument", "The metadata size exceeds the maximum.");
  return metadata;
}

/** The storage class asked for, by its name on disk. Throws InvalidArgument ("PutObject": `x-oss-storage-class`). */
export function ossClassFrom(request: S3Request): string | undefined {
  const name = headerOf(request, "x-oss-storage-class");
  if (name === undefined) return undefined;
  if (!(name in DISK_CLASSES)) throw new OssError("InvalidArgument", "Invalid storage class.", { details: { ArgumentValue: name } });
  return DISK_CLASSES[name];
}

/** The OSS name of a class on disk. */
export function ossClassOf(onDisk: string | undefined): string {
  const found = Object.keys(DISK_CLASSES).find((name) => DISK_CLASSES[name] === onDisk);
  return found ?? NEAREST_CLASSES[onDisk ?? ""] ?? "Standard";
}

function refuseWhatIsNotBuilt(request: S3Request): void {
  for (const name of request.headers.keys()) {
    const refused = name.startsWith("x-oss-server-side-encryption") || name.startsWith("x-oss-object-worm") || name === "x-oss-callback" ||
      name.startsWith("x-amz-");
    if (refused) throw new OssError("NotImplemented", undefined, { details: { Header: name } });
  }
  const acl = headerOf(request, "x-oss-object-acl");
  if (acl !== undefined && !ACLS.has(acl)) throw new OssError("NotImplemented", undefined, { details: { Header: "x-oss-object-acl" } });
}

/**
 * The ETag of OSS, without quotes: the MD5 in upper case, but for an object put together from parts "a unique value that is generated based
 * on specific rules, not the MD5" ("CompleteMultipartUpload"), and not the value by which S3 would name the same parts.
 */
export function ossEtag(etag: string): string {
  const [hash = "", count] = etag.split("-");
  if (count === undefined) return hash.toUpperCase();
  return `${createHash("md5").update(`oss ${etag}`).digest("hex").toUpperCase()}-${count}`;
}

/** `Normal`, `Multipart` or `Symlink`. */
export function ossTypeOf(object: { readonly etag: string; readonly symlink?: boolean | undefined }): string {
  return object.symlink ? "Symlink" : object.etag.includes("-") ? "Multipart" : "Normal";
}

/** Throws InvalidObjectState for an archived object that has not been restored. */
export function checkOssReadable(context: OssContext, record: ObjectRecord): void {
  const storageClass = ossClassOf(record.headers.storageClass);
  if (!ARCHIVES.has(storageClass)) return;
  const { restored } = record;
  if (restored !== undefined && context.nowMs >= restored.fromMs && context.nowMs < restored.untilMs) return;
  throw new OssError("InvalidObjectState", undefined, { details: { ObjectName: record.key } });
}

/** Whether objects of this class on disk must be restored before they are read. */
export function isOssArchive(onDisk: string | undefined): boolean {
  return ARCHIVES.has(ossClassOf(onDisk));
}

/** The headers of a GET or HEAD answer that tell the object, without its length and CRC-64. */
export function ossAnswerHeaders(context: OssContext, record: ObjectRecord): Record<string, string> {
  const type = ossTypeOf({ etag: record.etag, symlink: record.symlinkTarget !== undefined });
  const answer: Record<string, string> = {
    "ETag": `"${ossEtag(record.etag)}"`,
    "Last-Modified": new Date(record.lastModifiedMs).toUTCString(),
    "Accept-Ranges": "bytes",
    "Content-Type": CONTENT_TYPE_DEFAULT,
    "x-oss-object-type": type,
    "x-oss-storage-class": ossClassOf(record.headers.storageClass),
  };
  if (type === "Normal") answer["Content-MD5"] = base64OfHex(record.etag);
  for (const [field, name] of TEXT_HEADERS) {
    const value = record.headers[field];
    if (value !== undefined) answer[name] = value;
  }
  for (const [name, value] of Object.entries(record.headers.metadata ?? {})) answer[`x-oss-meta-${name}`] = value;
  const tagCount = Object.keys(record.headers.tags ?? {}).length;
  if (tagCount > 0) answer["x-oss-tagging-count"] = String(tagCount);
  const { restored } = record;
  if (restored !== undefined && context.nowMs < restored.untilMs) {
    answer["x-oss-restore"] = context.nowMs < restored.fromMs
      ? 'ongoing-request="true"'
      : `ongoing-request="false", expiry-date="${new Date(restored.untilMs).toUTCString()}"`;
  }
  return answer;
}

/** Headers that the query of a GET asks to be answered in place of the stored ones. Throws InvalidArgument for what no header can hold. */
export function ossOverrides(request: S3Request): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [, header] of TEXT_HEADERS) {
    const name = `response-${header.toLowerCase()}`;
    const value = request.query.get(name);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new OssError("InvalidArgument", `Invalid value of ${name}.`);
    overrides[header] = value;
  }
  return overrides;
}
