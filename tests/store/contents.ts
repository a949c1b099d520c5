/** What objects of a store in memory are made of: here real bytes, or no more than a size. */
import { createHash } from "node:crypto";
import { seededRandom } from "../../lib/pace/random.ts";
import type { DigestAlgorithm } from "../../lib/types.ts";
import { crc32Base64 } from "./digests.ts";

/** How contents of a kind are measured, cut, joined and digested. */
export interface Contents<C> {
  sizeOf(content: C): number;
  /** The bytes from `first` to `last`, both inclusive; what lies beyond the end is missing. */
  slice(content: C, first: number, last: number): C;
  join(pieces: readonly C[]): C;
  /** In the form that Checksum names. */
  digest(content: C, algorithm: DigestAlgorithm): string;
}

/** Real bytes. */
export const BYTES: Contents<Uint8Array> = {
  sizeOf: (bytes) => bytes.length,
  slice: (bytes, first, last) => bytes.slice(first, last + 1),
  join(pieces) {
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  },
  digest(bytes, algorithm) {
    if (algorithm === "crc32") return crc32Base64(bytes);
    return createHash(algorithm).update(bytes).digest(algorithm === "md5" ? "hex" : "base64");
  },
};

/** Sizes alone, for tests that look at nothing else: every content of a size is the same. */
export const SIZES: Contents<number> = {
  sizeOf: (size) => size,
  slice: (size, first, last) => Math.max(0, Math.min(size, last + 1) - first),
  join: (pieces) => pieces.reduce((sum, piece) => sum + piece, 0),
  digest: (size, algorithm) => createHash("md5").update(`${algorithm} ${size}`).digest("hex"),
};

/** MD5 in hex. */
export function md5(bytes: Uint8Array): string {
  return BYTES.digest(bytes, "md5");
}

/** Bytes that differ everywhere, from a seed. */
export function randomBytes(sizeBytes: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(sizeBytes);
  const block = Uint8Array.from({ length: 4093 }, () => Math.floor(random() * 256));
  for (let at = 0; at < sizeBytes; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, sizeBytes - at)), at);
    bytes[at] = Math.floor(random() * 256);
  }
  return bytes;
}
