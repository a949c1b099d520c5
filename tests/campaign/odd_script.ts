/**
 * What one play of the odd campaign consists of, drawn from its seed alone: how each store differs from Amazon, objects, job. Pure but
 * for the counters of the bends that an oddity makes.
 */
import { MIB } from "../../lib/limits.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { Oddity, OddSide } from "./odd_bend.ts";
import { FORM_ODDITIES } from "./odd_forms.ts";
import { LISTING_ODDITIES } from "./odd_listings.ts";
import { REFUSAL_ODDITIES } from "./odd_refusals.ts";
import { WAY_ODDITIES } from "./odd_ways.ts";

/** Every oddity, by its name. */
export const ODDITIES: ReadonlyMap<string, Oddity> = new Map(
  [...LISTING_ODDITIES, ...REFUSAL_ODDITIES, ...FORM_ODDITIES, ...WAY_ODDITIES].map((oddity) => [oddity.name, oddity]),
);

/** A kind of place in this campaign. */
export type OddPlace = "folder" | "odd" | "embedded";

/** An object of the source, and what stands under its key at the destination before the first run. */
export interface OddPlanned {
  readonly key: string;
  readonly sizeBytes: number;
  /** Sizes of the parts it was written in, of any inequality. */
  readonly partSizes?: readonly number[];
  readonly tagged?: boolean;
  /** Other bytes of another length, or the same ones. */
  readonly before?: "other" | "same";
}

/** One play. */
export interface OddPlay {
  readonly seed: number;
  readonly pair: readonly [OddPlace, OddPlace];
  /** Names of oddities. */
  readonly source: readonly string[];
  readonly destination: readonly string[];
  readonly objects: readonly OddPlanned[];
  readonly deletes: boolean;
  readonly runs: number;
  /** Keys of the job besides source, destination, delete and manifest. */
  readonly job: Readonly<Record<string, string | number>>;
}

/** Objects of at least this size go in parts of {@link ODD_PART_BYTES}. */
export const ODD_THRESHOLD_BYTES = 6 * MIB;
/** See {@link ODD_THRESHOLD_BYTES}. */
export const ODD_PART_BYTES = 5 * MIB;

/** Pairs of places. */
export const ODD_PAIRS: readonly (readonly [OddPlace, OddPlace])[] = [["folder", "odd"], ["odd", "folder"], ["odd", "odd"], [
  "odd",
  "embedded",
]];
/** Names that orders of listing tell apart; a disk can hold them all. */
const NAMES = [
  "foo/1",
  "foo/2",
  "foo-1/y",
  "foo.conda",
  "foo0",
  "Zoo/a",
  "alpha",
  "Beta",
  "gamma",
  "\u{1f600}/grin",
  "\uff5e/tilde",
  "with space/two  spaces",
  "plus+percent%20",
  "quote\"amp&lt<'",
  "中文/文件 一",
  "k/01",
  "k/02",
  "k/03",
  "k/04",
  "k/05",
  "z:colon*star?",
];
/** Only stores hold these as they are. */
const STORE_NAMES = ["./dot", "a//b", "up/../down", "back\\slash", "ends/", "/leads"];
const SMALL_BYTES = [0, 1, 37, 3000, 3000, 65_537, 300_000, MIB];

interface Draw {
  chance(share: number): boolean;
  count(below: number): number;
  of<T>(list: readonly T[]): T;
}

