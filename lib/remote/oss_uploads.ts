/**
 * Beginning and ending multipart uploads of OSS, and copies on the server. Must never be clever after an error: whether a Complete worked
 * in spite of it is asked by the session.
 */
import { TransferError } from "../errors.ts";
import type { ObjectHeaders, PartInfo, WriteCondition } from "../types.ts";
import { withEtagDigest } from "./etag_digest.ts";
import { fromOssEtag, toOssEtag, toOssHeaders } from "./oss_header_names.ts";
import { objectHeaders } from "./put_headers.ts";
import { type OssAnswer, type OssBucket, ossCall, textOf } from "./oss_call.ts";
import { crc64Of } from "./oss_listing.ts";
import type { CompleteUploadOptions, CopySource, CreateUploadOptions, WriteAnswer } from "../store/store.ts";

/** Begins an upload and answers its id. OSS takes no declared checksum: it works out its own. */
export async function createUpload(bucket: OssBucket, key: string, options: CreateUploadOptions): Promise<string> {
  const what = `Cannot begin an upload to ${bucket.label}/${key}`;
  const { xml } = await ossCall(bucket, { what, signal: options.signal }, {
    method: "POST",
    key,
    subresources: { uploads: "" },
    headers: toOssHeaders("PUT", objectHeaders(options.headers, undefined)),
  });
  const uploadId = textOf(xml, "UploadId");
  if (uploadId === "") throw new TransferError("server", `${what}: the answer names no upload id`, { key });
  return uploadId;
}

/** Puts the parts together. Throws `unsupported` for a condition that names a version: OSS knows only "nothing is there". */
export async function completeUpload(
  bucket: OssBucket,
  key: string,
  uploadId: string,
  options: CompleteUploadOptions,
): Promise<WriteAnswer> {
  const what = `Cannot complete the upload to ${bucket.label}/${key}`;
  refuseEtagCondition(options.condition, what, key);
  const parts = options.parts.map(({ partNumber, etag }) => {
    if (etag === undefined) throw new TransferError("bug", `Part ${partNumber} has no ETag`);
    return `<Part><PartNumber>${partNumber}</PartNumber><ETag>"${escapeXml(toOssEtag(etag))}"</ETag></Part>`;
  });
  const answer = await ossCall(bucket, { what, condition: "destination", signal: options.signal }, {
    method: "POST",
    key,
    subresources: { uploadId },
    content: `<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
    headers: options.condition === undefined ? {} : { "x-oss-forbid-overwrite": "true" },
    patient: true,
  });
  return writeAnswer(bucket, answer, "Multipart");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function refuseEtagCondition(condition: WriteCondition | undefined, what: string, key: string): void {
  if (condition === undefined || "absent" in condition) return;
  throw new TransferError("unsupported", `${what}: OSS cannot make a write depend on the version that is there`, { key });
}

/** Ends an upload; that it is gone already is no error. */
export async function abortUpload(bucket: OssBucket, key: string, uploadId: string, signal: AbortSignal | undefined): Promise<void> {
  const what = `Cannot abort an upload to ${bucket.label}/${key}`;
  try {
    await ossCall(bucket, { what, signal }, { method: "DELETE", key, subresources: { uploadId } });
  } catch (error) {
    if (error instanceof TransferError && (error.kind === "uploadLost" || error.kind === "notFound")) return;
    throw error;
  }
}

/** Copies an object in one request. With `headers`, they and their tags replace what the source carries. */
export async function copyObject(
  bucket: OssBucket,
  source: CopySource,
  key: string,
  options: { headers?: ObjectHeaders; condition?: WriteCondition; signal?: AbortSignal },
): Promise<WriteAnswer> {
  const { headers, condition, signal } = options;
  const what = `Cannot copy ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  refuseEtagCondition(condition, what, key);
  const answer = await ossCall(bucket, { what, condition: "source", signal }, {
    method: "PUT",
    key,
    headers: {
      ...copySource(source),
      ...(condition !== undefined && { "x-oss-forbid-overwrite": "true" }),
      ...(headers !== undefined && {
        ...toOssHeaders("PUT", objectHeaders(headers, undefined)),
        "x-oss-metadata-directive": "REPLACE",
        "x-oss-tagging-directive": "Replace",
      }),
    },
    patient: true,
  });
  if (textOf(answer.xml, "ETag") === "") throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  return writeAnswer(bucket, answer, answer.headers.get("x-oss-object-type"));
}

/** Copies a range of an object into a part. */
export async function copyPart(
  bucket: OssBucket,
  source: CopySource,
  key: string,
  options: { uploadId: string; partNumber: number; first: number; last: number; signal?: AbortSignal },
): Promise<PartInfo> {
  const { uploadId, partNumber, first, last, signal } = options;
  const what = `Cannot copy bytes ${first}-${last} of ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  const { xml, headers } = await ossCall(bucket, { what, signal }, {
    method: "PUT",
    key,
    subresources: { partNumber: String(partNumber), uploadId },
    headers: { ...copySource(source), "x-oss-copy-source-range": `bytes=${first}-${last}` },
    patient: true,
  });
  const etag = fromOssEtag(textOf(xml, "ETag") || (headers.get("etag") ?? ""), undefined);
  if (etag === "") throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  const checksums = withEtagDigest(crc64Of(headers.get("x-oss-hash-crc64ecma")), etag, bucket.ready);
  return { partNumber, sizeBytes: last - first + 1, etag, checksums };
}

/** The source as the copy headers want it: URL-encoded but for slashes, pinned to the version that was planned. */
function copySource({ bucket, key, pin }: CopySource): Record<string, string> {
  const path = `/${bucket}/${key}`.split("/").map(encodeURIComponent).join("/");
  return {
    "x-oss-copy-source": pin.versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(pin.versionId)}`,
    ...(pin.etag !== undefined && { "x-oss-copy-source-if-match": `"${toOssEtag(pin.etag)}"` }),
  };
}

function writeAnswer({ ready: { capabilities } }: OssBucket, { xml, headers }: OssAnswer, objectType: string | null): WriteAnswer {
  const etag = fromOssEtag(textOf(xml, "ETag") || (headers.get("etag") ?? ""), objectType);
  const versionId = headers.get("x-oss-version-id");
  return {
    ...(etag !== "" && { etag }),
    checksums: withEtagDigest(crc64Of(headers.get("x-oss-hash-crc64ecma")), etag, {
      capabilities,
      opaque: headers.get("x-oss-server-side-encryption") === "KMS",
    }),
    ...(versionId !== null && versionId !== "null" && { versionId }),
  };
}
