/**
 * Job file to checked jobs. Pure: the same text and context give the same jobs or the same list of mistakes. Whatever the text, nothing but
 * a {@link JobFileError} is thrown.
 */
import { MULTIPART_THRESHOLD_BYTES, PART_SIZE_MAX_BYTES } from "../limits.ts";
import type { Job, ReportRules, TransferRules, Tuning } from "../job_types.ts";
import { readHeaderRules } from "./header_rules.ts";
import { readKeySelection } from "./key_selection.ts";
import { JOB_RULES, type JobKey } from "./keys.ts";
import { absolutePath } from "./local_path.ts";
import { MistakeList, nearestName, Problem } from "./mistake.ts";
import { applyOverrides } from "./override.ts";
import { overlap } from "./overlap.ts";
import { destinationPlace, type Location, type NamedStores, readLocation } from "./place.ts";
import type { JobContext, RawSection } from "./raw_job.ts";
import { readIni } from "./read_ini.ts";
import { expand, SectionReader } from "./section_reader.ts";
import { readSelection, SELECTION_KEYS } from "./selection.ts";
import { type NamedStore, readStore, READY_MADE_OSS, READY_MADE_S3, READY_MADE_TAR } from "./store_spec.ts";

/** Stores that replace the ready-made `s3` on one side only: those of `--source-…` and `--destination-…`. */
export interface SideStores {
  readonly source?: RawSection;
  readonly destination?: RawSection;
}

/**
 * The jobs of an INI text: all of them, or those that `context.names` asks for. Throws a {@link JobFileError} with every mistake of the
 * file; environment variables that are not set count only where the jobs asked for need them.
 */
export function parseJobFile(text: string, context: JobContext): { jobs: Job[] } {
  const mistakes = new MistakeList(context.file);
  const sections = readIni(text, context.file, mistakes);
  return { jobs: checkSections(sections, context, mistakes) };
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
    const reader = new SectionReader<JobKey>(section, [override, section, ...defaults], JOB_RULES, context, mistakes);
    const sideStores = {
      source: sideOf(sides.source, stores, context, mistakes),
      destination: sideOf(sides.destination, stores, context, mistakes),
    };
    jobs.set(section.name, readJob(section.name, { reader, stores: sideStores, context }));
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
  const stores = new Map<string, NamedStore | undefined>([
    ["s3", { spec: READY_MADE_S3 }],
    ["oss", { spec: READY_MADE_OSS }],
    ["tar", { spec: READY_MADE_TAR }],
  ]);
  for (const section of sections) {
    if (section.kind === "store") stores.set(section.name, readStore(section, context, mistakes));
  }
  return stores;
}

function sideOf(section: RawSection | undefined, stores: NamedStores, context: JobContext, mistakes: MistakeList): NamedStores {
  if (section === undefined) return stores;
  const scheme = section.values.get("type")?.text === "oss" ? "oss" : "s3";
  return new Map(stores).set(scheme, readStore(section, context, mistakes));
}

interface JobParts {
  readonly reader: SectionReader<JobKey>;
  readonly stores: { readonly source: NamedStores; readonly destination: NamedStores };
  readonly context: JobContext;
}

/** Undefined when the places have mistakes; everything else is checked all the same. */
function readJob(name: string, { reader, stores, context }: JobParts): Job | undefined {
  const source = locate("source", { reader, stores, context });
  const destination = locate("destination", { reader, stores, context });
  const selection = readKeySelection(reader, context);
  const maxSizeBytes = reader.number("max_size", "none");
  const rest = {
    include: reader.list("include"),
    exclude: reader.list("exclude"),
    ...(selection !== undefined && { selection }),
    ...(reader.yesNo("root_node") && { rootNode: true as const }),
    ...readSelection(reader, context),
    minSizeBytes: reader.number("min_size", 0),
    ...(maxSizeBytes !== "none" && { maxSizeBytes }),
    keyPrefix: reader.text("key_prefix") ?? "",
    compare: reader.choice<Job["compare"]>("compare"),
    delete: reader.yesNo("delete"),
    maxDelete: reader.number("max_delete", 0),
    allowEmptySource: reader.yesNo("allow_empty_source"),
    dryRun: reader.yesNo("dry_run"),
    finalCheck: reader.yesNo("final_check"),
    askToClean: reader.yesNo("ask_to_clean"),
    rules: readRules(reader, context),
    tuning: readTuning(reader, context.cores),
    report: readReport(reader, context),
  };
  const hooks = reader.text("hooks");
  if (source === undefined || destination === undefined) return undefined;
  if (!source.folder) refuseForObject(reader, rest.delete);
  const place = destinationPlace(source, destination);
  refuseTogether(reader, { ...rest, source: source.place, destination: place });
  if (rest.delete && !rest.keepPath) reader.wrong("delete", "what is extra cannot be known with keep_path = no; leave one of them out");
  const problem = overlap(source, place, { cwd: context.cwd, ...rest });
  if (problem !== undefined) reader.wrong("destination", problem);
  return {
    name,
    source: { ...source.place, tree: source.folder },
    destination: place,
    ...rest,
    ...(hooks !== undefined && { hooks: absolutePath(hooks, context) }),
  };
}

