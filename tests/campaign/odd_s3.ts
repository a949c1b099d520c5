/**
 * Requests and responses of S3 as the odd store needs them: what is asked, what a body holds, documents and refusals. Pure. Must never use
 * code of the program, whose misreading would be repeated here.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { type Asked, join, type Reply } from "./odd_http.ts";

/** What is asked of a store. */
export type Question =
  | "head bucket"
  | "location"
  | "list"
  | "list uploads"
  | "deletes"
  | "head"
  | "get"
  | "put"
  | "copy"
  | "create"
  | "part"
  | "complete"
  | "abort"
  | "list parts"
  | "get tags"
  | "put tags"
  | "attributes"
  | "delete"
  | "other";

/** A request, understood. */
export interface S3Asked extends Asked {
  readonly question: Question;
  readonly key: string;
  readonly query: URLSearchParams;
  /** It came to the store's second address, where redirects lead. */
  readonly atSecond?: boolean;
}

const CARRIED = /^(content-(type|encoding|language|disposition)|cache-control|expires|x-amz-meta-.*|x-amz-storage-class)$/;
const decoder = new TextDecoder();

/** A response without a body. */
export function plain(status: number, headers: readonly (readonly [string, string])[] = []): Reply {
  return { status, headers, body: new Uint8Array(0) };
}

/** A response that is a document. */
export function xml(name: string, inner: string, status = 200): Reply {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${name}>`;
  return { status, headers: [["Content-Type", "application/xml"]], body: new TextEncoder().encode(text) };
}

/** A refusal, as S3 says it. */
export function failure(status: number, code: string, message: string, more = ""): Reply {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
  return { status, headers: [["Content-Type", "application/xml"]], body: new TextEncoder().encode(text), reason: "Error" };
}

/** MD5 in lower-case hex. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Less than 0 when `one` comes first by its UTF-8 bytes. */
export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** A request, with what it asks for. */
export function understand(raw: Asked, basePath: string): S3Asked {
  const target = raw.target.replace(/^http:\/\/[^/]+/, "");
  const [path = "", search = ""] = target.slice(target.startsWith(basePath) ? basePath.length : 0).split("?");
  const query = new URLSearchParams(search.replaceAll("+", "%2B"));
  const key = decodeURIComponent(path.split("/").slice(2).join("/"));
  return { ...raw, key, query, question: questionOf(raw, key, query) };
}

function questionOf({ method, headers }: Asked, key: string, query: URLSearchParams): Question {
  if (key === "") {
    if (method === "HEAD") return "head bucket";
    if (method === "POST") return query.has("delete") ? "deletes" : "other";
    if (query.has("location")) return "location";
    return query.has("uploads") ? "list uploads" : "list";
  }
  if (query.has("tagging")) return method === "GET" ? "get tags" : "put tags";
  if (query.has("attributes")) return "attributes";
  if (query.has("uploads")) return "create";
  if (query.has("uploadId")) return ({ PUT: "part", POST: "complete", DELETE: "abort", GET: "list parts" } as const)[method] ?? "other";
  if (method === "PUT" && headers.has("x-amz-copy-source")) return "copy";
  return ({ HEAD: "head", GET: "get", PUT: "put", DELETE: "delete" } as const)[method] ?? "other";
}

/** The object's bytes out of a request, or why they are refused. */
export function payloadOf({ headers, body }: S3Asked): Uint8Array<ArrayBuffer> | Reply {
  const streamed = headers.get("x-amz-content-sha256")?.startsWith("STREAMING-");
  const { bytes, trailers } = streamed ? unframe(body) : { bytes: body, trailers: new Map<string, string>() };
  const said = new Map([...headers, ...trailers]);
  const wrong = ([["content-md5", "md5"], ["x-amz-checksum-sha256", "sha256"], ["x-amz-checksum-sha1", "sha1"]] as const)
    .some(([name, algorithm]) => said.has(name) && said.get(name) !== createHash(algorithm).update(bytes).digest("base64"));
  const crc = said.get("x-amz-checksum-crc32");
  const is = Uint8Array.of(...[24, 16, 8, 0].map((shift) => crc32(bytes) >>> shift & 0xff)).toBase64();
  if (wrong || (crc !== undefined && crc !== is)) return failure(400, "BadDigest", "The digest you specified did not match");
  return bytes;
}

function unframe(body: Uint8Array<ArrayBuffer>): { bytes: Uint8Array<ArrayBuffer>; trailers: Map<string, string> } {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  const line = () => {
    const end = body.indexOf(10, at);
    const text = decoder.decode(body.subarray(at, end < 0 ? body.length : end)).trim();
    at = end < 0 ? body.length : end + 1;
    return text;
  };
  for (let size = parseInt(line(), 16); size > 0; size = parseInt(line(), 16)) {
    pieces.push(body.subarray(at, at + size));
    at += size + 2;
  }
  const trailers = new Map<string, string>();
  while (at < body.length) {
    const [name = "", value = ""] = line().split(/:(.*)/s);
    if (name !== "") trailers.set(name.toLowerCase(), value.trim());
  }
  return { bytes: join(pieces), trailers };
}

/** Checksums that a request gives. */
export function checksumsOf(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => /^x-amz-checksum-(crc|sha)/.test(name)));
}

/** Headers that an object keeps. */
export function carried(headers: ReadonlyMap<string, string>): Record<string, string> {
  const kept = [...headers].filter(([name]) => CARRIED.test(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, name === "content-encoding" ? value.replace(/aws-chunked(, *)?/, "") : value])
      .filter(([, value]) => value !== ""),
  );
}

/** Tags that a request gives. */
export function tagsOf(headers: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(headers.get("x-amz-tagging") ?? ""));
}

/** The ETag of an object that was written in these parts. */
export function etagOfParts(parts: readonly Uint8Array[]): string {
  const whole = createHash("md5");
  for (const part of parts) whole.update(createHash("md5").update(part).digest());
  return `${whole.digest("hex")}-${parts.length}`;
}

/** The pieces of these sizes. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  let at = 0;
  return sizes.map((size) => bytes.subarray(at, at += size));
}

/** Forms of one ETag are equal here: what a store shows may be bent on its way out. */
export function sameEtag(one: string, other: string): boolean {
  const bare = (etag: string) => etag.replace(/^W\//, "").replaceAll('"', "").toLowerCase();
  return bare(one) === bare(other);
}

/** First and last byte of a Range header. */
export function rangeOf(header: string | undefined, length: number): readonly [number, number] | "unsatisfiable" | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (found === null) return undefined;
  const first = found[1] === "" ? Math.max(0, length - Number(found[2])) : Number(found[1]);
  const last = found[1] === "" || found[2] === "" ? length - 1 : Math.min(length - 1, Number(found[2]));
  return first > last ? "unsatisfiable" : [first, last];
}

/** First and last byte of a part; undefined for the only one. */
export function partAt(
  bytes: Uint8Array,
  sizes: readonly number[] | undefined,
  number: number,
): readonly [number, number] | "missing" | undefined {
  if (sizes === undefined) return number === 1 ? undefined : "missing";
  if (number > sizes.length) return "missing";
  const first = sizes.slice(0, number - 1).reduce((sum, size) => sum + size, 0);
  return [first, Math.min(bytes.length, first + (sizes[number - 1] ?? 0)) - 1];
}

/** As `encoding-type=url` writes a key. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}

/** As XML writes a text. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** Reads a text of XML. */
export function unescapeXml(text: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return names[name] ?? whole;
    return String.fromCodePoint(name[1] === "x" ? parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });
}
