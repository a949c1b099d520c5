/**
 * Asks a folder's file system which spellings it takes for one name. Leaves nothing behind.
 */
import { randomBytes } from "node:crypto";
import { fileError } from "../wire/file_error.ts";

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
  const path = `${folder}/.probe-\u00e9.sluice-x${randomBytes(6).toString("hex")}`;
  try {
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
  } catch (error) {
    throw fileError(error, `write below ${folder}`);
  }
  try {
    return {
      ignoresCase: await isThere(path.replace("/.probe", "/.PROBE")),
      ignoresForm: await isThere(path.replace("\u00e9", "e\u0301")),
    };
  } finally {
    await Deno.remove(path).catch(() => {});
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
