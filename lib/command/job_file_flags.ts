/**
 * What `run` and `check` have in common where a job file is named: words, `--set`, `--json`.
 */
import { COMMAND_NAMES } from "./command.ts";
import { TOOLS } from "../compat/front_door.ts";
import { nearestName } from "../job/mistake.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "../job/settings/tables.ts";
import { type Flags, type FlagTakes, isYes, listOf, usage } from "./flags.ts";
import { SIDES } from "./place_flags.ts";

/** Jobs of a file: all of them, or those named. */
export interface FileRequest {
  readonly file: string;
  readonly names: readonly string[];
  /** `key=value` as the job file's overrides; the other flags are in it. */
  readonly set: readonly string[];
  readonly json: boolean;
}

/** Flags of both commands. */
export const FILE_FLAGS: readonly (readonly [string, FlagTakes])[] = [["set", "list"], ["json", "yesNo"]];

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

/** What to write instead of a flag of `cp` where a job file is named; undefined for what is none. */
export function insteadOfFlag(flag: string): string | undefined {
  const side = SIDES.find((side) => flag.startsWith(`${side}-`));
  const key = (side === undefined ? flag : flag.slice(side.length + 1)).replaceAll("-", "_");
  if (side === undefined && JOB_SETTINGS.has(key)) return `with a job file write --set ${key}=VALUE`;
  return STORE_SETTINGS.has(key) ? `with a job file write --set store.NAME.${key}=VALUE` : undefined;
}

/** A first word that is nearly a command, or an older tool's, is not taken for a job file. Throws `config`. */
export function refuseMistyped(word: string): void {
  if (word.startsWith("-") || /[./\\]/.test(word)) return;
  const near = nearestName(word, [...COMMAND_NAMES, ...TOOLS.filter((tool) => !tool.endsWith(".ini"))]);
  if (near !== undefined) throw usage(`Unknown command ${word}`, near);
}
