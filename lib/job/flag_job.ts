/**
 * Flags to jobs and places, through the same checker as a job file.
 */
import type { Job, Place } from "../job_types.ts";
import type { CheckPlacesCommand, CpCommand, FlagValues, UploadsCommand } from "./command.ts";
import { flagOf } from "./command_line.ts";
import { checkSections } from "./job_file.ts";
import { MistakeList, Problem } from "./mistake.ts";
import { readLocation } from "./place.ts";
import type { JobContext, RawSection, RawValue } from "./raw_job.ts";
import { type NamedStore, readStore, READY_MADE_OSS, READY_MADE_S3 } from "./store_spec.ts";
import { splitList } from "./value.ts";

const FILE = "command line";

/**
 * The job of a `cp` command, or of a check of two locations, named `cp` or `check`. Throws a {@link JobFileError} with every mistake in its
 * flags.
 */
export function cpToJob(command: CpCommand | CheckPlacesCommand, context: Omit<JobContext, "file">): Job {
  const mistakes = new MistakeList(FILE);
  const section: RawSection = { kind: "job", name: command.kind === "cp" ? "cp" : "check", file: FILE, values: new Map() };
  for (const side of ["source", "destination"] as const) section.values.set(side, word(side, command[side]));
  for (const [key, value] of Object.entries(command.flags)) section.values.set(key, flag(flagOf(key), value));
  const sides = {
    ...storeOf("source", command.sourceStore, command.source, mistakes),
    ...storeOf("destination", command.destinationStore, command.destination, mistakes),
  };
  const [job] = checkSections([section], { ...context, file: FILE, names: [] }, mistakes, sides);
  if (job === undefined) throw new Error("A job without a mistake was not given");
  return job;
}

/** The place that an `uploads` command looks at. Throws a {@link JobFileError} with every mistake in its flags. */
export function uploadsPlace(command: UploadsCommand, context: Omit<JobContext, "file">): Place {
  const mistakes = new MistakeList(FILE);
  const raw = word("location", command.location);
  const full = { ...context, file: FILE };
  const stores = new Map<string, NamedStore | undefined>([["s3", { spec: READY_MADE_S3 }], ["oss", { spec: READY_MADE_OSS }]]);
  const scheme = schemeOf(command.location);
  const section = storeSection(scheme ?? "s3", "", command.store, scheme);
  if (section.values.size > 0) {
    stores.set(scheme ?? "s3", readStore(section, full, mistakes));
    if (scheme === undefined) {
      mistakes.ofValue(raw, new Problem("flags of a store need a location s3://bucket/prefix/ or oss://bucket/prefix/"));
    }
  }
  const location = readLocation(command.location, stores, full);
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

function storeSection(name: string, prefix: string, values: FlagValues, scheme: "s3" | "oss" | undefined): RawSection {
  const section: RawSection = { kind: "store", name, file: FILE, values: new Map() };
  if (scheme === "oss" && Object.keys(values).length > 0) section.values.set("type", word("type", "oss"));
  for (const [key, value] of Object.entries(values)) section.values.set(key, flag(`${prefix}${flagOf(key)}`, value));
  return section;
}

/** The store that `s3://` or `oss://` means on one side, when flags describe it. */
function storeOf(
  side: "source" | "destination",
  values: FlagValues,
  location: string,
  mistakes: MistakeList,
): Partial<Record<"source" | "destination", RawSection>> {
  const scheme = schemeOf(location);
  const section = storeSection(side, `${side}-`, values, scheme);
  if (section.values.size === 0) return {};
  if (scheme !== undefined) return { [side]: section };
  const way = `write the ${side} as s3://bucket/prefix/ or oss://bucket/prefix/`;
  mistakes.ofValue(word(side, location), new Problem(`flags --${side}-… describe a store; ${way}`));
  return {};
}
