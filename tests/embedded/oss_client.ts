/**
 * A client that sends exactly what a test says in the OSS dialect, over node:http. It signs with the functions under test, which published
 * vectors, ali-oss and oss2 hold to account elsewhere.
 */
import { Buffer } from "node:buffer";
import { request } from "node:http";
import { canonicalRequestV4, signatureV1, signatureV4, stringToSignV1, stringToSignV4 } from "../../lib/embedded/oss/signature.ts";
import { parseQuery } from "../../lib/embedded/s3/signature.ts";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import type { Answer } from "./raw_client.ts";

/** A longer body is an object, and no text. */
const TEXT_BYTES_MAX = 4 * 1024 * 1024;

/** Where to send, and the keys to sign with. */
export type OssServer = Pick<EmbeddedStore, "endpoint" | "accessKeyId" | "secretAccessKey">;

/** What to send; the path is sent as it is, with the bucket first. */
export interface OssSending {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** V4 when absent. */
  signature?: "v1" | "v4" | "none";
  /** Signs with these in place of the store's. */
  keys?: { accessKeyId: string; secretAccessKey: string };
  /** Signs for this region; `cn-hangzhou` when absent. */
  region?: string;
  /** Signs for this time; now when absent. */
  atMs?: number;
  /** Bucket and key as signed, for a path that does not begin with the bucket. */
  resource?: { bucket: string; key: string };
}

/** Sends one request and reads the whole answer. Rejects when the connection breaks. */
export async function sendOss(store: OssServer, method: string, path: string, sending: OssSending = {}): Promise<Answer> {
  const body = sending.body === undefined ? undefined : Buffer.from(sending.body as string);
  const headers: Record<string, string> = { ...sending.headers };
  if (body !== undefined || method === "PUT" || method === "POST") headers["content-length"] ??= String(body?.length ?? 0);
  if (sending.signature !== "none") signOss(store, method, path, headers, sending);
  return await new Promise((resolve, reject) => {
    const sent = request(`${store.endpoint}/`, { method, path, headers }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          text: bytes.subarray(0, TEXT_BYTES_MAX).toString("utf8"),
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Signs: writes date and Authorization into `headers`. */
export function signOss(store: OssServer, method: string, path: string, headers: Record<string, string>, sending: OssSending): void {
  const { accessKeyId, secretAccessKey } = sending.keys ?? store;
  const date = new Date(sending.atMs ?? Date.now());
  const [rawPath = "", rawQuery = ""] = path.split("?");
  const [, bucket, ...rest] = rawPath.split("/");
  const resource = sending.resource ?? { bucket: bucket || undefined, key: decodeURIComponent(rest.join("/")) || undefined };
  const parts = () => ({
    method,
    bucket: resource.bucket,
    key: resource.key,
    query: parseQuery(rawQuery),
    headers: new Map(Object.entries(headers).map(([name, value]): [string, string[]] => [name.toLowerCase(), [value]])),
  });
  if (sending.signature === "v1") {
    headers["x-oss-date"] ??= date.toUTCString();
    headers["authorization"] = `OSS ${accessKeyId}:${signatureV1(secretAccessKey, stringToSignV1(parts(), headers["x-oss-date"]))}`;
    return;
  }
  const timestamp = headers["x-oss-date"] ?? date.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${timestamp.slice(0, 8)}/${sending.region ?? "cn-hangzhou"}/oss/aliyun_v4_request`;
  Object.assign(headers, { "x-oss-date": timestamp, "x-oss-content-sha256": "UNSIGNED-PAYLOAD", ...headers });
  const text = stringToSignV4(timestamp, scope, canonicalRequestV4(parts(), [], "UNSIGNED-PAYLOAD"));
  const signature = signatureV4(secretAccessKey, scope, text);
  headers["authorization"] = `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},Signature=${signature}`;
}

/** The CRC-64 that OSS told in a header. */
export function crc64Of(answer: Answer): string {
  return String(answer.headers["x-oss-hash-crc64ecma"]);
}
