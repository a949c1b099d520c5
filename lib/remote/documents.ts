/**
 * What is read of each document that a store sends, S3's and OSS's elements side by side. Data only; {@link scanXml} reads by it, and gives
 * texts in the order of the names.
 */
import type { XmlShape } from "./xml.ts";

/** Elements that hold a checksum, by algorithm, in this order wherever they are read. */
export const CHECKSUM_ELEMENTS = ["ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"] as const;

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

/** ListParts. `HashCrc64ecma` is OSS's. */
export const PARTS = {
  fields: ["IsTruncated", "ChecksumAlgorithm", "ChecksumType"],
  records: { Part: ["PartNumber", "ETag", "Size", "HashCrc64ecma", ...CHECKSUM_ELEMENTS] },
} as const satisfies XmlShape;

/** InitiateMultipartUpload. */
export const INITIATED = { fields: ["UploadId"] } as const satisfies XmlShape;

/** CompleteMultipartUpload, CopyObject and UploadPartCopy. */
export const WRITTEN = { fields: ["ETag", "ChecksumType", ...CHECKSUM_ELEMENTS] } as const satisfies XmlShape;

/** GetObjectTagging. */
export const TAGS = { fields: [], records: { "TagSet/Tag": ["Key", "Value"] } } as const satisfies XmlShape;

/** DeleteObjects. */
export const DELETED = {
  fields: ["EncodingType"],
  records: { Deleted: ["Key"], Error: ["Key", "Code", "Message"] },
} as const satisfies XmlShape;
