/**
 * The script API of sluice: copy, plan or compare a job that is given as an object. Prints nothing and never exits.
 *
 * ```ts ignore
 * import { migrate } from "@sluice/sluice";
 *
 * const end = await migrate(
 *   { source: "./photos/", destination: "s3://archive/photos/" },
 *   { select: (object) => object.sizeBytes > 0, rename: (key) => key.toLowerCase() },
 * );
 * console.log(end.summary.done.objects, "copied,", end.summary.failed, "failed");
 * ```
 *
 * @module
 */
import type { JobInput } from "./job/input_types.ts";
import { jobFromObject } from "./job/job_input.ts";
import type { Job } from "./job_types.ts";
import { checkSides, migrateJob, planOf } from "./run/job_calls.ts";
import type { CheckEnd, CheckOptions, JobOptions, MigrateEnd, MigrateOptions, RunStart } from "./run/job_calls.ts";
import { systemContext } from "./run/system_context.ts";
import type { PlanItem } from "./types.ts";

export type { CheckEnd, CheckOptions, JobInput, JobOptions, MigrateEnd, MigrateOptions, PlanItem, RunStart };
export { TransferError, type TransferErrorOptions } from "./errors.ts";
export { EmbeddedHost } from "./run/embedded_host.ts";
export type { StoreInput } from "./job/input_types.ts";
export type { Tuning } from "./job_types.ts";
export { PROVIDER_NAMES, type ProviderName } from "./job/settings/store.ts";
export type { CheckCounts, Difference, DifferenceKind } from "./plan/check_job.ts";
export type { HeadersHook, RenameHook, SelectHook } from "./plan/plan_input.ts";
export type { ReportRecord } from "./report/records.ts";
export type { ShownFailure, Sum, Summary } from "./report/summary.ts";
export type { DeleteFailure } from "./store/store.ts";
export type { Hooks, RunEnd, RunObserver } from "./run/run_job.ts";
export type { DigestAlgorithm, Effort, ErrorKind, Evidence, Grant, LocalSource, ObjectHeaders } from "./types.ts";
export type { ObjectInfo, SkipReason, Totals, Transfer, TransferReason, TransferResult, Way, WireError } from "./types.ts";

/**
 * Copies everything of a job that the destination does not have, and deletes what the job says. Failures of single objects are counted
 * and reported in the result, never thrown.
 * @throws TransferError `config` or `credentials` when the job cannot begin; it names every field that is wrong.
 */
export async function migrate(job: JobInput, options: MigrateOptions = {}): Promise<MigrateEnd> {
  return await migrateJob(checkedJob(job), options);
}

/**
 * What {@link migrate} would do, as a stream in the order of the keys: nothing is copied, made or deleted.
 * @throws TransferError `config` or `credentials` when the job cannot begin, or the kind of failure of a listing.
 */
export async function* plan(job: JobInput, options: JobOptions = {}): AsyncGenerator<PlanItem> {
  yield* planOf(checkedJob(job), options);
}

/**
 * Compares both sides as the job's `compare` says and copies nothing.
 * @throws TransferError As {@link plan}.
 */
export async function check(job: JobInput, options: CheckOptions = {}): Promise<CheckEnd> {
  return await checkSides(checkedJob(job), options);
}

/** The job with all defaults; relative paths start at the current folder. */
function checkedJob(job: JobInput): Job {
  return jobFromObject(job, { ...systemContext(), file: "job" });
}
