/**
 * PutObject, GetObject, HeadObject, GetObjectMeta, DeleteObject and DeleteMultipleObjects of OSS.
 */
import type { OpenObject, WriteCheck } from "../disk/bucket.ts";
import { readData, removeData, writeData } from "../disk/data.ts";
import type { ObjectRecord } from "../disk/records.ts";
import { base64OfHex, crc64OfObject, openBody, readOssDocument } from "./body.ts";
import { OssError } from "./errors.ts";
import { checkOssReadable, ossAnswerHeaders, ossEtag, ossHeadersAndTags, ossOverrides } from "./headers.ts";
import { ossRange } from "./range.ts";
import { checkedOssKey, ossBucketOf, type OssContext, ossFlag, ossKeyOf } from "./request.ts";
import { ossNameEncoder } from "./list.ts";
import { checkRead, conditionsFrom } from "../s3/conditions.ts";
import { wholeSeconds } from "../s3/object.ts";
import { headerOf } from "../request_line.ts";
import type { S3Answer, S3Request } from "../s3/request.ts";
import { childText, parseXml, requiredText, writeXml } from "../s3/xml.ts";

/** "DeleteMultipleObjects": up to 1,000 keys in a body of up to 2 MB. */
const DELETES_MAX = 1000;
const DELETE_DOCUMENT_BYTES_MAX = 2 * 1024 * 1024;

/** The CRC-64 header, the same on every answer. */
export function crc64Header(crc64: string): Record<string, string> {
  return { "x-oss-hash-crc64ecma": crc64 };
}

/** Refuses to replace an object when `x-oss-forbid-overwrite: true` was sent. */
export function forbidOverwrite(request: S3Request): WriteCheck {
  const forbidden = ossFlag(request, "x-oss-forbid-overwrite");
  return (existing) => {
    if (forbidden && existing !== undefined) throw new OssError("FileAlreadyExists");
  };
}

/** Throws NoSuchVersion for any version but `null`: versioning is never switched on. */
export function refuseOssVersions(versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== "null") throw new OssError("NoSuchVersion");
}

/** PutObject. */
export async function ossPutObject(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const key = ossKeyOf(context);
  const headers = ossHeadersAndTags(request);
  const check = forbidOverwrite(request);
  check(bucket.index.get(key));
  const body = await openBody(request);
  const pieces = await writeData(bucket.paths, body.chunks(), context.alter);
  try {
    const record = await bucket.commit({
      key,
      sizeBytes: body.sizeBytes(),
      etag: body.md5(),
      lastModifiedMs: wholeSeconds(context.nowMs),
      headers,
      checksums: [],
      crc64ecma: body.crc64(),
      pieces,
    }, check);
    const told = { "ETag": `"${ossEtag(record.etag)}"`, "Content-MD5": base64OfHex(record.etag) };
    return { status: 200, headers: { ...told, ...crc64Header(body.crc64()) } };
  } catch (error) {
    await removeData(bucket.paths, pieces);
    throw error;
  }
}

/** GetObject. A symbolic link answers the bytes of its target. */
export async function ossGetObject(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const found = await findForReading(context);
  const { record } = found.held;
  try {
    checkOssReadable(context, record);
    const described = await describe(context, found);
    const standard = headerOf(request, "x-oss-range-behavior") === "standard";
    const range = ossRange(headerOf(request, "range"), record.sizeBytes, standard);
    const lengthBytes = range === undefined ? record.sizeBytes : range.last - range.first + 1;
    const headers: Record<string, string> = { ...described, ...ossOverrides(request) };
    if (range !== undefined) headers["Content-Range"] = `bytes ${range.first}-${range.last}/${record.sizeBytes}`;
    const chunks = readData(ossBucketOf(context).paths, record.pieces, range?.first ?? 0, lengthBytes);
    return { status: range === undefined ? 200 : 206, headers, body: { lengthBytes, chunks }, release: () => found.held.release() };
  } catch (error) {
    found.held.release();
    throw error;
  }
}

/** HeadObject: of the whole object, whatever range is asked for. */
export async function ossHeadObject(context: OssContext): Promise<S3Answer> {
  const found = await findForReading(context);
  try {
    const headers = await describe(context, found);
    return { status: 200, headers: { ...headers, "Content-Length": String(found.held.record.sizeBytes) } };
  } finally {
    found.held.release();
  }
}

