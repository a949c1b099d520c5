/**
 * What can be done with a checked job: run it, plan it, compare its sides. The script API and the command line are thin callers of it.
 * Prints nothing and never exits.
 */
import { mayRead, openFilesMax } from "../disk/permitted.ts";
import { asTransferError, TransferError } from "../errors.ts";
import { lean } from "../heap.ts";
import { nodeUrl } from "../node.ts";
import type { Job, Tuning } from "../job_types.ts";
import { type CheckCounts, checkJob, type Difference, noCounts } from "../plan/check_job.ts";
import { planJob } from "../plan/plan_job.ts";
import { readDoneKeys } from "../report/done_keys.ts";
import { Summary } from "../report/summary.ts";
import type { PlanItem } from "../types.ts";
import { EmbeddedHost } from "./embedded_host.ts";
import { loadHooks } from "./load_hooks.ts";
import { fitMemory, fitOpenFiles, fitSource, memoryLimit } from "./fit.ts";
import { openSides } from "./open_sides.ts";
import { type Hooks, planInput, type RunEnd, runJob, type RunObserver, type RunSetup } from "./run_job.ts";

/** What every call takes. */
export interface JobOptions extends Hooks {
  /** Stops the job: running transfers are cancelled, uploads stay at the destination for the next run. */
  readonly signal?: AbortSignal;
  /** Embedded stores that outlive this call. Default: they end with it. */
  readonly host?: EmbeddedHost;
  /** Called with a line for people, such as why a listing is not used. */
  readonly onNote?: (message: string) => void;
}

/** Options of a run. */
export interface MigrateOptions extends JobOptions {
  /** Called while things happen. */
  readonly observer?: Partial<RunObserver>;
  /** Called once, before anything is copied; the run waits for it. */
  readonly onStart?: (start: RunStart) => void | Promise<void>;
}

/** What a run will use at most. */
export interface RunStart {
  /** How much is in flight at once, fitted to the memory, the open files and the source. */
  readonly tuning: Tuning;
  /** Upper bound of the process's memory, in bytes. */
  readonly memoryLimitBytes: number;
  /** Files that this process may have open, when less is in flight because of it than the job asks for. */
  readonly openFilesMax?: number;
  /** The stores copy among themselves: no bytes of objects pass this process. */
  readonly serverSideCopy: boolean;
}

/** How a migration ended. */
export interface MigrateEnd extends RunEnd {
  /** Sums of everything that happened. */
  readonly summary: Summary;
  /** What `final_check` found to differ afterwards; absent when it was not asked for or not reached. */
  readonly differences?: readonly Difference[];
}

/** Options of a check. */
export interface CheckOptions extends JobOptions {
  /** Called with each key that differs, in the order of the keys. */
  readonly onDifference?: (difference: Difference) => void;
}

/** How a check ended. */
export interface CheckEnd {
  /** Objects that are the same, that differ, and that only the destination has. */
  readonly counts: Readonly<CheckCounts>;
}

/** Comparisons that make an object worth copying and say nothing of whether it arrived. */
const SAYING_NOTHING: readonly Job["compare"][] = ["always", "absent"];

/** Differences of a final check that are kept; all are counted. */
const DIFFERENCES_KEPT_MAX = 1000;

/**
 * Copies everything of a job that the destination does not have, and deletes what the job says. Failures of single objects are counted
 * and reported, never thrown.
 * @throws TransferError `config` or `credentials` when the job cannot begin.
 */
export async function migrateJob(job: Job, options: MigrateOptions = {}): Promise<MigrateEnd> {
  await using opened = await openJob(job, options, true);
  const { sides } = opened;
  const wanted = fitSource(fitMemory(job.tuning), sides.source.ready);
  const filesMax = openFilesMax();
  const tuning = fitOpenFiles(wanted, filesMax);
  await options.onStart?.({
    tuning,
    memoryLimitBytes: memoryLimit(tuning),
    ...(tuning !== wanted && filesMax !== undefined && { openFilesMax: filesMax }),
    serverSideCopy: sides.serverSideCopy,
  });
  const summary = new Summary();
  const end = await runJob({ ...opened, job: { ...job, tuning }, observer: options.observer }, summary);
  const differences = job.finalCheck && !end.error && !end.interrupted ? await differencesOf(opened) : undefined;
  return { ...end, summary, ...(differences && { differences }) };
}

