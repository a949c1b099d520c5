/**
 * INI text to sections, each value with its line. Reads line by line through `@std/ini`, which knows what is a comment, a section, a key
 * and a quoted value but tells no lines, stops at the first fault and turns `007` into 7: here every fault is found and values stay text.
 * Must never repeat a line that it could not read: it may hold a secret.
 */
import { parse } from "@std/ini";
import { JOB_RULES, STORE_RULES } from "./keys.ts";
import { type KeyRule } from "./key_rule.ts";
import { type MistakeList, nearestName, Problem, shownKey } from "./mistake.ts";
import type { RawSection, RawValue } from "./raw_job.ts";

const STORE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}._+-]*$/u;

/** Keys that a kind of section may hold. */
export function rulesOf(kind: RawSection["kind"]): readonly KeyRule[] {
  if (kind === "store") return [...STORE_RULES.values()];
  return [...JOB_RULES.values()].filter((rule) => kind === "job" || !rule.notDefault);
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
      const section = current.title;
      keepValue(current, read.key, {
        text: read.value,
        shown: shownKey(read.key),
        line,
        file,
        expand: true,
        ...(section !== undefined && { section }),
      }, mistakes);
    }
  }
  return sections;
}

/** Puts a value into its section, unless the key is unknown or given already. */
export function keepValue(section: RawSection, key: string, raw: RawValue, mistakes: MistakeList): void {
  const rules = rulesOf(section.kind);
  if (section.values.has(key)) {
    mistakes.ofValue(raw, new Problem("this key is given already in the section; keep one of them"), { hidden: true });
  } else if (rules.some((rule) => rule.key === key)) {
    section.values.set(key, raw);
  } else {
    mistakes.ofValue(raw, unknownKey(section.kind, key), { hidden: true });
  }
}

function unknownKey(kind: RawSection["kind"], key: string): Problem {
  if (kind !== "store" && STORE_RULES.has(key)) return new Problem("this key belongs in [store.NAME]");
  if (kind === "store" && JOB_RULES.has(key)) return new Problem("this key belongs in [job.NAME]");
  if (kind === "defaults" && JOB_RULES.has(key)) return new Problem("this key belongs in each [job.NAME], not in [defaults]");
  return new Problem("unknown key", nearestName(key, rulesOf(kind).map((rule) => rule.key)));
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
