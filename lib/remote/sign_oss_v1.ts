/**
 * The older signature of Alibaba OSS ("Include V1 signatures in the Authorization header"), for buckets and accounts from before 2025.
 * Pure.
 */
import { nodeCrypto } from "../node.ts";
import type { Credentials } from "../types.ts";

/** One request to be signed. Bucket and key are signed whatever the address looks like. */
export interface UnsignedOssV1 {
  readonly method: string;
  readonly bucket: string;
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; values as text, which is signed as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Query parameters that are signed, of those that requests of ours have. */
const SUBRESOURCES = new Set(["continuation-token", "delete", "partNumber", "tagging", "uploadId", "uploads", "versionId"]);

/** The headers of the request with what the signature adds. */
export function signOssV1(request: UnsignedOssV1, credentials: Credentials, nowMs: number): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date(nowMs).toUTCString();
  const headers: Record<string, string> = {
    ...request.headers,
    // A proxy may rewrite Date; this header takes its place in the signature.
    "x-oss-date": time,
    ...(sessionToken !== undefined && { "x-oss-security-token": sessionToken }),
  };
  const parameters = Object.keys(request.query).filter((name) => SUBRESOURCES.has(name)).sort().map((name) => {
    const value = request.query[name] ?? "";
    return value === "" ? name : `${name}=${value}`;
  });
  const resource = `/${request.bucket}/${request.key}${parameters.length > 0 ? `?${parameters.join("&")}` : ""}`;
  const own = Object.keys(headers).filter((name) => name.startsWith("x-oss-")).sort();
  const canonicalHeaders = own.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  const text = [request.method, headers["content-md5"] ?? "", headers["content-type"] ?? "", time, canonicalHeaders + resource].join("\n");
  headers.authorization = `OSS ${accessKeyId}:${nodeCrypto().createHmac("sha1", secretAccessKey).update(text).digest("base64")}`;
  return headers;
}
