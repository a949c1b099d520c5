/**
 * A bucket of Alibaba OSS behind the contract of store.ts, through the vendor's SDK. Control requests only: it must never touch the bytes
 * of an object, repeat a request, or load the SDK before the first request.
 */
import { TransferError } from "../errors.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { Capabilities, ObjectDetails, ObjectInfo, PartInfo, ReadyOss, UploadInfo } from "../types.ts";
import { readDetails } from "./answers.ts";
import { fromOssHeaders } from "./oss_header_names.ts";
import { isOssArchive } from "./storage_class.ts";
import { elementsOf, type OssBucket, ossCall, textOf } from "./oss_call.ts";
import { loadClient, type OssClient } from "./oss_client.ts";
import { deleteObjects } from "./oss_deletes.ts";
import { OssLine } from "./oss_line.ts";
import { listObjects, listParts, listUploads } from "./oss_listing.ts";
import { abortUpload, completeUpload, copyObject, copyPart, createUpload } from "./oss_uploads.ts";
import { lengthOf } from "./s3_headers.ts";
import type {
  CompleteUploadOptions,
  CopySource,
  CreateUploadOptions,
  CredentialSource,
  ListOptions,
  Store,
  WriteAnswer,
} from "../store/store.ts";

/** Options of {@link openOssStore}. */
export interface OssStoreOptions {
  /** A request without any progress for this long has failed. */
  timeoutMs: number;
  /** Entries of a listing page, 1 to 1,000; default 1,000. Tests ask for few. */
  pageEntries?: number;
}

/** The store of a bucket. Sends nothing yet; `credentials` is asked before each request. */
export function openOssStore(ready: ReadyOss, credentials: CredentialSource, options: OssStoreOptions): Store {
  return new OssStore(ready, credentials, options);
}

class OssStore implements Store {
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly #bucket: OssBucket;
  #client: Promise<OssClient> | undefined;

  constructor(ready: ReadyOss, credentials: CredentialSource, options: OssStoreOptions) {
    this.label = `${ready.name}://${ready.bucket}`;
    this.capabilities = ready.capabilities;
    this.#bucket = {
      ready,
      label: this.label,
      pageEntries: options.pageEntries ?? PAGE_ENTRIES_MAX,
      timeoutMs: options.timeoutMs,
      credentials,
      line: new OssLine(ready),
      clock: { offsetMs: 0 },
      client: () => this.#client ??= loadClient(ready, this.#bucket.line),
    };
  }

  list(options: ListOptions): AsyncIterable<readonly ObjectInfo[]> {
    return listObjects(this.#bucket, options);
  }

  async head(
    key: string,
    options: { versionId?: string; partNumber?: number; signal?: AbortSignal } = {},
  ): Promise<ObjectDetails | undefined> {
    const { versionId, partNumber, signal } = options;
    const what = `Cannot look at ${this.label}/${key}`;
    if (partNumber !== undefined) throw new TransferError("unsupported", `${what}: OSS does not tell the parts of an object`, { key });
    try {
      const { headers } = await ossCall(this.#bucket, { what, signal }, {
        method: "HEAD",
        key,
        ...(versionId !== undefined && { subresources: { versionId } }),
      });
      return detailsOf(key, headers, this.capabilities);
    } catch (error) {
      if (error instanceof TransferError && error.kind === "notFound") return undefined;
      throw error;
    }
  }

  async readTags(key: string, options: { versionId?: string; signal?: AbortSignal } = {}): Promise<Record<string, string>> {
    const what = `Cannot read the tags of ${this.label}/${key}`;
    const { xml } = await ossCall(this.#bucket, { what, signal: options.signal }, {
      method: "GET",
      key,
      subresources: { tagging: "", ...(options.versionId !== undefined && { versionId: options.versionId }) },
    });
    if (xml.TagSet === undefined) throw new TransferError("server", `${what}: the answer holds no tags`, { key });
    const tags = elementsOf(xml, "TagSet").flatMap((set) => elementsOf(set, "Tag"));
    return Object.fromEntries(tags.map((tag) => [textOf(tag, "Key"), textOf(tag, "Value")]));
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

  copyObject(source: CopySource, key: string, options: Parameters<Store["copyObject"]>[2]): Promise<WriteAnswer> {
    return copyObject(this.#bucket, source, key, options);
  }

  copyPart(source: CopySource, key: string, options: Parameters<Store["copyPart"]>[2]): Promise<PartInfo> {
    return copyPart(this.#bucket, source, key, options);
  }

  deleteObjects(keys: readonly string[], options: { signal?: AbortSignal } = {}): ReturnType<Store["deleteObjects"]> {
    return deleteObjects(this.#bucket, keys, options.signal);
  }

  close(): void {
    this.#bucket.line.close();
  }
}

/** What HEAD says of an object. */
function detailsOf(key: string, answer: Headers, capabilities: Capabilities): ObjectDetails {
  const length = answer.get("content-length");
  const told = readDetails(
    { key, sizeBytes: lengthOf(key, length === null ? undefined : Number(length)) },
    fromOssHeaders(answer),
    capabilities,
  );
  const { storageClass, ...carried } = told.headers;
  const restored = answer.get("x-oss-restore")?.includes('ongoing-request="false"') ?? false;
  return {
    ...told,
    headers: storageClass === undefined || storageClass === "STANDARD" ? carried : { ...carried, storageClass },
    archived: isOssArchive(told.storageClass) && !restored,
    restoreWith: "ossutil restore oss://BUCKET/KEY",
  };
}
