/**
 * The one double of a store: the contract of lib/store/store.ts over a bucket in memory. Every request is recorded and goes through one
 * function, which may fail it by script, or send it over a line that loses, delays and repeats in virtual time.
 */
import { TransferError } from "../../lib/errors.ts";
import { listPages } from "../../lib/remote/pages.ts";
import type {
  CompleteUploadOptions,
  CopySource,
  CreateUploadOptions,
  DeleteFailure,
  HeadOptions,
  ListOptions,
  Store,
  WriteAnswer,
} from "../../lib/store/store.ts";
import type { Capabilities, ObjectDetails, ObjectHeaders, ObjectInfo, PartInfo, UploadInfo, WriteCondition } from "../../lib/types.ts";
import type { MemoryBucket } from "./memory_bucket.ts";
import { SOMEBODY, type StoredUpload } from "./stored.ts";

/** One request to the bucket. */
export interface Asked<T> {
  readonly operation: string;
  /** What it is about: a key, an upload, a part number. */
  readonly detail: string;
  readonly signal: AbortSignal | undefined;
  /** What the server does when it arrives, and its answer. */
  readonly effect: () => T;
  /** What the client learns just before its answer is handed over. */
  readonly heard?: (answer: T) => void;
  /** What becomes of an answer when the client had given up before the work was done. */
  readonly unheard?: (answer: T) => void;
  /** What becomes of the first answer when the work is done twice. */
  readonly repeated?: (answer: T) => void;
}

/** Options of {@link MemoryStore}. */
export interface MemoryStoreOptions<C> {
  /** Entries of a listing page. Default: 1,000. */
  pageEntries?: number;
  /** The bucket that server-side copies read. Default: its own. */
  peer?: MemoryBucket<C>;
  /** Who asks; default: somebody. */
  client?: string;
}

type Signal = { signal?: AbortSignal } | undefined;
type Parts = { parts: readonly PartInfo[]; checksum?: NonNullable<CreateUploadOptions["checksum"]> };

/** See the file comment. */
export class MemoryStore<C> implements Store {
  readonly label: string;
  readonly capabilities: Capabilities;
  /** `operation detail` of each request. */
  readonly log: string[] = [];
  /** Called before a request has its effect; what it throws is the answer. */
  fault: (operation: string, detail: string) => void = () => {};
  /** Called after a request has had its effect: what it throws is the answer. */
  faultAfter: (operation: string) => void = () => {};
  readonly #options: MemoryStoreOptions<C>;

  constructor(readonly bucket: MemoryBucket<C>, options: MemoryStoreOptions<C> = {}) {
    this.label = `${bucket.traits.kind}://${bucket.name}`;
    this.capabilities = bucket.capabilities;
    this.#options = options;
  }

  /** Sends a request: at once here. */
  protected async ask<T>({ operation, detail, signal, effect }: Asked<T>): Promise<T> {
    this.log.push(`${operation} ${detail}`);
    if (signal?.aborted) throw new TransferError("cancelled", "Interrupted");
    await Promise.resolve();
    this.fault(operation, detail);
    const answer = effect();
    this.faultAfter(operation);
    return answer;
  }

  list(options: ListOptions): AsyncIterable<readonly ObjectInfo[]> {
    const page = async ({ token, startAfter }: { token?: string; startAfter?: string }) => {
      const { objects, more } = await this.askPage(options, token ?? startAfter);
      return { objects, ...(more && { next: objects.at(-1)?.key ?? "" }) };
    };
    return listPages({ ...options, what: "Cannot list", page });
  }

  /** One page of a listing, behind a key. */
  protected askPage({ prefix, folders, signal }: ListOptions, after: string | undefined): Promise<ReturnType<MemoryBucket<C>["page"]>> {
    const { pageEntries = 1000 } = this.#options;
    const detail = `${prefix}${folders ? " folders" : ""}`;
    return this.ask({ operation: "list", detail, signal, effect: () => this.bucket.page(prefix, after, pageEntries) });
  }

