/**
 * The strategy table: given what two listings say of a source and a destination object, is it to be moved, left, or looked at? Pure;
 * never asks a store. Every answer has a reason that can be printed.
 */
import { isCompressed, isNode } from "../bytes/local_source.ts";
import type { Job } from "../job_types.ts";
import type { Capabilities, ObjectInfo, SkipReason, TransferReason } from "../types.ts";

/** How objects are compared, as the job says. */
export type CompareMode = Job["compare"];

/** What a comparison says. `look`: the listings cannot tell, checksums of both sides must be asked for. */
export type Comparison =
  | { readonly action: "transfer"; readonly reason: TransferReason }
  | { readonly action: "skip"; readonly reason: SkipReason }
  | { readonly action: "look" };

/** A comparison that has an answer. */
export type Decision = Exclude<Comparison, { action: "look" }>;

/** What both stores can do; only `etagIsMd5` matters here. */
export interface BothCapabilities {
  readonly source: Pick<Capabilities, "etagIsMd5">;
  readonly destination: Pick<Capabilities, "etagIsMd5">;
}

/**
 * Compares by `mode`. `absent` and `always` look at nothing else; then size comes first, but for files that are compressed on the way:
 * only a pass over them would tell it, so that `auto` and `mtime` go by time. `auto` and `checksum` then ask the ETags; `auto` looks closer
 * where ETags that should be digests differ although the destination is not older, because a KMS-encrypted object or another part size
 * makes them differ too.
 */
export function compareObjects(
  mode: CompareMode,
  source: ObjectInfo,
  destination: ObjectInfo,
  capabilities: BothCapabilities,
): Comparison {
  if (mode === "absent") return { action: "skip", reason: "exists" };
  if (mode === "always") return { action: "transfer", reason: "always" };
  if (isCompressed(source) && (mode === "auto" || mode === "mtime")) return compareTimes(source, destination);
  if (source.sizeBytes !== destination.sizeBytes) return { action: "transfer", reason: "size differs" };
  if (isFolderMarker(source)) return { action: "skip", reason: "same size" };
  const nodes = isNode(source) || isNode(destination);
  if (nodes && source.etag !== undefined && destination.etag !== undefined) return compareBodies(source, destination);
  switch (mode) {
    case "size":
      return { action: "skip", reason: "same size" };
    case "mtime":
      return compareTimes(source, destination);
    case "checksum":
      return compareEtags(source, destination, capabilities) === "same" ? { action: "skip", reason: "same etag" } : { action: "look" };
    case "auto":
      return compareAuto(source, destination, capabilities);
  }
}

/** Nodes that hold a few known bytes: their digest is known, their times say nothing. */
function compareBodies(source: ObjectInfo, destination: ObjectInfo): Decision {
  return source.etag === destination.etag ? { action: "skip", reason: "same etag" } : { action: "transfer", reason: "etag differs" };
}

/** A zero-byte key that ends in a slash: stands for a folder, and has nothing that could differ. */
export function isFolderMarker(object: ObjectInfo): boolean {
  return object.sizeBytes === 0 && object.key.endsWith("/");
}

/**
 * Skip when the destination is not older, at a granularity of one second: Amazon S3 lists LastModified in whole seconds. Without both
 * times nothing is known and the object is moved.
 */
export function compareTimes(source: ObjectInfo, destination: ObjectInfo): Decision {
  if (source.lastModifiedMs === undefined || destination.lastModifiedMs === undefined) return { action: "transfer", reason: "always" };
  const older = Math.floor(destination.lastModifiedMs / 1000) < Math.floor(source.lastModifiedMs / 1000);
  return older ? { action: "transfer", reason: "source is newer" } : { action: "skip", reason: "same size, not older" };
}

function compareAuto(source: ObjectInfo, destination: ObjectInfo, capabilities: BothCapabilities): Comparison {
  const etags = compareEtags(source, destination, capabilities);
  if (etags === "same") return { action: "skip", reason: "same etag" };
  const times = compareTimes(source, destination);
  if (etags === "unknown") return times;
  return times.action === "skip" ? { action: "look" } : { action: "transfer", reason: "etag differs" };
}

/**
 * What two ETags prove. Equal ones that have the form of a digest are the same bytes. Different ones prove something only where both
 * stores make them from MD5 and both have the same form: plain, or `…-N` with the same N.
 */
export function compareEtags(
  source: ObjectInfo,
  destination: ObjectInfo,
  capabilities: BothCapabilities,
): "same" | "different" | "unknown" {
  const left = etagForm(source);
  const right = etagForm(destination);
  if (left === undefined || right === undefined) return "unknown";
  if (left.text === right.text) return "same";
  if (!capabilities.source.etagIsMd5 || !capabilities.destination.etagIsMd5) return "unknown";
  return left.parts === right.parts ? "different" : "unknown";
}

/** MD5 of no bytes: some stores answer it for objects that they did not write themselves. */
const EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e";

/** An ETag in the form of a digest: `parts` is 0 for a plain MD5 and N for a multipart `…-N`; undefined for any other form. */
export function etagForm(object: ObjectInfo): { readonly text: string; readonly parts: number } | undefined {
  const match = object.etag === undefined ? null : /^[0-9a-f]{32}(?:-([1-9][0-9]{0,4}))?$/.exec(object.etag.toLowerCase());
  if (match === null) return undefined;
  if (match[0] === EMPTY_MD5 && object.sizeBytes > 0) return undefined;
  return { text: match[0], parts: Number(match[1] ?? 0) };
}
