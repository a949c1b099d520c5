/**
 * Mistakes of a job: collected, then thrown all at once, each with its place, the way out and the nearest right name. Must never hold
 * a secret: values of secret keys, passwords in URLs and lines that could not be read are not repeated.
 */
import { TransferError } from "../errors.ts";
import type { RawSection, RawValue } from "./raw_job.ts";

/** Where a mistake stands. `value` is fit to print. */
interface Spot {
  readonly file: string;
  readonly line?: number | undefined;
  readonly section?: string | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

/** One mistake. */
export interface Mistake extends Spot {
  /** What is wrong and the way out. */
  readonly problem: string;
  /** The nearest right name. */
  readonly nearest?: string | undefined;
}

/** What is wrong with one value, before its place is known. */
export class Problem extends TransferError {
  constructor(text: string, readonly nearest?: string) {
    super("config", text);
  }
}

/** Thrown once per job file or command line with every mistake in it; exit code 2. */
export class JobFileError extends TransferError {
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
    super("config", [`Cannot use ${file}: ${count}`, ...mistakes.map((mistake) => `  ${mistakeText(mistake)}`)].join("\n"));
    this.mistakes = mistakes;
  }
}

/** A mistake as one line: `jobs.ini:12 [job.photos] part_size = 3 MiB: too small; …`. */
export function mistakeText({ file, line, section, key, value, problem, nearest }: Mistake): string {
  const shown = (before: string, part: string | number | undefined, behind = "") => part === undefined ? "" : `${before}${part}${behind}`;
  const place = `${file}${shown(":", line)}${shown(" [", section, "]")}${shown(" ", key)}${shown(" = ", value)}`;
  return `${place}: ${problem}${shown("; did you mean ", nearest, "?")}`;
}

/** The name nearest to what was written, if any is near enough to be meant. Case, `-` and `_` do not count. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  if (names.length === 0 || written === "" || written.length > 64) return undefined;
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_ ]/g, "");
  const target = plain(written);
  const known = names.map((name) => ({ name, plain: plain(name), steps: editSteps(target, plain(name)) }));
  const { name, plain: best, steps } = known.reduce((least, next) => next.steps < least.steps ? next : least);
  const length = Math.max(target.length, best.length);
  if (steps > (length <= 3 ? 1 : Math.max(2, Math.floor(length / 3)))) return undefined;
  return name;
}

/** Letters to add, drop or change until one text is the other (Levenshtein's distance). */
function editSteps(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let other = 1; other <= to.length; other++) {
      const changed = row[other - 1]! + (from[at - 1] === to[other - 1] ? 0 : 1);
      next.push(Math.min(changed, row[other]! + 1, next[other - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

/** A value fit to print: one line, not endless, without passwords and signatures in URLs. `login`: a URL that may hold a password. */
export function shownValue(text: string, secret: boolean | "login" = false): string {
  if (secret === true) return "***";
  const open = secret === "login" ? text.replace(/^(https?:\/\/)?.*@/is, "$1***@") : text.replace(/\/\/.*@/s, "//***@");
  const line = open.replace(/(https?:\/\/[^\s?]*\?).*/is, "$1***").replaceAll(/\p{Cc}/gu, "\uFFFD");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** No name of a key is longer. */
const NAME_CHARS_MAX = 32;

/**
 * A key that nobody knows, fit to print. A line whose sign is mistyped (`secret_access_key: abc=`) or that is a secret itself reads as one,
 * so that of what does not look like a name only the name in front is shown.
 */
export function shownKey(text: string): string {
  const mixed = /\d/.test(text) && /\p{Lu}/u.test(text) && /\p{Ll}/u.test(text);
  if (text.length <= NAME_CHARS_MAX && /^[\p{L}\p{N}_.\- ]+$/u.test(text) && !mixed) return text;
  const name = /^[a-z]+(?:[_-][a-z]+)+(?=[\s:=])/.exec(text)?.[0] ?? "";
  return `${name}***`;
}

/** The mistakes found so far. The same mistake found twice (a default used by two jobs) is reported once. */
export class MistakeList {
  readonly #found = new Map<string, { mistake: Mistake; onlyIfUsed: boolean }>();

  constructor(readonly file: string) {}

  /** A mistake of a value. `onlyIfUsed`: forgotten when the section turns out not to be needed by the jobs asked for. */
  ofValue(raw: RawValue, problem: TransferError, how: { secret?: boolean | "login"; hidden?: boolean; onlyIfUsed?: boolean } = {}): void {
    const { file, line, section, shown: key, text } = raw;
    this.#add({ file, line, section, key, value: how.hidden ? undefined : shownValue(text, how.secret) }, problem, how.onlyIfUsed);
  }

  /** A mistake of a section as a whole. */
  ofSection({ file, line, title: section }: RawSection, problem: Problem, key?: string): void {
    this.#add({ file, line, section, key }, problem);
  }

  /** A mistake of the file as a whole, or of one line in it. */
  ofFile(problem: Problem, line?: number): void {
    this.#add({ file: this.file, line }, problem);
  }

  /** Throws {@link JobFileError} when there is a mistake that matters to the sections used, by their titles. */
  throwIfAny(used: ReadonlySet<string>): void {
    const mattering = [...this.#found.values()].filter(({ mistake: { section = "" }, onlyIfUsed }) =>
      !onlyIfUsed || section === "" || used.has(section)
    );
    const mistakes = mattering.map(({ mistake }) => mistake).sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
    if (mistakes.length > 0) throw new JobFileError(this.file, mistakes);
  }

  #add(spot: Spot, problem: TransferError, onlyIfUsed = false): void {
    const mistake = { ...spot, problem: problem.message, nearest: problem instanceof Problem ? problem.nearest : undefined };
    const text = mistakeText(mistake);
    if (!this.#found.has(text)) this.#found.set(text, { mistake, onlyIfUsed });
  }
}
