/** `sluice JOB.ini [NAME…]`: runs jobs, one after the other. */
import { ERROR_RULES, EXIT } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { countOf, formatBytes, formatCount } from "../report/units.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { type JobOptions, type MigrateEnd, migrateJob, planOf } from "../run/job_calls.ts";
import { askToClean } from "./clean_uploads.ts";
import type { Command } from "./command.ts";
import { FILE_FLAGS, FILE_FLAGS_HELP, type FileRequest, insteadOfFlag, jobsOf, readFileRequest } from "./file_request.ts";
import { readFlags, textOf } from "./flags.ts";
import { JobReporter } from "./job_reporter.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";

/** See the file comment. */
export const RUN: Command<FileRequest & { readonly kind: "run" }> = {
  usage: `sluice JOB.ini [NAME…]             run all jobs of the file, or those named
  --dry-run                        print the plan, copy nothing
${FILE_FLAGS_HELP}`,
  examples: [
    "sluice jobs.ini",
    "sluice jobs.ini photos videos --dry-run",
    "sluice jobs.ini --set bandwidth=50M/s --set job.photos.delete=yes",
  ],
  read(args) {
    const flags = readFlags(args, new Map([...FILE_FLAGS, ["dry-run", "yesNo"]]), { command: "run", explain: insteadOfFlag });
    const request = readFileRequest(flags, "run");
    const dryRun = textOf(flags, "dry-run");
    return { kind: "run", ...request, set: [...request.set, ...(dryRun === undefined ? [] : [`dry_run=${dryRun}`])] };
  },
  run: async (request, terminal) => await runAll(await terminal(), jobsOf(request), request.json),
};

/** Runs checked jobs one after the other; the first that cannot run, or an interrupt, is the end of all. Returns the exit code. */
export async function runAll(terminal: Terminal, jobs: readonly Job[], json: boolean): Promise<number> {
  const host = new EmbeddedHost();
  const manifests = new Set<string | undefined>();
  let code: number = EXIT.ok;
  let admitted = 0;
  try {
    for (const listed of jobs) {
      const job = withLimitLeft(listed, admitted);
      if (job === undefined) continue;
      learnSecrets(terminal.redactor, job);
      const { manifest } = job.report;
      const reporter = await JobReporter.open(terminal, job, { json, append: manifests.has(manifest) });
      manifests.add(manifest);
      code = Math.max(code, await runOne(terminal, job, reporter, host));
      admitted += reporter.admitted;
      // A mistake in one job, or an interrupt, is the end of all.
      if (code > EXIT.failed) break;
    }
  } finally {
    await host.close();
  }
  return code;
}

/** Jobs of one run share the limit; undefined when it is used up. */
function withLimitLeft(job: Job, admitted: number): Job | undefined {
  const { limit } = job;
  if (limit === undefined) return job;
  return admitted >= limit ? undefined : { ...job, limit: limit - admitted };
}

async function runOne(terminal: Terminal, job: Job, reporter: JobReporter, host: EmbeddedHost): Promise<number> {
  const options = { signal: terminal.signal, host, onNote: (message: string) => reporter.log.warn(message) };
  try {
    if (job.dryRun) return await dryRun(job, reporter, options);
    if (job.askToClean) await askToClean(terminal, job, host);
    const end = await migrateJob(job, { ...options, observer: reporter, onStart: (start) => reporter.onStart(start) });
    await reporter.finish(end);
    return codeOf(end, reporter);
  } catch (error) {
    await reporter.close().catch(() => {});
    throw error;
  }
}

async function dryRun(job: Job, reporter: JobReporter, options: JobOptions): Promise<number> {
  const counts = { transfer: 0, delete: 0, skip: 0, problem: 0 };
  let bytes = 0;
  for await (const item of planOf(job, options)) {
    reporter.planned(item);
    counts[item.kind]++;
    if (item.kind === "transfer") bytes += item.transfer.source.sizeBytes;
  }
  const { transfer, delete: extra, skip, problem } = counts;
  const rest = `delete ${formatCount(extra)}, skip ${formatCount(skip)}; ${countOf(problem, "problem")}`;
  reporter.log.info(`Would copy ${countOf(transfer, "object")} (${formatBytes(bytes)}), ${rest}`);
  return problem > 0 ? EXIT.failed : EXIT.ok;
}

/** The exit code of a job that has run, with the reason when it did not come to its end. */
function codeOf({ interrupted, error, summary, differences = [] }: MigrateEnd, { log }: JobReporter): number {
  if (interrupted) {
    log.warn("Interrupted: unfinished uploads stay at the destination, the next run goes on from them");
    return EXIT.interrupted;
  }
  if (error) {
    log.error(`Stopped: ${error.message}`);
    return ERROR_RULES[error.kind].exitCode;
  }
  return summary.failed + differences.length > 0 ? EXIT.failed : EXIT.ok;
}