/** The play of this seed. Its first oddity goes through all of them as seeds go up. */
export function drawOdd(seed: number): OddPlay {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1));
  const draw: Draw = {
    chance: (share) => random() < share,
    count: (below) => Math.floor(random() * below),
    of: (list) => list[Math.floor(random() * list.length)] as never,
  };
  // A stride that shares no factor with most counts: few seeds see every kind of oddity.
  const leading = [...ODDITIES.values()][seed * 37 % ODDITIES.size];
  if (leading === undefined) throw new Error("There are no oddities");
  const pair = draw.of(ODD_PAIRS.filter((one) => sidesOf(leading).some((side) => one[side === "source" ? 0 : 1] === "odd")));
  const odd = (["source", "destination"] as const).filter((_, index) => pair[index] === "odd");
  const leads = draw.of(odd.filter((side) => sidesOf(leading).includes(side)));
  const chosen = (side: OddSide) => odd.includes(side) ? drawOddities(draw, side, side === leads ? leading : undefined) : [];
  return {
    seed,
    pair,
    source: chosen("source"),
    destination: chosen("destination"),
    objects: drawObjects(draw, pair),
    deletes: draw.chance(0.5),
    runs: draw.chance(0.6) ? 1 : 2,
    job: {
      workers: 1,
      parts_in_flight: 1 + draw.count(3),
      objects_in_flight: 1 + draw.count(8),
      retries: 4,
      retry_delay: "10ms",
      timeout: "5s",
      multipart_threshold: ODD_THRESHOLD_BYTES,
      part_size: ODD_PART_BYTES,
      verify: draw.of(["auto", "auto", "auto", "size", "checksum", "full"]),
    },
  };
}

/** Whether this play must end with exit code 0. */
export function mustEndWell({ source, destination, deletes, job }: OddPlay): boolean {
  const sides = [["source", source], ["destination", destination]] as const;
  // A second reading, or evidence that a store does not have, may be wanted in vain.
  const strict = job.verify === "full" || job.verify === "checksum";
  return !(strict && source.length + destination.length > 0) && sides.every(([side, names]) =>
    names.every((name) => {
      const well = ODDITIES.get(name)?.well ?? false;
      return well === "without delete" ? !deletes : typeof well === "boolean" ? well : well.includes(side);
    })
  );
}

/** So many bytes that do not compress; the same for the same stream. By xorshift, because a play needs tens of millions of them. */
export function bytesOfStream(length: number, stream: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = Math.imul(stream, 0x85ebca6b) | 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

function sidesOf({ sides }: Oddity): readonly OddSide[] {
  return sides ?? ["source", "destination"];
}

function drawOddities(draw: Draw, side: OddSide, leading: Oddity | undefined): string[] {
  const chosen = leading === undefined ? [] : [leading];
  const fitting = [...ODDITIES.values()].filter((oddity) => sidesOf(oddity).includes(side));
  // Most further oddities are such that the job must end well all the same: else hardly any play asked for that.
  const wanted = leading === undefined ? draw.count(2) : draw.of([0, 0, 1, 1, 2, 3]);
  for (let left = wanted; left > 0; left--) {
    const next = draw.of(draw.chance(0.8) ? fitting.filter(({ well }) => well === true) : fitting);
    if (!chosen.some(({ group }) => group === next.group)) chosen.push(next);
  }
  return chosen.map(({ name }) => name);
}

function drawObjects(draw: Draw, pair: OddPlay["pair"]): OddPlanned[] {
  const names = pair.includes("folder") ? NAMES : [...NAMES, ...STORE_NAMES];
  const small = names.map((key): OddPlanned => ({
    key,
    sizeBytes: draw.of(SMALL_BYTES),
    ...(draw.chance(0.1) && { tagged: true }),
    ...(draw.chance(0.3) && { before: draw.of(["other", "other", "same"]) }),
  }));
  const big = Array.from({ length: 1 + draw.count(2) }, (_, index): OddPlanned => {
    const partSizes = draw.of([undefined, [5 * MIB, 5 * MIB, 3000], [6 * MIB, 5 * MIB, 5 * MIB], [5 * MIB, 7 * MIB], [
      9 * MIB + 1,
      5 * MIB,
      1,
    ]]);
    const sizeBytes = partSizes?.reduce((sum, size) => sum + size, 0) ??
      draw.of([ODD_THRESHOLD_BYTES, 10 * MIB, 6 * MIB + draw.count(14 * MIB)]);
    return { key: `big/${index}`, sizeBytes, ...(partSizes && { partSizes }), ...(draw.chance(0.3) && { before: "other" }) };
  });
  return [...small, ...big];
}
