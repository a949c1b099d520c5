/**
 * The nouns that every stage shares. Plain data only: whatever is named here may be posted to another thread, logged (but for
 * {@link Credentials}) and compared with `assertEquals`. No behaviour lives in this file.
 */

/** A byte span, first and last **inclusive**, as HTTP says it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Digest algorithms that a store answers or that sluice computes. `crc64ecma` is the one of Alibaba OSS. */
export type DigestAlgorithm = "md5" | "crc32" | "crc32c" | "crc64nvme" | "crc64ecma" | "sha1" | "sha256";

/** Algorithms that S3 carries in `x-amz-checksum-*` headers. */
export type ChecksumAlgorithm = "crc32" | "crc32c" | "crc64nvme" | "sha1" | "sha256";

/**
 * A digest with its algorithm. `value` is written as the provider writes it: base64 for `x-amz-checksum-*`, lower-case hex for MD5
 * (the form of an ETag), decimal for `crc64ecma`. `composite` values are digests of part digests and cannot be compared with `full` ones.
 */
export interface Checksum {
  readonly algorithm: DigestAlgorithm;
  readonly value: string;
  readonly type: "full" | "composite";
}

/** Digests computed by sluice, each in the form that {@link Checksum} names. */
export type Digests = Partial<Record<DigestAlgorithm, string>>;

/** A right on an object for one grantee, named in the way that `by` says (the header forms of S3). */
export interface Grant {
  readonly permission: "READ" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";
  readonly by: "emailAddress" | "id" | "uri";
  readonly grantee: string;
}

/** What an object carries besides its bytes. Absent means "not set". */
export interface ObjectHeaders {
  contentType?: string;
  cacheControl?: string;
  contentEncoding?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  /** The Expires header, verbatim. */
  expires?: string;
  websiteRedirectLocation?: string;
  /** User metadata, names in lower case without the `x-amz-meta-` in front. */
  metadata?: Record<string, string>;
  tags?: Record<string, string>;
  storageClass?: string;
  /** A canned ACL. */
  acl?: string;
  /** Single rights; never together with a canned ACL. */
  grants?: readonly Grant[];
  /** Server-side encryption: `AES256` or `aws:kms`. */
  sse?: string;
  kmsKeyId?: string;
  /** Further request headers, names in lower case: sent as they are, for what a store keeps beyond the fields above. */
  other?: Record<string, string>;
}

/** An object as a listing tells it. */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Opaque version mark without quotes; *not* assumed an MD5. Local files have none. */
  readonly etag?: string;
  readonly lastModifiedMs?: number;
  readonly storageClass?: string;
  readonly versionId?: string;
  /** Local files only: size, mtime in ns and inode as one opaque text; it changes when the file does. */
  readonly fileMark?: string;
  /** Set when the listing saw the name but cannot read it (broken link, no permission): the reason, fit to print. */
  readonly unreadable?: string;
  /** The unreadable name is no file and leads to none: a link to a folder or to nothing, a device. */
  readonly special?: true;
  /** Members of an archive only: which of its bytes they are. */
  readonly slice?: ArchiveSlice;
  /** The bytes are sent compressed; `sizeBytes` is then the compressed size. */
  readonly gzip?: true;
  /** Objects that are no file's bytes (folder nodes, links): what they hold. */
  readonly body?: string;
  /** Local files in a format that keeps them: owner, mode and the like, as metadata of the object. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Where a member of an archive lies; for compressed archives in the decompressed bytes. */
