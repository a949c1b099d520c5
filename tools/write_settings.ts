/**
 * Writes what follows from the tables of settings: the fields of a script's job (`lib/job/input_types.ts`) and the reference part of
 * `jobs.example.ini`. A test fails while either is out of date.
 */
import { fieldOf } from "../lib/job/job_input.ts";
import type { Setting } from "../lib/job/settings/setting.ts";
import { JOB_GROUPS, STORE_GROUP } from "../lib/job/settings/tables.ts";

/** Where the fields of a script's job stand. */
export const INPUT_TYPES = new URL("../lib/job/input_types.ts", import.meta.url);
/** The example file. */
export const EXAMPLE = new URL("../jobs.example.ini", import.meta.url);

/** The line of the example file above its reference part, which is written here. */
const REFERENCE_TITLE = "# Every key, with what it takes and its default.";

/** The text of {@link INPUT_TYPES}. */
export function inputTypesText(): string {
  const job = JOB_GROUPS.flatMap(({ settings }) => settings);
  return `/**
 * The job of a script, field by field. Written by tools/write_settings.ts from the tables in settings/: change them, not this file.
 */
import type { ProviderName } from "./settings/store.ts";

/** A store of a {@link JobInput}; each field is the key of \`[store.NAME]\` with the same name. */
export interface StoreInput {
${STORE_GROUP.settings.map((setting) => fieldText(setting)).join("\n")}
}

/**
 * A job as a script writes it; each field is the key of \`[job.NAME]\` with the same name. Sizes and rates are bytes, times milliseconds,
 * when given as numbers; as texts they have their unit: \`"64 MiB"\`, \`"30s"\`.
 */
export interface JobInput {
  /** Shown in messages. Default: job */
  name?: string;
  /** What \`NAME://\` means. */
  stores?: Readonly<Record<string, StoreInput>>;
${job.map((setting) => fieldText(setting)).join("\n")}
}
`;
}

function fieldText({ key, kind, help, default: fallback, perJob, stores }: Setting): string {
  const lines = [
    `${help}${stores === undefined ? "" : ` (${stores.join(", ")})`}.`,
    `${saysAll(kind.input) ? "" : `Takes ${kind.hint}. `}${fallback ? `Default: ${fallback}` : ""}`.trim(),
  ].filter((line) => line !== "");
  const short = `  /** ${lines.join(" ")} */`;
  const comment = short.length <= 140 ? [short] : ["  /**", ...lines.map((line) => `   * ${line}`), "   */"];
  return [...comment, `  ${fieldOf(key)}${perJob ? "" : "?"}: ${kind.input};`].join("\n");
}

/** The type says what the value may be. */
function saysAll(input: string): boolean {
  return input === "boolean" || input === "string" || input.includes("readonly string[]") || input.startsWith(`"`);
}

/** The text of the example file whose reference part is written anew. */
export function exampleText(before: string): string {
  const at = before.indexOf(REFERENCE_TITLE);
  const head = before.slice(0, before.indexOf("#\n# [store.NAME]\n", at));
  const groups = [STORE_GROUP, ...JOB_GROUPS].map(({ title, settings }) => {
    const section = title.startsWith("[") ? title : `[job.NAME] and [defaults]: ${title.toLowerCase()}`;
    return `#\n# ${section}\n${settings.map(referenceText).join("")}`;
  });
  return head + groups.join("");
}

function referenceText({ key, kind, help, example, default: fallback, stores }: Setting): string {
  const types = stores === undefined ? "" : ` (${stores.join(", ")})`;
  const value = example ?? fallback ?? "";
  return `#\n# ${help}${types}\n#   ${kind.hint}; ${fallback ? `default ${fallback}` : "no default"}\n# ${key} = ${value}\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(INPUT_TYPES, inputTypesText());
  await Deno.writeTextFile(EXAMPLE, exampleText(await Deno.readTextFile(EXAMPLE)));
}
