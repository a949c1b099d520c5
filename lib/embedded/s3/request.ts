/**
 * A request as S3 sees it: which bucket, which key, which operation. Works on the raw request line, never on a URL object, which would fold
 * `a/../b` into `b`.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import type { Alter } from "../disk/data.ts";
import type { DiskStore } from "../disk/store.ts";
import { operationOf, type OperationTable } from "../operations.ts";
import { cutPath, headersFrom, readTarget, type Target } from "../request_line.ts";
import type { Verified } from "./auth.ts";
import { S3Error } from "./errors.ts";
import { type SignedParts, uriDecode } from "./signature.ts";

/** "Object key naming": at most 1,024 bytes of UTF-8. */
const KEY_BYTES_MAX = 1024;

/** A request, read but not verified. */
export interface S3Request extends Omit<SignedParts, "query">, Target {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** The name of the S3 operation, such as `UploadPart`. */
  readonly operation: string;
  /** As it came over the wire, framing and all. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Everything a handler works with. */
export interface S3Context {
  readonly store: DiskStore;
  readonly request: S3Request;
  readonly verified: Verified;
  readonly nowMs: number;
  readonly partSizeMinBytes: number;
  /** Set by a fault that flips a byte of what is stored. */
  readonly alter?: Alter;
}

/** What a handler answers. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** XML, or a stream of exactly this length. */
  readonly body?: string | { readonly lengthBytes: number; readonly chunks: AsyncIterable<Uint8Array> };
  /** Runs once the answer is sent or given up. */
  readonly release?: () => void;
}

/** Reads a request line and headers. Throws S3Error for a path or query that is no UTF-8. */
export function readRequest(method: string, url: string, rawHeaders: readonly string[], body: AsyncIterable<Uint8Array>): S3Request {
  const headers = headersFrom(rawHeaders);
  const target = readTarget(url);
  const { first, rest } = cutPath(target.rawPath);
  const bucket = uriDecode(first) || undefined;
  const key = uriDecode(rest) || undefined;
  const operation = operationOf(OPERATIONS, { method, bucket, key, query: target.query, headers });
  return { ...target, method, headers, bucket, key, operation, body };
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

/** The bucket of the request. Throws NoSuchBucket. */
export function bucketOf(context: S3Context): DiskBucket {
  const bucket = context.store.bucket(context.request.bucket ?? "");
  if (bucket === undefined) throw new S3Error("NoSuchBucket", undefined, { details: { BucketName: context.request.bucket ?? "" } });
  return bucket;
}

/** The key of the request. Throws KeyTooLongError. */
export function keyOf(context: S3Context): string {
  return checkedKey(context.request.key ?? "");
}

/** A key that is short enough. Throws KeyTooLongError. */
export function checkedKey(key: string): string {
  const sizeBytes = new TextEncoder().encode(key).length;
  if (sizeBytes <= KEY_BYTES_MAX) return key;
  throw new S3Error("KeyTooLongError", undefined, { details: { Size: String(sizeBytes), MaxSizeAllowed: String(KEY_BYTES_MAX) } });
}

/** A whole number from the query between two bounds; `absent` when it is not there. Throws InvalidArgument. */
export function queryNumber(request: S3Request, name: string, bounds: { least: number; most: number; absent: number }): number {
  const text = request.query.get(name);
  if (text === undefined) return bounds.absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.least && value <= bounds.most) return value;
  throw new S3Error("InvalidArgument", `Argument ${name} must be an integer between ${bounds.least} and ${bounds.most}`, {
    details: { ArgumentName: name, ArgumentValue: text },
  });
}
