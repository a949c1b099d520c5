/**
 * Every operation of the embedded store as one request in each dialect, and every way to send it without the right to. It signs with the
 * clients that the other tests of the store use.
 */
import aws4 from "aws4";
import { type OssSending, signOss } from "../embedded/oss_client.ts";
import type { Served } from "../embedded/raw_client.ts";

/** A request as it goes out. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** What a request carries besides its line. */
type More = { readonly headers?: Record<string, string>; readonly body?: string } | undefined;

/** One operation: method, path with query, and what else it needs. `$ID` is an upload that is open. */
export type Deed = readonly [operation: string, method: string, path: string, more?: More];

const COPY = { headers: { "x-amz-copy-source": "/bkt/k" } };
const OSS_COPY = { headers: { "x-oss-copy-source": "/bkt/k" } };
const TAGS = { body: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>" };
const DELETE = { body: "<Delete><Object><Key>k</Key></Object></Delete>" };
const COMPLETE = { body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>" };

/** What both dialects know under one name. */
const SHARED: readonly Deed[] = [
  ["ListBuckets", "GET", "/"],
  ["CreateBucket", "PUT", "/other"],
  ["DeleteBucket", "DELETE", "/empty"],
  ["ListObjects", "GET", "/bkt"],
  ["ListObjectsV2", "GET", "/bkt?list-type=2"],
  ["ListMultipartUploads", "GET", "/bkt?uploads"],
  ["GetBucketLocation", "GET", "/bkt?location"],
  ["GetBucketVersioning", "GET", "/bkt?versioning"],
  ["GetBucketAcl", "GET", "/bkt?acl"],
  ["DeleteObjects", "POST", "/bkt?delete", DELETE],
  ["PutObject", "PUT", "/bkt/k", { body: "other" }],
  ["GetObject", "GET", "/bkt/k"],
  ["HeadObject", "HEAD", "/bkt/k"],
  ["DeleteObject", "DELETE", "/bkt/k"],
  ["GetObjectTagging", "GET", "/bkt/k?tagging"],
  ["PutObjectTagging", "PUT", "/bkt/k?tagging", TAGS],
  ["DeleteObjectTagging", "DELETE", "/bkt/k?tagging"],
  ["GetObjectAcl", "GET", "/bkt/k?acl"],
  ["CreateMultipartUpload", "POST", "/bkt/k?uploads"],
  ["UploadPart", "PUT", "/bkt/k?partNumber=1&uploadId=$ID", { body: "part" }],
  ["ListParts", "GET", "/bkt/k?uploadId=$ID"],
  ["CompleteMultipartUpload", "POST", "/bkt/k?uploadId=$ID", COMPLETE],
  ["AbortMultipartUpload", "DELETE", "/bkt/k?uploadId=$ID"],
];

/** Operations by the dialect that has them. */
export const DEEDS: Readonly<Record<"s3" | "oss", readonly Deed[]>> = {
  s3: [
    ...SHARED,
    ["HeadBucket", "HEAD", "/bkt"],
    ["GetObjectAttributes", "GET", "/bkt/k?attributes", { headers: { "x-amz-object-attributes": "ETag" } }],
    ["CopyObject", "PUT", "/bkt/copy", COPY],
    ["UploadPartCopy", "PUT", "/bkt/k?partNumber=1&uploadId=$ID", COPY],
  ],
  oss: [
    ...SHARED,
    ["GetBucketInfo", "GET", "/bkt?bucketInfo"],
    ["GetSymlink", "GET", "/bkt/k?symlink"],
    ["PutSymlink", "PUT", "/bkt/link?symlink", { headers: { "x-oss-symlink-target": "k" } }],
    ["GetObjectMeta", "HEAD", "/bkt/k?objectMeta"],
    ["RestoreObject", "POST", "/bkt/k?restore"],
    ["CopyObject", "PUT", "/bkt/copy", OSS_COPY],
    ["UploadPartCopy", "PUT", "/bkt/k?partNumber=1&uploadId=$ID", OSS_COPY],
  ],
};

/** How to sign: the dialect, for OSS its version. */
export type Signature = "s3" | "v1" | "v4";

const MINUTE_MS = 60_000;

/** A request signed with these keys for this time. */
export function signed(store: Served, signature: Signature, [, method, path, more]: Deed, options: Partial<OssSending> = {}): Outgoing {
  const headers: Record<string, string> = { ...more?.headers };
  const body = more?.body;
  if (body !== undefined || method === "PUT" || method === "POST") headers["content-length"] = String(body?.length ?? 0);
  if (signature !== "s3") {
    signOss(store, method, path, headers, { ...options, signature });
    return { method, path, headers, ...(body !== undefined && { body }) };
  }
  const date = new Date(options.atMs ?? Date.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const request = {
    method,
    path,
    host: new URL(store.endpoint).host,
    service: "s3",
    region: "us-east-1",
    headers: { ...headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": date },
  };
  aws4.sign(request, options.keys ?? store);
  return { method, path, headers: lowerCased(request.headers), ...(body !== undefined && { body }) };
}

function lowerCased(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** Everything that somebody without the secret could try with one operation. */
export function* wrongWays(store: Served, signature: Signature, deed: Deed): Generator<[string, Outgoing]> {
  const good = signed(store, signature, deed);
  const vendor = signature === "s3" ? "x-amz" : "x-oss";
  const changed = (change: Partial<Outgoing>) => ({ ...good, ...change });
  const withHeaders = (headers: Record<string, string>) => changed({ headers: { ...good.headers, ...headers } });
  const { authorization: _, ...unsigned } = good.headers;
  yield ["without a signature", changed({ headers: unsigned })];
  yield ["with a wrong secret", signed(store, signature, deed, { keys: { ...store, secretAccessKey: `${store.secretAccessKey}x` } })];
  yield ["with an unknown key", signed(store, signature, deed, { keys: { ...store, accessKeyId: "nobody" } })];
  yield ["with another date", withHeaders({ [`${vendor}-date`]: later(good.headers[`${vendor}-date`] ?? "") })];
  yield ["with one more header", withHeaders({ [`${vendor}-meta-added`]: "x" })];
  yield ["with one more parameter", changed({ path: `${good.path}${good.path.includes("?") ? "&" : "?"}${vendor}-added=1` })];
  yield ["for another path", changed({ path: good.path.replace(/^\/[a-z]*/, (bucket) => `${bucket}x`) })];
  yield ["by another method", changed({ method: good.method === "DELETE" ? "GET" : "DELETE" })];
  if (signature === "s3") yield ["with another body hash", withHeaders({ "x-amz-content-sha256": "0".repeat(64) })];
  yield ["signed 16 minutes ago", signed(store, signature, deed, { atMs: Date.now() - 16 * MINUTE_MS })];
  yield ["signed for in 16 minutes", signed(store, signature, deed, { atMs: Date.now() + 16 * MINUTE_MS })];
}

/** One second later, in the form in which it came. */
function later(date: string): string {
  const iso = /^\d{8}T\d{6}Z$/.test(date);
  const ms = Date.parse(iso ? date.replace(/^(....)(..)(..T..)(..)(..)Z$/, "$1-$2-$3:$4:$5Z") : date) + 1000;
  return iso ? new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "") : new Date(ms).toUTCString();
}
