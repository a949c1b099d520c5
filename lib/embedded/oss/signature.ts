/**
 * The signatures of Alibaba OSS from the side of the server, pure: V1 as "Include a V1 signature in the Authorization header" and V4 as
 * "Include a V4 signature in the Authorization header" define them. Texts to sign have one unit per byte: header bytes stay as sent.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { uriEncode } from "../s3/signature.ts";

/** The V4 algorithm, as Authorization and the string to sign name it. */
export const OSS_V4_ALGORITHM = "OSS4-HMAC-SHA256";
/** The only payload hash that V4 of OSS knows. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** The parts of a request that are signed. Bucket and key are signed alike, however the request is addressed. */
export interface OssSignedParts {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** Decoded names and values in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  /** Names in lower case; values of a repeated header in the order sent. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Sub-resources and overrides that V1 signs, from the documents' list; all names in `x-oss-` are signed as well. */
const SIGNED_QUERY_V1 = new Set(
  ("acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var cloudboxes cname comp continuation-token cors delete " +
    "encryption endTime group httpsConfig img inventory inventoryId lifecycle link live location logging metaQuery objectInfo objectMeta " +
    "partNumber policy position publicAccessBlock qos qosInfo redundancyTransition referer regionList replication replicationLocation " +
    "replicationProgress requestPayment resourceGroup response-cache-control response-content-disposition response-content-encoding " +
    "response-content-language response-content-type response-expires restore security-token sequential startTime stat status style " +
    "styleName symlink tagging transferAcceleration udf udfApplication udfApplicationLog udfId udfImage udfImageDesc udfName uploadId " +
    "uploads versionId versioning versions vod website worm wormExtend wormId").split(" "),
);

function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function order(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

function headerLines(headers: OssSignedParts["headers"], names: readonly string[]): string {
  return names.toSorted(order).map((name) => `${name}:${(headers.get(name) ?? []).map((value) => value.trim()).join(",")}\n`).join("");
}

/** What V1 signs. `date` is the value of x-oss-date or Date, or for a signed URL that of `Expires`. */
export function stringToSignV1(parts: OssSignedParts, date: string): string {
  const { method, bucket, key, headers } = parts;
  const first = (name: string) => headers.get(name)?.join(",") ?? "";
  const ossHeaders = Array.from(headers.keys()).filter((name) => name.startsWith("x-oss-"));
  const signed = parts.query.filter(([name]) => SIGNED_QUERY_V1.has(name) || name.startsWith("x-oss-"))
    .map(([name, value]): [string, string] => [bytesOf(name), bytesOf(value)])
    .sort(([left], [right]) => order(left, right))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&");
  const resource = (bucket === undefined ? "/" : `/${bucket}/${bytesOf(key ?? "")}`) + (signed === "" ? "" : `?${signed}`);
  return [method, first("content-md5"), first("content-type"), date, headerLines(headers, ossHeaders) + resource].join("\n");
}

/** The V1 signature in base64. */
export function signatureV1(secret: string, text: string): string {
  return createHmac("sha1", Buffer.from(secret, "utf8")).update(text, "latin1").digest("base64");
}

/**
 * The canonical request of V4. `content-type`, `content-md5` and all `x-oss-` headers that are sent are signed, and `additional` ones. A
 * parameter without a value is its name alone.
 */
export function canonicalRequestV4(parts: OssSignedParts, additional: readonly string[], payload: string): string {
  const { method, bucket, key, headers } = parts;
  const path = uriEncode(bucket === undefined ? "/" : `/${bucket}/${key ?? ""}`).replaceAll("%2F", "/");
  const query = parts.query.map(([name, value]): [string, string] => [uriEncode(name), uriEncode(value)])
    .sort(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&");
  const alwaysSigned = (name: string) => name === "content-type" || name === "content-md5" || name.startsWith("x-oss-");
  const names = new Set([...Array.from(headers.keys()).filter(alwaysSigned), ...additional]);
  return [method, path, query, headerLines(headers, [...names]), additional.join(";"), payload].join("\n");
}

/** What V4 signs. `scope` is `date/region/oss/aliyun_v4_request`. */
export function stringToSignV4(timestamp: string, scope: string, canonical: string): string {
  return [OSS_V4_ALGORITHM, timestamp, scope, createHash("sha256").update(canonical, "latin1").digest("hex")].join("\n");
}

/** The V4 signature in lower-case hex. */
export function signatureV4(secret: string, scope: string, text: string): string {
  let key: Uint8Array = Buffer.from(`aliyun_v4${secret}`, "utf8");
  for (const step of scope.split("/")) key = createHmac("sha256", key).update(step).digest();
  return createHmac("sha256", key).update(text, "latin1").digest("hex");
}
