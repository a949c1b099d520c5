/**
 * Looks at a local folder before a job starts: it must be there, or is made; and which spellings its file system takes for one name.
 */
import { TransferError } from "../errors.ts";
import { codeOf, fileError } from "./file_error.ts";
import { openOwnFile, type OwnFile } from "./whole_file.ts";

/**
 * Returns whether the folder is there, made or not. `create`: it is made with its parents; `text`: the location as the user wrote it.
 * Throws TransferError `config` when it is missing and must not be, or is a file; `denied` or `storage` when it cannot be made.
 */
export async function prepareFolder(
  path: string,
  { create, mustExist, text }: { readonly create: boolean; readonly mustExist: boolean; readonly text: string },
): Promise<boolean> {
  try {
    if ((await Deno.stat(path)).isDirectory) return true;
    throw new TransferError("config", `Cannot use ${text}: ${path} is not a folder`);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw fileError(error, "look", `look at ${text}`);
  }
  if (mustExist) throw new TransferError("config", `There is no folder ${path}: create it or check the source ${text}`);
  if (!create) return false;
  try {
    await Deno.mkdir(path, { recursive: true });
    return true;
  } catch (error) {
    throw fileError(error, "makeFolder", `make the folder ${text}`);
  }
}

/**
 * Whether `A` and `a` are one file in this folder: writes one empty file of a name that no listing shows, looks for it under another
 * spelling and removes it; what a killed run has left goes with the next. Throws `denied`, `notFound` or `storage` as file calls do when
 * the folder cannot be written; a file system that refuses the probe for another reason is taken to be as others of its system are.
 */
export async function ignoresCase(folder: string): Promise<boolean> {
  let own: OwnFile;
  try {
    own = await openOwnFile(`${folder}/.probe-e.sluice-x`);
  } catch (thrown) {
    const error = fileError(thrown, "create", `write below ${folder}`);
    if (["unsupported", "disk", "network", "conflict"].includes(error.kind)) return ["windows", "darwin"].includes(Deno.build.os);
    throw error;
  }
  const { file, path } = own;
  try {
    return await Deno.lstat(path.replace("/.probe", "/.PROBE")).then(() => true, () => false);
  } finally {
    await Deno.remove(path).catch(() => {});
    file.close();
  }
}
