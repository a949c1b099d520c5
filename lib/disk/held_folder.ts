/**
 * The guard that nothing is written or removed outside of a destination folder, also while somebody puts links in the place of folders: the
 * folder that is to be worked in is held open, proved to lie below the root, and named through what is held, so that no later name counts.
 *
 * Only Linux can name a file by a folder that is held open (`/proc/self/fd/N/name`), and Deno only lets it with all permissions. Elsewhere
 * a folder is looked at before and after: a link that is put in its place in between is noticed before bytes are written.
 */
import { TransferError } from "../errors.ts";
import { nodeFs } from "../node.ts";
import { failureOf, fileError } from "./file_error.ts";
import { folderOf, join, nameOf } from "./path.ts";

/** A name in a folder that is below the root. */
export interface HeldName {
  /** For the system's calls, and only while the folder is held: it leads to this folder and no other. */
  readonly path: string;
  /** Call it after a file was opened and before anything is written into it. Throws `denied` when the folder is not the one any more. */
  check(): void;
}

/** A folder that is held. */
interface Held {
  /** The folder in the system's calls. */
  readonly call: string;
  /** Where it really is. */
  readonly real: string;
  readonly fd: number | undefined;
}

/** An open that asks for no right on the folder itself (`fcntl.h` of Linux, the same on all that Deno runs on). */
const O_PATH = 0o10000000;
/** What Deno wants to be granted before it opens anything below `/proc`. */
const ALL_PERMISSIONS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;

let holds: boolean | undefined;

/**
 * Creates the folders on the way to `path`, proves that the last of them is really below `root`, and runs `use` on the name in it.
 * Symbolic links inside the root may lead around in it, but never out of it. Throws `conflict` when a file is where a folder is needed,
 * `denied` when a link leads outside; nothing is created outside `root` either way.
 */
export async function inFolder<T>(root: string, path: string, use: (name: HeldName) => T | Promise<T>): Promise<T> {
  const folder = folderOf(path);
  const realRoot = realFolder(root);
  return await useAndLetGo(holdIfThere(folder, folder) ?? makeAndHold(realRoot, root, folder), { realRoot, root, folder, path }, use);
}

/** The same for a folder that may be missing, and then is not made: undefined without a call of `use`. */
export async function inFolderIfThere<T>(root: string, path: string, use: (name: HeldName) => T | Promise<T>): Promise<T | undefined> {
  const folder = folderOf(path);
  const realRoot = realFolder(root);
  const held = holdIfThere(folder, folder);
  return held && await useAndLetGo(held, { realRoot, root, folder, path }, use);
}

async function useAndLetGo<T>(
  held: Held,
  at: { readonly realRoot: string; readonly root: string; readonly folder: string; readonly path: string },
  use: (name: HeldName) => T | Promise<T>,
): Promise<T> {
  try {
    if (!isBelow(held.real, at.realRoot)) throw leadsOutside(at.folder, held.real, at.root);
    return await use({ path: join(held.call, nameOf(at.path)), check: () => checkHeld(held, at.folder) });
  } catch (error) {
    throw asPeopleKnowIt(error, held, at.folder);
  } finally {
    letGo(held);
  }
}

/** Nothing to look at where the folder is held: its name does not count then. */
function checkHeld(held: Held, folder: string): void {
  if (held.fd !== undefined) return;
  if (realIfThere(folder) !== held.real) {
    throw new TransferError("denied", `Cannot change anything below ${folder}: another folder or a link was put in its place meanwhile`);
  }
}

/** What failed, reported with the folder's name instead of the number under which it is held. */
function asPeopleKnowIt(error: unknown, held: Held, folder: string): unknown {
  if (held.fd === undefined || !(error instanceof TransferError) || !error.message.includes(held.call)) return error;
  const message = error.message.replaceAll(join(held.call, ""), join(folder, "")).replaceAll(held.call, folder);
  return new TransferError(error.kind, message, { ...error, cause: error });
}

/** The folder that `call` leads to; undefined when there is none. `folder` is its name in messages. */
function holdIfThere(call: string, folder: string): Held | undefined {
  try {
    holds ??= canHold();
    if (!holds) {
      const real = realIfThere(call);
      return real === undefined ? undefined : { call, real, fd: undefined };
    }
    const fs = nodeFs();
    const fd = fs.openSync(call, O_PATH | (fs.constants.O_DIRECTORY ?? 0));
    try {
      const held = `/proc/self/fd/${fd}`;
      return { call: held, real: Deno.readLinkSync(held), fd };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  } catch (error) {
    if (failureOf("look", error) === "missing") return undefined;
    throw fileError(error, "list", `reach the folder ${folder}`);
  }
}

/** Creates `folder` one level at a time, each proved before anything is created in it. */
function makeAndHold(realRoot: string, root: string, folder: string): Held {
  let held = holdIfThere(root, root);
  if (held === undefined) throw rootMissing(root);
  let shown = root;
  try {
    for (const name of folder.slice(root.length).split(Deno.build.os === "windows" ? /[\\/]/ : "/")) {
      if (name === "") continue;
      shown = join(shown, name);
      const next = stepInto(join(held.call, name), shown, folder);
      letGo(held);
      held = next;
      if (!isBelow(held.real, realRoot)) throw leadsOutside(shown, held.real, root);
    }
    return held;
  } catch (error) {
    letGo(held);
    throw error;
  }
}

function stepInto(call: string, shown: string, folder: string): Held {
  const there = holdIfThere(call, shown);
  if (there !== undefined) return there;
  try {
    Deno.mkdirSync(call);
  } catch (error) {
    if (failureOf("makeFolder", error) !== "falls back") throw fileError(error, "makeFolder", `create the folder ${shown}`);
  }
  const made = holdIfThere(call, shown);
  if (made !== undefined) return made;
  const message = `Cannot create the folder ${folder}: ${shown} is a file or a link to nothing, and cannot be a folder as well`;
  throw new TransferError("conflict", message);
}

function letGo({ fd }: Held): void {
  if (fd !== undefined) nodeFs().closeSync(fd);
}

/** The real path of a folder; undefined when there is none. */
function realIfThere(folder: string): string | undefined {
  try {
    if (!Deno.statSync(folder).isDirectory) return undefined;
    return Deno.realPathSync(folder);
  } catch (error) {
    if (failureOf("look", error) === "missing") return undefined;
    throw fileError(error, "list", `reach the folder ${folder}`);
  }
}

function realFolder(root: string): string {
  const real = realIfThere(root);
  if (real === undefined) throw rootMissing(root);
  return real;
}

function rootMissing(root: string): TransferError {
  return new TransferError("config", `The folder ${root} does not exist`);
}

function leadsOutside(path: string, real: string, root: string): TransferError {
  return new TransferError("denied", `Cannot change anything below ${path}: it is a link that leads out of ${root}, to ${real}`);
}

/** Asked of the permissions and not tried: a try would ask the user at the terminal. */
function canHold(): boolean {
  if (Deno.build.os !== "linux") return false;
  if (ALL_PERMISSIONS.some((name) => Deno.permissions.querySync({ name }).state !== "granted")) return false;
  try {
    return Deno.lstatSync("/proc/self/fd").isDirectory;
  } catch {
    // A container without /proc.
    return false;
  }
}

function isBelow(real: string, realRoot: string): boolean {
  if (real === realRoot) return true;
  const rest = real.startsWith(realRoot) ? real.slice(realRoot.length) : "";
  return /^[\\/]/.test(rest) || (rest !== "" && /[\\/]$/.test(realRoot));
}
