/**
 * Reads the files that people and other programs wrote as text: job files, older tools' settings, lists of keys, reports of earlier runs.
 * All of them come through here, so that an encoding means the same everywhere. Hooks are code and come through Deno's own loader.
 */
import { decodeText } from "../bytes/text.ts";
import { notAllowed, TransferError } from "../errors.ts";
import { fileReason } from "./file_error.ts";

/** A settings file that is looked into to recognise it is not larger. */
const PEEK_BYTES_MAX = 1024 * 1024;

/**
 * The text of a file, in UTF-8 or in UTF-16 with a byte order mark, without the mark; undefined when there is no such file. Throws
 * TransferError `config` when it cannot be read or is not text; the message names the file, the line and the byte.
 */
export function readText(path: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw notAllowed(error, `Cannot read ${path}`) ??
      new TransferError("config", `Cannot read ${path}: ${fileReason(error)}`, { cause: error });
  }
  return decodeText(bytes, path);
}

/** The text of a small file, to recognise it by; undefined when it is large, is not text or cannot be read. Never throws. */
export function peekText(path: string): string | undefined {
  try {
    return Deno.statSync(path).size > PEEK_BYTES_MAX ? undefined : readText(path);
  } catch {
    return undefined;
  }
}
