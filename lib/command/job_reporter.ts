/** Reports what one job does, to people and machines: log, progress, manifest, results on stdout, summary. Decides nothing. */
import type { MigrateEnd, RunStart } from "../run/job_calls.ts";
import { chooseColours } from "../report/colours.ts";
import { jsonText } from "../report/escape.ts";
import { bothLoggers, createLogger, type Logger } from "../report/log.ts";
import { type LogFile, openLogFile } from "../report/log_file.ts";
import { type Manifest, openManifest } from "../report/manifest.ts";
import { startProgress } from "../report/progress.ts";
import { ProgressMeter } from "../report/progress_meter.ts";
import { deleteRecord, differenceRecord, planRecord, resultRecord, unplannedRecord } from "../report/records.ts";
import { differenceLine, planLine, type ReportRecord } from "../report/records.ts";
import { objectLine } from "../report/done_keys.ts";
import { summaryLines } from "../report/summary_text.ts";
import { countOf, formatBytes } from "../report/units.ts";
import type { RunObserver } from "../run/run_job.ts";
import type { Job } from "../job_types.ts";
import type { PlanItem, Totals, TransferReason, TransferResult, WireError } from "../types.ts";
import type { Terminal } from "./terminal.ts";

/** See the file comment. */
export class JobReporter implements Partial<RunObserver> {
  readonly log: Logger;
  readonly #meter = new ProgressMeter();
  readonly #reasons = new Map<number, TransferReason>();
  readonly #startedMs = performance.now();
  #stopProgress: (() => void) | undefined;
  #manifestFailure: unknown;
  /** Objects that count against the job's limit. */
  admitted = 0;

  private constructor(
    private readonly terminal: Terminal,
    private readonly job: Job,
    private readonly kept: { json: boolean; manifest?: Manifest | undefined; logFile?: LogFile | undefined },
  ) {
    const { logLevel: level, logFormat: format } = job.report;
    const now = () => Date.now();
    const people = createLogger({ level, format, write: terminal.people.line, colours: terminal.colours, now, times: false });
    const colours = chooseColours({ isTerminal: false });
    const { logFile } = kept;
    this.log = logFile ? bothLoggers(people, createLogger({ level, format, write: logFile.line, colours, now, times: true })) : people;
  }

  /** Opens manifest and log file, before anything moves; `append` when an earlier job of this run has the same manifest. */
  static async open(terminal: Terminal, job: Job, { json, append }: { json: boolean; append: boolean }): Promise<JobReporter> {
    const { manifest: path, logFile: logPath } = job.report;
    if (job.dryRun) return new JobReporter(terminal, job, { json });
    const { redactor } = terminal;
    const logFile = logPath === undefined ? undefined : openLogFile(logPath, { start: new Date(), redactor });
    try {
      const manifest = path === undefined ? undefined : await openManifest(path, { append, redactor });
      return new JobReporter(terminal, job, { json, manifest, logFile });
    } catch (error) {
      logFile?.close();
      throw error;
    }
  }

  /** Says what begins and what it will use at most. */
  onStart({ tuning: { workers, partsInFlight, objectsInFlight }, openFilesMax, memoryLimitBytes, serverSideCopy }: RunStart): void {
    const { name, source, destination, report: { progress: mode } } = this.job;
    this.log.info(`Job ${name}: ${source.text} -> ${destination.text}${serverSideCopy ? ", copied on the server" : ""}`);
    const held = openFilesMax === undefined ? "" : `, as far as ${openFilesMax} open files (ulimit -n) allow`;
    const flight = `${partsInFlight} parts or ${objectsInFlight} objects in flight each${held}`;
    this.log.info(`Up to ${countOf(workers, "worker")}, ${flight}; memory limit ${formatBytes(memoryLimitBytes)}`);
    const every = (intervalMs: number, call: () => void) => {
      const timer = setInterval(call, intervalMs);
      return () => clearInterval(timer);
    };
    this.#stopProgress = startProgress({ mode, meter: this.#meter, people: this.terminal.people, now: () => performance.now(), every });
  }

  /** One line of a dry run. What is left as it is goes without saying when only warnings and failures are to be reported. */
  planned(item: PlanItem): void {
    this.#admit(item);
    if (item.kind === "skip" && !this.log.allows("info")) return;
    this.terminal.out(this.kept.json ? jsonText(planRecord(item)) : planLine(item));
  }

