/**
 * What one play of the wire campaign consists of, drawn from its seed alone: objects, job, and what goes wrong in which run. Pure.
 */
import { MIB } from "../../lib/limits.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { RequestKind } from "./http_exchange.ts";
import { type Fault, FAULT_KINDS, type FaultKind } from "./wire_fault.ts";

/** Kinds of place, in the order in which plays go through their pairs. */
export const PLACE_KINDS = ["folder", "minio", "versitygw", "embedded", "oss"] as const;

/** One of {@link PLACE_KINDS}. */
export type PlaceKind = typeof PLACE_KINDS[number];

/** Source and destination. */
export type Pair = readonly [PlaceKind, PlaceKind];

/** Every ordered pair with a wire in between. */
export const PAIRS: readonly Pair[] = PLACE_KINDS.flatMap((from) => PLACE_KINDS.map((to): Pair => [from, to]))
  .filter(([from, to]) => from !== "folder" || to !== "folder");

/** An object of the source, and what stands or lies under its key at the destination before the first run. */
export interface PlannedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Put in parts of this size, where the place has such a thing. */
  readonly partBytes: number | undefined;
  /** Length of the old bytes at the destination. */
  readonly oldBytes: number | undefined;
  /** A stranger's upload with one part in it. */
  readonly stranger: boolean;
}

/** What goes wrong in one run, by side. With both sides at one address all of it happens there. */
export interface FaultyRun {
  readonly source: readonly Fault[];
  readonly destination: readonly Fault[];
}

/** One play. */
export interface Play {
  readonly seed: number;
  readonly pair: Pair;
  /** Both sides are reached at one address, so that the server copies by itself. */
  readonly oneAddress: boolean;
  readonly objects: readonly PlannedObject[];
  /** Keys of the job besides source, destination and manifest. */
  readonly job: Readonly<Record<string, string | number>>;
  readonly faulty: readonly FaultyRun[];
}

/** Objects of at least this size go in parts of {@link PART_BYTES}. */
export const THRESHOLD_BYTES = 6 * MIB;
/** See {@link THRESHOLD_BYTES}. */
export const PART_BYTES = 5 * MIB;

const NAMES = [
  "a/b/c/deep.txt",
  "with space/two  spaces.txt",
  "中文/文件 一.txt",
  "plus+percent%20.txt",
  "one",
  "two.bin",
  "three.bin",
  "k/04",
  "k/05",
  "k/06",
  "z/last",
];
const SMALL_BYTES = [0, 1, 37, 3000, 3000, 65_537, 300_000, MIB];
/** Answers that may take ten times the timeout, since servers may work long on them, are not held. */
const PATIENT: readonly RequestKind[] = ["complete", "copy"];
/** Requests with an object's bytes behind them or behind their answers. */
const CARRIES_BYTES: readonly RequestKind[] = ["get", "put", "part"];
const ASKED_OF_SOURCE: readonly RequestKind[] = ["list", "head", "get", "get", "get", "bucket"];
const ASKED_OF_DESTINATION: readonly RequestKind[] = [
  "list",
  "head",
  "put",
  "put",
  "create",
  "part",
  "part",
  "complete",
  "complete",
  "list uploads",
  "list parts",
  "abort",
  "bucket",
];
const ASKED_FOR_COPIES: readonly RequestKind[] = ["list", "head", "copy", "copy", "copy", "create", "complete", "list uploads", "put"];

/** The play of this seed. */
export function drawPlay(seed: number): Play {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1));
  const draw: Draw = {
    chance: (share) => random() < share,
    count: (below) => Math.floor(random() * below),
    of: (list) => list[Math.floor(random() * list.length)] as never,
    share: random,
  };
  const pair = PAIRS[(seed - 1) % PAIRS.length] ?? ["folder", "minio"];
  const oneAddress = pair[0] === pair[1] && draw.chance(0.6);
  const big = 1 + draw.count(2);
  const objects = [...NAMES.map((key) => drawObject(draw, key, draw.of(SMALL_BYTES))), ...bigObjects(draw, big)];
  const job = {
    workers: 1 + draw.count(2),
    parts_in_flight: 1 + draw.count(3),
    objects_in_flight: 1 + draw.count(8),
    retries: 3 + draw.count(3),
    retry_delay: `${draw.of([5, 20, 60])}ms`,
    timeout: "1500ms",
    multipart_threshold: `${THRESHOLD_BYTES}`,
    part_size: `${PART_BYTES}`,
    copy_threshold: `${draw.of([PART_BYTES, 64 * MIB])}`,
    verify: draw.of(["auto", "auto", "checksum", "full"]),
    unfinished: draw.of(["resume", "resume", "abort"]),
  };
  const runs = draw.chance(0.7) ? 1 : 2;
  const faulty = Array.from({ length: runs }, () => drawRun(draw, pair, oneAddress));
  return provable({ seed, pair, oneAddress, objects, job, faulty });
}

