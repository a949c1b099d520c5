/**
 * `sluice JOB.ini [NAME…]`: runs jobs of a file.
 */
import type { Command } from "./command.ts";
import { readFlags, textOf } from "./flags.ts";
import { FILE_FLAGS, FILE_FLAGS_HELP, type FileRequest, insteadOfFlag, readFileRequest } from "./job_file_flags.ts";

const FLAGS = new Map([...FILE_FLAGS, ["dry-run", "yesNo"] as const]);

/** See the file comment. */
export interface RunRequest extends FileRequest {
  readonly kind: "run";
}

/** See the file comment. */
export const RUN: Command<RunRequest> = {
  usage: `sluice JOB.ini [NAME…]             run all jobs of the file, or those named
  --dry-run                        print the plan, copy nothing
${FILE_FLAGS_HELP}`,
  examples: [
    "sluice jobs.ini",
    "sluice jobs.ini photos videos --dry-run",
    "sluice jobs.ini --set bandwidth=50M/s --set job.photos.delete=yes",
  ],
  read(args) {
    const flags = readFlags(args, FLAGS, { command: "run", explain: insteadOfFlag });
    const request = readFileRequest(flags, "run");
    const dryRun = textOf(flags, "dry-run");
    return { kind: "run", ...request, set: [...request.set, ...(dryRun === undefined ? [] : [`dry_run=${dryRun}`])] };
  },
  async run(request, terminal) {
    const [{ readJobs }, { runAll }] = await Promise.all([import("./read_jobs.ts"), import("./run_jobs.ts")]);
    return await runAll(await terminal(), readJobs(request.file, request), request.json);
  },
};