function locate(side: "source" | "destination", { reader, stores, context }: JobParts): Location | undefined {
  if (reader.raw(side) === undefined) {
    reader.wrong(side, `the job has no ${side}; write ${side} = PATH or NAME://bucket/prefix/`);
    return undefined;
  }
  const text = reader.text(side);
  if (text === undefined) return undefined;
  const location = readLocation(text, stores[side], context);
  if (!(location instanceof Problem)) return location;
  reader.wrong(side, location.text, location.nearest);
  return undefined;
}

/** Keys that contradict each other, or the kind of source. */
function refuseTogether(
  reader: SectionReader<JobKey>,
  job: Pick<Job, "delete" | "selection" | "rules" | "rootNode" | "source" | "destination">,
): void {
  const { source: { store: source }, destination: { store: destination } } = job;
  if (job.delete && job.selection?.limit !== undefined) reader.wrong("delete", "what is extra cannot be known with a limit; leave one out");
  if (job.rules.gzip !== undefined && (source.type !== "local" || destination.type === "local")) {
    reader.wrong("gzip", "only local files that go to a store are compressed; leave gzip out");
  }
  if (job.rules.headers.contentType === "magic" && source.type !== "local") {
    reader.wrong("content_type", "only local files are looked into; write guess");
  }
  const locals = [source, destination].filter((store) => store.type === "local" && !store.archive).length;
  if (job.rules.treeFormat !== undefined && locals !== 1) {
    reader.wrong("tree_format", "it is for jobs between a folder and a store; leave it out");
  }
  if (job.rootNode && job.rules.treeFormat === undefined) reader.wrong("root_node", "only with tree_format = s3sync folders have objects");
  if (destination.type === "local" && destination.archive) reader.wrong("destination", "an archive can only be a source");
  if (source.type !== "local" || !source.archive) return;
  if (destination.type === "local") reader.wrong("destination", "an archive can only be sent to a store; unpack it with tar");
  if (job.delete) reader.wrong("delete", "an archive cannot say what is extra; leave delete out");
}

/** Keys that mean nothing for a single object are mistakes where the job itself gives them. */
function refuseForObject(reader: SectionReader<JobKey>, deletes: boolean): void {
  if (deletes) reader.wrong("delete", "only a tree can delete, and the source is one object; end the source in / or leave delete out");
  const keys = ["include", "exclude", ...SELECTION_KEYS, "key_prefix"] as const;
  for (const key of keys) {
    if (reader.section.values.has(key)) {
      reader.wrong(key, `only a tree has ${key}, and the source is one object; end the source in / or leave ${key} out`);
    }
  }
}

function readRules(reader: SectionReader<JobKey>, context: JobContext): Omit<TransferRules, "serverSideCopy"> {
  const gzip = reader.list("gzip");
  return {
    partSizeBytes: reader.number("part_size", "auto"),
    multipartThresholdBytes: reader.number("multipart_threshold", MULTIPART_THRESHOLD_BYTES),
    copyThresholdBytes: reader.number("copy_threshold", PART_SIZE_MAX_BYTES),
    verify: reader.choice("verify"),
    unfinished: reader.choice("unfinished"),
    headers: readHeaderRules(reader, context),
    ...(gzip.length > 0 && { gzip }),
    ...(reader.choice("tree_format") === "s3sync" && { treeFormat: "s3sync" as const }),
  };
}

function readTuning(reader: SectionReader<JobKey>, cores: number): Tuning {
  return {
    // One core is for main and the kernel: measured, a worker for it too costs CPU and brings no speed.
    workers: reader.number("workers", Math.min(Math.max(1, Math.floor(cores) - 1), 64)),
    partsInFlight: reader.number("parts_in_flight", 1),
    objectsInFlight: reader.number("objects_in_flight", 1),
    bandwidthBytesPerSecond: reader.number("bandwidth", 0),
    retries: reader.number("retries", 0),
    retryDelayMs: reader.number("retry_delay", 0),
    retryGrowth: reader.choice("retry_growth"),
    timeoutMs: reader.number("timeout", 0),
    memoryBytes: reader.number("memory", 0),
  };
}

function readReport(reader: SectionReader<JobKey>, context: JobContext): ReportRules {
  const manifest = reader.text("manifest");
  const logFile = reader.text("log_file");
  return {
    logLevel: reader.choice("log_level"),
    logFormat: reader.choice("log_format"),
    progress: reader.choice("progress"),
    ...(reader.yesNo("log_objects") && { logObjects: true }),
    ...(logFile !== undefined && { logFile: absolutePath(logFile, context) }),
    ...(manifest !== undefined && { manifest: absolutePath(manifest, context) }),
  };
}
