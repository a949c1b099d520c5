/**
 * Beginning and ending multipart uploads, and copies on the server. Must never be clever after an error: whether a Complete worked in
 * spite of it is asked by the session.
 */
import type { CompletedPart } from "@aws-sdk/client-s3";
import { TransferError } from "../errors.ts";
import type { ChecksumAlgorithm, ObjectHeaders, PartInfo, WriteCondition } from "../types.ts";
import { call, quoted, type S3Bucket, unquoted } from "./s3_call.ts";
import { addHeader } from "./s3_client.ts";
import { isKeyed, withEtagDigest } from "./etag_digest.ts";
import { CHECKSUM_FIELDS, type ChecksumFields, checksumName, checksumsOf, fieldsOf, isS3Checksum } from "./s3_headers.ts";
import type { CompleteUploadOptions, CopySource, CreateUploadOptions, WriteAnswer } from "../store/store.ts";

/** Begins an upload and answers its id. */
export async function createUpload(bucket: S3Bucket, key: string, options: CreateUploadOptions): Promise<string> {
  const what = `Cannot begin an upload to ${bucket.label}/${key}`;
  const answer = await call(bucket, { what, key, signal: options.signal }, ({ sdk, client }, send) => {
    const command = new sdk.CreateMultipartUploadCommand({
      Bucket: bucket.ready.bucket,
      Key: key,
      ...fieldsOf(options.headers, bucket.ready.capabilities.tags),
      ...declared(bucket, options.checksum),
    });
    if (options.headers.expires !== undefined) addHeader(command, "expires", options.headers.expires);
    for (const [name, value] of Object.entries(options.headers.other ?? {})) addHeader(command, name, value);
    return client.send(command, send);
  });
  if (answer.UploadId === undefined || answer.UploadId === "") throw new TransferError("server", `${what}: the answer names no upload id`);
  return answer.UploadId;
}

/** CRC64NVME is always of the whole object, and the SHA kinds never (S3 user guide, "Checking object integrity"). */
function declared(bucket: S3Bucket, checksum: CreateUploadOptions["checksum"]) {
  if (checksum === undefined || !isS3Checksum(checksum.algorithm)) return {};
  if (!bucket.ready.capabilities.checksums.includes(checksum.algorithm)) return {};
  return {
    ChecksumAlgorithm: checksumName(checksum.algorithm),
    ChecksumType: checksum.type === "full" ? "FULL_OBJECT" as const : "COMPOSITE" as const,
  };
}

/** Puts the parts together. */
export async function completeUpload(
  bucket: S3Bucket,
  key: string,
  uploadId: string,
  options: CompleteUploadOptions,
): Promise<WriteAnswer> {
  const { checksum } = options;
  const attempt = { what: `Cannot complete the upload to ${bucket.label}/${key}`, key, signal: options.signal, patient: true };
  const answer = await call(bucket, { ...attempt, condition: "destination" }, ({ sdk, client }, send) =>
    client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket: bucket.ready.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: options.parts.map((part) => completedPart(part, options.partChecksums)) },
        ...(bucket.habits.sizeOnComplete && { MpuObjectSize: options.sizeBytes }),
        ...(checksum !== undefined && isS3Checksum(checksum.algorithm) && {
          [CHECKSUM_FIELDS[checksum.algorithm]]: checksum.value,
          ChecksumType: checksum.type === "full" ? "FULL_OBJECT" : "COMPOSITE",
        }),
        ...conditionFields(options.condition),
      }),
      send,
    ));
  return writeAnswer(bucket, answer, answer);
}

function completedPart(part: PartInfo, algorithm: CompleteUploadOptions["partChecksums"]): CompletedPart {
  if (part.etag === undefined) throw new TransferError("bug", `Part ${part.partNumber} has no ETag`);
  const completed: CompletedPart = { PartNumber: part.partNumber, ETag: quoted(part.etag) };
  if (algorithm !== undefined && isS3Checksum(algorithm)) {
    const value = part.checksums.find((checksum) => checksum.algorithm === algorithm)?.value;
    if (value !== undefined) completed[CHECKSUM_FIELDS[algorithm as ChecksumAlgorithm]] = value;
  }
  return completed;
}

function conditionFields(condition: WriteCondition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (condition === undefined) return {};
  return "absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: quoted(condition.etag) };
}