export interface ArchiveSlice {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** An object as HEAD (or the headers of a GET) tells it. */
export interface ObjectDetails extends ObjectInfo {
  readonly headers: ObjectHeaders;
  readonly checksums: readonly Checksum[];
  readonly tagCount: number;
  /** False when the store says that the ETag cannot be an MD5 (KMS, SSE-C). */
  readonly etagMayBeMd5: boolean;
  /** True when the object must be restored from its storage class before it can be read. */
  readonly archived: boolean;
}

/** What a source object must still be while it is read: sent as If-Match and versionId, or compared with a new stat. */
export interface SourcePin {
  readonly etag?: string;
  readonly versionId?: string;
  readonly fileMark?: string;
  /** What is read of the file, as {@link ObjectInfo} tells it. */
  readonly slice?: ArchiveSlice;
  readonly gzip?: true;
  readonly body?: string;
}

/** When a write may happen. `absent`: nothing is there. `etag`: exactly this version is there. */
export type WriteCondition = { readonly absent: true } | { readonly etag: string };

/** An unfinished multipart upload, or a partial file beside a local destination. */
export interface UploadInfo {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedMs: number;
  /** Local partial files only: the layout token and part size that their name carries. */
  readonly token?: string;
  readonly partSizeBytes?: number;
}

/** A part as ListParts tells it. `partNumber` counts from 1. */
export interface PartInfo {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly etag?: string;
  /** False when the store said so while answering (KMS): the ETag proves nothing. */
  readonly etagIsMd5?: false;
  readonly checksums: readonly Checksum[];
}

/** How an object is cut into parts: a pure function of the source object and the job. */
export interface PartLayout {
  readonly sizeBytes: number;
  readonly partSizeBytes: number;
  readonly partCount: number;
}

/** Access keys, as the SDK's provider chain resolved them. The only secret in this file: never log, print or put into an error. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiresAtMs?: number;
}

/** What a kind of store can do and what it limits: data, so that no code asks "which provider is this?". */
export interface Capabilities {
  /** The name under which the table lists it: `aws`, `r2`, `generic`, … */
  readonly provider: string;
  /** A plain ETag is the MD5 of the bytes, and a `…-N` one the MD5 of the part MD5s. */
  readonly etagIsMd5: boolean;
  /** `x-amz-checksum-*` algorithms that may be sent. */
  readonly checksums: readonly ChecksumAlgorithm[];
  /** If-None-Match / If-Match on PUT and Complete. `absent`: only that nothing is replaced. */
  readonly conditionalWrites: boolean | "absent";
  /** The digest that the store works out and answers for every object and part, whoever wrote it; absent where it has none. */
  readonly ownDigest?: "crc64ecma";
  /** CopyObject and UploadPartCopy. */
  readonly serverSideCopy: boolean;
  readonly tags: boolean;
  readonly partSizeMinBytes: number;
  readonly partSizeMaxBytes: number;
  readonly partCountMax: number;
  /** Largest object that one PUT (or one CopyObject) may carry. */
  readonly putSizeMaxBytes: number;
}

/** `[store.NAME]` of type local, a bare path, or (with `archive`) the members of a tar archive: `tar://PATH`. */
export interface LocalSpec {
  readonly type: "local";
  readonly name: string;
  /** The place's `bucket` is the archive's path. */
  readonly archive?: true;
}

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
  readonly addressing: "auto" | "path" | "virtual";
  /** PEM file with further certificate authorities. */
  readonly caFile?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  readonly requesterPays: boolean;
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
  readonly addressing: "auto" | "path" | "virtual";
  readonly signature: OssSignature;
  /** PEM file with further certificate authorities. */
  readonly caFile?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  readonly requesterPays: boolean;
}

/** How requests to OSS are signed: V1 only for buckets and accounts from before 2025. */
export type OssSignature = "v4" | "v1";

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

/** A folder (or an archive) that exists and can be worked on. `bucket` is its absolute path. */
export interface ReadyLocal {
  readonly type: "local";
  readonly name: string;
  readonly bucket: string;
  /** A tar archive, and how it is compressed; absent means a folder. */
  readonly archive?: "none" | "gzip" | "bzip2";
  /** Folders and links are objects there, and owners and modes are kept. */
  readonly format?: "s3sync";
}

/** What every bucket that can be reached has, whatever protocol it speaks; see {@link ReadyRemote}. */
interface ReadyBucket {
  readonly name: string;
  readonly bucket: string;
  /** `scheme://host[:port]` plus `/bucket` with path-style addressing; never ends in a slash. `/` and the encoded key follow. */
  readonly baseUrl: string;
  readonly pathStyle: boolean;
  /** Signing region. */
  readonly region: string;
  readonly credentials: Credentials;
  readonly caFile?: string;
  readonly proxy?: string;
  readonly requesterPays: boolean;
  readonly capabilities: Capabilities;
}

/** A bucket of an S3 store, everything resolved: what a worker needs to sign and send. Holds secrets. */
export interface ReadyS3 extends ReadyBucket {
  readonly type: "s3";
  /** As configured, for the SDK; absent for Amazon. */
  readonly endpoint?: string;
}

/** A bucket of Alibaba OSS, likewise. Holds secrets. */
export interface ReadyOss extends ReadyBucket {
  readonly type: "oss";
  /** The base URL without the bucket; two buckets of one endpoint can be copied from one to the other on the server. */
  readonly endpoint: string;
  readonly signature: OssSignature;
}

/** A bucket that can be reached. Code that needs an address, keys and capabilities only never asks for its type. */
export type ReadyRemote = ReadyS3 | ReadyOss;

/** A store resolved to one bucket or folder: plain data, safe to post, not safe to print. */
export type ReadyStore = ReadyLocal | ReadyRemote;

/** Which of the two stores. */
export type Side = "source" | "destination";

/** Evidence that a destination object is the source's bytes; see docs/architecture.md. Cheapest first. */
export type Evidence = "etag" | "checksum" | "hashed" | "size" | "full";

