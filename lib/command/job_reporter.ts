/**
 * Tells people and machines what one job does: log, progress, manifest, results on stdout, summary. Decides nothing.
 */
import type { MigrateEnd, RunStart } from "../run/job_calls.ts";
import { chooseColours } from "../report/colours.ts";
import { jsonText } from "../report/escape.ts";
import { bothLoggers, createLogger, type Logger } from "../report/log.ts";
import { type LogFile, openLogFile } from "../report/log_file.ts";
import { type Manifest, openManifest } from "../report/manifest.ts";
import { type Progress, startProgress } from "../report/progress.ts";
import { ProgressMeter } from "../report/progress_meter.ts";
import {
  deleteRecord,
  differenceLine,
  differenceRecord,
  planLine,
  planRecord,
  type ReportRecord,
  resultRecord,
  unplannedRecord,
} from "../report/records.ts";
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
  readonly #terminal: Terminal;
  readonly #job: Job;
  readonly #json: boolean;
  readonly #manifest: Manifest | undefined;
  #logFile: LogFile | undefined;
  readonly #meter = new ProgressMeter();
  readonly #reasons = new Map<number, TransferReason>();
  readonly #startedMs = performance.now();
  #progress: Progress | undefined;
  #manifestFailure: unknown;
  #admitted = 0;

  private constructor(terminal: Terminal, job: Job, json: boolean, kept: { manifest?: Manifest; logFile?: LogFile }) {
    this.#terminal = terminal;
    this.#job = job;
    this.#json = json;
    this.#manifest = kept.manifest;
    this.#logFile = kept.logFile;
    const { logLevel: level, logFormat: format } = job.report;
    const now = () => Date.now();
    const people = createLogger({ level, format, write: terminal.people.line, colours: terminal.colours, now, times: false });
    const { logFile } = kept;
    this.log = logFile === undefined ? people : bothLoggers(
      people,
      createLogger({ level, format, write: logFile.line, colours: chooseColours({ isTerminal: false }), now, times: true }),
    );
  }

  /** Opens manifest and log file, before anything moves; `append` when an earlier job of this run has the same manifest. */
  static async open(terminal: Terminal, job: Job, options: { json: boolean; append: boolean }): Promise<JobReporter> {
    const { manifest: path, logFile } = job.report;
    if (job.dryRun) return new JobReporter(terminal, job, options.json, {});
    const { redactor } = terminal;
    const log = logFile === undefined ? undefined : openLogFile(logFile, { start: new Date(), redactor });
    try {
      const manifest = path === undefined ? undefined : await openManifest(path, { append: options.append, redactor });
      return new JobReporter(terminal, job, options.json, { ...(manifest && { manifest }), ...(log && { logFile: log }) });
    } catch (error) {
      log?.close();
      throw error;
    }
  }

  /** Says what begins and what it will use at most. */
  onStart(start: RunStart): void {
    const { name, source, destination } = this.#job;
    const { workers, partsInFlight, objectsInFlight } = start.tuning;
    const way = start.serverSideCopy ? ", copied on the server" : "";
    this.log.info(`Job ${name}: ${source.text} -> ${destination.text}${way}`);
    const held = start.openFilesMax === undefined ? "" : `, as far as ${start.openFilesMax} open files (ulimit -n) allow`;
    const flight = `${partsInFlight} parts or ${objectsInFlight} objects in flight each${held}`;
    this.log.info(`Up to ${countOf(workers, "worker")}, ${flight}; memory limit ${formatBytes(start.memoryLimitBytes)}`);
    this.#progress = startProgress({
      mode: this.#job.report.progress,
      meter: this.#meter,
      people: this.#terminal.people,
      now: () => performance.now(),
      every: (intervalMs, call) => {
        const timer = setInterval(call, intervalMs);
        return () => clearInterval(timer);
      },
    });
  }

  /** One line of a dry run. What is left as it is goes without saying when only warnings and failures are to be told. */
  planned(item: PlanItem): void {
    this.#admit(item);
    if (item.kind === "skip" && !this.log.allows("info")) return;
    this.#terminal.out(this.#json ? jsonText(planRecord(item)) : planLine(item));
  }

  async onPlanItem(item: PlanItem): Promise<void> {
    this.#meter.addPlanItem(item);
    this.#admit(item);
    if (item.kind === "transfer") this.#reasons.set(item.transfer.id, item.transfer.reason);
    if (item.kind === "skip") {
      if (this.#job.report.logObjects) this.log.info(`skipping ${this.#pathOf(item.key)} -> ${item.destinationKey}`);
      else if (this.log.allows("debug")) this.log.debug(`Skipped ${item.key}`, { reason: item.reason });
      await this.#record(unplannedRecord(item));
    }
    if (item.kind === "problem") {
      this.log.error(`Failed ${item.key}: ${item.error.message}`);
      await this.#record(unplannedRecord(item));
    }
  }

  onPlanEnd(): void {
    this.#meter.endPlan();
  }

  onResult(result: TransferResult): void {
    this.#meter.addResult(result);
    const reason = this.#reasons.get(result.id);
    this.#reasons.delete(result.id);
    this.#logResult(result);
    this.#record(resultRecord(result, reason)).catch((error) => this.#manifestFailure ??= error);
  }

  onTotals(totals: Totals): void {
    this.#meter.setTotals(totals);
  }

  onRetry(error: WireError, waitMs: number): void {
    if (this.log.allows("debug")) this.log.debug(`Trying again: ${error.message}`, { kind: error.kind, waitMs: Math.round(waitMs) });
  }

  onDeleted(destinationKey: string, sizeBytes: number, failure?: { readonly message: string }): void {
    if (failure !== undefined) this.log.error(`Cannot delete ${destinationKey}: ${failure.message}`);
    this.#record(deleteRecord(destinationKey, sizeBytes, failure?.message)).catch((error) => this.#manifestFailure ??= error);
  }

  /** The summary; closes the manifest. Throws TransferError `storage` when the manifest could not be written. */
  async finish(end: MigrateEnd): Promise<void> {
    this.#stopProgress();
    const elapsedMs = performance.now() - this.#startedMs;
    const record = { ...end.summary.record(elapsedMs), job: this.#job.name };
    if (this.#json) this.#terminal.out(jsonText(record));
    const facts = { elapsedMs, ended: !end.interrupted && end.error === undefined, destination: this.#job.destination.text };
    for (const line of summaryLines(end.summary, facts, this.#terminal.colours)) this.#say(line);
    for (const difference of end.differences ?? []) this.#say(differenceLine(difference));
    if (end.differences) this.log.info(`Final check: ${end.differences.length === 0 ? "both sides are the same" : "the sides differ"}`);
    if (end.deletesHeldBack > 0) {
      const nothing = end.summary.deleted.objects === 0 ? "Deleted nothing" : "Did not delete everything";
      const why = end.interrupted ? "the run was interrupted" : "the run did not end well";
      this.log.warn(`${nothing}, because ${why}: ${countOf(end.deletesHeldBack, "extra object")} left at the destination`);
    }
    for (const difference of end.differences ?? []) await this.#manifest?.write(differenceRecord(difference));
    await this.#manifest?.write(record);
    await this.close();
  }

  /** Stops progress and closes the manifest, however the job ended. */
  async close(): Promise<void> {
    this.#stopProgress();
    this.#logFile?.close();
    this.#logFile = undefined;
    await this.#manifest?.close();
    if (this.#manifestFailure) throw this.#manifestFailure;
  }

  #say(line: string): void {
    this.#terminal.people.line(line);
    this.#logFile?.line(line);
  }

  #stopProgress(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }

  #logResult(result: TransferResult): void {
    if (result.outcome === "failed") return this.log.error(`Failed ${result.key}: ${result.error.message}`);
    if (result.outcome === "cancelled") return;
    if (this.#job.report.logObjects) {
      this.log.info(objectLine(this.#pathOf(result.key), result.destinationKey, result.compressed === true));
    }
    if (!this.log.allows("debug")) return;
    const { way, evidence, digest, effort } = result;
    this.log.debug(`Copied ${result.key}`, { way, evidence, digest, movedBytes: effort.movedBytes, foundBytes: effort.foundBytes });
  }

  /** Objects that count against the job's limit. */
  get admitted(): number {
    return this.#admitted;
  }

  #admit(item: PlanItem): void {
    const counts = item.kind === "transfer" || (item.kind === "skip" && item.reason !== "excluded" && item.reason !== "done before");
    if (counts) this.#admitted += 1;
  }

  /** An object of the source as the user would write it. */
  #pathOf(key: string): string {
    const { store, bucket, text, tree } = this.#job.source;
    if (store.type !== "local") return `${bucket}/${key}`;
    if (store.archive) return key;
    return tree ? `${text.replace(/\/+$/, "")}/${key}` : text;
  }

  async #record(record: ReportRecord): Promise<void> {
    if (this.#json) this.#terminal.out(jsonText(record));
    await this.#manifest?.write(record);
  }
}
