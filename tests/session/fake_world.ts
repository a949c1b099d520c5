/**
 * A world for sessions without a network: two stores in memory and a wire between them, virtual time, faults by script.
 */
import { TransferError } from "../../lib/errors.ts";
import { MIB } from "../../lib/limits.ts";
import { type Clock, Pace } from "../../lib/pace/pace.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { openSlots, Slots } from "../../lib/pace/slots.ts";
import type { Ledger, World } from "../../lib/session/transfer_work.ts";
import type { TransferRules } from "../../lib/job_types.ts";
import type { Capabilities, DigestAlgorithm, Digests, Transfer } from "../../lib/types.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved, Wire } from "../../lib/wire/wire.ts";
import { BYTES, type Contents } from "../store/contents.ts";
import { MemoryBucket } from "../store/memory_bucket.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { GOOD, type StoreTraits } from "../store/store_traits.ts";

/** What the wire can compute. */
const DIGESTS: readonly DigestAlgorithm[] = ["md5", "crc32", "sha256"];

/** A store that keeps every promise but for what is said. */
export function storeOf<C>(
  contents: Contents<C>,
  name: string,
  { capabilities, ...traits }: Partial<StoreTraits> & { capabilities?: Capabilities } = {},
): MemoryStore<C> {
  return new MemoryStore(new MemoryBucket(name, contents, { ...GOOD, ...traits }, capabilities && { capabilities }));
}

/** Contents between two stores in memory. */
export class FakeWire<C = Uint8Array> implements Wire {
  readonly way = "relay" as const;
  movedBytes = 0;
  readonly log: string[] = [];
  /** May change what passes, or throw. */
  fault: (operation: string, detail: string, content: C) => C = (_operation, _detail, content) => content;
  readonly #source: MemoryBucket<C>;
  readonly #destination: MemoryBucket<C>;

  constructor(source: MemoryStore<C>, destination: MemoryStore<C>) {
    this.#source = source.bucket;
    this.#destination = destination.bucket;
  }

  async movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    this.log.push(`part ${move.partNumber}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const { contents, traits } = this.#destination;
    const sent = contents.slice(this.#source.read(move.sourceKey, move.pin).content, move.range.first, move.range.last);
    const arrived = this.fault("part", `${move.partNumber}`, sent);
    const info = this.#destination.putPart(move.uploadId, move.partNumber, arrived);
    this.movedBytes += contents.sizeOf(sent);
    const wanted = [...move.digests, ...(move.guard ? [move.guard] : [])];
    // To a folder bytes are digested where they arrive.
    return { ...info, digests: this.#digests(traits.kind === "local" ? arrived : sent, wanted), way: "relay" };
  }

  async moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
    const { source, destinationKey } = move;
    this.log.push(`object ${source.key}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const { contents, traits } = this.#destination;
    const object = this.#source.read(source.key, source);
    const details = this.#source.detailsOf(source.key, object);
    const headers = await move.headers(details);
    const arrived = this.fault("object", source.key, object.content);
    const guarded = move.guard !== "none" && traits.kind !== "local" && this.#source.capabilities.ownDigests.includes("md5");
    if (guarded && contents.digest(arrived, "md5") !== object.etag) {
      throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
    }
    const digests = this.#digests(arrived, move.digests);
    move.confirm?.(details, digests);
    this.#destination.check(destinationKey, move.condition);
    const written = this.#destination.written(this.#destination.put(destinationKey, arrived, { headers, checksum: true }));
    const sizeBytes = contents.sizeOf(arrived);
    this.movedBytes += sizeBytes;
    return { ...written, sizeBytes, digests, way: "relay", details };
  }

  digest(side: "source" | "destination", { key, uploadId, range, algorithms }: Parameters<Wire["digest"]>[1]): Promise<Digests> {
    this.log.push(`digest ${side} ${range?.first ?? "-"}`);
    const bucket = side === "source" ? this.#source : this.#destination;
    const parts = uploadId === undefined ? [] : [...bucket.upload(uploadId).parts].sort(([one], [other]) => one - other);
    const content = bucket.objects.get(key)?.content;
    const whole = uploadId !== undefined || content === undefined ? bucket.contents.join(parts.map(([, part]) => part.content)) : content;
    return Promise.resolve(this.#digests(range ? bucket.contents.slice(whole, range.first, range.last) : whole, algorithms));
  }

  close(): void {}

  #digests(content: C, wanted: readonly DigestAlgorithm[]): Digests {
    return Object.fromEntries(
      wanted.filter((algorithm) => DIGESTS.includes(algorithm)).map((
        algorithm,
      ) => [algorithm, this.#destination.contents.digest(content, algorithm)]),
    );
  }
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

/** A world in memory. */
export interface FakeWorld<C = Uint8Array> extends World {
  readonly source: MemoryStore<C>;
  readonly destination: MemoryStore<C>;
  readonly wire: FakeWire<C>;
  readonly clock: FakeClock;
}

/** A world of two fake stores, either of them local; of one store when it copies on the server. */
export function fakeWorld(
  options: { rules?: Partial<TransferRules>; sourceIsLocal?: boolean; destinationIsLocal?: boolean; retries?: number } = {},
): FakeWorld {
  const source = storeOf(BYTES, "source", { kind: options.sourceIsLocal ? "local" : "s3" });
  const copies = options.rules?.serverSideCopy === true;
  const destination = copies ? source : storeOf(BYTES, "destination", { kind: options.destinationIsLocal ? "local" : "s3" });
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
export function transferOf<C>(world: FakeWorld<C>, key: string, more: Partial<Transfer> = {}): Transfer {
  const source = world.source.bucket.page(key, undefined, 1).objects[0];
  if (source?.key !== key) throw new Error(`No source object ${key}`);
  return { id: 1, source, destinationKey: key, reason: "missing", ...more };
}

/** A ledger before anything was done. */
export function emptyLedger(): Ledger {
  return { movedBytes: 0, foundBytes: 0, parts: 0, retries: 0 };
}
