/**
 * Bytes between two simulated buckets: the contract of lib/wire/wire.ts. The source is opened, pinned, and read in one moment; what was
 * read arrives at the destination in a later one, whole, in part or never.
 */
import { TransferError } from "../../lib/errors.ts";
import type { DigestAlgorithm, Digests, Side, SourcePin, Way } from "../../lib/types.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved, Wire } from "../../lib/wire/wire.ts";
import type { Bucket, Stored } from "./bucket.ts";
import type { Line } from "./line.ts";
import { digestsOf, flipped, join, type Matter, sizeOf, slice } from "./matter.ts";

/** How many of a kind are under way in one worker, and were at most. */
export interface InFlight {
  parts: number;
  partsMost: number;
  objects: number;
  objectsMost: number;
}

/** See the file comment. */
export class SimWire implements Wire {
  readonly way: Way = "relay";
  movedBytes = 0;
  readonly inFlight: InFlight = { parts: 0, partsMost: 0, objects: 0, objectsMost: 0 };

  constructor(readonly source: Bucket, readonly destination: Bucket, readonly line: Line) {}

  async movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    const { inFlight } = this;
    inFlight.partsMost = Math.max(inFlight.partsMost, ++inFlight.parts);
    try {
      return await this.#movePart(move, signal);
    } finally {
      inFlight.parts--;
    }
  }

  async moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
    const { inFlight } = this;
    inFlight.objectsMost = Math.max(inFlight.objectsMost, ++inFlight.objects);
    try {
      return await this.#moveObject(move, signal);
    } finally {
      inFlight.objects--;
    }
  }

  async digest(side: Side, request: Parameters<Wire["digest"]>[1], signal: AbortSignal): Promise<Digests> {
    const { key, uploadId, pin, range, algorithms } = request;
    return await this.line.ask({
      side,
      operation: "digest",
      reliable: (side === "source" ? this.source : this.destination).traits.kind === "local",
      signal,
      effect: () => {
        const matter = uploadId === undefined
          ? (side === "source" ? this.source : this.destination).read(key, pin).content
          : this.#partial(uploadId);
        return digestsOf(range === undefined ? matter : slice(matter, range.first, range.last), algorithms);
      },
    });
  }

  close(): void {}

  async #movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    const { uploadId, partNumber, range } = move;
    const read = await this.#open(move.sourceKey, move.pin, signal);
    const matter = slice(read.content, range.first, range.last);
    const local = this.destination.traits.kind === "local";
    const told = move.guard ?? move.trailer;
    const refuses = told !== undefined && (told === "md5" || this.destination.traits.checksums);
    // Runs at once share a partial file, and each knows the digests of its own parts only: a double fault that is not promised to be seen.
    const compared = this.#readIsCompared(read, move.digests) && !(local && this.line.world.together);
    const passed = this.#onTheWay(matter, compared);
    const arrived = this.#onTheWay(passed, !local && (refuses || this.#arrivalIsCompared(read, uploadId, move.digests)));
    const world = this.line.world;
    const info = await this.line.ask({
      side: "destination",
      reliable: local,
      operation: "putPart",
      signal,
      effect: () => {
        this.#stillThere(move.sourceKey, move.pin);
        if (refuses && arrived !== passed) throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
        const lost = !local && world.random() < world.faults.lostPart;
        return this.destination.putPart(uploadId, partNumber, arrived, {
          lost,
          flipped: arrived !== matter,
          withChecksum: told === "crc32",
        });
      },
      broken: () => {
        if (local || sizeOf(matter) < 2 || !this.destination.uploads.has(uploadId)) return;
        const listedBytes = sizeOf(matter);
        this.destination.putPart(uploadId, partNumber, slice(matter, 0, Math.floor(listedBytes / 2)), {
          listedBytes,
          withChecksum: false,
        });
      },
    });
    this.movedBytes += sizeOf(matter);
    const wanted = new Set<DigestAlgorithm>([...move.digests, ...(told === undefined ? [] : [told])]);
    return { ...this.destination.answered(info), sizeBytes: sizeOf(matter), digests: digestsOf(passed, wanted), way: "relay" };
  }

  async #moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
    const { source, destinationKey } = move;
    const read = await this.#open(source.key, source, signal);
    // What the response to the GET said, whatever the source is by now.
    const details = this.source.detailsOf(source.key, read);
    await move.headers(details);
    const { traits } = this.destination;
    const guard = move.guard === "none" || traits.kind === "local" ? undefined : this.#guard(read);
    const passed = this.#onTheWay(read.content, this.#readIsCompared(read, move.digests));
    const arrived = this.#onTheWay(passed, guard !== undefined);
    const digests = digestsOf(passed, move.digests);
    // Before the last byte goes out: what was read is not the source's, and is not sent.
    if (move.digests.length > 0 && this.source.traits.kind !== "local") move.confirm?.(details, digests);
    const answer = await this.line.ask({
      side: "destination",
      reliable: traits.kind === "local",
      operation: "putObject",
      signal,
      effect: () => {
        this.#stillThere(source.key, source);
        if (guard !== undefined && arrived !== read.content) throw new TransferError("integrity", "BadDigest", { code: "BadDigest" });
        this.destination.check(destinationKey, move.condition);
        const dated = traits.kind === "local" ? { lastModifiedMs: read.lastModifiedMs } : {};
        return this.destination.put(destinationKey, arrived, {
          by: this.line.client.name,
          checksum: traits.checksums && guard === "crc32",
          ...dated,
        });
      },
    });
    this.movedBytes += sizeOf(read.content);
    if (move.digests.length === 0) move.confirm?.(details, digests);
    const all = { ...digests, ...(guard && digestsOf(read.content, [guard])) };
    return {
      ...this.destination.written(answer),
      sizeBytes: sizeOf(arrived),
      digests: all,
      way: "relay",
      details,
      ...(guard && { guard }),
    };
  }

  #open(key: string, pin: SourcePin, signal: AbortSignal): Promise<Stored> {
    const reliable = this.source.traits.kind === "local";
    return this.line.ask({ side: "source", operation: "get", signal, reliable, effect: () => this.source.read(key, pin) });
  }

  /** A file is looked at again when all of it was read; an answer of a store is of one version, however long it takes. */
  #stillThere(key: string, pin: SourcePin): void {
    if (this.source.traits.kind === "local") this.source.read(key, pin);
  }

  /** The digest that the destination is told to insist on. */
  #guard(read: Stored): "md5" | "crc32" | undefined {
    const { traits } = this.destination;
    if (this.source.traits.kind === "local") return traits.checksums ? "crc32" : "md5";
    if (read.checksums.some(({ algorithm }) => algorithm === "crc32") && traits.checksums) return "crc32";
    return this.source.traits.etags === "md5" && read.partSizeBytes === 0 ? "md5" : undefined;
  }

  /** What is read here is held against what the source says of the whole. */
  #readIsCompared(read: Stored, digests: readonly DigestAlgorithm[]): boolean {
    const { kind, etags, ownDigest } = this.source.traits;
    if (kind === "local") return false;
    const inParts = read.partSizeBytes > 0 && etags === "md5" && !ownDigest && this.destination.traits.kind === "local";
    return read.checksums.some(({ algorithm }) => digests.includes(algorithm)) || (inParts && digests.includes("md5"));
  }

  /** Parts go out unguarded where each, or the whole, is compared before it replaces anything. */
  #arrivalIsCompared(read: Stored, uploadId: string, digests: readonly DigestAlgorithm[]): boolean {
    const { ownDigest, etags } = this.destination.traits;
    if (ownDigest) return digests.includes("crc64ecma") || this.source.traits.ownDigest;
    if (this.destination.uploads.get(uploadId)?.declared !== undefined && read.checksums.some(({ algorithm }) => algorithm === "crc32")) {
      return true;
    }
    return read.partSizeBytes > 0 && this.source.traits.etags === "md5" && !this.source.traits.ownDigest && etags === "md5";
  }

  #onTheWay(matter: Matter, noticed: boolean): Matter {
    const { world } = this.line;
    return noticed && sizeOf(matter) > 0 && world.random() < world.faults.flip ? flipped(matter) : matter;
  }

  /** The partial file, its holes filled with whatever a disk has there. */
  #partial(uploadId: string): Matter {
    const upload = this.destination.upload(uploadId);
    const { parts, layoutBytes = 0 } = upload;
    const last = Math.max(0, ...parts.keys());
    return join(Array.from({ length: last }, (_, index) => parts.get(index + 1)?.content ?? [{ at: 0, length: layoutBytes }]));
  }
}
