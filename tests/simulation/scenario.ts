/**
 * What one seed stands for, as plain data: the stores, the objects, the job, what goes wrong and when. Plain, so that a failing one can be
 * made smaller by leaving things out.
 */
import { KIB, MIB } from "../../lib/limits.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { StoreTraits } from "../store/store_traits.ts";

/** One source key. */
export interface ObjectPlan {
  readonly sizeBytes: number;
  /** Uploaded to the source in parts of this size; 0 means by one request. */
  readonly partSizeBytes: number;
  readonly checksum: boolean;
  /** What the destination has under this key before. */
  readonly before: "nothing" | "old" | "same" | "other size";
  /** Somebody else's unfinished uploads at the destination. */
  readonly foreign: "none" | "empty" | "strange" | "right form, wrong bytes" | "right form, some wrong";
}

/** Something that happens when so many events have passed. */
export interface Happening {
  readonly atEvent: number;
  readonly what:
    | "overwrite"
    | "remove"
    | "touch"
    | "kill worker"
    | "interrupt"
    | "crash"
    | "expire uploads"
    | "foreign write"
    | "second run";
  /** Picks the object, the worker, the run: any number. */
  readonly which: number;
}

/** Chances of what may go wrong with one request. */
export interface Faults {
  /** The answer is lost after the work was done. */
  readonly lost: number;
  /** The request is lost before. */
  readonly dropped: number;
  /** The client gives up, and the work is done later all the same. */
  readonly late: number;
  /** The work is done twice; the second answer counts. */
  readonly twice: number;
  /** 500, nothing done. */
  readonly server: number;
  /** 200 with an error in it, to Complete and copies: done or not. */
  readonly error200: number;
  /** SlowDown, nothing done; the chance within a storm. */
  readonly slow: number;
  /** No answer for a minute. */
  readonly stall: number;
  /** A listing page comes again, or the listing breaks off with an error. */
  readonly torn: number;
  /** A byte changes on the way, where something guards it. */
  readonly flip: number;
  /** A broken part is listed as if it were whole. */
  readonly halfPart: number;
  /** A stored part is listed and then refused. */
  readonly lostPart: number;
  /** A worker dies while it starts. */
  readonly stillborn: number;
  /** Fresh credentials cannot be had. */
  readonly refresh: number;
}

/** See the file comment. */
export interface Scenario {
  readonly seed: number;
  readonly source: StoreTraits;
  readonly destination: StoreTraits;
  readonly serverSide: boolean;
  readonly objects: readonly ObjectPlan[];
  /** Keys that only the destination has. */
  readonly extras: number;
  readonly compare: "auto" | "size" | "mtime" | "checksum";
  readonly verify: "auto" | "size" | "checksum" | "full";
  readonly unfinished: "resume" | "abort" | "keep";
  readonly delete: boolean;
  readonly workers: number;
  readonly partsInFlight: number;
  readonly objectsInFlight: number;
  readonly retries: number;
  readonly bandwidthBytesPerSecond: number;
  /** 0: credentials do not expire. */
  readonly credentialsMs: number;
  readonly latencyMs: number;
  readonly pageEntries: number;
  readonly faults: Faults;
  readonly happenings: readonly Happening[];
}

/** Nothing goes wrong. */
export const NO_FAULTS: Faults = {
  lost: 0,
  dropped: 0,
  late: 0,
  twice: 0,
  server: 0,
  error200: 0,
  slow: 0,
  stall: 0,
  torn: 0,
  flip: 0,
  halfPart: 0,
  lostPart: 0,
  stillborn: 0,
  refresh: 0,
};

