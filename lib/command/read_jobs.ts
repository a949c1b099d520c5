/**
 * Reads a job file from the disk and checks it.
 */
import { readText } from "../disk/text_file.ts";
import { TransferError } from "../errors.ts";
import { parseJobFile } from "../job/job_file.ts";
import type { Job } from "../job_types.ts";
import { systemContext } from "../run/system_context.ts";

/** The jobs of a file, in its order or that of `names`. Throws `config` for a file that cannot be read and for every mistake in it. */
export function readJobs(file: string, options: { names: readonly string[]; set: readonly string[] }): Job[] {
  const text = readText(file);
  if (text === undefined) throw new TransferError("config", `Cannot read the job file ${file}: there is no such file`);
  return parseJobFile(text, { ...systemContext(), file, names: options.names, overrides: options.set }).jobs;
}
