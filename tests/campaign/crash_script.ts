/**
 * What one play of the crash campaign consists of, drawn from its seed alone: objects, job, and who dies when. Pure.
 */
import { MIB } from "../../lib/limits.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { RequestKind } from "./http_exchange.ts";
import type { PlaceKind } from "./wire_script.ts";

/** Source, destination, and whether one server at one address is both. */
export type CrashPair = readonly [PlaceKind, PlaceKind, "same address"?];

/** Pairs in the order in which plays go through them. */
export const CRASH_PAIRS: readonly CrashPair[] = [
  ["folder", "minio"],
  ["minio", "folder"],
  ["minio", "versitygw"],
  ["folder", "oss"],
  ["oss", "minio"],
  ["minio", "minio", "same address"],
  ["versitygw", "folder"],
  ["minio", "oss"],
  ["folder", "versitygw"],
  ["oss", "folder"],
  ["versitygw", "minio"],
  ["folder", "embedded"],
  ["embedded", "minio"],
  ["minio", "minio"],
  ["oss", "versitygw"],
  ["embedded", "folder"],
  ["versitygw", "versitygw", "same address"],
  ["versitygw", "oss"],
  ["minio", "embedded"],
  ["embedded", "oss"],
  ["oss", "oss", "same address"],
  ["oss", "embedded"],
  ["embedded", "versitygw"],
  ["embedded", "embedded", "same address"],
];

/** An object of the source, and what stands under its key at the destination before the first run. */
export interface CrashObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Put in parts of this size, where the place has such a thing. */
  readonly partBytes: number | undefined;
  /** Length of the old bytes at the destination. */
  readonly oldBytes: number | undefined;
  /** A stranger's upload with one part in it. */
  readonly stranger: boolean;
}

/** When a run dies. Whatever is meant is held still until the program is dead. */
export type Moment =
  | { readonly side: "source" | "destination"; readonly after: "bytes"; readonly direction: "sent" | "answered"; readonly bytes: number }
  | { readonly side: "source" | "destination"; readonly after: "requests"; readonly count: number }
  /** Before the n-th such request goes on, or before its answer does. */
  | {
    readonly side: "source" | "destination";
    readonly after: "asked" | "answered";
    readonly kind: RequestKind;
    readonly nth: number;
  }
  /** The n-th thing that happens in the destination folder. */
  | { readonly side: "folder"; readonly after: "writes"; readonly count: number };

/** One round: one run or two at once, and the end of one or of both. */
export interface Death {
  readonly moment: Moment;
  readonly signal: "SIGKILL" | "SIGINT" | "SIGTERM";
  readonly company: "alone" | "one dies" | "both die";
  /** What a dead program had sent still reaches the server. */
  readonly lastWords: boolean;
}

/** One play. */
export interface CrashPlay {
  readonly seed: number;
  readonly pair: readonly [PlaceKind, PlaceKind];
  readonly sameAddress: boolean;
  readonly objects: readonly CrashObject[];
  /** Keys of the job besides source, destination, manifest and part size. */
  readonly job: Readonly<Record<string, string | number>>;
  /** Part size of each run in MiB, in order and then from the front: what one run asks for must not matter to the next. */
  readonly partMib: readonly number[];
  /** The job deletes what the source does not have, and there is such a thing. */
  readonly mirror: boolean;
  readonly deaths: readonly Death[];
}

/** Objects of at least this size go in parts. */
export const CRASH_THRESHOLD_BYTES = 6 * MIB;

const SMALL_BYTES = [0, 1, 37, 3000, 3000, 65_537, 300_000, MIB];
const SMALL_KEYS = ["a/b/c/deep.txt", "with space/two  spaces.txt", "中文/文件 一.txt", "plus+percent%20.txt", "one", "z/last"];
const FROM_SOURCE: readonly RequestKind[] = ["list", "head", "get", "get", "get"];
const TO_DESTINATION: readonly RequestKind[] = [
  "list",
  "head",
  "put",
  "put",
  "create",
  "part",
  "part",
  "part",
  "complete",
  "complete",
  "list uploads",
  "list parts",
];
const COPIES: readonly RequestKind[] = ["list", "copy", "copy", "create", "complete", "list uploads", "list parts"];

