/** Flags: `--name value`, `--name=value`, `--name` for yes, single letters, `--`. Judges no value and repeats none: it may be a secret. */
import { TransferError } from "../errors.ts";
import { nearestName, Problem, shownValue } from "../job/mistake.ts";
import type { Setting } from "../job/settings/setting.ts";
import { readYesNo } from "../job/value.ts";

/** What a flag takes: `list` may be repeated, and of the others the last counts; `yesNo` alone means yes. */
export type FlagTakes = "value" | "list" | "yesNo";

/** Flags by name, without dashes; names of one letter have one dash. */
export type FlagRules = ReadonlyMap<string, FlagTakes>;

/** Values of flags by key; flags that may be repeated hold their items. */
export type FlagValues = Readonly<Record<string, string | readonly string[]>>;

/** Arguments of one command, sorted. */
export interface Flags {
  readonly words: readonly string[];
  /** As given; of a `yesNo` flag without a value it is `yes`. */
  readonly values: ReadonlyMap<string, string | readonly string[]>;
}

/** A setting's key as a flag: `part_size` is `part-size`. */
export function flagOf(key: string): string {
  return key.replaceAll("_", "-");
}

/** Prefixes of the flags that are keys of a store. */
export const SIDES = ["source", "destination"] as const;

/** The key that a flag names, and the side of the store that it is of; `--endpoint-url` is a name that other tools have for one. */
export function keyOf(flag: string): { side: typeof SIDES[number] | undefined; key: string } {
  const side = SIDES.find((side) => flag.startsWith(`${side}-`));
  const key = flag.slice(side === undefined ? 0 : side.length + 1);
  return { side, key: flag === "endpoint-url" ? "endpoint" : key.replaceAll("-", "_") };
}

/** What the flag of a setting takes. */
export function takesOf({ kind }: Setting): FlagTakes {
  return kind.is === "yesNo" || kind.is === "list" ? kind.is : "value";
}

/** A mistake in the words or flags themselves. */
export function usage(problem: string, nearest?: string): TransferError {
  return new TransferError("config", `${problem}${nearest === undefined ? "; see --help" : `; did you mean ${nearest}?`}`);
}

/** Who asks for flags: the command's name for messages, and what may know better why a flag is unknown. */
export interface Asking {
  readonly command: string;
  readonly explain?: (flag: string) => string | undefined;
}

/** The mistake of a flag that the command does not have. */
export function unknownFlag(shown: string, { command, explain }: Asking, known: readonly string[] = []): TransferError {
  const flag = shown.replace(/^-+/, "");
  const text = `Unknown flag ${shownValue(shown)} of ${command}`;
  const positive = flag.replace(/^no-/, "");
  const reason = explain?.(flag) ?? (positive !== flag && known.includes(positive) ? `write --${positive}=no` : undefined);
  if (reason !== undefined) return new TransferError("config", `${text}: ${reason}`);
  const near = nearestName(flag, known.filter((name) => name.length > 1));
  return usage(text, near && `--${near}`);
}

/** Sorts arguments. Throws `config`. */
export function readFlags(args: readonly string[], rules: FlagRules, asking: Asking): Flags {
  const words: string[] = [];
  const values = new Map<string, string | string[]>();
  const takesOfFlag = (shown: string) => {
    const takes = rules.get(shown.replace(/^-+/, ""));
    if (takes === undefined) throw unknownFlag(shown, asking, [...rules.keys()]);
    return takes;
  };
  const keep = (flag: string, takes: FlagTakes, value: string) => {
    if (value === "") throw usage(`--${flag} needs a value`);
    const before = values.get(flag);
    if (takes !== "list") values.set(flag, value);
    else if (Array.isArray(before)) before.push(value);
    else values.set(flag, [value]);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      words.push(...args.slice(at + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") words.push(arg);
    else if (!arg.startsWith("--")) {
      for (const letter of arg.slice(1)) keep(letter, takesOfFlag(`-${letter}`), "yes");
    } else {
      const equals = arg.indexOf("=");
      const flag = arg.slice(2, equals < 0 ? undefined : equals);
      const takes = takesOfFlag(`--${flag}`);
      if (equals >= 0) keep(flag, takes, arg.slice(equals + 1));
      else if (takes === "yesNo") keep(flag, takes, "yes");
      else {
        const next = args[++at] ?? "";
        keep(flag, takes, /^-./.test(next) ? "" : next);
      }
    }
  }
  return { words, values };
}

/** A flag that is not a key: yes or no. Throws `config`. */
export function isYes(flags: Flags, flag: string): boolean {
  try {
    return readYesNo(textOf(flags, flag) ?? "no");
  } catch (error) {
    throw error instanceof Problem ? usage(`--${flag} takes yes or no`) : error;
  }
}

/** The one value of a flag. */
export function textOf({ values }: Flags, flag: string): string | undefined {
  const value = values.get(flag);
  return typeof value === "string" ? value : undefined;
}

/** The items of a flag. */
export function listOf({ values }: Flags, flag: string): readonly string[] {
  return [values.get(flag) ?? []].flat();
}