/** A store of S3 that does all as Amazon says. */
const PLAIN_STORE: StoreTraits = {
  kind: "s3",
  etags: "md5",
  checksums: false,
  ownDigest: false,
  conditions: "kept",
  skewMs: 0,
  listLagMs: 0,
  datesFromUpload: false,
};
const PLAIN_OBJECT: ObjectPlan = { sizeBytes: 0, partSizeBytes: 0, checksum: false, before: "nothing", foreign: "none" };
const PLAIN: Omit<Scenario, "seed"> = {
  source: PLAIN_STORE,
  destination: PLAIN_STORE,
  serverSide: false,
  objects: [],
  extras: 0,
  compare: "auto",
  verify: "auto",
  unfinished: "resume",
  delete: false,
  workers: 1,
  partsInFlight: 1,
  objectsInFlight: 1,
  retries: 3,
  bandwidthBytesPerSecond: 0,
  credentialsMs: 0,
  latencyMs: 20,
  pageEntries: 4,
  faults: NO_FAULTS,
  happenings: [],
};

/** A scenario as it is written down: only what is not plain. */
export type Written = Partial<Omit<Scenario, "seed" | "source" | "destination" | "faults" | "objects">> & {
  readonly seed: number;
  readonly source?: Partial<StoreTraits>;
  readonly destination?: Partial<StoreTraits>;
  readonly faults?: Partial<Faults>;
  readonly objects: readonly Partial<ObjectPlan>[];
};

/** The scenario that was written down. */
export function readScenario(written: Written): Scenario {
  return {
    ...PLAIN,
    ...written,
    source: { ...PLAIN.source, ...written.source },
    destination: { ...PLAIN.destination, ...written.destination },
    faults: { ...NO_FAULTS, ...written.faults },
    objects: written.objects.map((object) => ({ ...PLAIN_OBJECT, ...object })),
  };
}

/** A scenario to be written down. */
export function writeScenario(scenario: Scenario): Written {
  return {
    ...unlike(scenario, { ...PLAIN, seed: NaN }),
    seed: scenario.seed,
    source: unlike(scenario.source, PLAIN.source),
    destination: unlike(scenario.destination, PLAIN.destination),
    faults: unlike(scenario.faults, NO_FAULTS),
    objects: scenario.objects.map((object) => unlike(object, PLAIN_OBJECT)),
  };
}

function unlike<T extends object>(one: T, plain: T): Partial<T> {
  const names = Object.keys(plain) as (keyof T)[];
  const kept = names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(plain[name]));
  return Object.fromEntries(kept.map((name) => [name, one[name]])) as Partial<T>;
}

/** Objects of at least this size go in parts. */
export const THRESHOLD_BYTES = 256 * KIB;
/** `part_size` of the job. */
export const PART_BYTES = 64 * KIB;

type Random = () => number;

/** The scenario of a seed. */
export function drawScenario(seed: number): Scenario {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) >>> 0);
  const kind = pick(random, ["s3 s3", "s3 s3", "s3 s3", "s3 s3", "local s3", "local s3", "s3 local", "server side"]);
  const [source, destination] = kind === "server side" ? ["s3", "s3"] as const : kind.split(" ") as ["s3" | "local", "s3" | "local"];
  const verify = pick(random, ["auto", "auto", "auto", "checksum", "size", "full"] as const);
  const from = drawTraits(random, source);
  const to = kind === "server side" ? from : drawTraits(random, destination);
  const count = 1 + Math.floor(random() ** 2 * 8);
  // With `verify = size` the job says that it wants to know nothing else: what lies in form cannot be seen.
  const trusting = verify === "size";
  const drawn: Scenario = {
    seed,
    source: from,
    destination: to,
    serverSide: kind === "server side",
    objects: Array.from({ length: count }, () => drawObject(random, trusting)),
    extras: random() < 0.5 ? 0 : Math.floor(random() * 4),
    compare: pick(random, ["auto", "auto", "auto", "auto", "checksum", "mtime", "size"]),
    verify,
    unfinished: pick(random, ["resume", "resume", "resume", "resume", "abort", "keep"]),
    delete: random() < 0.4,
    workers: 1 + Math.floor(random() * 3),
    partsInFlight: 1 + Math.floor(random() * 4),
    objectsInFlight: 1 + Math.floor(random() * 4),
    retries: Math.floor(random() * 6),
    bandwidthBytesPerSecond: random() < 0.9 ? 0 : MIB,
    credentialsMs: random() < 0.85 ? 0 : 61_000 + Math.floor(random() * 60_000),
    latencyMs: random() < 0.5 ? 20 : 500,
    pageEntries: 1 + Math.floor(random() * 4),
    faults: random() < 0.15 ? NO_FAULTS : drawFaults(random, trusting),
    happenings: drawHappenings(random),
  };
  return drawn;
}