  head(key: string, { partNumber, signal }: HeadOptions = {}): Promise<ObjectDetails | undefined> {
    const detail = `${key}${partNumber === undefined ? "" : ` part ${partNumber}`}`;
    return this.ask({ operation: "head", detail, signal, effect: () => this.bucket.details(key, partNumber) });
  }

  readTags(key: string, options?: Signal): Promise<Record<string, string>> {
    return this.#ask("readTags", key, options, () => this.bucket.objects.get(key)?.headers.tags ?? {});
  }

  async createUpload(key: string, options: CreateUploadOptions): Promise<string> {
    const upload = await this.ask<StoredUpload<C>>({
      operation: "create",
      detail: key,
      signal: options.signal,
      effect: () => this.bucket.createUpload(key, options, this.#client),
      heard: (made) => void (made.known = true),
      unheard: (made) => void (made.late = true),
      // Nobody who sends a request can know that it was done twice.
      repeated: (made) => void (made.by = SOMEBODY),
    });
    return upload.uploadId;
  }

  async *listUploads(query: { key: string } | { prefix: string }, options?: Signal): AsyncGenerator<readonly UploadInfo[]> {
    const detail = "key" in query ? query.key : query.prefix;
    const uploads = await this.#ask("listUploads", detail, options, () => this.bucket.listUploads(query, this.#client));
    if (uploads.length > 0) yield uploads;
  }

  async *listParts(_key: string, uploadId: string, options?: Signal): AsyncGenerator<Parts> {
    const { parts, ...declared } = await this.#ask("listParts", uploadId, options, () => this.bucket.listParts(uploadId));
    for (let first = 0; first === 0 || first < parts.length; first += 1000) yield { ...declared, parts: parts.slice(first, first + 1000) };
  }

  completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    return this.#ask("complete", key, options, () => this.bucket.complete(key, uploadId, this.#client, options));
  }

  abortUpload(_key: string, uploadId: string, options?: Signal): Promise<void> {
    return this.#ask("abort", uploadId, options, () => void this.bucket.uploads.delete(uploadId));
  }

  copyObject(
    source: CopySource,
    key: string,
    options: { headers?: ObjectHeaders; condition?: WriteCondition; signal?: AbortSignal },
  ): Promise<WriteAnswer> {
    return this.#ask("copyObject", key, options, () => {
      const from = this.#peer.read(source.key, source.pin);
      this.bucket.check(key, options.condition);
      const { headers = from.headers } = options;
      return this.bucket.written(
        this.bucket.put(key, from.content, { by: this.#client, headers, checksum: from.checksums.length > 0 }),
      );
    });
  }

  copyPart(
    source: CopySource,
    _key: string,
    { uploadId, partNumber, first, last, signal }: {
      uploadId: string;
      partNumber: number;
      first: number;
      last: number;
      signal?: AbortSignal;
    },
  ): Promise<PartInfo> {
    return this.#ask("copyPart", `${partNumber}`, signal && { signal }, () => {
      const { content } = this.#peer.read(source.key, source.pin);
      const part = this.bucket.contents.slice(content, first, last);
      return this.bucket.answered(this.bucket.putPart(uploadId, partNumber, part, { withChecksum: false }));
    });
  }

  deleteObjects(keys: readonly string[], options?: Signal): Promise<readonly DeleteFailure[]> {
    return this.#ask("delete", keys.join(" "), options, () => {
      for (const key of keys) this.bucket.delete(key, this.#client);
      return [];
    });
  }

  close(): void {}

  get #client(): string {
    return this.#options.client ?? SOMEBODY;
  }

  get #peer(): MemoryBucket<C> {
    return this.#options.peer ?? this.bucket;
  }

  #ask<T>(operation: string, detail: string, options: Signal, effect: () => T): Promise<T> {
    return this.ask({ operation, detail, signal: options?.signal, effect });
  }
}
