/**
 * CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload. Completing names the parts' data files in one record and
 * moves no byte.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import { writeData } from "../disk/data.ts";
import { type ObjectRecord, type PartRecord, type StoredChecksum, type UploadRecord, wholeSeconds } from "../disk/records.ts";
import type { OpenUpload } from "../disk/upload.ts";
import { keepPart, partTarget, type WantedPart, wantedParts } from "../parts.ts";
import { bucketOf, headerOf, keyOf, type StoreRequest, type StoreResponse, xmlResponse } from "../request.ts";
import {
  CHECKSUM_ALGORITHMS,
  checksumElement,
  checksumHeader,
  checksumHeaders,
  checksumTypeName,
  combineParts,
  declaredForUpload,
  multipartEtag,
  typeNamed,
} from "./checksum.ts";
import { copiedFields, copySpan, openCopySource } from "./copy.ts";
import { S3Error } from "./errors.ts";
import { objectHeadersFrom, tagsFrom } from "./headers.ts";
import { writeCheckFrom } from "./object.ts";
import { openPayload, PAYLOAD_BYTES_MAX, readDocument } from "./payload.ts";
import { copyRange } from "./range.ts";
import type { S3Context } from "./words.ts";
import { childText, parseXml } from "./xml.ts";
import { checksumElements } from "./checksum.ts";

/** 10,000 parts with every checksum fit in a quarter of this. */
const COMPLETE_DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** CreateMultipartUpload. */
export async function createMultipartUpload(context: S3Context): Promise<StoreResponse> {
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
  const response = xmlResponse(context, "InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: uploadId });
  if (checksum === undefined) return response;
  const declared = {
    "x-amz-checksum-algorithm": checksum.algorithm.toUpperCase(),
    "x-amz-checksum-type": checksumTypeName(checksum.type),
  };
  return { ...response, headers: declared };
}

/** UploadPart. */
export async function uploadPart(context: S3Context): Promise<StoreResponse> {
  const target = partTarget(context);
  const { bucket, upload } = target;
  const declared = upload.record.checksum;
  const payload = await openPayload(context, declared?.type === "full" ? declared.algorithm : undefined);
  if (declared !== undefined && payload.declared !== declared.algorithm && (declared.type === "composite" || payload.declared)) {
    throw new S3Error(
      "InvalidRequest",
      `Checksum Type mismatch occurred, expected checksum Type: ${declared.algorithm}, actual checksum Type: ${payload.declared ?? "null"}`,
    );
  }
  const pieces = await writeData(bucket.paths, payload.chunks(), context.alter);
  const bytes = { sizeBytes: payload.sizeBytes, etag: payload.md5(), checksums: payload.checksums(), pieces };
  const part = await keepPart(context, target, bytes);
  return { status: 200, headers: { "ETag": `"${part.etag}"`, ...partChecksumHeaders(part.checksums) } };
}

/** UploadPartCopy. */
export async function uploadPartCopy(context: S3Context): Promise<StoreResponse> {
  const target = partTarget(context);
  const source = await openCopySource(context);
  try {
    const { sizeBytes } = source.held.record;
    const range = copyRange(headerOf(context.request, "x-amz-copy-source-range"), sizeBytes);
    const lengthBytes = range === undefined ? sizeBytes : range.last - range.first + 1;
    if (lengthBytes > PAYLOAD_BYTES_MAX) throw new S3Error("InvalidRequest", "The specified copy source is larger than a part may be");
    const { paths } = target.bucket;
    const bytes = await copySpan(source, paths, { range, algorithm: target.upload.record.checksum?.algorithm });
    const part = await keepPart(context, target, { ...bytes, sizeBytes: lengthBytes });
    return xmlResponse(context, "CopyPartResult", copiedFields(part));
  } finally {
    source.held.release();
  }
}

/** The response to a part has the value alone: the type belongs to objects. */
function partChecksumHeaders(checksums: readonly StoredChecksum[]): Record<string, string> {
  return Object.fromEntries(checksums.map(({ algorithm, value }) => [checksumHeader(algorithm), value]));
}

/** CompleteMultipartUpload. A second one for the same upload, while its object is still there, gets the same response. */
export async function completeMultipartUpload(context: S3Context): Promise<StoreResponse> {
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const check = writeCheckFrom(context.request);
  const wanted = wantedParts(parseXml(await readDocument(context, COMPLETE_DOCUMENT_BYTES_MAX), "CompleteMultipartUpload"), context.words);
  const uploadId = context.request.query.get("uploadId") ?? "";
  return await bucket.uploads.exclusively(uploadId, async () => {
    const upload = bucket.uploads.get(key, uploadId);
    if (upload === undefined) return await completedBefore(context, bucket, uploadId);
    const parts = chosenParts(upload, wanted, context.partSizeMinBytes);
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const checksum = await objectChecksum(context.request, upload.record, { parts, sizeBytes });
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
    return completed(context, record);
  });
}

async function completedBefore(context: S3Context, bucket: DiskBucket, uploadId: string): Promise<StoreResponse> {
  const held = await bucket.open(keyOf(context));
  held?.release();
  if (held?.record.uploadId !== uploadId) throw new S3Error("NoSuchUpload", undefined, { details: { UploadId: uploadId } });
  return completed(context, held.record);
}

function completed(context: S3Context, { key, etag, checksums }: ObjectRecord): StoreResponse {
  const { request } = context;
  const [checksum] = checksums;
  const response = xmlResponse(context, "CompleteMultipartUploadResult", {
    Location: `http://${headerOf(request, "host") ?? "localhost"}${request.rawPath}`,
    Bucket: bucketOf(context).name,
    Key: key,
    ETag: `"${etag}"`,
    ...checksumElements(checksums),
    ...(checksum !== undefined && { ChecksumType: checksumTypeName(checksum.type) }),
  });
  return { ...response, headers: checksumHeaders(checksums) };
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
  request: StoreRequest,
  upload: UploadRecord,
  { parts, sizeBytes }: { readonly parts: readonly PartRecord[]; readonly sizeBytes: number },
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
