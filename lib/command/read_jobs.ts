/**
 * Reads a job file from the disk and checks it.
 */
import { notAllowed, TransferError } from "../errors.ts";
import { parseJobFile } from "../job/job_file.ts";
import type { Job } from "../job_types.ts";
import { jobContext } from "./terminal.ts";

/** The jobs of a file, in its order or that of `names`. Throws `config` for a file that cannot be read and for every mistake in it. */
export async function readJobs(file: string, options: { names: readonly string[]; set: readonly string[] }): Promise<Job[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    const refused = notAllowed(error, `Cannot read the job file ${file}`);
    if (refused !== undefined) throw refused;
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : error instanceof Error ? error.message : String(error);
    throw new TransferError("config", `Cannot read the job file ${file}: ${why}`, { cause: error });
  }
  return parseJobFile(text, { ...jobContext(), file, names: options.names, overrides: options.set }).jobs;
}
