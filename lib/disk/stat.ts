/**
 * What a stat says of a file: the mark that pins a source to one version, and the object that a listing shows. Reads no bytes.
 */
import type { ObjectInfo } from "../types.ts";
import { failureOf, fileError } from "./file_error.ts";

/**
 * The mark of a stat: size, time of last write, time of last change of the entry, and inode. Deno (2.9) reads the first time to the
 * millisecond and the second to the second only, `node:fs` with bigint included; the second one nobody can set back.
 */
export function markOf(info: Deno.FileInfo): string {
  return `${info.size}-${timeOf(info)}-${info.ctime?.getTime() ?? 0}-${info.ino ?? 0}`;
}

/** The time of last write in milliseconds since 1970; 0 where the system has none. */
export function timeOf(info: Deno.FileInfo): number {
  return info.mtime?.getTime() ?? 0;
}

/** The object of a file. */
export function fileObject(key: string, info: Deno.FileInfo): ObjectInfo {
  return { key, sizeBytes: info.size, lastModifiedMs: timeOf(info), local: { fileMark: markOf(info) } };
}

/** The object of a folder; `key` ends in a slash. */
export function folderObject(key: string, info: Deno.FileInfo): ObjectInfo {
  return { key, sizeBytes: 0, lastModifiedMs: timeOf(info) };
}

/** What `look` returns for a path, such as `Deno.stat`; undefined when nothing is there. */
export async function lookIfThere<T>(path: string, look: (path: string) => Promise<T>): Promise<T | undefined> {
  try {
    return await look(path);
  } catch (error) {
    if (failureOf("look", error) === "missing") return undefined;
    throw fileError(error, "look", `look at ${path}`);
  }
}
