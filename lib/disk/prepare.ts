/**
 * Looks at a local folder before a job starts: it must be there, or is made.
 */
import { TransferError } from "../errors.ts";
import { codeOf, fileError } from "./file_error.ts";

/** Options of {@link prepareFolder}. */
export interface PrepareFolderOptions {
  /** Make it, with its parents, when it is missing. */
  readonly create: boolean;
  /** Its absence is an error. */
  readonly mustExist: boolean;
  /** As the user wrote the location. */
  readonly text: string;
}

/**
 * Answers whether the folder is there, made or not. Throws TransferError `config` when it is missing and must not be, or is none; `denied`
 * or `storage` when it cannot be made.
 */
export async function prepareFolder(path: string, options: PrepareFolderOptions): Promise<boolean> {
  try {
    const found = await Deno.stat(path);
    if (found.isDirectory) return true;
    throw new TransferError("config", `Cannot use ${options.text}: ${path} is not a folder`);
  } catch (error) {
    if (error instanceof TransferError) throw error;
    if (codeOf(error) !== "ENOENT") throw fileError(error, "look", `look at ${options.text}`);
  }
  if (options.mustExist) throw new TransferError("config", `There is no folder ${path}: create it or check the source ${options.text}`);
  if (!options.create) return false;
  try {
    await Deno.mkdir(path, { recursive: true });
    return true;
  } catch (error) {
    throw fileError(error, "makeFolder", `make the folder ${options.text}`);
  }
}
