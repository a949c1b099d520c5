/**
 * The server's side of a simulated store: one bucket or folder, with everything that was ever written into it. Its methods are what a
 * request does in the moment in which it arrives; when it arrives, how often, and who hears of it is decided elsewhere.
 */
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { TransferError } from "../../lib/errors.ts";
import { listedMd5, objectDigests, withEtagDigest } from "../../lib/remote/etag_digest.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
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
import { CAPABILITIES, compositeEtag, LOCAL } from "../session/fake_store.ts";
import { digestOf, join, type Matter, same, sizeOf, slice } from "./matter.ts";
import type { StoreTraits } from "./scenario.ts";

/** An object as it is stored. */
export interface Stored {
  readonly matter: Matter;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksums: readonly Checksum[];
  /** Size of the first part of an object uploaded in parts; 0 for others. */
  readonly partSizeBytes: number;
}

/** A part as it is stored, and what the listing says of it, which may be a lie. */
export interface StoredPart {
  readonly matter: Matter;
  readonly info: PartInfo;
  readonly storedMs: number;
  /** Listed, but Complete will not find it. */
  readonly lost: boolean;
  /** Of its sender only a piece came, and the listing says that it is whole. */
  readonly half: boolean;
  /** A byte changed on its way. */
  readonly flipped: boolean;
}

/** An unfinished upload. */
export interface StoredUpload extends UploadInfo {
  readonly declared: CreateUploadOptions["checksum"];
  /** The layout token that the creator bound it to; a foreign upload has none. */
  readonly boundTo: string | undefined;
  /** The part size that the creator named. */
  readonly layoutBytes: number | undefined;
  /** Who created it, and when by the world's clock. */
  by: string;
  readonly madeMs: number;
  readonly parts: Map<number, StoredPart>;
  /** The creator has heard of it. */
  known: boolean;
  /** It was made when the creator had given up waiting. */
  late: boolean;
}

/** What a watcher is told. */
export interface BucketWatcher {
  onWrite(key: string, stored: Stored, by: string): void;
  onDelete(key: string, by: string): void;
}

/** See the file comment. */
export class Bucket {
  readonly capabilities: Capabilities;
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, StoredUpload>();
  watcher: BucketWatcher = { onWrite() {}, onDelete() {} };
  /** When the uploads of a key were last listed, by client. */
  readonly #lookedMs = new Map<string, number>();
  #next = 1;

  constructor(readonly name: string, readonly traits: StoreTraits, readonly worldMs: () => number) {
    this.capabilities = capabilitiesOf(traits);
  }

  /** By this store's own clock. */
  get nowMs(): number {
    return 1_700_000_000_000 + this.worldMs() + this.traits.skewMs;
  }

  /** Writes an object, as if uploaded in parts of `partSizeBytes` when that is not 0. */
  put(key: string, matter: Matter, by: string, options: { partSizeBytes?: number; checksum?: boolean; atMs?: number; etag?: string } = {}) {
    const partSizeBytes = options.partSizeBytes ?? 0;
    const stored: Stored = {
      matter,
      etag: options.etag ?? this.#etag(matter, partSizeBytes),
      lastModifiedMs: options.atMs ?? this.nowMs,
      checksums: this.#checksumsOf(matter, options.checksum === true),
      partSizeBytes,
    };
    this.objects.set(key, stored);
    this.watcher.onWrite(key, stored, by);
    return stored;
  }

  delete(key: string, by: string): void {
    if (!this.objects.delete(key)) return;
    this.watcher.onDelete(key, by);
  }

  /** The object that a pin names. Throws `notFound` or `sourceChanged`. */
  read(key: string, pin: SourcePin): Stored {
    const stored = this.objects.get(key);
    if (stored === undefined) throw new TransferError("notFound", `No object ${key}`, { key, status: 404 });
    const mark = this.traits.kind === "local" ? pin.local?.fileMark : pin.etag;
    if (mark !== undefined && mark !== stored.etag) throw new TransferError("sourceChanged", "Precondition failed", { key, status: 412 });
    return stored;
  }

  details(key: string, partNumber?: number): ObjectDetails | undefined {
    const stored = this.objects.get(key);
    if (stored === undefined) return undefined;
    const whole = sizeOf(stored.matter);
    const rest = whole - ((partNumber ?? 1) - 1) * stored.partSizeBytes;
    const sizeBytes = partNumber === undefined || stored.partSizeBytes === 0 ? whole : Math.min(stored.partSizeBytes, rest);
    return { ...this.detailsOf(key, stored), sizeBytes };
  }

