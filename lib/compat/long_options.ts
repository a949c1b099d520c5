/**
 * Options as Python's optparse and getopt read them: `--name=value` and `--name value`, unique beginnings of long names, bundled letters,
 * options and operands in any order, `--` as the end of options. Judges no value.
 */
import { TransferError } from "../errors.ts";
import type { CompatContext } from "./compat_run.ts";

/** One option. */
export interface OptionRule {
  /** Without dashes; values are kept under the first. Names of one letter are short options. */
  readonly names: readonly string[];
  readonly takesValue: boolean;
}

/** One option as it was given, in order. */
export interface GivenOption {
  readonly name: string;
  /** Empty for options without one. */
  readonly value: string;
}

/** What a command line says. */
export interface LongOptions {
  readonly options: readonly GivenOption[];
  readonly operands: readonly string[];
}

/** Options of sluice's own, which older command lines take besides theirs. */
export const OWN_OPTIONS: readonly OptionRule[] = [{ names: ["set"], takesValue: true }, { names: ["json"], takesValue: false }];

/** A context in which the values of `--set` come before those of the older options. */
export function withOwnOptions(options: readonly GivenOption[], context: CompatContext): CompatContext {
  const given = (name: string) => options.filter((option) => option.name === name).map(({ value }) => value);
  const json = given("json").length > 0 ? ["log_format=json"] : [];
  return { ...context, overrides: [...context.overrides ?? [], ...json, ...given("set")] };
}

/** Reads arguments. Throws TransferError `config` for an option that is unknown, ambiguous, lacks its value or takes none. */
export function readLongOptions(args: readonly string[], rules: readonly OptionRule[]): LongOptions {
  const options: GivenOption[] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    const next = () => args[++at];
    if (arg === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith("--")) options.push(readLong(arg, rules, next));
    else if (arg.startsWith("-") && arg !== "-") options.push(...readLetters(arg, rules, next));
    else operands.push(arg);
  }
  return { options, operands };
}

function readLong(arg: string, rules: readonly OptionRule[], next: () => string | undefined): GivenOption {
  const [written = "", ...rest] = arg.slice(2).split("=");
  const given = arg.includes("=") ? rest.join("=") : undefined;
  const { name, takesValue } = findLong(written, rules);
  if (!takesValue) {
    if (given !== undefined) throw wrong(`--${written} takes no value`);
    return { name, value: "" };
  }
  const value = given ?? next();
  if (value === undefined) throw wrong(`--${written} needs a value`);
  return { name, value };
}

function findLong(written: string, rules: readonly OptionRule[]): { name: string; takesValue: boolean } {
  const long = rules.flatMap(({ names, takesValue }) =>
    names.filter((name) => name.length > 1).map((name) => ({ alias: name, name: names[0] ?? name, takesValue }))
  );
  const exact = long.find(({ alias }) => alias === written);
  if (exact !== undefined) return exact;
  const begun = written === "" ? [] : long.filter(({ alias }) => alias.startsWith(written));
  const meant = new Set(begun.map(({ name }) => name));
  if (meant.size > 1) throw wrong(`ambiguous option --${written}: ${begun.map(({ alias }) => `--${alias}`).join(" or ")}`);
  const [found] = begun;
  if (found === undefined) throw wrong(`no such option: --${written}`);
  return found;
}

function readLetters(arg: string, rules: readonly OptionRule[], next: () => string | undefined): GivenOption[] {
  const given: GivenOption[] = [];
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at] ?? "";
    const rule = rules.find(({ names }) => names.includes(letter));
    if (rule === undefined) throw wrong(`no such option: -${letter}`);
    const name = rule.names[0] ?? letter;
    if (!rule.takesValue) {
      given.push({ name, value: "" });
      continue;
    }
    const value = at + 1 < arg.length ? arg.slice(at + 1) : next();
    if (value === undefined) throw wrong(`-${letter} needs a value`);
    given.push({ name, value });
    break;
  }
  return given;
}

function wrong(message: string): TransferError {
  return new TransferError("config", message);
}
