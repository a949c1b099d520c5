/**
 * Small objects to disk: written whole under another name beside the target, then renamed. Nothing half-written is ever seen under the
 * final name and nothing is left behind on failure; what a killed run has left is cleared away by the next that writes the object.
 */
import { asTransferError, TransferError } from "../errors.ts";
import { codeOf, fileError } from "./file_error.ts";
import { type FinishOptions, isAt, lock, moveInto, refuseUnless, setTime } from "./finish_file.ts";
import { inFolder } from "./held_folder.ts";
import { openNew, refuseUnlessFile } from "./partial_file.ts";
import { restoreOwnership } from "./tree_node.ts";
import { WHOLE_ENDING, withWorkingName } from "./working_name.ts";

/** What is written: `sizeBytes` is what must be in the file at the end. */
type WholeOptions = FinishOptions & { readonly sizeBytes: number };

/** Writes a small object to `target` below `root`, as {@link writeWhole} does; creates the folders on the way to it. */
export async function writeWholeIn(
  root: string,
  target: string,
  options: WholeOptions,
  fill: (file: Deno.FsFile) => Promise<void>,
): Promise<string[]> {
  return await inFolder(root, target, (place) =>
    writeWhole(place.path, options, async (file) => {
      place.check();
      await fill(file);
    }));
}

/**
 * Writes a small object: `fill` writes all bytes into a file of another name, which is then renamed to `target`; whatever fails, nothing is
 * left behind. Not synced: below one part, waiting for the disk costs more than sending the object again, and after a power cut a file that
 * lost its bytes has another size than its source, so the next run sends it again. The folder must exist. Throws `integrity` for another
 * size. `fill` leaves the file open. Of two runs that write one object the second waits for the first. Returns notes for people.
 */
export async function writeWhole(target: string, options: WholeOptions, fill: (file: Deno.FsFile) => Promise<void>): Promise<string[]> {
  let own: OwnFile | undefined;
  try {
    own = await withWorkingName(target, WHOLE_ENDING, openOwnFile);
    const { file, path } = own;
    // Before any byte comes: another run may have finished the object while this one waited for its turn.
    await refuseUnless(options.condition, target);
    await fill(file);
    // Of the file that is open, whatever has its name by now.
    const { size } = await file.stat();
    if (size !== options.sizeBytes) {
      throw new TransferError("integrity", `Cannot write ${target}: ${size} bytes came, ${options.sizeBytes} were announced`);
    }
    if (options.ownership !== undefined) restoreOwnership(path, options.ownership, "file");
    const note = await setTime(file, options.lastModifiedMs);
    await moveInto(path, target, options.condition);
    return note === undefined ? [] : [note];
  } catch (error) {
    if (own !== undefined) await Deno.remove(own.path).catch(() => {});
    throw error instanceof DOMException ? asTransferError(error) : fileError(error, "write", `write ${target}`);
  } finally {
    own?.file.close();
  }
}

/** Each try waits for whoever holds the file: so many in vain are no run of ours at work. */
const TRIES_MAX = 100;

/** A short-lived file of ours under a name that every run knows, and where it is. */
export interface OwnFile {
  readonly file: Deno.FsFile;
  readonly path: string;
}

/**
 * The file of this path, new and empty, as soon as no other run holds it; it is ours until it is closed. Two runs never write one file, by
 * a lock of the system; where files cannot be locked it is one with a name that no other run has. What is found there loses this name,
 * which is all that a finished file's second name loses, and is never written to: it may be somebody else's. Throws `conflict` for what is
 * not a file.
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
