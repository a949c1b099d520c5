/**
 * Asks a folder's file system which spellings it takes for one name. Leaves nothing behind; what a killed run has left goes with the next.
 */
import { fileError } from "./file_error.ts";
import { openOwnFile, type OwnFile } from "./own_file.ts";

/** Which names a folder's file system takes for the same. */
export interface NameTraits {
  /** `A` and `a` are one file. */
  readonly ignoresCase: boolean;
}

/**
 * Writes one empty file of a name that no listing shows, looks for it under another spelling and removes it. Throws `denied`, `notFound` or
 * `storage` as file calls do when the folder cannot be written; a file system that refuses the probe for another reason is taken to be as
 * others of its system are.
 */
export async function probeNames(folder: string): Promise<NameTraits> {
  let own: OwnFile;
  try {
    own = await openOwnFile(`${folder}/.probe-e.sluice-x`);
  } catch (thrown) {
    const error = fileError(thrown, "create", `write below ${folder}`);
    if (["unsupported", "disk", "network", "conflict"].includes(error.kind)) {
      return { ignoresCase: Deno.build.os === "windows" || Deno.build.os === "darwin" };
    }
    throw error;
  }
  const { file, path } = own;
  try {
    return { ignoresCase: await isThere(path.replace("/.probe", "/.PROBE")) };
  } finally {
    await Deno.remove(path).catch(() => {});
    file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
