/**
 * The strategy table: given what two listings say of a source and a destination object, is it to be copied, skipped, or looked at? Pure;
 * never asks a store. Every decision has a reason that can be printed.
 */
import { isCompressed, isNode } from "../bytes/local_source.ts";
import { md5PartCount, ownCrc } from "../evidence/digest.ts";
import type { Job } from "../job_types.ts";
import type { Capabilities, ObjectInfo, SkipReason, TransferReason } from "../types.ts";

/** How objects are compared, as the job says. */
export type CompareMode = Job["compare"];

/** What a comparison decides. */
export type Decision =
  | { readonly action: "transfer"; readonly reason: TransferReason }
  | { readonly action: "skip"; readonly reason: SkipReason };

/** What both stores can do; only the digests that they work out by themselves matter here. */
export interface BothCapabilities {
  readonly source: Pick<Capabilities, "ownDigests">;
  readonly destination: Pick<Capabilities, "ownDigests">;
}

/**
 * Compares by `mode` two objects that are both there; the first row that fits decides. `look`: the listings do not suffice, checksums of
 * both sides must be asked for. Files that are compressed on the way have no known size: `auto` and `mtime` go by time.
 *
 * | mode | listed | decision |
 * | --- | --- | --- |
 * | `absent` | anything | skip |
 * | `always` | anything | copy |
 * | any other | sizes differ | copy |
 * | any other | folder markers; nodes with equal MD5s | skip |
 * | any other | nodes with different MD5s | copy |
 * | `size` | sizes are equal | skip |
 * | `mtime` | destination older, or a time is unknown | copy, else skip |
 * | `checksum` | MD5s are equal | skip, else look |
 * | `auto` | MD5s are equal | skip |
 * | `auto` | MD5s cannot be compared | as `mtime` |
 * | `auto` | MD5s differ, destination older | copy |
 * | `auto` | MD5s differ, destination not older: encryption or part size may be why | look |
 */
export function compareObjects(
  mode: CompareMode,
  source: ObjectInfo,
  destination: ObjectInfo,
  capabilities: BothCapabilities,
): Decision | "look" {
  if (mode === "absent") return { action: "skip", reason: "exists" };
  if (mode === "always") return { action: "transfer", reason: "always" };
  if (isCompressed(source) && (mode === "auto" || mode === "mtime")) return compareTimes(source, destination);
  if (source.sizeBytes !== destination.sizeBytes) return { action: "transfer", reason: "size differs" };
  if (isFolderMarker(source)) return { action: "skip", reason: "same size" };
  const nodes = isNode(source) || isNode(destination);
  if (nodes && source.md5 !== undefined && destination.md5 !== undefined) return compareBodies(source, destination);
  switch (mode) {
    case "size":
      return { action: "skip", reason: "same size" };
    case "mtime":
      return compareTimes(source, destination);
    case "checksum":
      return compareDigests(source, destination, capabilities) === "same" ? { action: "skip", reason: "same etag" } : "look";
    case "auto":
      return compareAuto(source, destination, capabilities);
  }
}

/** Nodes that hold a few known bytes: their digest is known, their times say nothing. */
function compareBodies(source: ObjectInfo, destination: ObjectInfo): Decision {
  return source.md5 === destination.md5 ? { action: "skip", reason: "same etag" } : { action: "transfer", reason: "etag differs" };
}

/** A zero-byte key that ends in a slash: stands for a folder, and has nothing that could differ. */
export function isFolderMarker(object: ObjectInfo): boolean {
  return object.sizeBytes === 0 && object.key.endsWith("/");
}

/**
 * Skip when the destination is not older, at a granularity of one second: Amazon S3 lists LastModified in whole seconds. Without both
 * times nothing is known and the object is copied.
 */
export function compareTimes(source: ObjectInfo, destination: ObjectInfo): Decision {
  if (source.lastModifiedMs === undefined || destination.lastModifiedMs === undefined) return { action: "transfer", reason: "always" };
  const older = Math.floor(destination.lastModifiedMs / 1000) < Math.floor(source.lastModifiedMs / 1000);
  return older ? { action: "transfer", reason: "source is newer" } : { action: "skip", reason: "same size, not older" };
}

function compareAuto(source: ObjectInfo, destination: ObjectInfo, capabilities: BothCapabilities): Decision | "look" {
  const digests = compareDigests(source, destination, capabilities);
  if (digests === "same") return { action: "skip", reason: "same etag" };
  const times = compareTimes(source, destination);
  if (digests === "unknown") return times;
  return times.action === "skip" ? "look" : { action: "transfer", reason: "etag differs" };
}

/**
 * What two listed MD5s prove. Equal ones are the same bytes. Different ones of one form (plain, or `…-N` with the same N) are other bytes,
 * or worth a closer look, where both stores vouch for them or have another digest in common.
 */
export function compareDigests(
  source: ObjectInfo,
  destination: ObjectInfo,
  capabilities: BothCapabilities,
): "same" | "different" | "unknown" {
  if (source.md5 === undefined || destination.md5 === undefined) return "unknown";
  if (source.md5 === destination.md5) return "same";
  if (md5PartCount(source.md5) !== md5PartCount(destination.md5)) return "unknown";
  if (!source.md5Doubtful && !destination.md5Doubtful) return "different";
  const shared = ownCrc(capabilities.source);
  return shared !== undefined && shared === ownCrc(capabilities.destination) ? "different" : "unknown";
}
