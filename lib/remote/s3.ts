/**
 * A bucket of any S3 store behind the contract of store.ts, through the vendor's SDK. Control requests only: it must never touch the bytes
 * of an object, repeat a request, or load the SDK before the first request.
 */
import { TransferError } from "../errors.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { Capabilities, ObjectDetails, ObjectInfo, PartInfo, ReadyS3, UploadInfo } from "../types.ts";
import { habitsOf } from "./capabilities.ts";
import { call, type S3Bucket } from "./s3_call.ts";
import { makeClient, type SdkClient } from "./s3_client.ts";
import { deleteObjects } from "./s3_deletes.ts";
import { detailsOf } from "./s3_headers.ts";
import { listObjects, listParts, listUploads } from "./s3_listing.ts";
import { abortUpload, completeUpload, copyObject, copyPart, createUpload } from "./s3_uploads.ts";
import type {
  CompleteUploadOptions,
  CopySource,
  CreateUploadOptions,
  CredentialSource,
  ListOptions,
  Store,
  WriteAnswer,
} from "../store/store.ts";

/** Options of {@link openS3Store}. */
export interface S3StoreOptions {
  /** A request without any progress for this long has failed. */
  timeoutMs: number;
  /** Entries of a listing page, 1 to 1,000; default 1,000. Tests ask for few. */
  pageEntries?: number;
}

/** Complete and copies may work for minutes before they answer: Amazon then keeps the connection alive, others say nothing. */
const PATIENCE = 10;

/** The store of a bucket. Sends nothing yet; `credentials` is asked before each request. */
export function openS3Store(ready: ReadyS3, credentials: CredentialSource, options: S3StoreOptions): Store {
  return new S3Store(ready, credentials, options);
}

class S3Store implements Store {
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #bucket: S3Bucket;
  readonly #clients = new Map<string, Promise<SdkClient>>();
  #closed = false;

  constructor(ready: ReadyS3, credentials: CredentialSource, options: S3StoreOptions) {
    this.label = `${ready.name}://${ready.bucket}`;
    this.capabilities = ready.capabilities;
    this.#bucket = {
      ready,
      label: this.label,
      habits: habitsOf(ready.endpoint),
      pageEntries: options.pageEntries ?? PAGE_ENTRIES_MAX,
      client: (patient) => this.#client(patient ?? "prompt", credentials, options.timeoutMs),
    };
  }

  list(options: ListOptions): AsyncIterable<readonly ObjectInfo[]> {
    return listObjects(this.#bucket, options);
  }

  async head(
    key: string,
    options: { versionId?: string; partNumber?: number; signal?: AbortSignal } = {},
  ): Promise<ObjectDetails | undefined> {
    const what = `Cannot look at ${this.label}/${key}`;
    try {
      const answer = await call(this.#bucket, { what, key, signal: options.signal }, ({ sdk, client }, send) =>
        client.send(
          new sdk.HeadObjectCommand({
            Bucket: this.#bucket.ready.bucket,
            Key: key,
            ChecksumMode: "ENABLED",
            ...(options.versionId !== undefined && { VersionId: options.versionId }),
            ...(options.partNumber !== undefined && { PartNumber: options.partNumber }),
          }),
          send,
        ));
      return detailsOf(key, answer, this.capabilities);
    } catch (error) {
      if (error instanceof TransferError && error.kind === "notFound") return undefined;
      throw error;
    }
  }

  async readTags(key: string, options: { versionId?: string; signal?: AbortSignal } = {}): Promise<Record<string, string>> {
    if (!this.capabilities.tags) return {};
    const what = `Cannot read the tags of ${this.label}/${key}`;
    try {
      const answer = await call(this.#bucket, { what, key, signal: options.signal }, ({ sdk, client }, send) =>
        client.send(
          new sdk.GetObjectTaggingCommand({
            Bucket: this.#bucket.ready.bucket,
            Key: key,
            ...(options.versionId !== undefined && { VersionId: options.versionId }),
          }),
          send,
        ));
      if (answer.TagSet === undefined) throw new TransferError("server", `${what}: the answer holds no tags`, { key });
      return Object.fromEntries(answer.TagSet.map(({ Key, Value }) => [Key ?? "", Value ?? ""]));
    } catch (error) {
      const none = error instanceof TransferError && (error.code === "NoSuchTagSet" || error.status === 501 || error.status === 405);
      if (none) return {};
      throw error;
    }
  }

  createUpload(key: string, options: CreateUploadOptions): Promise<string> {
    return createUpload(this.#bucket, key, options);
  }

  listUploads(query: { key: string } | { prefix: string }, options: { signal?: AbortSignal } = {}): AsyncIterable<readonly UploadInfo[]> {
    return listUploads(this.#bucket, query, options.signal);
  }

  listParts(key: string, uploadId: string, options: { signal?: AbortSignal } = {}): ReturnType<Store["listParts"]> {
    return listParts(this.#bucket, key, uploadId, options.signal);
  }

  completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    return completeUpload(this.#bucket, key, uploadId, options);
  }

  abortUpload(key: string, uploadId: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    return abortUpload(this.#bucket, key, uploadId, options.signal);
  }

  copyObject(
    source: CopySource,
    key: string,
    options: Parameters<Store["copyObject"]>[2],
  ): Promise<WriteAnswer> {
    return copyObject(this.#bucket, source, key, options);
  }

  copyPart(source: CopySource, key: string, options: Parameters<Store["copyPart"]>[2]): Promise<PartInfo> {
    return copyPart(this.#bucket, source, key, options);
  }

  deleteObjects(keys: readonly string[], options: { signal?: AbortSignal } = {}): ReturnType<Store["deleteObjects"]> {
    return deleteObjects(this.#bucket, keys, options.signal);
  }

  close(): void {
    this.#closed = true;
    // A client that could not be made has told its caller, and has no sockets.
    for (const made of this.#clients.values()) made.then(({ client }) => client.destroy(), () => {});
    this.#clients.clear();
  }

  #client(patience: "prompt" | "patient", credentials: CredentialSource, timeoutMs: number): Promise<SdkClient> {
    if (this.#closed) return Promise.reject(new TransferError("bug", `Store ${this.label} was used after it was closed`));
    let made = this.#clients.get(patience);
    if (made === undefined) {
      made = makeClient(this.#bucket.ready, credentials, patience === "patient" ? timeoutMs * PATIENCE : timeoutMs);
      this.#clients.set(patience, made);
    }
    return made;
  }
}
