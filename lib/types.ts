/** The nouns that every stage shares: plain data that may be posted to another thread and, but for {@link Credentials}, logged. */

/** A byte span, first and last **inclusive**, as HTTP says it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Digest algorithms that a store returns or that sluice computes. `crc64ecma` is the one of Alibaba OSS. */
export type DigestAlgorithm = "md5" | "crc32" | "crc32c" | "crc64nvme" | "crc64ecma" | "sha1" | "sha256";

/** Algorithms that S3 carries in `x-amz-checksum-*` headers. */
export type ChecksumAlgorithm = "crc32" | "crc32c" | "crc64nvme" | "sha1" | "sha256";

/**
 * A digest that a store vouches for. `value` is base64 for `x-amz-checksum-*`, lower-case hex for MD5, decimal for `crc64ecma`. A `full`
 * one is of all bytes. A `composite` one is the digest of the digests of `parts` parts (0: the store does not say how many) and can only be
 * compared with one over the same parts; its `value` has no `-N` at the end.
 */
export type Checksum =
  & { readonly algorithm: DigestAlgorithm; readonly value: string }
  & ({ readonly type: "full" } | { readonly type: "composite"; readonly parts: number });

/** Digests computed by sluice, each in the form that {@link Checksum} names. */
export type Digests = Partial<Record<DigestAlgorithm, string>>;

/** A checksum that was declared when an upload was created. */
export type DeclaredChecksum = { readonly algorithm: ChecksumAlgorithm; readonly type?: Checksum["type"] };

/** A right on an object for one grantee, named in the way that `by` says (the header forms of S3). */
export interface Grant {
  /** What the grantee may do. */
  readonly permission: "READ" | "READ_ACP" | "WRITE_ACP" | "FULL_CONTROL";
  /** How the grantee is named. */
  readonly by: "emailAddress" | "id" | "uri";
  /** The address, the canonical id, or the URI of a group. */
  readonly grantee: string;
}

/** What an object carries besides its bytes. Absent means "not set". */
export interface ObjectHeaders {
  /** The Content-Type header. */
  contentType?: string;
  /** The Cache-Control header. */
  cacheControl?: string;
  /** The Content-Encoding header. */
  contentEncoding?: string;
  /** The Content-Disposition header. */
  contentDisposition?: string;
  /** The Content-Language header. */
  contentLanguage?: string;
  /** The Expires header, verbatim. */
  expires?: string;
  /** Where a bucket that is served as a website sends browsers instead. */
  websiteRedirectLocation?: string;
  /** User metadata, names in lower case without the `x-amz-meta-` in front. */
  metadata?: Record<string, string>;
  /** Tags of the object, at most 10. */
  tags?: Record<string, string>;
  /** The storage class in the words of the store, such as `STANDARD_IA`. */
  storageClass?: string;
  /** A canned ACL. */
  acl?: string;
  /** Single rights; never together with a canned ACL. */
  grants?: readonly Grant[];
  /** Server-side encryption: `AES256` or `aws:kms`. */
  sse?: string;
  /** The key of `aws:kms`; the default key of the account when absent. */
  kmsKeyId?: string;
  /** Further request headers, names in lower case: sent as they are, for what a store keeps beyond the fields above. */
  other?: Record<string, string>;
}

/** An object as a listing shows it. */
export interface ObjectInfo {
  /** The whole key, prefix included. */
  readonly key: string;
  /** Size in bytes. */
  readonly sizeBytes: number;
  /** Opaque version mark without quotes: only good to pin or to compare a version. Local files have none. */
  readonly etag?: string;
  /**
   * The MD5 that a listing shows: 32 lower-case hex digits, with `-N` behind them the MD5 of the MD5s of N parts. One text to save memory,
   * not a {@link Checksum}. Listings do not name encryptions that belie it; HEAD does.
   */
  readonly md5?: string;
  /** Nobody vouches for `md5`: two equal values are the same bytes, two different ones say nothing. */
  readonly md5Doubtful?: true;
  /** Milliseconds since 1970. */
  readonly lastModifiedMs?: number;
  /** The storage class in the words of the store. */
  readonly storageClass?: string;
  /** The version, in buckets that keep versions. */
  readonly versionId?: string;
  /** Set when the listing saw the name but cannot read it (broken link, no permission): the reason, fit to print. */
  readonly unreadable?: string;
  /** The unreadable name is not a file and leads to none (a link to a folder or to nothing, a device), or is a link of a store. */
  readonly special?: true;
  /** Objects of the disk only. Opaque: only lib/disk and lib/bytes/local_source.ts look inside. */
  readonly local?: LocalSource;
}

