/**
 * INI text to sections, each value with its line. Reads line by line through `@std/ini`, which knows what is a comment, a section, a key
 * and a quoted value but reports no lines, stops at the first fault and turns `007` into 7: here every fault is found and values stay text.
 * Must never repeat a line that it could not read: it may hold a secret.
 */
import { parse } from "@std/ini";
import { type MistakeList, nearestName, Problem, shownKey } from "./mistake.ts";
import type { RawSection, RawValue } from "./raw_job.ts";
import type { Setting } from "./settings/setting.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "./settings/tables.ts";

const STORE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._+-]*$/u;

/** Keys that a kind of section may hold. */
function keysOf(kind: RawSection["kind"]): readonly string[] {
  if (kind === "store") return [...STORE_SETTINGS.keys()];
  return [...JOB_SETTINGS.values()].filter((one) => kind === "job" || !one.perJob).map(({ key }) => key);
}

/** The sections of an INI text in their order; faults go to `mistakes`. */
export function readIni(text: string, file: string, mistakes: MistakeList): RawSection[] {
  const sections: RawSection[] = [];
  let current: RawSection | "unreadable" | undefined;
  for (const [index, source] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    const read = readLine(source);
    if (read === undefined) continue;
    if (read instanceof Problem) mistakes.ofFile(read, line);
    else if (read.section !== undefined) {
      const section = openSection(read.section, { file, line }, mistakes);
      if (section !== undefined) keepSection(sections, section, mistakes);
      current = section ?? "unreadable";
    } else if (current === undefined) {
      mistakes.ofFile(new Problem(`the key ${shownKey(read.key)} stands before the first section; write [job.NAME] above it`), line);
    } else if (current !== "unreadable") {
      const raw = { text: read.value, shown: shownKey(read.key), line, file, expand: true, section: current.title };
      keepValue(current, read.key, { ...raw, text: withoutComment(raw, source, mistakes) }, mistakes);
    }
  }
  return sections;
}

/** A comment behind a value would become part of it, and so a mistake is reported; gives what stands before it. */
function withoutComment(raw: RawValue, source: string, mistakes: MistakeList): string {
  const setting = JOB_SETTINGS.get(raw.shown) ?? STORE_SETTINGS.get(raw.shown);
  const written = source.slice(source.indexOf("=") + 1).trim();
  if (setting === undefined || /^".*"$/.test(written) || !hasComment(written, setting)) return raw.text;
  const problem = "a comment needs a line of its own; write the value in double quotes if this is not a comment";
  mistakes.ofValue(raw, new Problem(problem), { secret: setting.secret ?? "login" });
  return raw.text.replace(COMMENT, "").trim();
}

const COMMENT = /\s[#;](?:\s.*)?$/s;

/** Whether a value looks as if a comment stood behind it. In headers a semicolon separates. */
export function hasComment(value: string, { kind }: Setting): boolean {
  const sign = COMMENT.exec(value)?.[0].trimStart();
  return sign !== undefined && (/\s#(?:\s|$)/.test(value) || kind.is === "location" || kind.hint.startsWith("glob"));
}

/** Puts a value into its section, unless the key is unknown or given already. */
export function keepValue({ kind, values }: RawSection, key: string, raw: RawValue, mistakes: MistakeList): void {
  const known = keysOf(kind);
  if (!values.has(key) && known.includes(key)) return void values.set(key, raw);
  const twice = new Problem("this key is given already in the section; keep one of them");
  mistakes.ofValue(raw, values.has(key) ? twice : unknownKey(kind, key, known), { hidden: true });
}

function unknownKey(kind: RawSection["kind"], key: string, known: readonly string[]): Problem {
  if (kind !== "store" && STORE_SETTINGS.has(key)) return new Problem("this key belongs in [store.NAME]");
  if (kind === "store" && JOB_SETTINGS.has(key)) return new Problem("this key belongs in [job.NAME]");
  if (kind === "defaults" && JOB_SETTINGS.has(key)) return new Problem("this key belongs in each [job.NAME], not in [defaults]");
  return new Problem("unknown key", nearestName(key, known));
}

function readLine(source: string): { section: string } | { section?: never; key: string; value: string } | Problem | undefined {
  let pair: { key: string; value: string } | undefined;
  let root: object;
  try {
    root = parse<object>(source, {
      reviver: (key, value) => {
        pair = { key, value: typeof value === "string" ? value : source.slice(source.indexOf("=") + 1).trim() };
        return value;
      },
    });
  } catch (error) {
    if (error instanceof SyntaxError) {
      return new Problem("this line cannot be read; write [SECTION], key = value, or # in front of a comment");
    }
    throw error;
  }
  if (pair !== undefined) return pair;
  const [section] = Object.keys(root);
  return section === undefined ? undefined : { section: section.trim() };
}

function openSection(title: string, place: { file: string; line: number }, mistakes: MistakeList): RawSection | undefined {
  const dot = title.indexOf(".");
  const kind = dot < 0 ? title : title.slice(0, dot);
  const name = dot < 0 ? "" : title.slice(dot + 1).trim();
  const section = { name, title, ...place, values: new Map<string, RawValue>() };
  if (title === "defaults") return { ...section, kind: "defaults" };
  if (kind === "store" || kind === "job") {
    if (name === "") mistakes.ofSection({ ...section, kind }, new Problem(`the section needs a name; write [${kind}.NAME]`));
    else if (kind === "store" && !STORE_NAME.test(name)) {
      mistakes.ofSection({ ...section, kind }, new Problem("a store's name has letters, digits, dots and dashes only"));
    } else return { ...section, kind };
    return undefined;
  }
  const near = nearestName(kind, ["store", "job", "defaults"]);
  const meant = near === undefined || near === "defaults" ? near : `${near}.${name || "NAME"}`;
  const problem = new Problem("unknown section; there are [defaults], [store.NAME] and [job.NAME]", meant && `[${meant}]`);
  mistakes.ofSection({ ...section, kind: "defaults" }, problem);
  return undefined;
}

/** A section given twice is a mistake, but its values are checked as well. */
function keepSection(sections: RawSection[], section: RawSection, mistakes: MistakeList): void {
  const first = sections.find(({ kind, name }) => kind === section.kind && name === section.name);
  if (first === undefined) sections.push(section);
  else mistakes.ofSection(section, new Problem(`this section is given already in line ${first.line}; keep one of them`));
}
