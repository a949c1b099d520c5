/**
 * InitiateMultipartUpload, UploadPart, UploadPartCopy and CompleteMultipartUpload of OSS. Completing names the parts' data files in one
 * record and moves no byte; the CRC-64 of the whole is combined from those of the parts.
 */
import { combineCrc } from "../../bytes/crc_combine.ts";
import type { DiskBucket } from "../disk/bucket.ts";
import { writeData } from "../disk/data.ts";
import { type PartRecord, wholeSeconds } from "../disk/records.ts";
import type { OpenUpload } from "../disk/upload.ts";
import { encodingType, nameEncoder } from "../listing.ts";
import { keepPart, type PartTarget, partTarget, uploadOf, type WantedPart, wantedParts } from "../parts.ts";
import { bucketOf, headerOf, keyOf, type StoreResponse, xmlResponse } from "../request.ts";
import { multipartEtag } from "../s3/checksum.ts";
import { parseXml } from "../s3/xml.ts";
import { base64OfHex, crc64OfPieces, type Digested, openBody, OSS_BODY_BYTES_MAX, readOssDocument } from "./body.ts";
import { openOssSource, ossCopiedFields, ossCopyRange, sourceSpan } from "./copy.ts";
import { OssError } from "./errors.ts";
import { ossEtag } from "./forms.ts";
import { ossHeadersAndTags } from "./headers.ts";
import { crc64Header, forbidOverwrite } from "./object.ts";
import type { OssContext } from "./words.ts";

/** Far above 10,000 parts. */
const COMPLETE_DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

/** InitiateMultipartUpload. */
export async function ossCreateUpload(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const headers = ossHeadersAndTags(request);
  forbidOverwrite(request)(bucket.index.get(key));
  const uploadId = await bucket.uploads.create({ key, initiatedMs: wholeSeconds(context.nowMs), headers }, context.nowMs);
  const encode = nameEncoder(context);
  return xmlResponse(context, "InitiateMultipartUploadResult", {
    EncodingType: encodingType(context),
    Bucket: bucket.name,
    Key: encode(key),
    UploadId: uploadId,
  });
}

/** UploadPart. */
export async function ossUploadPart(context: OssContext): Promise<StoreResponse> {
  const target = partTarget(context);
  const bytes = await openBody(context.request);
  const part = await writePart(context, target, bytes);
  const said = { "ETag": `"${ossEtag(part.etag)}"`, "Content-MD5": base64OfHex(part.etag) };
  return { status: 200, headers: { ...said, ...crc64Header(bytes.crc64()) } };
}

/** UploadPartCopy. A range that is not within the source copies everything ("UploadPartCopy", x-oss-copy-source-range). */
export async function ossUploadPartCopy(context: OssContext): Promise<StoreResponse> {
  const target = partTarget(context);
  const source = await openOssSource(context);
  try {
    const { sizeBytes } = source.held.record;
    const range = ossCopyRange(headerOf(context.request, "x-oss-copy-source-range"), sizeBytes);
    if ((range === undefined ? sizeBytes : range.last - range.first + 1) > OSS_BODY_BYTES_MAX) throw new OssError("EntityTooLarge");
    const bytes = await sourceSpan(source, range);
    const part = await writePart(context, target, bytes);
    const headers: Record<string, string> = { "ETag": `"${ossEtag(part.etag)}"`, ...crc64Header(bytes.crc64()) };
    if (range !== undefined) headers["Content-Range"] = `bytes ${range.first}-${range.last}/${sizeBytes}`;
    return { ...xmlResponse(context, "CopyPartResult", ossCopiedFields(part)), headers };
  } finally {
    source.held.release();
  }
}

async function writePart(context: OssContext, target: PartTarget, bytes: Digested): Promise<PartRecord> {
  const pieces = await writeData(target.bucket.paths, bytes.chunks(), context.alter);
  return await keepPart(context, target, {
    sizeBytes: bytes.sizeBytes(),
    etag: bytes.md5(),
    checksums: [],
    crc64ecma: bytes.crc64(),
    pieces,
  });
}

/** CompleteMultipartUpload. A second one finds no upload: "its upload ID becomes invalid". */
export async function ossCompleteUpload(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const check = forbidOverwrite(request);
  const { uploadId } = uploadOf(context, bucket).record;
  const all = headerOf(request, "x-oss-complete-all")?.toLowerCase() === "yes";
  const document = await readOssDocument(request, COMPLETE_DOCUMENT_BYTES_MAX);
  if (all && document.length > 0) throw new OssError("InvalidArgument", "The body must be empty when x-oss-complete-all is yes.");
  const wanted = all ? undefined : wantedParts(parseXml(document, "CompleteMultipartUpload"), context.words);
  return await bucket.uploads.exclusively(uploadId, async () => {
    const upload = uploadOf(context, bucket);
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
    const encode = nameEncoder(context);
    const response = xmlResponse(context, "CompleteMultipartUploadResult", {
      EncodingType: encodingType(context),
      Location: `http://${headerOf(request, "host") ?? "localhost"}${request.rawPath}`,
      Bucket: bucket.name,
      Key: encode(key),
      ETag: etag,
    });
    return { ...response, headers: { "ETag": etag, ...crc64Header(crc64) } };
  });
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
