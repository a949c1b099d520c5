/**
 * ListMultipartUploads, ListParts and GetObjectAttributes: what is known of parts, page by page.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import type { ObjectRecord, UploadRecord } from "../disk/records.ts";
import { compareKeys } from "../disk/index.ts";
import { checksumElements, checksumTypeName } from "./checksum.ts";
import { S3Error } from "./errors.ts";
import { nameEncoder, OWNER, PAGE_ENTRIES_MAX, pageEntries } from "./list.ts";
import { uploadOf } from "./multipart.ts";
import { refuseVersions } from "./object.ts";
import { cutPage, type Page } from "./page.ts";
import { headerOf } from "../request_line.ts";
import { bucketOf, keyOf, queryNumber, type S3Answer, type S3Context } from "./request.ts";
import { writeXml, type XmlFields } from "./xml.ts";

/** Markers are 32-bit numbers; anything above the last part answers no parts. */
const PART_NUMBER_LIMIT = 2 ** 31 - 1;

/** Where a page of uploads begins and what belongs in it. */
export interface UploadPageQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  /** Only with a key marker. */
  readonly idMarker: string;
  readonly entriesMax: number;
}

/** A page of uploads with the markers of the next one, empty when there is none. */
export interface UploadPage extends Page<UploadRecord> {
  readonly nextKeyMarker: string;
  readonly nextIdMarker: string;
}

/** One page of the unfinished uploads of a bucket: by key, and within a key by upload id, which is the order in which they began. */
export function cutUploadPage(bucket: DiskBucket, query: UploadPageQuery): UploadPage {
  const { prefix, delimiter, keyMarker, idMarker, entriesMax } = query;
  const uploads = Array.from(bucket.uploads.all(), (upload) => upload.record).sort(compareUploads);
  const rest = uploads.filter((upload) => isBehind(upload, keyMarker, idMarker, delimiter, prefix));
  const page = cutPage({ prefix, delimiter, after: "", entriesMax }, (key) => startingAt(rest, key));
  const lastUpload = page.entries.at(-1);
  const endsInUpload = lastUpload !== undefined && lastUpload.key === page.last;
  return {
    ...page,
    nextKeyMarker: page.truncated ? page.last ?? "" : "",
    nextIdMarker: page.truncated && endsInUpload ? lastUpload.uploadId : "",
  };
}

