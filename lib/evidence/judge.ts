/**
 * What the source says, what passed here and what the destination says, put together: evidence, or what speaks against it. Pure; never
 * explains a mismatch away.
 */
import type { Checksum, DigestAlgorithm, Digests, Evidence, PartInfo } from "../types.ts";
import { combineCrcs, combineMd5, compositeMd5, fullValue, isCombinable, md5Text, sameDigest } from "./digest.ts";
import type { Want } from "./want.ts";

/** Evidence, and the digest that it rests on. */
export interface Finding {
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
}

const NOTHING: Finding = { evidence: "size", digest: undefined };

/** The first digest that was taken here and is not what is said of the same bytes. */
export function mismatch(digests: Digests, said: readonly Checksum[]): DigestAlgorithm | undefined {
  return said.find((one) => {
    if (one.type === "full") return digests[one.algorithm] !== undefined && digests[one.algorithm] !== one.value;
    // An object that was uploaded as one part: its digest over the parts is that of the only one.
    if (one.algorithm !== "md5" || one.parts !== 1 || digests.md5 === undefined) return false;
    return combineMd5([digests.md5])?.value !== one.value;
  })?.algorithm;
}

/** The first digest on which both agree. */
function agreed(digests: Digests, said: readonly Checksum[]): DigestAlgorithm | undefined {
  return said.find((one) => {
    const ours = digests[one.algorithm];
    if (ours === undefined) return false;
    if (one.type === "full") return ours === one.value;
    return one.algorithm === "md5" && one.parts === 1 && combineMd5([ours])?.value === one.value;
  })?.algorithm;
}

/** What is known of an object that travelled by one request. */
export interface ObjectFacts {
  /** What the source says of it. */
  readonly source: readonly Checksum[];
  /** Taken here of the bytes that passed, or told to the destination. */
  readonly digests: Digests;
  /** What the destination says of it; a folder says nothing. */
  readonly destination: readonly Checksum[] | "folder";
  /** The digest taken here that one of the stores works out by itself; see {@link hashedOnWay} in want.ts. */
  readonly known: DigestAlgorithm | undefined;
  /** The destination was told a digest to insist on. */
  readonly guarded: boolean;
}

/** Evidence for an object that travelled by one request; the digest that contradicts, where one does. */
export function judgeObject({ source, digests, destination, known, guarded }: ObjectFacts): Finding | { readonly wrong: DigestAlgorithm } {
  if (destination === "folder") {
    const digest = agreed(digests, source);
    return digest === undefined ? NOTHING : { evidence: "hashed", digest };
  }
  const wrong = mismatch(digests, destination);
  if (wrong !== undefined) return { wrong };
  if (known !== undefined && digests[known] !== undefined) {
    const arrived = fullValue(destination, known) !== undefined || agreed(digests, destination) !== undefined || guarded;
    if (arrived && (fullValue(destination, known) ?? fullValue(source, known)) !== undefined) return { evidence: "hashed", digest: known };
  }
  return compareStores(source, destination) ??
    (agreed(digests, destination) === undefined ? NOTHING : { evidence: "hashed", digest: agreed(digests, destination) });
}

/** What two stores say of the whole: the MD5 first. An MD5 alone that differs proves nothing, as an encryption may go unnamed. */
export function compareStores(
  source: readonly Checksum[],
  destination: readonly Checksum[],
): Finding | { readonly wrong: DigestAlgorithm } | undefined {
  const md5 = fullValue(source, "md5");
  if (md5 !== undefined && md5 === fullValue(destination, "md5")) return { evidence: "etag", digest: "md5" };
  for (const one of source) {
    if (one.type !== "full" || one.algorithm === "md5") continue;
    const value = fullValue(destination, one.algorithm);
    if (value !== undefined) return value === one.value ? { evidence: "checksum", digest: one.algorithm } : { wrong: one.algorithm };
  }
  return undefined;
}

/**
 * Digests of a range of the source that could prove a listed part. Where one of its checksums has 64 bits or more the MD5, which costs
 * most, need not be computed.
 */
export function digestsToProve(part: PartInfo): DigestAlgorithm[] {
  const listed = part.checksums.map((checksum) => checksum.algorithm);
  const strong = listed.some((algorithm) => algorithm !== "crc32" && algorithm !== "crc32c" && algorithm !== "md5");
  return strong ? listed.filter((algorithm) => algorithm !== "md5") : listed;
}

/**
 * True when one digest agrees. An ETag that is no MD5 (KMS) disagrees without meaning anything, so a checksum may still agree; a part
 * with nothing to compare is not proved.
 */
export function provesPart(part: PartInfo, digests: Digests): boolean {
  return part.checksums.some((checksum) => digests[checksum.algorithm] === checksum.value);
}

