/**
 * What simulated objects are made of: spans of one pool of random bytes. Cutting, joining and comparing cost nothing, whatever the size,
 * and digests are those of the text of the spans; only CRC32 is the real one of the real bytes, because sluice combines it over parts.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { combineCrc } from "../../lib/crc_combine.ts";
import { MIB } from "../../lib/limits.ts";
import { seededRandom } from "../../lib/session/random.ts";
import type { DigestAlgorithm, Digests } from "../../lib/types.ts";

/** Bytes of the pool from `at` on. */
interface Span {
  readonly at: number;
  readonly length: number;
}

/** A content. Neighbouring spans are never two, so equal contents have equal spans. */
export type Matter = readonly Span[];

const POOL_BYTES = 16 * MIB;
const pool = makePool();
const crcs = new Map<string, number>();
const CRCS_KEPT_MAX = 50_000;

function makePool(): Uint8Array {
  const random = seededRandom(20261121);
  return new Uint8Array(Uint32Array.from({ length: POOL_BYTES / 4 }, () => random() * 2 ** 32).buffer);
}

/** A content of this size, another one for each draw. */
export function newMatter(sizeBytes: number, random: () => number): Matter {
  return sizeBytes === 0 ? [] : [{ at: Math.floor(random() * (POOL_BYTES - sizeBytes)), length: sizeBytes }];
}

/** Bytes of a content. */
export function sizeOf(matter: Matter): number {
  return matter.reduce((sum, span) => sum + span.length, 0);
}

/** The bytes from `first` to `last`, both inclusive; what lies beyond the end is missing. */
export function slice(matter: Matter, first: number, last: number): Matter {
  const spans: Span[] = [];
  let start = 0;
  for (const span of matter) {
    const from = Math.max(first, start);
    const to = Math.min(last + 1, start + span.length);
    if (to > from) spans.push({ at: span.at + from - start, length: to - from });
    start += span.length;
  }
  return spans;
}

/** Contents one after the other. */
export function join(pieces: readonly Matter[]): Matter {
  const spans: Span[] = [];
  for (const span of pieces.flat()) {
    const before = spans.at(-1);
    if (before !== undefined && before.at + before.length === span.at) {
      spans[spans.length - 1] = { at: before.at, length: before.length + span.length };
    } else spans.push(span);
  }
  return spans;
}

/** Whether both have the same bytes. */
export function same(one: Matter, other: Matter): boolean {
  return textOf(one) === textOf(other);
}

/** The content in words that can be compared. */
export function textOf(matter: Matter): string {
  return matter.map(({ at, length }) => `${at}+${length}`).join(" ");
}

/** The content with its last byte made another one. */
export function flipped(matter: Matter): Matter {
  const sizeBytes = sizeOf(matter);
  const last = slice(matter, sizeBytes - 1, sizeBytes - 1)[0];
  if (last === undefined) return matter;
  let at = 0;
  while (pool[at] === pool[last.at]) at++;
  return join([slice(matter, 0, sizeBytes - 2), [{ at, length: 1 }]]);
}

/** A digest of a content, in the form that Checksum names. */
export function digestOf(matter: Matter, algorithm: DigestAlgorithm): string {
  if (algorithm === "crc32") return encodeCrc32(crcOf(matter));
  return createHash("md5").update(`${algorithm} ${textOf(matter)}`).digest("hex");
}

/** Several digests of a content. */
export function digestsOf(matter: Matter, algorithms: Iterable<DigestAlgorithm>): Digests {
  return Object.fromEntries(Array.from(algorithms, (algorithm) => [algorithm, digestOf(matter, algorithm)]));
}

function crcOf(matter: Matter): number {
  let whole = 0n;
  for (const [index, span] of matter.entries()) {
    const crc = BigInt(spanCrc(span));
    whole = index === 0 ? crc : combineCrc("crc32", whole, crc, span.length);
  }
  return Number(whole);
}

function spanCrc({ at, length }: Span): number {
  const name = `${at}+${length}`;
  let crc = crcs.get(name);
  if (crc === undefined) {
    if (crcs.size >= CRCS_KEPT_MAX) crcs.clear();
    crc = crc32(pool.subarray(at, at + length));
    crcs.set(name, crc);
  }
  return crc;
}

function encodeCrc32(crc: number): string {
  return btoa(String.fromCharCode(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255));
}
