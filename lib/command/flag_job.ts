/**
 * Flags to jobs and places, through the same checker as a job file.
 */
import type { UploadsRequest } from "../compat/compat_run.ts";
import { checkSections } from "../job/job_file.ts";
import { MistakeList, Problem } from "../job/mistake.ts";
import { readLocation } from "../job/place.ts";
import type { JobContext, RawSection, RawValue } from "../job/raw_job.ts";
import { type NamedStore, readStore, READY_MADE_OSS, READY_MADE_S3 } from "../job/store_spec.ts";
import { splitList } from "../job/value.ts";
import type { Job, Place } from "../job_types.ts";
import { flagOf, type FlagValues } from "./flags.ts";
import { type PlacesRequest, SIDES } from "./place_flags.ts";

const FILE = "command line";

type Context = Omit<JobContext, "file">;

/** The job between two locations. Throws a {@link JobFileError} with every mistake in its flags. */
export function cpToJob(name: string, request: PlacesRequest, context: Context): Job {
  const mistakes = new MistakeList(FILE);
  const section: RawSection = { kind: "job", name, file: FILE, values: new Map() };
  for (const side of SIDES) section.values.set(side, word(side, request[side]));
  for (const [key, value] of Object.entries(request.flags)) section.values.set(key, flag(flagOf(key), value));
  const stores = { source: request.sourceStore, destination: request.destinationStore };
  const sides = Object.fromEntries(SIDES.flatMap((side) => {
    const store = storeOf(side, stores[side], request, mistakes);
    return store === undefined ? [] : [[side, store]];
  }));
  const [job] = checkSections([section], { ...context, file: FILE, names: [] }, mistakes, sides);
  if (job === undefined) throw new Error("A job without a mistake was not given");
  return job;
}

/** The place that an `uploads` command looks at. Throws a {@link JobFileError} with every mistake in its flags. */
export function uploadsPlace(request: UploadsRequest, context: Context): Place {
  const mistakes = new MistakeList(FILE);
  const raw = word("location", request.location);
  const full = { ...context, file: FILE };
  const stores = new Map<string, NamedStore | undefined>([["s3", { spec: READY_MADE_S3 }], ["oss", { spec: READY_MADE_OSS }]]);
  const scheme = schemeOf(request.location);
  const section = storeSection(scheme ?? "s3", "", scheme);
  keep(section, "", request.store);
  if (Object.keys(request.store).length > 0) {
    stores.set(scheme ?? "s3", readStore(section, full, mistakes));
    if (scheme === undefined) {
      mistakes.ofValue(raw, new Problem("flags of a store need a location s3://bucket/prefix/ or oss://bucket/prefix/"));
    }
  }
  const location = readLocation(request.location, stores, full);
  if (location instanceof Problem) mistakes.ofValue(raw, location);
  mistakes.throwIfAny(new Set());
  if (location === undefined || location instanceof Problem) throw new Error("A location without a mistake was not given");
  return { ...location.place, tree: location.folder };
}

function word(shown: string, text: string): RawValue {
  return { text, shown, file: FILE, expand: false };
}

/** Repeated flags are one list; each is split at commas, as the job file's value is. */
function flag(shown: string, value: string | readonly string[]): RawValue {
  if (typeof value === "string") return word(`--${shown}`, value);
  return { ...word(`--${shown}`, value.join(", ")), items: value.flatMap(splitList) };
}

/** The ready-made store that a location names, which flags may describe. */
function schemeOf(location: string): "s3" | "oss" | undefined {
  return /^(s3|oss):\/\//.exec(location)?.[1] as "s3" | "oss" | undefined;
}

function storeSection(name: string, prefix: string, scheme: "s3" | "oss" | undefined): RawSection {
  const values = new Map(scheme === "oss" ? [["type", word("type", "oss")]] : []);
  return { kind: "store", name, file: FILE, values, shownKey: (key) => `--${prefix}${flagOf(key)}` };
}

function keep(section: RawSection, prefix: string, values: FlagValues): void {
  for (const [key, value] of Object.entries(values)) section.values.set(key, flag(`${prefix}${flagOf(key)}`, value));
}

/** The store that `s3://` or `oss://` means on one side, when flags describe it. Those without a side are of the only one. */
function storeOf(side: typeof SIDES[number], values: FlagValues, request: PlacesRequest, mistakes: MistakeList): RawSection | undefined {
  const scheme = schemeOf(request[side]);
  const own = scheme === undefined ? {} : request.store;
  if (Object.keys(values).length + Object.keys(own).length === 0) return undefined;
  const section = storeSection(side, `${side}-`, scheme);
  keep(section, "", own);
  keep(section, `${side}-`, values);
  if (scheme !== undefined) return section;
  const way = `write the ${side} as s3://bucket/prefix/ or oss://bucket/prefix/`;
  mistakes.ofValue(word(side, request[side]), new Problem(`flags --${side}-… describe a store; ${way}`));
  return undefined;
}
