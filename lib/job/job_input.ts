/** The script API's job: keys of the job file in camelCase, through the same checker. `${NAME}` is not expanded: a script can do that. */
import type { Job } from "../job_types.ts";
import type { JobInput } from "./input_types.ts";
import { checkJob } from "./job_file.ts";
import { MistakeList, nearestName, Problem } from "./mistake.ts";
import type { JobContext, RawSection, RawValue } from "./raw_job.ts";
import type { Setting } from "./settings/setting.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "./settings/tables.ts";

/** A key as a field: `part_size` is `partSize`. */
export function fieldOf(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The job of an object. Throws a {@link JobFileError} with all its mistakes, whatever the object holds. */
export function jobFromObject(input: JobInput, context: JobContext): Job {
  const mistakes = new MistakeList(context.file);
  const { name = "job", stores, ...fields }: Partial<JobInput> = input ?? {};
  const file = context.file;
  const sections = Object.entries(stores ?? {}).map(([name, store]) =>
    sectionOf({ kind: "store", name, file, title: `stores.${name}` }, store, mistakes)
  );
  sections.push(sectionOf({ kind: "job", name: String(name), file }, fields, mistakes));
  return checkJob(sections, context, mistakes);
}

function sectionOf(head: Omit<RawSection, "values">, fields: unknown, mistakes: MistakeList): RawSection {
  const settings = head.kind === "store" ? STORE_SETTINGS : JOB_SETTINGS;
  const section: RawSection = { ...head, values: new Map(), shownKey: fieldOf };
  const keys = new Map([...settings.keys()].map((key) => [fieldOf(key), key]));
  if (typeof fields !== "object" || fields === null) mistakes.ofSection(section, new Problem("write an object with the keys of a store"));
  for (const [field, value] of Object.entries(fields ?? {})) {
    if (value === undefined) continue;
    const key = keys.get(field);
    const place = { shown: field, file: head.file, expand: false, section: head.title };
    const raw = rawValue(value, place, settings.get(key ?? ""));
    if (key === undefined) {
      mistakes.ofValue({ ...place, text: "" }, new Problem("unknown field", nearestName(field, [...keys.keys()])), { hidden: true });
    } else if (raw === undefined) {
      mistakes.ofSection(section, new Problem("write a text, a number, true or false, a list of texts or a record of texts"), field);
    } else section.values.set(key, raw);
  }
  return section;
}

function rawValue(value: unknown, place: Omit<RawValue, "text" | "items">, setting: Setting | undefined): RawValue | undefined {
  if (typeof value === "string") return { ...place, text: value };
  if (typeof value === "boolean") return { ...place, text: value ? "yes" : "no" };
  if (typeof value === "number") return { ...place, text: setting?.kind.is === "time" ? `${value}ms` : String(value) };
  const items = itemsOf(value);
  return items && { ...place, text: items.join(", "), items };
}

/** Texts of an array, or `NAME=VALUE` of a record; undefined for anything else. */
function itemsOf(value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Object.values(value).every((item) => typeof item === "string")) return undefined;
  return Array.isArray(value) ? value : Object.entries(value).map(([name, text]) => `${name}=${text}`);
}
