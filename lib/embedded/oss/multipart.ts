/**
 * InitiateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload and AbortMultipartUpload of OSS. Completing names the parts'
 * data files in one record and moves no byte; the CRC-64 of the whole is combined from those of the parts.
 */
import { combineCrc } from "../../bytes/crc_combine.ts";
import type { DiskBucket } from "../disk/bucket.ts";
import { removeData, writeData } from "../disk/data.ts";
import type { PartRecord } from "../disk/records.ts";
import type { OpenUpload } from "../disk/upload.ts";
import { base64OfHex, crc64OfPieces, type Digested, openBody, OSS_BODY_BYTES_MAX, readOssDocument } from "./body.ts";
import { openOssSource, ossCopyDocument, ossCopyRange, sourceSpan } from "./copy.ts";
import { OssError } from "./errors.ts";
import { ossEtag, ossHeadersAndTags } from "./headers.ts";
import { ossNameEncoder } from "./list.ts";
import { crc64Header, forbidOverwrite } from "./object.ts";
import { ossBucketOf, type OssContext, ossKeyOf } from "./request.ts";
import { multipartEtag } from "../s3/checksum.ts";
import { unquoted } from "../s3/conditions.ts";
import { wholeSeconds } from "../s3/object.ts";
import { headerOf } from "../request_line.ts";
import type { S3Answer } from "../s3/request.ts";
import { parseXml, requiredText, writeXml, type XmlElement } from "../s3/xml.ts";

/** "Limits": part numbers 1 to 10,000. */
const PART_NUMBER_MAX = 10_000;
/** Far above 10,000 parts. */
const COMPLETE_DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

/** InitiateMultipartUpload. */
export async function ossCreateUpload(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const key = ossKeyOf(context);
  const headers = ossHeadersAndTags(request);
  forbidOverwrite(request)(bucket.index.get(key));
  const uploadId = await bucket.uploads.create({ key, initiatedMs: wholeSeconds(context.nowMs), headers }, context.nowMs);
  const encode = ossNameEncoder(request);
  const body = writeXml("InitiateMultipartUploadResult", {
    EncodingType: request.query.get("encoding-type") || undefined,
    Bucket: bucket.name,
    Key: encode(key),
    UploadId: uploadId,
  }, { namespace: false });
  return { status: 200, headers: {}, body };
}

/** UploadPart. */
export async function ossUploadPart(context: OssContext): Promise<S3Answer> {
  const target = partTarget(context);
  const bytes = await openBody(context.request);
  const part = await keepPart(context, target, bytes);
  const told = { "ETag": `"${ossEtag(part.etag)}"`, "Content-MD5": base64OfHex(part.etag) };
  return { status: 200, headers: { ...told, ...crc64Header(bytes.crc64()) } };
}

/** UploadPartCopy. A range that is not within the source copies everything ("UploadPartCopy", x-oss-copy-source-range). */
export async function ossUploadPartCopy(context: OssContext): Promise<S3Answer> {
  const target = partTarget(context);
  const source = await openOssSource(context);
  try {
    const { sizeBytes } = source.held.record;
    const range = ossCopyRange(headerOf(context.request, "x-oss-copy-source-range"), sizeBytes);
    if ((range === undefined ? sizeBytes : range.last - range.first + 1) > OSS_BODY_BYTES_MAX) throw new OssError("EntityTooLarge");
    const bytes = await sourceSpan(source, range);
    const part = await keepPart(context, target, bytes);
    const headers: Record<string, string> = { "ETag": `"${ossEtag(part.etag)}"`, ...crc64Header(bytes.crc64()) };
    if (range !== undefined) headers["Content-Range"] = `bytes ${range.first}-${range.last}/${sizeBytes}`;
    return { status: 200, headers, body: ossCopyDocument("CopyPartResult", part.etag, part.lastModifiedMs) };
  } finally {
    source.held.release();
  }
}

interface PartTarget {
  readonly bucket: DiskBucket;
  readonly upload: OpenUpload;
  readonly partNumber: number;
}

function partTarget(context: OssContext): PartTarget {
  const bucket = ossBucketOf(context);
  const text = context.request.query.get("partNumber") ?? "";
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > PART_NUMBER_MAX) {
    throw new OssError("InvalidArgument", `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive.`, {
      details: { ArgumentName: "partNumber", ArgumentValue: text },
    });
  }
  return { bucket, upload: ossUploadOf(context, bucket), partNumber };
}

