/**
 * When a listed part is proved to be a range of the source: its digest equals that of the range. Pure.
 */
import type { DigestAlgorithm, Digests, PartInfo } from "../types.ts";

/**
 * Digests of the source range that could prove this part: of its ETag where that may be an MD5, and of its listed checksums. Where one of
 * these has 64 bits or more the ETag's MD5, which costs most, need not be computed.
 */
export function digestAlgorithmsFor(part: PartInfo, etagsAreMd5: boolean): DigestAlgorithm[] {
  const listed = part.checksums.map((checksum) => checksum.algorithm);
  const strong = listed.some((algorithm) => algorithm !== "crc32" && algorithm !== "crc32c" && algorithm !== "md5");
  return strong || !etagsAreMd5 ? listed.filter((algorithm) => algorithm !== "md5") : listed;
}

/**
 * True when one digest agrees. An ETag that is no MD5 (KMS) disagrees without meaning anything, so a checksum may still agree; a part
 * with nothing to compare is not proved.
 */
export function provesPart(part: PartInfo, digests: Digests): boolean {
  return part.checksums.some((checksum) => digests[checksum.algorithm] === checksum.value);
}
