/**
 * Signature Version 4 for data requests. The payload is declared unsigned: its integrity is the business of Content-MD5 and checksum
 * headers, which are signed. Only what must be signed is signed (host, content-type, content-md5, x-amz-*), and the length of a body: a
 * store that reads another one would keep a piece of it and call it whole. Proxies may touch the rest.
 */
import aws4Module from "aws4";
import type { Credentials } from "../types.ts";

const SIGNED: ReadonlySet<string> = new Set(["content-type", "content-md5", "content-length"]);

interface Aws4 {
  sign(
    request: { service: string; region: string; method: string; host: string; path: string; headers: Record<string, string> },
    credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string | undefined },
  ): { headers: Record<string, string> };
}

const aws4 = aws4Module as unknown as Aws4;

/** One request to be signed. */
export interface Unsigned {
  readonly method: "GET" | "PUT";
  /** As in the Host header: with the port where it is not the scheme's own. */
  readonly host: string;
  /** Path and query as they will be sent. */
  readonly path: string;
  readonly region: string;
  /** Names in lower case; values as text, not as header bytes, since servers read the signed text as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The time of the last signature, rounded down to the second, with its text: dates are costly to write. */
let lastStamp = { second: NaN, text: "" };

function stampOf(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== lastStamp.second) lastStamp = { second, text: new Date(second * 1000).toISOString().replace(/[:-]|\.\d{3}/g, "") };
  return lastStamp.text;
}

/** The headers of the request with what the signature adds; `host` is left out. `nowMs` may be corrected by the store's clock. */
export function signRequest(request: Unsigned, credentials: Credentials, nowMs: number): Record<string, string> {
  const signed: Record<string, string> = {
    host: request.host,
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    "x-amz-date": stampOf(nowMs),
  };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    (name.startsWith("x-amz-") || SIGNED.has(name) ? signed : headers)[name] = value;
  }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const answer = aws4.sign(
    { service: "s3", region: request.region, method: request.method, host: request.host, path: request.path, headers: signed },
    { accessKeyId, secretAccessKey, sessionToken },
  );
  Object.assign(headers, answer.headers);
  delete headers.host;
  return headers;
}
