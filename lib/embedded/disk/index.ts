/**
 * Keys of a bucket in the order in which S3 lists them, held in memory so that a listing reads no file. Leaves of bounded size keep an
 * insert cheap at any count. It knows nothing of disks or protocols.
 */
import { compareKeys } from "../../bytes/key_order.ts";

const LEAF_ENTRIES_MAX = 512;

/** The first text in key order that is behind every text starting with `prefix`; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/** Entries by key, in key order. */
export class KeyIndex<Entry extends { readonly key: string }> {
  #leaves: Entry[][] = [];
  #size = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  /** The entry of exactly this key. */
  get(key: string): Entry | undefined {
    const leaf = this.#leaves[this.#leafFor(key)];
    const entry = leaf?.[positionIn(leaf, key)];
    return entry?.key === key ? entry : undefined;
  }

  /** Adds an entry, or puts it in the place of the one with its key. */
  set(entry: Entry): void {
    const leafIndex = this.#leafFor(entry.key);
    const leaf = this.#leaves[leafIndex];
    if (leaf === undefined) {
      this.#leaves.push([entry]);
      this.#size++;
      return;
    }
    const position = positionIn(leaf, entry.key);
    if (leaf[position]?.key === entry.key) {
      leaf[position] = entry;
      return;
    }
    leaf.splice(position, 0, entry);
    this.#size++;
    if (leaf.length > LEAF_ENTRIES_MAX) this.#leaves.splice(leafIndex + 1, 0, leaf.splice(LEAF_ENTRIES_MAX >> 1));
  }

  /** Removes the entry of this key, if there is one. */
  delete(key: string): void {
    const leafIndex = this.#leafFor(key);
    const leaf = this.#leaves[leafIndex];
    if (leaf === undefined) return;
    const position = positionIn(leaf, key);
    if (leaf[position]?.key !== key) return;
    leaf.splice(position, 1);
    this.#size--;
    if (leaf.length === 0) this.#leaves.splice(leafIndex, 1);
  }

  /** Replaces everything by these entries, which need no order. */
  fill(entries: Entry[]): void {
    entries.sort((left, right) => compareKeys(left.key, right.key));
    this.#leaves = [];
    for (let first = 0; first < entries.length; first += LEAF_ENTRIES_MAX) {
      this.#leaves.push(entries.slice(first, first + LEAF_ENTRIES_MAX));
    }
    this.#size = entries.length;
  }

  /** Entries whose key is at or behind `key`, in order. Must be read to where it is wanted before the index changes. */
  *from(key: string): Generator<Entry> {
    for (let leafIndex = this.#leafFor(key); leafIndex < this.#leaves.length; leafIndex++) {
      const leaf = this.#leaves[leafIndex] ?? [];
      for (let position = positionIn(leaf, key); position < leaf.length; position++) {
        const entry = leaf[position];
        if (entry !== undefined) yield entry;
      }
    }
  }

  /** The last leaf that starts at or before the key, else the first. */
  #leafFor(key: string): number {
    let low = 0;
    let high = this.#leaves.length;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(this.#leaves[middle]?.[0]?.key ?? "", key) <= 0) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Where the key is in the leaf, or would be. */
function positionIn(leaf: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = leaf.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(leaf[middle]?.key ?? "", key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
