/**
 * CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload. Completing names the parts' data
 * files in one record and moves no byte.
 */
import { removeData, writeData } from "../disk/data.ts";
import type { DiskBucket } from "../disk/bucket.ts";
import type { PartRecord, StoredChecksum, UploadRecord } from "../disk/records.ts";
import type { OpenUpload } from "../disk/upload.ts";
import {
  CHECKSUM_ALGORITHMS,
  checksumElement,
  checksumElements,
  checksumHeader,
  checksumHeaders,
  checksumTypeName,
  combineParts,
  declaredForUpload,
  multipartEtag,
  typeNamed,
} from "./checksum.ts";
import { unquoted } from "./conditions.ts";
import { copyDocument, copySpan, openCopySource } from "./copy.ts";
import { S3Error } from "./errors.ts";
import { objectHeadersFrom, tagsFrom } from "./headers.ts";
import { wholeSeconds, writeCheckFrom } from "./object.ts";
import { openPayload, PAYLOAD_BYTES_MAX, readDocument } from "./payload.ts";
import { copyRange } from "./range.ts";
import { headerOf } from "../request_line.ts";
import { bucketOf, keyOf, type S3Answer, type S3Context, type S3Request } from "./request.ts";
import { childText, parseXml, requiredText, writeXml, type XmlElement } from "./xml.ts";

/** "Multipart upload limits": part numbers 1 to 10,000. */
const PART_NUMBER_MAX = 10_000;
/** 10,000 parts with every checksum fit in a quarter of this. */
const COMPLETE_DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** CreateMultipartUpload. */
export async function createMultipartUpload(context: S3Context): Promise<S3Answer> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const headers = objectHeadersFrom(request);
  const tags = tagsFrom(request);
  const checksum = declaredForUpload(request);
  const uploadId = await bucket.uploads.create({
    key,
    initiatedMs: wholeSeconds(context.nowMs),
    headers: tags === undefined || Object.keys(tags).length === 0 ? headers : { ...headers, tags },
    ...(checksum !== undefined && { checksum }),
  }, context.nowMs);
  return {
    status: 200,
    headers: checksum === undefined ? {} : {
      "x-amz-checksum-algorithm": checksum.algorithm.toUpperCase(),
      "x-amz-checksum-type": checksumTypeName(checksum.type),
    },
    body: writeXml("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: uploadId }),
  };
}

