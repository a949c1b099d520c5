/**
 * Runs jobs one after the other and returns the exit code.
 */
import { asTransferError, EXIT, fromWireError, type TransferError } from "../errors.ts";
import { type JobOptions, type MigrateEnd, migrateJob, planOf } from "../run/job_calls.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import type { Job } from "../job_types.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";
import { askToClean } from "./clean_uploads.ts";
import { exitCodeOf, worse } from "./exit_code.ts";
import { countOf, formatBytes, formatCount } from "../report/units.ts";
import { JobReporter } from "./job_reporter.ts";

/** Runs checked jobs one after the other; the first that cannot run, or an interrupt, is the end of all. Returns the exit code. */
export async function runAll(terminal: Terminal, jobs: readonly Job[], json: boolean): Promise<number> {
  const host = new EmbeddedHost();
  const manifests = new Set<string>();
  let code: number = EXIT.ok;
  let admitted = 0;
  try {
    for (const listed of jobs) {
      const job = withLimitLeft(listed, admitted);
      if (job === undefined) continue;
      learnSecrets(terminal.redactor, job);
      const manifest = job.report.manifest;
      const reporter = await JobReporter.open(terminal, job, { json, append: manifest !== undefined && manifests.has(manifest) });
      if (manifest !== undefined) manifests.add(manifest);
      code = worse(code, await runOne(terminal, job, reporter, host));
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
  const limit = job.selection?.limit;
  if (limit === undefined) return job;
  return admitted >= limit ? undefined : { ...job, selection: { ...job.selection, limit: limit - admitted } };
}

async function runOne(terminal: Terminal, job: Job, reporter: JobReporter, host: EmbeddedHost): Promise<number> {
  const { signal } = terminal;
  const onNote = (message: string) => reporter.log.warn(message);
  try {
    if (job.dryRun) return await dryRun(job, reporter, { signal, host, onNote });
    if (job.askToClean) await askToClean(terminal, job, host);
    const end = await migrateJob(job, { signal, host, onNote, observer: reporter, onStart: (start) => reporter.onStart(start) });
    await reporter.finish(end);
    return tell(end, reporter);
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

function tell(end: MigrateEnd, reporter: JobReporter): number {
  if (end.interrupted) {
    reporter.log.warn("Interrupted: unfinished uploads stay at the destination, the next run goes on from them");
    return EXIT.interrupted;
  }
  if (end.error) {
    const error: TransferError = asTransferError(fromWireError(end.error));
    reporter.log.error(`Stopped: ${error.message}`);
    return exitCodeOf(error);
  }
  const differs = (end.differences?.length ?? 0) > 0;
  return end.summary.failed > 0 || differs ? EXIT.failed : EXIT.ok;
}
