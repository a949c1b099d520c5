/**
 * Small objects to disk: written whole under another name beside the target, then renamed. Nothing half-written is ever seen under the
 * final name and nothing is left behind on failure; what a killed run has left is cleared away by the next that writes the object.
 */
import { asTransferError, TransferError } from "../errors.ts";
import { fileError } from "./file_error.ts";
import { type FinishOptions, moveInto, refuseUnless, setTime } from "./finish_file.ts";
import { inFolder } from "./held_folder.ts";
import { openOwnFile, type OwnFile } from "./own_file.ts";
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
export async function writeWhole(
  target: string,
  options: WholeOptions,
  fill: (file: Deno.FsFile) => Promise<void>,
): Promise<string[]> {
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
