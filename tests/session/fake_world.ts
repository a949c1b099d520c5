/**
 * A world for sessions without a network: two stores in memory and a wire between them, virtual time, a fault script. Every request is
 * recorded, so that a test can say what was sent and what was not.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { TransferError } from "../../lib/errors.ts";
import { GIB, KIB, MIB, TIB } from "../../lib/limits.ts";
import { compositeEtag } from "../../lib/session/etag.ts";
import { type Clock, Pace } from "../../lib/session/pace.ts";
import { seededRandom } from "../../lib/session/random.ts";
import { Slots } from "../../lib/session/slots.ts";
import type { Ledger, World } from "../../lib/session/world.ts";
import type { CompleteUploadOptions, CreateUploadOptions, Store, WriteAnswer } from "../../lib/store/store.ts";
import type { TransferRules } from "../../lib/job_types.ts";
import type {
  Capabilities,
  Checksum,
  DigestAlgorithm,
  Digests,
  ObjectDetails,
  ObjectHeaders,
  PartInfo,
  Transfer,
  UploadInfo,
  WriteCondition,
} from "../../lib/types.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved, Wire } from "../../lib/wire/wire.ts";

export const CAPABILITIES: Capabilities = {
  provider: "fake",
  etagIsMd5: true,
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

export const LOCAL: Capabilities = {
  ...CAPABILITIES,
  provider: "local",
  etagIsMd5: false,
  checksums: [],
  serverSideCopy: false,
  tags: false,
  partSizeMinBytes: 1,
  partSizeMaxBytes: 5 * TIB,
};

export interface FakeObject {
  bytes: Uint8Array;
  etag: string;
  headers: ObjectHeaders;
  checksums: Checksum[];
  lastModifiedMs: number;
  tags: Record<string, string>;
  /** Size of the first part, for objects uploaded in parts. */
  partSizeBytes?: number;
}

interface FakeUpload extends UploadInfo {
  headers: ObjectHeaders;
  declared: CreateUploadOptions["checksum"];
  parts: Map<number, { bytes: Uint8Array; info: PartInfo }>;
}

