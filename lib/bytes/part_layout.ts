/** The arithmetic of parts: where each begins and ends. Pure. Part numbers count from 1. */
import type { PartLayout, Range } from "../types.ts";

/** Cuts `sizeBytes` into parts of `partSizeBytes`, the last one smaller; an empty object is one empty part. */
export function cut(sizeBytes: number, partSizeBytes: number): PartLayout {
  return { sizeBytes, partSizeBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partSizeBytes)) };
}

/** The bytes of a part. */
export function rangeOf({ starts, partSizeBytes, sizeBytes }: PartLayout, partNumber: number): Range {
  if (starts !== undefined) return { first: starts[partNumber - 1] ?? sizeBytes, last: (starts[partNumber] ?? sizeBytes) - 1 };
  const first = (partNumber - 1) * partSizeBytes;
  return { first, last: Math.min(first + partSizeBytes, sizeBytes) - 1 };
}

/** The size of a part. */
export function sizeOf(layout: PartLayout, partNumber: number): number {
  const { first, last } = rangeOf(layout, partNumber);
  return last - first + 1;
}

/** All bytes of an object; undefined for an empty one. */
export function wholeRange(sizeBytes: number): Range | undefined {
  return sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 };
}
