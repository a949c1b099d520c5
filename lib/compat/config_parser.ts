/**
 * Reads an INI text as Python's ConfigParser does with its defaults, because older files were written for it: keys in any case, full-line
 * comments only, no quotes, `%` as interpolation. Collects every mistake; judges no value.
 */
import { type MistakeList, Problem, shownKey, shownValue } from "../job/mistake.ts";

/** A value as ConfigParser gives it. */
export interface OldValue {
  readonly text: string;
  readonly line: number;
}

/** Sections by their exact names, keys in lower case. */
export type OldSections = ReadonlyMap<string, ReadonlyMap<string, OldValue>>;

/** Values of this section stand in every other (ConfigParser, "default_section"). */
const DEFAULT = "DEFAULT";
/** References to other values may be nested this deep (ConfigParser, MAX_INTERPOLATION_DEPTH). */
const DEPTH_MAX = 10;
/** Characters that references of one file may bring in: a few lines that refer to each other could make up any number. */
const REFERRED_CHARS_MAX = 1_000_000;

/** What interpolation works with. */
interface Interpolation {
  readonly mistakes: MistakeList;
  /** Characters that references may still bring in. */
  charsLeft: number;
}

/**
 * The sections of a text; what ConfigParser would have refused is in `mistakes`. `unquoted`: sections whose documents write values in
 * quotes, with a comment behind them.
 */
export function readConfigParser(text: string, mistakes: MistakeList, unquoted: readonly string[] = []): OldSections {
  const raw = readLines(text, mistakes);
  const defaults = raw.get(DEFAULT) ?? new Map<string, OldValue>();
  const sections = new Map<string, Map<string, OldValue>>();
  const work = { mistakes, charsLeft: REFERRED_CHARS_MAX };
  for (const [name, own] of raw) {
    if (name === DEFAULT) continue;
    const values = new Map([...defaults, ...(unquoted.includes(name) ? withoutQuotes(own) : own)]);
    const read = [...values].map(([key, value]) => [key, { ...value, text: interpolate(value, values, work, 0) }] as const);
    sections.set(name, new Map(read));
  }
  return sections;
}

function withoutQuotes(values: ReadonlyMap<string, OldValue>): Map<string, OldValue> {
  return new Map([...values].map(([key, value]) => {
    const quoted = /^(["'])(.*?)\1(?:\s*[#;].*)?$/.exec(value.text);
    return [key, quoted === null ? value : { ...value, text: quoted[2] ?? "" }];
  }));
}

/** A section under construction, and the value that an indented line would go on. */
interface Cursor {
  section: Map<string, OldValue> | undefined;
  key: string | undefined;
  indent: number;
}

function readLines(text: string, mistakes: MistakeList): Map<string, Map<string, OldValue>> {
  const sections = new Map<string, Map<string, OldValue>>();
  const cursor: Cursor = { section: undefined, key: undefined, indent: 0 };
  for (const [index, whole] of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).entries()) {
    const content = whole.trim();
    if (content === "" || content.startsWith("#") || content.startsWith(";")) continue;
    const problem = readLine({ content, line: index + 1, indent: whole.length - whole.trimStart().length }, cursor, sections);
    if (problem !== undefined) mistakes.ofFile(problem, index + 1);
  }
  return sections;
}

function readLine(
  { content, line, indent }: { content: string; line: number; indent: number },
  cursor: Cursor,
  sections: Map<string, Map<string, OldValue>>,
): Problem | undefined {
  const open = cursor.key === undefined ? undefined : cursor.section?.get(cursor.key);
  if (open !== undefined && cursor.key !== undefined && indent > cursor.indent) {
    cursor.section?.set(cursor.key, { text: `${open.text}\n${content}`, line: open.line });
    return undefined;
  }
  cursor.indent = indent;
  cursor.key = undefined;
  const header = /^\[(.+)\]/.exec(content)?.[1];
  if (header !== undefined) {
    const known = sections.has(header);
    cursor.section = new Map();
    if (known && header !== DEFAULT) return new Problem(`the section [${shownValue(header)}] is there twice; put them together`);
    sections.set(header, cursor.section);
    return undefined;
  }
  const sign = content.search(/[=:]/);
  const name = content.slice(0, Math.max(0, sign)).trimEnd();
  const text = content.slice(sign + 1).trimStart();
  const key = name.toLowerCase();
  if (key === "") return new Problem("not a section and not KEY = VALUE");
  if (cursor.section === undefined) return new Problem("a value before any section; write a [Section] above it");
  if (cursor.section.has(key)) return new Problem(`${shownKey(name)} is there twice in its section; keep one of them`);
  cursor.section.set(key, { text, line });
  cursor.key = key;
  return undefined;
}

/** `%%` is a percent sign, `%(name)s` another value of the section; any other percent sign is a mistake. */
function interpolate(value: OldValue, values: ReadonlyMap<string, OldValue>, work: Interpolation, depth: number): string {
  const wrong = (what: string) => {
    work.mistakes.ofFile(new Problem(`${what}; a percent sign itself is written %%`), value.line);
    return "";
  };
  return value.text.replaceAll(/%(%|\(([^)]+)\)s)?/g, (_whole, form: string | undefined, name: string | undefined) => {
    if (form === "%") return "%";
    if (name === undefined) return wrong("a % stands alone");
    const other = values.get(name.toLowerCase());
    if (other === undefined) return wrong(`%(${shownValue(name)})s names no key of this section`);
    work.charsLeft -= other.text.length + 1;
    if (depth >= DEPTH_MAX || work.charsLeft < 0) return wrong("values that refer to each other without end");
    return interpolate(other, values, work, depth + 1);
  });
}