/** ListMultipartUploads. */
export function listMultipartUploads(context: S3Context): S3Answer {
  const { request } = context;
  const bucket = bucketOf(context);
  const encode = nameEncoder(request);
  const prefix = request.query.get("prefix") ?? "";
  const delimiter = request.query.get("delimiter") ?? "";
  const keyMarker = request.query.get("key-marker") ?? "";
  const idMarker = keyMarker === "" ? "" : request.query.get("upload-id-marker") ?? "";
  const entriesMax = pageEntries(request, "max-uploads");
  const page = cutUploadPage(bucket, { prefix, delimiter, keyMarker, idMarker, entriesMax });
  return {
    status: 200,
    headers: {},
    body: writeXml("ListMultipartUploadsResult", {
      Bucket: bucket.name,
      KeyMarker: encode(keyMarker),
      UploadIdMarker: idMarker,
      NextKeyMarker: page.truncated ? encode(page.nextKeyMarker) : undefined,
      NextUploadIdMarker: page.truncated ? page.nextIdMarker : undefined,
      Prefix: encode(prefix),
      Delimiter: delimiter === "" ? undefined : encode(delimiter),
      EncodingType: request.query.get("encoding-type") || undefined,
      MaxUploads: entriesMax,
      IsTruncated: page.truncated,
      Upload: page.entries.map((upload) => ({
        Key: encode(upload.key),
        UploadId: upload.uploadId,
        Initiator: OWNER,
        Owner: OWNER,
        StorageClass: upload.headers.storageClass ?? "STANDARD",
        Initiated: new Date(upload.initiatedMs).toISOString(),
        ...checksumFields(upload),
      })),
      CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  };
}

function compareUploads(left: UploadRecord, right: UploadRecord): number {
  return compareKeys(left.key, right.key) || compareKeys(left.uploadId, right.uploadId);
}

/** Behind the markers; a common prefix that was the last name of a page counts as one name. */
function isBehind(upload: UploadRecord, keyMarker: string, idMarker: string, delimiter: string, prefix: string): boolean {
  if (keyMarker === "") return true;
  const end = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
  const name = end < 0 ? upload.key : upload.key.slice(0, end + delimiter.length);
  const order = compareKeys(name, keyMarker);
  return order > 0 || (order === 0 && end < 0 && idMarker !== "" && compareKeys(upload.uploadId, idMarker) > 0);
}

function* startingAt(uploads: readonly UploadRecord[], key: string): Generator<UploadRecord> {
  for (const upload of uploads) if (compareKeys(upload.key, key) >= 0) yield upload;
}

function checksumFields(upload: UploadRecord): XmlFields {
  if (upload.checksum === undefined) return {};
  return { ChecksumAlgorithm: upload.checksum.algorithm.toUpperCase(), ChecksumType: checksumTypeName(upload.checksum.type) };
}

/** ListParts. */
export function listParts(context: S3Context): S3Answer {
  const { request } = context;
  const bucket = bucketOf(context);
  const upload = uploadOf(context, bucket);
  const marker = queryNumber(request, "part-number-marker", { least: 0, most: PART_NUMBER_LIMIT, absent: 0 });
  const entriesMax = pageEntries(request, "max-parts");
  const behind = Array.from(upload.parts.values()).filter((part) => part.partNumber > marker)
    .sort((left, right) => left.partNumber - right.partNumber);
  const parts = behind.slice(0, entriesMax);
  const truncated = entriesMax > 0 && behind.length > parts.length;
  const encode = nameEncoder(request);
  return {
    status: 200,
    headers: {},
    body: writeXml("ListPartsResult", {
      Bucket: bucket.name,
      Key: encode(upload.record.key),
      UploadId: upload.record.uploadId,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: upload.record.headers.storageClass ?? "STANDARD",
      PartNumberMarker: marker,
      NextPartNumberMarker: parts.at(-1)?.partNumber ?? 0,
      MaxParts: entriesMax,
      IsTruncated: truncated,
      ...checksumFields(upload.record),
      Part: parts.map((part) => ({
        PartNumber: part.partNumber,
        LastModified: new Date(part.lastModifiedMs).toISOString(),
        ETag: `"${part.etag}"`,
        Size: part.sizeBytes,
        ...checksumElements(part.checksums),
      })),
    }),
  };
}

const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

/** GetObjectAttributes. */
export async function getObjectAttributes(context: S3Context): Promise<S3Answer> {
  const { request } = context;
  refuseVersions(request.query.get("versionId"));
  const wanted = (headerOf(request, "x-amz-object-attributes") ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (wanted.length === 0 || wanted.some((name) => !ATTRIBUTES.includes(name))) {
    throw new S3Error("InvalidArgument", "Invalid attribute name specified");
  }
  const held = await bucketOf(context).open(keyOf(context));
  if (held === undefined) throw new S3Error("NoSuchKey");
  held.release();
  const { record } = held;
  const [checksum] = record.checksums;
  return {
    status: 200,
    headers: { "Last-Modified": new Date(record.lastModifiedMs).toUTCString() },
    body: writeXml("GetObjectAttributesResponse", {
      ETag: wanted.includes("ETag") ? record.etag : undefined,
      Checksum: wanted.includes("Checksum") && checksum !== undefined
        ? { ...checksumElements(record.checksums), ChecksumType: checksumTypeName(checksum.type) }
        : undefined,
      ObjectParts: wanted.includes("ObjectParts") ? objectParts(context, record) : undefined,
      StorageClass: wanted.includes("StorageClass") ? record.headers.storageClass ?? "STANDARD" : undefined,
      ObjectSize: wanted.includes("ObjectSize") ? record.sizeBytes : undefined,
    }),
  };
}

/** Like S3, tells single parts only where they have checksums, else their count alone. */
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
