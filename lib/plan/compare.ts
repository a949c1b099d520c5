/**
 * The strategy table: given what two listings say of a source and a destination object, is it to be copied, skipped, or looked at? Pure;
 * never asks a store. Every decision has a reason that can be printed.
 */
import { isCompressed, isNode } from "../bytes/local_source.ts";
import { md5PartCount, ownCrc } from "../evidence/digest.ts";
import type { Job } from "../job_types.ts";
import type { Capabilities, ObjectInfo, Side, SkipReason, TransferReason } from "../types.ts";

/** Of a store: the digests that it works out by itself. */
interface Digesting {
  readonly capabilities: Pick<Capabilities, "ownDigests">;
}

/** How objects are compared, as the job says. */
export type CompareMode = Job["compare"];

/** Why an object is copied, or left as it is. */
export type Reason = TransferReason | SkipReason;

/** What two listed or looked up objects are, by side. */
export type Both<T> = Readonly<Record<Side, T>>;

const SKIPS: ReadonlySet<Reason> = new Set<SkipReason>(
  ["same etag", "same checksum", "same size, not older", "same size", "exists", "done before", "excluded"],
);

/** True for reasons to leave an object as it is. */
export function isSkip(reason: Reason): reason is SkipReason {
  return SKIPS.has(reason);
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
export function compareObjects(mode: CompareMode, listed: Both<ObjectInfo>, stores: Both<Digesting>): Reason | "look" {
  const { source, destination } = listed;
  if (mode === "absent") return "exists";
  if (mode === "always") return "always";
  if (isCompressed(source) && (mode === "auto" || mode === "mtime")) return compareTimes(listed);
  if (source.sizeBytes !== destination.sizeBytes) return "size differs";
  if (isFolderMarker(source)) return "same size";
  // The few bytes of a node are known by their digest; its times say nothing.
  const nodes = isNode(source) || isNode(destination);
  if (nodes && source.md5 !== undefined && destination.md5 !== undefined) {
    return source.md5 === destination.md5 ? "same etag" : "etag differs";
  }
  if (mode === "size") return "same size";
  if (mode === "mtime") return compareTimes(listed);
  const digests = compareDigests(listed, stores);
  if (digests === "same") return "same etag";
  if (mode === "checksum") return "look";
  const byTime = compareTimes(listed);
  if (digests === "unknown") return byTime;
  return isSkip(byTime) ? "look" : "etag differs";
}

/** A zero-byte key that ends in a slash: stands for a folder, and has nothing that could differ. */
export function isFolderMarker(object: ObjectInfo): boolean {
  return object.sizeBytes === 0 && object.key.endsWith("/");
}

/**
 * Skip when the destination is not older, at a granularity of one second: Amazon S3 lists LastModified in whole seconds. Without both
 * times nothing is known and the object is copied.
 */
export function compareTimes(
  { source: { lastModifiedMs: source }, destination: { lastModifiedMs: destination } }: Both<ObjectInfo>,
): Reason {
  if (source === undefined || destination === undefined) return "always";
  return Math.floor(destination / 1000) < Math.floor(source / 1000) ? "source is newer" : "same size, not older";
}

/**
 * What two listed MD5s prove. Equal ones are the same bytes. Different ones of one form (plain, or `…-N` with the same N) are other bytes,
 * or worth a closer look, where both stores vouch for them or have another digest in common.
 */
function compareDigests({ source, destination }: Both<ObjectInfo>, stores: Both<Digesting>): "same" | "different" | "unknown" {
  if (source.md5 === undefined || destination.md5 === undefined) return "unknown";
  if (source.md5 === destination.md5) return "same";
  if (md5PartCount(source.md5) !== md5PartCount(destination.md5)) return "unknown";
  if (!source.md5Doubtful && !destination.md5Doubtful) return "different";
  const shared = ownCrc(stores.source.capabilities);
  return shared !== undefined && shared === ownCrc(stores.destination.capabilities) ? "different" : "unknown";
}
