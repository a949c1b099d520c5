/**
 * Keys that end in a slash and hold nothing are folders on disk: S3 consoles make them to show empty folders. Writes no bytes.
 */
import { TransferError } from "../errors.ts";
import { failureOf, fileError } from "./file_error.ts";
import { inFolder } from "./held_folder.ts";
import { keyToFolder, keyToPath } from "./path.ts";
import { lookIfThere } from "./stat.ts";

/** True for objects that become a folder on disk. */
export function isFolderObject(key: string, sizeBytes: number): boolean {
  return key.endsWith("/") && sizeBytes === 0;
}

/** The file of a source key; undefined when the key stands for a folder, and there is such a folder. */
export async function fileOfKey(root: string, key: string, sizeBytes: number): Promise<string | undefined> {
  if (isFolderObject(key, sizeBytes) && (await lookIfThere(keyToFolder(root, key), Deno.stat))?.isDirectory) return undefined;
  return keyToPath(root, key);
}

/** Creates the folder that an empty object named `…/` stands for. Throws `conflict` when a file has its name. */
export async function makeFolder(root: string, key: string): Promise<void> {
  const path = keyToFolder(root, key);
  await inFolder(root, path, async (place) => {
    try {
      place.check();
      await Deno.mkdir(place.path);
    } catch (error) {
      if (failureOf("makeFolder", error) !== "falls back") throw fileError(error, "makeFolder", `create the folder ${path}`);
      if ((await Deno.stat(place.path)).isDirectory) return;
      throw new TransferError("conflict", `Cannot create the folder ${path}: a file has this name`, { key });
    }
  });
}
