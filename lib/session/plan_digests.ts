/**
 * Which digests are taken of bytes as they pass, and what they are compared with: pure. Bytes enter JavaScript only where nothing cheaper
 * ties both ends: between stores that share a digest they never do.
 */
import type { CombinableCrc } from "../bytes/crc_combine.ts";
import { fullChecksum, ownCrc } from "../evidence/digest.ts";
import type { Checksum, ChecksumAlgorithm, DigestAlgorithm, ObjectDetails } from "../types.ts";
import type { PlanWorld } from "./plan_session.ts";

/** CRCs that a store may hold for a whole multipart object, cheapest to compute first. */
export const WHOLE_CRCS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme"];
const READABLE_CRCS: readonly DigestAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "crc64ecma"];

/** What the parts of one object are digested for. */
export interface DigestPlan {
  /** The source's stored checksum of the whole object that the destination can hold, or that parts can be combined to. */
  readonly sourceChecksum: Checksum | undefined;
  /** Digests to take of each part as it passes. */
  readonly digests: readonly DigestAlgorithm[];
  /** To declare at create. */
  readonly declare: { readonly algorithm: ChecksumAlgorithm; readonly type: "full" } | undefined;
  /** Sent behind the bytes of each part, so that the destination refuses others although nothing was read before. */
  readonly trailer: "crc32" | undefined;
}

/**
 * The digest that one of the two stores works out for all it holds and the other does not: bytes between them are read here once, and
 * compared with both. Undefined where they share it, where there is none, and where nothing shall be read.
 */
export function hashedOnWay(world: PlanWorld): CombinableCrc | undefined {
  const { source, destination, sourceIsLocal, destinationIsLocal, rules } = world;
  if (rules.verify === "size" || rules.serverSideCopy || destinationIsLocal) return undefined;
  const theirs = ownCrc(destination.capabilities);
  if (sourceIsLocal) return theirs;
  const ours = ownCrc(source.capabilities);
  return ours === theirs ? undefined : theirs ?? ours;
}

/**
 * `provable`: the source's ETag is worked out from the parts' ETags. `mayDeclare`: the destination takes what is declared and sent behind
 * parts.
 */
export function planDigests(world: PlanWorld, details: ObjectDetails, provable: boolean, mayDeclare: boolean): DigestPlan {
  const { rules, sourceIsLocal, destinationIsLocal } = world;
  const none: DigestPlan = { sourceChecksum: undefined, digests: [], declare: undefined, trailer: undefined };
  if (rules.verify === "size") return none;
  if (destinationIsLocal) {
    const sourceChecksum = fullChecksum(details.checksums, READABLE_CRCS);
    return { ...none, sourceChecksum, digests: sourceChecksum && !sourceIsLocal ? [sourceChecksum.algorithm] : [] };
  }
  const own = ownCrc(world.destination.capabilities);
  if (own !== undefined) return toOwn(world, details, provable, own);
  const allowed = WHOLE_CRCS.filter((one) => world.destination.capabilities.checksums.includes(one));
  const sourceChecksum = fullChecksum(details.checksums, allowed);
  if (!sourceIsLocal && !rules.serverSideCopy && sourceChecksum === undefined) {
    const known = hashedOnWay(world);
    const stored = known && fullChecksum(details.checksums, [known]);
    if (stored) return fromOwn(world, stored, mayDeclare);
  }
  const local = sourceIsLocal ? allowed[0] : undefined;
  const algorithm = local ?? (sourceChecksum?.algorithm as ChecksumAlgorithm | undefined);
  return {
    sourceChecksum,
    digests: rules.verify === "checksum" && !sourceIsLocal && !rules.serverSideCopy && !sourceChecksum && !provable ? ["md5"] : [],
    // An ETag that can be worked out before Complete is proof enough, and some servers want a checksum of each part once one is declared.
    declare: provable || !mayDeclare || algorithm === undefined ? undefined : { algorithm, type: "full" },
    trailer: undefined,
  };
}

/** To a store with a digest of its own: what it answers of each part is compared with ours, or summed up to the source's. */
function toOwn(world: PlanWorld, details: ObjectDetails, provable: boolean, own: CombinableCrc): DigestPlan {
  const shared = fullChecksum(details.checksums, [own]);
  const plan = { declare: undefined, trailer: undefined };
  if (shared || world.rules.serverSideCopy) return { ...plan, sourceChecksum: shared, digests: [] };
  const sourceChecksum = provable || world.sourceIsLocal ? undefined : fullChecksum(details.checksums, WHOLE_CRCS);
  return { ...plan, sourceChecksum, digests: sourceChecksum ? [own, sourceChecksum.algorithm] : [own] };
}

/** From a store with a digest of its own: that of the source proves what was read, another one what has arrived. */
function fromOwn({ destination, rules }: PlanWorld, sourceChecksum: Checksum, mayDeclare: boolean): DigestPlan {
  const { algorithm } = sourceChecksum;
  if (mayDeclare && destination.capabilities.checksums.includes("crc32")) {
    return { sourceChecksum, digests: [algorithm, "crc32"], declare: { algorithm: "crc32", type: "full" }, trailer: "crc32" };
  }
  const digests = destination.capabilities.ownDigests.includes("md5") && rules.headers.set.sse !== "aws:kms"
    ? [algorithm, "md5" as const]
    : [algorithm];
  return { sourceChecksum, digests, declare: undefined, trailer: undefined };
}
