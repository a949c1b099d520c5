/**
 * A store in memory without a network, with a fault script. Every request is recorded, so that a test can say what was sent and what was
 * not.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { TransferError } from "../../lib/errors.ts";
import { GIB, KIB, TIB } from "../../lib/limits.ts";
import { combineMd5, fullValue, md5Text } from "../../lib/evidence/digest.ts";
import { objectDigests, withEtagDigest } from "../../lib/remote/etag_digest.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { CompleteUploadOptions, CreateUploadOptions, Store, WriteAnswer } from "../../lib/store/store.ts";
import type { Capabilities, Checksum, ObjectDetails, ObjectHeaders, PartInfo, UploadInfo, WriteCondition } from "../../lib/types.ts";

/** A store that can do everything, with small parts so that tests with many parts stay small. */
export const CAPABILITIES: Capabilities = {
  provider: "fake",
  ownDigests: ["md5"],
  checksums: ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"],
  conditionalWrites: true,
  serverSideCopy: true,
  tags: true,
  // Small, so that tests with many parts stay small.
  partSizeMinBytes: KIB,
  partSizeMaxBytes: 5 * GIB,
  partCountMax: 10_000,
  putSizeMaxBytes: 5 * GIB,
};

/** A local folder. */
export const LOCAL: Capabilities = {
  ...CAPABILITIES,
  provider: "local",
  ownDigests: [],
  checksums: [],
  serverSideCopy: false,
  tags: false,
  partSizeMinBytes: 1,
  partSizeMaxBytes: 5 * TIB,
};

/** An object in a fake store. */
export interface FakeObject {
  bytes: Uint8Array;
  etag: string;
  headers: ObjectHeaders;
  checksums: Checksum[];
  lastModifiedMs: number;
  tags: Record<string, string>;
  /** Sizes of the parts, for objects uploaded in parts. */
  partSizes?: readonly number[];
}

interface FakeUpload extends UploadInfo {
  headers: ObjectHeaders;
  declared: CreateUploadOptions["checksum"];
  parts: Map<number, { bytes: Uint8Array; info: PartInfo }>;
}

/** MD5 in hex. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** The ETag of an object made of these parts. */
export function compositeEtag(parts: readonly PartInfo[]): string {
  const whole = combineMd5(parts.map(({ checksums }) => fullValue(checksums, "md5")));
  return whole === undefined ? "" : md5Text(whole);
}

/** CRC32 in base64, as S3 writes it. */
export function crc32Text(bytes: Uint8Array): string {
  const buffer = new Uint8Array(4);
  new DataView(buffer.buffer).setUint32(0, crc32(bytes));
  return btoa(String.fromCharCode(...buffer));
}

/** Bytes that differ everywhere, from a seed. */
export function randomBytes(sizeBytes: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(sizeBytes);
  const block = Uint8Array.from({ length: 4093 }, () => Math.floor(random() * 256));
  for (let at = 0; at < sizeBytes; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, sizeBytes - at)), at);
    bytes[at] = Math.floor(random() * 256);
  }
  return bytes;
}

/** A store in memory that records what it is asked and fails by script. */
export class FakeStore implements Store {
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly objects = new Map<string, FakeObject>();
  readonly uploads = new Map<string, FakeUpload>();
  readonly log: string[] = [];
  /** Called before a request is answered; what it throws is the answer. */
  fault: (operation: string, detail: string) => void = () => {};
  /** Called after a request has had its effect: the answer is lost. */
  faultAfter: (operation: string) => void = () => {};
  nowMs = 1_000_000;
  #nextId = 1;

  constructor(label: string, capabilities: Capabilities = CAPABILITIES) {
    this.label = label;
    this.capabilities = capabilities;
  }

  put(key: string, bytes: Uint8Array, more: Partial<FakeObject> = {}): FakeObject {
    const object = { bytes, etag: md5(bytes), headers: {}, checksums: [], tags: {}, lastModifiedMs: this.nowMs, ...more };
    this.objects.set(key, object);
    return object;
  }

  /** An object as if uploaded in parts of this size; of these sizes, as far as they go, then of the last one. */
  putParts(key: string, bytes: Uint8Array, ...sizes: number[]): FakeObject {
    const parts: PartInfo[] = [];
    for (let at = 0; at < bytes.length; at += parts.at(-1)?.sizeBytes ?? 0) {
      const part = bytes.subarray(at, at + (sizes[Math.min(parts.length, sizes.length - 1)] ?? 1));
      parts.push({
        partNumber: parts.length + 1,
        sizeBytes: part.length,
        checksums: [{ algorithm: "md5", value: md5(part), type: "full" }],
      });
    }
    return this.put(key, bytes, { etag: compositeEtag(parts), partSizes: parts.map(({ sizeBytes }) => sizeBytes) });
  }

  addUpload(key: string, options: Partial<FakeUpload> = {}): FakeUpload {
    const uploadId = `upload-${this.#nextId++}`;
    const upload = { key, uploadId, initiatedMs: this.nowMs, headers: {}, declared: undefined, parts: new Map(), ...options };
    this.uploads.set(uploadId, upload);
    return upload;
  }

  putPart(uploadId: string, partNumber: number, bytes: Uint8Array): PartInfo {
    const upload = this.#upload(uploadId);
    const checksums: Checksum[] = upload.declared?.algorithm === "crc32"
      ? [{ algorithm: "crc32", value: crc32Text(bytes), type: "full" }]
      : [];
    const etag = md5(bytes);
    const info = { partNumber, sizeBytes: bytes.length, etag, checksums: withEtagDigest(checksums, etag, this) };
    upload.parts.set(partNumber, { bytes, info });
    return info;
  }

