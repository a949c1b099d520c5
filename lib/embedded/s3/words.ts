/** S3's row of the table of dialects, and what its handlers work with. */
import type { UploadRecord } from "../disk/records.ts";
import type { Context, OperationTable, Words } from "../request.ts";
import type { Verified } from "./auth.ts";
import { checksumElements, checksumTypeName } from "./checksum.ts";
import { S3Error } from "./errors.ts";
import { uriEncode } from "./signature.ts";
import type { XmlFields } from "./xml.ts";

/** "Object key naming": at most 1,024 bytes of UTF-8. */
const KEY_BYTES_MAX = 1024;

/** Everything a handler works with. */
export interface S3Context extends Context {
  readonly verified: Verified;
}

const OPERATIONS: OperationTable = {
  bucket: {
    "GET uploads": "ListMultipartUploads",
    "GET location": "GetBucketLocation",
    "GET versioning": "GetBucketVersioning",
    "GET acl": "GetBucketAcl",
    "POST delete": "DeleteObjects",
  },
  object: {
    "GET tagging": "GetObjectTagging",
    "PUT tagging": "PutObjectTagging",
    "DELETE tagging": "DeleteObjectTagging",
    "GET attributes": "GetObjectAttributes",
    "GET acl": "GetObjectAcl",
    "POST uploads": "CreateMultipartUpload",
    "POST uploadId": "CompleteMultipartUpload",
    "DELETE uploadId": "AbortMultipartUpload",
    "GET uploadId": "ListParts",
  },
  plainBucket: { GET: "ListObjects", PUT: "CreateBucket", HEAD: "HeadBucket", DELETE: "DeleteBucket" },
  plainObject: { GET: "GetObject", HEAD: "HeadObject", PUT: "PutObject", DELETE: "DeleteObject" },
  refused: new Set(
    ("accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle location logging " +
      "metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment " +
      "restore retention select session tagging torrent uploadId uploads versioning versions website").split(" "),
  ),
  copyHeader: "x-amz-copy-source",
};

function checkedKey(key: string): string {
  const sizeBytes = new TextEncoder().encode(key).length;
  if (sizeBytes <= KEY_BYTES_MAX) return key;
  throw new S3Error("KeyTooLongError", undefined, { details: { Size: String(sizeBytes), MaxSizeAllowed: String(KEY_BYTES_MAX) } });
}

function uploadFields(upload: UploadRecord): XmlFields {
  return {
    Initiator: S3_WORDS.owner,
    Owner: S3_WORDS.owner,
    ChecksumAlgorithm: upload.checksum?.algorithm.toUpperCase(),
    ChecksumType: upload.checksum && checksumTypeName(upload.checksum.type),
  };
}

/** S3's row. */
export const S3_WORDS: Words = {
  operations: OPERATIONS,
  namespace: true,
  owner: { ID: "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a", DisplayName: "sluice" },
  refusal: (code, message, details = {}) => new S3Error(code, message, { details }),
  checkedKey,
  // Slashes stay, as S3 writes them.
  encodeName: (name) => uriEncode(name).replaceAll("%2F", "/"),
  etag: (stored) => stored,
  storageClass: (stored) => stored ?? "STANDARD",
  emptyIsMissing: false,
  writesEmpty: false,
  nextMarkerAlways: false,
  tokenPrefix: "1",
  pageEntries: { least: 0, most: 2 ** 31 - 1 },
  keysPerPage: 1000,
  // Markers are 32-bit numbers; behind the last part there are no parts.
  partMarkerMax: 2 ** 31 - 1,
  badPartNumber: "MalformedXML",
  objectFields: ({ checksum }) => ({
    ChecksumAlgorithm: checksum?.algorithm.toUpperCase(),
    ChecksumType: checksum && checksumTypeName(checksum.type),
  }),
  uploadFields,
  partFields: (part) => checksumElements(part.checksums),
};