/**
 * What {@link migrateJob} would do, as a stream: nothing is copied, made or deleted.
 * @throws TransferError `config` or `credentials` when the job cannot begin or a listing fails.
 */
export async function* planOf(job: Job, options: JobOptions = {}): AsyncGenerator<PlanItem> {
  await using opened = await openJob(job, options, false);
  yield* lean(planJob(planInput(opened)));
}

/**
 * Compares both sides as the job's `compare` says and copies nothing. `onDifference` is called with each key that differs.
 * @throws TransferError as {@link planOf}.
 */
export async function checkSides(job: Job, options: CheckOptions = {}): Promise<CheckEnd> {
  await using opened = await openJob(job, options, false);
  const counts = noCounts();
  for await (const difference of lean(checkJob({ ...planInput(opened), extrasMatter: true }, counts))) options.onDifference?.(difference);
  return { counts };
}

/**
 * Workers load their code by its address, and Deno allows that like any other reading. Asked before anything begins: a worker that cannot
 * load says so with a stack. Throws `config`.
 */
function checkWorkersMayLoad(): void {
  const worker = new URL("../../workers/transfer.ts", import.meta.url);
  if (worker.protocol !== "file:") return;
  for (const folder of [new URL(".", worker), new URL("../lib/", worker)]) {
    if (mayRead(folder)) continue;
    const path = nodeUrl().fileURLToPath(folder);
    throw new TransferError("config", `Cannot start workers: Deno was not allowed to, run again with --allow-read=${path}`);
  }
}

async function openJob(job: Job, options: JobOptions, mayWrite: boolean): Promise<RunSetup & AsyncDisposable> {
  if (mayWrite || [job.source, job.destination].some(({ store }) => store.type === "embedded")) checkWorkersMayLoad();
  const signal = options.signal ?? new AbortController().signal;
  const host = options.host ?? new EmbeddedHost();
  const close = async () => {
    if (!options.host) await host.close();
  };
  try {
    const loaded = job.hooks === undefined ? {} : await loadHooks(job.hooks);
    const { select = loaded.select, rename = loaded.rename, headers = loaded.headers, onResult = loaded.onResult } = options;
    const logs = job.skipKeysFrom;
    const doneKeys = logs && await readDoneKeys(logs);
    const onNote = options.onNote && oncePerLine(options.onNote);
    const sides = await openSides(job, { host, mayWrite, signal, onNote });
    return {
      job,
      sides,
      hooks: { select, rename, headers, onResult },
      signal,
      doneKeys,
      onNote,
      async [Symbol.asyncDispose]() {
        sides.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw signal.aborted ? new TransferError("cancelled", "Interrupted", { cause: error }) : asTransferError(error);
  }
}

/** Every worker finds out by itself what a store refuses. */
function oncePerLine(onNote: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.size === said.add(line).size) return;
    onNote(line);
  };
}

async function differencesOf(opened: RunSetup): Promise<Difference[]> {
  const kept: Difference[] = [];
  const { job } = opened;
  // A local root was there before the run: of its node nothing but owner and mode could differ.
  const { rootNode: _rootNode, ...rootless } = job;
  const checked = job.destination.store.type === "local" ? rootless : job;
  // Where nodes are kept it is asked whether all are listed: some servers hide what lies below an object's name.
  const compare = job.rules.treeFormat !== undefined ? "size" : SAYING_NOTHING.includes(job.compare) ? "auto" : job.compare;
  for await (const difference of lean(checkJob(planInput({ ...opened, job: { ...checked, compare } }), noCounts()))) {
    if (difference.difference === "extra" && !job.delete) continue;
    if (kept.length < DIFFERENCES_KEPT_MAX) kept.push(difference);
  }
  return kept;
}
