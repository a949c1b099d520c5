/**
 * Which digests are taken of bytes as they pass, which are sent along so that the destination refuses others, and which the source's bytes
 * are held against: one table, pure. Bytes are digested only where nothing cheaper ties both ends. A store with a digest of its own for all
 * it holds needs a row of capabilities and nothing here.
 */
import { COMBINABLE_CRCS, type CombinableCrc } from "../bytes/crc_combine.ts";
import type { TransferRules } from "../job_types.ts";
import type { Capabilities, Checksum, ChecksumAlgorithm, DeclaredChecksum, DigestAlgorithm, ObjectInfo } from "../types.ts";
import { compositeMd5, fullChecksum, hasPlainMd5, isCombinable, multipartCount, ownCrc } from "./digest.ts";

/** What is known of the two ends, for all objects of a job. */
export interface Ends {
  readonly verify: TransferRules["verify"];
  /** No bytes pass here. */
  readonly serverSide: boolean;
  /** Undefined: a folder. */
  readonly source: Pick<Capabilities, "ownDigests"> | undefined;
  /** Undefined: a folder. */
  readonly destination: Pick<Capabilities, "ownDigests" | "checksums"> | undefined;
  /** The job asks for an encryption under which the destination's ETags are not MD5s (S3 API reference, "Object"). */
  readonly hidesMd5: boolean;
}

/** What {@link wantOfParts} needs to know. */
export interface WantQuestion extends Ends {
  /** What the source says of the object. */
  readonly checksums: readonly Checksum[];
  /** The object is cut as the source was, so that its MD5 of part MD5s can be worked out. */
  readonly sameParts: boolean;
  /** The destination takes what is declared at create, and checksums behind the bytes of parts. */
  readonly mayDeclare: boolean;
  /** The destination refuses parts without a digest, or what the source says of its parts did not hold: each part is digested. */
  readonly careful: "refused" | "doubted" | undefined;
}

/** What the parts of one object are digested for, and what they must come to. */
export interface Want {
  /** What the source's stored checksum of the whole says, where the parts' digests can be combined to it or the destination can hold it. */
  readonly whole: Checksum | undefined;
  /** What the parts' MD5s must combine to. */
  readonly composite: Checksum | undefined;
  /** Digests to take of each part as it passes. */
  readonly digests: readonly DigestAlgorithm[];
  /** To declare at create. */
  readonly declare: (DeclaredChecksum & { readonly type: "full" }) | undefined;
  /** Sent behind the bytes of each part, so that the destination refuses others although nothing was read before. */
  readonly trailer: "crc32" | undefined;
  /** Each part carries a digest in front of its bytes: they are read before. */
  readonly guard: boolean;
  /** The destination returns the MD5 of each part. */
  readonly partMd5: boolean;
  /** The CRC that the destination works out of each part by itself. */
  readonly ownCrc: CombinableCrc | undefined;
  /** See {@link hashedOnWay}. */
  readonly known: CombinableCrc | undefined;
}

/**
 * The CRC that one of the two stores works out for all it holds and the other does not: bytes between them are read here once, and compared
 * with both. Undefined where they share it, where there is none, and where nothing shall be read.
 */
export function hashedOnWay({ verify, serverSide, source, destination }: Ends): CombinableCrc | undefined {
  if (verify === "size" || serverSide || destination === undefined) return undefined;
  const theirs = ownCrc(destination);
  if (source === undefined) return theirs;
  const ours = ownCrc(source);
  return ours === theirs ? undefined : theirs ?? ours;
}

/** True when it is worth asking how the source was cut: its MD5 of part MD5s is to be compared. */
export function needsSourceParts(ends: Ends, checksums: readonly Checksum[]): boolean {
  const { source, destination, verify } = ends;
  if (source === undefined || compositeMd5(checksums) === undefined) return false;
  return returnsMd5(ends) || (destination === undefined && verify !== "size" && fullChecksum(checksums, COMBINABLE_CRCS) === undefined);
}

/** True when the destination returns MD5s of parts and objects. */
function returnsMd5({ destination, hidesMd5 }: Ends): boolean {
  return destination !== undefined && destination.ownDigests.includes("md5") && !hidesMd5;
}

/**
 * The digests of an object that travels in parts. First row that fits:
 *
 * | from → to | digests | held against |
 * | --- | --- | --- |
 * | verify = size | none | nothing |
 * | any → folder | the source's stored CRC, else MD5 where the parts are the source's | that CRC; the MD5 of part MD5s |
 * | any → store with an own CRC | that, with the source's stored CRC where it has another | both |
 * | store with an own CRC → store | that, with CRC32 behind the bytes or MD5 | the source's; what the destination returns of each part |
 * | file → store | CRC in front of each part | what the destination returns |
 * | store → store | none (MD5 with verify = checksum or in doubt) | the stored CRC, the MD5 of part MD5s: worked out by the destination |
 */
