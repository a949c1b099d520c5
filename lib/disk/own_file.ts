/**
 * A short-lived file under a name that every run knows: held by a lock of the operating system, so that two runs never write one file, and
 * what a dead run has left is cleared away. Must never write to a file that it did not create: what is found may be a second name of a file
 * that is somebody else's, and a look cannot tell while somebody else is at work there.
 */
import { TransferError } from "../errors.ts";
import { codeOf } from "./file_error.ts";
import { isAt, lock } from "./finish_file.ts";
import { openNew, refuseUnlessFile } from "./partial_file.ts";

/** Each try waits for whoever holds the file: so many in vain are no run of ours at work. */
const TRIES_MAX = 100;

/** A file of ours, and where it is. */
export interface OwnFile {
  readonly file: Deno.FsFile;
  readonly path: string;
}

/**
 * The file of this path, new and empty, as soon as no other run holds it; it is ours until it is closed. What is found there loses this
 * name, which is all that a finished file's second name loses. Where files cannot be locked it is one with a name that no other run has.
 * Throws `conflict` for what is not a file.
 */
export async function openOwnFile(path: string): Promise<OwnFile> {
  // Locks of Windows forbid even the own writes.
  const file = Deno.build.os === "windows" ? undefined : await holdOwnFile(path);
  if (file !== undefined) return { file, path };
  const other = path + crypto.getRandomValues(new Uint8Array(9)).toHex();
  return { file: await Deno.open(other, { read: true, write: true, createNew: true }), path: other };
}

/** Undefined where files cannot be locked: then nothing is there. */
async function holdOwnFile(path: string): Promise<Deno.FsFile | undefined> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const created = await openNew(path);
    const file = created ?? await unlessGone(() => openFile(path));
    if (file === undefined) continue;
    let held: Deno.FsFile | undefined;
    try {
      const locked = await lock(file, true);
      // Whoever held it may have renamed or removed it by now. Nobody else removes what stands there while it is locked.
      const there = isAt(file, path);
      if (locked && there) held = created;
      if (held !== undefined) return held;
      if (there) await unlessGone(() => Deno.remove(path));
      if (!locked) return undefined;
    } finally {
      if (held === undefined) file.close();
    }
  }
  throw new TransferError("conflict", `Cannot hold ${path}: another program takes it again and again`);
}

/** Looked at before, because opening a pipe waits for its other end. */
async function openFile(path: string): Promise<Deno.FsFile> {
  refuseUnlessFile(Deno.lstatSync(path), path);
  return await Deno.open(path, { read: true, write: true });
}

/** Undefined when another run has removed the file. */
async function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return undefined;
  }
}
