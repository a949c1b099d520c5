/**
 * PutObject, GetObject, HeadObject, GetObjectMeta, DeleteObject and DeleteMultipleObjects of OSS.
 */
import type { OpenObject, WriteCheck } from "../disk/bucket.ts";
import { readData, removeData, writeData } from "../disk/data.ts";
import { type ObjectRecord, wholeSeconds } from "../disk/records.ts";
import { nameEncoder } from "../listing.ts";
import { bucketOf, headerOf, keyOf, type StoreRequest, type StoreResponse, xmlResponse } from "../request.ts";
import { checkRead, conditionsFrom } from "../s3/conditions.ts";
import { childText, parseXml, requiredText } from "../s3/xml.ts";
import { base64OfHex, crc64OfObject, openBody, readOssDocument } from "./body.ts";
import { OssError } from "./errors.ts";
import { ossEtag } from "./forms.ts";
import { checkOssReadable, ossHeadersAndTags, ossResponseHeaders } from "./headers.ts";
import { ossRange } from "./range.ts";
import type { OssContext } from "./words.ts";
import { responseOverrides } from "../object_headers.ts";

/** "DeleteMultipleObjects": up to 1,000 keys in a body of up to 2 MB. */
const DELETES_MAX = 1000;
const DELETE_DOCUMENT_BYTES_MAX = 2 * 1024 * 1024;

/** The CRC-64 header, the same on every response. */
export function crc64Header(crc64: string): Record<string, string> {
  return { "x-oss-hash-crc64ecma": crc64 };
}

/** Refuses to replace an object when `x-oss-forbid-overwrite: true` was sent. */
export function forbidOverwrite(request: StoreRequest): WriteCheck {
  const value = headerOf(request, "x-oss-forbid-overwrite")?.toLowerCase() ?? "false";
  if (value !== "true" && value !== "false") {
    throw new OssError("InvalidArgument", "Invalid value of x-oss-forbid-overwrite.", {
      details: { ArgumentName: "x-oss-forbid-overwrite", ArgumentValue: value },
    });
  }
  return (existing) => {
    if (value === "true" && existing !== undefined) throw new OssError("FileAlreadyExists");
  };
}

/** Throws NoSuchVersion for any version but `null`: versioning is never switched on. */
export function refuseOssVersions(versionId: string | undefined): void {
  if (versionId !== undefined && versionId !== "null") throw new OssError("NoSuchVersion");
}

/** PutObject. */
export async function ossPutObject(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
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
    const said = { "ETag": `"${ossEtag(record.etag)}"`, "Content-MD5": base64OfHex(record.etag) };
    return { status: 200, headers: { ...said, ...crc64Header(body.crc64()) } };
  } catch (error) {
    await removeData(bucket.paths, pieces);
    throw error;
  }
}

/** GetObject. A symbolic link gives the bytes of its target. */
export async function ossGetObject(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const found = await findForReading(context);
  const { record } = found.held;
  try {
    checkOssReadable(context, record);
    const described = await describe(context, found);
    const standard = headerOf(request, "x-oss-range-behavior") === "standard";
    const range = ossRange(headerOf(request, "range"), record.sizeBytes, standard);
    const lengthBytes = range === undefined ? record.sizeBytes : range.last - range.first + 1;
    const headers: Record<string, string> = { ...described, ...responseOverrides(context) };
    if (range !== undefined) headers["Content-Range"] = `bytes ${range.first}-${range.last}/${record.sizeBytes}`;
    const chunks = readData(bucketOf(context).paths, record.pieces, range);
    return { status: range === undefined ? 200 : 206, headers, body: { lengthBytes, chunks }, release: () => found.held.release() };
  } catch (error) {
    found.held.release();
    throw error;
  }
}

/** HeadObject: of the whole object, whatever range is asked for. */
export async function ossHeadObject(context: OssContext): Promise<StoreResponse> {
  const found = await findForReading(context);
  try {
    const headers = await describe(context, found);
    return { status: 200, headers: { ...headers, "Content-Length": String(found.held.record.sizeBytes) } };
  } finally {
    found.held.release();
  }
}

/** GetObjectMeta: the few headers that cost nothing. Of a symbolic link they are the link's own. */
export async function ossGetObjectMeta(context: OssContext): Promise<StoreResponse> {
  const bucket = bucketOf(context);
  const held = await openOssObject(context, keyOf(context));
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
  const held = await bucketOf(context).open(key);
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
  const held = await openOssObject(context, keyOf(context));
  const target = held.record.symlinkTarget;
  if (target === undefined) return { held };
  held.release();
  const behind = await bucketOf(context).open(target);
  if (behind === undefined) throw new OssError("SymlinkTargetNotExist", undefined, { details: { Key: target } });
  if (behind.record.symlinkTarget === undefined) return { held: behind, link: held.record };
  behind.release();
  throw new OssError("InvalidTargetType");
}

/** Length, ETag and CRC-64 are the target's, metadata and type are the link's, the later time counts ("GetObject"). */
async function describe(context: OssContext, { held: { record }, link }: Found): Promise<Record<string, string>> {
  const bucket = bucketOf(context);
  const own = ossResponseHeaders(context, record);
  const merged = link === undefined ? own : {
    ...ossResponseHeaders(context, link),
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

/** DeleteObject: a missing key counts as deleted. */
export async function ossDeleteObject(context: OssContext): Promise<StoreResponse> {
  refuseOssVersions(context.request.query.get("versionId"));
  await bucketOf(context).remove(keyOf(context), () => {});
  return { status: 204, headers: {} };
}

/** DeleteMultipleObjects. Needs Content-MD5. All keys are looked at before the first is deleted. */
export async function ossDeleteObjects(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  if (headerOf(request, "content-md5") === undefined) throw new OssError("MissingArgument", "Content-MD5 is required.");
  const bucket = bucketOf(context);
  const root = parseXml(await readOssDocument(request, DELETE_DOCUMENT_BYTES_MAX), "Delete");
  const objects = root.children["Object"] ?? [];
  if (objects.length === 0 || objects.length > DELETES_MAX) throw new OssError("MalformedXML");
  const encode = nameEncoder(context);
  const keys = objects.map((element) => {
    refuseOssVersions(childText(element, "VersionId"));
    return context.words.checkedKey(requiredText(element, "Key"));
  });
  for (const key of keys) await bucket.remove(key, () => {});
  const quiet = childText(root, "Quiet") === "true";
  return xmlResponse(context, "DeleteResult", {
    EncodingType: request.query.get("encoding-type") || undefined,
    Deleted: quiet ? [] : keys.map((key) => ({ Key: encode(key) })),
  });
}