class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(Math.imul(seed, 0x85ebca6b));
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** The play of this seed. */
export function drawCrash(seed: number): CrashPlay {
  const draw = new Draw(seed);
  const [from, to, address] = CRASH_PAIRS[(seed - 1) % CRASH_PAIRS.length] ?? ["folder", "minio"];
  const sameAddress = address !== undefined;
  const objects = drawObjects(draw);
  const bytes = objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // Half of all bytes, so that most moments come.
  const deaths = Array.from({ length: 1 + draw.below(4) }, () => drawDeath(draw, from, to, sameAddress, bytes / 2));
  const mirror = draw.chance(0.3);
  const job = {
    workers: 1 + draw.below(2),
    parts_in_flight: 1 + draw.below(3),
    objects_in_flight: 1 + draw.below(8),
    retries: 5,
    retry_delay: "20ms",
    timeout: "30s",
    multipart_threshold: `${CRASH_THRESHOLD_BYTES}`,
    copy_threshold: `${5 * MIB}`,
    verify: draw.of(["auto", "auto", "auto", "checksum"]),
    unfinished: draw.of(["resume", "resume", "resume", "abort"]),
    ...(mirror && { delete: "yes" }),
  };
  const partMib = Array.from({ length: 3 }, () => draw.of([5, 5, 5, 6, 8]));
  return { seed, pair: [from, to], sameAddress, objects, job, partMib, mirror, deaths };
}

function drawObjects(draw: Draw): CrashObject[] {
  const big = Array.from({ length: 1 + draw.below(2) }, (_, at) => {
    const sizeBytes = draw.of([CRASH_THRESHOLD_BYTES, 10 * MIB, 15 * MIB, 11 * MIB + draw.below(10 * MIB)]);
    const partBytes = draw.chance(0.5) ? draw.of([5, 7]) * MIB : undefined;
    return { ...drawObject(draw, `big/${at}.bin`, sizeBytes), partBytes, stranger: draw.chance(0.15) };
  });
  const many = Array.from({ length: draw.below(20) }, (_, at) => `many/${String(at).padStart(2, "0")}`);
  return [...[...SMALL_KEYS, ...many].map((key) => drawObject(draw, key, draw.of(SMALL_BYTES))), ...big];
}

/** Old bytes have another length: what is as long and not older counts as the same where stores cannot compare better. */
function drawObject(draw: Draw, key: string, sizeBytes: number): CrashObject {
  return {
    key,
    sizeBytes,
    partBytes: undefined,
    oldBytes: draw.chance(0.25) ? (sizeBytes % 5000) + 7 : undefined,
    stranger: false,
  };
}

function drawDeath(draw: Draw, from: PlaceKind, to: PlaceKind, sameAddress: boolean, bytes: number): Death {
  return {
    moment: drawMoment(draw, from, to, sameAddress, bytes),
    signal: draw.chance(0.85) ? "SIGKILL" : draw.of(["SIGINT", "SIGTERM"]),
    company: draw.chance(0.65) ? "alone" : draw.of(["one dies", "both die"]),
    lastWords: draw.chance(0.5),
  };
}

function drawMoment(draw: Draw, from: PlaceKind, to: PlaceKind, sameAddress: boolean, bytes: number): Moment {
  if (to === "folder" && draw.chance(0.4)) return { side: "folder", after: "writes", count: 1 + draw.below(draw.of([3, 30, 200])) };
  const side = from === "folder" ? "destination" : to === "folder" || draw.chance(0.2) ? "source" : "destination";
  const kinds = sameAddress ? COPIES : side === "source" ? FROM_SOURCE : TO_DESTINATION;
  if (draw.chance(0.4)) {
    return { side, after: draw.chance(0.4) ? "asked" : "answered", kind: draw.of(kinds), nth: 1 + (draw.chance(0.5) ? 0 : draw.below(5)) };
  }
  if (sameAddress || draw.chance(0.25)) return { side, after: "requests", count: 1 + draw.below(40) };
  return { side, after: "bytes", direction: side === "source" ? "answered" : "sent", bytes: 1 + draw.below(Math.ceil(bytes)) };
}
