/**
 * A request as every dialect reads it, what its work needs, and the response. Works on the raw request line, never on a URL object, which
 * would fold `a/../b` into `b`.
 */
import type { DiskBucket } from "./disk/bucket.ts";
import type { Alter } from "./disk/data.ts";
import type { BucketPaths } from "./disk/layout.ts";
import type { IndexEntry, PartRecord, UploadRecord } from "./disk/records.ts";
import type { DiskStore } from "./disk/store.ts";
import { parseQuery, type SignedParts, uriDecode } from "./s3/signature.ts";
import { writeXml, type XmlFields } from "./s3/xml.ts";

/** The target of a request, its path not decoded. */
export interface Target {
  readonly rawPath: string;
  /** As sent: what a signature is over. */
  readonly queryPairs: SignedParts["query"];
  readonly query: ReadonlyMap<string, string>;
}

/** A request, read but not verified. */
export interface StoreRequest extends Omit<SignedParts, "query">, Target {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** The name of the S3 operation, such as `UploadPart`, or that of OSS where S3 has none such: one fault script serves both dialects. */
  readonly operation: string;
  /** As it came over the wire, framing and all. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What a handler returns. */
export interface StoreResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** XML, or a stream of exactly this length. */
  readonly body?: string | { readonly lengthBytes: number; readonly chunks: AsyncIterable<Uint8Array> };
  /** Runs once the response is sent or given up. */
  readonly release?: () => void;
}

/** An accepted request and what its work needs. */
export interface Work {
  readonly store: DiskStore;
  /** The request that was accepted, perhaps with a fault in its body or query. */
  readonly request: StoreRequest;
  readonly nowMs: number;
  /** Set by a fault that flips a byte of what is stored. */
  readonly alter?: Alter;
}

/** What the handlers that serve every dialect work with. */
export interface Context extends Work {
  readonly words: Words;
  /** Smallest part but the last. */
  readonly partSizeMinBytes: number;
}

type Names = Readonly<Record<string, string>>;

/** The operations of a dialect. */
export interface OperationTable {
  /** By method and sub-resource, such as `GET uploads`; the first sub-resource in the query decides. */
  readonly bucket: Names;
  readonly object: Names;
  /** By method alone. */
  readonly plainBucket: Names;
  readonly plainObject: Names;
  /** Sub-resources that are refused where no operation names them: ignoring one would do another thing than was asked. */
  readonly refused: ReadonlySet<string>;
  /** The header that makes a PUT a copy. */
  readonly copyHeader: string;
}

/** A dialect's row: where the dialects do the same work, how they differ. */
export interface Words {
  readonly operations: OperationTable;
  /** Finds the bucket in the Host header; absent where only the path names it. */
  readonly hostBucket?: RegExp;
  /** Whether documents have the namespace of S3. */
  readonly namespace: boolean;
  readonly owner: { readonly ID: string; readonly DisplayName: string };
  /** A refusal in the dialect's own words. */
  refusal(
    code: "InvalidArgument" | "InvalidPartOrder" | "MalformedXML" | "NoSuchBucket" | "NoSuchKey" | "NoSuchUpload",
    message?: string,
    details?: Readonly<Record<string, string>>,
  ): Error;
  /** Returns a key that the store takes. Throws for any other. */
  checkedKey(key: string): string;
  /** Names in listings with `encoding-type=url`. */
  encodeName(name: string): string;
  etag(stored: string): string;
  storageClass(stored: string | undefined): string;
  /** Whether a parameter without a value counts as missing. */
  readonly emptyIsMissing: boolean;
  /** Whether elements without a value are written. */
  readonly writesEmpty: boolean;
  /** Whether ListObjects names the next marker without a delimiter, too. */
  readonly nextMarkerAlways: boolean;
  /** Stands before each continuation token, so that a later form can be told apart. */
  readonly tokenPrefix: string;
  /** What `max-keys` and its like may be. No page has more than 1,000 entries. */
  readonly pageEntries: { readonly least: number; readonly most: number };
  /** `max-keys` when it is missing. */
  readonly keysPerPage: number;
  readonly partMarkerMax: number;
  /** The code for a part number in a Complete that is not one. */
  readonly badPartNumber: "InvalidArgument" | "MalformedXML";
  /** Further elements of a listed object, of an upload, and of a part. */
  objectFields(entry: IndexEntry): XmlFields;
  uploadFields(upload: UploadRecord): XmlFields;
  partFields(part: PartRecord, paths: BucketPaths): XmlFields | Promise<XmlFields>;
}