function pick<const T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function drawTraits(random: Random, kind: StoreTraits["kind"]): StoreTraits {
  const local = kind === "local";
  const skewMs = random() < 0.7 ? 0 : Math.floor((random() - 0.5) * 20 * 60_000);
  if (!local && random() < 0.2) {
    return { kind, etags: "md5", checksums: false, ownDigest: true, conditions: "absent", skewMs, listLagMs: 0, datesFromUpload: false };
  }
  return {
    kind,
    etags: local ? "opaque" : pick(random, ["md5", "md5", "md5", "opaque", "kms"]),
    checksums: !local && random() < 0.6,
    ownDigest: false,
    conditions: local ? "kept" : pick(random, ["kept", "kept", "ignored", "refused", "none"]),
    skewMs,
    listLagMs: local || random() < 0.8 ? 0 : Math.floor(random() * 2000),
    datesFromUpload: !local && random() < 0.3,
  };
}

function drawObject(random: Random, trusting: boolean): ObjectPlan {
  const size = random();
  const inParts = random() < 0.4;
  const sizeBytes = size < 0.1
    ? 0
    : size < 0.4
    ? 1 + Math.floor(random() * (THRESHOLD_BYTES - 1))
    : size < 0.5
    ? THRESHOLD_BYTES
    : THRESHOLD_BYTES + Math.floor(random() * 5 * MIB);
  const foreign = pick(random, ["none", "none", "none", "none", "empty", "strange", "right form, wrong bytes", "right form, some wrong"]);
  return {
    sizeBytes,
    partSizeBytes: inParts && sizeBytes > 0 ? Math.ceil(sizeBytes / (1 + Math.floor(random() * 6))) : 0,
    checksum: random() < 0.4,
    before: pick(random, ["nothing", "nothing", "old", "same", "other size"]),
    foreign: trusting && foreign.startsWith("right") ? "strange" : foreign,
  };
}

function drawFaults(random: Random, trusting: boolean): Faults {
  const some = (most: number) => random() < 0.6 ? 0 : random() ** 2 * most;
  return {
    lost: some(0.3),
    dropped: some(0.3),
    late: some(0.2),
    twice: some(0.2),
    server: some(0.3),
    error200: some(0.8),
    slow: some(1),
    stall: some(0.05),
    torn: some(0.5),
    flip: trusting ? 0 : some(0.2),
    halfPart: trusting ? 0 : some(0.8),
    lostPart: some(0.2),
    stillborn: some(0.2),
    refresh: some(1),
  };
}

function drawHappenings(random: Random): Happening[] {
  const kinds = [
    "overwrite",
    "overwrite",
    "remove",
    "touch",
    "kill worker",
    "kill worker",
    "interrupt",
    "crash",
    "expire uploads",
  ] as const;
  const count = random() < 0.2 ? 0 : 1 + Math.floor(random() * 4);
  const happenings: Happening[] = Array.from({ length: count }, () => ({
    atEvent: 1 + Math.floor(random() ** 2 * 500),
    what: pick(random, [...kinds, "foreign write", "second run", "second run"] as const),
    which: Math.floor(random() * 1000),
  }));
  return happenings.sort((a, b) => a.atEvent - b.atEvent);
}
