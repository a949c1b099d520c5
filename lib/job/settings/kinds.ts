/**
 * The kinds of values that settings have: what each takes, how it is read and how it is written back.
 */
import { LISTED_NAMES_MAX } from "../../limits.ts";
import { TransferError } from "../../errors.ts";
import { absolutePath } from "../local_path.ts";
import { Problem } from "../mistake.ts";
import type { JobContext } from "../raw_job.ts";
import {
  type Bounds,
  listText,
  orList,
  rangeText,
  readChoice,
  readCount,
  readRate,
  readSize,
  readTime,
  readUrl,
  readYesNo,
  sizeText,
  timeText,
} from "../value.ts";
import type { ValueKind, Written } from "./setting.ts";

/** Line breaks and the like: most values end up in headers, where one would be the end of the header. Keys of objects may hold them. */
const CONTROL = /\p{Cc}/u;
const ONE_LINE = new Problem("the value must be one line of text");

/** A text of one line. */
export function text(): ValueKind<string> {
  return { is: "other", hint: "text", input: "string", read: ({ text }) => oneLine(text), write: (value) => value };
}

/** A text of one form; `problem` says which. */
export function matching(form: RegExp, problem: string): ValueKind<string> {
  return { ...text(), read: ({ text }) => form.test(text) ? text : new Problem(problem) };
}

/** A location of objects. Keys are opaque, so any character may stand in it. */
export function location(): ValueKind<string> {
  return { is: "location", hint: "location", input: "string", read: ({ text }) => text, write: (value) => value };
}

/** One of a few words, each of which means itself. */
export function oneOf<const Word extends string>(words: readonly Word[]): ValueKind<Word> {
  const read = ({ text }: Written) => readChoice(text, words);
  return { is: "other", hint: orList(words), input: words.map((word) => `"${word}"`).join(" | "), read, write: (value) => value };
}

/** One of a few words with what each means; `undefined` is a value that is absent. */
export function meaning<const Meanings extends Readonly<Record<string, unknown>>>(meanings: Meanings): ValueKind<Meanings[keyof Meanings]> {
  const words = Object.keys(meanings);
  return {
    ...oneOf(words),
    read({ text }) {
      const word = readChoice(text, words);
      return word instanceof Problem ? word : meanings[word] as Meanings[keyof Meanings];
    },
    write: (value) => words.find((word) => meanings[word] === value) ?? "",
  };
}

/** yes or no. */
export function yesNo(): ValueKind<boolean> {
  return {
    is: "yesNo",
    hint: "yes or no",
    input: "boolean",
    read: ({ text }) => readYesNo(text),
    write: (value) => value ? "yes" : "no",
  };
}

/** yes or no, where no is a value that is absent. */
export function onlyYes(): ValueKind<true | undefined> {
  const kind = yesNo();
  return {
    ...kind,
    read(written) {
      const value = kind.read(written);
      return value instanceof Problem ? value : value || undefined;
    },
    write: (value) => kind.write(value === true),
  };
}

/** A word that may stand for a number, and what it means; a function is asked with the context. */
export interface Word<Meaning> {
  readonly word: string;
  readonly means: Meaning | ((context: JobContext) => Meaning);
}

/** Numbers within bounds, read and written with their unit, or a word. */
function numbers<const Meaning>(
  kind: Pick<ValueKind<number>, "is" | "input">,
  bounds: Bounds & Partial<Word<Meaning>>,
  { read, write, range = write }: {
    read: (text: string, bounds: Bounds) => number | string | Problem;
    write: (value: number) => string;
    range?: (value: number) => string;
  },
): ValueKind<number | Meaning> {
  const { word, means } = bounds;
  return {
    is: kind.is,
    hint: rangeText(bounds, range),
    input: word === undefined || kind.input.includes("string") ? kind.input : `${kind.input} | "${word}"`,
    read({ text, context }) {
      const value = read(text, bounds);
      if (typeof value !== "string") return value;
      return typeof means === "function" ? (means as (context: JobContext) => Meaning)(context) : means as Meaning;
    },
    write: (value) => word !== undefined && value === means ? word : write(value as number),
  };
}