export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

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

  /** An object as if uploaded in parts of this size. */
  putParts(key: string, bytes: Uint8Array, partSizeBytes: number): FakeObject {
    const parts: PartInfo[] = [];
    for (let at = 0; at < bytes.length; at += partSizeBytes) {
      const part = bytes.subarray(at, at + partSizeBytes);
      parts.push({ partNumber: parts.length + 1, sizeBytes: part.length, etag: md5(part), checksums: [] });
    }
    return this.put(key, bytes, { etag: compositeEtag(parts) ?? "", partSizeBytes });
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
    const info = { partNumber, sizeBytes: bytes.length, etag: md5(bytes), checksums };
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
      sizeBytes: partNumber === undefined ? object.bytes.length : Math.min(object.partSizeBytes ?? Infinity, object.bytes.length),
      etag: object.etag,
      lastModifiedMs: object.lastModifiedMs,
      headers: object.headers,
      checksums: object.checksums,
      tagCount: Object.keys(object.tags).length,
      etagMayBeMd5: true,
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
      const etag = this.capabilities.provider === "local" ? "" : compositeEtag(options.parts) ?? "";
      this.put(key, bytes, { etag, headers: upload.headers, checksums: upload.declared ? [whole] : [] });
      return { etag, checksums: upload.declared ? [whole] : [] };
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
      return { etag: object.etag, checksums: [] };
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

export class FakeWire implements Wire {
  readonly way = "relay" as const;
  movedBytes = 0;
  readonly log: string[] = [];
  /** May change the bytes that pass, or throw. */
  fault: (operation: string, detail: string, bytes: Uint8Array) => Uint8Array = (_operation, _detail, bytes) => bytes;
  readonly #source: FakeStore;
  readonly #destination: FakeStore;

  constructor(source: FakeStore, destination: FakeStore) {
    this.#source = source;
    this.#destination = destination;
  }

  #read(key: string, etag: string | undefined): FakeObject {
    const object = this.#source.objects.get(key);
    if (!object) throw new TransferError("notFound", "NoSuchKey", { key });
    if (etag !== undefined && object.etag !== etag) throw new TransferError("sourceChanged", "Precondition failed", { key });
    return object;
  }

  async movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    this.log.push(`part ${move.partNumber}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const object = this.#read(move.sourceKey, move.pin.etag);
    const sent = object.bytes.slice(move.range.first, move.range.last + 1);
    const arrived = this.fault("part", `${move.partNumber}`, sent);
    const info = this.#destination.putPart(move.uploadId, move.partNumber, arrived);
    this.movedBytes += sent.length;
    const wanted = new Set<DigestAlgorithm>([...move.digests, ...(move.guard ? [move.guard] : [])]);
    return { sizeBytes: sent.length, etag: info.etag ?? "", checksums: info.checksums, digests: digestsOf(sent, wanted), way: "relay" };
  }

  async moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
    this.log.push(`object ${move.source.key}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const object = this.#read(move.source.key, move.source.etag);
    const details = this.#source.details(move.source.key, object);
    const headers = await move.headers(details);
    const arrived = this.fault("object", move.source.key, object.bytes);
    if (move.guard === "auto" && md5(arrived) !== object.etag && this.#source.capabilities.etagIsMd5) {
      throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
    }
    const digests = digestsOf(arrived, new Set(move.digests));
    move.confirm?.(details, digests);
    const written = this.#destination.write(move.destinationKey, arrived, headers, move.condition);
    this.movedBytes += arrived.length;
    return { sizeBytes: arrived.length, etag: written.etag, checksums: written.checksums, digests, way: "relay", details };
  }

  digest(
    side: "source" | "destination",
    request: Parameters<Wire["digest"]>[1],
  ): Promise<Digests> {
    this.log.push(`digest ${side} ${request.range?.first ?? "-"}`);
    const { range } = request;
    if (side === "destination" && request.uploadId !== undefined) {
      const parts = [...this.#destination.uploads.get(request.uploadId)?.parts.entries() ?? []].sort(([a], [b]) => a - b);
      const partSize = this.#destination.uploads.get(request.uploadId)?.partSizeBytes ?? 1;
      const whole = new Uint8Array((range?.last ?? -1) + 1);
      for (const [number, { bytes }] of parts) {
        if ((number - 1) * partSize < whole.length) whole.set(bytes, (number - 1) * partSize);
      }
      return Promise.resolve(digestsOf(whole.slice(range?.first ?? 0), new Set(request.algorithms)));
    }
    const store = side === "source" ? this.#source : this.#destination;
    const bytes = store.objects.get(request.key)?.bytes ?? new Uint8Array();
    return Promise.resolve(digestsOf(range ? bytes.slice(range.first, range.last + 1) : bytes, new Set(request.algorithms)));
  }

  close(): void {}
}

function digestsOf(bytes: Uint8Array, wanted: ReadonlySet<DigestAlgorithm>): Digests {
  const digests: Digests = {};
  if (wanted.has("md5")) digests.md5 = md5(bytes);
  if (wanted.has("crc32")) digests.crc32 = crc32Text(bytes);
  if (wanted.has("sha256")) digests.sha256 = createHash("sha256").update(bytes).digest("base64");
  return digests;
}

/** Time that passes only while somebody sleeps. */
export class FakeClock implements Clock {
  nowMs = 0;
  readonly slept: number[] = [];
  now(): number {
    return this.nowMs;
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    this.slept.push(ms);
    this.nowMs += ms;
    return Promise.resolve();
  }
}

export const RULES: TransferRules = {
  partSizeBytes: MIB,
  multipartThresholdBytes: MIB,
  copyThresholdBytes: 5 * 1024 * MIB,
  verify: "auto",
  unfinished: "resume",
  headers: { mode: "copy", set: {}, tags: "copy" },
  serverSideCopy: false,
};

export interface FakeWorld extends World {
  readonly source: FakeStore;
  readonly destination: FakeStore;
  readonly wire: FakeWire;
  readonly clock: FakeClock;
}

/** A world of two fake stores, either of them local; of one store when it copies on the server. */
export function fakeWorld(
  options: { rules?: Partial<TransferRules>; sourceIsLocal?: boolean; destinationIsLocal?: boolean; retries?: number } = {},
): FakeWorld {
  const source = new FakeStore("source", options.sourceIsLocal ? LOCAL : CAPABILITIES);
  const copies = options.rules?.serverSideCopy === true;
  const destination = copies ? source : new FakeStore("destination", options.destinationIsLocal ? LOCAL : CAPABILITIES);
  const clock = new FakeClock();
  return {
    source,
    destination,
    wire: new FakeWire(source, destination),
    sourceIsLocal: options.sourceIsLocal ?? false,
    destinationIsLocal: options.destinationIsLocal ?? false,
    sourceUrl: "s3://source",
    sourceBucket: "source",
    rules: { ...RULES, ...options.rules },
    tuning: { retries: options.retries ?? 3, retryDelayMs: 100, retryGrowth: "double" },
    clock,
    random: seededRandom(1),
    slots: { parts: new Slots(3), objects: new Slots(4), sessions: new Slots(2) },
    pace: new Pace(clock),
    onRetry: () => {},
    onThrottled: () => {},
  };
}

/** The transfer of a source object as the plan would make it. */
export function transferOf(world: FakeWorld, key: string, more: Partial<Transfer> = {}): Transfer {
  const object = world.source.objects.get(key);
  if (!object) throw new Error(`No source object ${key}`);
  const version = world.sourceIsLocal ? { fileMark: object.etag } : { etag: object.etag };
  const source = { key, sizeBytes: object.bytes.length, lastModifiedMs: object.lastModifiedMs, ...version };
  return { id: 1, source, destinationKey: key, reason: "missing", ...more };
}

export function emptyLedger(): Ledger {
  return { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0 };
}
