/**
 * PutObject, GetObject, HeadObject, DeleteObject and DeleteObjects.
 */
import type { Range } from "../../types.ts";
import type { OpenObject } from "../disk/bucket.ts";
import { readData, removeData, writeData } from "../disk/data.ts";
import { type ObjectRecord, wholeSeconds } from "../disk/records.ts";
import { bucketOf, headerOf, keyOf, queryNumber, type StoreRequest, type StoreResponse, xmlResponse } from "../request.ts";
import { checksumHeaders } from "./checksum.ts";
import { checkRead, conditionsFrom, matches, writeCheck } from "./conditions.ts";
import { S3Error } from "./errors.ts";
import { checkReadable, objectHeadersFrom, responseHeaders, tagsFrom } from "./headers.ts";
import { openPayload, readDocument } from "./payload.ts";
import { parseRange, rangeOfPart } from "./range.ts";
import type { S3Context } from "./words.ts";
import { childText, parseXml, requiredText } from "./xml.ts";
import { responseOverrides } from "../object_headers.ts";

const PART_NUMBER_MAX = 10_000;
/** "DeleteObjects": up to 1,000 keys. */
const DELETES_MAX = 1000;
/** Far above 1,000 keys of 1,024 bytes in references. */
const DELETE_DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** The conditions of a write, as headers say them. */
export function writeCheckFrom(request: StoreRequest): ReturnType<typeof writeCheck> {
  return writeCheck(conditionsFrom((name) => headerOf(request, name), "if-"));
}

/** Throws NoSuchVersion for any version but `null`, the only one where versioning was never switched on. */
export function refuseVersions(versionId: string | null | undefined): void {
  if (versionId !== null && versionId !== undefined && versionId !== "null") throw new S3Error("NoSuchVersion");
}

/** PutObject. */
export async function putObject(context: S3Context): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const headers = objectHeadersFrom(request);
  const tags = tagsFrom(request);
  const check = writeCheckFrom(request);
  check(bucket.index.get(key));
  const payload = await openPayload(context);
  const pieces = await writeData(bucket.paths, payload.chunks(), context.alter);
  try {
    const record = await bucket.commit({
      key,
      sizeBytes: payload.sizeBytes,
      etag: payload.md5(),
      lastModifiedMs: wholeSeconds(context.nowMs),
      headers: tags === undefined || Object.keys(tags).length === 0 ? headers : { ...headers, tags },
      checksums: payload.checksums(),
      pieces,
    }, check);
    return { status: 200, headers: { "ETag": `"${record.etag}"`, ...checksumHeaders(record.checksums) } };
  } catch (error) {
    await removeData(bucket.paths, pieces);
    throw error;
  }
}

