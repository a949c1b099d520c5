/**
 * How a finished file gets its final name: in one step, so that a target is the old file or the new one and never a piece of either. Must
 * never touch a byte of the file.
 */
import { TransferError } from "../errors.ts";
import type { WriteCondition } from "../types.ts";
import { codeOf, failureOf, fileReason } from "./file_error.ts";
import { markOf } from "./file_mark.ts";

/** What finishing a file needs to know of the object. */
export interface FinishOptions {
  /** The time to set; absent means the time of writing. */
  readonly lastModifiedMs?: number;
  /** Owner and mode to give, as s3sync writes them into metadata; absent leaves them. */
  readonly ownership?: Readonly<Record<string, string>>;
  /**
   * `absent`: an exclusive hard link, so of two writers one loses with `conflict`; where the file system has no hard links a look before
   * the rename, which a writer in the same moment can slip through. `etag`: the target's file mark, looked at before the rename (same gap).
   */
  readonly condition?: WriteCondition;
}

/** Is the open file the one of this path? Another run may have renamed it. */
export function isAt(file: Deno.FsFile, path: string): boolean {
  const ours = file.statSync();
  if (ours.ino === null) return false;
  try {
    const there = Deno.lstatSync(path);
    return there.ino === ours.ino && there.dev === ours.dev;
  } catch {
    return false;
  }
}

/** Sets both times of an open file; absent leaves them. Returns a note for people when the file system refuses. */
export async function setTime(file: Deno.FsFile, lastModifiedMs: number | undefined): Promise<string | undefined> {
  if (lastModifiedMs === undefined || !Number.isFinite(lastModifiedMs)) return undefined;
  const time = new Date(lastModifiedMs);
  try {
    await file.utime(time, time);
    return undefined;
  } catch (error) {
    if (failureOf("setTime", error) !== "note") throw error;
    return `modification time: the file system refuses it, ${fileReason(error)}; times = skip leaves it off`;
  }
}

/** Brings a file to the disk. Returns a note for people where the file system cannot; throws when bytes may be lost. */
export async function sync(call: () => Promise<void>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (failureOf("sync", error) !== "note") throw error;
    return `flush to the disk: the file system refuses it, ${fileReason(error)}`;
  }
}

/**
 * Gives the finished file its final name in one step, if the condition holds; `conflict` if not. `file` is the same file, open: then it is
 * no error when another run has given it the name already.
 */
export async function moveInto(path: string, target: string, condition: WriteCondition | undefined, file?: Deno.FsFile): Promise<void> {
  if (condition !== undefined && "absent" in condition) {
    try {
      await Deno.link(path, target);
      await Deno.remove(path).catch(() => {});
      return;
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw new TransferError("conflict", `${target} exists already`, { cause: error });
      if (failureOf("link", error) !== "falls back") throw error;
    }
  }
  await refuseUnless(condition, target);
  try {
    await Deno.rename(path, target);
  } catch (error) {
    if (failureOf("rename", error) === "missing" && file !== undefined && isAt(file, target)) return;
    throw error;
  }
}

/** Throws `conflict` when the condition does not hold now. */
export async function refuseUnless(condition: WriteCondition | undefined, target: string): Promise<void> {
  if (condition === undefined) return;
  const there = await existing(target);
  if ("absent" in condition) {
    if (there !== undefined) throw new TransferError("conflict", `${target} exists already`);
  } else if (there === undefined || markOf(there) !== condition.etag) {
    throw new TransferError("conflict", `${target} is not the version any more that was to be replaced`);
  }
}

async function existing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (failureOf("look", error) === "missing") return undefined;
    throw error;
  }
}

/** Makes the rename itself durable. Windows cannot open folders and needs none of it. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    using handle = await Deno.open(folder, { read: true });
    await handle.sync();
  } catch {
    // Some network file systems refuse to sync folders; the rename has happened all the same.
    return;
  }
}
