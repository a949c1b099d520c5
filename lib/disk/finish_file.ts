/**
 * How a finished file gets its final name: in one step, so that a target is the old file or the new one and never a piece of either. Must
 * never touch a byte of the file.
 */
import { TransferError } from "../errors.ts";
import type { WriteCondition } from "../types.ts";
import { codeOf, failureOf, type FileCall, fileReason } from "./file_error.ts";
import { lookIfThere, markOf } from "./stat.ts";

/** What finishing a file needs to know of the object. */
export interface FinishOptions {
  /** The time to set; absent means the time of writing. */
  readonly lastModifiedMs?: number | undefined;
  /** Owner and mode to give, as s3sync writes them into metadata; absent leaves them. */
  readonly ownership?: Readonly<Record<string, string>> | undefined;
  /**
   * `absent`: an exclusive hard link, so of two writers one loses with `conflict`; where the file system has no hard links a look before
   * the rename, which a writer in the same moment can slip through. `etag`: the target's file mark, looked at before the rename (same gap).
   */
  readonly condition?: WriteCondition | undefined;
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

/**
 * Locks an open file until it is closed, waiting for whoever holds it; false where files cannot be locked: one run at a time is then the
 * user's promise. Locks of Windows forbid even the own writes, and files there cannot be renamed while others hold them.
 */
export async function lock(file: Deno.FsFile, exclusive: boolean): Promise<boolean> {
  if (Deno.build.os === "windows") return false;
  try {
    // Nearly always free, which needs no other thread.
    if (!file.tryLockSync(exclusive)) await file.lock(exclusive);
    return true;
  } catch {
    return false;
  }
}

/** Sets both times of an open file; absent leaves them. Returns a note for people when the file system refuses. */
export async function setTime(file: Deno.FsFile, lastModifiedMs: number | undefined): Promise<string | undefined> {
  if (lastModifiedMs === undefined || !Number.isFinite(lastModifiedMs)) return undefined;
  const time = new Date(lastModifiedMs);
  const note = await noteOf("setTime", "modification time", () => file.utime(time, time));
  return note && `${note}; times = skip leaves it off`;
}

/** Brings a file to the disk. Returns a note for people where the file system cannot; throws when bytes may be lost. */
export function sync(call: () => Promise<void>): Promise<string | undefined> {
  return noteOf("sync", "flush to the disk", call);
}

async function noteOf(call: FileCall, what: string, attempt: () => Promise<void>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (failureOf(call, error) !== "note") throw error;
    return `${what}: the file system refuses it, ${fileReason(error)}`;
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
  const there = await lookIfThere(target, Deno.stat);
  if ("absent" in condition) {
    if (there !== undefined) throw new TransferError("conflict", `${target} exists already`);
  } else if (there === undefined || markOf(there) !== condition.etag) {
    throw new TransferError("conflict", `${target} is not the version any more that was to be replaced`);
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
