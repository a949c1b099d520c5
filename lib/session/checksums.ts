/**
 * Checksums of parts put together and compared: pure. Values are in the form that Checksum in types.ts documents.
 */
import { type CombinableCrc, combineCrc } from "../bytes/crc_combine.ts";
import type { Checksum, DigestAlgorithm, Digests, PartLayout } from "../types.ts";
import { sizeOf } from "./layout.ts";

const COMBINABLE: ReadonlySet<string> = new Set(["crc32", "crc32c", "crc64nvme", "crc64ecma"] satisfies CombinableCrc[]);

/** True for digests of a whole that can be worked out from digests of its parts. */
export function isCombinable(algorithm: DigestAlgorithm): algorithm is CombinableCrc {
  return COMBINABLE.has(algorithm);
}

/** The stored checksum of the whole object that costs least to compute, of those in `allowed`; cheapest first. */
export function fullChecksum(checksums: readonly Checksum[], allowed: readonly DigestAlgorithm[]): Checksum | undefined {
  for (const algorithm of allowed) {
    const found = checksums.find((checksum) => checksum.algorithm === algorithm && checksum.type === "full");
    if (found) return found;
  }
  return undefined;
}

/** True when both lists hold the same full-object checksum; false when they contradict; undefined when nothing can be compared. */
export function sameChecksum(
  left: readonly Checksum[],
  right: readonly Checksum[],
): { same: boolean; algorithm: DigestAlgorithm } | undefined {
  for (const one of left) {
    const other = right.find((candidate) => candidate.algorithm === one.algorithm && candidate.type === one.type);
    if (other && one.type === "full") return { same: one.value === other.value, algorithm: one.algorithm };
  }
  return undefined;
}

/** The CRC of the whole object from those of its parts; undefined when a part's is not known. */
export function combineParts(
  algorithm: CombinableCrc,
  layout: PartLayout,
  digests: readonly (Digests | undefined)[],
): Checksum | undefined {
  let whole = 0n;
  for (const [index, part] of digests.entries()) {
    const value = part?.[algorithm];
    if (value === undefined) return undefined;
    const crc = decodeCrc(algorithm, value);
    whole = index === 0 ? crc : combineCrc(algorithm, whole, crc, sizeOf(layout, index + 1));
  }
  return { algorithm, value: encodeCrc(algorithm, whole), type: "full" };
}

function decodeCrc(algorithm: CombinableCrc, value: string): bigint {
  if (algorithm === "crc64ecma") return BigInt(value);
  return BigInt("0x" + Array.from(atob(value), (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join(""));
}

function encodeCrc(algorithm: CombinableCrc, value: bigint): string {
  if (algorithm === "crc64ecma") return value.toString();
  const digits = algorithm === "crc64nvme" ? 16 : 8;
  const hex = value.toString(16).padStart(digits, "0");
  return btoa(String.fromCharCode(...Array.from(hex.matchAll(/../g), ([byte]) => Number.parseInt(byte, 16))));
}