/** How headers of a destination object are made from the source's. */
export interface HeaderRules {
  /** `copy`: everything the source carries, then `set`. `replace`: only `set`. */
  readonly mode: "copy" | "replace";
  /** `metadata` in it is merged name by name. */
  readonly set: ObjectHeaders;
  /** `guess` by the name, `magic` by the name, then by the first bytes; found, it is stronger than `set`. Absent: `set`, else by name. */
  readonly contentType?: "guess" | "magic";
  /** `copy` the source's tags, set none, or set exactly these. */
  readonly tags: "copy" | "none" | Readonly<Record<string, string>>;
}

/** Sizes, counts and times that bound a run. Same meaning in every job; see jobs.example.ini. */
export interface Tuning {
  readonly workers: number;
  readonly partsInFlight: number;
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
  /** Put in front of each relative key of a tree at the destination. */
  readonly keyPrefix: string;
  readonly compare: "auto" | "size" | "mtime" | "checksum" | "absent" | "always";
  readonly selection?: Selection;
  /** With a tree format: the root of the tree has an object as well, named like the other side's prefix without its slash. */
  readonly rootNode?: true;
  readonly delete: boolean;
  readonly maxDelete: number;
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

/** Why an object is to be moved. */
export type TransferReason = "missing" | "size differs" | "etag differs" | "checksum differs" | "source is newer" | "always";

/** Why an object is left as it is. */
export type SkipReason = "same etag" | "same checksum" | "same size, not older" | "same size" | "exists" | "done before" | "excluded";

/** One object to be moved: plain data, safe to post. */
export interface Transfer {
  readonly id: number;
  readonly source: ObjectInfo;
  readonly destinationKey: string;
  readonly reason: TransferReason;
  /** The destination object that will be replaced, as its listing told it. */
  readonly replaces?: ObjectInfo;
  /** From the `headers` hook: laid over what the rules give. */
  readonly headers?: ObjectHeaders;
}

/** One line of the plan. */
export type PlanItem =
  | { readonly kind: "transfer"; readonly transfer: Transfer }
  | {
    readonly kind: "skip";
    readonly key: string;
    readonly destinationKey: string;
    readonly sizeBytes: number;
    readonly reason: SkipReason;
  }
  | { readonly kind: "delete"; readonly destinationKey: string; readonly sizeBytes: number }
  | { readonly kind: "problem"; readonly key: string; readonly error: WireError };

/** Kinds of failure; what each means for retry and reach is the table in errors.ts. */
export type ErrorKind =
  | "network"
  | "server"
  | "throttled"
  | "integrity"
  | "uploadLost"
  | "sourceChanged"
  | "conflict"
  | "notFound"
  | "archived"
  | "denied"
  | "unsupported"
  | "storage"
  | "credentials"
  | "config"
  | "crash"
  | "cancelled"
  | "bug";

/** An error as plain data, for messages and the manifest: never holds headers, signed URLs or secrets. */
export interface WireError {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly status?: number;
  /** The store's own error code, such as `SlowDown`. */
  readonly code?: string;
  readonly requestId?: string;
  readonly key?: string;
  /** From Retry-After. */
  readonly retryAfterMs?: number;
}

/** What every result counts. */
export interface Effort {
  /** Bytes sent to the destination for this object, failed attempts included. */
  readonly movedBytes: number;
  /** Bytes of accepted parts that an earlier run had left at the destination. */
  readonly foundBytes: number;
  /** Parts sent; 1 for a single PUT. */
  readonly parts: number;
  readonly retries: number;
  readonly elapsedMs: number;
}

/** How one transfer ended. */
export type TransferResult =
  & { readonly id: number; readonly key: string; readonly destinationKey: string; readonly sizeBytes: number; readonly effort: Effort }
  & (
    | {
      readonly outcome: "done";
      readonly evidence: Evidence;
      /** Which digest the evidence rests on, for people: `md5`, `crc32`, … */
      readonly digest?: DigestAlgorithm;
      readonly way: Way;
      readonly etag?: string;
      readonly storageClass?: string;
      /** The bytes were compressed on the way. */
      readonly compressed?: true;
      /** What the source carried and the destination could not take, in words. */
      readonly notCarried: readonly string[];
      /** Unfinished uploads of this key that were not ours: left alone, or aborted. */
      readonly strangers: readonly string[];
    }
    | { readonly outcome: "failed"; readonly error: WireError; readonly uploadId?: string }
    | { readonly outcome: "cancelled"; readonly uploadId?: string }
  );

/** How the bytes travelled. */
export type Way = "relay" | "upload" | "download" | "hashed relay" | "server-side copy" | "local copy";

/** Running sums of one worker: never differences, so a lost tick harms nobody. */
export interface Totals {
  readonly movedBytes: number;
  readonly foundBytes: number;
  readonly retries: number;
  /** Objects in work now. */
  readonly open: number;
}