  write(key: string, bytes: Uint8Array, headers: ObjectHeaders, condition: WriteCondition | undefined): FakeObject {
    this.checkCondition(key, condition);
    return this.put(key, bytes, { headers, checksums: [{ algorithm: "crc32", value: crc32Text(bytes), type: "full" }] });
  }

  checkCondition(key: string, condition: WriteCondition | undefined): void {
    const there = this.objects.get(key);
    const met = condition === undefined || ("absent" in condition ? there === undefined : there?.etag === condition.etag);
    if (!met) throw new TransferError("conflict", "Precondition failed", { key });
  }

  async *list(): AsyncGenerator<never> {}

  head(key: string, options: { partNumber?: number } = {}): Promise<ObjectDetails | undefined> {
    return this.#ask("head", key, () => {
      const object = this.objects.get(key);
      return object && this.details(key, object, options.partNumber);
    });
  }

  details(key: string, object: FakeObject, partNumber?: number): ObjectDetails {
    return {
      key,
      sizeBytes: partNumber === undefined ? object.bytes.length : object.partSizes?.[partNumber - 1] ?? object.bytes.length,
      etag: object.etag,
      lastModifiedMs: object.lastModifiedMs,
      headers: object.headers,
      ...objectDigests(object.checksums, object.etag, this),
      tagCount: Object.keys(object.tags).length,
      archived: false,
    };
  }

  readTags(key: string): Promise<Record<string, string>> {
    return this.#ask("readTags", key, () => this.objects.get(key)?.tags ?? {});
  }

  createUpload(key: string, options: CreateUploadOptions): Promise<string> {
    return this.#ask("create", key, () =>
      this.addUpload(key, {
        headers: options.headers,
        declared: options.checksum,
        token: options.token,
        partSizeBytes: options.layout.partSizeBytes,
      }).uploadId);
  }

  async *listUploads(query: { key: string } | { prefix: string }): AsyncGenerator<readonly UploadInfo[]> {
    const key = "key" in query ? query.key : "";
    yield await this.#ask("listUploads", key, () => [...this.uploads.values()].filter((upload) => upload.key === key).reverse());
  }

  async *listParts(
    _key: string,
    uploadId: string,
  ): AsyncGenerator<{ parts: readonly PartInfo[]; checksum?: NonNullable<CreateUploadOptions["checksum"]> }> {
    yield await this.#ask("listParts", uploadId, () => {
      const upload = this.#upload(uploadId);
      const parts = [...upload.parts.values()].map(({ info }) => info).sort((a, b) => a.partNumber - b.partNumber);
      return { parts, ...(upload.declared && { checksum: upload.declared }) };
    });
  }

  completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    return this.#ask("complete", key, () => {
      const upload = this.#upload(uploadId);
      const sent = options.parts.map((part) => {
        const stored = upload.parts.get(part.partNumber);
        if (stored?.info.etag !== part.etag) throw new TransferError("uploadLost", "InvalidPart", { code: "InvalidPart" });
        return stored?.bytes ?? new Uint8Array();
      });
      const bytes = new Uint8Array(sent.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of sent) {
        bytes.set(part, at);
        at += part.length;
      }
      const whole = { algorithm: "crc32", value: crc32Text(bytes), type: "full" } as const;
      if (options.checksum?.algorithm === "crc32" && options.checksum.value !== whole.value) {
        throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
      }
      this.checkCondition(key, options.condition);
      this.uploads.delete(uploadId);
      const etag = this.capabilities.provider === "local" ? "" : compositeEtag(options.parts);
      this.put(key, bytes, { etag, headers: upload.headers, checksums: upload.declared ? [whole] : [] });
      return { etag, checksums: withEtagDigest(upload.declared ? [whole] : [], etag, this) };
    });
  }

  abortUpload(_key: string, uploadId: string): Promise<void> {
    return this.#ask("abort", uploadId, () => void this.uploads.delete(uploadId));
  }

  copyObject(source: { key: string }, key: string, options: { headers?: ObjectHeaders; condition?: WriteCondition }): Promise<WriteAnswer> {
    return this.#ask("copyObject", key, () => {
      const from = this.objects.get(source.key);
      if (!from) throw new TransferError("notFound", "NoSuchKey", { key: source.key });
      this.checkCondition(key, options.condition);
      const object = this.put(key, from.bytes, { headers: options.headers ?? from.headers });
      return { etag: object.etag, checksums: withEtagDigest([], object.etag, this) };
    });
  }

  copyPart(
    source: { key: string },
    _key: string,
    options: { uploadId: string; partNumber: number; first: number; last: number },
  ): Promise<PartInfo> {
    return this.#ask("copyPart", `${options.partNumber}`, () => {
      const from = this.objects.get(source.key);
      if (!from) throw new TransferError("notFound", "NoSuchKey", { key: source.key });
      return this.putPart(options.uploadId, options.partNumber, from.bytes.slice(options.first, options.last + 1));
    });
  }

  deleteObjects(): Promise<never[]> {
    return Promise.resolve([]);
  }

  close(): void {}

  #upload(uploadId: string): FakeUpload {
    const upload = this.uploads.get(uploadId);
    if (!upload) throw new TransferError("uploadLost", "NoSuchUpload", { code: "NoSuchUpload" });
    return upload;
  }

  async #ask<T>(operation: string, detail: string, work: () => T): Promise<T> {
    this.log.push(`${operation} ${detail}`);
    await Promise.resolve();
    this.fault(operation, detail);
    const answer = work();
    this.faultAfter(operation);
    return answer;
  }
}
