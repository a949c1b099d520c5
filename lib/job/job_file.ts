/** Job file to checked jobs. Pure; whatever the text, nothing but a {@link JobFileError} is thrown. */
import { TransferError } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { refuseTogether } from "./key_conflicts.ts";
import type { Side } from "../types.ts";
import { MistakeList, nearestName, Problem } from "./mistake.ts";
import { applyOverrides } from "./override.ts";
import { overlap } from "./overlap.ts";
import { destinationPlace, type Location, type NamedStores, readLocation } from "./place.ts";
import type { JobContext, RawSection } from "./raw_job.ts";
import { readIni } from "./read_ini.ts";
import { expand, SectionReader } from "./section_reader.ts";
import { headerRules, HEADERS } from "./settings/headers.ts";
import { HOW, TRANSFER } from "./settings/how.ts";
import { REMOTE_TYPES } from "./settings/store.ts";
import { REPORT, TUNING } from "./settings/tuning.ts";
import { PLACES, WHICH } from "./settings/which.ts";
import { type NamedStore, readStore, READY_MADE_STORES } from "./store_spec.ts";

/** Stores that replace a ready-made one on one side only: those of `--source-…` and `--destination-…`. */
export type SideStores = Partial<Record<Side, RawSection>>;

/**
 * The jobs of an INI text: all of them, or those that `context.names` asks for. Throws a {@link JobFileError} with every mistake of the
 * file; environment variables that are not set count only where the jobs asked for need them.
 */
export function parseJobFile(text: string, context: JobContext): Job[] {
  const mistakes = new MistakeList(context.file);
  return checkSections(readIni(text, context.file, mistakes), context, mistakes);
}

/** The one job of sections that hold one. Throws likewise, also for what is in `mistakes` already. */
export function checkJob(sections: RawSection[], context: JobContext, mistakes: MistakeList, sides: SideStores = {}): Job {
  const [job] = checkSections(sections, { ...context, names: [] }, mistakes, sides);
  if (job === undefined) throw new Error("A job without a mistake was not given");
  return job;
}

function checkSections(sections: RawSection[], context: JobContext, mistakes: MistakeList, sides: SideStores = {}): Job[] {
  const override = applyOverrides(sections, context.overrides ?? [], mistakes);
  const stores = new Map<string, NamedStore | undefined>(READY_MADE_STORES);
  for (const section of sections) if (section.kind === "store") stores.set(section.name, readStore(section, context, mistakes));
  const storesOf = (side: Side) => {
    const section = sides[side];
    if (section === undefined) return stores;
    const scheme = REMOTE_TYPES.find((type) => type === section.values.get("type")?.text) ?? "s3";
    return new Map(stores).set(scheme, readStore(section, context, mistakes));
  };
  const sideStores = { source: storesOf("source"), destination: storesOf("destination") };
  const defaults = sections.filter(({ kind }) => kind === "defaults");
  const raw = new Map(sections.filter(({ kind }) => kind === "job").map((section) => [section.name, section]));
  const jobs = new Map([...raw].map(([name, section]) => {
    const reader = new SectionReader(section, context, mistakes, [override, section, ...defaults]);
    return [name, readJob(name, { reader, stores: sideStores })];
  }));
  if (raw.size === 0) mistakes.ofFile(new Problem("there is no job; write a section [job.NAME] with source and destination"));
  const asked = context.names?.length ? [...new Set(context.names)] : [...raw.keys()];
  const used = new Set(["defaults"]);
  for (const name of asked) {
    const job = raw.get(name);
    if (job !== undefined) markUsed(used, job, context);
    else if (raw.size > 0) mistakes.ofFile(new Problem(`there is no [job.${name}]`, nearestName(name, [...raw.keys()])));
  }
  mistakes.throwIfAny(used);
  return asked.flatMap((name) => jobs.get(name) ?? []);
}

/** The titles of the sections that a job needs. */
function markUsed(used: Set<string>, job: RawSection, context: JobContext): void {
  used.add(`job.${job.name}`);
  for (const key of ["source", "destination"]) {
    const raw = job.values.get(key);
    const text = raw?.expand ? expand(raw.text, context.env) : raw?.text;
    const scheme = typeof text === "string" ? /^(.*?):\/\//s.exec(text)?.[1] : undefined;
    if (scheme !== undefined) used.add(`store.${scheme}`);
  }
}

interface JobParts {
  readonly reader: SectionReader;
  readonly stores: Readonly<Record<Side, NamedStores>>;
}

/** Undefined when the places have mistakes; everything else is checked all the same. */
function readJob(name: string, { reader, stores }: JobParts): Job | undefined {
  const { context } = reader;
  const source = locate("source", { reader, stores });
  const destination = locate("destination", { reader, stores });
  const which = reader.values(WHICH);
  const rest = {
    ...which,
    names: which.names.filter((name) => name !== ""),
    ...reader.values(HOW),
    rules: { ...reader.values(TRANSFER), headers: headerRules(reader.values(HEADERS)) },
    tuning: reader.values(TUNING),
    report: reader.values(REPORT),
  };
  if (source === undefined || destination === undefined) return undefined;
  const job: Job = { name, source: source.place, destination: destinationPlace(source.place, destination), ...rest };
  refuseTogether(reader, job);
  const problem = overlap(source.place, job.destination, { cwd: context.cwd, ...rest });
  if (problem !== undefined) reader.wrong(PLACES.destination, problem);
  return job;
}

function locate(side: Side, { reader, stores }: JobParts): Location | undefined {
  const setting = PLACES[side];
  if (reader.raw(setting) === undefined) {
    reader.wrong(setting, `the job has no ${side}; write ${side} = PATH or NAME://bucket/prefix/`);
    return undefined;
  }
  const text = reader.value(setting);
  try {
    return text === undefined ? undefined : readLocation(text, stores[side], reader.context);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    reader.wrong(setting, error);
    return undefined;
  }
}
