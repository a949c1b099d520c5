/**
 * The server's side of a store in memory: one bucket or folder, with everything that was ever written into it. Its methods are what a
 * request does in the moment in which it arrives; when it arrives, how often, and who hears of it is decided elsewhere. What objects are
 * made of (bytes, spans of an endless text, sizes alone) is handed in.
 */
import { createHash } from "node:crypto";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { TransferError } from "../../lib/errors.ts";
import { listedMd5, objectDigests, withEtagDigest } from "../../lib/remote/answers.ts";
import type { CompleteUploadOptions, CreateUploadOptions, WriteAnswer } from "../../lib/store/store.ts";
import type {
  Capabilities,
  Checksum,
  ObjectDetails,
  ObjectInfo,
  PartInfo,
  SourcePin,
  UploadInfo,
  WriteCondition,
} from "../../lib/types.ts";
import { combineMd5, fullValue, md5Text } from "../../lib/evidence/digest.ts";
import type { Contents } from "./contents.ts";
import { capabilitiesOf, GOOD, type StoreTraits } from "./store_traits.ts";
import { type BucketWatcher, type PutOptions, SOMEBODY, type Stored, type StoredUpload } from "./stored.ts";

/** The ETag of an object made of these parts. */
export function compositeEtag(parts: readonly PartInfo[]): string {
  const whole = combineMd5(parts.map(({ checksums }) => fullValue(checksums, "md5")));
  return whole === undefined ? "" : md5Text(whole);
}

/** See the file comment. */
export class MemoryBucket<C> {
  readonly capabilities: Capabilities;
  readonly worldMs: () => number;
  readonly objects = new Map<string, Stored<C>>();
  readonly uploads = new Map<string, StoredUpload<C>>();
  watcher: BucketWatcher<C> = { onWrite() {}, onDelete() {} };
  /** When the uploads of a key were last listed, by client. */
  readonly #lookedMs = new Map<string, number>();
  #next = 1;

  constructor(
    readonly name: string,
    readonly contents: Contents<C>,
    readonly traits: StoreTraits = GOOD,
    options: { worldMs?: () => number; capabilities?: Capabilities } = {},
  ) {
    this.worldMs = options.worldMs ?? (() => 0);
    this.capabilities = options.capabilities ?? capabilitiesOf(traits);
  }

  /** By this store's own clock. */
  get nowMs(): number {
    return 1_700_000_000_000 + this.worldMs() + this.traits.skewMs;
  }

  /** Writes an object, as if uploaded in parts of `partSizeBytes` when that is not 0. */
  put(key: string, content: C, { by = SOMEBODY, checksum = false, tags, ...given }: PutOptions = {}): Stored<C> {
    const partSizeBytes = given.partSizeBytes ?? 0;
    const stored: Stored<C> = {
      content,
      partSizeBytes,
      etag: given.etag ?? this.#etag(content, partSizeBytes),
      lastModifiedMs: this.nowMs,
      checksums: this.#checksumsOf(content, checksum),
      ...given,
      headers: { ...given.headers, ...(tags && { tags }) },
    };
    this.objects.set(key, stored);
    this.watcher.onWrite(key, stored, by);
    return stored;
  }

