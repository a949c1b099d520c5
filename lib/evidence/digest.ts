/**
 * Forms of digests, how they are compared and how those of parts are combined to that of the whole: pure. Values have the form that
 * Checksum in lib/types.ts documents.
 */
import { COMBINABLE_CRCS, type CombinableCrc, combineCrc, crcFromText, crcToText } from "../bytes/crc_combine.ts";
import { nodeCrypto } from "../node.ts";
import type { Capabilities, Checksum, DigestAlgorithm, ObjectInfo } from "../types.ts";

const MD5_TEXT = /^([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?$/;
const MARK_OF_DIGEST = /^[0-9a-f]{32}(?:-[0-9]{1,5})?$/i;

/** All digests in the order of trust and cost: which of several that are known of the same bytes is compared first. */
export const DIGEST_ORDER: readonly DigestAlgorithm[] = [
  ...new Set<DigestAlgorithm>(["crc64nvme", "sha256", "md5", ...COMBINABLE_CRCS.toReversed(), "sha1"]),
];

/**
 * True when both marks of a version are there and the same. An ETag is opaque, but for one thing: some stores write the hex digits of a
 * digest in capitals in one response and not in another.
 */
export function sameMark(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one === other || (MARK_OF_DIGEST.test(one) && one.toLowerCase() === other.toLowerCase());
}

/** The digest that an MD5 in the form of a listing stands for (32 hex digits, perhaps with `-N`); undefined for any other text. */
export function md5Digest(text: string): Checksum | undefined {
  const [, value, parts] = MD5_TEXT.exec(text) ?? [];
  if (value === undefined) return undefined;
  return parts === undefined ? { algorithm: "md5", value, type: "full" } : { algorithm: "md5", value, type: "composite", parts: +parts };
}

/** An MD5 as ETags and listings write it. */
export function md5Text(digest: Checksum): string {
  return digest.type === "full" ? digest.value : `${digest.value}-${digest.parts}`;
}

/** The N of an MD5 `…-N` in the form of a listing, 0 for a plain one; undefined without an MD5. */
export function md5PartCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Nearly every MD5 is plain, which its length shows.
  return text.length === 32 ? 0 : Number(text.slice(33));
}

/** Parts that an object was made of, as far as its listing vouches for it; undefined for an object of one piece. */
export function multipartCount({ md5, md5Doubtful }: Pick<ObjectInfo, "md5" | "md5Doubtful">): number | undefined {
  return md5Doubtful ? undefined : md5PartCount(md5) || undefined;
}

/** True for an object whose listing vouches for the MD5 of its bytes. */
export function hasPlainMd5({ md5, md5Doubtful }: Pick<ObjectInfo, "md5" | "md5Doubtful">): boolean {
  return !md5Doubtful && md5PartCount(md5) === 0;
}

/** The value of the whole object's digest, or of a part's own. */
export function fullValue(checksums: readonly Checksum[], algorithm: DigestAlgorithm): string | undefined {
  return fullChecksum(checksums, [algorithm])?.value;
}

/** The first of these digests of the whole object that is known. */
export function fullChecksum(checksums: readonly Checksum[], algorithms: readonly DigestAlgorithm[]): Checksum | undefined {
  for (const algorithm of algorithms) {
    const found = checksums.find((one) => one.algorithm === algorithm && one.type === "full");
    if (found) return found;
  }
  return undefined;
}

/** The MD5 of part MD5s, where the store vouches for one. */
export function compositeMd5(checksums: readonly Checksum[]): Extract<Checksum, { type: "composite" }> | undefined {
  for (const one of checksums) if (one.algorithm === "md5" && one.type === "composite") return one;
  return undefined;
}

/** True when both are the same digest of the same form. */
export function sameDigest(left: Checksum, right: Checksum): boolean {
  return sameForm(left, right) && left.value === right.value;
}

/** True when the values of both can be compared: one algorithm, both of the whole, or both over as many parts. */
export function sameForm(left: Checksum, right: Checksum): boolean {
  if (left.algorithm !== right.algorithm) return false;
  return left.type === "full" ? right.type === "full" : right.type === "composite" && right.parts === left.parts;
}

/** True for digests of a whole that can be worked out from digests of its parts. */
export function isCombinable(algorithm: DigestAlgorithm): algorithm is CombinableCrc {
  return (COMBINABLE_CRCS as readonly string[]).includes(algorithm);
}

/** The CRC that a store works out by itself for all it holds; undefined where it has none. */
export function ownCrc({ ownDigests }: Pick<Capabilities, "ownDigests">): CombinableCrc | undefined {
  return ownDigests.find(isCombinable);
}

/**
 * The MD5 that an object has which was put together of parts with these MD5s: over their binary forms, with their number. Undefined when a
 * part's is not known. Every S3 server that derives ETags from MD5 makes them so; the S3 API reference does not promise it.
 */
export function combineMd5(parts: readonly (string | undefined)[]): Checksum | undefined {
  const hash = nodeCrypto().createHash("md5");
  for (const part of parts) {
    if (part === undefined) return undefined;
    hash.update(part, "hex");
  }
  return { algorithm: "md5", value: hash.digest("hex"), type: "composite", parts: parts.length };
}

/** The CRC of the whole from those of its parts; `sizeOf` returns a part's size (counted from 1). Undefined when one is not known. */
export function combineCrcs(
  algorithm: CombinableCrc,
  parts: readonly (string | undefined)[],
  sizeOf: (partNumber: number) => number,
): Checksum | undefined {
  let whole = 0n;
  for (const [index, value] of parts.entries()) {
    if (value === undefined) return undefined;
    const crc = crcFromText(algorithm, value);
    whole = index === 0 ? crc : combineCrc(algorithm, whole, crc, sizeOf(index + 1));
  }
  return { algorithm, value: crcToText(algorithm, whole), type: "full" };
}
