/**
 * What the source says, what passed here and what the destination says, put together: evidence, or what speaks against it. Pure; never
 * explains a mismatch away.
 */
import type { Checksum, DeclaredChecksum, DigestAlgorithm, Digests, Evidence, PartInfo } from "../types.ts";
import { combineCrcs, combineMd5, DIGEST_ORDER, fullValue, isCombinable, md5Text, sameDigest } from "./digest.ts";
import type { PartsTable } from "./parts_table.ts";
import type { Want } from "./want.ts";

/** Evidence, and the digest that it rests on. */
export interface Finding {
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
}

/** The digest that contradicts. */
export interface Wrong {
  readonly wrong: DigestAlgorithm;
}

/** Nothing but the size is known. */
export const UNPROVED: Finding = { evidence: "size", digest: undefined };

/** What was taken here in the form of what is said: for an object that was uploaded as one part, a digest over that part's. */
function inFormOf(digests: Digests, said: Checksum): string | undefined {
  const ours = digests[said.algorithm];
  if (said.type === "full" || ours === undefined) return ours;
  return said.algorithm === "md5" && said.parts === 1 ? combineMd5([ours])?.value : undefined;
}

/** The first digest that was taken here and is not what is said of the same bytes. */
export function mismatch(digests: Digests, said: readonly Checksum[]): DigestAlgorithm | undefined {
  return said.find((one) => (inFormOf(digests, one) ?? one.value) !== one.value)?.algorithm;
}

/** The first digest on which both agree. */
function agreed(digests: Digests, said: readonly Checksum[]): DigestAlgorithm | undefined {
  return said.find((one) => inFormOf(digests, one) === one.value)?.algorithm;
}

/** What is known of an object that travelled by one request. */
export interface ObjectFacts {
  /** What the source says of it. */
  readonly source: readonly Checksum[];
  /** Taken here of the bytes that passed, or sent along with them. */
  readonly digests: Digests;
  /** What the destination says of it; a folder says nothing. */
  readonly destination: readonly Checksum[] | "folder";
  /** The digest taken here that one of the stores works out by itself; see {@link hashedOnWay} in want.ts. */
  readonly known: DigestAlgorithm | undefined;
  /** The destination was given a digest to insist on. */
  readonly guarded: boolean;
}

/** Evidence for an object that travelled by one request, or what contradicts. */
export function judgeObject({ source, digests, destination, known, guarded }: ObjectFacts): Finding | Wrong {
  const digest = agreed(digests, destination === "folder" ? source : destination);
  const hashed: Finding = digest === undefined ? UNPROVED : { evidence: "hashed", digest };
  if (destination === "folder") return hashed;
  const wrong = mismatch(digests, destination);
  if (wrong !== undefined) return { wrong };
  if (known !== undefined && digests[known] !== undefined) {
    const theirs = fullValue(destination, known);
    const arrived = theirs !== undefined || digest !== undefined || guarded;
    if (arrived && (theirs ?? fullValue(source, known)) !== undefined) return { evidence: "hashed", digest: known };
  }
  return compareStores(source, destination) ?? hashed;
}

/** What two stores say of the whole: the MD5 first. An MD5 alone that differs proves nothing, as an encryption may go unnamed. */
export function compareStores(source: readonly Checksum[], destination: readonly Checksum[]): Finding | Wrong | undefined {
  const md5 = fullValue(source, "md5");
  if (md5 !== undefined && md5 === fullValue(destination, "md5")) return { evidence: "etag", digest: "md5" };
  for (const one of source) {
    if (one.type !== "full" || one.algorithm === "md5") continue;
    const value = fullValue(destination, one.algorithm);
    if (value !== undefined) return value === one.value ? { evidence: "checksum", digest: one.algorithm } : { wrong: one.algorithm };
  }
  return undefined;
}

