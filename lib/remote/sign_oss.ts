/**
 * Signatures of Alibaba OSS for data requests, V4 and V1, by Alibaba's documents ("Include V4 signatures in the Authorization header",
 * "Include V1 signatures…"). Pure, but for the keys of a day, which are remembered. The payload is declared unsigned: its integrity is the
 * business of Content-MD5 and of the CRC64 that OSS answers.
 */
import { createHash, createHmac } from "node:crypto";
import type { Credentials, OssSignature } from "../types.ts";
import { encodeKey, encodeText } from "./encode_key.ts";

/** One request to be signed. Bucket and key are signed whatever the address looks like. */
export interface UnsignedOss {
  readonly method: "GET" | "PUT" | "HEAD";
  readonly bucket: string;
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Without `oss-` in front; V1 does not sign it. */
  readonly region: string;
  /** Names in lower case; values as text, which is signed as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The headers of the request with what the signature adds. */
export function signOssRequest(
  request: UnsignedOss,
  signature: OssSignature,
  credentials: Credentials,
  nowMs: number,
): Record<string, string> {
  return signature === "v4" ? signV4(request, credentials, nowMs) : signV1(request, credentials, nowMs);
}

function signV4(request: UnsignedOss, credentials: Credentials, nowMs: number): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const date = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": time,
    ...(sessionToken !== undefined && { "x-oss-security-token": sessionToken }),
  };
  const scope = `${date}/${request.region}/oss/aliyun_v4_request`;
  const canonical = [
    request.method,
    `/${encodeText(request.bucket)}/${encodeKey(request.key)}`,
    canonicalQuery(request.query),
    canonicalHeaders(headers, isSigned),
    "",
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const text = ["OSS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const value = hmac(signingKey(secretAccessKey, date, request.region), text).toString("hex");
  headers.authorization = `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},Signature=${value}`;
  return headers;
}

function isSigned(name: string): boolean {
  return name.startsWith("x-oss-") || name === "content-type" || name === "content-md5";
}

/** Sorted by encoded name; a parameter without a value stands without `=`. */
function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => [encodeText(name), encodeText(value)] as const);
  pairs.sort(([left], [right]) => left < right ? -1 : 1);
  return pairs.map(([name, value]) => value === "" ? name : `${name}=${value}`).join("&");
}

function canonicalHeaders(headers: Readonly<Record<string, string>>, wanted: (name: string) => boolean): string {
  return Object.keys(headers).filter(wanted).sort().map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
}

let lastKey: { of: string; key: Uint8Array } = { of: "", key: new Uint8Array() };

function signingKey(secret: string, date: string, region: string): Uint8Array {
  const of = `${secret}\n${date}\n${region}`;
  if (lastKey.of !== of) {
    lastKey = { of, key: hmac(hmac(hmac(hmac(`aliyun_v4${secret}`, date), region), "oss"), "aliyun_v4_request") };
  }
  return lastKey.key;
}

function hmac(key: string | Uint8Array, text: string) {
  return createHmac("sha256", key).update(text).digest();
}

/** Query parameters that V1 signs, of those that data requests have. */
const SUBRESOURCES = new Set(["partNumber", "uploadId", "versionId"]);

function signV1(request: UnsignedOss, credentials: Credentials, nowMs: number): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date(nowMs).toUTCString();
  const headers: Record<string, string> = {
    ...request.headers,
    // A Date header could not be set everywhere; this one takes its place in the signature.
    "x-oss-date": time,
    ...(sessionToken !== undefined && { "x-oss-security-token": sessionToken }),
  };
  const parameters = Object.keys(request.query).filter((name) => SUBRESOURCES.has(name)).sort().map((name) => {
    const value = request.query[name] ?? "";
    return value === "" ? name : `${name}=${value}`;
  });
  const resource = `/${request.bucket}/${request.key}${parameters.length > 0 ? `?${parameters.join("&")}` : ""}`;
  const text = [
    request.method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    time,
    canonicalHeaders(headers, (name) => name.startsWith("x-oss-")) + resource,
  ].join("\n");
  headers.authorization = `OSS ${accessKeyId}:${createHmac("sha1", secretAccessKey).update(text).digest("base64")}`;
  return headers;
}
