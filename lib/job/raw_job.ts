/** A job before it is checked: sections of keys and texts, whichever door they came through. Also what the check knows of the outside. */

/** One value as it was written. */
export interface RawValue {
  readonly text: string;
  /** Already apart (repeated flags, arrays of a script): not split at commas. */
  readonly items?: readonly string[];
  /** The key as the user writes it there: `part_size`, `--part-size` or `partSize`. */
  readonly shown: string;
  /** Counted from 1; only in files. */
  readonly line?: number | undefined;
  /** Where it stands: the file, `command line`, `--set`. */
  readonly file: string;
  /** Without brackets; absent outside files. */
  readonly section?: string | undefined;
  /** `${NAME}` means an environment variable. */
  readonly expand: boolean;
}

/** One section. */
export interface RawSection {
  readonly kind: "store" | "job" | "defaults";
  /** What follows `store.` or `job.`; empty for `[defaults]`. */
  readonly name: string;
  readonly file: string;
  readonly line?: number;
  /** As shown in messages; absent where the user wrote none (flags). */
  readonly title?: string | undefined;
  readonly values: Map<string, RawValue>;
  /** A key that is missing, as the user would write it there; absent: as in a file. */
  readonly shownKey?: (key: string) => string;
}

/** What the check asks of the outside: all of it is passed in, so that the same text gives the same jobs. */
export interface JobContext {
  /** Name of the job file, for messages. */
  readonly file: string;
  readonly env: (name: string) => string | undefined;
  /** Absolute; relative paths start here. A Windows path here makes all local paths Windows paths. */
  readonly cwd: string;
  /** Undefined when nothing is there. */
  readonly isFolder: (path: string) => boolean | undefined;
  /** The text of a file of names; undefined when there is none. Throws TransferError `config` when it cannot be read. */
  readonly readText?: (path: string) => string | undefined;
  /** What `workers = auto` means. */
  readonly cores: number;
  /** `key=value` for every job, or `store.NAME.key=value`, `job.NAME.key=value`, `defaults.key=value`. */
  readonly overrides?: readonly string[];
  /** The jobs to give, in this order; absent or empty means all in the order of the file. */
  readonly names?: readonly string[];
  /** The key of a file name (the inverse of the mapping of keys to names); absent means they are the same. */
  readonly fileKey?: (name: string) => string;
}
