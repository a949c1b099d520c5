/**
 * Decides how one object travels: by one request or in parts, under which layout, with which proof. Pure, given what was asked of the
 * source.
 */
import type {
  Checksum,
  ChecksumAlgorithm,
  DigestAlgorithm,
  ObjectDetails,
  ObjectInfo,
  Transfer,
  TransferRules,
  WriteCondition,
} from "../types.ts";
import { fullChecksum } from "./checksums.ts";
import { partCountOf } from "./etag.ts";
import { bindLayout } from "./layout.ts";
import type { SessionPlan } from "./session_plan.ts";
import type { World } from "./world.ts";

/** CRCs that a store may hold for a whole multipart object, cheapest to compute first. */
const WHOLE_CRCS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme"];
const READABLE_CRCS: readonly DigestAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "crc64ecma"];

/** The part of the world that decides the way of an object. */
export type PlanWorld = Pick<World, "source" | "destination" | "sourceIsLocal" | "destinationIsLocal" | "sourceUrl" | "rules">;

/** True when the object goes in parts. A source that was uploaded in parts does, whatever its size, so that its ETag can be kept. */
export function goesInParts(world: PlanWorld, source: ObjectInfo): boolean {
  const { rules, destination } = world;
  if (source.sizeBytes === 0) return false;
  const betweenStores = !world.sourceIsLocal && !world.destinationIsLocal;
  if (betweenStores && partCountOf(source.etag) !== undefined && destination.capabilities.etagIsMd5) return true;
  if (source.sizeBytes > destination.capabilities.putSizeMaxBytes) return true;
  // A server-side copy of a plain object in one request keeps its ETag, and no byte waits on this side.
  if (rules.serverSideCopy) return source.sizeBytes > rules.copyThresholdBytes;
  return source.sizeBytes >= rules.multipartThresholdBytes;
}

/** True when the source's part size is worth a request. */
export function wantsPartSize(world: PlanWorld, source: ObjectInfo): boolean {
  return !world.sourceIsLocal && !world.destinationIsLocal && partCountOf(source.etag) !== undefined;
}

/** What the destination must still be: what the plan saw there. */
export function conditionFor(world: PlanWorld, transfer: Transfer): WriteCondition | undefined {
  if (!world.destination.capabilities.conditionalWrites) return undefined;
  if (transfer.replaces === undefined) return transfer.reason === "missing" ? { absent: true } : undefined;
  const version = transfer.replaces.etag ?? transfer.replaces.fileMark;
  return version === undefined ? undefined : { etag: version };
}

/**
 * Plans the multipart session of one object. `mayDeclare` is false once the destination has refused parts without a checksum. Throws
 * TransferError `unsupported` when no layout fits the destination.
 */
export function planSession(
  world: PlanWorld,
  transfer: Transfer,
  details: ObjectDetails,
  sourcePartSizeBytes: number | undefined,
  mayDeclare: boolean,
): SessionPlan {
  const { rules, destination, sourceIsLocal, destinationIsLocal } = world;
  const { source } = transfer;
  const bound = bindLayout({
    source,
    sourceUrl: world.sourceUrl,
    sourceIsLocal,
    destinationIsLocal,
    ...(sourcePartSizeBytes !== undefined && { sourcePartSizeBytes }),
    wanted: rules.partSizeBytes,
    limits: destination.capabilities,
  });
  const allowed = destinationIsLocal ? READABLE_CRCS : WHOLE_CRCS.filter((one) => destination.capabilities.checksums.includes(one));
  const sourceChecksum = rules.verify === "size" ? undefined : fullChecksum(details.checksums, allowed);
  const provable = bound.binding === "kept" && details.etagMayBeMd5 && world.source.capabilities.etagIsMd5;
  const condition = conditionFor(world, transfer);
  return {
    source,
    bound,
    unfinished: rules.unfinished,
    verify: rules.verify,
    serverSide: rules.serverSideCopy,
    provableEtag: provable ? source.etag : undefined,
    sourceChecksum,
    // An ETag that can be worked out before Complete is proof enough, and some servers want a checksum of each part once one is declared.
    declare: provable || !mayDeclare ? undefined : declaration(world, sourceChecksum),
    digests: sessionDigests(world, sourceChecksum, provable),
    guardParts: sourceIsLocal && !destinationIsLocal && rules.verify !== "size",
    partEtagsAreMd5: destination.capabilities.etagIsMd5 && !etagsHidden(rules),
    condition,
  };
}

/** What the upload declares, so that the destination itself holds the whole object to it. */
function declaration(world: PlanWorld, sourceChecksum: Checksum | undefined): SessionPlan["declare"] {
  if (world.destinationIsLocal || world.rules.verify === "size") return undefined;
  if (world.sourceIsLocal) {
    const algorithm = WHOLE_CRCS.find((one) => world.destination.capabilities.checksums.includes(one));
    return algorithm && { algorithm, type: "full" };
  }
  return sourceChecksum && { algorithm: sourceChecksum.algorithm as ChecksumAlgorithm, type: "full" };
}

/** Digests to take as parts pass: only where the bytes are read here anyway, or where the job asks for one and nothing else can tell. */
function sessionDigests(world: PlanWorld, sourceChecksum: Checksum | undefined, provable: boolean): DigestAlgorithm[] {
  const { verify, serverSideCopy } = world.rules;
  if (verify === "size" || world.sourceIsLocal || serverSideCopy) return [];
  if (world.destinationIsLocal) return sourceChecksum ? [sourceChecksum.algorithm] : [];
  return verify === "checksum" && !sourceChecksum && !provable ? ["md5"] : [];
}

/** ETags of objects encrypted with KMS are no MD5s (S3 API reference, "Object" → ETag). */
function etagsHidden(rules: TransferRules): boolean {
  return rules.headers.set.sse === "aws:kms" || rules.headers.set.sse === "aws:kms:dsse";
}
