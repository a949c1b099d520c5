/** Help for keys, from the tables of settings. Returns text, prints nothing. No line is wider than a wide terminal. */
import { fieldOf } from "../job/job_input.ts";
import { nearestName } from "../job/mistake.ts";
import type { Setting } from "../job/settings/setting.ts";
import { type Group, JOB_GROUPS, JOB_SETTINGS, STORE_GROUP, STORE_SETTINGS } from "../job/settings/tables.ts";
import { flagOf } from "./flags.ts";

/** How locations are written. */
export const LOCATIONS =
  `Locations: a path, s3://bucket/prefix/, oss://bucket/prefix/, or NAME://bucket/prefix/ with a [store.NAME]. A source that ends in /
(or is a bucket or folder) is a tree, and its contents land under the destination; otherwise it is one object, and a destination that ends
in / (or is a bucket or folder) receives it under its own name. Relative paths start in the working folder; ~/ is the home folder.`;

const VALUES =
  `Values: sizes take B, KiB, MiB, GiB, TiB, KB, MB, GB, TB, and 64M for 64 MiB; times ms, s, m, h, d, and 1h30m; yes or no may be y, n,
true, false, on, off; lists are separated by commas (\\, is a comma); \${NAME} is an environment variable, $\${ the text itself; # at the
beginning of a line is a comment.`;

const WIDTH = 140;
const INDENT = " ".repeat(23);

/** All keys, with what they take and their defaults. */
export function keysText(): string {
  const titled = JOB_GROUPS.map((group) => ({ ...group, title: `[job.NAME] and [defaults]: ${group.title.toLowerCase()}` }));
  return [...[STORE_GROUP, ...titled].map((group) => groupText(group, (key) => key)), VALUES].join("\n\n");
}

/** All keys of jobs and stores as flags of `cp`. */
export function placeFlagsText(): string {
  const groups = JOB_GROUPS.map(({ title, settings }) => ({ title, settings: settings.filter(({ kind }) => kind.is !== "location") }));
  return [...groups.map((group) => groupText(group, (key) => `--${flagOf(key)}`)), storeFlagsText("--source-, --destination-"), VALUES]
    .join("\n\n");
}

/** All keys of stores as flags. */
export function storeFlagsText(prefix: string): string {
  return groupText({ title: `Keys of a store, each with ${prefix} in front`, settings: STORE_GROUP.settings }, flagOf);
}

/** Help for one key, however it is written; undefined when there is none of that name. */
export function keyText(topic: string): string | undefined {
  const key = topic.replace(/^-+(?:source-|destination-)?/, "").replaceAll(/([a-z])([A-Z])/g, "$1_$2").replaceAll("-", "_").toLowerCase();
  const job = JOB_SETTINGS.get(key);
  const setting = job ?? STORE_SETTINGS.get(key);
  if (setting === undefined) return undefined;
  const { example, default: fallback, kind } = setting;
  const flag = flagOf(key);
  const flags = job === undefined ? `--source-${flag}, --destination-${flag}` : kind.is === "location" ? "a word of cp" : `--${flag}`;
  return [
    ...settingLines(setting, (key) => key),
    "",
    `  In a job file        ${job === undefined ? "[store.NAME]" : setting.perJob ? "[job.NAME]" : "[job.NAME] or [defaults]"}: ${key} = ${
      example ?? fallback
    }`,
    `  On the command line  ${flags}; with a job file --set ${job === undefined ? `store.NAME.${key}` : key}=VALUE`,
    `  In a script          ${fieldOf(key)}`,
  ].join("\n");
}

/** The key that was meant. */
export function nearestKey(topic: string, others: readonly string[]): string | undefined {
  return nearestName(topic, [...others, ...JOB_SETTINGS.keys(), ...STORE_SETTINGS.keys()]);
}

function groupText({ title, settings }: Group, name: (key: string) => string): string {
  return [title, ...settings.flatMap((setting) => settingLines(setting, name))].join("\n");
}

function settingLines({ key, kind, help, default: fallback, stores }: Setting, name: (key: string) => string): string[] {
  const types = stores === undefined ? "" : ` (${stores.join(", ")})`;
  return [`  ${name(key).padEnd(20)} ${help}${types}`, ...wrapped(`${kind.hint}${fallback ? `; default ${fallback}` : ""}`)];
}

function wrapped(text: string): string[] {
  const lines = [INDENT];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length >= WIDTH) lines.push(INDENT + word);
    else lines[lines.length - 1] = line === INDENT ? line + word : `${line} ${word}`;
  }
  return lines;
}
