/**
 * Between the SDK's fields and sluice's nouns: headers, checksums, details of an object. Pure; must never decide what is copied.
 */
import type {
  CreateMultipartUploadCommandInput,
  HeadObjectCommandOutput,
  ObjectCannedACL,
  ServerSideEncryption,
  StorageClass,
} from "@aws-sdk/client-s3";
import type { Capabilities, Checksum, ChecksumAlgorithm, DigestAlgorithm, Grant, ObjectDetails, ObjectHeaders } from "../types.ts";
import { TransferError } from "../errors.ts";
import { checksumFrom, isKeyed, objectDigests } from "./etag_digest.ts";
import { grantHeaders } from "./grant_headers.ts";
import { decodeHeaderText } from "./header_text.ts";
import { unquoted } from "./s3_call.ts";

/** The SDK's field of each checksum that S3 carries. */
export const CHECKSUM_FIELDS = {
  crc32: "ChecksumCRC32",
  crc32c: "ChecksumCRC32C",
  crc64nvme: "ChecksumCRC64NVME",
  sha1: "ChecksumSHA1",
  sha256: "ChecksumSHA256",
} as const satisfies Record<ChecksumAlgorithm, string>;

type ChecksumField = (typeof CHECKSUM_FIELDS)[ChecksumAlgorithm];

/** Fields of the SDK that hold checksums. */
export type ChecksumFields = { [field in ChecksumField]?: string | undefined };

const GRANT_FIELDS = [
  ["GrantRead", "x-amz-grant-read"],
  ["GrantReadACP", "x-amz-grant-read-acp"],
  ["GrantWriteACP", "x-amz-grant-write-acp"],
  ["GrantFullControl", "x-amz-grant-full-control"],
] as const;

/** Storage classes that must be restored before they can be read (S3 user guide, "Restoring an archived object"). */
const ARCHIVES = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/** True for the algorithms that S3 carries in `x-amz-checksum-*`. */
export function isS3Checksum(algorithm: DigestAlgorithm): algorithm is ChecksumAlgorithm {
  return Object.hasOwn(CHECKSUM_FIELDS, algorithm);
}

/** The algorithm as S3 writes it, such as `CRC64NVME`. */
export function checksumName(algorithm: ChecksumAlgorithm): "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256" {
  return algorithm.toUpperCase() as "CRC32";
}

/** The algorithm that S3 wrote; undefined for those that sluice does not know. */
export function checksumAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  const algorithm = name?.toLowerCase() as DigestAlgorithm | undefined;
  return algorithm !== undefined && isS3Checksum(algorithm) ? algorithm : undefined;
}

/** Checksums of an answer. Without a type, a value with a part count behind it (`…-7`) is composite, as Amazon documents. */
export function checksumsOf(fields: ChecksumFields, type: string | undefined): Checksum[] {
  const checksums: Checksum[] = [];
  for (const [algorithm, field] of Object.entries(CHECKSUM_FIELDS) as [ChecksumAlgorithm, ChecksumField][]) {
    const value = fields[field];
    if (value !== undefined && value !== "") checksums.push(checksumFrom(algorithm, value, type));
  }
  return checksums;
}

