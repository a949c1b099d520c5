/**
 * What a command line asks for, as data. Front doors of older tools are in TOOLS; lib/compat/ translates them.
 */

/** Values of flags by key of the table; flags that may be repeated hold their items. */
export type FlagValues = Readonly<Record<string, string | readonly string[]>>;

/** Run jobs of a file: all of them, or those named. */
export interface RunCommand {
  readonly kind: "run";
  readonly file: string;
  readonly names: readonly string[];
  /** `key=value` as {@link JobContext.overrides} takes them; `--dry-run` and `--json` are in it. */
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Compare both sides of the jobs of a file; nothing is moved. */
export interface CheckCommand extends Omit<RunCommand, "kind" | "dryRun"> {
  readonly kind: "check";
}

/** One job from flags: {@link cpToJob} checks it. */
export interface CpCommand {
  readonly kind: "cp";
  readonly source: string;
  readonly destination: string;
  readonly flags: FlagValues;
  /** From `--source-…`, by store key. */
  readonly sourceStore: FlagValues;
  /** From `--destination-…`, by store key. */
  readonly destinationStore: FlagValues;
  readonly json: boolean;
}

/** Compare two locations with the flags of `cp`; nothing is moved. */
export interface CheckPlacesCommand extends Omit<CpCommand, "kind"> {
  readonly kind: "checkPlaces";
}

/** List unfinished uploads, or end them. */
export interface UploadsCommand {
  readonly kind: "uploads";
  readonly location: string;
  readonly abort: boolean;
  /** Only uploads begun at least this long ago; 0 means all. */
  readonly olderThanMs: number;
  /** From `--endpoint`, `--region`, …, by store key. */
  readonly store: FlagValues;
  readonly json: boolean;
}

/** The embedded store on loopback. */
export interface ServeCommand {
  readonly kind: "serve";
  readonly folder: string;
  /** 0 means any free port. */
  readonly port: number;
  /** Both or neither; without them fresh keys are made. A secret: not to be printed but in the one line that `serve` is for. */
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Older tools whose command lines and files are understood: by this first word, or by the sections of the file that is named. */
export const TOOLS = ["s3_upload_config.ini", "s3_download_config.ini", "multi2s3", "s3copy", "s3-parallel-put", "paras3"] as const;
/** See {@link TOOLS}. */
export type ToolName = typeof TOOLS[number];

/** What an older tool's command line asks for; its front door translates it. */
export interface CompatCommand {
  readonly kind: "compat";
  readonly tool: ToolName;
  /** Exactly as the older tool takes them; for an ini file with the file itself. */
  readonly args: readonly string[];
  /** Print the native job file, move nothing. */
  readonly printJob: boolean;
}

/** What {@link parseCommandLine} gives. */
export type Command =
  | RunCommand
  | CheckCommand
  | CpCommand
  | CheckPlacesCommand
  | UploadsCommand
  | ServeCommand
  | CompatCommand
  | { readonly kind: "help"; readonly topic?: string }
  | { readonly kind: "version" };
