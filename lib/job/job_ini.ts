/** A job back to the text of a job file, for `--print-job`. Must never write a secret: access keys are left to the reader. */
import type { Job, Place, StoreSpec } from "../job_types.ts";
import { shownValue } from "./mistake.ts";
import { hasComment } from "./read_ini.ts";
import type { Setting, Settings } from "./settings/setting.ts";
import { EMBEDDED_ONLY, FOLDER, OSS_ONLY, REMOTE, S3_ONLY, TYPE } from "./settings/store.ts";
import { JOB_TABLES } from "./settings/tables.ts";
import { PLACES } from "./settings/which.ts";
import { READY_MADE_STORES } from "./store_spec.ts";

/**
 * The sections of a job that means the same, without access keys. A value that holds a line break cannot be said in INI, and one that
 * steers a terminal should not: they are shown in a comment.
 */
export function jobToIni(job: Job): string {
  const stores = new Map([job.source, job.destination].map(({ store }) => [store.name, store]));
  const places = { source: placeText(job.source), destination: placeText(job.destination) };
  const lines = [...linesOf(PLACES, places), ...JOB_TABLES.flatMap(({ table, valuesOf }) => linesOf(table, valuesOf(job)))];
  const sections = [...stores.values()].filter((store) => !isReadyMade(store)).map(storeSection);
  return [...sections, [`[job.${job.name}]`, ...lines].join("\n")].join("\n\n") + "\n";
}

/** The lines of a table's values: nothing for a value that is absent or the default. */
function linesOf(table: Settings, values: object): string[] {
  const given: Readonly<Record<string, unknown>> = { ...values };
  return Object.entries(table).flatMap(([field, setting]) => {
    const value = given[field];
    return value === undefined ? [] : line(setting, setting.kind.write(value));
  });
}

function isReadyMade(store: StoreSpec): boolean {
  if (store.type === "local") return true;
  const ready = READY_MADE_STORES.get(store.type)?.spec ?? {};
  return Object.keys(store).length === Object.keys(ready).length &&
    Object.entries(ready).every(([field, value]) => store[field as keyof StoreSpec] === value);
}

function storeSection(store: StoreSpec): string {
  const remote = store.type === "local" || store.type === "embedded" ? undefined : store;
  const shown = { ...store, ...(remote?.proxy !== undefined && { proxy: shownValue(remote.proxy, "login") }) };
  const tables = { s3: [REMOTE, S3_ONLY], oss: [REMOTE, OSS_ONLY], local: [], embedded: [FOLDER, EMBEDDED_ONLY] }[store.type];
  const lines = [TYPE, ...tables].flatMap((table: Settings) => linesOf(table, shown));
  const hidden = remote?.credentials === undefined ? [] : ["# access keys are not shown"];
  return [`[store.${store.name}]`, ...lines, ...hidden].join("\n");
}

/** Local places are written as absolute paths, so that the text means the same from everywhere. */
function placeText({ store, bucket, key, tree }: Place): string {
  if (store.type !== "local") return `${store.name}://${bucket}/${key}`;
  if (store.archive) return `tar://${bucket}`;
  const separator = /^(?:[A-Za-z]:|\\\\)/.test(bucket) ? "\\" : "/";
  const folder = bucket.endsWith(separator) ? bucket : `${bucket}${separator}`;
  return tree ? folder : `${folder}${key}`;
}

/** What steers a terminal or turns a line around; tabs are harmless, and joiners are part of words. */
const STEERING = /(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function escapedText(text: string): string {
  const units = (steering: string) => steering.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  return JSON.stringify(text).replace(new RegExp(STEERING, "gu"), units);
}

/** Nothing for a value that is the default. */
function line(setting: Setting, text: string): string[] {
  const { key, default: fallback } = setting;
  if (text === fallback || text === "") return [];
  if (/[\r\n]/.test(text)) return [`# ${key} = ${escapedText(text)} (a line break cannot be said here)`];
  if (STEERING.test(text)) return [`# ${key} = ${escapedText(text)} (characters that steer a terminal are not written here)`];
  const escaped = text.replaceAll("${", () => "$${");
  const quoted = /^\s|\s$|^".*"$/.test(escaped) || hasComment(escaped, setting);
  return [quoted ? `${key} = "${escaped}"` : `${key} = ${escaped}`];
}
