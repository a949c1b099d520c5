/** Alibaba OSS's row of the table of dialects, and what its handlers work with. */
import type { BucketPaths } from "../disk/layout.ts";
import type { PartRecord } from "../disk/records.ts";
import type { Context, OperationTable, Words } from "../request.ts";
import { uriEncode } from "../s3/signature.ts";
import type { XmlFields } from "../s3/xml.ts";
import { crc64OfPieces } from "./body.ts";
import { OssError } from "./errors.ts";
import { ossClassOf, ossEtag, ossTypeOf } from "./forms.ts";

/** "Object naming conventions": 1 to 1,023 bytes of UTF-8. */
const KEY_BYTES_MAX = 1023;

/** Everything a handler works with. */
export interface OssContext extends Context {
  /** Without `oss-` in front. */
  readonly region: string;
  /** How long an archived object takes to become readable. */
  readonly restoreMs: number;
}

const OPERATIONS: OperationTable = {
  bucket: {
    "GET uploads": "ListMultipartUploads",
    "GET location": "GetBucketLocation",
    "GET bucketInfo": "GetBucketInfo",
    "GET versioning": "GetBucketVersioning",
    "GET acl": "GetBucketAcl",
    "POST delete": "DeleteObjects",
  },
  object: {
    "GET tagging": "GetObjectTagging",
    "PUT tagging": "PutObjectTagging",
    "DELETE tagging": "DeleteObjectTagging",
    "GET acl": "GetObjectAcl",
    "GET symlink": "GetSymlink",
    "PUT symlink": "PutSymlink",
    "HEAD objectMeta": "GetObjectMeta",
    "GET objectMeta": "GetObjectMeta",
    "POST restore": "RestoreObject",
    "POST uploads": "CreateMultipartUpload",
    "POST uploadId": "CompleteMultipartUpload",
    "DELETE uploadId": "AbortMultipartUpload",
    "GET uploadId": "ListParts",
  },
  plainBucket: { GET: "ListObjects", PUT: "CreateBucket", DELETE: "DeleteBucket" },
  plainObject: { GET: "GetObject", HEAD: "HeadObject", PUT: "PutObject", DELETE: "DeleteObject" },
  refused: new Set(
    ("accessMonitor accessPoint acl append asyncFetch bucketInfo cleanRestoredObject cname comp cors delete encryption httpsConfig img " +
      "inventory lifecycle live location logging metaQuery objectMeta policy position publicAccessBlock qosInfo referer replication " +
      "replicationLocation replicationProgress requestPayment resourceGroup restore sequential stat style symlink tagging " +
      "transferAcceleration uploadId uploads versioning versions vod website worm x-oss-process x-oss-async-process").split(" "),
  ),
  copyHeader: "x-oss-copy-source",
};

/** "Object naming conventions". */
function checkedKey(key: string): string {
  if (key === "") throw new OssError("InvalidObjectName", "The Object name can not be empty.");
  if (new TextEncoder().encode(key).length > KEY_BYTES_MAX) {
    throw new OssError("InvalidObjectName", "The Length of Object name must be less than 1024.");
  }
  if (key.startsWith("/") || key.startsWith("\\")) throw new OssError("InvalidObjectName", undefined, { details: { ObjectName: key } });
  return key;
}

async function partFields(part: PartRecord, paths: BucketPaths): Promise<XmlFields> {
  return { HashCrc64ecma: part.crc64ecma ?? await crc64OfPieces(paths, part.pieces) };
}

/** OSS's row. */
export const OSS_WORDS: Words = {
  operations: OPERATIONS,
  // Real OSS takes the bucket from the host name alone. On loopback the path names it, unless the host does.
  hostBucket: /^([a-z0-9][a-z0-9-]*)\.localhost(:\d+)?$/i,
  namespace: false,
  owner: { ID: "0022012", DisplayName: "0022012" },
  refusal: (code, message, details = {}) => new OssError(code, message && `${message}.`, { details }),
  checkedKey,
  encodeName: uriEncode,
  etag: ossEtag,
  storageClass: ossClassOf,
  emptyIsMissing: true,
  writesEmpty: true,
  nextMarkerAlways: true,
  tokenPrefix: "Cg",
  pageEntries: { least: 1, most: 1000 },
  // "ListObjectsV2", max-keys.
  keysPerPage: 100,
  partMarkerMax: 10_000,
  badPartNumber: "InvalidArgument",
  objectFields: (entry) => ({ Type: ossTypeOf(entry) }),
  uploadFields: () => ({}),
  partFields,
};