  /** Writes an object as if uploaded in parts of these sizes, as far as they go, then of the last one. */
  putParts(key: string, content: C, ...sizes: number[]): Stored<C> {
    const parts: PartInfo[] = [];
    for (let at = 0; at < this.contents.sizeOf(content);) {
      const part = this.#cutPart(content, at, {
        sizeBytes: sizes[Math.min(parts.length, sizes.length - 1)] ?? 1,
        partNumber: parts.length + 1,
      });
      parts.push(part);
      at += part.sizeBytes;
    }
    const partSizes = parts.map(({ sizeBytes }) => sizeBytes);
    return this.put(key, content, { etag: compositeEtag(parts), partSizes, partSizeBytes: partSizes[0] ?? 0 });
  }

  delete(key: string, by: string): void {
    if (!this.objects.delete(key)) return;
    this.watcher.onDelete(key, by);
  }

  /** The object that a pin names. Throws `notFound` or `sourceChanged`. */
  read(key: string, pin: SourcePin): Stored<C> {
    const stored = this.objects.get(key);
    if (stored === undefined) throw new TransferError("notFound", `No object ${key}`, { key, status: 404 });
    const mark = this.traits.kind === "local" ? pin.local?.fileMark : pin.etag;
    if (mark !== undefined && mark !== stored.etag) throw new TransferError("sourceChanged", "Precondition failed", { key, status: 412 });
    return stored;
  }

  details(key: string, partNumber?: number): ObjectDetails | undefined {
    const stored = this.objects.get(key);
    if (stored === undefined) return undefined;
    const details = this.detailsOf(key, stored);
    if (partNumber === undefined || stored.partSizeBytes === 0) return details;
    const rest = details.sizeBytes - (partNumber - 1) * stored.partSizeBytes;
    return { ...details, sizeBytes: stored.partSizes?.[partNumber - 1] ?? Math.min(stored.partSizeBytes, rest) };
  }

  /** Up to `entries` objects behind `after`, in key order. */
  page(prefix: string, after: string | undefined, entries: number): { objects: ObjectInfo[]; more: boolean } {
    const listed = [...this.objects].filter(([key, { unlisted }]) => !unlisted && key.startsWith(prefix));
    const keys = listed.map(([key]) => key).sort(compareKeys);
    const rest = after === undefined ? keys : keys.filter((key) => compareKeys(key, after) > 0);
    const objects = rest.slice(0, entries).map((key) => this.#info(key, this.objects.get(key) as Stored<C>));
    return { objects, more: rest.length > entries };
  }

  createUpload(key: string, options: Partial<CreateUploadOptions> = {}, by = SOMEBODY): StoredUpload<C> {
    const local = this.traits.kind === "local";
    const partSizeBytes = options.layout?.partSizeBytes;
    // A folder names a partial file after token and part size, and finds the one that is there.
    const uploadId = local ? `.${key}.sluice-${options.token}-${partSizeBytes}` : `${this.name}-${this.#next++}`;
    const there = this.uploads.get(uploadId);
    if (there !== undefined) return there;
    const upload: StoredUpload<C> = {
      key,
      uploadId,
      initiatedMs: this.nowMs,
      ...(local && options.token !== undefined && { token: options.token }),
      ...(local && partSizeBytes !== undefined && { partSizeBytes }),
      headers: options.headers ?? {},
      declared: this.traits.checksums ? options.checksum : undefined,
      boundTo: options.token,
      layoutBytes: partSizeBytes,
      by,
      madeMs: this.worldMs(),
      parts: new Map(),
      known: false,
      late: false,
    };
    this.uploads.set(uploadId, upload);
    return upload;
  }

  /** Stores a part. `half` and `lost` make the listing lie about it. */
  putPart(
    uploadId: string,
    partNumber: number,
    content: C,
    options: { listedBytes?: number; lost?: boolean; flipped?: boolean; withChecksum?: boolean } = {},
  ): PartInfo {
    const upload = this.upload(uploadId);
    const local = this.traits.kind === "local";
    const checksums = this.#checksumsOf(content, options.withChecksum !== false && upload.declared?.algorithm);
    const etag = local ? undefined : this.#etag(content, 0);
    const info: PartInfo = {
      partNumber,
      sizeBytes: options.listedBytes ?? this.contents.sizeOf(content),
      // A listing of parts does not name the encryption that belies an ETag.
      checksums: withEtagDigest(checksums, etag, this),
      ...(etag !== undefined && { etag }),
    };
    const half = options.listedBytes !== undefined && options.listedBytes !== this.contents.sizeOf(content);
    upload.parts.set(partNumber, {
      content,
      info,
      storedMs: this.worldMs(),
      lost: options.lost === true,
      half,
      flipped: options.flipped === true,
    });
    return info;
  }

  /** Responses to PUT and HEAD name KMS keys, under which ETags are no MD5s. */
  get isKms(): boolean {
    return this.traits.etags === "kms";
  }

  /** What the response to a write says of the object. */
  written(stored: Stored<C>): WriteAnswer {
    const etag = this.#etagOf(stored);
    const checksums = withEtagDigest([...stored.checksums], etag, { capabilities: this.capabilities, opaque: this.isKms });
    return { ...(etag !== undefined && { etag }), checksums };
  }

  /** What HEAD, or the response to a GET, says of an object. */
  detailsOf(key: string, stored: Stored<C>): ObjectDetails {
    const context = { capabilities: this.capabilities, opaque: this.isKms || stored.opaque === true };
    const { tags = {}, ...headers } = stored.headers;
    return {
      ...this.#info(key, stored),
      headers,
      ...objectDigests([...stored.checksums], this.#etagOf(stored), context),
      tagCount: Object.keys(tags).length,
      archived: false,
    };
  }

  /** A part as the response to its PUT has it. */
  answered(info: PartInfo): PartInfo {
    return this.isKms ? { ...info, checksums: info.checksums.filter(({ algorithm }) => algorithm !== "md5") } : info;
  }

  #etagOf(stored: Stored<C>): string | undefined {
    return this.traits.kind === "local" ? undefined : stored.etag;
  }

  listUploads(query: { key: string } | { prefix: string }, by: string): UploadInfo[] {
    if ("key" in query) this.#lookedMs.set(`${by} ${query.key}`, this.worldMs());
    const found = [...this.uploads.values()].filter(({ key }) => "key" in query ? key === query.key : key.startsWith(query.prefix));
    // Of one key the newest first.
    return found.reverse().sort((a, b) => compareKeys(a.key, b.key) || b.initiatedMs - a.initiatedMs);
  }

  /** When this client last listed the uploads of a key; -1 when it never did. */
  lookedMs(by: string, key: string): number {
    return this.#lookedMs.get(`${by} ${key}`) ?? -1;
  }

  listParts(uploadId: string): { parts: readonly PartInfo[]; checksum?: NonNullable<CreateUploadOptions["checksum"]> } {
    const upload = this.upload(uploadId);
    const listed = [...upload.parts.values()].filter((part) => part.storedMs + this.traits.listLagMs <= this.worldMs());
    const parts = listed.map(({ info }) => info).sort((a, b) => a.partNumber - b.partNumber);
    return { parts, ...(upload.declared && { checksum: upload.declared }) };
  }

  complete(key: string, uploadId: string, by: string, options: CompleteUploadOptions): WriteAnswer {
    if (this.traits.kind === "local") return this.#finishPartial(key, uploadId, by, options);
    const upload = this.upload(uploadId);
    const content = this.contents.join(options.parts.map((part) => {
      const stored = upload.parts.get(part.partNumber);
      if (stored === undefined || stored.lost || stored.info.etag !== part.etag) throw refusal("integrity", "InvalidPart", key);
      return stored.content;
    }));
    if (options.checksum && upload.declared && options.checksum.value !== this.contents.digest(content, options.checksum.algorithm)) {
      throw refusal("integrity", "BadDigest", key);
    }
    this.check(key, options.condition);
    this.uploads.delete(uploadId);
    const first = options.parts[0]?.sizeBytes ?? 0;
    const worked = this.traits.etags === "md5" ? compositeEtag(options.parts) : undefined;
    const etag = this.traits.ownDigest ? worked?.toUpperCase() : worked;
    const stored = this.put(key, content, {
      by,
      headers: upload.headers,
      partSizeBytes: first,
      checksums: this.#declaredOf(content, upload.declared, options.parts),
      ...(etag !== undefined && { etag }),
      ...(this.traits.datesFromUpload && { lastModifiedMs: upload.initiatedMs }),
    });
    return this.written(stored);
  }

  #finishPartial(key: string, uploadId: string, by: string, options: CompleteUploadOptions): WriteAnswer {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) {
      const there = this.objects.get(key);
      if (
        there !== undefined && this.contents.sizeOf(there.content) === options.sizeBytes && there.lastModifiedMs === options.lastModifiedMs
      ) {
        return { checksums: [] };
      }
      throw refusal("uploadLost", "The partial file is gone", key);
    }
    const content = this.contents.join(options.parts.map(({ partNumber }) => {
      const stored = upload.parts.get(partNumber);
      if (stored === undefined) throw refusal("integrity", "A part is not written", key);
      return stored.content;
    }));
    this.check(key, options.condition);
    this.uploads.delete(uploadId);
    const { lastModifiedMs = this.nowMs } = options;
    this.put(key, content, { by, headers: upload.headers, lastModifiedMs });
    return { checksums: [] };
  }

  /** Throws `conflict` when a write condition does not hold, `unsupported` where the store takes none. */
  check(key: string, condition: WriteCondition | undefined): void {
    if (condition === undefined || this.traits.conditions === "ignored") return;
    if (this.traits.conditions === "refused" || (this.traits.conditions === "absent" && !("absent" in condition))) {
      throw refusal("unsupported", "NotImplemented", key);
    }
    const there = this.objects.get(key);
    const met = "absent" in condition ? there === undefined : there?.etag === condition.etag;
    if (!met) throw refusal("conflict", "PreconditionFailed", key);
  }

  /** Throws `uploadLost`. */
  upload(uploadId: string): StoredUpload<C> {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) throw refusal("uploadLost", "NoSuchUpload");
    return upload;
  }

  #info(key: string, stored: Stored<C>): ObjectInfo {
    const mark = this.traits.kind === "local" ? { local: { fileMark: stored.etag } } : { etag: stored.etag };
    const { lastModifiedMs, shown } = stored;
    const sizeBytes = this.contents.sizeOf(stored.content);
    return { key, sizeBytes, lastModifiedMs, ...mark, ...listedMd5(this.#etagOf(stored), this), ...shown };
  }

  #etag(content: C, partSizeBytes: number): string {
    const text = `${this.name} ${this.#next++}`;
    if (this.traits.etags === "opaque") return `mark ${text}`;
    if (this.traits.etags === "kms") {
      const parts = partSizeBytes === 0 ? "" : `-${Math.ceil(this.contents.sizeOf(content) / partSizeBytes)}`;
      return createHash("md5").update(`md5 ${this.#next++}+${this.name.length}`).digest("hex") + parts;
    }
    if (partSizeBytes === 0) return this.contents.digest(content, "md5");
    const parts: PartInfo[] = [];
    for (let at = 0; at < this.contents.sizeOf(content); at += partSizeBytes) {
      parts.push(this.#cutPart(content, at, { sizeBytes: partSizeBytes, partNumber: parts.length + 1 }));
    }
    const worked = compositeEtag(parts);
    return this.traits.ownDigest ? worked.toUpperCase() : worked;
  }

  #cutPart(content: C, at: number, { sizeBytes, partNumber }: { sizeBytes: number; partNumber: number }): PartInfo {
    const part = this.contents.slice(content, at, at + sizeBytes - 1);
    const value = this.contents.digest(part, "md5");
    return { partNumber, sizeBytes: this.contents.sizeOf(part), checksums: [{ algorithm: "md5", value, type: "full" }] };
  }

  /** Checksums of a request that brought one of this algorithm; `true` is CRC32. */
  #checksumsOf(content: C, brought: boolean | Checksum["algorithm"] | undefined): Checksum[] {
    const algorithm = this.traits.ownDigest ? "crc64ecma" : brought === true ? "crc32" : brought;
    return algorithm ? [{ algorithm, value: this.contents.digest(content, algorithm), type: "full" }] : [];
  }

  /** Checksums of an object made of parts. */
  #declaredOf(content: C, declared: CreateUploadOptions["checksum"], parts: readonly PartInfo[]): Checksum[] {
    if (declared?.type !== "composite" || this.traits.ownDigest) return this.#checksumsOf(content, declared?.algorithm);
    const { algorithm } = declared;
    const value = createHash("sha256").update(parts.map(({ checksums }) => fullValue(checksums, algorithm)).join()).digest("base64");
    return [{ algorithm, value, type: "composite", parts: parts.length }];
  }
}

function refusal(kind: ConstructorParameters<typeof TransferError>[0], code: string, key?: string): TransferError {
  return new TransferError(kind, code, { code, ...(key !== undefined && { key }) });
}