/** The upload of the request. Throws NoSuchUpload. */
export function ossUploadOf(context: OssContext, bucket: DiskBucket): OpenUpload {
  const uploadId = context.request.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(ossKeyOf(context), uploadId);
  if (upload === undefined) throw new OssError("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return upload;
}

async function keepPart(context: OssContext, { bucket, upload, partNumber }: PartTarget, bytes: Digested): Promise<PartRecord> {
  const { key, uploadId } = upload.record;
  const pieces = await writeData(bucket.paths, bytes.chunks(), context.alter);
  const part: PartRecord = {
    partNumber,
    sizeBytes: bytes.sizeBytes(),
    etag: bytes.md5(),
    checksums: [],
    crc64ecma: bytes.crc64(),
    lastModifiedMs: wholeSeconds(context.nowMs),
    pieces,
  };
  try {
    if (await bucket.uploads.addPart(key, uploadId, part)) return part;
  } catch (error) {
    await removeData(bucket.paths, pieces);
    throw error;
  }
  throw new OssError("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
}

/** AbortMultipartUpload. */
export async function ossAbortUpload(context: OssContext): Promise<S3Answer> {
  const bucket = ossBucketOf(context);
  const { uploadId } = ossUploadOf(context, bucket).record;
  await bucket.uploads.exclusively(uploadId, () => bucket.uploads.forget(ossUploadOf(context, bucket), new Set()));
  return { status: 204, headers: {} };
}

/** CompleteMultipartUpload. A second one finds no upload: "its upload ID becomes invalid". */
export async function ossCompleteUpload(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const key = ossKeyOf(context);
  const check = forbidOverwrite(request);
  const { uploadId } = ossUploadOf(context, bucket).record;
  const all = headerOf(request, "x-oss-complete-all")?.toLowerCase() === "yes";
  const document = await readOssDocument(request, COMPLETE_DOCUMENT_BYTES_MAX);
  if (all && document.length > 0) throw new OssError("InvalidArgument", "The body must be empty when x-oss-complete-all is yes.");
  const wanted = all ? undefined : wantedParts(parseXml(document, "CompleteMultipartUpload"));
  return await bucket.uploads.exclusively(uploadId, async () => {
    const upload = ossUploadOf(context, bucket);
    const parts = chosenParts(upload, wanted, context.partSizeMinBytes);
    const crc64 = await combinedCrc64(bucket, parts);
    const record = await bucket.commit({
      key,
      sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
      etag: multipartEtag(parts.map((part) => part.etag)),
      lastModifiedMs: wholeSeconds(context.nowMs),
      headers: upload.record.headers,
      checksums: [],
      crc64ecma: crc64,
      pieces: parts.flatMap((part) => part.pieces),
      parts: parts.map((part) => ({ partNumber: part.partNumber, sizeBytes: part.sizeBytes, checksums: part.checksums })),
      uploadId,
    }, check);
    await bucket.uploads.forget(upload, new Set(parts));
    const etag = `"${ossEtag(record.etag)}"`;
    const encode = ossNameEncoder(request);
    const body = writeXml("CompleteMultipartUploadResult", {
      EncodingType: request.query.get("encoding-type") || undefined,
      Location: `http://${headerOf(request, "host") ?? "localhost"}${request.rawPath}`,
      Bucket: bucket.name,
      Key: encode(key),
      ETag: etag,
    }, { namespace: false });
    return { status: 200, headers: { "ETag": etag, ...crc64Header(crc64) }, body };
  });
}

interface WantedPart {
  readonly partNumber: number;
  readonly etag: string;
}

function wantedParts(root: XmlElement): WantedPart[] {
  const wanted = (root.children["Part"] ?? []).map((element) => {
    const text = requiredText(element, "PartNumber").trim();
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > PART_NUMBER_MAX) throw new OssError("InvalidArgument");
    return { partNumber: Number(text), etag: unquoted(requiredText(element, "ETag").trim()) };
  });
  if (wanted.length === 0 || wanted.length > PART_NUMBER_MAX) throw new OssError("MalformedXML");
  wanted.forEach((part, index) => {
    if (index > 0 && part.partNumber <= (wanted[index - 1]?.partNumber ?? 0)) throw new OssError("InvalidPartOrder");
  });
  return wanted;
}

/** The parts asked for, or all of them in order. */
function chosenParts(upload: OpenUpload, wanted: readonly WantedPart[] | undefined, partSizeMinBytes: number): PartRecord[] {
  const chosen = wanted === undefined
    ? Array.from(upload.parts.values()).sort((left, right) => left.partNumber - right.partNumber)
    : wanted.map(({ partNumber, etag }) => {
      const part = upload.parts.get(partNumber);
      if (part !== undefined && ossEtag(part.etag) === etag) return part;
      throw new OssError("InvalidPart", undefined, {
        details: { ETag: etag, PartNumber: String(partNumber), UploadId: upload.record.uploadId },
      });
    });
  if (chosen.length === 0) throw new OssError("InvalidPart", undefined, { details: { UploadId: upload.record.uploadId } });
  for (const part of chosen.slice(0, -1)) {
    if (part.sizeBytes >= partSizeMinBytes) continue;
    const details = {
      ETag: ossEtag(part.etag),
      MinSizeAllowed: String(partSizeMinBytes),
      PartNumber: String(part.partNumber),
      ProposedSize: String(part.sizeBytes),
    };
    throw new OssError("EntityTooSmall", undefined, { details });
  }
  return chosen;
}

async function combinedCrc64(bucket: DiskBucket, parts: readonly PartRecord[]): Promise<string> {
  let whole = 0n;
  for (const part of parts) {
    whole = combineCrc("crc64ecma", whole, BigInt(part.crc64ecma ?? await crc64OfPieces(bucket.paths, part.pieces)), part.sizeBytes);
  }
  return whole.toString();
}
