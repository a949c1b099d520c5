/**
 * `include` and `exclude`: which keys a job is about. Globs are turned into one linear-time expression per list (RE2), so that no key, not
 * even a hostile one, can make a pattern slow. Never looks at a disk; keys are text, and `..`, dots and line breaks in them are ordinary.
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
import { TransferError } from "../errors.ts";
import { GLOB_CHARS_MAX, GLOBS_MAX } from "../limits.ts";
import { re2 } from "./re2.ts";

/** True for the keys, relative to the source, that belong to the job. */
export type KeyFilter = (relativeKey: string) => boolean;

/** Makes the filter. Throws `config` for a pattern that cannot be read, naming it. */
export function keyFilter(include: readonly string[], exclude: readonly string[]): KeyFilter {
  const included = compileGlobs("include", include);
  const excluded = compileGlobs("exclude", exclude);
  if (included === undefined && excluded === undefined) return acceptAll;
  return (relativeKey) => (included === undefined || included.test(relativeKey)) && !(excluded !== undefined && excluded.test(relativeKey));
}

/**
 * True for folders (relative keys that end in a slash) below which `exclude` wants nothing, whatever is there, so that they need not be
 * read; undefined when no pattern says that of any folder. Throws as {@link keyFilter}.
 */
export function closedFolders(exclude: readonly string[]): KeyFilter | undefined {
  const whole = exclude.map((glob) => globExpression("exclude", glob)).filter((expression) => WHOLE_TREE.test(expression));
  if (whole.length === 0) return undefined;
  const pattern = re2().compile(`^(?:${whole.map((expression) => `(?:${expression})`).join("|")})$`, re2().DOTALL);
  return (relativeFolder) => pattern.test(relativeFolder);
}

/** Expressions that match everything behind what they match: those of `logs/`, `logs/**`, `logs/**` + `/*`. */
const WHOLE_TREE = /(?:^|[^\\])\.\*$|\(\?:\.\*\/\)\?\[\^\/\]\*$/;

function acceptAll(): boolean {
  return true;
}

function compileGlobs(list: string, globs: readonly string[]): RE2JS | undefined {
  if (globs.length === 0) return undefined;
  if (globs.length > GLOBS_MAX) throw new TransferError("config", `Too many ${list} patterns: ${globs.length}, at most ${GLOBS_MAX}`);
  const alternatives = globs.map((glob) => checkedExpression(list, glob));
  return re2().compile(`^(?:${alternatives.join("|")})$`, re2().DOTALL);
}

/** The expression of one glob, known to compile, so that a failure names its pattern. */
function checkedExpression(list: string, glob: string): string {
  const expression = `(?:${globExpression(list, glob)})`;
  try {
    re2().compile(expression);
  } catch (error) {
    throw new TransferError("config", `Cannot read the ${list} pattern ${JSON.stringify(glob)}: not a valid character class`, {
      cause: error,
    });
  }
  return expression;
}

/** The regular expression of one glob, without anchors. Throws `config`. */
function globExpression(list: string, glob: string): string {
  if (glob === "") throw new TransferError("config", `Empty ${list} pattern`);
  if (glob.length > GLOB_CHARS_MAX) {
    throw new TransferError("config", `Too long ${list} pattern: ${glob.length} characters, at most ${GLOB_CHARS_MAX}`);
  }
  const anchored = glob.startsWith("/");
  const body = anchored ? glob.slice(1) : glob;
  const scan = new GlobScan(body, (why) => new TransferError("config", `Cannot read the ${list} pattern ${JSON.stringify(glob)}: ${why}`));
  return (anchored ? "" : "(?:.*/)?") + scan.expression() + (body.endsWith("/") ? ".*" : "");
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