  async onPlanItem(item: PlanItem): Promise<void> {
    this.#meter.addPlanItem(item);
    this.#admit(item);
    if (item.kind === "transfer") this.#reasons.set(item.transfer.id, item.transfer.reason);
    if (item.kind === "problem") this.log.error(`Failed ${item.key}: ${item.error.message}`);
    if (item.kind === "skip") {
      if (this.job.report.logObjects) this.log.info(`skipping ${this.#pathOf(item.key)} -> ${item.destinationKey}`);
      else if (this.log.allows("debug")) this.log.debug(`Skipped ${item.key}`, { reason: item.reason });
    }
    if (item.kind === "skip" || item.kind === "problem") await this.#record(unplannedRecord(item));
  }

  onPlanEnd(): void {
    this.#meter.endPlan();
  }

  onResult(result: TransferResult): void {
    this.#meter.addResult(result);
    const reason = this.#reasons.get(result.id);
    this.#reasons.delete(result.id);
    this.#logResult(result);
    this.#recordLater(resultRecord(result, reason));
  }

  onTotals(totals: Totals): void {
    this.#meter.setTotals(totals);
  }

  onRetry(error: WireError, waitMs: number): void {
    if (this.log.allows("debug")) this.log.debug(`Trying again: ${error.message}`, { kind: error.kind, waitMs: Math.round(waitMs) });
  }

  onDeleted(destinationKey: string, sizeBytes: number, failure?: { readonly message: string }): void {
    if (failure !== undefined) this.log.error(`Cannot delete ${destinationKey}: ${failure.message}`);
    this.#recordLater(deleteRecord(destinationKey, sizeBytes, failure?.message));
  }

  /** The summary; closes the manifest. Throws TransferError `storage` when the manifest could not be written. */
  async finish({ summary, interrupted, error, differences, deletesHeldBack }: MigrateEnd): Promise<void> {
    this.#endProgress();
    const { terminal, kept: { json, manifest } } = this;
    const elapsedMs = performance.now() - this.#startedMs;
    const record = { ...summary.record(elapsedMs), job: this.job.name };
    if (json) terminal.out(jsonText(record));
    const facts = { elapsedMs, ended: !interrupted && error === undefined, destination: this.job.destination.text };
    for (const line of summaryLines(summary, facts, terminal.colours)) this.#say(line);
    for (const difference of differences ?? []) this.#say(differenceLine(difference));
    if (differences) this.log.info(`Final check: ${differences.length === 0 ? "both sides are the same" : "the sides differ"}`);
    if (deletesHeldBack > 0) {
      const nothing = summary.deleted.objects === 0 ? "Deleted nothing" : "Did not delete everything";
      const why = interrupted ? "the run was interrupted" : "the run did not end well";
      this.log.warn(`${nothing}, because ${why}: ${countOf(deletesHeldBack, "extra object")} left at the destination`);
    }
    for (const difference of differences ?? []) await manifest?.write(differenceRecord(difference));
    await manifest?.write(record);
    await this.close();
  }

  /** Stops progress and closes the manifest, however the job ended. */
  async close(): Promise<void> {
    this.#endProgress();
    this.kept.logFile?.close();
    this.kept.logFile = undefined;
    await this.kept.manifest?.close();
    if (this.#manifestFailure) throw this.#manifestFailure;
  }

  #say(line: string): void {
    this.terminal.people.line(line);
    this.kept.logFile?.line(line);
  }

  #endProgress(): void {
    this.#stopProgress?.();
    this.#stopProgress = undefined;
  }

  #logResult(result: TransferResult): void {
    if (result.outcome === "failed") return this.log.error(`Failed ${result.key}: ${result.error.message}`);
    if (result.outcome === "cancelled") return;
    const { key, destinationKey, compressed = false, way, evidence, digest, effort: { movedBytes, foundBytes } } = result;
    if (this.job.report.logObjects) this.log.info(objectLine(this.#pathOf(key), destinationKey, compressed));
    if (this.log.allows("debug")) this.log.debug(`Copied ${key}`, { way, evidence, digest, movedBytes, foundBytes });
  }

  #admit(item: PlanItem): void {
    const counts = item.kind === "transfer" || (item.kind === "skip" && item.reason !== "excluded" && item.reason !== "done before");
    if (counts) this.admitted += 1;
  }

  /** An object of the source as the user would write it. */
  #pathOf(key: string): string {
    const { store, bucket, text, tree } = this.job.source;
    if (store.type !== "local") return `${bucket}/${key}`;
    if (store.archive) return key;
    return tree ? `${text.replace(/\/+$/, "")}/${key}` : text;
  }

  async #record(record: ReportRecord): Promise<void> {
    if (this.kept.json) this.terminal.out(jsonText(record));
    await this.kept.manifest?.write(record);
  }

  /** A manifest that cannot be written is reported at the end. */
  #recordLater(record: ReportRecord): void {
    this.#record(record).catch((error) => this.#manifestFailure ??= error);
  }
}
