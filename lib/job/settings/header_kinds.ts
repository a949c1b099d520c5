/**
 * The kinds of values that only headers have: grants, header lines, metadata, tags and files of content types.
 */
import type { Grant, ObjectHeaders } from "../../types.ts";
import { grantText, readGrants } from "../grants.ts";
import { headerItems, readHeaderList } from "../header_list.ts";
import { Problem } from "../mistake.ts";
import { listText, orList, pairsText, readPairs } from "../value.ts";
import { fileOf, list, oneLine } from "./kinds.ts";
import type { ValueKind, Written } from "./setting.ts";

/** Header names are tokens (RFC 9110, section 5.6.2); user metadata follows `x-amz-meta-` in one. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Amazon S3: at most 10 tags an object, keys up to 128 and values up to 256 characters (S3 user guide, "Object tagging"). */
const TAGS_MAX = 10;
const TAG_KEY_CHARS_MAX = 128;
const TAG_VALUE_CHARS_MAX = 256;

/** PERMISSION:GRANTEE items. */
export function grants(): ValueKind<readonly Grant[]> {
  return { ...list(), read: (written) => readGrants(written.items()), write: (grants) => listText(grants.map(grantText)) };
}

/** NAME:VALUE items. */
export function headers(): ValueKind<ObjectHeaders> {
  return {
    ...list(),
    read: (written) => firstProblem(written) ?? readHeaderList(written.items()),
    write: (headers) => listText(headerItems(headers)),
  };
}

/** Metadata to set, and whether the source's is copied first. Names in lower case. */
export interface MetadataRule {
  readonly mode: "copy" | "replace";
  readonly set: Readonly<Record<string, string>>;
}

/** A word and KEY=VALUE items; names are those of headers, and case does not count. */
export function metadata(): ValueKind<MetadataRule> {
  return {
    ...pairsKind(["copy", "replace"]),
    read(written) {
      const read = readWords(written, ["copy", "replace"]);
      if (read instanceof Problem) return read;
      if (read.words.length > 1) return new Problem("copy and replace exclude each other; keep one of them");
      const set: Record<string, string> = {};
      for (const [name, value] of Object.entries(read.pairs)) {
        const lower = name.toLowerCase();
        const problem = nameProblem(name, lower, set);
        if (problem !== undefined) return new Problem(problem);
        set[lower] = value;
      }
      return { mode: read.words[0] === "replace" ? "replace" : "copy", set };
    },
    write: ({ mode, set }) => [mode, pairsText(set)].filter((text) => text !== "").join(", "),
  };
}

function nameProblem(name: string, lower: string, set: Readonly<Record<string, string>>): string | undefined {
  if (!TOKEN.test(name)) return `${name} is not a header name; use letters, digits and dashes`;
  if (lower === "__proto__") return `${name} cannot be a name`;
  if (lower.startsWith("x-amz-meta-")) return `write ${lower.slice("x-amz-meta-".length)} without x-amz-meta-`;
  return Object.hasOwn(set, lower) ? `${lower} is given twice; case does not count` : undefined;
}

/** copy, none or KEY=VALUE items. */
export function tags(): ValueKind<"copy" | "none" | Readonly<Record<string, string>>> {
  return {
    ...pairsKind(["copy", "none"]),
    read(written) {
      const read = readWords(written, ["copy", "none"]);
      if (read instanceof Problem) return read;
      const { words, pairs } = read;
      const names = Object.keys(pairs);
      if (words.length > 1 || (words.length === 1 && names.length > 0)) {
        return new Problem("copy, none and KEY=VALUE exclude each other; keep one of them");
      }
      if (names.length > TAGS_MAX) return new Problem(`${names.length} tags; an object can have ${TAGS_MAX}`);
      if (names.some((name) => name.length > TAG_KEY_CHARS_MAX || (pairs[name] ?? "").length > TAG_VALUE_CHARS_MAX)) {
        return new Problem(`a tag's key has at most ${TAG_KEY_CHARS_MAX} characters and its value ${TAG_VALUE_CHARS_MAX}`);
      }
      if (names.length > 0) return pairs;
      return words[0] === "none" ? "none" : "copy";
    },
    write: (value) => typeof value === "string" ? value : pairsText(value),
  };
}

/** Content types by extension (lower case, without the dot), from a file like /etc/mime.types. */
export interface ContentTypes {
  readonly path: string;
  readonly types: Readonly<Record<string, string>>;
}

/** A file with lines of a type and its extensions. */
export function contentTypesFile(): ValueKind<ContentTypes> {
  return fileOf((path, content) => {
    const types: Record<string, string> = {};
    for (const line of content.split(/\r?\n/)) {
      const [type = "", ...extensions] = line.replace(/#.*$/, "").trim().split(/\s+/);
      for (const extension of extensions) types[extension.toLowerCase()] ??= type;
    }
    return { path, types };
  });
}

function pairsKind(words: readonly string[]): Pick<ValueKind<never>, "is" | "hint" | "input"> {
  return { is: "list", hint: orList([...words, "KEY=VALUE, …"]), input: "string | Readonly<Record<string, string>>" };
}

function readWords(written: Written, words: readonly string[]) {
  return firstProblem(written) ?? readPairs(written.items(), words);
}

/** Header values are one line each. */
function firstProblem(written: Written): Problem | undefined {
  return written.items().map(oneLine).find((item) => item instanceof Problem);
}
