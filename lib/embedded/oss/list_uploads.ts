/**
 * ListParts and ListMultipartUploads of OSS.
 */
import { crc64OfPieces } from "./body.ts";
import { ossClassOf, ossEtag } from "./headers.ts";
import { ossNameEncoder } from "./list.ts";
import { ossUploadOf } from "./multipart.ts";
import { ossBucketOf, type OssContext, ossQueryNumber } from "./request.ts";
import { cutUploadPage } from "../s3/list_uploads.ts";
import type { S3Answer } from "../s3/request.ts";
import { writeXml } from "../s3/xml.ts";

/** Most entries of a page, and what is answered unless asked for. */
const PAGE_ENTRIES_MAX = 1000;
const PART_NUMBER_MAX = 10_000;

/** ListParts: each part with its CRC-64. */
export async function ossListParts(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const upload = ossUploadOf(context, bucket);
  const marker = ossQueryNumber(request, "part-number-marker", { least: 0, most: PART_NUMBER_MAX, absent: 0 });
  const entriesMax = ossQueryNumber(request, "max-parts", { least: 1, most: PAGE_ENTRIES_MAX, absent: PAGE_ENTRIES_MAX });
  const behind = Array.from(upload.parts.values()).filter((part) => part.partNumber > marker)
    .sort((left, right) => left.partNumber - right.partNumber);
  const parts = behind.slice(0, entriesMax);
  const encode = ossNameEncoder(request);
  const listed = [];
  for (const part of parts) {
    listed.push({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${ossEtag(part.etag)}"`,
      HashCrc64ecma: part.crc64ecma ?? await crc64OfPieces(bucket.paths, part.pieces),
      Size: part.sizeBytes,
    });
  }
  const body = writeXml("ListPartsResult", {
    EncodingType: request.query.get("encoding-type") || undefined,
    Bucket: bucket.name,
    Key: encode(upload.record.key),
    UploadId: upload.record.uploadId,
    StorageClass: ossClassOf(upload.record.headers.storageClass),
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.partNumber ?? marker,
    MaxParts: entriesMax,
    IsTruncated: behind.length > parts.length,
    Part: listed,
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}

/** ListMultipartUploads: by key, and within a key by upload id. */
export function ossListUploads(context: OssContext): S3Answer {
  const { query } = context.request;
  const bucket = ossBucketOf(context);
  const encode = ossNameEncoder(context.request);
  const [prefix = "", delimiter = "", keyMarker = ""] = ["prefix", "delimiter", "key-marker"].map((name) => query.get(name));
  const idMarker = keyMarker === "" ? "" : query.get("upload-id-marker") ?? "";
  const entriesMax = ossQueryNumber(context.request, "max-uploads", { least: 1, most: PAGE_ENTRIES_MAX, absent: PAGE_ENTRIES_MAX });
  const page = cutUploadPage(bucket, { prefix, delimiter, keyMarker, idMarker, entriesMax });
  const body = writeXml("ListMultipartUploadsResult", {
    EncodingType: query.get("encoding-type") || undefined,
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: encode(page.nextKeyMarker),
    NextUploadIdMarker: page.nextIdMarker,
    Delimiter: encode(delimiter),
    Prefix: encode(prefix),
    MaxUploads: entriesMax,
    IsTruncated: page.truncated,
    Upload: page.entries.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.uploadId,
      StorageClass: ossClassOf(upload.headers.storageClass),
      Initiated: new Date(upload.initiatedMs).toISOString(),
    })),
    CommonPrefixes: page.commonPrefixes.map((common) => ({ Prefix: encode(common) })),
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}
