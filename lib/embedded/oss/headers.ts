/**
 * What an object carries besides its bytes, from OSS request headers and to OSS response headers ("PutObject", "GetObject",
 * "HeadObject").
 */
import type { ObjectHeaders } from "../../types.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { metadataFrom, textHeadersFrom, textHeadersOf } from "../object_headers.ts";
import { headerOf, type StoreRequest } from "../request.ts";
import { parseQuery } from "../s3/signature.ts";
import { checkedTags } from "../tagging.ts";
import { base64OfHex } from "./body.ts";
import { OssError } from "./errors.ts";
import { DISK_CLASSES, isOssArchive, ossClassOf, ossEtag, ossTypeOf } from "./forms.ts";
import type { OssContext } from "./words.ts";

/** The type of an object that was written without a type. */
const CONTENT_TYPE_DEFAULT = "application/octet-stream";
/** All user metadata of one object together. */
const METADATA_BYTES_MAX = 8 * 1024;
const ACLS = new Set(["default", "private"]);

/** What a PUT, an Initiate or a copy with REPLACE says, without tags. Throws InvalidArgument or NotImplemented, never drops anything. */
export function ossHeadersFrom(request: StoreRequest): ObjectHeaders {
  refuseWhatIsNotBuilt(request);
  const headers = textHeadersFrom(request);
  const tooLarge = () => new OssError("InvalidArgument", "The metadata size exceeds the maximum.");
  Object.assign(headers, metadataFrom(request, "x-oss-meta-", { mostBytes: METADATA_BYTES_MAX, tooLarge }));
  const storageClass = ossClassFrom(request);
  if (storageClass !== undefined) headers.storageClass = storageClass;
  return headers;
}

/** The same with the tags of `x-oss-tagging`. */
export function ossHeadersAndTags(request: StoreRequest): ObjectHeaders {
  const tags = ossTagsFrom(request);
  const headers = ossHeadersFrom(request);
  return Object.keys(tags).length > 0 ? { ...headers, tags } : headers;
}

/** Tags of `x-oss-tagging`, which has the form of a query string. */
export function ossTagsFrom(request: StoreRequest): Record<string, string> {
  return checkedTags(parseQuery(headerOf(request, "x-oss-tagging") ?? ""));
}

/** The storage class asked for, by its name on disk. Throws InvalidArgument ("PutObject": `x-oss-storage-class`). */
export function ossClassFrom(request: StoreRequest): string | undefined {
  const name = headerOf(request, "x-oss-storage-class");
  if (name === undefined) return undefined;
  if (!(name in DISK_CLASSES)) throw new OssError("InvalidArgument", "Invalid storage class.", { details: { ArgumentValue: name } });
  return DISK_CLASSES[name];
}

function refuseWhatIsNotBuilt(request: StoreRequest): void {
  for (const name of request.headers.keys()) {
    const refused = name.startsWith("x-oss-server-side-encryption") || name.startsWith("x-oss-object-worm") || name === "x-oss-callback" ||
      name.startsWith("x-amz-");
    if (refused) throw new OssError("NotImplemented", undefined, { details: { Header: name } });
  }
  const acl = headerOf(request, "x-oss-object-acl");
  if (acl !== undefined && !ACLS.has(acl)) throw new OssError("NotImplemented", undefined, { details: { Header: "x-oss-object-acl" } });
}

/** Throws InvalidObjectState for an archived object that has not been restored. */
export function checkOssReadable(context: OssContext, record: ObjectRecord): void {
  if (!isOssArchive(record.headers.storageClass)) return;
  const { restored } = record;
  if (restored !== undefined && context.nowMs >= restored.fromMs && context.nowMs < restored.untilMs) return;
  throw new OssError("InvalidObjectState", undefined, { details: { ObjectName: record.key } });
}

/** The headers of a GET or HEAD response that describe the object, without its length and CRC-64. */
export function ossResponseHeaders(context: OssContext, record: ObjectRecord): Record<string, string> {
  const type = ossTypeOf({ etag: record.etag, symlink: record.symlinkTarget !== undefined });
  const response: Record<string, string> = {
    "ETag": `"${ossEtag(record.etag)}"`,
    "Last-Modified": new Date(record.lastModifiedMs).toUTCString(),
    "Accept-Ranges": "bytes",
    "Content-Type": CONTENT_TYPE_DEFAULT,
    "x-oss-object-type": type,
    "x-oss-storage-class": ossClassOf(record.headers.storageClass),
    ...textHeadersOf(record.headers),
  };
  if (type === "Normal") response["Content-MD5"] = base64OfHex(record.etag);
  for (const [name, value] of Object.entries(record.headers.metadata ?? {})) response[`x-oss-meta-${name}`] = value;
  const tagCount = Object.keys(record.headers.tags ?? {}).length;
  if (tagCount > 0) response["x-oss-tagging-count"] = String(tagCount);
  const { restored } = record;
  if (restored !== undefined && context.nowMs < restored.untilMs) {
    response["x-oss-restore"] = context.nowMs < restored.fromMs
      ? 'ongoing-request="true"'
      : `ongoing-request="false", expiry-date="${new Date(restored.untilMs).toUTCString()}"`;
  }
  return response;
}
