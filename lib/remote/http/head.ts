/**
 * Heads of HTTP/1.1 messages: requests as bytes, responses as checked text. Headers are looked up in the text when they are asked for:
 * most responses are asked for two or three of theirs. Pure.
 */
import { InvalidResponse } from "../../bytes/network_failure.ts";

/** Response headers, however they came; names in lower case. `Headers` of the platform is one as well. */
export interface HeaderView {
  /** The value as it came, one character per byte; nothing where the response has no such header. */
  get(name: string): string | null | undefined;
  has(name: string): boolean;
  entries(): Iterable<[string, string]>;
}

/** How the end of a body is found: no body, a number of bytes, chunks, or the end of the connection. */
export type Framing = "none" | "chunked" | "close" | number;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?(?=\r\n)/;
const HEADER_LINES = /^(?:\r\n[!#$%&'*+\-.^_`|~\w]+:[^\r\n\0]*)*$/;
const DIGITS = /^\d{1,15}$/;

/** The head of a response; several headers of one name are one value, joined by `, `. */
export class ResponseHead implements HeaderView {
  readonly status: number;
  /** The connection may be used again. */
  readonly keepsAlive: boolean;
  /** `\r\nName: value` for each header, and `\r\n` at the end. */
  readonly #lines: string;
  readonly #lowerCase: string;

  /** Takes a head without the empty line at its end, one character per byte. Throws {@link InvalidResponse}. */
  constructor(text: string) {
    const match = STATUS_LINE.exec(`${text}\r\n`);
    if (match === null) throw new InvalidResponse("the status line");
    const lines = text.slice(match[0].length);
    if (!HEADER_LINES.test(lines)) throw new InvalidResponse("a header line");
    this.status = Number(match[2]);
    this.#lines = `${lines}\r\n`;
    this.#lowerCase = this.#lines.toLowerCase();
    this.keepsAlive = match[1] === "1" && !/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(this.get("connection") ?? "");
    if (match[1] === "0" && this.has("transfer-encoding")) throw new InvalidResponse("chunks in HTTP/1.0");
  }

  get(name: string): string | undefined {
    const wanted = `\r\n${name}:`;
    let found: string | undefined;
    for (let at = this.#lowerCase.indexOf(wanted); at >= 0;) {
      const end = this.#lines.indexOf("\r\n", at + wanted.length);
      const value = withoutSpace(this.#lines.slice(at + wanted.length, end));
      found = found === undefined ? value : `${found}, ${value}`;
      at = this.#lowerCase.indexOf(wanted, end);
    }
    return found;
  }

  has(name: string): boolean {
    return this.#lowerCase.includes(`\r\n${name}:`);
  }

  entries(): Iterable<[string, string]> {
    const entries = new Map<string, string>();
    for (const line of this.#lines.slice(2, -2).split("\r\n")) {
      const colon = line.indexOf(":");
      if (colon < 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      const value = withoutSpace(line.slice(colon + 1));
      const known = entries.get(name);
      entries.set(name, known === undefined ? value : `${known}, ${value}`);
    }
    return entries;
  }

  /**
   * How the end of the body is found in a response to `method`. Throws {@link InvalidResponse} where two readers could disagree: a length
   * beside chunks, two different lengths, an encoding other than chunks.
   */
  framing(method: string): Framing {
    const length = this.get("content-length");
    const encoding = this.get("transfer-encoding");
    if (length !== undefined && encoding !== undefined) throw new InvalidResponse("both a length and an encoding of the transfer");
    if (encoding !== undefined && encoding.toLowerCase() !== "chunked") throw new InvalidResponse("an unknown encoding of the transfer");
    const sizeBytes = length === undefined ? undefined : readLength(length);
    if (method === "HEAD" || this.status === 204 || this.status === 304) return "none";
    if (encoding !== undefined) return "chunked";
    return sizeBytes ?? "close";
  }
}

function readLength(text: string): number {
  const [first = "", ...others] = text.split(",").map(withoutSpace);
  if (!DIGITS.test(first) || others.some((other) => other !== first)) throw new InvalidResponse("the length of the body");
  return Number(first);
}

/** Spaces and tabs only: other white space may be a byte of a character. */
function withoutSpace(text: string): string {
  let first = 0;
  let end = text.length;
  while (first < end && isSpace(text.charCodeAt(first))) first++;
  while (end > first && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(first, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** A request before it is sent. */
export interface HttpRequest {
  /** The start of messages about it: `Cannot read s3://bucket/key`. */
  readonly what: string;
  readonly method: string;
  /** Path and query, exactly as in the request line. */
  readonly target: string;
  /** Names in lower case; values with one character per byte. Host and Content-Length are added. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The head of a request as text, one character per byte. `target` stands in the request line, `more` are further header lines, each with
 * its line end, `sizeBytes` is the length of the body.
 */
export function requestHead(
  { method, headers }: HttpRequest,
  { target, more, sizeBytes }: { readonly target: string; readonly more: string; readonly sizeBytes: number },
): string {
  let text = `${method} ${target} HTTP/1.1\r\n${more}`;
  for (const name in headers) if (name !== "content-length") text += `${name}: ${headers[name]}\r\n`;
  // A method that may have a body says so where it has none.
  return sizeBytes > 0 || method === "PUT" || method === "POST" ? `${text}content-length: ${sizeBytes}\r\n\r\n` : `${text}\r\n`;
}

const encoder = new TextEncoder();

/** Writes text with one character per byte into `bytes`, which must have room for it. */
export function writeText(text: string, bytes: Uint8Array): void {
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length && written === text.length) return;
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
}

/** Characters of one call: more would not fit into the arguments of a function. */
const DECODED_AT_ONCE = 8192;

/** Bytes as text with one character per byte. */
export function readText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += DECODED_AT_ONCE) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + DECODED_AT_ONCE) as unknown as number[]);
  }
  return text;
}
