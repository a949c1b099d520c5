/**
 * GetObjectAttributes: what is known of an object and its parts, page by page.
 */
import type { ObjectRecord } from "../disk/records.ts";
import { PAGE_ENTRIES_MAX } from "../listing.ts";
import { headerOf, type StoreResponse, xmlResponse } from "../request.ts";
import { checksumElements, checksumTypeName } from "./checksum.ts";
import { S3Error } from "./errors.ts";
import { openObject } from "./object.ts";
import type { S3Context } from "./words.ts";
import type { XmlFields } from "./xml.ts";

const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

/** GetObjectAttributes. */
export async function getObjectAttributes(context: S3Context): Promise<StoreResponse> {
  const { request } = context;
  const wanted = (headerOf(request, "x-amz-object-attributes") ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (wanted.length === 0 || wanted.some((name) => !ATTRIBUTES.includes(name))) {
    throw new S3Error("InvalidArgument", "Invalid attribute name specified");
  }
  const held = await openObject(context);
  held.release();
  const { record } = held;
  const [checksum] = record.checksums;
  const response = xmlResponse(context, "GetObjectAttributesResponse", {
    ETag: wanted.includes("ETag") ? record.etag : undefined,
    Checksum: wanted.includes("Checksum") && checksum !== undefined
      ? { ...checksumElements(record.checksums), ChecksumType: checksumTypeName(checksum.type) }
      : undefined,
    ObjectParts: wanted.includes("ObjectParts") ? objectParts(context, record) : undefined,
    StorageClass: wanted.includes("StorageClass") ? record.headers.storageClass ?? "STANDARD" : undefined,
    ObjectSize: wanted.includes("ObjectSize") ? record.sizeBytes : undefined,
  });
  return { ...response, headers: { "Last-Modified": new Date(record.lastModifiedMs).toUTCString() } };
}

/** Like S3, lists single parts only where they have checksums, else gives their count alone. */
function objectParts(context: S3Context, record: ObjectRecord): XmlFields | undefined {
  if (record.parts === undefined) return undefined;
  const count = { PartsCount: record.parts.length };
  if (!record.parts.every((part) => part.checksums.length > 0)) return count;
  const marker = headerNumber(context, "x-amz-part-number-marker", 0);
  const entriesMax = Math.min(headerNumber(context, "x-amz-max-parts", PAGE_ENTRIES_MAX), PAGE_ENTRIES_MAX);
  const behind = record.parts.filter((part) => part.partNumber > marker);
  const parts = behind.slice(0, entriesMax);
  return {
    ...count,
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.partNumber ?? 0,
    MaxParts: entriesMax,
    IsTruncated: behind.length > parts.length,
    Part: parts.map((part) => ({ PartNumber: part.partNumber, Size: part.sizeBytes, ...checksumElements(part.checksums) })),
  };
}

function headerNumber(context: S3Context, name: string, absent: number): number {
  const text = headerOf(context.request, name);
  if (text === undefined) return absent;
  if (!/^\d{1,9}$/.test(text)) throw new S3Error("InvalidArgument", `${name} must be a whole number`);
  return Number(text);
}
