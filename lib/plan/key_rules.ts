/**
 * The rest of what says which keys a job is about, beside `include` and `exclude`: regular expressions, ordered shell rules, depth. All in
 * linear time (RE2), so that no key and no pattern makes the other slow. Keys are text; no disk is looked at.
 */
import type { RE2JS } from "re2js";
import { reasonOf, TransferError } from "../errors.ts";
import { GLOB_CHARS_MAX, GLOBS_MAX } from "../limits.ts";
import type { Selection, ShellRules } from "../job_types.ts";
import { re2 } from "./re2.ts";
import { closedFolders, type KeyFilter } from "./select.ts";

/** True for relative keys that pass every rule of the selection. Throws `config` for a pattern that cannot be read, naming it. */
export function keyRules(selection: Selection): KeyFilter {
  const filters: KeyFilter[] = [];
  const { excludeRegex = [], shellRules, depth } = selection;
  if (excludeRegex.length > 0) filters.push(regexFilter(excludeRegex));
  if (shellRules !== undefined && shellRules.rules.length > 0) filters.push(shellFilter(shellRules));
  if (depth !== undefined) filters.push((key) => levelOf(key) <= depth);
  return (key) => filters.every((accepts) => accepts(key));
}

/**
 * True for folders (relative keys that end in a slash) that the job never reads: `exclude` or `exclude_regex` leaves out all that may be in
 * them. Undefined when no rule says that of any folder. Throws as {@link keyRules}.
 */
export function unreadFolders(exclude: readonly string[], { excludeRegex = [] }: Selection): KeyFilter | undefined {
  const closed = closedFolders(exclude);
  const kept = excludeRegex.length > 0 ? regexFilter(excludeRegex) : undefined;
  if (closed === undefined && kept === undefined) return undefined;
  return (folder) => closed?.(folder) === true || kept?.(folder.slice(0, -1)) === false;
}

/** Names from the root to the object: 0 for the root itself, 1 for what lies in it. */
function levelOf(key: string): number {
  const path = key.endsWith("/") ? key.slice(0, -1) : key;
  return path === "" ? 0 : path.split("/").length;
}

/** Leaves out what a pattern is found in, and everything below a folder whose path it is found in. */
function regexFilter(patterns: readonly string[]): KeyFilter {
  bound("exclude_regex", patterns);
  const compiled = patterns.map((pattern) => {
    try {
      return re2().compile(pattern);
    } catch (error) {
      throw new TransferError("config", `Cannot read the exclude_regex pattern ${JSON.stringify(pattern)}: ${reasonOf(error)}`, {
        cause: error,
      });
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

/** A rule: `+` keeps, `-` leaves out. */
interface ShellRule {
  readonly keeps: boolean;
  readonly pattern: RE2JS;
}

/** The first rule that matches decides; what none matches is kept. */
function shellFilter({ rules, by, base }: ShellRules): KeyFilter {
  bound("filter", rules);
  const compiled = rules.map(shellRule);
  const keeps = (text: string) => compiled.find(({ pattern }) => pattern.matches(text))?.keeps ?? true;
  if (by === "key") return (key) => keeps(joined(base, key));
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

function bound(list: string, patterns: readonly string[]): void {
  if (patterns.length > GLOBS_MAX) throw new TransferError("config", `Too many ${list} patterns: ${patterns.length}, at most ${GLOBS_MAX}`);
  const long = patterns.find((pattern) => pattern.length > GLOB_CHARS_MAX);
  if (long !== undefined) {
    throw new TransferError("config", `Too long ${list} pattern: ${long.length} characters, at most ${GLOB_CHARS_MAX}`);
  }
}
