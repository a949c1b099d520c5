/**
 * Small objects to disk: written whole under another name beside the target, then renamed. Nothing half-written is ever seen under the
 * final name and nothing is left behind on failure.
 */
import { randomBytes } from "node:crypto";
import { asTransferError, TransferError } from "../errors.ts";
import { fileError } from "./file_error.ts";
import { beside, namePrefix } from "./partial_file.ts";
import { type FinishOptions, moveInto, setTime } from "./place_file.ts";
import { restoreOwnership } from "./s3sync_nodes.ts";

/**
 * Writes a small object: `fill` writes all bytes into a file of another name, which is then renamed to `target`; whatever fails, nothing is
 * left behind. Not synced: below one part, waiting for the disk costs more than sending the object again, and after a power cut a file that
 * lost its bytes has another size than its source, so the next run sends it again. The folder must exist. `sizeBytes` is what must be in
 * the file at the end, else `integrity`. `fill` leaves the file open.
 */
export async function writeWhole(
  target: string,
  options: FinishOptions & { readonly sizeBytes: number; readonly random?: () => string },
  fill: (file: Deno.FsFile) => Promise<void>,
): Promise<void> {
  const path = beside(target, namePrefix(target) + (options.random ?? randomName)());
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path, { write: true, createNew: true });
    await fill(file);
    // Of the file that is open, whatever has its name by now.
    const { size } = await file.stat();
    if (size !== options.sizeBytes) {
      throw new TransferError("integrity", `Cannot write ${target}: ${size} bytes came, ${options.sizeBytes} were announced`);
    }
    if (options.ownership !== undefined) restoreOwnership(path, options.ownership, "file");
    await setTime(file, options.lastModifiedMs);
    await moveInto(path, target, options.condition);
  } catch (error) {
    if (file !== undefined) await Deno.remove(path).catch(() => {});
    throw error instanceof DOMException ? asTransferError(error) : fileError(error, `write ${target}`);
  } finally {
    file?.close();
  }
}

function randomName(): string {
  return randomBytes(9).toString("hex");
}
