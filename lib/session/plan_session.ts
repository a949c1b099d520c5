/**
 * Decides how one object travels: by one request or in parts, under which layout, with which proof. Pure, given what was asked of the
 * source.
 */
import { versionOf } from "../bytes/local_source.ts";
import type { TransferRules } from "../job_types.ts";
import type { ObjectDetails, ObjectInfo, Transfer, WriteCondition } from "../types.ts";
import { compositeMd5, hasPlainMd5, md5Text, multipartCount, ownCrc } from "../evidence/digest.ts";
import { bindLayout } from "./layout.ts";
import { hashedOnWay, planDigests } from "./plan_digests.ts";
import type { SessionPlan } from "./session_plan.ts";
import type { World } from "./world.ts";

/** The part of the world that decides the way of an object. */
export type PlanWorld = Pick<World, "source" | "destination" | "sourceIsLocal" | "destinationIsLocal" | "sourceUrl" | "rules">;

/** True when the object goes in parts. A source that was uploaded in parts does, whatever its size, so that its ETag can be kept. */
export function goesInParts(world: PlanWorld, source: ObjectInfo): boolean {
  const { rules, destination } = world;
  if (source.sizeBytes === 0) return false;
  const betweenStores = !world.sourceIsLocal && !world.destinationIsLocal;
  if (betweenStores && multipartCount(source) !== undefined && destination.capabilities.ownDigests.includes("md5")) return true;
  // Without an MD5 to insist on, one request could put wrong bytes there; parts are compared before they become an object.
  if (betweenStores && hashedOnWay(world) !== undefined && !hasPlainMd5(source)) return true;
  if (source.sizeBytes > destination.capabilities.putSizeMaxBytes) return true;
  // A server-side copy of a plain object in one request keeps its ETag, and no byte waits on this side.
  if (rules.serverSideCopy) return source.sizeBytes > rules.copyThresholdBytes;
  return source.sizeBytes >= rules.multipartThresholdBytes;
}

/** True when the source's part size is worth a request. */
export function wantsPartSize(world: PlanWorld, source: ObjectInfo): boolean {
  return !world.sourceIsLocal && !world.destinationIsLocal && multipartCount(source) !== undefined;
}

/** What the destination must still be: what the plan saw there. */
export function conditionFor(world: PlanWorld, transfer: Transfer): WriteCondition | undefined {
  const { conditionalWrites } = world.destination.capabilities;
  if (!conditionalWrites) return undefined;
  if (transfer.replaces === undefined) return transfer.reason === "missing" ? { absent: true } : undefined;
  if (conditionalWrites === "absent") return undefined;
  const version = versionOf(transfer.replaces);
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
  const partEtagsAreMd5 = destination.capabilities.ownDigests.includes("md5") && !etagsHidden(rules);
  // Two halves of one proof: what the source's ETag says, and part ETags that it can be worked out from.
  const composite = compositeMd5(details.checksums);
  const provable = bound.binding === "kept" && composite !== undefined && partEtagsAreMd5;
  const condition = conditionFor(world, transfer);
  return {
    source,
    bound,
    unfinished: rules.unfinished,
    verify: rules.verify,
    serverSide: rules.serverSideCopy,
    provableEtag: provable ? md5Text(composite) : undefined,
    ...planDigests(world, details, provable, mayDeclare),
    ownDigest: ownCrc(destination.capabilities),
    // A store that answers a digest of its own needs none told before: the file is read once.
    guardParts: sourceIsLocal && !destinationIsLocal && rules.verify !== "size" && ownCrc(destination.capabilities) === undefined,
    partEtagsAreMd5,
    condition,
  };
}

/** ETags of objects encrypted with KMS are no MD5s (S3 API reference, "Object" → ETag). */
function etagsHidden(rules: TransferRules): boolean {
  return rules.headers.set.sse === "aws:kms" || rules.headers.set.sse === "aws:kms:dsse";
}
