/**
 * Text as requests and responses carry it. A key is opaque: each of its bytes arrives as it is, encoded exactly once, never folded, cleaned
 * or shortened. Header values are bytes, which HTTP clients show as one character each: those that are UTF-8 (as S3 stores send and take
 * metadata) become real text here and go back as the same bytes; plain ASCII never changes, so that RFC 2047 (`=?UTF-8?B?…?=`) is passed
 * on as it stands.
 */
import { readText } from "./http/head.ts";
import { TransferError } from "../errors.ts";

const UNRESERVED = /^[A-Za-z0-9\-._~/]*$/;

/**
 * The path of a key, without a slash in front: UTF-8 bytes percent-encoded but for the unreserved ones of RFC 3986 and `/`, as Signature
 * Version 4 wants it (S3 API reference, "Signature Calculations"). Throws `unsupported` for text that has no UTF-8 form.
 */
export function encodeKey(key: string): string {
  return UNRESERVED.test(key) ? key : key.split("/").map(encodeText).join("/");
}

/** One piece of a path or one query value, percent-encoded as in {@link encodeKey}, slashes too. */
export function encodeText(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch (error) {
    throw new TransferError("unsupported", `${JSON.stringify(text)} is not valid Unicode and cannot be sent`, { cause: error });
  }
}

// deno-lint-ignore no-control-regex -- ASCII is what is asked for
const ASCII = /^[\x00-\x7f]*$/;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A header value as it came (one character per byte) as text; bytes that are not UTF-8 stay one character each. */
export function decodeHeaderText(value: string): string {
  if (ASCII.test(value)) return value;
  try {
    return UTF8.decode(Uint8Array.from(value, (char) => char.charCodeAt(0)));
  } catch {
    return value;
  }
}

/** Text as a header value to be sent: its UTF-8 bytes, one character each. Throws `unsupported` where it holds a line break or NUL. */
export function encodeHeaderText(text: string): string {
  if (ASCII.test(text)) {
    if (/[\0\r\n]/.test(text)) throw new TransferError("unsupported", "A header value cannot hold a line break or NUL");
    return text;
  }
  return readText(new TextEncoder().encode(text));
}
