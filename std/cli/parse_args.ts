/**
 * The part of `@std/cli` that sluice uses, for places where the jsr registry cannot be reached; see the "links" of deno.json. Same name,
 * options and results as the package for declared flags, over minimist, from which the package descends. Must never offer what the
 * package does not have. Not covered: dotted names, `default`, and a lone `-` as a flag's value.
 */
// @ts-types="npm:@types/minimist@1.2.5"
import minimist from "npm:minimist@1.2.8";

/** Options of {@link parseArgs}; each flag is declared in `string` or `boolean`. */
export interface ParseOptions {
  /** Collect what follows `--` under that name instead of in `_`. */
  "--"?: boolean;
  alias?: Record<string, string | readonly string[]>;
  /** Flags without a value; false when absent. */
  boolean?: readonly string[];
  /** Flags with a value; empty text when the value is missing. */
  string?: readonly string[];
  /** Flags that may be repeated: always an array. Others keep their last value. */
  collect?: readonly string[];
  /** Flags that `--no-NAME` sets to false. */
  negatable?: readonly string[];
  /** Everything after the first argument that is no flag goes to `_` unread. */
  stopEarly?: boolean;
  /** Called for each argument that is not declared; `false` leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and the arguments that belong to none under `_`. */
export type Args = Record<string, unknown> & { _: (string | number)[]; "--"?: string[] | undefined };

/** Arguments of the command line as flags and the rest. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const negatable = new Set(options.negatable);
  const undeclared = args.slice(0, end).filter((arg) => {
    if (/^--no-[^=]+$/.test(arg)) return !negatable.has(arg.slice("--no-".length));
    // minimist fails at `--==` and, looking flags up in plain objects, at `--constructor`.
    return arg.startsWith("--=") || (/^--([^=]+)/.exec(arg)?.[1] ?? "") in Object.prototype;
  });
  const kept = undeclared.filter((arg) => options.unknown?.(arg, arg.slice(2), true) !== false);
  const parsed: Args = minimist(args.filter((arg, index) => index >= end || !undeclared.includes(arg)), {
    string: [...options.string ?? []],
    boolean: [...options.boolean ?? []],
    alias: Object.fromEntries(Object.entries(options.alias ?? {}).map(([name, of]) => [name, typeof of === "string" ? of : [...of]])),
    "--": options["--"] ?? false,
    stopEarly: options.stopEarly ?? false,
    ...(options.unknown && { unknown: (arg: string) => options.unknown?.(arg) !== false }),
  });
  for (const arg of kept) parsed[arg.slice(2)] = true;
  const collect = new Set(options.collect);
  for (const name of new Set([...Object.keys(parsed), ...collect])) {
    if (name === "_" || name === "--") continue;
    const value = parsed[name];
    if (!collect.has(name)) parsed[name] = Array.isArray(value) ? value.at(-1) : value;
    else if (!Array.isArray(value)) parsed[name] = value === undefined ? [] : [value];
  }
  return parsed;
}
