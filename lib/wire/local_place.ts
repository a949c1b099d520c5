/**
 * Where a key is below a local folder, as the data plane needs it: keys that end in a slash and hold nothing are folders there. Writes no
 * bytes.
 */
import { TransferError } from "../errors.ts";
import { codeOf, fileError } from "./file_error.ts";
import { ensureParent, keyToFolder, keyToPath } from "./local_path.ts";

/** The file of a source key, or its folder when the key ends in a slash, is empty, and there is such a folder. */
export async function folderOrFile(root: string, key: string, sizeBytes: number): Promise<{ path: string; isFolder: boolean }> {
  if (key.endsWith("/") && sizeBytes === 0) {
    const path = keyToFolder(root, key);
    try {
      if ((await Deno.stat(path)).isDirectory) return { path, isFolder: true };
    } catch (error) {
      if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") throw fileError(error, `look at ${path}`, key);
    }
  }
  return { path: keyToPath(root, key), isFolder: false };
}

/** True for objects that become a folder on disk: S3 consoles make them to show empty folders. */
export function isFolderObject(key: string, sizeBytes: number): boolean {
  return key.endsWith("/") && sizeBytes === 0;
}

/** Creates the folder that an empty object named `…/` stands for. Throws `conflict` when a file has its name. */
export async function makeFolder(root: string, key: string): Promise<void> {
  const path = keyToFolder(root, key);
  await ensureParent(root, path);
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw fileError(error, `create the folder ${path}`, key);
    if (!(await Deno.stat(path)).isDirectory) {
      throw new TransferError("conflict", `Cannot create the folder ${path}: a file has this name`, { key });
    }
  }
}