export function wantOfParts(question: WantQuestion): Want {
  const want = bare(question);
  const careful = question.careful === "refused" && question.destination !== undefined && !question.serverSide;
  if (!careful || want.guard || want.trailer !== undefined) return want;
  // Content-MD5 needs nothing declared; its value is known only after a reading of its own.
  return { ...want, guard: true };
}

function bare(question: WantQuestion): Want {
  const { verify, source, destination, checksums, sameParts, mayDeclare, serverSide } = question;
  const own = destination && ownCrc(destination);
  const partMd5 = returnsMd5(question);
  const composite = sameParts && (partMd5 || destination === undefined) ? compositeMd5(checksums) : undefined;
  const want: Want = {
    whole: undefined,
    composite,
    digests: [],
    declare: undefined,
    trailer: undefined,
    guard: source === undefined && destination !== undefined && verify !== "size" && own === undefined,
    partMd5,
    ownCrc: own,
    known: hashedOnWay(question),
  };
  if (verify === "size") return want;
  if (destination === undefined) return toFolder(question, want);
  if (own !== undefined) return toOwn(question, want, own);
  const allowed = COMBINABLE_CRCS.filter((one) => (destination.checksums as readonly string[]).includes(one));
  const whole = fullChecksum(checksums, allowed);
  const stored = source !== undefined && whole === undefined && want.known ? fullChecksum(checksums, [want.known]) : undefined;
  if (stored) return fromOwn(question, want, stored);
  const algorithm = (source === undefined ? allowed[0] : whole?.algorithm) as ChecksumAlgorithm | undefined;
  const nothing = source !== undefined && !serverSide && whole === undefined && composite === undefined;
  return {
    ...want,
    whole,
    digests: nothing && (verify === "checksum" || question.careful !== undefined) ? ["md5"] : [],
    // An MD5 that can be worked out before Complete is proof enough, and some servers want a checksum of each part once one is declared.
    declare: composite !== undefined || !mayDeclare || algorithm === undefined ? undefined : { algorithm, type: "full" },
  };
}

/** To a folder: what the source says of itself, taken as the bytes pass. */
function toFolder({ source, checksums }: WantQuestion, want: Want): Want {
  if (source === undefined) return want;
  const whole = fullChecksum(checksums, COMBINABLE_CRCS);
  if (whole !== undefined) return { ...want, whole, composite: undefined, digests: [whole.algorithm] };
  return { ...want, digests: want.composite === undefined ? [] : ["md5"] };
}

/** To a store with a digest of its own: what it returns of each part is compared with ours, or combined to the source's. */
function toOwn({ source, checksums, serverSide }: WantQuestion, want: Want, own: CombinableCrc): Want {
  const shared = fullChecksum(checksums, [own]);
  if (shared || serverSide) return { ...want, whole: shared };
  const whole = want.composite !== undefined || source === undefined ? undefined : fullChecksum(checksums, COMBINABLE_CRCS);
  return { ...want, whole, digests: whole ? [own, whole.algorithm] : [own] };
}

/** From a store with a digest of its own: that of the source proves what was read, another one what has arrived. */
function fromOwn({ destination, mayDeclare }: WantQuestion, want: Want, whole: Checksum): Want {
  const { algorithm } = whole;
  if (mayDeclare && destination?.checksums.includes("crc32")) {
    return { ...want, whole, digests: [algorithm, "crc32"], declare: { algorithm: "crc32", type: "full" }, trailer: "crc32" };
  }
  return { ...want, whole, digests: want.partMd5 ? [algorithm, "md5"] : [algorithm] };
}

/** Digests that every part must have, as the whole's are made of them. `declared`: at create of the upload in use. */
export function combining(want: Want, declared: DigestAlgorithm | undefined): CombinableCrc[] {
  const guard = want.guard && declared !== undefined ? [declared] : [];
  return [...new Set([...want.digests, ...guard])].filter(isCombinable);
}

/** Digests to take of a whole object that travels by one request, as far as its listing vouches for an MD5. */
export function wantOfObject(ends: Ends, listed: Pick<ObjectInfo, "md5" | "md5Doubtful">): DigestAlgorithm[] {
  const { verify, source, destination } = ends;
  if (verify === "size") return [];
  const plainMd5 = hasPlainMd5(listed);
  const known = hashedOnWay(ends);
  if (known !== undefined) return [known];
  if (source === undefined) return [];
  // Small downloads are hashed as they pass: nothing else could prove them, and their bytes enter memory anyway.
  if (destination === undefined) {
    const own = ownCrc(source);
    if (own !== undefined) return [own];
    return plainMd5 ? ["md5"] : multipartCount(listed) === 1 ? ["crc32", "crc64nvme", "md5"] : ["crc32", "crc64nvme"];
  }
  return verify === "checksum" && !plainMd5 ? ["md5"] : [];
}
