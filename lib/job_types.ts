/** The nouns of a job, plain data only. What one key holds comes from its table in lib/job/settings/, with its meaning and default. */
import type { ContentTypes } from "./job/settings/header_kinds.ts";
import type { HOW, TRANSFER } from "./job/settings/how.ts";
import type { Values } from "./job/settings/setting.ts";
import type { EMBEDDED_ONLY, OSS_ONLY, REMOTE, S3_ONLY } from "./job/settings/store.ts";
import type { REPORT } from "./job/settings/tuning.ts";
import type { WHICH } from "./job/settings/which.ts";
import type { Credentials, ObjectHeaders } from "./types.ts";

/** `[store.NAME]` of type local, a bare path, or (with `archive`) the members of a tar archive: `tar://PATH`. */
export interface LocalSpec {
  readonly type: "local";
  readonly name: string;
  /** The place's `bucket` is the archive's path. */
  readonly archive?: true;
}

/** `[store.NAME]` of type s3, or the ready-made `s3` store. An absent `endpoint` means Amazon S3 in `region`. */
export interface S3Spec extends Values<typeof REMOTE>, Values<typeof S3_ONLY> {
  readonly type: "s3";
  readonly name: string;
  /** Given in the job file; absent means the SDK's provider chain. */
  readonly credentials?: Credentials;
  /** Keys to look with (list, HEAD) where the others may not. */
  readonly listCredentials?: Credentials;
}

/**
 * `[store.NAME]` of type oss, or the ready-made `oss` store: Alibaba OSS by its own protocol. `endpoint` is without bucket, or a bucket's
 * own domain; absent it means the public endpoint of `region`. `region` is without the `oss-` in front; absent, the endpoint's host names
 * it. `addressing = auto`: in the host name at aliyuncs.com, in the path at IP addresses and localhost, else nowhere (a bucket's own
 * domain).
 */
export interface OssSpec extends Values<typeof REMOTE>, Values<typeof OSS_ONLY> {
  readonly type: "oss";
  readonly name: string;
  /** Given in the job file; absent means the environment. */
  readonly credentials?: Credentials;
}

/** `[store.NAME]` of type embedded: sluice's own store on a folder, started for the job. */
export interface EmbeddedSpec extends Values<typeof EMBEDDED_ONLY> {
  readonly type: "embedded";
  readonly name: string;
  readonly folder: string;
}

/** A store as the job file describes it. */
export type StoreSpec = LocalSpec | S3Spec | OssSpec | EmbeddedSpec;

/** One side of a job. For a local store `bucket` is the absolute folder and `key` the name in it. */
export interface Place {
  readonly store: StoreSpec;
  readonly bucket: string;
  /** A prefix when `tree`, else the key of one object; may be empty for a tree. */
  readonly key: string;
  readonly tree: boolean;
  /** As the user wrote it, for messages. */
  readonly text: string;
}

/** How headers of a destination object are made from the source's. */
export interface HeaderRules {
  /** `copy`: everything the source carries, then `set`. `replace`: only `set`. */
  readonly mode: "copy" | "replace";
  /** `metadata` in it is merged name by name. */
  readonly set: ObjectHeaders;
  /** `guess` by the name, `magic` by the name, then by the first bytes; found, it is stronger than `set`. Absent: `set`, else by name. */
  readonly contentType?: "guess" | "magic";
  /** Content types that come before the built-in ones. */
  readonly mimeTypes?: ContentTypes;
  /** `copy` the source's tags, set none, or set exactly these. */
  readonly tags: "copy" | "none" | Readonly<Record<string, string>>;
}

/** Sizes, counts and times that limit a run. Same meaning in every job; see jobs.example.ini. A test compares it with its table. */
export interface Tuning {
  /** Threads that copy, at most. */
  readonly workers: number;
  /** Parts in flight at once, over all workers. */
  readonly partsInFlight: number;
  /** Objects in progress at once, over all workers. */
  readonly objectsInFlight: number;
  /** Bytes per second over all workers; 0 means no limit. */
  readonly bandwidthBytesPerSecond: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Base of the growing wait. */
  readonly retryDelayMs: number;
  /** `double`: full jitter over a doubling base. `linear`: the n-th wait is n times the base. `constant`: the base. */
  readonly retryGrowth: "double" | "linear" | "constant";
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** Limit of the whole process; 0 means none but the printed one. */
  readonly memoryBytes: number;
}

/** Everything that a worker must know of the job besides the two stores. */
export interface TransferRules extends Values<typeof TRANSFER> {
  readonly headers: HeaderRules;
  /** Both sides are one endpoint with one set of keys: copy on the server. */
  readonly serverSideCopy: boolean;
}

/** How a run reports what it does. */
export type ReportRules = Values<typeof REPORT>;

/** One checked section of the job file: one run. */
export interface Job extends Values<typeof WHICH>, Values<typeof HOW> {
  readonly name: string;
  readonly source: Place;
  readonly destination: Place;
  readonly rules: Omit<TransferRules, "serverSideCopy">;
  readonly tuning: Tuning;
  readonly report: ReportRules;
}
