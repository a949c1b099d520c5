/** What `cp` and `check` do with two locations: every key as a flag, also under names of other tools, and the job that they make. */
import { checkJob, type SideStores } from "../job/job_file.ts";
import { MistakeList, Problem } from "../job/mistake.ts";
import type { JobContext, RawSection, RawValue } from "../job/raw_job.ts";
import { REMOTE_TYPES, type RemoteType } from "../job/settings/store.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "../job/settings/tables.ts";
import { splitList } from "../job/value.ts";
import type { Job } from "../job_types.ts";
import { flagOf, type FlagRules, type Flags, type FlagTakes, type FlagValues, isYes, keyOf, SIDES, takesOf, usage } from "./flags.ts";

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
  const own = [...MEANT.flatMap(({ names }) => names), ...RECURSIVE, "json"].map((name): [string, FlagTakes] => [name, "yesNo"]);
  const keys = [...JOB_SETTINGS.values()].filter(({ kind }) => kind.is !== "location");
  const flags = ["", "source-", "destination-"].flatMap((side) => [...STORE_SETTINGS.values()].map((one) => ({ side, one })));
  return new Map([
    ...own,
    ["endpoint-url", "value"],
    ["set", "list"],
    ...[...keys.map((one) => ({ side: "", one })), ...flags].map(({ side, one }) => [side + flagOf(one.key), takesOf(one)] as const),
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
  const job = Object.assign({}, json ? { log_format: "json" } : {}, ...meant);
  const stores = { source: {}, destination: {}, either: {} } as Record<typeof SIDES[number] | "either", Record<string, FlagValues[string]>>;
  for (const [flag, value] of flags.values) {
    const { side, key } = keyOf(flag);
    if (side !== undefined) stores[side][key] = value;
    else if (JOB_SETTINGS.has(key)) job[key] = value;
    else if (STORE_SETTINGS.has(key)) {
      refuseTwoSides(flag, [source, destination]);
      stores.either[key] = value;
    }
  }
  const isTree = RECURSIVE.some((name) => isYes(flags, name)) && /^[^/\\]+:\/\/.*[^/]$/s.test(source);
  const { source: sourceStore, destination: destinationStore, either: store } = stores;
  return { source: isTree ? `${source}/` : source, destination, flags: job, sourceStore, destinationStore, store, json };
}

/** A flag of a store that does not say which side it is of. */
function refuseTwoSides(flag: string, places: readonly string[]): void {
  if (places.filter((place) => schemeOf(place) !== undefined).length === 1) return;
  const name = flag === "endpoint-url" ? "endpoint" : flag;
  throw usage(`--${flag} is for one of two sides: write ${SIDES.map((side) => `--${side}-${name}`).join(" or ")}`);
}

/** The job between two locations. Throws a {@link JobFileError} with every mistake in its flags. */
export function jobOfPlaces(name: string, request: PlacesRequest, context: Omit<JobContext, "file">): Job {
  const mistakes = new MistakeList(COMMAND_LINE);
  const section: RawSection = { kind: "job", name, file: COMMAND_LINE, values: new Map() };
  for (const side of SIDES) section.values.set(side, word(side, request[side]));
  keepFlags(section, "", request.flags);
  const sides: SideStores = {};
  for (const side of SIDES) {
    const scheme = schemeOf(request[side]);
    const own = request[`${side}Store`];
    const shared = scheme === undefined ? {} : request.store;
    if (Object.keys({ ...own, ...shared }).length === 0) continue;
    if (scheme === undefined) {
      const problem = `flags --${side}-… describe a store; write the ${side} as s3://bucket/prefix/ or oss://bucket/prefix/`;
      mistakes.ofValue(word(side, request[side]), new Problem(problem));
      continue;
    }
    const store = storeSection(side, `${side}-`, scheme);
    keepFlags(store, "", shared);
    keepFlags(store, `${side}-`, own);
    sides[side] = store;
  }
  return checkJob([section], { ...context, file: COMMAND_LINE }, mistakes, sides);
}

/** What mistakes of flags name as their file. */
export const COMMAND_LINE = "command line";

/** A word of the command line as a value. */
export function word(shown: string, text: string): RawValue {
  return { text, shown, file: COMMAND_LINE, expand: false };
}

/** The ready-made store that a location names, which flags may describe. */
export function schemeOf(location: string): RemoteType | undefined {
  return REMOTE_TYPES.find((type) => location.startsWith(`${type}://`));
}

/** The section of a store that flags with this prefix describe. */
export function storeSection(name: string, prefix: string, scheme: RemoteType): RawSection {
  const values = new Map([["type", word("type", scheme)]]);
  return { kind: "store", name, file: COMMAND_LINE, values, shownKey: (key) => `--${prefix}${flagOf(key)}` };
}

/** Puts flags into a section. Repeated flags are one list; each is split at commas, as the job file's value is. */
export function keepFlags(section: RawSection, prefix: string, values: FlagValues): void {
  for (const [key, value] of Object.entries(values)) {
    const given = [value].flat();
    const items = typeof value === "string" ? {} : { items: given.flatMap(splitList) };
    section.values.set(key, { ...word(`--${prefix}${flagOf(key)}`, given.join(", ")), ...items });
  }
}