  /** Up to `entries` objects behind `after`, in key order. */
  page(prefix: string, after: string | undefined, entries: number): { objects: ObjectInfo[]; more: boolean } {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
    const rest = after === undefined ? keys : keys.filter((key) => compareKeys(key, after) > 0);
    const objects = rest.slice(0, entries).map((key) => this.#info(key, this.objects.get(key) as Stored));
    return { objects, more: rest.length > entries };
  }

  createUpload(key: string, by: string, options: Partial<CreateUploadOptions>): StoredUpload {
    const local = this.traits.kind === "local";
    const partSizeBytes = options.layout?.partSizeBytes;
    // A folder names a partial file after token and part size, and finds the one that is there.
    const uploadId = local ? `.${key}.sluice-${options.token}-${partSizeBytes}` : `${this.name}-${this.#next++}`;
    const there = this.uploads.get(uploadId);
    if (there !== undefined) return there;
    const upload: StoredUpload = {
      key,
      uploadId,
      initiatedMs: this.nowMs,
      ...(local && options.token !== undefined && { token: options.token }),
      ...(local && partSizeBytes !== undefined && { partSizeBytes }),
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
    matter: Matter,
    options: { listedBytes?: number; lost?: boolean; flipped?: boolean; withChecksum?: boolean } = {},
  ): PartInfo {
    const upload = this.upload(uploadId);
    const local = this.traits.kind === "local";
    const checksums = this.#checksumsOf(matter, options.withChecksum === true && upload.declared?.algorithm === "crc32");
    const etag = local ? undefined : this.#etag(matter, 0);
    const info: PartInfo = {
      partNumber,
      sizeBytes: options.listedBytes ?? sizeOf(matter),
      // A listing of parts does not name the encryption that belies an ETag.
      checksums: withEtagDigest(checksums, etag, this),
      ...(etag !== undefined && { etag }),
    };
    const half = options.listedBytes !== undefined && options.listedBytes !== sizeOf(matter);
    upload.parts.set(partNumber, {
      matter,
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
  written(stored: Stored): WriteAnswer {
    const etag = this.#etagOf(stored);
    const checksums = withEtagDigest([...stored.checksums], etag, { capabilities: this.capabilities, opaque: this.isKms });
    return { ...(etag !== undefined && { etag }), checksums };
  }

  /** What HEAD, or the response to a GET, says of an object. */
  detailsOf(key: string, stored: Stored): ObjectDetails {
    const context = { capabilities: this.capabilities, opaque: this.isKms };
    return {
      ...this.#info(key, stored),
      headers: {},
      ...objectDigests([...stored.checksums], this.#etagOf(stored), context),
      tagCount: 0,
      archived: false,
    };
  }

  /** A part as the response to its PUT has it. */
  answered(info: PartInfo): PartInfo {
    return this.isKms ? { ...info, checksums: info.checksums.filter(({ algorithm }) => algorithm !== "md5") } : info;
  }

  #etagOf(stored: Stored): string | undefined {
    return this.traits.kind === "local" ? undefined : stored.etag;
  }

  listUploads(query: { key: string } | { prefix: string }, by: string): UploadInfo[] {
    if ("key" in query) this.#lookedMs.set(`${by} ${query.key}`, this.worldMs());
    const found = [...this.uploads.values()].filter(({ key }) => "key" in query ? key === query.key : key.startsWith(query.prefix));
    return found.sort((a, b) => b.initiatedMs - a.initiatedMs);
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
    const matter = join(options.parts.map((part) => {
      const stored = upload.parts.get(part.partNumber);
      if (stored === undefined || stored.lost || stored.info.etag !== part.etag) throw refusal("integrity", "InvalidPart", key);
      return stored.matter;
    }));
    if (options.checksum?.algorithm === "crc32" && upload.declared && options.checksum.value !== digestOf(matter, "crc32")) {
      throw refusal("integrity", "BadDigest", key);
    }
    this.check(key, options.condition);
    this.uploads.delete(uploadId);
    const first = options.parts[0]?.sizeBytes ?? 0;
    const worked = this.traits.etags === "md5" ? compositeEtag(options.parts) : undefined;
    const etag = this.traits.ownDigest ? worked?.toUpperCase() : worked;
    const stored = this.put(key, matter, by, {
      partSizeBytes: first,
      checksum: upload.declared !== undefined,
      ...(etag !== undefined && { etag }),
      ...(this.traits.datesFromUpload && { atMs: upload.initiatedMs }),
    });
    return this.written(stored);
  }

  #finishPartial(key: string, uploadId: string, by: string, options: CompleteUploadOptions): WriteAnswer {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) {
      const there = this.objects.get(key);
      if (there !== undefined && sizeOf(there.matter) === options.sizeBytes && there.lastModifiedMs === options.lastModifiedMs) {
        return { checksums: [] };
      }
      throw refusal("uploadLost", "The partial file is gone", key);
    }
    const matter = join(options.parts.map(({ partNumber }) => {
      const stored = upload.parts.get(partNumber);
      if (stored === undefined) throw refusal("integrity", "A part is not written", key);
      return stored.matter;
    }));
    this.check(key, options.condition);
    this.uploads.delete(uploadId);
    this.put(key, matter, by, options.lastModifiedMs === undefined ? {} : { atMs: options.lastModifiedMs });
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
  upload(uploadId: string): StoredUpload {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) throw refusal("uploadLost", "NoSuchUpload");
    return upload;
  }

  #info(key: string, stored: Stored): ObjectInfo {
    const mark = this.traits.kind === "local" ? { local: { fileMark: stored.etag } } : { etag: stored.etag };
    const sizeBytes = sizeOf(stored.matter);
    return { key, sizeBytes, lastModifiedMs: stored.lastModifiedMs, ...mark, ...listedMd5(this.#etagOf(stored), this) };
  }

  #etag(matter: Matter, partSizeBytes: number): string {
    const text = `${this.name} ${this.#next++}`;
    if (this.traits.etags === "opaque") return `mark ${text}`;
    if (this.traits.etags === "kms") {
      const parts = partSizeBytes === 0 ? "" : `-${Math.ceil(sizeOf(matter) / partSizeBytes)}`;
      return digestOf([{ at: this.#next++, length: this.name.length }], "md5") + parts;
    }
    if (partSizeBytes === 0) return digestOf(matter, "md5");
    const worked = compositeEtag(cutParts(matter, partSizeBytes));
    return this.traits.ownDigest ? worked.toUpperCase() : worked;
  }

  #checksumsOf(matter: Matter, told: boolean): Checksum[] {
    if (this.traits.ownDigest) return [checksumOf(matter, "crc64ecma")];
    return told ? [checksumOf(matter, "crc32")] : [];
  }
}

function cutParts(matter: Matter, partSizeBytes: number): PartInfo[] {
  const parts: PartInfo[] = [];
  for (let at = 0; at < sizeOf(matter); at += partSizeBytes) {
    const part = slice(matter, at, at + partSizeBytes - 1);
    parts.push({
      partNumber: parts.length + 1,
      sizeBytes: sizeOf(part),
      checksums: [{ algorithm: "md5", value: digestOf(part, "md5"), type: "full" }],
    });
  }
  return parts;
}

function checksumOf(matter: Matter, algorithm: "crc32" | "crc64ecma"): Checksum {
  return { algorithm, value: digestOf(matter, algorithm), type: "full" };
}

function capabilitiesOf({ kind, etags, checksums, ownDigest, conditions }: StoreTraits): Capabilities {
  if (kind === "local") return LOCAL;
  // Small parts, so that objects of a few MiB have many.
  if (ownDigest) return { ...OSS_CAPABILITIES, partSizeMinBytes: CAPABILITIES.partSizeMinBytes };
  const conditionalWrites = conditions === "absent" ? "absent" : conditions !== "none";
  return { ...CAPABILITIES, ownDigests: etags === "opaque" ? [] : ["md5"], checksums: checksums ? ["crc32"] : [], conditionalWrites };
}

function refusal(kind: ConstructorParameters<typeof TransferError>[0], code: string, key?: string): TransferError {
  return new TransferError(kind, code, { code, ...(key !== undefined && { key }) });
}

/** True when both objects have the same bytes. */
export function sameObject(one: Stored | undefined, other: Stored | undefined): boolean {
  return one === undefined || other === undefined ? one === other : same(one.matter, other.matter);
}