/** Digests of a range of the source that could prove a listed part. MD5, which costs most, only where no other has 64 bits or more. */
export function digestsToProve(part: PartInfo): DigestAlgorithm[] {
  const listed = part.checksums.map((checksum) => checksum.algorithm);
  const strong = listed.some((algorithm) => algorithm !== "crc32" && algorithm !== "crc32c" && algorithm !== "md5");
  return strong ? listed.filter((algorithm) => algorithm !== "md5") : listed;
}

/**
 * True when one digest agrees. An ETag that is not an MD5 (KMS) disagrees without meaning anything, so a checksum may still agree; a part
 * with nothing to compare is not proved.
 */
export function provesPart(part: PartInfo, digests: Digests): boolean {
  return part.checksums.some((checksum) => digests[checksum.algorithm] === checksum.value);
}

/** The state of an upload that is judged. */
export interface Judged {
  readonly want: Want;
  /** The destination is a folder: what was taken here is all that is known of the parts. */
  readonly folder: boolean;
  readonly parts: PartsTable;
  /** What was declared when the upload was created. */
  readonly declared: DeclaredChecksum | undefined;
  /** The MD5 of a whole partial file, where it was read again, and the one that it must have. */
  readonly file: { readonly found: Checksum | undefined; readonly wanted: Checksum | undefined } | undefined;
}

/** The whole's CRC out of those of the parts: ours, else what the destination says of a part. Undefined where one is not known. */
function combined({ parts }: Judged, algorithm: DigestAlgorithm, whose: "anybody's" | "ours" = "anybody's"): Checksum | undefined {
  if (!isCombinable(algorithm)) return undefined;
  const infos = whose === "ours" ? [] : parts.infos();
  const values = parts.digests().map((ours, index) => ours?.[algorithm] ?? fullValue(infos[index]?.checksums ?? [], algorithm));
  return combineCrcs(algorithm, values, (partNumber) => parts.sizeOf(partNumber));
}

/** The MD5 of part MD5s: the destination's, for a folder ours. Undefined where one is not known. */
function combinedMd5({ parts, folder }: Judged): Checksum | undefined {
  return combineMd5(folder ? parts.digests().map((ours) => ours?.md5) : parts.infos().map(({ checksums }) => fullValue(checksums, "md5")));
}

/** The checksum that the destination shall insist on. */
export function checksumToInsist(judged: Judged): Checksum | undefined {
  const { want, declared } = judged;
  if (!declared || declared.type === "composite") return undefined;
  if (want.whole?.algorithm === declared.algorithm) return want.whole;
  if (!want.guard && !want.digests.includes(declared.algorithm)) return undefined;
  return combined(judged, declared.algorithm, "ours");
}

/** What speaks against completing. `worked`: the MD5 over parts that was worked out, where the source has another one. */
export interface Doubt {
  readonly reason: string;
  readonly worked?: string | undefined;
}

/** What speaks against completing, although every part is there. */
export function doubtOf(judged: Judged): Doubt | undefined {
  const { want: { whole, composite, digests }, parts, folder, file } = judged;
  if (file?.wanted && file.found && !sameDigest(file.found, file.wanted)) {
    return { reason: "the file's MD5 is not the source's", worked: file.found.type === "composite" ? md5Text(file.found) : undefined };
  }
  if (whole) {
    const ours = combined(judged, whole.algorithm);
    // Where nothing was taken on the way, a part may be unknown: then the destination is held to the whole.
    const wrong = ours === undefined ? digests.includes(whole.algorithm) : ours.value !== whole.value;
    if (wrong) return { reason: `the ${whole.algorithm} is not the source's` };
    if (folder) return undefined;
  }
  if (composite === undefined) return undefined;
  const worked = combinedMd5(judged);
  if (worked !== undefined) {
    if (sameDigest(worked, composite)) return undefined;
    return { reason: `the parts make ETag ${md5Text(worked)}, the source has ${md5Text(composite)}`, worked: md5Text(worked) };
  }
  if (folder) return { reason: "the MD5 of a part is not known" };
  // Opaque part ETags prove nothing: parts that were taken on trust in them are sent again, unless a checksum covers the whole.
  return parts.foundBytes > 0 && !checksumToInsist(judged) ? { reason: "the parts' ETags are not MD5s" } : undefined;
}

