/** The buckets of the simulation: stores in memory whose objects are spans of an endless text. */
import { MemoryBucket } from "../store/memory_bucket.ts";
import type { StoreTraits } from "../store/store_traits.ts";
import type * as memory from "../store/stored.ts";
import { MATTER, type Matter, same } from "./matter.ts";

/** An object as it is stored. */
export type Stored = memory.Stored<Matter>;
/** A part as it is stored, and what the listing says of it, which may be a lie. */
export type StoredPart = memory.StoredPart<Matter>;
/** An unfinished upload. */
export type StoredUpload = memory.StoredUpload<Matter>;

/** See the file comment. */
export class Bucket extends MemoryBucket<Matter> {
  constructor(name: string, traits: StoreTraits, worldMs: () => number) {
    super(name, MATTER, traits, { worldMs });
  }
}

/** True when both objects have the same bytes. */
export function sameObject(one: Stored | undefined, other: Stored | undefined): boolean {
  return one === undefined || other === undefined ? one === other : same(one.content, other.content);
}
