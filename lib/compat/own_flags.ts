/**
 * Flags of sluice's own that the front doors of settings files take besides the older ones. What neither knows is named and skipped, as
 * the older programs left it out; what looks like a mistyped flag of ours is refused, because a run instead of a dry run does harm.
 */
import { TransferError } from "../errors.ts";
import { nearestName, shownValue } from "../job/mistake.ts";

/** What the arguments say. */
export interface OwnFlags {
  /** Words that are not flags. */
  readonly words: readonly string[];
  /** Flags of the older tool that were given. */
  readonly old: ReadonlySet<string>;
  /** For {@link JobContext.overrides}. */
  readonly overrides: readonly string[];
  readonly json: boolean;
  readonly notices: readonly string[];
}

const OWN = ["--dry-run", "--json", "--set", "--print-job", "--help"];

/** Help for these flags. */
export const OWN_FLAGS_HELP = `Flags of sluice's own
  --dry-run            print the plan, move nothing
  --print-job          print the job file of sluice's own that does the same, move nothing
  --set KEY=VALUE      another value for a key of that job file (repeatable)
  --json               the result as one JSON object a line on stdout`;

/** Reads arguments. `known`: flags of the older tool. Throws `config` for what is nearly one of ours, and for `--set` without a value. */
export function readOwnFlags(args: readonly string[], known: readonly string[]): OwnFlags {
  const words: string[] = [];
  const old = new Set<string>();
  const overrides: string[] = [];
  const notices: string[] = [];
  let json = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (known.includes(arg)) old.add(arg);
    else if (!arg.startsWith("-")) words.push(arg);
    else if (arg === "--json") json = true;
    else if (arg === "--dry-run") overrides.push("dry_run=yes");
    else if (arg === "--set" || arg.startsWith("--set=")) {
      const value = arg === "--set" ? args[++at] : arg.slice("--set=".length);
      if (value === undefined) throw new TransferError("config", "--set needs KEY=VALUE");
      overrides.push(value);
    } else {
      // Its value may be a secret.
      const flag = shownValue(arg.replace(/=.*$/s, ""));
      const near = nearestName(flag, [...OWN, ...known]);
      if (near !== undefined) throw new TransferError("config", `Unknown flag ${flag}; did you mean ${near}?`);
      notices.push(`Not used: ${flag}`);
    }
  }
  if (json) overrides.push("log_format=json");
  return { words, old, overrides, json, notices };
}
