/** The kinds of values that settings have: what each takes, how it is read and how it is written back. */
import { LISTED_NAMES_MAX } from "../../limits.ts";
import { absolutePath } from "../local_path.ts";
import { nearestName, Problem } from "../mistake.ts";
import type { JobContext } from "../raw_job.ts";
import { type Bounds, COUNT, listText, orList, type Quantity, rangeText, RATE, readNumber, readYesNo, SIZE, TIME } from "../value.ts";
import type { ValueKind, Written } from "./setting.ts";

/** A text of one line. */
export function text(): ValueKind<string> {
  return { is: "other", hint: "text", input: "string", read: ({ text }) => oneLine(text), write: (value) => value };
}

/** A text of one form; `problem` says which. */
export function matching(form: RegExp, problem: string): ValueKind<string> {
  const read = ({ text }: Written) => {
    if (!form.test(text)) throw new Problem(problem);
    return text;
  };
  return { ...text(), read };
}

/** A location of objects. Keys are opaque, so any character may stand in it. */
export function location(): ValueKind<string> {
  return { ...text(), is: "location", hint: "location", read: ({ text }) => text };
}

/** One of a few words, each of which means itself. */
export function oneOf<const Word extends string>(words: readonly Word[]): ValueKind<Word> {
  return meaning(Object.fromEntries(words.map((word) => [word, word])) as { readonly [Each in Word]: Each });
}

/** One of a few words with what each means; `undefined` is a value that is absent. */
export function meaning<const Meanings extends Readonly<Record<string, unknown>>>(meanings: Meanings): ValueKind<Meanings[keyof Meanings]> {
  const words = Object.keys(meanings);
  return {
    is: "other",
    hint: orList(words),
    input: words.map((word) => `"${word}"`).join(" | "),
    read({ text }) {
      if (!words.includes(text)) throw new Problem(`write ${orList(words)}`, nearestName(text, words));
      return meanings[text] as Meanings[keyof Meanings];
    },
    write: (value) => words.find((word) => meanings[word] === value) ?? "",
  };
}

/** yes or no. */
export function yesNo(): ValueKind<boolean> {
  const write = (value: boolean) => value ? "yes" : "no";
  return { is: "yesNo", hint: "yes or no", input: "boolean", read: ({ text }) => readYesNo(text), write };
}

/** yes or no, where no is a value that is absent. */
export function onlyYes(): ValueKind<true | undefined> {
  return { ...yesNo(), read: ({ text }) => readYesNo(text) || undefined, write: (value) => value ? "yes" : "no" };
}

/** Bounds, a word that may stand for a number, and what it means; a function is asked with the context. */
type NumberOptions<Meaning> = Bounds & { readonly means?: Meaning | ((context: JobContext) => Meaning) };

function numbers<const Meaning>(
  quantity: Quantity,
  input: string,
  { means, ...bounds }: NumberOptions<Meaning>,
): ValueKind<number | Meaning> {
  const { word } = bounds;
  return {
    is: quantity === TIME ? "time" : "other",
    hint: rangeText(bounds, quantity.write),
    input: word === undefined || input.includes("string") ? input : `${input} | "${word}"`,
    read({ text, context }) {
      if (text !== word) return readNumber(text, bounds, quantity);
      return typeof means === "function" ? (means as (context: JobContext) => Meaning)(context) : means as Meaning;
    },
    write: (value) => word !== undefined && value === means ? word : quantity.write(value as number),
  };
}

/** A whole number. */
export function count<const Meaning = never>(options: NumberOptions<Meaning>): ValueKind<number | Meaning> {
  return numbers(COUNT, "number", options);
}

/** Bytes. */
export function size<const Meaning = never>(options: NumberOptions<Meaning>): ValueKind<number | Meaning> {
  return numbers(SIZE, "number | string", options);
}

/** Milliseconds. */
export function time<const Meaning = never>(options: NumberOptions<Meaning>): ValueKind<number | Meaning> {
  return numbers(TIME, "number | string", options);
}

/** Bytes per second. */
export function rate<const Meaning>(options: NumberOptions<Meaning>): ValueKind<number | Meaning> {
  return { ...numbers(RATE, "number | string", options), hint: `${options.word} or bytes per second` };
}

/** An http or https address without a query; `login`: of a proxy, without a path, and perhaps with a name and a password. */
export function url({ login }: { readonly login: boolean }): ValueKind<string> {
  const read = ({ text }: Written) => {
    const example = login ? "http://proxy.example.com:8080" : "https://s3.example.com";
    const url = URL.canParse(oneLine(text)) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === "") {
      throw new Problem(`not an http or https URL; write it like ${example}`);
    }
    const { username, password, pathname, search, hash } = url;
    if (!login && username + password !== "") {
      throw new Problem("a URL must not hold a password; use access_key_id and secret_access_key");
    }
    if (![username, password].every(isDecodable)) throw new Problem("a percent sign in the name or the password of a URL is written %25");
    if (login && pathname !== "/") throw new Problem(`a URL without a path is wanted, like ${example}`);
    if (search + hash !== "") throw new Problem(`a URL without a query is wanted, like ${example}`);
    return text.replace(/\/+$/, "");
  };
  return { ...text(), is: "url", hint: "URL", read };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A local path; its value is absolute. */
export function path(): ValueKind<string> {
  return { ...text(), hint: "path", read: ({ text, context }) => readPath(text, context) };
}

/** Several texts, whatever characters are in them, each changed or refused by `one`. `what` names one of them. */
export function list(what = "text", one?: (item: string, context: JobContext) => string): ValueKind<readonly string[]> {
  return {
    is: "list",
    hint: `${what}, …`,
    input: "string | readonly string[]",
    read: ({ items, context }) => one === undefined ? items() : items().map((item) => one(item, context)),
    write: listText,
  };
}

/** Several local paths; their values are absolute. */
export function paths(): ValueKind<readonly string[]> {
  return list("path", readPath);
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
    if (names.length > LISTED_NAMES_MAX) throw new Problem(`${names.length} names; ${LISTED_NAMES_MAX} are allowed, split the file`);
    return { path, names };
  });
}

/** A file whose content is read at once; what it holds is the value, with its path. */
export function fileOf<Value extends { readonly path: string }>(take: (path: string, content: string) => Value): ValueKind<Value> {
  return {
    ...path(),
    read({ text, context }) {
      const path = readPath(text, context);
      const content = context.readText === undefined ? "" : context.readText(path);
      if (content === undefined) throw new Problem("there is no such file");
      return take(path, content);
    },
    write: (value) => value.path,
  };
}

/** Names of a text, one a line; blank lines and comments are skipped, everything else is taken as it is, spaces too. */
export function nameLines(content: string): string[] {
  return content.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** The text itself when it is one line: most values end up in headers, where a line break would be the end of the header. */
export function oneLine(text: string): string {
  if (/\p{Cc}/u.test(text)) throw new Problem("the value must be one line of text");
  return text;
}

function readPath(text: string, context: JobContext): string {
  return absolutePath(oneLine(text), context);
}
