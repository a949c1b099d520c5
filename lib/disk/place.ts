/**
 * Where a key is below a local folder, as the data plane needs it: keys that end in a slash and hold nothing are folders there. Files to
 * write are opened in a folder that is held, so that no link leads out of the root. Writes no bytes.
 */
import { TransferError } from "../errors.ts";
import { failureOf, fileError } from "./file_error.ts";
import { inFolder, inFolderIfThere } from "./held_folder.ts";
import { keyToFolder, keyToPath } from "./path.ts";
import { type OpenPart, openPartialPart } from "./partial_file.ts";
import { writeWhole } from "./whole_file.ts";
import type { PartMove } from "../wire/wire.ts";

/** The file of a source key, or its folder when the key ends in a slash, is empty, and there is such a folder. */
export async function folderOrFile(root: string, key: string, sizeBytes: number): Promise<{ path: string; isFolder: boolean }> {
  if (key.endsWith("/") && sizeBytes === 0) {
    const path = keyToFolder(root, key);
    try {
      if ((await Deno.stat(path)).isDirectory) return { path, isFolder: true };
    } catch (error) {
      if (failureOf("look", error) !== "missing") throw fileError(error, "look", `look at ${path}`);
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
  await inFolder(root, path, async (place) => {
    try {
      place.check();
      await Deno.mkdir(place.path);
    } catch (error) {
      if (failureOf("makeFolder", error) !== "falls back") throw fileError(error, "makeFolder", `create the folder ${path}`);
      if (!(await Deno.stat(place.path)).isDirectory) {
        throw new TransferError("conflict", `Cannot create the folder ${path}: a file has this name`, { key });
      }
    }
  });
}

/** Opens a part of a partial file for writing. Throws `uploadLost` when it is gone, `conflict` when something else has its name. */
export async function openPartIn(root: string, path: string, move: Pick<PartMove, "layout" | "partNumber">): Promise<OpenPart> {
  const opened = await inFolderIfThere(root, path, async (place) => {
    const part = await openPartialPart(place.path, move.layout, move.partNumber);
    try {
      place.check();
      return part;
    } catch (error) {
      part.file.close();
      throw error;
    }
  });
  if (opened === undefined) throw new TransferError("uploadLost", `Cannot open the partial file ${path}: its folder is gone`);
  return opened;
}

/** Writes a small object to `target`, as {@link writeWhole} does; creates the folders on the way to it. */
export async function writeWholeIn(
  root: string,
  target: string,
  options: Parameters<typeof writeWhole>[1],
  fill: (file: Deno.FsFile) => Promise<void>,
): Promise<string[]> {
  return await inFolder(root, target, (place) =>
    writeWhole(place.path, options, async (file) => {
      place.check();
      await fill(file);
    }));
}
