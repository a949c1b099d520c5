/**
 * Signature Version 4 of Amazon and of Alibaba: one signer, two schemes (S3 API reference, "Signature calculations"; OSS API reference,
 * "Include V4 signatures in the Authorization header"). Pure, but for the keys of a day, which are remembered. The payload is declared
 * unsigned unless the request says otherwise: its integrity is the business of Content-MD5 and checksum headers, which are signed. Only
 * what must be signed is signed, and the length of a body to S3: a store that reads another length would keep a piece of it and call it
 * whole. Proxies may touch the rest.
 */
import { hmac, type HmacKey, hmacKey, sha256 } from "../bytes/sha.ts";
import { nodeCrypto } from "../node.ts";
import type { Credentials } from "../types.ts";
import { encodeText } from "./encode.ts";
import type { Query } from "./protocol.ts";

/** What differs between the two. */
export interface SigningScheme {
  readonly algorithm: string;
  /** Stands before the secret key. */
  readonly secretPrefix: string;
  readonly service: string;
  readonly terminator: string;
  /** Begins the names of headers of the protocol's own, all of which are signed. */
  readonly headerPrefix: string;
  readonly tokenHeader: string;
  /** Other headers that are signed where a request has them; `host` means that the host is signed. */
  readonly signedHeaders: ReadonlySet<string>;
  /** A query parameter without a value is signed as `name=` (Amazon) or `name` (Alibaba). */
  readonly emptyValue: "=" | "";
  /** The canonical request and the Authorization header name the signed headers. */
  readonly namesHeaders: boolean;
}

/** Signature Version 4 of Amazon S3. */
export const S3_SCHEME: SigningScheme = {
  algorithm: "AWS4-HMAC-SHA256",
  secretPrefix: "AWS4",
  service: "s3",
  terminator: "aws4_request",
  headerPrefix: "x-amz-",
  tokenHeader: "x-amz-security-token",
  signedHeaders: new Set(["host", "content-type", "content-md5", "content-length"]),
  emptyValue: "=",
  namesHeaders: true,
};

/** Signature Version 4 of Alibaba OSS. */
export const OSS_SCHEME: SigningScheme = {
  algorithm: "OSS4-HMAC-SHA256",
  secretPrefix: "aliyun_v4",
  service: "oss",
  terminator: "aliyun_v4_request",
  headerPrefix: "x-oss-",
  tokenHeader: "x-oss-security-token",
  signedHeaders: new Set(["content-type", "content-md5"]),
  emptyValue: "",
  namesHeaders: false,
};

/** One request to be signed. */
export interface Unsigned {
  readonly method: string;
  /** As in the Host header: with the port where it is not the scheme's own. */
  readonly host: string;
  /** The path that is signed, percent-encoded; without a query. */
  readonly path: string;
  readonly query: Query;
  /** Names in lower case; values as text, not as header bytes, since servers read the signed text as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The time of the last signature, rounded down to the second, with its text: dates are costly to write. */
let lastStamp = { second: NaN, text: "" };

/** `20261130T174500Z`. */
function stampOf(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== lastStamp.second) lastStamp = { second, text: new Date(second * 1000).toISOString().replace(/[:-]|\.\d{3}/g, "") };
  return lastStamp.text;
}

/** Parameters sorted by their encoded names, as a query string without the `?`; `emptyValue` follows a name that has no value. */
export function canonicalQuery(query: Query, emptyValue: "=" | ""): string {
  const pairs: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(query)) if (value !== undefined) pairs.push([encodeText(name), value]);
  if (pairs.length > 1) pairs.sort(([left], [right]) => left < right ? -1 : 1);
  return pairs.map(([name, value]) => value === "" ? name + emptyValue : `${name}=${encodeText(value)}`).join("&");
}

/** Signs requests of one scheme in one region. */
export class Signer {
  readonly #scheme: SigningScheme;
  readonly #region: string;
  #lastKey: { readonly secret: string; readonly date: string; readonly key: HmacKey } | undefined;

  constructor(scheme: SigningScheme, region: string) {
    this.#scheme = scheme;
    this.#region = region;
  }

