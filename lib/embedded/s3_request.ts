/**
 * A request as S3 sees it: which bucket, which key, which operation. Works on the raw request line, never on a URL object, which would fold
 * `a/../b` into `b`.
 */
import type { DiskBucket } from "./disk_bucket.ts";
import type { Alter } from "./disk_data.ts";
import type { DiskStore } from "./disk_store.ts";
import type { Verified } from "./s3_auth.ts";
import { S3Error } from "./s3_errors.ts";
import { parseQuery, type SignedParts, uriDecode } from "./s3_signature.ts";

/** "Object key naming": at most 1,024 bytes of UTF-8. */
const KEY_BYTES_MAX = 1024;

/** A request, read but not verified. */
export interface S3Request extends Omit<SignedParts, "query"> {
  /** As sent: what the signature is over. */
  readonly queryPairs: SignedParts["query"];
  readonly query: ReadonlyMap<string, string>;
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

/** Pairs of names and values, as node:http hands them over, to values by lower-case name. */
export function headersFrom(rawHeaders: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    headers.set(name, [...headers.get(name) ?? [], rawHeaders[index + 1] ?? ""]);
  }
  return headers;
}

/** Reads a request line and headers. Throws S3Error for a path or query that is no UTF-8. */
export function readRequest(method: string, url: string, rawHeaders: readonly string[], body: AsyncIterable<Uint8Array>): S3Request {
  const headers = headersFrom(rawHeaders);
  const target = url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const queryPairs = parseQuery(mark < 0 ? "" : target.slice(mark + 1));
  const query = new Map(queryPairs);
  const slash = rawPath.indexOf("/", 1);
  const bucket = uriDecode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash)) || undefined;
  const key = (slash < 0 ? "" : uriDecode(rawPath.slice(slash + 1))) || undefined;
  const operation = operationOf(method, bucket !== undefined, key !== undefined, query, headers);
  return { method, rawPath, queryPairs, query, headers, bucket, key, operation, body };
}

/** Sub-resources that this store knows, by level; the first that is in the query decides. Others are refused, never ignored. */
const BUCKET_OPERATIONS: Readonly<Record<string, string>> = {
  "GET uploads": "ListMultipartUploads",
  "GET location": "GetBucketLocation",
  "GET versioning": "GetBucketVersioning",
  "GET acl": "GetBucketAcl",
  "POST delete": "DeleteObjects",
};
const OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  "GET tagging": "GetObjectTagging",
  "PUT tagging": "PutObjectTagging",
  "DELETE tagging": "DeleteObjectTagging",
  "GET attributes": "GetObjectAttributes",
  "GET acl": "GetObjectAcl",
  "POST uploads": "CreateMultipartUpload",
  "POST uploadId": "CompleteMultipartUpload",
  "DELETE uploadId": "AbortMultipartUpload",
  "GET uploadId": "ListParts",
};
const PLAIN_BUCKET_OPERATIONS: Readonly<Record<string, string>> = {
  GET: "ListObjects",
  PUT: "CreateBucket",
  HEAD: "HeadBucket",
  DELETE: "DeleteBucket",
};
const PLAIN_OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  GET: "GetObject",
  HEAD: "HeadObject",
  PUT: "PutObject",
  DELETE: "DeleteObject",
};
/** Sub-resources of S3 that are not built here. */
const UNKNOWN_SUBRESOURCES = new Set(
  ("accelerate analytics cors encryption intelligent-tiering inventory legal-hold lifecycle logging metrics notification object-lock " +
    "ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore retention select session torrent " +
    "versions website renameObject").split(" "),
);

function operationOf(
  method: string,
  hasBucket: boolean,
  hasKey: boolean,
  query: ReadonlyMap<string, string>,
  headers: ReadonlyMap<string, readonly string[]>,
): string {
  if (!hasBucket) return method === "GET" ? "ListBuckets" : "MethodNotAllowed";
  if (method === "PUT" && query.has("uploadId")) return headers.has("x-amz-copy-source") ? "UploadPartCopy" : "UploadPart";
  const known = hasKey ? OBJECT_OPERATIONS : BUCKET_OPERATIONS;
  for (const name of query.keys()) {
    const operation = known[`${method} ${name}`];
    if (operation !== undefined) return operation;
    const elsewhere = ["acl", "tagging", "attributes", "uploads", "delete", "location", "versioning"].includes(name);
    if (UNKNOWN_SUBRESOURCES.has(name) || elsewhere) return "NotImplemented";
  }
  if (hasKey && method === "PUT" && headers.has("x-amz-copy-source")) return "CopyObject";
  if (!hasKey && method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
  return (hasKey ? PLAIN_OBJECT_OPERATIONS : PLAIN_BUCKET_OPERATIONS)[method] ?? "MethodNotAllowed";
}

/** A header, repeated ones joined by commas. */
export function headerOf(request: Pick<S3Request, "headers">, name: string): string | undefined {
  return request.headers.get(name)?.join(",");
}

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
