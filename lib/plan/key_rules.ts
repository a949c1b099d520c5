/**
 * Which keys a job is about: globs, regular expressions, ordered shell rules, depth. All of it takes linear time (RE2), so that no key and
 * no pattern, not even a hostile one, makes the other slow. Never looks at a disk; keys are text, and `..`, dots and line breaks are
 * ordinary.
 *
 * | pattern | matches |
 * | --- | --- |
 * | `*.txt` | the base name at any depth: `a.txt`, `x/y/a.txt` (as rsync and rclone do) |
 * | `logs/*.txt` | from a folder's start at any depth: `logs/a.txt`, `x/logs/a.txt` |
 * | `/logs/*.txt` | only from the root of the source: `logs/a.txt` |
 * | `logs/` | everything under a folder of that name, the same as `logs/**` |
 * | `*` `?` | any characters, one character; never a slash |
 * | `**` | any characters, slashes too; followed by a slash it is any number of folders, none included |
 * | `[a-z]` `[!a-z]` | one character of a class, or outside of it |
 * | `{a,b}` | either; may be nested |
 * | `\x` | the character x itself |
 *
 * Matching is case-sensitive, dot files are files, and a leading `!` is an ordinary character. An empty `include` is everything; `exclude`
 * wins over `include`.
 */
import type { RE2JS } from "re2js";
import { reasonOf, TransferError } from "../errors.ts";
import { GLOB_CHARS_MAX, GLOBS_MAX } from "../limits.ts";
import type { Job } from "../job_types.ts";

/** What a job says of its keys beside `include` and `exclude`. */
export type KeyRules = Partial<Pick<Job, "excludeRegex" | "filter" | "filterBy" | "filterBase" | "depth">>;

let loaded: typeof RE2JS | undefined;

/** Loads RE2 when the job has a pattern: it costs 20 ms and 5 MB. Awaited before a filter is made. */
export async function loadRe2({ include, exclude, excludeRegex, filter }: Pick<Job, "include" | "exclude"> & KeyRules): Promise<void> {
  if (include.length + exclude.length > 0 || excludeRegex || filter) loaded ??= (await import("re2js")).RE2JS;
}

function re2(): typeof RE2JS {
  if (loaded === undefined) throw new TransferError("bug", "A pattern is read before RE2 was loaded");
  return loaded;
}

/** True for the keys, relative to the source, that belong to the job. */
export type KeyFilter = (relativeKey: string) => boolean;

/** The filter of `include` and `exclude`. Throws `config` for a pattern that cannot be read, naming it. */
export function keyFilter(include: readonly string[], exclude: readonly string[]): KeyFilter {
  const included = compileGlobs("include", include);
  const excluded = compileGlobs("exclude", exclude);
  return (key) => included?.test(key) !== false && excluded?.test(key) !== true;
}

/** The filter of all other rules. Throws `config` for a pattern that cannot be read, naming it. */
export function keyRules({ excludeRegex = [], filter = [], filterBy, filterBase = "", depth }: KeyRules): KeyFilter {
  const filters: KeyFilter[] = [];
  if (excludeRegex.length > 0) filters.push(regexFilter(excludeRegex));
  if (filter.length > 0) filters.push(shellFilter(filter, filterBy === "parts", filterBase));
  if (depth !== undefined) filters.push((key) => levelOf(key) <= depth);
  return (key) => filters.every((accepts) => accepts(key));
}

/**
 * True for folders (relative keys that end in a slash) that the job never reads: `exclude` or `exclude_regex` wants nothing below them,
 * whatever is there. Undefined when no rule says that of any folder. Throws as {@link keyRules}.
 */
export function unreadFolders(exclude: readonly string[], { excludeRegex = [] }: KeyRules): KeyFilter | undefined {
  const whole = exclude.map((glob) => globExpression("exclude", glob)).filter((expression) => WHOLE_TREE.test(expression));
  const closed = whole.length > 0 ? anyOf(whole) : undefined;
  const kept = excludeRegex.length > 0 ? regexFilter(excludeRegex) : undefined;
  if (closed === undefined && kept === undefined) return undefined;
  return (folder) => closed?.test(folder) === true || kept?.(folder.slice(0, -1)) === false;
}

