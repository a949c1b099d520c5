/**
 * What every front door of an older tool is: a translator from its words and files to jobs. A translator opens no store, copies nothing and
 * has no behaviour of its own: what an older tool can do is a key of the job file, or it is not done.
 */
import type { JobContext } from "../job/raw_job.ts";
import type { Job } from "../job_types.ts";

/** What a translator may ask of the outside. */
export interface CompatContext extends Omit<JobContext, "file" | "names"> {
  /** The text of a file; undefined when it is missing. Throws TransferError `config` when it exists and cannot be read. */
  readonly readText: (path: string) => string | undefined;
}

/** Jobs to run, one after the other. */
export interface CompatRun {
  readonly kind: "jobs";
  readonly jobs: readonly Job[];
  /** Lines for people, shown before anything is copied: what is done differently here, and why. */
  readonly notices: readonly string[];
  /** Something that was asked for is missing: the exit code says so, however the jobs end. */
  readonly incomplete?: boolean;
  /** Results as NDJSON on stdout. */
  readonly json?: boolean;
}

/** Nothing to run: a text to print and the code to end with, as the older tool's usage screens are. */
export interface CompatText {
  readonly kind: "text";
  readonly text: string;
  /** `people`: stderr; `results`: stdout. */
  readonly to: "people" | "results";
  readonly exitCode: number;
}

/** Unfinished uploads to list, or to abort: what the command `uploads` does. */
export interface UploadsRequest {
  readonly kind: "uploads";
  readonly location: string;
  readonly abort: boolean;
  /** Only uploads begun at least this long ago; 0 means all. */
  readonly olderThanMs: number;
  /** Keys of the store that the location names. */
  readonly store: Readonly<Record<string, string | readonly string[]>>;
  readonly json: boolean;
}

/** A front door. */
export interface FrontDoor {
  /** Printed by `--help`: every old option with its meaning here. */
  readonly help: string;
  /** Exit code of mistakes in options and settings, and of a job that cannot begin: the older tool's own where it had one that is not 0. */
  readonly usageExit: number;
  /** Letters that this tool does not take as a plea for help, such as the `-h` of a tool that has another use for it. */
  readonly ownFlags?: readonly string[];
  /** `args`: what follows the tool's word, exactly as the older tool took it. Throws a JobFileError with all mistakes at once. */
  translate(args: readonly string[], context: CompatContext): CompatRun | CompatText | UploadsRequest;
}