/** Ends an upload; that it is gone already is no error. */
export async function abortUpload(bucket: S3Bucket, key: string, uploadId: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await call(
      bucket,
      { what: `Cannot abort an upload to ${bucket.label}/${key}`, key, signal },
      ({ sdk, client }, send) =>
        client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket.ready.bucket, Key: key, UploadId: uploadId }), send),
    );
  } catch (error) {
    if (error instanceof TransferError && (error.kind === "uploadLost" || error.kind === "notFound")) return;
    throw error;
  }
}

/** Copies an object in one request. With `headers`, they and their tags replace what the source carries. */
export async function copyObject(
  bucket: S3Bucket,
  source: CopySource,
  key: string,
  options: { headers?: ObjectHeaders; condition?: WriteCondition; signal?: AbortSignal },
): Promise<WriteAnswer> {
  const { headers, condition, signal } = options;
  const what = `Cannot copy ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  const blame = condition === undefined || source.pin.etag !== undefined ? "source" : "destination";
  const answer = await call(bucket, { what, key, condition: blame, signal, patient: true }, ({ sdk, client }, send) => {
    const withTags = bucket.ready.capabilities.tags;
    const command = new sdk.CopyObjectCommand({
      Bucket: bucket.ready.bucket,
      Key: key,
      ...copySource(source),
      ...conditionFields(condition),
      ...(headers !== undefined && { ...fieldsOf(headers, withTags), MetadataDirective: "REPLACE" }),
      ...(headers !== undefined && withTags && { TaggingDirective: "REPLACE" }),
    });
    if (headers?.expires !== undefined) addHeader(command, "expires", headers.expires);
    for (const [name, value] of Object.entries(headers?.other ?? {})) addHeader(command, name, value);
    return client.send(command, send);
  });
  const result = answer.CopyObjectResult;
  if (result === undefined || unquoted(result.ETag) === undefined) {
    throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  }
  return writeAnswer(bucket, result, answer);
}

/** Copies a range of an object into a part. */
export async function copyPart(
  bucket: S3Bucket,
  source: CopySource,
  key: string,
  options: { uploadId: string; partNumber: number; first: number; last: number; signal?: AbortSignal },
): Promise<PartInfo> {
  const { uploadId, partNumber, first, last, signal } = options;
  const what = `Cannot copy bytes ${first}-${last} of ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  const answer = await call(bucket, { what, key, signal, patient: true }, ({ sdk, client }, send) =>
    client.send(
      new sdk.UploadPartCopyCommand({
        Bucket: bucket.ready.bucket,
        Key: key,
        UploadId: uploadId,
        PartNumber: partNumber,
        CopySourceRange: `bytes=${first}-${last}`,
        ...copySource(source),
      }),
      send,
    ));
  const result = answer.CopyPartResult;
  const etag = unquoted(result?.ETag);
  if (result === undefined || etag === undefined) throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  const context = { ...bucket.ready, opaque: isKeyed(answer.ServerSideEncryption) };
  return { partNumber, sizeBytes: last - first + 1, etag, checksums: withEtagDigest(checksumsOf(result, "FULL_OBJECT"), etag, context) };
}

/** The source as the copy headers want it: URL-encoded but for slashes, pinned to the version that was planned. */
function copySource({ bucket, key, pin }: CopySource): { CopySource: string; CopySourceIfMatch?: string } {
  const path = `${bucket}/${key}`.split("/").map(encodeURIComponent).join("/");
  return {
    CopySource: pin.versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(pin.versionId)}`,
    ...(pin.etag !== undefined && { CopySourceIfMatch: quoted(pin.etag) }),
  };
}

function writeAnswer(
  { ready: { capabilities } }: S3Bucket,
  result: ChecksumFields & { ETag?: string | undefined; ChecksumType?: string | undefined },
  { ServerSideEncryption: sse, VersionId: versionId }: { ServerSideEncryption?: string | undefined; VersionId?: string | undefined },
): WriteAnswer {
  const etag = unquoted(result.ETag);
  return {
    ...(etag !== undefined && { etag }),
    checksums: withEtagDigest(checksumsOf(result, result.ChecksumType), etag, { capabilities, opaque: isKeyed(sse) }),
    ...(versionId !== undefined && versionId !== "null" && { versionId }),
  };
}