/** How a request arrives. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as node:http hands them over. */
  readonly rawHeaders: readonly string[];
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads a request line and headers. Throws S3Error for a path or query that is not UTF-8. */
export function readRequest(raw: RawRequest, { operations, hostBucket }: Words): StoreRequest {
  const { method, body } = raw;
  const headers = headersFrom(raw.rawHeaders);
  const target = readTarget(raw.url);
  const virtual = hostBucket?.exec(headers.get("host")?.[0] ?? "")?.[1];
  const { first, rest } = virtual === undefined ? cutPath(target.rawPath) : { first: virtual, rest: target.rawPath.slice(1) };
  const bucket = uriDecode(first) || undefined;
  const key = uriDecode(rest) || undefined;
  const line = { ...target, method, headers, bucket, key, body };
  return { ...line, operation: operationOf(operations, line) };
}

function readTarget(url: string): Target {
  const target = url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  const queryPairs = parseQuery(mark < 0 ? "" : target.slice(mark + 1));
  return { rawPath: mark < 0 ? target : target.slice(0, mark), queryPairs, query: new Map(queryPairs) };
}

/** The first segment of a path and all behind it, not decoded; what is missing is empty. */
function cutPath(rawPath: string): { readonly first: string; readonly rest: string } {
  const slash = rawPath.indexOf("/", 1);
  return slash < 0 ? { first: rawPath.slice(1), rest: "" } : { first: rawPath.slice(1, slash), rest: rawPath.slice(slash + 1) };
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

/** The name of the operation; `NotImplemented` and `MethodNotAllowed` are two of them. */
function operationOf(table: OperationTable, { method, bucket, key, query, headers }: Omit<StoreRequest, "operation">): string {
  if (bucket === undefined) return method === "GET" ? "ListBuckets" : "MethodNotAllowed";
  const hasKey = key !== undefined;
  const copies = hasKey && method === "PUT" && headers.has(table.copyHeader);
  if (hasKey && method === "PUT" && query.has("uploadId")) return copies ? "UploadPartCopy" : "UploadPart";
  const known = hasKey ? table.object : table.bucket;
  for (const name of query.keys()) {
    const operation = known[`${method} ${name}`];
    if (operation !== undefined) return operation;
    if (table.refused.has(name)) return "NotImplemented";
  }
  if (copies) return "CopyObject";
  if (!hasKey && method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
  return (hasKey ? table.plainObject : table.plainBucket)[method] ?? "MethodNotAllowed";
}

/** A header, repeated ones joined by commas. */
export function headerOf(request: { readonly headers: ReadonlyMap<string, readonly string[]> }, name: string): string | undefined {
  return request.headers.get(name)?.join(",");
}

/** The bucket of this name, or that of the request. Throws NoSuchBucket. */
export function bucketOf({ store, request, words }: Context, name = request.bucket ?? ""): DiskBucket {
  const bucket = store.bucket(name);
  if (bucket === undefined) throw words.refusal("NoSuchBucket", undefined, { BucketName: name });
  return bucket;
}

/** The key of the request, checked. */
export function keyOf({ request, words }: Context): string {
  return words.checkedKey(request.key ?? "");
}

/** A whole number from the query between two bounds; `absent` when it is missing. Throws InvalidArgument. */
export function queryNumber(context: Context, name: string, bounds: { least: number; most: number; absent: number }): number {
  const text = context.request.query.get(name);
  if (text === undefined || (text === "" && context.words.emptyIsMissing)) return bounds.absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.least && value <= bounds.most) return value;
  throw context.words.refusal("InvalidArgument", `Argument ${name} must be an integer between ${bounds.least} and ${bounds.most}`, {
    ArgumentName: name,
    ArgumentValue: text,
  });
}

/** A document with status 200. */
export function xmlResponse({ words }: Context, rootName: string, fields: XmlFields): StoreResponse & { readonly body: string } {
  return { status: 200, headers: {}, body: writeXml(rootName, fields, { namespace: words.namespace }) };
}