/** UploadPart. */
export async function uploadPart(context: S3Context): Promise<S3Answer> {
  const { bucket, upload, partNumber } = partTarget(context);
  const declared = upload.record.checksum;
  const payload = await openPayload(context, declared?.type === "full" ? declared.algorithm : undefined);
  if (declared !== undefined && payload.declared !== declared.algorithm && (declared.type === "composite" || payload.declared)) {
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${declared.algorithm}, actual checksum Type: ${payload.declared ?? "null"}`,
    );
  }
  const pieces = await writeData(bucket.paths, payload.chunks(), context.alter);
  const part: PartRecord = {
    partNumber,
    sizeBytes: payload.sizeBytes,
    etag: payload.md5(),
    checksums: payload.checksums(),
    lastModifiedMs: wholeSeconds(context.nowMs),
    pieces,
  };
  await keepPart(bucket, upload.record, part);
  return { status: 200, headers: { "ETag": `"${part.etag}"`, ...partChecksumHeaders(part.checksums) } };
}

/** UploadPartCopy. */
export async function uploadPartCopy(context: S3Context): Promise<S3Answer> {
  const { bucket, upload, partNumber } = partTarget(context);
  const source = await openCopySource(context);
  try {
    const { sizeBytes } = source.held.record;
    const range = copyRange(headerOf(context.request, "x-amz-copy-source-range"), sizeBytes);
    const lengthBytes = range === undefined ? sizeBytes : range.last - range.first + 1;
    if (lengthBytes > PAYLOAD_BYTES_MAX) throw new S3Error("InvalidRequest", "The specified copy source is larger than a part may be");
    const bytes = await copySpan(source, bucket.paths, range, upload.record.checksum?.algorithm);
    const part: PartRecord = {
      partNumber,
      sizeBytes: lengthBytes,
      etag: bytes.md5,
      checksums: bytes.checksums,
      lastModifiedMs: wholeSeconds(context.nowMs),
      pieces: bytes.pieces,
    };
    await keepPart(bucket, upload.record, part);
    return { status: 200, headers: {}, body: copyDocument("CopyPartResult", part.etag, part.lastModifiedMs, part.checksums) };
  } finally {
    source.held.release();
  }
}

/** A part's answer tells the value alone: the type belongs to objects. */
function partChecksumHeaders(checksums: readonly StoredChecksum[]): Record<string, string> {
  return Object.fromEntries(checksums.map(({ algorithm, value }) => [checksumHeader(algorithm), value]));
}

function partTarget(context: S3Context): { bucket: DiskBucket; upload: OpenUpload; partNumber: number } {
  const bucket = bucketOf(context);
  const text = context.request.query.get("partNumber") ?? "";
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > PART_NUMBER_MAX) {
    throw new S3Error("InvalidArgument", `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`, {
      details: { ArgumentName: "partNumber", ArgumentValue: text },
    });
  }
  return { bucket, upload: uploadOf(context, bucket), partNumber };
}

/** The upload of the request. Throws NoSuchUpload. */
export function uploadOf(context: S3Context, bucket: DiskBucket): OpenUpload {
  const uploadId = context.request.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(keyOf(context), uploadId);
  if (upload === undefined) throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return upload;
}

async function keepPart(bucket: DiskBucket, upload: UploadRecord, part: PartRecord): Promise<void> {
  try {
    if (await bucket.uploads.addPart(upload.key, upload.uploadId, part)) return;
  } catch (error) {
    await removeData(bucket.paths, part.pieces);
    throw error;
  }
  throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: upload.uploadId } });
}

/** AbortMultipartUpload. */
export async function abortMultipartUpload(context: S3Context): Promise<S3Answer> {
  const bucket = bucketOf(context);
  const { uploadId } = uploadOf(context, bucket).record;
  await bucket.uploads.exclusively(uploadId, () => bucket.uploads.forget(uploadOf(context, bucket), new Set()));
  return { status: 204, headers: {} };
}

/** CompleteMultipartUpload. A second one for the same upload, while its object is still there, is answered like the first. */
export async function completeMultipartUpload(context: S3Context): Promise<S3Answer> {
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const check = writeCheckFrom(context.request);
  const wanted = wantedParts(parseXml(await readDocument(context, COMPLETE_DOCUMENT_BYTES_MAX), "CompleteMultipartUpload"));
  const uploadId = context.request.query.get("uploadId") ?? "";
  return await bucket.uploads.exclusively(uploadId, async () => {
    const upload = bucket.uploads.get(key, uploadId);
    if (upload === undefined) return await answerAgain(context, bucket, key, uploadId);
    const parts = chosenParts(upload, wanted, context.partSizeMinBytes);
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const checksum = await objectChecksum(context.request, upload.record, parts, sizeBytes);
    const record = await bucket.commit({
      key,
      sizeBytes,
      etag: multipartEtag(parts.map((part) => part.etag)),
      lastModifiedMs: wholeSeconds(context.nowMs),
      headers: upload.record.headers,
      checksums: checksum === undefined ? [] : [checksum],
      pieces: parts.flatMap((part) => part.pieces),
      parts: parts.map((part) => ({ partNumber: part.partNumber, sizeBytes: part.sizeBytes, checksums: part.checksums })),
      uploadId,
    }, check);
    await bucket.uploads.forget(upload, new Set(parts));
    return completed(context, bucket.name, key, record.etag, record.checksums);
  });
}

async function answerAgain(context: S3Context, bucket: DiskBucket, key: string, uploadId: string): Promise<S3Answer> {
  const held = await bucket.open(key);
  held?.release();
  if (held?.record.uploadId !== uploadId) throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return completed(context, bucket.name, key, held.record.etag, held.record.checksums);
}

function completed(context: S3Context, bucket: string, key: string, etag: string, checksums: readonly StoredChecksum[]): S3Answer {
  const [checksum] = checksums;
  const location = `http://${headerOf(context.request, "host") ?? "localhost"}${context.request.rawPath}`;
  return {
    status: 200,
    headers: checksumHeaders(checksums),
    body: writeXml("CompleteMultipartUploadResult", {
      Location: location,
      Bucket: bucket,
      Key: key,
      ETag: `"${etag}"`,
      ...checksumElements(checksums),
      ...(checksum !== undefined && { ChecksumType: checksumTypeName(checksum.type) }),
    }),
  };
}

interface WantedPart {
  readonly partNumber: number;
  readonly etag: string;
  readonly element: XmlElement;
}

function wantedParts(root: XmlElement): WantedPart[] {
  const wanted = (root.children["Part"] ?? []).map((element) => {
    const text = requiredText(element, "PartNumber").trim();
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > PART_NUMBER_MAX) throw new S3Error("MalformedXML");
    return { partNumber: Number(text), etag: unquoted(requiredText(element, "ETag").trim()), element };
  });
  if (wanted.length === 0 || wanted.length > PART_NUMBER_MAX) throw new S3Error("MalformedXML");
  wanted.forEach((part, index) => {
    if (index > 0 && part.partNumber <= (wanted[index - 1]?.partNumber ?? 0)) throw new S3Error("InvalidPartOrder");
  });
  return wanted;
}

