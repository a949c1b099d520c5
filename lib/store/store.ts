/**
 * The contract of a store: one bucket (or folder), control requests only. Bytes are the business of lib/wire. Every implementation
 * passes tests/store_suite.ts. All calls may be made twice; all throw only TransferError; all end soon after the signal fires.
 */
import type {
  Capabilities,
  Checksum,
  Credentials,
  DeclaredChecksum,
  ErrorKind,
  ObjectDetails,
  ObjectHeaders,
  ObjectInfo,
  PartInfo,
  PartLayout,
  SourcePin,
  UploadInfo,
  WriteCondition,
} from "../types.ts";

/** Options of {@link Store.list}. */
export interface ListOptions {
  /** Only keys that start with this text; a prefix is text, not a folder. */
  prefix: string;
  /**
   * Keys may come in any order, each once: the caller looks them up at the destination. `repeating`: also twice, which means that others
   * are missing. Default: a listing out of order throws `disorder`.
   */
  anyOrder?: boolean | "repeating";
  /** Runs a request for one page, again where it failed for a while. Default: each is sent once. Stores on a disk never use it. */
  repeat?: <T>(request: () => Promise<T>) => Promise<T>;
  /** Local folders only: also list folders, as zero-byte keys that end in a slash. */
  folders?: boolean;
  /** Local folders only: how many levels below the prefix are looked at; absent means all. Deeper keys may be listed all the same. */
  depth?: number | undefined;
  /** Local folders only: asked of each folder by its key with the slash; false: nothing in it is wanted, and it is not read. */
  enters?: ((folderKey: string) => boolean) | undefined;
  signal?: AbortSignal;
}

/** Options of {@link Store.createUpload}. */
export interface CreateUploadOptions {
  headers: ObjectHeaders;
  layout: PartLayout;
  /** Binds the upload to the source's version where the store can keep it (local partial files). */
  token: string;
  /** Checksum that the parts will carry; absent means none is declared. A `full` type combines over parts (CRCs only). */
  checksum?: Required<DeclaredChecksum> | undefined;
  signal?: AbortSignal;
}

/** Options of {@link Store.completeUpload}. */
export interface CompleteUploadOptions {
  /** In part number order, without holes; each as UploadPart or ListParts describes it. */
  parts: readonly PartInfo[];
  sizeBytes: number;
  /** Checksum of the whole object, of the algorithm declared at create: the store refuses to complete when it differs. */
  checksum?: Checksum | undefined;
  /** Declared at create: then each part's checksum is sent along. */
  partChecksums?: Checksum["algorithm"] | undefined;
  condition?: WriteCondition | undefined;
  /** Local files only: the time to set. */
  lastModifiedMs?: number | undefined;
  /** Local files only: owner and mode to give, as s3sync writes them into metadata. */
  ownership?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal;
}

/** A source of a server-side copy: same endpoint, perhaps another bucket. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly pin: SourcePin;
}

/** What a write returned. */
export interface WriteAnswer {
  readonly etag?: string | undefined;
  readonly checksums: readonly Checksum[];
  readonly versionId?: string;
  /** Local files only: what the file system refused although the bytes are there, for people. */
  readonly notes?: readonly string[];
}

/** A key that could not be deleted, and why; its kind says whether another attempt may help. */
export interface DeleteFailure {
  /** The key that is still there. */
  readonly key: string;
  /** What kind of failure it was. */
  readonly kind: ErrorKind;
  /** Why, as one line for people. */
  readonly message: string;
}

/** Options of {@link Store.head}. */
export interface HeadOptions {
  versionId?: string | undefined;
  /** Returns the size of that part as `sizeBytes`. */
  partNumber?: number | undefined;
  /** The caller can do without: a refusal is said once. */
  optional?: boolean;
  signal?: AbortSignal;
}

/** Options of {@link Store.deleteObjects}. */
export interface DeleteOptions {
  /** On disk, folders that become empty go as well, but for those whose key (with a slash at its end) is kept. Default: all stay. */
  keepsFolder?: (key: string) => boolean;
  signal?: AbortSignal;
}

/** One bucket or folder. */
export interface Store {
  /** `NAME://bucket` or the folder, for messages. */
  readonly label: string;
  readonly capabilities: Capabilities;

  /**
   * Pages of objects in the order of their UTF-8 key bytes, never twice and never out of order unless `anyOrder` allows it. A listing that
   * goes wrong throws, so that an end without an error is a complete listing. A page that failed is requested again by its own token.
   */
  list(options: ListOptions): AsyncIterable<readonly ObjectInfo[]>;

  /** The object, with its stored checksums; undefined when there is none. */
  head(key: string, options?: HeadOptions): Promise<ObjectDetails | undefined>;

  /** Tags of an object; empty where the store has none. */
  readTags(key: string, options?: { versionId?: string | undefined; signal?: AbortSignal }): Promise<Record<string, string>>;

  /** Answers the upload id. */
  createUpload(key: string, options: CreateUploadOptions): Promise<string>;

  /** Unfinished uploads: of exactly `key`, or of every key under `prefix`. Newest first within one key. */
  listUploads(query: { key: string } | { prefix: string }, options?: { signal?: AbortSignal }): AsyncIterable<readonly UploadInfo[]>;

  /**
   * Parts of an upload in number order. Throws `uploadLost` when it is gone. `checksum` is what was declared at create, if known. A partial
   * file of `sizeBytes`, the object's, is whole. That KMS keys encrypt an upload, so that ETags are not digests, is not said here.
   */
  listParts(key: string, uploadId: string, options?: { sizeBytes?: number; signal?: AbortSignal }): AsyncIterable<
    { readonly parts: readonly PartInfo[]; readonly checksum?: DeclaredChecksum }
  >;

  /** Puts the parts together. An error may come although it worked: look with {@link head} before anything else. */
  completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer>;

  /** Ends an upload and frees its parts. No error when it is gone already. */
  abortUpload(key: string, uploadId: string, options?: { signal?: AbortSignal }): Promise<void>;

  /** Server-side copy in one request, pinned with copy-source-if-match. `headers` absent: the store copies what the source carries. */
  copyObject(
    source: CopySource,
    key: string,
    options: { headers?: ObjectHeaders | undefined; condition?: WriteCondition | undefined; signal?: AbortSignal },
  ): Promise<WriteAnswer>;

  /** Server-side copy of a range into a part, pinned as above. */
  copyPart(
    source: CopySource,
    key: string,
    options: { uploadId: string; partNumber: number; first: number; last: number; signal?: AbortSignal },
  ): Promise<PartInfo>;

  /** Deletes objects; returns those that could not be deleted, with the reason. A missing key counts as deleted. */
  deleteObjects(keys: readonly string[], options?: DeleteOptions): Promise<readonly DeleteFailure[]>;

  /** Frees sockets. */
  close(): void;
}

/** Credentials that may change while the job runs; called before each request that signs. */
export type CredentialSource = () => Promise<Credentials>;
