/**
 * A request as OSS sees it: which bucket, which key, which operation. Real OSS takes the bucket from the host name alone; on loopback the
 * first part of the path is the bucket, unless the host is `BUCKET.localhost`. Works on the raw request line.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import type { Work } from "../dialect.ts";
import { OssError } from "./errors.ts";
import { operationOf, type OperationTable } from "../operations.ts";
import { cutPath, headerOf, headersFrom, readTarget } from "../request_line.ts";
import type { S3Request } from "../s3/request.ts";
import { uriDecode } from "../s3/signature.ts";

/** "Object naming conventions": 1 to 1,023 bytes of UTF-8. */
const KEY_BYTES_MAX = 1023;
const VIRTUAL_HOST = /^([a-z0-9][a-z0-9-]*)\.localhost(:\d+)?$/i;

/** Everything a handler works with. */
export interface OssContext extends Work {
  /** Smallest part but the last. */
  readonly partSizeMinBytes: number;
  /** Without `oss-` in front. */
  readonly region: string;
  /** How long an archived object takes to become readable. */
  readonly restoreMs: number;
}

/**
 * Reads a request line and headers. Operations that S3 has too bear their S3 names, so that one fault script serves both dialects.
 * Throws OssError for a path or query that is no UTF-8.
 */
export function readOssRequest(method: string, url: string, rawHeaders: readonly string[], body: AsyncIterable<Uint8Array>): S3Request {
  const headers = headersFrom(rawHeaders);
  const target = readTarget(url);
  const virtual = VIRTUAL_HOST.exec(headers.get("host")?.[0] ?? "")?.[1];
  const { first, rest } = virtual === undefined ? cutPath(target.rawPath) : { first: virtual, rest: target.rawPath.slice(1) };
  const bucket = uriDecode(first) || undefined;
  const key = uriDecode(rest) || undefined;
  const operation = operationOf(OPERATIONS, { method, bucket, key, query: target.query, headers });
  return { ...target, method, headers, bucket, key, operation, body };
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

/** The bucket of the request. Throws NoSuchBucket. */
export function ossBucketOf(context: OssContext): DiskBucket {
  return ossBucketNamed(context, context.request.bucket ?? "");
}

/** The bucket of this name. Throws NoSuchBucket. */
export function ossBucketNamed(context: OssContext, name: string): DiskBucket {
  const bucket = context.store.bucket(name);
  if (bucket === undefined) throw new OssError("NoSuchBucket", undefined, { details: { BucketName: name } });
  return bucket;
}

/** The key of the request. Throws InvalidObjectName. */
export function ossKeyOf(context: OssContext): string {
  return checkedOssKey(context.request.key ?? "");
}

/** A key that OSS takes: "Object naming conventions". Throws InvalidObjectName. */
export function checkedOssKey(key: string): string {
  if (key === "") throw new OssError("InvalidObjectName", "The Object name can not be empty.");
  if (new TextEncoder().encode(key).length > KEY_BYTES_MAX) {
    throw new OssError("InvalidObjectName", "The Length of Object name must be less than 1024.");
  }
  if (key.startsWith("/") || key.startsWith("\\")) throw new OssError("InvalidObjectName", undefined, { details: { ObjectName: key } });
  return key;
}

/** A whole number from the query between two bounds; `absent` when it is not there. Throws InvalidArgument. */
export function ossQueryNumber(request: S3Request, name: string, bounds: { least: number; most: number; absent: number }): number {
  const text = request.query.get(name);
  if (text === undefined || text === "") return bounds.absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.least && value <= bounds.most) return value;
  throw new OssError("InvalidArgument", `Argument ${name} must be an integer between ${bounds.least} and ${bounds.most}.`, {
    details: { ArgumentName: name, ArgumentValue: text },
  });
}

/** True for `true`, false for `false` and nothing. Throws InvalidArgument. */
export function ossFlag(request: S3Request, name: string): boolean {
  const value = headerOf(request, name)?.toLowerCase();
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw new OssError("InvalidArgument", `Invalid value of ${name}.`, { details: { ArgumentName: name, ArgumentValue: value } });
}
