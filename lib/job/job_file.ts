/**
 * Job file to checked jobs. Pure: the same text and context give the same jobs or the same list of mistakes. Whatever the text, nothing but
 * a {@link JobFileError} is thrown.
 */
import { TransferError } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { refuseTogether } from "./key_conflicts.ts";
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
import { PLACES, SELECTION, selectionOf, WHICH } from "./settings/which.ts";
import { type NamedStore, readStore, READY_MADE_STORES } from "./store_spec.ts";

/** Stores that replace the ready-made `s3` on one side only: those of `--source-…` and `--destination-…`. */
export interface SideStores {
  readonly source?: RawSection;
  readonly destination?: RawSection;
}

/**
 * The jobs of an INI text: all of them, or those that `context.names` asks for. Throws a {@link JobFileError} with every mistake of the
 * file; environment variables that are not set count only where the jobs asked for need them.
 */
export function parseJobFile(text: string, context: JobContext): Job[] {
  const mistakes = new MistakeList(context.file);
  const sections = readIni(text, context.file, mistakes);
  return checkSections(sections, context, mistakes);
}

/** Sections, whichever door they came through, to jobs. Throws a {@link JobFileError} with all mistakes, those in `mistakes` included. */
export function checkSections(sections: RawSection[], context: JobContext, mistakes: MistakeList, sides: SideStores = {}): Job[] {
  const override = applyOverrides(sections, context.overrides ?? [], mistakes);
  const stores = readStores(sections, context, mistakes);
  const defaults = sections.filter(({ kind }) => kind === "defaults");
  const raw = sections.filter(({ kind }) => kind === "job");
  const used = new Set(["defaults"]);
  const jobs = new Map<string, Job | undefined>();
  for (const section of raw) {
    const reader = new SectionReader(section, context, mistakes, [override, section, ...defaults]);
    const sideStores = {
      source: sideOf(sides.source, stores, context, mistakes),
      destination: sideOf(sides.destination, stores, context, mistakes),
    };
    jobs.set(section.name, readJob(section.name, { reader, stores: sideStores }));
  }
  if (raw.length === 0) mistakes.ofFile(new Problem("there is no job; write a section [job.NAME] with source and destination"));
  const asked = context.names?.length ? [...new Set(context.names)] : [...jobs.keys()];
  for (const name of asked) {
    if (!jobs.has(name) && raw.length > 0) {
      mistakes.ofFile(new Problem(`there is no [job.${name}]`, nearestName(name, [...jobs.keys()])));
    }
    markUsed(used, raw.find((section) => section.name === name), context);
  }
  mistakes.throwIfAny(used);
  return asked.flatMap((name) => jobs.get(name) ?? []);
}

/** The titles of the sections that a job needs. */
function markUsed(used: Set<string>, job: RawSection | undefined, context: JobContext): void {
  if (job === undefined) return;
  used.add(`job.${job.name}`);
  for (const key of ["source", "destination"]) {
    const raw = job.values.get(key);
    const text = raw?.expand ? expand(raw.text, context.env) : raw?.text;
    const scheme = typeof text === "string" ? /^(.*?):\/\//s.exec(text)?.[1] : undefined;
    if (scheme !== undefined) used.add(`store.${scheme}`);
  }
}

function readStores(sections: readonly RawSection[], context: JobContext, mistakes: MistakeList): Map<string, NamedStore | undefined> {
  const stores = new Map<string, NamedStore | undefined>(READY_MADE_STORES);
  for (const section of sections) {
    if (section.kind === "store") stores.set(section.name, readStore(section, context, mistakes));
  }
  return stores;
}

function sideOf(section: RawSection | undefined, stores: NamedStores, context: JobContext, mistakes: MistakeList): NamedStores {
  if (section === undefined) return stores;
  const type = section.values.get("type")?.text;
  const scheme = REMOTE_TYPES.find((remote) => remote === type) ?? "s3";
  return new Map(stores).set(scheme, readStore(section, context, mistakes));
}

interface JobParts {
  readonly reader: SectionReader;
  readonly stores: Readonly<Record<"source" | "destination", NamedStores>>;
}

/** Undefined when the places have mistakes; everything else is checked all the same. */
function readJob(name: string, { reader, stores }: JobParts): Job | undefined {
  const { context } = reader;
  const source = locate("source", { reader, stores });
  const destination = locate("destination", { reader, stores });
  const selection = selectionOf(reader.values(SELECTION));
  const which = reader.values(WHICH);
  const rest = {
    ...which,
    names: which.names.filter((name) => name !== ""),
    ...reader.values(HOW),
    ...(selection !== undefined && { selection }),
    rules: { ...reader.values(TRANSFER), headers: headerRules(reader.values(HEADERS)) },
    tuning: reader.values(TUNING),
    report: reader.values(REPORT),
  };
  if (source === undefined || destination === undefined) return undefined;
  const place = destinationPlace(source, destination);
  const job: Job = { name, source: { ...source.place, tree: source.folder }, destination: place, ...rest };
  refuseTogether(reader, job);
  const problem = overlap(source, place, { cwd: context.cwd, ...rest });
  if (problem !== undefined) reader.wrong(PLACES.destination, problem);
  return job;
}

function locate(side: "source" | "destination", { reader, stores }: JobParts): Location | undefined {
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
