/**
 * A short-lived file under a name that every run knows: held by a lock of the operating system, so that two runs never write one file, and
 * a run takes over what a dead one has left. Must never write to a file that is not ours alone.
 */
import { codeOf } from "./file_error.ts";
import { folderOf } from "./local_path.ts";
import { openNewOrFound, refuseSecondName } from "./partial_file.ts";
import { isAt } from "./place_file.ts";

/**
 * The file of this path, empty, created or taken over as soon as no other run holds it; it is ours until it is closed. Undefined where
 * files cannot be locked: then nothing is there. `target` is the name that the file gets in the end: a run that died before the first one
 * was removed leaves both. Throws `conflict` for what only has the name.
 */
export async function holdOwnFile(path: string, target?: string): Promise<Deno.FsFile | undefined> {
  // Locks of Windows forbid even the own writes.
  if (Deno.build.os === "windows") return undefined;
  for (;;) {
    const file = await openUnlessGone(path);
    let held: Held = "not ours";
    try {
      if (file !== undefined) held = await hold(file, path, target);
      if (held === "ours") return file;
      if (held === "no locks") return undefined;
    } finally {
      if (held !== "ours") file?.close();
    }
  }
}

type Held = "ours" | "not ours" | "no locks";

async function hold(file: Deno.FsFile, path: string, target: string | undefined): Promise<Held> {
  if (!await lock(file)) {
    await removeIfThere(path);
    return "no locks";
  }
  // Looked at without waiting, as this is done for each small file.
  const { nlink, size, ino, dev } = file.statSync();
  // Whoever held it has renamed or removed it by now.
  const there = lstatIfThere(path);
  if (there?.ino !== ino || there.dev !== dev) return "not ours";
  if (nlink !== null && nlink > 1 && target !== undefined && await isAt(file, target)) {
    await removeIfThere(path);
    return "not ours";
  }
  refuseSecondName(file, path);
  if (size > 0) await file.truncate(0);
  return "ours";
}

function lstatIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Another run may remove it between two looks at it. */
async function openUnlessGone(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await openNewOrFound(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    // A folder that is gone is none that another run could have been faster in.
    await Deno.lstat(folderOf(path));
    return undefined;
  }
}

/** Nearly always free, which needs no other thread. */
async function lock(file: Deno.FsFile): Promise<boolean> {
  try {
    if (!file.tryLockSync(true)) await file.lock(true);
    return true;
  } catch {
    return false;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}