/** Expressions that match everything behind what they match: those of `logs/`, `logs/**`, `logs/**` + `/*`. */
const WHOLE_TREE = /(?:^|[^\\])\.\*$|\(\?:\.\*\/\)\?\[\^\/\]\*$/;

function anyOf(expressions: readonly string[]): RE2JS {
  return re2().compile(`^(?:${expressions.map((one) => `(?:${one})`).join("|")})$`, re2().DOTALL);
}

function compileGlobs(list: string, globs: readonly string[]): RE2JS | undefined {
  if (globs.length === 0) return undefined;
  bound(list, globs);
  return anyOf(globs.map((glob) => {
    const expression = globExpression(list, glob);
    try {
      re2().compile(expression);
    } catch (cause) {
      // Compiled by itself, so that the failure names its pattern.
      throw unreadable(list, glob, "not a valid character class", cause);
    }
    return expression;
  }));
}

/** The regular expression of one glob, without anchors. Throws `config`. */
function globExpression(list: string, glob: string): string {
  if (glob === "") throw new TransferError("config", `Empty ${list} pattern`);
  const anchored = glob.startsWith("/");
  const body = anchored ? glob.slice(1) : glob;
  const scan = new GlobScan(body, (why) => unreadable(list, glob, why));
  return (anchored ? "" : "(?:.*/)?") + scan.expression() + (body.endsWith("/") ? ".*" : "");
}

function unreadable(list: string, pattern: string, why: string, cause?: unknown): TransferError {
  return new TransferError("config", `Cannot read the ${list} pattern ${JSON.stringify(pattern)}: ${why}`, { cause });
}

function bound(list: string, patterns: readonly string[]): void {
  if (patterns.length > GLOBS_MAX) throw new TransferError("config", `Too many ${list} patterns: ${patterns.length}, at most ${GLOBS_MAX}`);
  const long = patterns.find((pattern) => pattern.length > GLOB_CHARS_MAX);
  if (long === undefined) return;
  throw new TransferError("config", `Too long ${list} pattern: ${long.length} characters, at most ${GLOB_CHARS_MAX}`);
}

/** One pass over a glob. */
class GlobScan {
  readonly #glob: string;
  readonly #fail: (why: string) => TransferError;
  #at = 0;
  #depth = 0;

  constructor(glob: string, fail: (why: string) => TransferError) {
    this.#glob = glob;
    this.#fail = fail;
  }

