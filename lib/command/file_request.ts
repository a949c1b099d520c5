/** What `run` and `check` have in common where a job file is named: its words, `--set`, `--json`, and the jobs. */
import { TOOLS } from "../compat/front_door.ts";
import { readText } from "../disk/text_file.ts";
import { TransferError } from "../errors.ts";
import { parseJobFile } from "../job/job_file.ts";
import { nearestName } from "../job/mistake.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "../job/settings/tables.ts";
import type { Job } from "../job_types.ts";
import { systemContext } from "../run/system_context.ts";
import { COMMAND_NAMES } from "./command.ts";
import { type Flags, type FlagTakes, isYes, keyOf, listOf, usage } from "./flags.ts";

/** Jobs of a file: all of them, or those named. */
export interface FileRequest {
  readonly file: string;
  readonly names: readonly string[];
  /** `key=value` as the job file's overrides; the other flags are in it. */
  readonly set: readonly string[];
  readonly json: boolean;
}

/** Flags of both commands. */
export const FILE_FLAGS: ReadonlyMap<string, FlagTakes> = new Map([["set", "list"], ["json", "yesNo"]]);

/** Help for them. */
export const FILE_FLAGS_HELP =
  `  --set KEY=VALUE                  another value for every job; also store.NAME.KEY=VALUE, job.NAME.KEY=VALUE (repeatable)
  --json                           results as one JSON object a line on stdout`;

/** Reads words and flags. `command` names it in messages. Throws `config`. */
export function readFileRequest(flags: Flags, command: string): FileRequest {
  const [file, ...names] = flags.words;
  if (file === undefined) throw usage(`The job file is missing: ${command} JOB.ini [NAME…]`);
  if (COMMAND_NAMES.some((name) => name === file)) throw usage(`The command ${file} must come first, before any flag`);
  const json = isYes(flags, "json");
  return { file, names, set: [...listOf(flags, "set"), ...(json ? ["log_format=json"] : [])], json };
}

/** The jobs of the file, in its order or that of `names`. Throws `config` for a file that cannot be read and for every mistake in it. */
export function jobsOf({ file, names, set }: FileRequest): Job[] {
  const text = readText(file);
  if (text === undefined) throw new TransferError("config", `Cannot read the job file ${file}: there is no such file`);
  return parseJobFile(text, { ...systemContext(), file, names, overrides: set });
}

/** What to write instead of a flag of `cp` where a job file is named; undefined for what is none. */
export function insteadOfFlag(flag: string): string | undefined {
  const { side, key } = keyOf(flag);
  if (side === undefined && JOB_SETTINGS.has(key)) return `with a job file write --set ${key}=VALUE`;
  return STORE_SETTINGS.has(key) ? `with a job file write --set store.NAME.${key}=VALUE` : undefined;
}

/** A first word that is nearly a command, or an older tool's, is not taken for a job file. Throws `config`. */
export function refuseMistyped(word: string): void {
  if (word.startsWith("-") || /[./\\]/.test(word)) return;
  const near = nearestName(word, [...COMMAND_NAMES, ...TOOLS.filter((tool) => !tool.endsWith(".ini"))]);
  if (near !== undefined) throw usage(`Unknown command ${word}`, near);
}