/** What the disk knows of an object of its own: which version of which bytes it is. */
export interface LocalSource {
  /** Size, times and inode as one opaque text; it changes when the file does. */
  readonly fileMark?: string;
  /** Members of an archive: which of its bytes they are, counted from 0; for compressed archives of the decompressed ones. */
  readonly slice?: { readonly offset: number; readonly sizeBytes: number };
  /** The bytes are sent compressed; the object's size is then the compressed size. */
  readonly gzip?: true;
  /** Objects that are not a file's bytes (folder nodes, links): what they hold. */
  readonly body?: string;
  /** Files in a format that keeps them: owner, mode and the like, as metadata of the object. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object as HEAD (or the headers of a GET) shows it. */
export interface ObjectDetails extends ObjectInfo {
  readonly headers: ObjectHeaders;
  /** Every digest of the object that the store vouches for, its MD5 among them when its ETag is one. */
  readonly checksums: readonly Checksum[];
  readonly tagCount: number;
  /** True when the object must be restored from its storage class before it can be read. */
  readonly archived: boolean;
  /** The command that restores it, for messages. */
  readonly restoreWith?: string;
}

/** What a source object must still be while it is read: sent as If-Match and versionId, or compared with a new stat. */
export type SourcePin = Pick<ObjectInfo, "etag" | "versionId" | "local"> & {
  /** The store's If-Match does not work: the ETag of each response is compared instead. */
  readonly unmatched?: true;
};

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

/** A part as ListParts shows it. `partNumber` counts from 1. */
export interface PartInfo {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly etag?: string | undefined;
  /** Digests of this part's bytes that the store vouches for, its MD5 among them when its ETag is one. */
  readonly checksums: readonly Checksum[];
}

/** How an object is cut into parts: a pure function of the source object and the job. */
export interface PartLayout {
  readonly sizeBytes: number;
  /** Of every part but the last; where they differ, of the first. */
  readonly partSizeBytes: number;
  readonly partCount: number;
  /** Parts of unequal sizes, never in a folder: where each begins. */
  readonly starts?: readonly number[];
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
  /**
   * Digests that the store works out by itself and returns for every object and part, whoever wrote it. CRCs are those of all bytes, also
   * of an object made of parts; an MD5 is then the MD5 of the part MD5s.
   */
  readonly ownDigests: readonly DigestAlgorithm[];
  /** `x-amz-checksum-*` algorithms that may be sent. */
  readonly checksums: readonly ChecksumAlgorithm[];
  /** If-None-Match / If-Match on PUT and Complete. `absent`: only that nothing is replaced. */
  readonly conditionalWrites: boolean | "absent";
  /** CopyObject and UploadPartCopy. */
  readonly serverSideCopy: boolean;
  /** Objects may be links: reading follows them, a copy on the server does not. */
  readonly links?: true;
  readonly tags: boolean;
  readonly partSizeMinBytes: number;
  readonly partSizeMaxBytes: number;
  readonly partCountMax: number;
  /** Largest object that one PUT (or one CopyObject) may carry. */
  readonly putSizeMaxBytes: number;
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
  /** Not there yet, and not to be made: it holds nothing. Only the destination of a dry run or a check. */
  readonly absent?: true;
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
  /** Requests are not signed; `credentials` are empty. */
  readonly anonymous?: true;
  readonly capabilities: Capabilities;
}

/** A bucket of an S3 store, everything resolved: what a worker needs to sign and send. Holds secrets. */
export interface ReadyS3 extends ReadyBucket {
  readonly type: "s3";
  /** As configured, for the SDK; absent for Amazon. */
  readonly endpoint?: string;
  /** The endpoint is the bucket's own domain: its name stands neither in the host nor in the path. */
  readonly ownDomain?: true;
  /** Version of ListObjects; absent: 2 unless the store refuses it. */
  readonly listing?: "v1" | "v2";
}

/** How requests to OSS are signed: V1 only for buckets and accounts from before 2025. */
export type OssSignature = "v4" | "v1";

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

/** Why an object is to be moved. */
export type TransferReason = "missing" | "size differs" | "etag differs" | "checksum differs" | "source is newer" | "always";

/** Why an object is left as it is. */
export type SkipReason = "same etag" | "same checksum" | "same size, not older" | "same size" | "exists" | "done before" | "excluded";

/** One object to be moved: plain data, safe to post. */
export interface Transfer {
  /** Number of the transfer in its run. */
  readonly id: number;
  /** The object as the source's listing shows it. */
  readonly source: ObjectInfo;
  /** The whole key at the destination. */
  readonly destinationKey: string;
  /** Why it is copied. */
  readonly reason: TransferReason;
  /** The destination object that will be replaced, as its listing shows it. */
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
  /** `first`: it stands in the way of transfers that follow, and goes before them. */
  | { readonly kind: "delete"; readonly destinationKey: string; readonly sizeBytes: number; readonly first?: true }
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
  | "disorder"
  | "disk"
  | "storage"
  | "credentials"
  | "config"
  | "crash"
  | "cancelled"
  | "bug";

/** An error as plain data, for messages and the manifest: never holds headers, signed URLs or secrets. */
export interface WireError {
  /** What kind of failure it is. */
  readonly kind: ErrorKind;
  /** One line for people. */
  readonly message: string;
  /** HTTP status, when a store responded. */
  readonly status?: number | undefined;
  /** The store's own error code, such as `SlowDown`. */
  readonly code?: string | undefined;
  /** The store's own number of the request. */
  readonly requestId?: string | undefined;
  /** The key that the failure is about. */
  readonly key?: string | undefined;
  /** From Retry-After. */
  readonly retryAfterMs?: number | undefined;
}

/** What every result counts. */
export interface Effort {
  /** Bytes sent to the destination for this object, failed attempts included. */
  readonly movedBytes: number;
  /** Bytes of accepted parts that an earlier run had left at the destination. */
  readonly foundBytes: number;
  /** Parts sent; 1 for a single PUT. */
  readonly parts: number;
  /** Requests that failed and were sent again. */
  readonly retries: number;
  /** From the start of the transfer to its end, in milliseconds. */
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
      readonly otherUploads: readonly string[];
    }
    | { readonly outcome: "failed"; readonly error: WireError; readonly uploadId?: string }
    | { readonly outcome: "cancelled"; readonly uploadId?: string }
  );

/** How the bytes travelled. */
export type Way = "relay" | "upload" | "download" | "hashed relay" | "server-side copy" | "local copy";

/** Running sums of one worker: never differences, so a lost tick harms nobody. */
export interface Totals {
  /** Bytes sent to the destination, failed attempts included. */
  readonly movedBytes: number;
  /** Bytes of accepted parts that an earlier run had left. */
  readonly foundBytes: number;
  /** Requests that failed and were sent again. */
  readonly retries: number;
  /** Objects in progress now. */
  readonly open: number;
}
