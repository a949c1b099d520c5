/**
 * Stores that hold objects of terabytes without their bytes: spans of an endless text, as in the simulation. Every request counts.
 */
import { cut } from "../../lib/bytes/part_layout.ts";
import type { Digests, PartLayout, Range } from "../../lib/types.ts";
import type { PartMove, PartMoved } from "../../lib/wire/wire.ts";
import { FakeWire, type FakeWorld, fakeWorld, storeOf } from "../session/fake_world.ts";
import { MATTER, type Matter, slice } from "../simulation/matter.ts";
import { CAPABILITIES } from "../store/store_traits.ts";

/** Notes which ranges pass, and which are read again. */
class SparseWire extends FakeWire<Matter> {
  readonly ranges: Range[] = [];
  readonly readAgain: Range[] = [];
  /** Called after each part with how many there were. */
  onMoved: (count: number) => void = () => {};

  override async movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    const moved = await super.movePart(move, signal);
    this.ranges.push(move.range);
    this.onMoved(this.ranges.length);
    return moved;
  }

  override digest(...asked: Parameters<FakeWire<Matter>["digest"]>): Promise<Digests> {
    const { range } = asked[1];
    if (range !== undefined) this.readAgain.push(range);
    return super.digest(...asked);
  }
}

/** A world of two sparse stores. */
export interface SparseWorld extends FakeWorld<Matter> {
  readonly wire: SparseWire;
}

/** Two sparse stores with the limits of Amazon S3, and rules with their defaults. */
export function sparseWorld(): SparseWorld {
  const capabilities = { ...CAPABILITIES, partSizeMinBytes: 5 * 1024 * 1024 };
  const source = storeOf(MATTER, "source", { capabilities });
  const destination = storeOf(MATTER, "destination", { capabilities });
  return { ...fakeWorld({ rules: { partSizeBytes: "auto" } }), source, destination, wire: new SparseWire(source, destination) };
}

/** A content of this size. */
export function sparse(sizeBytes: number): Matter {
  return [{ at: 0, length: sizeBytes }];
}

/** An earlier run's upload to the destination with these parts of a layout. */
export function addUpload(world: SparseWorld, layout: PartLayout, partNumbers: Iterable<number>): void {
  const { bucket } = world.destination;
  const { uploadId } = bucket.createUpload("k");
  for (const number of partNumbers) {
    const first = (number - 1) * layout.partSizeBytes;
    bucket.putPart(uploadId, number, slice(sparse(layout.sizeBytes), first, first + layout.partSizeBytes - 1));
  }
}

/** The layout of an object of this size in this many parts. */
export function layoutOf(sizeBytes: number, partCount: number): PartLayout {
  return cut(sizeBytes, Math.ceil(sizeBytes / partCount));
}
