/**
 * The pin of a local source file: a mark made of what a stat tells, looked at before and after bytes are read, so that a transfer never
 * mixes two versions of a file. Reads no bytes.
 */
import { TransferError } from "../errors.ts";
import { codeOf, fileError } from "./file_error.ts";

/** A file as it is now. */
export interface FileMark {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  /** Opaque; changes when the file does. */
  readonly fileMark: string;
}

/**
 * The mark of a stat: size, time of last write, time of last change of the entry, and inode. Deno (2.9) tells the first time to the
 * millisecond and the second to the second only, `node:fs` with bigint included; the second one nobody can set back.
 */
export function markOf(info: Deno.FileInfo): string {
  return `${info.size}-${info.mtime?.getTime() ?? 0}-${info.ctime?.getTime() ?? 0}-${info.ino ?? 0}`;
}

/** Size, time and mark of a file; links are followed. Throws `notFound`, `denied`, or `unsupported` for what is not a file. */
export async function statMark(path: string): Promise<FileMark> {
  try {
    const info = await Deno.stat(path);
    if (!info.isFile) throw new TransferError("unsupported", `${path} is not a file`);
    return { sizeBytes: info.size, lastModifiedMs: info.mtime?.getTime() ?? 0, fileMark: markOf(info) };
  } catch (error) {
    throw fileError(error, "look", `look at ${path}`);
  }
}

/** Throws `sourceChanged` when the file is not the one any more that `fileMark` was taken of, or is gone. */
export async function checkMark(path: string, fileMark: string): Promise<void> {
  let now: string;
  try {
    now = markOf(await Deno.stat(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new TransferError("sourceChanged", `${path} was removed while it was read`, { cause: error });
    throw fileError(error, "look", `look at ${path}`);
  }
  if (now !== fileMark) throw new TransferError("sourceChanged", `${path} was changed while it was read`);
}
