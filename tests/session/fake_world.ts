/**
 * A world for sessions without a network: two fake stores and a wire between them, virtual time, a fault script.
 */
import { createHash } from "node:crypto";
import { TransferError } from "../../lib/errors.ts";
import { MIB } from "../../lib/limits.ts";
import { type Clock, Pace } from "../../lib/pace/pace.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { openSlots, Slots } from "../../lib/pace/slots.ts";
import { listedMd5, withEtagDigest } from "../../lib/remote/etag_digest.ts";
import type { Ledger, World } from "../../lib/session/transfer_work.ts";
import type { TransferRules } from "../../lib/job_types.ts";
import type { DigestAlgorithm, Digests, Transfer } from "../../lib/types.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved, Wire } from "../../lib/wire/wire.ts";
import { CAPABILITIES, crc32Text, type FakeObject, FakeStore, LOCAL, md5 } from "./fake_store.ts";

/** Bytes between two fake stores. */
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
    // To a folder bytes are digested where they arrive.
    const passed = this.#destination.capabilities.provider === "local" ? arrived : sent;
    return { ...info, digests: digestsOf(passed, wanted), way: "relay" };
  }

  async moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
    this.log.push(`object ${move.source.key}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const object = this.#read(move.source.key, move.source.etag);
    const details = this.#source.details(move.source.key, object);
    const headers = await move.headers(details);
    const arrived = this.fault("object", move.source.key, object.bytes);
    const guarded = move.guard !== "none" && this.#destination.capabilities.provider !== "local";
    if (guarded && md5(arrived) !== object.etag && this.#source.capabilities.ownDigests.includes("md5")) {
      throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
    }
    const digests = digestsOf(arrived, new Set(move.digests));
    move.confirm?.(details, digests);
    const written = this.#destination.write(move.destinationKey, arrived, headers, move.condition);
    this.movedBytes += arrived.length;
    const checksums = withEtagDigest(written.checksums, written.etag, this.#destination);
    return { sizeBytes: arrived.length, etag: written.etag, checksums, digests, way: "relay", details };
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

/** Rules with every default but small parts. */
export const RULES: TransferRules = {
  partSizeBytes: MIB,
  multipartThresholdBytes: MIB,
  copyThresholdBytes: 5 * 1024 * MIB,
  verify: "auto",
  unfinished: "resume",
  headers: { mode: "copy", set: {}, tags: "copy" },
  serverSideCopy: false,
};

/** A world of fakes. */
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
    slots: { ...openSlots({ partsInFlight: 3, objectsInFlight: 4 }), sessions: new Slots(2) },
    pace: new Pace(clock),
    onRetry: () => {},
    onThrottled: () => {},
  };
}

/** The transfer of a source object as the plan would make it. */
export function transferOf(world: FakeWorld, key: string, more: Partial<Transfer> = {}): Transfer {
  const object = world.source.objects.get(key);
  if (!object) throw new Error(`No source object ${key}`);
  const version = world.sourceIsLocal
    ? { local: { fileMark: object.etag } }
    : { etag: object.etag, ...listedMd5(object.etag, world.source) };
  const source = { key, sizeBytes: object.bytes.length, lastModifiedMs: object.lastModifiedMs, ...version };
  return { id: 1, source, destinationKey: key, reason: "missing", ...more };
}

/** A ledger before anything was done. */
export function emptyLedger(): Ledger {
  return { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0 };
}
