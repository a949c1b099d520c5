/** What kinds of stores the double in memory can play. */
import { GIB, KIB, TIB } from "../../lib/limits.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import type { Capabilities } from "../../lib/types.ts";

/** What kind of store it plays. */
export interface StoreTraits {
  readonly kind: "s3" | "local";
  /** `md5`: ETags are digests. `opaque`: nobody knows what. `kms`: they look like digests and are none, and only the headers say so. */
  readonly etags: "md5" | "opaque" | "kms";
  /** It stores and checks CRC32. */
  readonly checksums: boolean;
  /** It works out CRC64 of all that it holds, as Alibaba OSS does. */
  readonly ownDigest: boolean;
  /** What it says of conditional writes, and whether it keeps its word. `absent`: it knows no other than that nothing is there. */
  readonly conditions: "kept" | "ignored" | "refused" | "none" | "absent";
  /** Its clock against the world's. */
  readonly skewMs: number;
  /** ListParts tells a part only this much later. */
  readonly listLagMs: number;
  /** LastModified of an object uploaded in parts is when its upload began, as on Amazon S3. */
  readonly datesFromUpload: boolean;
}

/** A store that keeps every promise at once. */
export const GOOD: StoreTraits = {
  kind: "s3",
  etags: "md5",
  checksums: true,
  ownDigest: false,
  conditions: "kept",
  skewMs: 0,
  listLagMs: 0,
  datesFromUpload: false,
};

/** A store that can do everything, with small parts so that tests with many parts stay small. */
export const CAPABILITIES: Capabilities = {
  provider: "memory",
  ownDigests: ["md5"],
  checksums: ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"],
  conditionalWrites: true,
  serverSideCopy: true,
  tags: true,
  partSizeMinBytes: KIB,
  partSizeMaxBytes: 5 * GIB,
  partCountMax: 10_000,
  putSizeMaxBytes: 5 * GIB,
};

/** A local folder. */
export const LOCAL: Capabilities = {
  ...CAPABILITIES,
  provider: "local",
  ownDigests: [],
  checksums: [],
  serverSideCopy: false,
  tags: false,
  partSizeMinBytes: 1,
  partSizeMaxBytes: 5 * TIB,
};

/** What a store with these traits says that it can do. */
export function capabilitiesOf({ kind, etags, checksums, ownDigest, conditions }: StoreTraits): Capabilities {
  if (kind === "local") return LOCAL;
  // Small parts, so that objects of a few MiB have many.
  if (ownDigest) return { ...OSS_CAPABILITIES, partSizeMinBytes: CAPABILITIES.partSizeMinBytes };
  const conditionalWrites = conditions === "absent" ? "absent" : conditions !== "none";
  return { ...CAPABILITIES, ownDigests: etags === "opaque" ? [] : ["md5"], checksums: checksums ? ["crc32"] : [], conditionalWrites };
}
