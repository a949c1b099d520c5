/**
 * What is read of each document that a store sends, S3's and OSS's elements side by side. Data only; {@link scanXml} reads by it, and gives
 * texts in the order of the names.
 */
import type { XmlShape } from "./xml.ts";

/** Elements that hold a checksum, by algorithm, in this order wherever they are read; the last is OSS's. */
export const CHECKSUM_ELEMENTS = {
  crc32: "ChecksumCRC32",
  crc32c: "ChecksumCRC32C",
  crc64nvme: "ChecksumCRC64NVME",
  sha1: "ChecksumSHA1",
  sha256: "ChecksumSHA256",
  crc64ecma: "HashCrc64ecma",
} as const;

const CHECKSUMS = Object.values(CHECKSUM_ELEMENTS);

/** ListObjectsV2, ListObjects. `Type` is OSS's. */
export const LISTING = {
  fields: ["IsTruncated", "EncodingType", "NextContinuationToken", "NextMarker", "KeyCount"],
  records: { Contents: ["Key", "LastModified", "ETag", "Size", "StorageClass", "Type"] },
} as const satisfies XmlShape;

/** ListMultipartUploads. */
export const UPLOADS = {
  fields: ["IsTruncated", "EncodingType", "NextKeyMarker", "NextUploadIdMarker"],
  records: { Upload: ["Key", "UploadId", "Initiated"] },
} as const satisfies XmlShape;

/** ListParts. */
export const PARTS = {
  fields: ["IsTruncated", "ChecksumAlgorithm", "ChecksumType"],
  records: { Part: ["PartNumber", "ETag", "Size", ...CHECKSUMS] },
} as const satisfies XmlShape;

/** InitiateMultipartUpload. */
export const INITIATED = { fields: ["UploadId"] } as const satisfies XmlShape;

/** CompleteMultipartUpload, CopyObject and UploadPartCopy. */
export const WRITTEN = { fields: ["ETag", "ChecksumType", ...CHECKSUMS] } as const satisfies XmlShape;

/** GetObjectTagging. */
export const TAGS = { fields: [], records: { "TagSet/Tag": ["Key", "Value"] } } as const satisfies XmlShape;

/** DeleteObjects. */
export const DELETED = {
  fields: ["EncodingType"],
  records: { Deleted: ["Key"], Error: ["Key", "Code", "Message"] },
} as const satisfies XmlShape;