  /** The headers of the request with what the signature adds; `host` is not among them. `nowMs` may be corrected by the store's clock. */
  sign(request: Unsigned, credentials: Credentials, nowMs: number): Record<string, string> {
    const scheme = this.#scheme;
    const time = stampOf(nowMs);
    const date = time.slice(0, 8);
    const payloadHeader = `${scheme.headerPrefix}content-sha256`;
    const headers: Record<string, string> = { ...request.headers };
    headers[payloadHeader] ??= "UNSIGNED-PAYLOAD";
    headers[`${scheme.headerPrefix}date`] = time;
    if (credentials.sessionToken !== undefined) headers[scheme.tokenHeader] = credentials.sessionToken;
    const names = Object.keys(headers).filter((name) => name.startsWith(scheme.headerPrefix) || scheme.signedHeaders.has(name));
    if (scheme.signedHeaders.has("host")) names.push("host");
    names.sort();
    let canonical = `${request.method}\n${request.path}\n${canonicalQuery(request.query, scheme.emptyValue)}\n`;
    for (const name of names) canonical += `${name}:${tidy(name === "host" ? request.host : headers[name] ?? "")}\n`;
    const signedNames = scheme.namesHeaders ? names.join(";") : "";
    canonical += `\n${signedNames}\n${headers[payloadHeader]}`;
    const scope = `${date}/${this.#region}/${scheme.service}/${scheme.terminator}`;
    const text = `${scheme.algorithm}\n${time}\n${scope}\n${sha256(canonical).toHex()}`;
    const signature = hmac(this.#keyOf(credentials.secretAccessKey, date), text).toHex();
    headers.authorization = scheme.namesHeaders
      ? `${scheme.algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`
      : `${scheme.algorithm} Credential=${credentials.accessKeyId}/${scope},Signature=${signature}`;
    return headers;
  }

  /** Signs the chunks of a body one after another, from the signature of its request on; `headers` are those of {@link sign}. */
  chunkSigner(headers: Readonly<Record<string, string>>, credentials: Credentials): (chunk: Uint8Array) => string {
    const { algorithm, headerPrefix, service, terminator } = this.#scheme;
    const time = headers[`${headerPrefix}date`] ?? "";
    const date = time.slice(0, 8);
    const key = this.#keyOf(credentials.secretAccessKey, date);
    const start = `${algorithm}-PAYLOAD\n${time}\n${date}/${this.#region}/${service}/${terminator}\n`;
    const nothing = sha256("").toHex();
    let last = (headers.authorization ?? "").slice(-64);
    return (chunk) => last = hmac(key, `${start}${last}\n${nothing}\n${sha256(chunk).toHex()}`).toHex();
  }

  #keyOf(secret: string, date: string): HmacKey {
    const last = this.#lastKey;
    if (last !== undefined && last.secret === secret && last.date === date) return last.key;
    const { secretPrefix, service, terminator } = this.#scheme;
    let key = hmacKey(secretPrefix + secret);
    for (const step of [date, this.#region, service, terminator]) key = hmacKey(hmac(key, step));
    this.#lastKey = { secret, date, key };
    return key;
  }
}

/** A header value as it is signed: without space around it, and with single spaces in it. */
function tidy(value: string): string {
  return /^\s|\s$|\s\s|[^\S ]/.test(value) ? value.trim().replace(/\s+/g, " ") : value;
}

/** One request to be signed. Bucket and key are signed whatever the address looks like. */
export interface UnsignedOssV1 {
  readonly method: string;
  readonly bucket: string;
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query: Query;
  /** Names in lower case; values as text, which is signed as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Query parameters that are signed, of those that requests of ours have. */
const SUBRESOURCES = new Set(["continuation-token", "delete", "partNumber", "tagging", "uploadId", "uploads", "versionId"]);

/**
 * The headers of the request with what the older signature of Alibaba OSS adds ("Include V1 signatures in the Authorization header"): for
 * buckets and accounts from before 2025.
 */
export function signOssV1(request: UnsignedOssV1, credentials: Credentials, nowMs: number): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date(nowMs).toUTCString();
  const headers: Record<string, string> = {
    ...request.headers,
    // A proxy may rewrite Date; this header takes its place in the signature.
    "x-oss-date": time,
    ...(sessionToken !== undefined && { "x-oss-security-token": sessionToken }),
  };
  const parameters = Object.keys(request.query).filter((name) => SUBRESOURCES.has(name) && request.query[name] !== undefined).sort().map(
    (name) => {
      const value = request.query[name] ?? "";
      return value === "" ? name : `${name}=${value}`;
    },
  );
  const resource = `/${request.bucket}/${request.key}${parameters.length > 0 ? `?${parameters.join("&")}` : ""}`;
  const own = Object.keys(headers).filter((name) => name.startsWith("x-oss-")).sort();
  const canonicalHeaders = own.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  const text = [request.method, headers["content-md5"] ?? "", headers["content-type"] ?? "", time, canonicalHeaders + resource].join("\n");
  headers.authorization = `OSS ${accessKeyId}:${nodeCrypto().createHmac("sha1", secretAccessKey).update(text).digest("base64")}`;
  return headers;
}