/** What in the response to Complete contradicts the bytes that were sent: the object is there, and it is wrong. */
export function contradiction(judged: Judged, said: readonly Checksum[]): string | undefined {
  for (const theirs of said) {
    if (theirs.type !== "full" || !judged.want.digests.includes(theirs.algorithm)) continue;
    const ours = combined(judged, theirs.algorithm);
    if (ours !== undefined && ours.value !== theirs.value) return `its ${theirs.algorithm} is ${theirs.value}, sent was ${ours.value}`;
  }
  return undefined;
}

function saysOne(said: readonly Checksum[], digests: readonly (Checksum | undefined)[]): boolean {
  return digests.some((ours) => ours !== undefined && said.some((theirs) => sameDigest(ours, theirs)));
}

/** True when the object at the destination has a digest of the source's own, or is the one that these parts make. */
export function isTheObject(judged: Judged, said: readonly Checksum[]): boolean {
  const { want, parts } = judged;
  if (saysOne(said, [want.whole, want.composite])) return true;
  if (!parts.complete) return false;
  return saysOne(said, [combinedMd5(judged), checksumToInsist(judged), ...want.digests.map((algorithm) => combined(judged, algorithm))]);
}

/** The cheapest evidence that the completed object is the source's bytes. */
export function judgeUpload(judged: Judged, said: readonly Checksum[]): Finding {
  const { want: { whole, composite, digests, guard, known }, folder, parts, file } = judged;
  if (folder) {
    // A doubt about either digest would have been a failure.
    if (whole && digests.length > 0) return { evidence: "hashed", digest: whole.algorithm };
    const proved = (file?.wanted && file.found) || (composite && digests.length > 0);
    return proved ? { evidence: "hashed", digest: "md5" } : UNPROVED;
  }
  if (composite !== undefined && saysOne(said, [composite])) return { evidence: "etag", digest: "md5" };
  const arrived = judgeArrival(judged, said);
  if (arrived.evidence !== "size") {
    // What was read is the source's, what was sent has arrived: the digest that is good for both ends is named.
    if (known !== undefined && digests.includes(known)) return { evidence: "hashed", digest: known };
    return guard ? { evidence: "hashed", digest: arrived.digest } : arrived;
  }
  // Without a word on the whole: what the destination says of its parts makes up what the source says of itself.
  const sum = whole && parts.complete && digests.length === 0 ? combined(judged, whole.algorithm) : undefined;
  return sum !== undefined && sum.value === whole?.value ? { evidence: "checksum", digest: sum.algorithm } : arrived;
}

function judgeArrival(judged: Judged, said: readonly Checksum[]): Finding {
  const { want: { whole, digests, ownCrc }, parts } = judged;
  const own = parts.complete && ownCrc !== undefined && digests.includes(ownCrc) ? combined(judged, ownCrc) : undefined;
  for (const ours of [checksumToInsist(judged), own, whole]) {
    if (ours !== undefined && saysOne(said, [ours])) return { evidence: "checksum", digest: ours.algorithm };
  }
  return judgeParts(parts);
}

/** Without a word on the whole: each part's own digest against what the destination says of that part. */
function judgeParts(parts: PartsTable): Finding {
  if (!parts.complete) return UNPROVED;
  const infos = parts.infos();
  const digests = parts.digests();
  const digest = DIGEST_ORDER.find((algorithm) =>
    infos.every(({ checksums }, index) => {
      const ours = digests[index]?.[algorithm];
      return ours !== undefined && ours === fullValue(checksums, algorithm);
    })
  );
  return digest === undefined ? UNPROVED : { evidence: "hashed", digest };
}