  expression(): string {
    let out = "";
    while (this.#at < this.#glob.length) out += this.#next();
    if (this.#depth > 0) throw this.#fail("a { is not closed");
    return out;
  }

  #next(): string {
    const char = this.#char();
    switch (char) {
      case "*":
        return this.#stars();
      case "?":
        return "[^/]";
      case "[":
        return this.#class();
      case "{":
        this.#depth += 1;
        return "(?:";
      case ",":
        return this.#depth > 0 ? "|" : ",";
      case "}":
        if (this.#depth === 0) return "\\}";
        this.#depth -= 1;
        return ")";
      case "\\":
        if (this.#at >= this.#glob.length) throw this.#fail("it ends in a backslash");
        return re2().quote(this.#char());
      default:
        return re2().quote(char);
    }
  }

  /** The next code point; patterns may hold characters beyond U+FFFF. */
  #char(): string {
    const char = String.fromCodePoint(this.#glob.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    return char;
  }

  #stars(): string {
    const first = this.#at - 1;
    while (this.#glob[this.#at] === "*") this.#at += 1;
    if (this.#at - first === 1) return "[^/]*";
    const startsFolder = first === 0 || this.#glob[first - 1] === "/";
    if (!startsFolder || this.#glob[this.#at] !== "/") return ".*";
    this.#at += 1;
    return "(?:.*/)?";
  }

  #class(): string {
    let out = "[";
    if (this.#glob[this.#at] === "!" || this.#glob[this.#at] === "^") {
      out += "^/";
      this.#at += 1;
    }
    const first = this.#at;
    while (this.#at < this.#glob.length) {
      const char = this.#char();
      if (char === "]" && this.#at - 1 > first) return `${out}]`;
      if (char === "-") out += this.#at - 1 === first || this.#glob[this.#at] === "]" ? "\\-" : "-";
      else if (char === "\\") out += re2().quote(this.#char());
      else out += /[\^\[\]&~]/.test(char) ? `\\${char}` : char;
    }
    throw this.#fail("a [ is not closed");
  }
}

/** Names from the root to the object: 0 for the root itself, 1 for what lies in it. */
function levelOf(key: string): number {
  const path = key.endsWith("/") ? key.slice(0, -1) : key;
  return path === "" ? 0 : path.split("/").length;
}

/** Skips what a pattern is found in, and everything below a folder whose path it is found in. */
function regexFilter(patterns: readonly string[]): KeyFilter {
  bound("exclude_regex", patterns);
  const compiled = patterns.map((pattern) => {
    try {
      return re2().compile(pattern);
    } catch (cause) {
      throw unreadable("exclude_regex", pattern, reasonOf(cause), cause);
    }
  });
  const found = (path: string) => compiled.some((pattern) => pattern.matcher(path).find());
  return (key) => {
    for (let end = key.indexOf("/"); end >= 0 && end < key.length - 1; end = key.indexOf("/", end + 1)) {
      if (found(key.slice(0, end))) return false;
    }
    return !found(key);
  };
}

/** A rule: `+` keeps, `-` skips. */
interface ShellRule {
  readonly keeps: boolean;
  readonly pattern: RE2JS;
}

/** The first rule that matches decides; what none matches is kept. */
function shellFilter(rules: readonly string[], byParts: boolean, base: string): KeyFilter {
  bound("filter", rules);
  const compiled = rules.map(shellRule);
  const keeps = (text: string) => compiled.find(({ pattern }) => pattern.matches(text))?.keeps ?? true;
  if (!byParts) return (key) => keeps(joined(base, key));
  return (key) => {
    const slash = key.lastIndexOf("/", key.length - 2);
    return keeps(joined(base, key.slice(0, Math.max(slash, 0)))) && keeps(key.slice(slash + 1));
  };
}

function joined(base: string, path: string): string {
  if (base === "" || path === "") return base + path;
  return base.endsWith("/") ? base + path : `${base}/${path}`;
}

function shellRule(rule: string): ShellRule {
  const match = /^([+-])\s*(.+)$/s.exec(rule);
  if (match === null) throw new TransferError("config", `Cannot read the filter rule ${JSON.stringify(rule)}: write +PATTERN or -PATTERN`);
  return { keeps: match[1] === "+", pattern: re2().compile(shellExpression(match[2] ?? ""), re2().DOTALL) };
}

/**
 * A shell pattern as Python's fnmatch reads it: `*` and `?` match any characters, a slash too; `[…]` is a class, and a `[` that is never
 * closed is itself.
 */
function shellExpression(pattern: string): string {
  let out = "";
  for (let at = 0; at < pattern.length;) {
    const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    at += char.length;
    if (char === "*") out += ".*";
    else if (char === "?") out += ".";
    else if (char !== "[") out += re2().quote(char);
    else {
      const negated = pattern[at] === "!";
      const start = negated ? at + 1 : at;
      const end = pattern.indexOf("]", start + 1);
      if (end < 0) {
        out += "\\[";
        continue;
      }
      out += `[${negated ? "^" : ""}${pattern.slice(start, end).replaceAll(/[\\^[\]&~]/g, "\\$&")}]`;
      at = end + 1;
    }
  }
  return out;
}
