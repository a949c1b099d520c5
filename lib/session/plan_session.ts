/**
 * Decides how one object travels: by one request or in parts, under which layout, with which proof. Pure, given what was asked of the
 * source.
 */
import { versionOf } from "../bytes/local_source.ts";
import { compositeMd5, fullChecksum, hasPlainMd5, multipartCount } from "../evidence/digest.ts";
import { type Ends, hashedOnWay, type Want, wantOfParts } from "../evidence/want.ts";
import type { TransferRules } from "../job_types.ts";
import type { Checksum, ObjectDetails, ObjectInfo, PartInfo, PartLayout, Transfer, WriteCondition } from "../types.ts";
import type { Habits, World } from "./transfer_work.ts";
import { bindLayout, type BoundLayout } from "./layout.ts";

/** The part of the world that decides the way of an object. */
export type PlanWorld = Pick<World, "source" | "destination" | "sourceIsLocal" | "destinationIsLocal" | "sourceUrl" | "rules">;

/** What one multipart session is to do, decided before its first request: plain data for the machine in upload_session.ts. */
export interface SessionPlan {
  readonly source: ObjectInfo;
  readonly bound: BoundLayout;
  readonly unfinished: TransferRules["unfinished"];
  readonly verify: TransferRules["verify"];
  /** Source and destination are copied on the server: no bytes pass here. */
  readonly serverSide: boolean;
  /** The destination is a folder. */
  readonly folder: boolean;
  readonly want: Want;
  /** To a folder, where the parts cannot be digested as they pass: what the MD5 of the finished file must be, and over which parts. */
  readonly fileMd5: { readonly wanted: Checksum; readonly layout: PartLayout | undefined } | undefined;
  readonly condition: WriteCondition | undefined;
}

/** What is known about the two ends of every transfer. */
export function endsOf({ source, destination, sourceIsLocal, destinationIsLocal, rules }: PlanWorld): Ends {
  return {
    verify: rules.verify,
    serverSide: rules.serverSideCopy,
    source: sourceIsLocal ? undefined : source.capabilities,
    destination: destinationIsLocal ? undefined : destination.capabilities,
    hidesMd5: rules.headers.set.sse?.startsWith("aws:kms") ?? false,
  };
}

/** True when the object goes in parts. A source that was uploaded in parts does, whatever its size, so that its MD5 can be compared. */
export function goesInParts(world: PlanWorld, source: ObjectInfo): boolean {
  const { rules, destination } = world;
  if (source.sizeBytes === 0) return false;
  const ends = endsOf(world);
  const betweenStores = !world.sourceIsLocal && !world.destinationIsLocal;
  const parts = multipartCount(source);
  if (betweenStores && parts !== undefined && destination.capabilities.ownDigests.includes("md5")) return true;
  if (!world.sourceIsLocal && world.destinationIsLocal && parts !== undefined && parts > 1 && rules.verify !== "size") return true;
  // Without an MD5 to insist on, one request could put wrong bytes there; parts are compared before they become an object.
  if (betweenStores && hashedOnWay(ends) !== undefined && !hasPlainMd5(source)) return true;
  if (source.sizeBytes > destination.capabilities.putSizeMaxBytes) return true;
  // A server-side copy of a plain object in one request keeps its ETag, and no byte waits on this side.
  if (rules.serverSideCopy) return source.sizeBytes > rules.copyThresholdBytes;
  return source.sizeBytes >= rules.multipartThresholdBytes;
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

/** What is known of the source when a session is planned. */
export interface SourceKnown {
  readonly details: ObjectDetails;
  /** How the source was cut when it was uploaded; undefined where that is not known, or did not hold. */
  readonly parts: PartLayout | undefined;
  /** What its parts were said to be did not hold. */
  readonly doubted: boolean;
}

/** Plans the multipart session of one object. Throws TransferError `unsupported` when no layout fits the destination. */
export function planSession(world: PlanWorld, transfer: Transfer, known: SourceKnown, habits: Habits): SessionPlan {
  const { rules, destination, sourceIsLocal, destinationIsLocal } = world;
  const { source } = transfer;
  const { details: { checksums }, parts, doubted } = known;
  const bound = bindLayout({ ...world, source, sourceParts: parts, wanted: rules.partSizeBytes, limits: destination.capabilities });
  const want = wantOfParts({
    ...endsOf(world),
    checksums,
    sameParts: bound.followsSource,
    mayDeclare: sourceIsLocal || habits.mayDeclare,
    careful: habits.needsDigest ? "refused" : doubted ? "doubted" : undefined,
  });
  const hashes = destinationIsLocal && !sourceIsLocal && !doubted && want.digests.length === 0;
  const wanted = hashes ? fullChecksum(checksums, ["md5"]) ?? compositeMd5(checksums) : undefined;
  const isKnown = wanted !== undefined && (wanted.type === "full" || parts !== undefined);
  return {
    source,
    bound,
    unfinished: rules.unfinished,
    verify: rules.verify,
    serverSide: rules.serverSideCopy,
    folder: destinationIsLocal,
    want,
    fileMd5: isKnown ? { wanted, layout: parts } : undefined,
    condition: conditionFor(world, transfer),
  };
}

/**
 * What a part says of itself. ETags under KMS keys only look like MD5s; versitygw 1.8 gives each part that it copied the checksum of the
 * whole source, which says nothing of the part.
 */
export function ownWord(part: PartInfo, { serverSide, source, want }: SessionPlan): PartInfo {
  const wholes = serverSide && part.sizeBytes !== source.sizeBytes ? want.whole : undefined;
  const own = (theirs: Checksum) =>
    (theirs.algorithm !== "md5" || want.partMd5) && (theirs.algorithm !== wholes?.algorithm || theirs.value !== wholes.value);
  return part.checksums.every(own) ? part : { ...part, checksums: part.checksums.filter(own) };
}
