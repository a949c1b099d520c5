/**
 * The nouns of a job: stores as the job file describes them, places, rules, tuning. Plain data only, like types.ts.
 */
import type { Credentials, ObjectHeaders, OssSignature } from "./types.ts";

/** `[store.NAME]` of type local, a bare path, or (with `archive`) the members of a tar archive: `tar://PATH`. */
export interface LocalSpec {
  readonly type: "local";
  readonly name: string;
  /** The place's `bucket` is the archive's path. */
  readonly archive?: true;
}

/** Providers of S3 stores whose habits are known: the rows of the table of capabilities. `generic` is a store of unknown habits. */
export const PROVIDER_NAMES = [
  "generic",
  "aws",
  "r2",
  "gcs",
  "oss",
  "wasabi",
  "b2",
  "scaleway",
  "digitalocean",
  "storj",
  "fastly",
  "tencent",
  "huawei",
  "ibm",
  "qiniu",
  "linode",
  "ovh",
  "hetzner",
  "idrive",
  "yandex",
  "exoscale",
  "oracle",
] as const;
/** See {@link PROVIDER_NAMES}. */
export type ProviderName = typeof PROVIDER_NAMES[number];

/** `[store.NAME]` of type s3, or the ready-made `s3` store. */
export interface S3Spec {
  readonly type: "s3";
  readonly name: string;
  /** Base URL; absent means Amazon S3 in `region`. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  /** Given in the job file; absent means the SDK's provider chain. */
  readonly credentials?: Credentials;
  /** Keys to look with (list, HEAD) where the others may not. */
  readonly listCredentials?: Credentials;
  /** `own`: the endpoint is the bucket's own domain. */
  readonly addressing: "auto" | "path" | "virtual" | "own";
  /** PEM file, or folder of them, with further certificate authorities. */
  readonly caFile?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  readonly requesterPays: boolean;
  /** Requests are not signed: for public buckets. */
  readonly anonymous?: true;
  /** Treat the store as this provider's; absent: the endpoint's host decides. */
  readonly provider?: ProviderName;
  /** Checksum headers: `all` kinds, or `none`; absent: as the provider is known to take them. */
  readonly checksums?: "all" | "none";
  /** Writes on condition (If-Match, If-None-Match) are sent; absent: as the provider is known to take them. */
  readonly conditionalWrites?: boolean;
  /** Version of ListObjects; absent: 2 unless the store refuses it. */
  readonly listing?: "v1" | "v2";
}

/** `[store.NAME]` of type oss, or the ready-made `oss` store: Alibaba OSS by its own protocol. */
export interface OssSpec {
  readonly type: "oss";
  readonly name: string;
  /** Base URL without bucket, or a bucket's own domain; absent means the public endpoint of `region`. */
  readonly endpoint?: string;
  /** Without the `oss-` in front; absent means that the endpoint's host names it. */
  readonly region?: string;
  /** Given in the job file; absent means the environment. */
  readonly credentials?: Credentials;
  /** `auto`: in the host name at aliyuncs.com, in the path at IP addresses and localhost, else nowhere (a bucket's own domain). */
  readonly addressing: "auto" | "path" | "virtual" | "own";
  readonly signature: OssSignature;
  /** PEM file with further certificate authorities. */
  readonly caFile?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  readonly requesterPays: boolean;
  /** Requests are not signed: for public buckets. */
  readonly anonymous?: true;
}

/** `[store.NAME]` of type embedded: sluice's own store on a folder, started for the job. */
export interface EmbeddedSpec {
  readonly type: "embedded";
  readonly name: string;
  readonly folder: string;
  /** The protocol that it speaks to this job. */
  readonly dialect: "s3" | "oss";
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
  /** Content types by extension (lower case, without the dot) that come before the built-in ones; from a file like /etc/mime.types. */
  readonly mimeTypes?: { readonly path: string; readonly types: Readonly<Record<string, string>> };
  /** `copy` the source's tags, set none, or set exactly these. */
  readonly tags: "copy" | "none" | Readonly<Record<string, string>>;
}

/** Sizes, counts and times that bound a run. Same meaning in every job; see jobs.example.ini. */
export interface Tuning {
  /** Threads that copy, at most. */
  readonly workers: number;
  /** Parts in flight at once, over all workers. */
  readonly partsInFlight: number;
  /** Objects in progress at once, over all workers. */
  readonly objectsInFlight: number;
  /** Bytes per second over all workers; 0 means no cap. */
  readonly bandwidthBytesPerSecond: number;
  /** Further attempts after the first. */
  readonly retries: number;
  /** Base of the growing wait. */
  readonly retryDelayMs: number;
  /** `double`: full jitter over a doubling base. `linear`: the n-th wait is n times the base. */
  readonly retryGrowth: "double" | "linear";
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** Ceiling of the whole process; 0 means none but the printed one. */
  readonly memoryBytes: number;
}