/** What HEAD says of an object. */
export function detailsOf(key: string, answer: HeadObjectCommandOutput, capabilities: Pick<Capabilities, "ownDigests">): ObjectDetails {
  const etag = unquoted(answer.ETag);
  const sizeBytes = lengthOf(key, answer.ContentLength);
  const opaque = answer.SSECustomerAlgorithm !== undefined || isKeyed(answer.ServerSideEncryption);
  return {
    key,
    sizeBytes,
    ...(etag !== undefined && { etag }),
    ...(answer.LastModified !== undefined && { lastModifiedMs: answer.LastModified.getTime() }),
    ...(answer.StorageClass !== undefined && { storageClass: answer.StorageClass }),
    ...(answer.VersionId !== undefined && answer.VersionId !== "null" && { versionId: answer.VersionId }),
    headers: headersOf(answer),
    ...objectDigests(checksumsOf(answer, answer.ChecksumType), etag, { capabilities, sizeBytes, opaque }),
    // What is no number is no reason to leave the tags behind: they are asked for.
    tagCount: answer.TagCount === undefined || isCount(answer.TagCount) ? answer.TagCount ?? 0 : 1,
    archived: isArchived(answer),
    restoreWith: "aws s3api restore-object",
  };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The length that a HEAD tells: an object whose length nobody tells is not an empty one. Throws `unsupported`. */
export function lengthOf(key: string, length: number | undefined): number {
  if (length !== undefined && isCount(length)) return length;
  throw new TransferError(
    "unsupported",
    `Cannot look at ${key}: ${length === undefined ? "the store names no length" : `the store names a length of ${length}`}`,
    { key },
  );
}

function headersOf(answer: HeadObjectCommandOutput): ObjectHeaders {
  const headers: ObjectHeaders = {};
  // Some stores keep the framing of the upload as if it were an encoding of the object.
  const encoding = answer.ContentEncoding?.split(",").map((name) => name.trim()).filter((name) => name !== "aws-chunked" && name !== "");
  const metadata = Object.entries(answer.Metadata ?? {}).map(([name, value]) => [name, decodeHeaderText(value)]);
  if (answer.ContentType !== undefined) headers.contentType = decodeHeaderText(answer.ContentType);
  if (answer.CacheControl !== undefined) headers.cacheControl = decodeHeaderText(answer.CacheControl);
  if (encoding !== undefined && encoding.length > 0) headers.contentEncoding = encoding.join(",");
  if (answer.ContentDisposition !== undefined) headers.contentDisposition = decodeHeaderText(answer.ContentDisposition);
  if (answer.ContentLanguage !== undefined) headers.contentLanguage = decodeHeaderText(answer.ContentLanguage);
  if (answer.ExpiresString !== undefined) headers.expires = answer.ExpiresString;
  if (answer.WebsiteRedirectLocation !== undefined) headers.websiteRedirectLocation = decodeHeaderText(answer.WebsiteRedirectLocation);
  if (metadata.length > 0) headers.metadata = Object.fromEntries(metadata);
  // Amazon does not name the default class, others do: unnamed here, so that details of two stores compare.
  if (answer.StorageClass !== undefined && answer.StorageClass !== "STANDARD") headers.storageClass = answer.StorageClass;
  if (answer.ServerSideEncryption !== undefined) headers.sse = answer.ServerSideEncryption;
  if (answer.SSEKMSKeyId !== undefined) headers.kmsKeyId = answer.SSEKMSKeyId;
  return headers;
}

function isArchived(answer: HeadObjectCommandOutput): boolean {
  const restored = answer.Restore?.includes('ongoing-request="false"') ?? false;
  return !restored && (ARCHIVES.has(answer.StorageClass ?? "") || answer.ArchiveStatus !== undefined);
}

/** Fields of the SDK for what an object shall carry; Expires is apart, as the SDK would rewrite it. */
export type HeaderFields = Pick<
  CreateMultipartUploadCommandInput,
  | "ContentType"
  | "CacheControl"
  | "ContentEncoding"
  | "ContentDisposition"
  | "ContentLanguage"
  | "WebsiteRedirectLocation"
  | "Metadata"
  | "Tagging"
  | "StorageClass"
  | "ACL"
  | "GrantRead"
  | "GrantReadACP"
  | "GrantWriteACP"
  | "GrantFullControl"
  | "ServerSideEncryption"
  | "SSEKMSKeyId"
>;

/** The SDK's fields of headers. Tags only where the store has them. */
export function fieldsOf(headers: ObjectHeaders, withTags: boolean): HeaderFields {
  const fields: HeaderFields = {};
  if (headers.contentType !== undefined) fields.ContentType = headers.contentType;
  if (headers.cacheControl !== undefined) fields.CacheControl = headers.cacheControl;
  if (headers.contentEncoding !== undefined) fields.ContentEncoding = headers.contentEncoding;
  if (headers.contentDisposition !== undefined) fields.ContentDisposition = headers.contentDisposition;
  if (headers.contentLanguage !== undefined) fields.ContentLanguage = headers.contentLanguage;
  if (headers.websiteRedirectLocation !== undefined) fields.WebsiteRedirectLocation = headers.websiteRedirectLocation;
  if (headers.metadata !== undefined) fields.Metadata = headers.metadata;
  if (withTags && headers.tags !== undefined && Object.keys(headers.tags).length > 0) fields.Tagging = tagging(headers.tags);
  if (headers.storageClass !== undefined) fields.StorageClass = headers.storageClass as StorageClass;
  if (headers.acl !== undefined) fields.ACL = headers.acl as ObjectCannedACL;
  if (headers.grants !== undefined) Object.assign(fields, grantFields(headers.grants));
  if (headers.sse !== undefined) fields.ServerSideEncryption = headers.sse as ServerSideEncryption;
  if (headers.kmsKeyId !== undefined) fields.SSEKMSKeyId = headers.kmsKeyId;
  return fields;
}

function grantFields(grants: readonly Grant[]): HeaderFields {
  const headers = grantHeaders(grants);
  const fields: HeaderFields = {};
  for (const [field, name] of GRANT_FIELDS) {
    const value = headers[name];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}

/** Tags as the x-amz-tagging header carries them: URL query parameters. */
function tagging(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}