/** GetObject. */
export async function getObject(context: S3Context): Promise<StoreResponse> {
  const held = await openObject(context);
  try {
    checkReadable(held.record);
    const described = describe(context, held.record);
    const { range } = described;
    const lengthBytes = range === undefined ? held.record.sizeBytes : range.last - range.first + 1;
    const chunks = readData(bucketOf(context).paths, held.record.pieces, range);
    return {
      status: described.status,
      headers: { ...described.headers, ...responseOverrides(context) },
      body: { lengthBytes, chunks },
      release: () => held.release(),
    };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** HeadObject. */
export async function headObject(context: S3Context): Promise<StoreResponse> {
  const held = await openObject(context);
  held.release();
  const { status, headers, range } = describe(context, held.record);
  const lengthBytes = range === undefined ? held.record.sizeBytes : range.last - range.first + 1;
  return { status, headers: { ...headers, ...responseOverrides(context), "Content-Length": String(lengthBytes) } };
}

/** The object of the request, held for reading. Throws NoSuchKey. */
export async function openObject(context: S3Context): Promise<OpenObject> {
  refuseVersions(context.request.query.get("versionId"));
  const key = keyOf(context);
  const held = await bucketOf(context).open(key);
  if (held === undefined) throw new S3Error("NoSuchKey", undefined, { details: { Key: key } });
  return held;
}

interface Description {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly range: Range | undefined;
}

/** What GET and HEAD say before the bytes. */
function describe(context: S3Context, record: ObjectRecord): Description {
  const { request } = context;
  checkRead(conditionsFrom((name) => headerOf(request, name), "if-"), record);
  const headers = responseHeaders(record);
  const wantsChecksums = headerOf(request, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const rangeHeader = headerOf(request, "range");
  if (request.query.has("partNumber")) {
    if (rangeHeader !== undefined) throw new S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
    return describePart(context, record, { headers, wantsChecksums });
  }
  const range = parseRange(rangeHeader, record.sizeBytes);
  if (range === undefined) {
    return { status: 200, headers: { ...headers, ...(wantsChecksums && checksumHeaders(record.checksums)) }, range };
  }
  return { status: 206, headers: { ...headers, "Content-Range": contentRange(range, record.sizeBytes) }, range };
}

function describePart(
  context: S3Context,
  record: ObjectRecord,
  { headers, wantsChecksums }: { headers: Record<string, string>; wantsChecksums: boolean },
): Description {
  const partNumber = queryNumber(context, "partNumber", { least: 1, most: PART_NUMBER_MAX, absent: 1 });
  const { parts } = record;
  const range = rangeOfPart(parts?.map((part) => part.sizeBytes) ?? [record.sizeBytes], partNumber);
  if (parts !== undefined) headers["x-amz-mp-parts-count"] = String(parts.length);
  if (wantsChecksums) Object.assign(headers, checksumHeaders(parts?.[partNumber - 1]?.checksums ?? record.checksums));
  if (record.sizeBytes === 0) return { status: 200, headers, range: undefined };
  return { status: 206, headers: { ...headers, "Content-Range": contentRange(range, record.sizeBytes) }, range };
}

function contentRange(range: Range, sizeBytes: number): string {
  return `bytes ${range.first}-${range.last}/${sizeBytes}`;
}

/** DeleteObject: a missing key counts as deleted. */
export async function deleteObject(context: S3Context): Promise<StoreResponse> {
  refuseVersions(context.request.query.get("versionId"));
  await bucketOf(context).remove(keyOf(context), deleteCheck(headerOf(context.request, "if-match")));
  return { status: 204, headers: {} };
}

function deleteCheck(ifMatch: string | undefined): (existing: { etag: string } | undefined) => void {
  return (existing) => {
    if (ifMatch === undefined || existing === undefined || matches(ifMatch, existing.etag)) return;
    throw new S3Error("PreconditionFailed", undefined, { details: { Condition: "If-Match" } });
  };
}

/** DeleteObjects. */
export async function deleteObjects(context: S3Context): Promise<StoreResponse> {
  const { request } = context;
  const guarded = Array.from(request.headers.keys()).some((name) => name === "content-md5" || name.startsWith("x-amz-checksum-")) ||
    request.headers.has("x-amz-trailer");
  if (!guarded) throw new S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  const bucket = bucketOf(context);
  const root = parseXml(await readDocument(context, DELETE_DOCUMENT_BYTES_MAX), "Delete");
  const objects = root.children["Object"] ?? [];
  if (objects.length === 0 || objects.length > DELETES_MAX) throw new S3Error("MalformedXML");
  const quiet = childText(root, "Quiet") === "true";
  const deleted: { Key: string }[] = [];
  const errors: { Key: string; Code: string; Message: string }[] = [];
  for (const element of objects) {
    const key = requiredText(element, "Key");
    try {
      refuseVersions(childText(element, "VersionId"));
      await bucket.remove(context.words.checkedKey(key), deleteCheck(childText(element, "ETag")));
      deleted.push({ Key: key });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      errors.push({ Key: key, Code: error.code, Message: error.message });
    }
  }
  return xmlResponse(context, "DeleteResult", { Deleted: quiet ? [] : deleted, Error: errors });
}
