/**
 * A client's view of a simulated bucket: the contract of lib/store/store.ts over a line that loses, delays and repeats.
 */
import { TransferError } from "../../lib/errors.ts";
import type {
  CompleteUploadOptions,
  CopySource,
  CreateUploadOptions,
  DeleteFailure,
  ListOptions,
  Store,
  WriteAnswer,
} from "../../lib/store/store.ts";
import { listPages, type PageStart } from "../../lib/remote/pages.ts";
import type { Capabilities, ObjectDetails, ObjectInfo, PartInfo, Side, UploadInfo, WriteCondition } from "../../lib/types.ts";
import type { Bucket, StoredUpload } from "./bucket.ts";
import { SOMEBODY } from "./history.ts";
import type { Line } from "./line.ts";
import { slice } from "./matter.ts";

type Signal = { signal?: AbortSignal } | undefined;

function tornPage(tokenRefused: boolean): TransferError {
  if (tokenRefused) {
    return new TransferError("unsupported", "Cannot list: InvalidArgument, the continuation token is incorrect", { status: 400 });
  }
  return new TransferError("server", "Cannot list: the answer broke off");
}

/** See the file comment. */
export class SimStore implements Store {
  readonly label: string;
  readonly capabilities: Capabilities;

  /** `peer` is the bucket that server-side copies read. */
  constructor(readonly bucket: Bucket, readonly side: Side, readonly line: Line, readonly pageEntries: number, readonly peer: Bucket) {
    this.label = `${bucket.traits.kind}://${bucket.name}`;
    this.capabilities = bucket.capabilities;
  }

  /** Pages as the contract promises them, but for what a torn listing does: a page breaks off, or its token is refused. */
  list(options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
    const { world } = this.line;
    // A store may not know startAfter.
    const knowsStartAfter = world.random() < 0.7;
    const page = async ({ token, startAfter }: PageStart) => {
      const after = token ?? (knowsStartAfter ? startAfter : undefined);
      const { objects, more } = await this.#ask("list", options.signal, () => this.bucket.page(options.prefix, after, this.pageEntries));
      if (world.random() < world.faults.torn) throw tornPage(token !== undefined && world.random() < 0.2);
      return { objects, ...(more && { next: objects.at(-1)?.key ?? after ?? "" }) };
    };
    return listPages({ ...options, what: "Cannot list", page });
  }

  head(key: string, options?: { partNumber?: number; signal?: AbortSignal }): Promise<ObjectDetails | undefined> {
    return this.#ask("head", options?.signal, () => this.bucket.details(key, options?.partNumber));
  }

  readTags(): Promise<Record<string, string>> {
    return Promise.resolve({});
  }

  async createUpload(key: string, options: CreateUploadOptions): Promise<string> {
    const request = {
      side: this.side,
      operation: "create",
      reliable: this.bucket.traits.kind === "local",
      signal: options.signal,
      effect: () => this.bucket.createUpload(key, this.line.client.name, options),
      heard: (upload: StoredUpload) => void (upload.known = true),
      unheard: (upload: StoredUpload) => void (upload.late = true),
      // Nobody who sends a request can know that it was done twice.
      repeated: (upload: StoredUpload) => void (upload.by = SOMEBODY),
    };
    return (await this.line.ask(request)).uploadId;
  }

  async *listUploads(query: { key: string } | { prefix: string }, options?: Signal): AsyncGenerator<readonly UploadInfo[]> {
    const uploads = await this.#ask("listUploads", options?.signal, () => this.bucket.listUploads(query, this.line.client.name));
    if (uploads.length > 0) yield uploads;
  }

  async *listParts(_key: string, uploadId: string, options?: Signal): AsyncGenerator<ReturnType<Bucket["listParts"]>> {
    yield await this.#ask("listParts", options?.signal, () => this.bucket.listParts(uploadId));
  }

  completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    return this.#ask("complete", options.signal, () => this.bucket.complete(key, uploadId, this.line.client.name, options));
  }

  abortUpload(_key: string, uploadId: string, options?: Signal): Promise<void> {
    return this.#ask("abort", options?.signal, () => void this.bucket.uploads.delete(uploadId));
  }

  copyObject(source: CopySource, key: string, options: { condition?: WriteCondition; signal?: AbortSignal }): Promise<WriteAnswer> {
    return this.#ask("copyObject", options.signal, () => {
      const from = this.peer.read(source.key, source.pin);
      this.bucket.check(key, options.condition);
      return this.bucket.written(this.bucket.put(key, from.matter, this.line.client.name, { checksum: from.checksums.length > 0 }));
    });
  }

  copyPart(
    source: CopySource,
    _key: string,
    options: { uploadId: string; partNumber: number; first: number; last: number; signal?: AbortSignal },
  ): Promise<PartInfo> {
    return this.#ask("copyPart", options.signal, () => {
      const { matter } = this.peer.read(source.key, source.pin);
      const info = this.bucket.putPart(options.uploadId, options.partNumber, slice(matter, options.first, options.last));
      return this.bucket.answered(info);
    });
  }

  deleteObjects(keys: readonly string[], options?: Signal): Promise<readonly DeleteFailure[]> {
    return this.#ask("delete", options?.signal, () => {
      for (const key of keys) this.bucket.delete(key, this.line.client.name);
      return [];
    });
  }

  close(): void {}

  #ask<T>(operation: string, signal: AbortSignal | undefined, effect: () => T): Promise<T> {
    return this.line.ask({ side: this.side, operation, signal, effect, reliable: this.bucket.traits.kind === "local" });
  }
}
