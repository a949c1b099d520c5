/**
 * Names of sluice's own unfinished files: `.NAME.sluice-TOKEN-PARTSIZE` beside the target, `.NAME.sluice-whole` for small objects. A name
 * must be a pure function of the target, because the next run finds the file by it.
 */
import { sha256 } from "../bytes/sha.ts";
import { shortly, TransferError } from "../errors.ts";
import { codeOf } from "./file_error.ts";
import { folderOf, isPartialName, join, nameOf, PARTIAL_MARK } from "./path.ts";

/** Room for the token in a name, after escaping; longer tokens are a bug of the caller. */
const TOKEN_BYTES_MAX = 64;
/** Longer target names are cut and hashed, so that dot, mark, token and part size always fit into 255 bytes. */
const KEPT_BYTES_MAX = 160;
/** The same where a file system holds fewer: 143 bytes with eCryptfs. */
const SHORT_BYTES_MAX = 48;
/** Ends the name of the file of a small object; partial files have a token and a size there. */
export const WHOLE_ENDING = "whole";

/** What no name holds; a backslash is a letter like any other but on Windows. */
const SEPARATORS = Deno.build.os === "windows" ? /[\\/\0]/ : /[/\0]/;

/** `.NAME.sluice-`, the same for all working files of one target: the usual form, and the short one where that differs. */
export function namePrefixes(target: string): readonly string[] {
  const name = nameOf(target);
  const bytes = new TextEncoder().encode(name);
  const prefixOf = (bytesMax: number) => `.${bytes.length <= bytesMax ? name : cut(bytes, bytesMax)}${PARTIAL_MARK}`;
  return bytes.length <= SHORT_BYTES_MAX ? [prefixOf(SHORT_BYTES_MAX)] : [prefixOf(KEPT_BYTES_MAX), prefixOf(SHORT_BYTES_MAX)];
}

function cut(bytes: Uint8Array, bytesMax: number): string {
  const digest = sha256(bytes).toHex().slice(0, 16);
  let end = bytesMax - digest.length - 1;
  // Not in the middle of a character: continuation bytes of UTF-8 are 10xxxxxx.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}~${digest}`;
}

/**
 * Runs `use` with a path beside `target` that begins as working files do and ends in `ending`; once more with a shorter one where the
 * file system does not hold that name.
 */
export async function withWorkingName<T>(target: string, ending: string, use: (path: string) => Promise<T>): Promise<T> {
  const [usual = "", short] = namePrefixes(target).map((prefix) => beside(target, prefix + ending));
  try {
    return await use(usual);
  } catch (error) {
    if (short === undefined || codeOf(error) !== "ENAMETOOLONG") throw error;
    return await use(short);
  }
}

/** What ends the name of a partial file. Throws `bug` for a token that is empty or too long. */
export function partialEnding(token: string, partSizeBytes: number): string {
  const text = encodeURIComponent(token).replace(/[.*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  if (text === "" || text.length > TOKEN_BYTES_MAX) {
    throw new TransferError("bug", `Token of a partial file is empty or too long: ${token}`);
  }
  return `${text}-${partSizeBytes.toString(36)}`;
}

/**
 * The path of the unfinished file that `uploadId` names beside `target`. Throws `uploadLost` when it is not a name of an unfinished file of
 * this target, so that an upload id never reaches another file.
 */
export function partialPath(target: string, uploadId: string): string {
  if (!namePrefixes(target).some((prefix) => uploadId.startsWith(prefix)) || SEPARATORS.test(uploadId)) {
    throw new TransferError("uploadLost", `Upload ${shortly(uploadId)} is not one of ${target}`);
  }
  return beside(target, uploadId);
}

/** Token and part size out of a partial file's name; undefined for any other name, also for those of small objects. */
export function parsePartialName(name: string): { readonly token: string; readonly partSizeBytes: number } | undefined {
  if (!isPartialName(name)) return undefined;
  const match = /^(.+)-([0-9a-z]{1,9})$/.exec(name.slice(name.lastIndexOf(PARTIAL_MARK) + PARTIAL_MARK.length));
  const partSizeBytes = parseInt(match?.[2] ?? "", 36);
  if (match === null || !(partSizeBytes > 0)) return undefined;
  try {
    return { token: decodeURIComponent(match[1] ?? ""), partSizeBytes };
  } catch {
    return undefined;
  }
}

/** The path of `name` in the folder of `target`. */
export function beside(target: string, name: string): string {
  return join(folderOf(target), name);
}