/**
 * Where bytes are changed on the way, the source must say something that speaks against it, else nobody could know (docs/reliability.md,
 * "Not promised"): an MD5, or MD5s of parts that keep their size; and the job must ask for it where that costs a second reading.
 */
function provable(play: Play): Play {
  const { pair: [from, to], faulty, objects, job, oneAddress } = play;
  // Uploads of an object that goes by one request are not looked for: a copy on the server up to the threshold, but for objects in parts
  // whose ETag is to be kept, which OSS cannot.
  const isOneCopy = ({ sizeBytes, partBytes }: PlannedObject) =>
    oneAddress && sizeBytes <= Number(job.copy_threshold) && (partBytes === undefined || to === "oss");
  const looked = objects.map((object) => ({ ...object, stranger: object.stranger && !isOneCopy(object) }));
  const changed = faulty.some(({ source, destination }) => [...source, ...destination].some(changesBytes));
  if (!changed || from === "folder" || from === "oss") return { ...play, objects: looked };
  const told = looked.map((object) => ({
    ...object,
    partBytes: to !== "folder" && object.sizeBytes >= THRESHOLD_BYTES ? PART_BYTES : undefined,
  }));
  return { ...play, objects: told, job: { ...job, ...(to === "folder" && job.verify === "auto" && { verify: "checksum" }) } };
}

function changesBytes({ kind, place, aim }: Fault): boolean {
  return (kind === "flip answer" || kind === "flip request") && place === "body" && aim.some((one) => CARRIES_BYTES.includes(one));
}

interface Draw {
  chance(share: number): boolean;
  count(below: number): number;
  of<T>(list: readonly T[]): T;
  share(): number;
}

function bigObjects(draw: Draw, count: number): PlannedObject[] {
  return Array.from({ length: count }, (_, index) => {
    const sizeBytes = draw.of([THRESHOLD_BYTES, 2 * PART_BYTES, THRESHOLD_BYTES + draw.count(10 * MIB)]);
    return {
      ...drawObject(draw, `big/${index}.bin`, sizeBytes),
      partBytes: draw.chance(0.5) ? draw.of([PART_BYTES, 7 * MIB]) : undefined,
      stranger: draw.chance(0.3),
    };
  });
}

/** Old bytes have another length: what is as long and not older counts as the same between stores that cannot compare better. */
function drawObject(draw: Draw, key: string, sizeBytes: number): PlannedObject {
  const oldBytes = draw.chance(0.3) ? sizeBytes % 5000 + 7 : undefined;
  return { key, sizeBytes, partBytes: draw.chance(0.1) ? PART_BYTES : undefined, oldBytes, stranger: false };
}

function drawRun(draw: Draw, [from, to]: Pair, oneAddress: boolean): FaultyRun {
  const source: Fault[] = [];
  const destination: Fault[] = [];
  const relayed = from !== "folder" && to !== "folder";
  for (let left = 2 + draw.count(5); left > 0; left--) {
    if (oneAddress) source.push(drawFault(draw, ASKED_FOR_COPIES, relayed));
    else if (to === "folder" || (from !== "folder" && draw.chance(0.4))) source.push(drawFault(draw, ASKED_OF_SOURCE, relayed));
    else destination.push(drawFault(draw, ASKED_OF_DESTINATION, relayed));
  }
  return { source, destination };
}

/** Faults that make the program wait for its timeout. */
const HOLDING: ReadonlySet<FaultKind> = new Set(["stall", "long length"]);

function drawFault(draw: Draw, asked: readonly RequestKind[], relayed: boolean): Fault {
  const kind = draw.of(FAULT_KINDS);
  const holds = HOLDING.has(kind);
  const aims = asked.filter((aim) => !(holds && PATIENT.includes(aim)) && !(kind === "lost answer" && aim === "get"));
  const often = holds || kind === "refuse" ? 2 : 30;
  return {
    kind,
    aim: [draw.of(aims)],
    skip: draw.chance(0.5) ? 0 : draw.count(4),
    times: draw.chance(0.7) ? 1 : draw.chance(0.5) ? 2 : often,
    at: draw.share(),
    way: draw.chance(0.5) ? "request" : "answer",
    place: draw.chance(0.6) ? "body" : "head",
    mask: 1 << draw.count(7),
    ms: kind === "refuse" ? 50 + draw.count(300) : 20 + draw.count(400),
    keeps: draw.chance(0.5),
    bytesMax: holds && relayed ? 256 * 1024 : Infinity,
  };
}