/** What is known of the parts of one upload. */
export interface Parts {
  readonly complete: boolean;
  /** Bytes of parts that an earlier run left. */
  readonly foundBytes: number;
  /** What the destination says of each; only when {@link complete}. */
  infos(): readonly PartInfo[];
  /** What was taken here of each. */
  digests(): readonly (Digests | undefined)[];
  /** Size of a part; numbers count from 1. */
  sizeOf(partNumber: number): number;
}

/** The state of an upload that is judged. */
export interface Judged {
  readonly want: Want;
  /** The destination is a folder: what was taken here is all that is known of the parts. */
  readonly folder: boolean;
  readonly parts: Parts;
  /** What was declared when the upload was created. */
  readonly declared: { readonly algorithm: DigestAlgorithm; readonly type?: Checksum["type"] } | undefined;
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
  readonly worked?: string;
}

/** What speaks against completing, although every part is there. */
export function doubtOf(judged: Judged): Doubt | undefined {
  const { want: { whole, composite, digests }, parts, folder, file } = judged;
  if (file?.wanted && file.found && !sameDigest(file.found, file.wanted)) {
    return { reason: "the file's MD5 is not the source's", ...(file.found.type === "composite" && { worked: md5Text(file.found) }) };
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
  if (worked !== undefined && sameDigest(worked, composite)) return undefined;
  if (worked !== undefined) {
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

/** True when the object at the destination is the one that these parts make. */
export function isMadeOfParts(judged: Judged, said: readonly Checksum[]): boolean {
  const known = [combinedMd5(judged), checksumToInsist(judged), ...judged.want.digests.map((algorithm) => combined(judged, algorithm))];
  return known.some((ours) => ours !== undefined && said.some((theirs) => sameDigest(ours, theirs)));
}

/** True when the object at the destination has a digest of the source's own. */
export function isTheSource({ whole, composite }: Want, said: readonly Checksum[]): boolean {
  return [whole, composite].some((ours) => ours !== undefined && said.some((theirs) => sameDigest(ours, theirs)));
}

/** The cheapest evidence that the completed object is the source's bytes. */
export function judgeUpload(judged: Judged, said: readonly Checksum[]): Finding {
  const { want, folder, parts } = judged;
  const { whole, composite, digests, guard, known } = want;
  if (folder) return judgeFile(judged);
  const made = compositeMd5(said);
  if (composite !== undefined && made !== undefined && sameDigest(composite, made)) return { evidence: "etag", digest: "md5" };
  const arrived = judgeArrival(judged, said);
  // What was read is the source's, what was sent has arrived: the digest that is good for both ends is named.
  if (arrived.evidence !== "size" && known !== undefined && digests.includes(known)) return { evidence: "hashed", digest: known };
  if (arrived.evidence !== "size" && guard) return { evidence: "hashed", digest: arrived.digest };
  if (arrived.evidence !== "size" || !whole || !parts.complete) return arrived;
  // Without a word on the whole: what the destination says of its parts makes up what the source says of itself.
  const sum = digests.length === 0 ? combined(judged, whole.algorithm) : undefined;
  return sum?.value === whole.value ? { evidence: "checksum", digest: whole.algorithm } : arrived;
}

/** A doubt about either digest would have been a failure. */
function judgeFile({ want: { whole, composite, digests }, file }: Judged): Finding {
  if (whole && digests.length > 0) return { evidence: "hashed", digest: whole.algorithm };
  const known = file?.wanted !== undefined && file.found !== undefined;
  return known || (composite && digests.length > 0) ? { evidence: "hashed", digest: "md5" } : NOTHING;
}

function judgeArrival(judged: Judged, said: readonly Checksum[]): Finding {
  const { want: { whole, digests, ownCrc }, parts } = judged;
  const own = parts.complete && ownCrc !== undefined && digests.includes(ownCrc) ? combined(judged, ownCrc) : undefined;
  const agrees = (ours: Checksum | undefined) => ours !== undefined && said.some((theirs) => sameDigest(ours, theirs));
  for (const ours of [checksumToInsist(judged), own, whole]) {
    if (ours !== undefined && agrees(ours)) return { evidence: "checksum", digest: ours.algorithm };
  }
  return judgeParts(parts);
}

/** Without a word on the whole: each part's own digest against what the destination says of that part. */
function judgeParts(parts: Parts): Finding {
  if (!parts.complete) return NOTHING;
  const infos = parts.infos();
  const digests = parts.digests();
  for (const algorithm of ["md5", "crc32", "crc32c", "crc64nvme", "crc64ecma", "sha1", "sha256"] as const) {
    const agree = infos.every((info, index) => {
      const ours = digests[index]?.[algorithm];
      return ours !== undefined && ours === fullValue(info.checksums, algorithm);
    });
    if (agree) return { evidence: "hashed", digest: algorithm };
  }
  return NOTHING;
}
