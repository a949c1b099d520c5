/**
 * Signature Version 4 as "Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference defines it, for the
 * server: pure functions from a request to what its signature must be. Throws S3Error and knows no secret but the one it is given.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { S3Error } from "./errors.ts";

/** The algorithm, as Authorization and the strings to sign name it. */
export const SIGNATURE_ALGORITHM = "AWS4-HMAC-SHA256";

/** The parts of a request that are signed. */
export interface SignedParts {
  readonly method: string;
  /** As sent, before the question mark. */
  readonly rawPath: string;
  /** Decoded names and values in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  /** Names in lower case; values of a repeated header in the order sent. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Percent-encodes UTF-8 bytes as Signature Version 4 wants it: everything but `A-Z a-z 0-9 - . _ ~`, in upper-case hex. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Decodes percent-encoding. Throws InvalidURI when the bytes are not UTF-8. */
export function uriDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/** Names and values of a raw query string, a plus read as a space. */
export function parseQuery(rawQuery: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const field of rawQuery.split("&")) {
    if (field === "") continue;
    const equals = field.indexOf("=");
    const name = equals < 0 ? field : field.slice(0, equals);
    const value = equals < 0 ? "" : field.slice(equals + 1);
    pairs.push([uriDecode(name.replaceAll("+", " ")), uriDecode(value.replaceAll("+", " "))]);
  }
  return pairs;
}

/** The canonical request; the path is not normalised, only encoded anew. Text of one unit per byte, so that header bytes stay as sent. */
export function canonicalRequest(parts: SignedParts, signedHeaders: readonly string[], payloadHash: string): string {
  const path = parts.rawPath.split("/").map((segment) => uriEncode(uriDecode(segment))).join("/");
  const query = parts.query.map(([name, value]): [string, string] => [uriEncode(name), uriEncode(value)])
    .sort(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`).join("&");
  const headers = signedHeaders.map((name) => {
    const values = (parts.headers.get(name) ?? []).map((value) => value.trim().replace(/ +/g, " "));
    return `${name}:${values.join(",")}\n`;
  }).join("");
  return [parts.method, path, query, headers, signedHeaders.join(";"), payloadHash].join("\n");
}

function order(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Lower-case hex SHA-256; text counts as one byte per unit. */
function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(typeof data === "string" ? Buffer.from(data, "latin1") : data).digest("hex");
}

/** What is signed for a whole request. `scope` is `date/region/s3/aws4_request`. */
export function stringToSign(timestamp: string, scope: string, canonical: string): string {
  return [SIGNATURE_ALGORITHM, timestamp, scope, sha256Hex(canonical)].join("\n");
}

/** The key derived from the secret for one scope. */
export function signingKey(secretAccessKey: string, scope: string): Uint8Array {
  let key: Uint8Array = Buffer.from(`AWS4${secretAccessKey}`, "utf8");
  for (const step of scope.split("/")) key = createHmac("sha256", key).update(step).digest();
  return key;
}

/** The signature, in lower-case hex. */
export function signatureOf(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text, "latin1").digest("hex");
}

/** Whether two signatures are the same, in a time that does not depend on where they differ. */
export function sameSignature(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left, "latin1"), Buffer.from(right, "latin1"));
}

/** The signatures of a chain of chunks, as "Transferring payload in multiple chunks" defines it; each rests on the one before. */
export class ChunkSigner {
  readonly #key: Uint8Array;
  readonly #timestamp: string;
  readonly #scope: string;
  #previous: string;

  /** Begins behind the signature of the request itself. */
  constructor(key: Uint8Array, request: { readonly timestamp: string; readonly scope: string; readonly signature: string }) {
    this.#key = key;
    this.#timestamp = request.timestamp;
    this.#scope = request.scope;
    this.#previous = request.signature;
  }

  /** The signature of the next chunk, from the hex SHA-256 of its data. */
  nextChunk(dataHash: string): string {
    return this.#next(`${SIGNATURE_ALGORITHM}-PAYLOAD`, [sha256Hex(""), dataHash]);
  }

  /** The signature of the trailing headers, each `name:value` and a line feed. */
  trailer(trailingHeaders: string): string {
    return this.#next(`${SIGNATURE_ALGORITHM}-TRAILER`, [sha256Hex(trailingHeaders)]);
  }

  #next(kind: string, hashes: readonly string[]): string {
    this.#previous = signatureOf(this.#key, [kind, this.#timestamp, this.#scope, this.#previous, ...hashes].join("\n"));
    return this.#previous;
  }
}
