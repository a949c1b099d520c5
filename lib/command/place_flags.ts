/**
 * What `cp` and `check` have in common where two locations are named: every key as a flag, keys of a store for one side, and the names that
 * other tools have for some of them.
 */
import { JOB_SETTINGS, STORE_SETTINGS } from "../job/settings/tables.ts";
import { flagOf, type FlagRules, type Flags, type FlagTakes, type FlagValues, isYes, takesOf, usage } from "./flags.ts";

/** Prefixes of the keys of a store. */
export const SIDES = ["source", "destination"] as const;

/** Two locations and the keys of the job between them. */
export interface PlacesRequest {
  readonly source: string;
  readonly destination: string;
  readonly flags: FlagValues;
  /** From `--source-…`, by store key. */
  readonly sourceStore: FlagValues;
  /** From `--destination-…`, by store key. */
  readonly destinationStore: FlagValues;
  /** From flags without a side, by store key: of the one side that is a store. */
  readonly store: FlagValues;
  readonly json: boolean;
}

/** Flags that other tools have, and the keys that do what is meant. */
const MEANT: readonly { readonly names: readonly string[]; readonly sets: FlagValues }[] = [
  { names: ["v", "verbose"], sets: { log_level: "debug" } },
  { names: ["q", "quiet"], sets: { log_level: "warn", progress: "none" } },
  { names: ["n", "dryrun"], sets: { dry_run: "yes" } },
];
/** The source is a tree, even without a slash at its end. */
const RECURSIVE = ["r", "R", "recursive"];

/** Help for the flags that are not keys. */
export const PLACE_FLAGS_HELP =
  `  --KEY VALUE                      every key of a job is a flag with dashes: --part-size 64M, --delete, --delete=no
  --source-KEY, --destination-KEY  keys of the store that s3:// or oss:// means there; --KEY where only one side is a store
  --json                           results as one JSON object a line on stdout
  -r, -n, -v, -q                   the source is a tree; --dry-run; --log-level debug; --log-level warn --progress none`;

/** All flags. */
export function placeFlags(): FlagRules {
  const stores = [...STORE_SETTINGS.values()];
  const own = [...MEANT.flatMap(({ names }) => names), ...RECURSIVE, "json"].map((name): [string, FlagTakes] => [name, "yesNo"]);
  return new Map([
    ...own,
    ["endpoint-url", "value"],
    ["set", "list"],
    ...[...JOB_SETTINGS.values()].filter(({ kind }) => kind.is !== "location").map((one) => [flagOf(one.key), takesOf(one)] as const),
    ...["", "source-", "destination-"].flatMap((side) => stores.map((one) => [`${side}${flagOf(one.key)}`, takesOf(one)] as const)),
  ]);
}

/** Reads words and flags. Throws `config`. */
export function readPlaces(flags: Flags): PlacesRequest {
  const [source, destination, ...more] = flags.words;
  if (source === undefined || destination === undefined || more.length > 0) {
    throw usage(`cp takes a source and a destination, and got ${flags.words.length === 1 ? "1 word" : `${flags.words.length} words`}`);
  }
  if (flags.values.has("set")) throw usage("--set belongs to a job file: here every key is a flag of its own");
  const json = isYes(flags, "json");
  const meant = MEANT.filter(({ names }) => names.some((name) => isYes(flags, name))).map(({ sets }) => sets);
  const values: Record<"" | typeof SIDES[number] | "store", Record<string, string | readonly string[]>> = {
    "": Object.assign({}, json ? { log_format: "json" } : {}, ...meant),
    source: {},
    destination: {},
    store: {},
  };
  for (const [flag, value] of flags.values) {
    const side = SIDES.find((side) => flag.startsWith(`${side}-`));
    const key = flag === "endpoint-url" ? "endpoint" : (side === undefined ? flag : flag.slice(side.length + 1)).replaceAll("-", "_");
    if (side === undefined && STORE_SETTINGS.has(key)) refuseTwoSides(flag, [source, destination]);
    if (side !== undefined || JOB_SETTINGS.has(key) || STORE_SETTINGS.has(key)) {
      values[side ?? (JOB_SETTINGS.has(key) ? "" : "store")][key] = value;
    }
  }
  const isTree = RECURSIVE.some((name) => isYes(flags, name)) && /^[^/\\]+:\/\/.*[^/]$/s.test(source);
  const { "": own, store } = values;
  const stores = { sourceStore: values.source, destinationStore: values.destination, store };
  return { source: isTree ? `${source}/` : source, destination, flags: own, ...stores, json };
}

/** A flag of a store that does not say which side it is of. */
function refuseTwoSides(flag: string, places: readonly string[]): void {
  if (places.filter((place) => /^(?:s3|oss):\/\//.test(place)).length === 1) return;
  const name = flag === "endpoint-url" ? "endpoint" : flag;
  throw usage(`--${flag} is for one of two sides: write ${SIDES.map((side) => `--${side}-${name}`).join(" or ")}`);
}
