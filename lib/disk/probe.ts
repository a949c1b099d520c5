/**
 * Asks a folder's file system which spellings it takes for one name. Leaves nothing behind; what a killed run has left goes with the next.
 */
import { fileError } from "./file_error.ts";
import { openOwnFile, type OwnFile } from "./own_file.ts";

/** Which names a folder's file system takes for the same. */
export interface NameTraits {
  /** `A` and `a` are one file. */
  readonly ignoresCase: boolean;
  /** Composed and decomposed accents (NFC and NFD) are one file. */
  readonly ignoresForm: boolean;
}

/**
 * Writes one empty file of a name that no listing shows, looks for it under other spellings and removes it. Throws `denied` or `storage` as
 * file calls do when the folder cannot be written.
 */
export async function probeNames(folder: string): Promise<NameTraits> {
  let own: OwnFile;
  try {
    own = await openOwnFile(`${folder}/.probe-\u00e9.sluice-x`);
  } catch (error) {
    throw fileError(error, "create", `write below ${folder}`);
  }
  const { file, path } = own;
  try {
    return {
      ignoresCase: await isThere(path.replace("/.probe", "/.PROBE")),
      ignoresForm: await isThere(path.replace("\u00e9", "e\u0301")),
    };
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