/** A whole number. */
export function count<const Meaning = never>(bounds: Bounds & Partial<Word<Meaning>>): ValueKind<number | Meaning> {
  return numbers({ is: "other", input: "number" }, bounds, { read: readCount, write: String });
}

/** Bytes. */
export function size<const Meaning = never>(bounds: Bounds & Partial<Word<Meaning>>): ValueKind<number | Meaning> {
  return numbers({ is: "other", input: "number | string" }, bounds, { read: readSize, write: sizeText });
}

/** Milliseconds. */
export function time<const Meaning = never>(bounds: Bounds & Partial<Word<Meaning>>): ValueKind<number | Meaning> {
  return numbers({ is: "time", input: "number | string" }, bounds, { read: readTime, write: timeText });
}

/** Bytes per second. */
export function rate<const Meaning>(bounds: Bounds & Word<Meaning>): ValueKind<number | Meaning> {
  const write = (value: number) => `${sizeText(value)}/s`;
  const kind = numbers({ is: "other", input: "number | string" }, bounds, { read: readRate, write });
  return { ...kind, hint: `${bounds.word} or bytes per second` };
}

/** An http or https address without a path; `login`: with a name and a password, perhaps. */
export function url(options: { readonly login: boolean }): ValueKind<string> {
  const read = ({ text }: Written) => CONTROL.test(text) ? ONE_LINE : readUrl(text, options.login);
  return { is: "url", hint: "URL", input: "string", read, write: (value) => value };
}

/** A local path; its value is absolute. */
export function path(): ValueKind<string> {
  return { is: "other", hint: "path", input: "string", read: ({ text, context }) => readPath(text, context), write: (value) => value };
}

/** Several texts, whatever characters are in them. `what` names one of them. */
export function list(what = "text"): ValueKind<readonly string[]> {
  return {
    is: "list",
    hint: `${what}, …`,
    input: "string | readonly string[]",
    read: (written) => written.items(),
    write: listText,
  };
}

/** Several texts of which each is changed or refused. */
export function listOf(one: (item: string, context: JobContext) => string | Problem, what = "text"): ValueKind<readonly string[]> {
  return {
    ...list(what),
    read(written) {
      const items = written.items().map((item) => one(item, written.context));
      const problem = items.find((item) => item instanceof Problem);
      return problem ?? items.filter((item) => typeof item === "string");
    },
  };
}

/** Several local paths; their values are absolute. */
export function paths(): ValueKind<readonly string[]> {
  return listOf(readPath, "path");
}

/** What a file of names says: one a line, without blank lines and comments. */
export interface NameList {
  /** Absolute path of the file. */
  readonly path: string;
  readonly names: readonly string[];
}

/** A file of names, which is read at once. */
export function nameFile(): ValueKind<NameList> {
  return fileOf((path, content) => {
    const names = nameLines(content);
    return names.length > LISTED_NAMES_MAX ? new Problem(`${names.length} names; ${LISTED_NAMES_MAX} are allowed, split the file`) : {
      path,
      names,
    };
  });
}

/** A file whose content is read at once; what it holds is the value, with its path. */
export function fileOf<Value extends { readonly path: string }>(
  take: (path: string, content: string) => Value | Problem,
): ValueKind<Value> {
  return {
    ...path(),
    read({ text, context }) {
      const path = readPath(text, context);
      if (path instanceof Problem) return path;
      try {
        const content = context.readText === undefined ? "" : context.readText(path);
        return content === undefined ? new Problem("there is no such file") : take(path, content);
      } catch (error) {
        return problemOf(error);
      }
    },
    write: (value) => value.path,
  };
}

/** Names of a text, one a line; blank lines and comments are skipped, everything else is taken as it is, spaces too. */
export function nameLines(content: string): string[] {
  return content.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** The text itself when it is one line. */
export function oneLine(text: string): string | Problem {
  return CONTROL.test(text) ? ONE_LINE : text;
}

function readPath(text: string, context: JobContext): string | Problem {
  if (CONTROL.test(text)) return ONE_LINE;
  try {
    return absolutePath(text, context);
  } catch (error) {
    return problemOf(error);
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof TransferError) return new Problem(error.message);
  throw error;
}