/** Everything that a worker must know of the job besides the two stores. */
export interface TransferRules {
  readonly partSizeBytes: number | "auto";
  readonly multipartThresholdBytes: number;
  /** Copied on the server, larger plain objects go in parts; others in one request, which keeps their ETag. */
  readonly copyThresholdBytes: number;
  readonly verify: "auto" | "size" | "checksum" | "full";
  readonly unfinished: "resume" | "abort" | "keep";
  readonly headers: HeaderRules;
  /** Local files of these content types are sent compressed; `all` among them means every one. Absent: none. */
  readonly gzip?: readonly string[];
  /** Folders and links travel as objects, with owners and modes, as s3sync keeps them. Absent: they do not. */
  readonly treeFormat?: "s3sync";
  /** `skip`: downloaded files keep the time of writing. Absent: they get the source's. */
  readonly times?: "skip";
  /** Both sides are one endpoint with one set of keys: copy on the server. */
  readonly serverSideCopy: boolean;
}

/** Which keys a job is about, beside `include` and `exclude`; what is absent bounds nothing. */
export interface Selection {
  /** Regular expressions (RE2), searched in the relative key and in the folders above it. */
  readonly excludeRegex?: readonly string[];
  readonly shellRules?: ShellRules;
  /** Objects last modified longer ago are left out. */
  readonly maxAgeMs?: number;
  /** Links to folders or to nothing, devices and the like: told as failures, unless this is set. */
  readonly skipSpecial?: true;
  /** Levels below the root: 0 is the root itself. */
  readonly depth?: number;
  /** Objects that are planned at most, skipped ones included. */
  readonly limit?: number;
  /** Logs and manifests of earlier runs: what they tell as done is left alone. */
  readonly skipKeysFrom?: readonly string[];
}

/** Ordered rules `+PATTERN` and `-PATTERN`; the first that matches decides, what none matches is kept. */
export interface ShellRules {
  readonly rules: readonly string[];
  /** What is looked at: the whole key, or its folder and its name, which then must both be kept. */
  readonly by: "key" | "parts";
  /** A path put in front of keys and folders before they are looked at. */
  readonly base: string;
}

/** What a file of names says: one a line, without blank lines and comments. */
export interface NameList {
  /** Absolute path of the file. */
  readonly path: string;
  readonly names: readonly string[];
}

/** One checked section of the job file: one run. */
export interface Job {
  readonly name: string;
  readonly source: Place;
  readonly destination: Place;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Only keys that begin with one of these, relative to the source; with `files` both count. Empty: all. */
  readonly prefixes: readonly string[];
  /** Only these keys, relative to the source. */
  readonly files: readonly string[];
  /** Only the objects of these names and what lies in the folders of these names, relative to the source, without a slash at their ends. */
  readonly names: readonly string[];
  /** Further prefixes and files, one a line of a file. */
  readonly prefixesFrom?: NameList;
  readonly filesFrom?: NameList;
  /** False: what stands before the last slash of a prefix, file or name is cut off at the destination. */
  readonly keepPath: boolean;
  /** Continues the source's key, with or without a slash; cut off like it. */
  readonly cutPrefix: string;
  /** Smaller objects are left out. */
  readonly minSizeBytes: number;
  /** Larger objects are skipped; absent: no limit. */
  readonly maxSizeBytes?: number;
  /** Put in front of each relative key of a tree at the destination. */
  readonly keyPrefix: string;
  readonly compare: "auto" | "size" | "mtime" | "checksum" | "absent" | "always";
  readonly selection?: Selection;
  /** With a tree format: the root of the tree has an object as well, named like the other side's prefix without its slash. */
  readonly rootNode?: true;
  readonly delete: boolean;
  readonly maxDelete: number;
  /** With `delete`: a source without a single object empties the destination instead of being refused. */
  readonly allowEmptySource: boolean;
  readonly dryRun: boolean;
  /** List and compare both sides again after the run. */
  readonly finalCheck: boolean;
  /** On a terminal, ask whether unfinished uploads below the destination shall be aborted before the run. */
  readonly askToClean: boolean;
  /** Path of a module that exports `select`, `rename`, `headers`, `onResult`. */
  readonly hooks?: string;
  readonly rules: Omit<TransferRules, "serverSideCopy">;
  readonly tuning: Tuning;
  readonly report: ReportRules;
}

/** How a run tells what it does. */
export interface ReportRules {
  readonly logLevel: "error" | "warn" | "info" | "debug";
  readonly logFormat: "text" | "json";
  readonly progress: "auto" | "bar" | "lines" | "none";
  /** A line at `info` for each object: what arrived, and what was left as it is. */
  readonly logObjects?: boolean;
  /** Path of a file that gets the log as well; `{time}` in it is the time of the start. Absent means none. */
  readonly logFile?: string;
  /** Path of the NDJSON manifest; absent means none. */
  readonly manifest?: string;
}
