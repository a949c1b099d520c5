/** What a job is checked against on this machine: environment, working folder, files, cores. */
import { nameToSegment } from "../disk/path.ts";
import { isFolder } from "../disk/permitted.ts";
import { readText } from "../disk/text_file.ts";
import type { JobContext } from "../job/raw_job.ts";

/** See the file comment. */
export function systemContext(): Omit<JobContext, "file"> {
  return {
    env: (name) => Deno.env.get(name),
    cwd: Deno.cwd(),
    isFolder,
    readText,
    cores: navigator.hardwareConcurrency,
    fileKey: (name) => nameToSegment(name),
  };
}
