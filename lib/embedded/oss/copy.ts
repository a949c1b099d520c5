/**
 * CopyObject of OSS, and the source side of UploadPartCopy: bytes that never leave the folder.
 */
import type { ObjectHeaders, Range } from "../../types.ts";
import type { DiskBucket, OpenObject } from "../disk/bucket.ts";
import { linkData, readData, removeData, writeData } from "../disk/data.ts";
import type { BucketPaths } from "../disk/layout.ts";
import { type ObjectRecord, wholeSeconds } from "../disk/records.ts";
import { bucketOf, headerOf, keyOf, type StoreRequest, type StoreResponse, xmlResponse } from "../request.ts";
import { conditionsFrom, evaluateRead } from "../s3/conditions.ts";
import { uriDecode } from "../s3/signature.ts";
import type { XmlFields } from "../s3/xml.ts";
import { crc64OfObject, type Digested, digested, OSS_BODY_BYTES_MAX } from "./body.ts";
import { OssError } from "./errors.ts";
import { ossEtag } from "./forms.ts";
import { checkOssReadable, ossClassFrom, ossHeadersFrom, ossTagsFrom } from "./headers.ts";
import { crc64Header, forbidOverwrite, refuseOssVersions } from "./object.ts";
import type { OssContext } from "./words.ts";

/** A source of a copy, held for reading. */
export interface OssSource {
  readonly bucket: DiskBucket;
  readonly held: OpenObject;
}

/**
 * The object that `x-oss-copy-source` names (`/bucket/key`, the key percent-encoded, the slash in front needed), conditions checked. The
 * caller releases it.
 */
export async function openOssSource(context: OssContext): Promise<OssSource> {
  const { request } = context;
  const [path = "", versionId] = (headerOf(request, "x-oss-copy-source") ?? "").split("?versionId=");
  refuseOssVersions(versionId);
  const found = /^\/([^/]+)\/(.+)$/.exec(path);
  if (found === null) {
    throw new OssError("InvalidArgument", "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.", {
      details: { ArgumentName: "x-oss-copy-source", ArgumentValue: path },
    });
  }
  const bucket = bucketOf(context, found[1] ?? "");
  const key = uriDecode(found[2] ?? "");
  const held = await bucket.open(key);
  if (held === undefined) throw new OssError("NoSuchKey", undefined, { details: { Key: key } });
  try {
    checkSource(request, held.record);
    checkOssReadable(context, held.record);
    return { bucket, held };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** Conditions on a source: 412 for what must hold; for what must not, 304 from CopyObject and 412 from UploadPartCopy. */
function checkSource(request: StoreRequest, record: ObjectRecord): void {
  const subject = { etag: ossEtag(record.etag), lastModifiedMs: record.lastModifiedMs };
  const verdict = evaluateRead(conditionsFrom((name) => headerOf(request, name), "x-oss-copy-source-if-"), subject);
  if (verdict === "go") return;
  if (verdict === "notModified" && !request.query.has("uploadId")) throw new OssError("NotModified");
  throw new OssError("PreconditionFailed", undefined, { details: { Condition: `x-oss-copy-source-${verdict}` } });
}

/** The range of a part copy; undefined, so everything, for one that is malformed or not within the source. */
export function ossCopyRange(header: string | undefined, sizeBytes: number): Range | undefined {
  const found = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header ?? "");
  if (found === null) return undefined;
  const [first, last] = [Number(found[1]), Number(found[2])];
  return first <= last && last < sizeBytes ? { first, last } : undefined;
}

/** A span of the source, digested as it is read; `undefined` is everything. */
export async function sourceSpan(source: OssSource, range: Range | undefined): Promise<Digested> {
  return await digested(readData(source.bucket.paths, source.held.record.pieces, range));
}

/** The elements of the response to a copy. */
export function ossCopiedFields({ etag, lastModifiedMs }: Pick<ObjectRecord, "etag" | "lastModifiedMs">): XmlFields {
  return { LastModified: new Date(lastModifiedMs).toISOString(), ETag: `"${ossEtag(etag)}"` };
}

/** CopyObject. The copy of an object made of parts is not one; the copy of a link is a link. */
export async function ossCopyObject(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const check = forbidOverwrite(request);
  check(bucket.index.get(key));
  const source = await openOssSource(context);
  try {
    const from = source.held.record;
    if (from.sizeBytes > OSS_BODY_BYTES_MAX) throw new OssError("EntityTooLarge");
    const copied = copiedHeaders(request, from, source.bucket === bucket && from.key === key);
    const bytes = await copyBytes(source, bucket.paths);
    try {
      const record = await bucket.commit({
        key,
        sizeBytes: from.sizeBytes,
        lastModifiedMs: wholeSeconds(context.nowMs),
        headers: copied,
        checksums: [],
        ...(from.symlinkTarget !== undefined && { symlinkTarget: from.symlinkTarget }),
        ...bytes,
      }, check);
      const headers = { "ETag": `"${ossEtag(record.etag)}"`, ...crc64Header(bytes.crc64ecma) };
      return { ...xmlResponse(context, "CopyObjectResult", ossCopiedFields(record)), headers };
    } catch (error) {
      await removeData(bucket.paths, bytes.pieces);
      throw error;
    }
  } finally {
    source.held.release();
  }
}

/** Headers, tags and class of the copy. A copy onto itself always takes what the request says ("CopyObject", x-oss-metadata-directive). */
function copiedHeaders(request: StoreRequest, from: ObjectRecord, ontoItself: boolean): ObjectHeaders {
  const replaceHeaders = replaces(request, "x-oss-metadata-directive") || ontoItself;
  const tags = replaces(request, "x-oss-tagging-directive") ? ossTagsFrom(request) : from.headers.tags ?? {};
  const said = ossHeadersFrom(request);
  const storageClass = ossClassFrom(request);
  const { tags: _fromTags, storageClass: _notCopied, ...carried } = from.headers;
  return {
    ...(replaceHeaders ? said : carried),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(storageClass !== undefined && { storageClass }),
  };
}

function replaces(request: StoreRequest, name: string): boolean {
  const value = headerOf(request, name)?.toUpperCase();
  if (value === undefined || value === "COPY") return false;
  if (value === "REPLACE") return true;
  throw new OssError("InvalidArgument", `Invalid value of ${name}.`, { details: { ArgumentName: name, ArgumentValue: value } });
}

/** A whole object copied: linked when it is one piece with a known MD5, else read and written. */
async function copyBytes(source: OssSource, to: BucketPaths): Promise<Pick<ObjectRecord, "pieces" | "etag"> & { crc64ecma: string }> {
  const { record } = source.held;
  const [piece] = record.pieces;
  if (record.parts === undefined && (piece !== undefined || record.sizeBytes === 0)) {
    const crc64ecma = await crc64OfObject(source.bucket, record);
    return { pieces: piece === undefined ? [] : [await linkData(source.bucket.paths, to, piece)], etag: record.etag, crc64ecma };
  }
  const bytes = await sourceSpan(source, undefined);
  const pieces = await writeData(to, bytes.chunks());
  return { pieces, etag: bytes.md5(), crc64ecma: bytes.crc64() };
}