function chosenParts(upload: OpenUpload, wanted: readonly WantedPart[], partSizeMinBytes: number): PartRecord[] {
  return wanted.map(({ partNumber, etag, element }, index) => {
    const part = upload.parts.get(partNumber);
    const details = { UploadId: upload.record.uploadId, PartNumber: String(partNumber), ETag: etag };
    if (part === undefined || part.etag !== etag) throw new S3Error("InvalidPart", undefined, { details });
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const said = childText(element, checksumElement(algorithm));
      const known = part.checksums.find((checksum) => checksum.algorithm === algorithm)?.value;
      if (said !== undefined && said !== known) throw new S3Error("InvalidPart", undefined, { details });
      if (said === undefined && upload.record.checksum?.type === "composite" && upload.record.checksum.algorithm === algorithm) {
        throw new S3Error(
          "InvalidRequest",
          `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. ` +
            `It was missing for part ${partNumber} in the request`,
        );
      }
    }
    if (index < wanted.length - 1 && part.sizeBytes < partSizeMinBytes) {
      throw new S3Error("EntityTooSmall", undefined, {
        details: { ...details, ProposedSize: String(part.sizeBytes), MinSizeAllowed: String(partSizeMinBytes) },
      });
    }
    return part;
  });
}

/** The checksum of the whole, compared with what the request says it is. */
async function objectChecksum(
  request: S3Request,
  upload: UploadRecord,
  parts: readonly PartRecord[],
  sizeBytes: number,
): Promise<StoredChecksum | undefined> {
  const size = headerOf(request, "x-amz-mp-object-size");
  if (size !== undefined && size !== String(sizeBytes)) {
    throw new S3Error(
      "InvalidRequest",
      `The provided x-amz-mp-object-size header value ${size} does not match what was computed: ${sizeBytes}`,
    );
  }
  const type = typeNamed(headerOf(request, "x-amz-checksum-type"));
  if (type !== undefined && upload.checksum !== undefined && type !== upload.checksum.type) {
    throw new S3Error("InvalidRequest", `The upload was created using the ${checksumTypeName(upload.checksum.type)} checksum mode`);
  }
  const said = CHECKSUM_ALGORITHMS.find((algorithm) => request.headers.has(checksumHeader(algorithm)));
  const algorithm = upload.checksum?.algorithm ?? said;
  if (algorithm === undefined) return undefined;
  if (said !== undefined && said !== algorithm) {
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm}, actual checksum Type: ${said}`,
    );
  }
  const checksum = await combineParts(algorithm, upload.checksum?.type ?? type ?? "full", parts);
  if (said === undefined) return checksum;
  if (checksum === undefined) throw new S3Error("InvalidRequest", `The parts of this upload have no ${algorithm} checksum`);
  const value = headerOf(request, checksumHeader(said));
  if (value !== checksum.value && value !== checksum.value.split("-")[0]) {
    throw new S3Error("BadDigest", `The ${said.toUpperCase()} you specified did not match the calculated checksum`);
  }
  return checksum;
}
