/**
 * The part of `@std/cli` that sluice uses, for places where the jsr registry cannot be reached; see "workspace" in deno.json. Same name,
 * options and results as version 1.0.32 of the package. Must never offer what the package does not have.
 */

/** Options of {@link parseArgs}. */
export interface ParseOptions {
  /** Collect what follows `--` under that name instead of in `_`. Default: no. */
  "--"?: boolean;
  /** Further names of a flag. A value is set under all of them. */
  alias?: Record<string, string | readonly string[]>;
  /** Flags without a value; false when absent. `true`: every long flag without `=`. */
  boolean?: boolean | string | readonly string[];
  /** Values of flags that are absent. */
  default?: Record<string, unknown>;
  /** Flags whose values stay text; empty text when the value is missing. `_`: positional arguments stay text. */
  string?: string | readonly string[];
  /** Flags that may be repeated: always an array. Others keep their last value. */
  collect?: string | readonly string[];
  /** Flags that `--no-NAME` sets to false. */
  negatable?: string | readonly string[];
  /** Everything after the first positional argument goes to `_` unread. Default: no. */
  stopEarly?: boolean;
  /** Called for each argument that is not declared; `false` keeps it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and the positional arguments under `_`. */
export type Args = Record<string, unknown> & { _: (string | number)[]; "--"?: string[] };

type Table = Record<string, unknown>;

/** `-a`, `--name`, `--no-name`, each perhaps with `=value`. */
const FLAG = /^-(?:(?<long>-)(?<no>no-)?)?(?<name>.+?)(?:=(?<value>.*))?$/s;
const LOOKS_LIKE_FLAG = /^--?[^-]/;
const ENDS_IN_NUMBER = /-?\d+(\.\d*)?(e-?\d+)?$/;

/**
 * Arguments of the command line as flags and positional arguments. A dotted name sets a nested value.
 * @throws TypeError When an alias is undefined.
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  return new Reader(options).read(args);
}

function listOf(names: boolean | string | readonly string[] | undefined): readonly string[] {
  if (typeof names === "boolean" || names === undefined) return [];
  return (typeof names === "string" ? [names] : names).filter((name) => name !== "");
}

function isNumeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function isYesOrNo(text: string): boolean {
  return text === "true" || text === "false";
}

/** Names that would reach an object's prototype. */
function isForbidden(table: Table, name: string): boolean {
  return name === "__proto__" || (name === "constructor" && typeof table[name] === "function");
}

function setDeep(root: Table, path: readonly string[], value: unknown, collect: boolean): void {
  let table = root;
  for (const name of path.slice(0, -1)) {
    if (isForbidden(table, name)) return;
    table = (table[name] ??= {}) as Table;
  }
  const last = path.at(-1) ?? "";
  if (isForbidden(table, last)) return;
  const earlier = table[last];
  if (!collect) table[last] = value;
  else if (Array.isArray(earlier)) earlier.push(value);
  else table[last] = earlier ? [earlier, value] : [value];
}

function hasDeep(root: Table, path: readonly string[]): boolean {
  let table = root;
  for (const name of path) {
    if (!Object.hasOwn(table, name)) return false;
    table = table[name] as Table;
  }
  return true;
}

class Reader {
  readonly #options: ParseOptions;
  readonly #aliases: Map<string, readonly string[]> = new Map();
  readonly #booleans: ReadonlySet<string>;
  readonly #strings: ReadonlySet<string>;
  readonly #collected: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;
  readonly #result: Args = { _: [] };
  #args: readonly string[] = [];
  #at = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      if (others === undefined) throw new TypeError("Alias value must be defined");
      const all = typeof others === "string" ? [others] : others;
      this.#aliases.set(name, all);
      for (const alias of all) this.#aliases.set(alias, [name, ...all.filter((other) => other !== alias)]);
    }
    this.#booleans = this.#withAliases(options.boolean);
    this.#strings = this.#withAliases(options.string);
    this.#collected = this.#withAliases(options.collect);
    this.#negatable = this.#withAliases(options.negatable);
  }

  read(args: readonly string[]): Args {
    const end = args.indexOf("--");
    this.#args = end < 0 ? args : args.slice(0, end);
    const unread = end < 0 ? [] : args.slice(end + 1);
    for (this.#at = 0; this.#at < this.#args.length; this.#at++) {
      const arg = this.#args[this.#at] ?? "";
      const { long, no, name = "", value } = FLAG.exec(arg)?.groups ?? {};
      if (name !== "") {
        if (long === undefined) this.#readLetters(arg);
        else this.#readLong(arg, { name, negated: no !== undefined, value });
        continue;
      }
      const isKept = this.#options.unknown === undefined || this.#options.unknown(arg) !== false;
      if (isKept) this.#result._.push(this.#strings.has("_") || !isNumeric(arg) ? arg : Number(arg));
      if (!this.#options.stopEarly) continue;
      this.#result._.push(...this.#args.slice(this.#at + 1));
      break;
    }
    this.#fillIn();
    if (this.#options["--"]) this.#result["--"] = [...unread];
    else this.#result._.push(...unread);
    return this.#result;
  }

  #withAliases(names: boolean | string | readonly string[] | undefined): ReadonlySet<string> {
    return new Set(listOf(names).flatMap((name) => [name, ...this.#aliases.get(name) ?? []]));
  }

  #takesNoValue(name: string): boolean {
    return this.#booleans.has(name) || (this.#aliases.get(name) ?? []).some((alias) => this.#booleans.has(alias));
  }

  #readLong(arg: string, flag: { name: string; negated: boolean; value: string | undefined }): void {
    if (flag.value !== undefined) {
      this.#set(flag.name, this.#booleans.has(flag.name) ? flag.value !== "false" : flag.value, arg);
      return;
    }
    if (flag.negated && this.#negatable.has(flag.name)) {
      this.#set(flag.name, false, arg, false);
      return;
    }
    const name = flag.negated ? `no-${flag.name}` : flag.name;
    const next = this.#args[this.#at + 1];
    const mayTakeNext = this.#options.boolean !== true && !this.#takesNoValue(name);
    if (next && mayTakeNext && !next.startsWith("-")) this.#set(name, this.#takeNext(), arg);
    else if (next && isYesOrNo(next)) this.#set(name, this.#takeNext() === "true", arg);
    else this.#setAlone(name, arg);
  }

  /** `-abc`: letters without values, the last one perhaps with the next argument; `-a5`, `-a=5`, `-a/b`: a letter with its value. */
  #readLetters(arg: string): void {
    for (let at = 1; at < arg.length - 1; at++) {
      const letter = arg.charAt(at);
      const rest = arg.slice(at + 1);
      if (rest === "-") {
        this.#set(letter, rest, arg);
        continue;
      }
      const value = this.#valueInside(letter, rest);
      if (value !== undefined) {
        this.#set(letter, value, arg);
        return;
      }
      this.#setAlone(letter, arg);
    }
    const last = arg.slice(-1);
    if (last === "-") return;
    const next = this.#args[this.#at + 1];
    if (next && !LOOKS_LIKE_FLAG.test(next) && !this.#takesNoValue(last)) this.#set(last, this.#takeNext(), arg);
    else if (next && isYesOrNo(next)) this.#set(last, this.#takeNext() === "true", arg);
    else this.#setAlone(last, arg);
  }

  /** The value that follows a letter in the same argument; undefined when another letter follows. */
  #valueInside(letter: string, rest: string): string | undefined {
    if (rest === "=") return "";
    if (/[A-Za-z]/.test(letter)) {
      const given = /=(.+)/.exec(rest)?.[1];
      if (given !== undefined) return given;
      if (ENDS_IN_NUMBER.test(rest)) return rest;
    }
    // The last character of all is not looked at: `-a.` are two flags.
    return rest.length > 1 && /^\W/.test(rest) ? rest : undefined;
  }

  #takeNext(): string {
    return this.#args[++this.#at] ?? "";
  }

  /** A flag without a value. */
  #setAlone(name: string, arg: string): void {
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
  }

  #set(name: string, value: string | boolean, arg: string, mayCollect = true): void {
    const { boolean, unknown } = this.#options;
    const isDeclared = this.#booleans.has(name) || this.#strings.has(name) || this.#aliases.has(name) || this.#collected.has(name) ||
      (boolean === true && /^--[^=]+$/.test(arg));
    if (!isDeclared && unknown !== undefined && unknown(arg, name, value) === false) return;
    const typed = typeof value === "string" && !this.#strings.has(name) && isNumeric(value) ? Number(value) : value;
    const collect = mayCollect && this.#collected.has(name);
    for (const key of [name, ...this.#aliases.get(name) ?? []]) setDeep(this.#result, key.split("."), typed, collect);
  }

  /** Values of what was not given. */
  #fillIn(): void {
    const fill = (name: string, value: unknown, others: readonly string[] = []) => {
      if (hasDeep(this.#result, name.split("."))) return;
      for (const key of [name, ...others]) setDeep(this.#result, key.split("."), value, false);
    };
    for (const [name, value] of Object.entries(this.#options.default ?? {})) fill(name, value, this.#aliases.get(name));
    for (const name of this.#booleans) fill(name, this.#collected.has(name) ? [] : false);
    for (const name of this.#strings) if (this.#collected.has(name)) fill(name, []);
  }
}
