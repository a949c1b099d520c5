/**
 * What simulated objects are made of: spans of an endless text that nobody has written. Cutting, joining and comparing cost nothing,
 * whatever the size. Digests are those of the spans' names, but CRCs join over parts exactly as real ones do, because sluice works
 * that out.
 */
import { createHash } from "node:crypto";
import type { Contents } from "../store/contents.ts";
import { type CombinableCrc, combineCrc } from "../../lib/bytes/crc_combine.ts";
import type { DigestAlgorithm, Digests } from "../../lib/types.ts";

/** Bytes of the text from `at` on. */
interface Span {
  readonly at: number;
  readonly length: number;
}

/** A content. Neighbouring spans are never two, so equal contents have equal spans. */
export type Matter = readonly Span[];

/** For a store in memory. */
export const MATTER: Contents<Matter> = { sizeOf, slice, join, digest: digestOf };

const TEXT_BYTES = 2 ** 40;

/** A content of this size, another one for each draw. */
export function newMatter(sizeBytes: number, random: () => number): Matter {
  return sizeBytes === 0 ? [] : [{ at: Math.floor(random() * TEXT_BYTES), length: sizeBytes }];
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
  const [last] = slice(matter, sizeBytes - 1, sizeBytes - 1);
  return last === undefined ? matter : join([slice(matter, 0, sizeBytes - 2), [{ at: last.at + 1, length: 1 }]]);
}

/** A digest of a content, in the form that Checksum names. */
export function digestOf(matter: Matter, algorithm: DigestAlgorithm): string {
  switch (algorithm) {
    case "crc32":
    case "crc32c":
      return inBase64(crcOf(matter, algorithm), 4);
    case "crc64nvme":
      return inBase64(crcOf(matter, algorithm), 8);
    case "crc64ecma":
      return crcOf(matter, algorithm).toString();
    default:
      return createHash("md5").update(`${algorithm} ${textOf(matter)}`).digest("hex");
  }
}

/** Several digests of a content. */
export function digestsOf(matter: Matter, algorithms: Iterable<DigestAlgorithm>): Digests {
  return Object.fromEntries(Array.from(algorithms, (algorithm) => [algorithm, digestOf(matter, algorithm)]));
}

/** Over spans as over parts. */
function crcOf(matter: Matter, algorithm: CombinableCrc): bigint {
  let whole = 0n;
  for (const [index, { at, length }] of matter.entries()) {
    // What the text before `at` adds to the CRC of the text up to the span's end is taken away again: then CRCs of neighbours join.
    const crc = combineCrc(algorithm, textCrc(algorithm, at), textCrc(algorithm, at + length), length);
    whole = index === 0 ? crc : combineCrc(algorithm, whole, crc, length);
  }
  return whole;
}

/** The CRC of the text up to a place: any number will do, as nobody has written the text. */
function textCrc(algorithm: CombinableCrc, end: number): bigint {
  const hash = createHash("md5").update(`${algorithm} ${end}`).digest();
  return algorithm === "crc32" || algorithm === "crc32c" ? BigInt(hash.readUInt32BE(0)) : hash.readBigUInt64BE(0);
}

function inBase64(crc: bigint, bytes: number): string {
  return btoa(String.fromCharCode(...Array.from({ length: bytes }, (_, index) => Number((crc >> BigInt(8 * (bytes - 1 - index))) & 255n))));
}
