/**
 * Bytes that others wrote as text: UTF-8 with or without a byte order mark, UTF-16 with one. Anything else is refused with its place,
 * because a guessed character would be obeyed: a file under a mangled name, a list that names nothing. Must never return a replacement
 * character that the bytes do not hold, unless it is asked to.
 */
import { TransferError } from "../errors.ts";

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const NOTHING = new Uint8Array(0);
const ENCODER = new TextEncoder();

/** Decodes a file piece by piece. Errors name `file`, the line, and the byte counted from 1. */
export class TextDecoding {
  readonly #file: string;
  #encoding: Encoding | undefined;
  /** Bytes of a character that is not complete yet, or of a byte order mark. */
  #rest: Uint8Array = NOTHING;
  #bytesBefore = 0;
  #linesBefore = 0;

  readonly #lossy: boolean;
  /** With `lossy`: bytes that are not text were met, and U+FFFD stands for them from here on. */
  damaged = false;

  /** `lossy`: nothing is refused. Only for files of which each line stands for itself, and lines with U+FFFD are skipped. */
  constructor(file: string, options: { readonly lossy?: boolean } = {}) {
    this.#file = file;
    this.#lossy = options.lossy ?? false;
  }

  /** The text of the next piece; `last` ends the file. Throws TransferError `config` for bytes that are not text. */
  push(piece: Uint8Array, last: boolean): string {
    let bytes: Uint8Array = this.#rest.length === 0 ? piece : joined(this.#rest, piece);
    this.#rest = NOTHING;
    if (this.#encoding === undefined) {
      if (bytes.length < 3 && !last) return this.#keep(bytes, 0);
      const [encoding, markBytes] = encodingOf(bytes);
      this.#encoding = encoding;
      this.#bytesBefore = markBytes;
      bytes = bytes.subarray(markBytes);
    }
    if (!last) {
      const complete = completeLength(bytes, this.#encoding);
      this.#keep(bytes, complete);
      bytes = bytes.subarray(0, complete);
    }
    const text = this.#decode(bytes, this.#encoding);
    const nul = this.#lossy ? -1 : text.indexOf("\0");
    if (nul >= 0) throw this.#refused(bytes, this.#encoding, text.slice(0, nul));
    this.#bytesBefore += bytes.length;
    this.#linesBefore += newlines(text);
    return text;
  }

  #keep(bytes: Uint8Array, from: number): string {
    this.#rest = bytes.slice(from);
    return "";
  }

  #decode(bytes: Uint8Array, encoding: Encoding): string {
    try {
      return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      if (!this.#lossy) throw this.#refused(bytes, encoding, validStart(bytes, encoding));
      this.damaged = true;
      return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
    }
  }

  #refused(bytes: Uint8Array, encoding: Encoding, valid: string): TransferError {
    const offset = encoding === "utf-8" ? ENCODER.encode(valid).length : valid.length * 2;
    const line = this.#linesBefore + newlines(valid) + 1;
    const value = bytes[offset]?.toString(16).toUpperCase().padStart(2, "0");
    const what = value === undefined ? "the end" : `0x${value}`;
    const place = `line ${line}, byte ${this.#bytesBefore + offset + 1} of the file (${what})`;
    return new TransferError("config", `Cannot read ${this.#file}: ${place} is not UTF-8 text; save the file as UTF-8`);
  }
}

/** The whole text of a file. Throws as {@link TextDecoding.push} does. */
export function decodeText(bytes: Uint8Array, file: string): string {
  return new TextDecoding(file).push(bytes, true);
}

/** The encoding by the byte order mark, and how many bytes that has. */
function encodingOf(bytes: Uint8Array): [Encoding, number] {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return ["utf-16le", 2];
  if (first === 0xfe && second === 0xff) return ["utf-16be", 2];
  return ["utf-8", first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0];
}

/** Bytes up to the last character that may still go on behind them. */
function completeLength(bytes: Uint8Array, encoding: Encoding): number {
  const { length } = bytes;
  if (encoding !== "utf-8") {
    const even = length - length % 2;
    const high = bytes[even - (encoding === "utf-16le" ? 1 : 2)] ?? 0;
    return (high & 0xfc) === 0xd8 ? even - 2 : even;
  }
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return size > back ? length - back : length;
  }
  return length;
}

/** The text before the first bytes that no character stands behind. */
function validStart(bytes: Uint8Array, encoding: Encoding): string {
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
  const own = encoding === "utf-8" ? [0xef, 0xbf, 0xbd] : encoding === "utf-16le" ? [0xfd, 0xff] : [0xff, 0xfd];
  let offset = 0;
  for (let at = 0;;) {
    const next = text.indexOf("\ufffd", at);
    if (next < 0) return text;
    offset += encoding === "utf-8" ? ENCODER.encode(text.slice(at, next)).length : (next - at) * 2;
    if (!own.every((byte, index) => bytes[offset + index] === byte)) return text.slice(0, next);
    offset += own.length;
    at = next + 1;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
