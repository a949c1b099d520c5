/**
 * Header values as text. HTTP carries bytes; fetch and node:http show them as one character per byte. Values that are UTF-8 (as S3 stores
 * send and take metadata) become real text here and go back as the same bytes. Must never change a value that is plain ASCII, so what a
 * store wrote by RFC 2047 (`=?UTF-8?B?…?=`) is passed on as it stands.
 */
import { TransferError } from "../errors.ts";
import { readText } from "./http/head.ts";

// deno-lint-ignore no-control-regex -- ASCII is what is asked for
const ASCII = /^[\x00-\x7f]*$/;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A header value as it came (one character per byte) as text; bytes that are no UTF-8 stay one character each. */
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