/** GetObjectMeta: the few headers that cost nothing. Tells a symbolic link of itself. */
export async function ossGetObjectMeta(context: OssContext): Promise<S3Answer> {
  const bucket = ossBucketOf(context);
  const held = await openOssObject(context, ossKeyOf(context));
  try {
    const { record } = held;
    const headers = {
      "ETag": `"${ossEtag(record.etag)}"`,
      "Last-Modified": new Date(record.lastModifiedMs).toUTCString(),
      "Content-Length": String(record.sizeBytes),
      ...crc64Header(await crc64OfObject(bucket, record)),
    };
    return { status: 200, headers };
  } finally {
    held.release();
  }
}

/** The object of this key, held for reading. Throws NoSuchKey. */
export async function openOssObject(context: OssContext, key: string): Promise<OpenObject> {
  refuseOssVersions(context.request.query.get("versionId"));
  const held = await ossBucketOf(context).open(key);
  if (held === undefined) throw new OssError("NoSuchKey", undefined, { details: { Key: key } });
  return held;
}

interface Found {
  /** What is read: the object, or the target of the link. */
  readonly held: OpenObject;
  /** Set when the key is a symbolic link. */
  readonly link?: ObjectRecord;
}

/** Follows one link: a link to a link is refused ("GetObject"). */
async function findForReading(context: OssContext): Promise<Found> {
  const held = await openOssObject(context, ossKeyOf(context));
  const target = held.record.symlinkTarget;
  if (target === undefined) return { held };
  held.release();
  const behind = await ossBucketOf(context).open(target);
  if (behind === undefined) throw new OssError("SymlinkTargetNotExist", undefined, { details: { Key: target } });
  if (behind.record.symlinkTarget === undefined) return { held: behind, link: held.record };
  behind.release();
  throw new OssError("InvalidTargetType");
}

/** Length, ETag and CRC-64 are the target's, metadata and type are the link's, the later time counts ("GetObject"). */
async function describe(context: OssContext, { held: { record }, link }: Found): Promise<Record<string, string>> {
  const bucket = ossBucketOf(context);
  const own = ossAnswerHeaders(context, record);
  const merged = link === undefined ? own : {
    ...ossAnswerHeaders(context, link),
    "ETag": own["ETag"] ?? "",
    ...(own["Content-MD5"] !== undefined && { "Content-MD5": own["Content-MD5"] }),
    "Last-Modified": new Date(Math.max(record.lastModifiedMs, link.lastModifiedMs)).toUTCString(),
  };
  checkRead(conditionsFrom((name) => headerOf(context.request, name), "if-"), {
    etag: ossEtag(record.etag),
    lastModifiedMs: Math.max(record.lastModifiedMs, link?.lastModifiedMs ?? 0),
  });
  return { ...merged, ...crc64Header(await crc64OfObject(bucket, record)) };
}

/** DeleteObject: a key that is not there counts as deleted. */
export async function ossDeleteObject(context: OssContext): Promise<S3Answer> {
  refuseOssVersions(context.request.query.get("versionId"));
  await ossBucketOf(context).remove(ossKeyOf(context), () => {});
  return { status: 204, headers: {} };
}

/** DeleteMultipleObjects. Needs Content-MD5. All keys are looked at before the first is deleted. */
export async function ossDeleteObjects(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  if (headerOf(request, "content-md5") === undefined) throw new OssError("MissingArgument", "Content-MD5 is required.");
  const bucket = ossBucketOf(context);
  const root = parseXml(await readOssDocument(request, DELETE_DOCUMENT_BYTES_MAX), "Delete");
  const objects = root.children["Object"] ?? [];
  if (objects.length === 0 || objects.length > DELETES_MAX) throw new OssError("MalformedXML");
  const encode = ossNameEncoder(request);
  const keys = objects.map((element) => {
    refuseOssVersions(childText(element, "VersionId"));
    return checkedOssKey(requiredText(element, "Key"));
  });
  for (const key of keys) await bucket.remove(key, () => {});
  const quiet = childText(root, "Quiet") === "true";
  const body = writeXml("DeleteResult", {
    EncodingType: request.query.get("encoding-type") || undefined,
    Deleted: quiet ? [] : keys.map((key) => ({ Key: encode(key) })),
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}
