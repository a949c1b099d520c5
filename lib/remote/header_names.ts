/**
 * The one table of header names: which header carries which field of an object, and what Alibaba OSS calls it. Requests and responses have
 * S3's names on this side of the protocol. Data only.
 */
import type { ObjectHeaders } from "../types.ts";

/** Fields of an object that one header carries as it is. */
export type HeaderField = Exclude<keyof ObjectHeaders, "metadata" | "tags" | "grants" | "other">;

interface Row {
  readonly field?: HeaderField;
  /** S3's name, in lower case. */
  readonly s3: string;
  /** The name of Alibaba OSS, where it is another one. */
  readonly oss?: string;
  /** The header belongs to requests only: no response describes an object by it. */
  readonly requestOnly?: true;
}

const ROWS: readonly Row[] = [
  { field: "contentType", s3: "content-type" },
  { field: "cacheControl", s3: "cache-control" },
  { field: "contentEncoding", s3: "content-encoding" },
  { field: "contentDisposition", s3: "content-disposition" },
  { field: "contentLanguage", s3: "content-language" },
  { field: "expires", s3: "expires" },
  { field: "websiteRedirectLocation", s3: "x-amz-website-redirect-location" },
  { field: "storageClass", s3: "x-amz-storage-class", oss: "x-oss-storage-class" },
  { field: "acl", s3: "x-amz-acl", oss: "x-oss-object-acl", requestOnly: true },
  { field: "sse", s3: "x-amz-server-side-encryption", oss: "x-oss-server-side-encryption" },
  { field: "kmsKeyId", s3: "x-amz-server-side-encryption-aws-kms-key-id", oss: "x-oss-server-side-encryption-key-id" },
  { s3: "x-amz-tagging", oss: "x-oss-tagging" },
  { s3: "x-amz-tagging-count", oss: "x-oss-tagging-count" },
  { s3: "x-amz-version-id", oss: "x-oss-version-id" },
  { s3: "x-amz-request-id", oss: "x-oss-request-id" },
  { s3: "x-amz-request-payer", oss: "x-oss-request-payer" },
  { s3: "x-amz-restore", oss: "x-oss-restore" },
  { s3: "x-amz-copy-source", oss: "x-oss-copy-source" },
  { s3: "x-amz-copy-source-if-match", oss: "x-oss-copy-source-if-match" },
  { s3: "x-amz-copy-source-range", oss: "x-oss-copy-source-range" },
  { s3: "x-amz-metadata-directive", oss: "x-oss-metadata-directive" },
  { s3: "x-amz-tagging-directive", oss: "x-oss-tagging-directive" },
];

/** S3's header of each field. */
export const HEADER_OF_FIELD: ReadonlyMap<HeaderField, string> = new Map(
  ROWS.flatMap(({ field, s3 }) => field === undefined ? [] : [[field, s3]]),
);

/** The field that a response header fills, by S3's name. */
export const FIELD_OF_HEADER: ReadonlyMap<string, HeaderField> = new Map(
  ROWS.flatMap(({ field, s3, requestOnly }) => field === undefined || requestOnly ? [] : [[s3, field]]),
);

/** OSS's name by S3's, where they differ. */
export const OSS_NAMES: ReadonlyMap<string, string> = new Map(ROWS.flatMap(({ s3, oss }) => oss === undefined ? [] : [[s3, oss]]));

/** S3's name by OSS's, where they differ. */
export const S3_NAMES: ReadonlyMap<string, string> = new Map([...OSS_NAMES].map(([s3, oss]) => [oss, s3]));

/** User metadata: what stands before its name. */
export const METADATA_PREFIX = { s3: "x-amz-meta-", oss: "x-oss-meta-" } as const;
