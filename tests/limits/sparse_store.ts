/**
 * Stores that hold objects of terabytes without their bytes: a part is its number, its size and the MD5 of a text that names them. What
 * they share with other fakes is in tests/session; every request still counts.
 */
import { withEtagDigest } from "../../lib/remote/etag_digest.ts";
import { compositeEtag } from "../session/fake_store.ts";
import { cut, rangeOf } from "../../lib/bytes/part_layout.ts";
import type { CompleteUploadOptions, CreateUploadOptions, WriteAnswer } from "../../lib/store/store.ts";
import { TransferError } from "../../lib/errors.ts";
import type { Digests, ObjectDetails, PartInfo, PartLayout, Range } from "../../lib/types.ts";
import { CAPABILITIES, type FakeObject, FakeStore, md5 } from "../session/fake_store.ts";
import { FakeWire, type FakeWorld, fakeWorld } from "../session/fake_world.ts";
import type { PartMove, PartMoved } from "../../lib/wire/wire.ts";

const PAGE_PARTS = 1000;

/** An object of this size and ETag, without bytes. */
interface SparseObject {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly partSizeBytes: number;
}

/** See the file comment. */
export class SparseStore extends FakeStore {
  /** Objects by key. */
  readonly sparse = new Map<string, SparseObject>();
  /** Pages of ListParts that were given out. */
  partPages = 0;

  /** An object that was uploaded in parts of this layout. */
  putSparse(key: string, layout: PartLayout): SparseObject {
    const parts = Array.from({ length: layout.partCount }, (_, index) => partOf(layout, index + 1));
    const object = { sizeBytes: layout.sizeBytes, etag: compositeEtag(parts), partSizeBytes: layout.partSizeBytes };
    this.sparse.set(key, object);
    return object;
  }

  /** An earlier run's upload with these parts of a layout. */
  addSparseUpload(key: string, layout: PartLayout, partNumbers: Iterable<number>): string {
    const upload = this.addUpload(key, { partSizeBytes: layout.partSizeBytes });
    for (const number of partNumbers) upload.parts.set(number, { bytes: new Uint8Array(), info: partOf(layout, number) });
    return upload.uploadId;
  }

  override head(key: string, options: { partNumber?: number } = {}): Promise<ObjectDetails | undefined> {
    const object = this.sparse.get(key);
    if (object === undefined) return super.head(key, options);
    this.log.push(`head ${key}`);
    const details = this.details(key, { ...EMPTY, etag: object.etag });
    const rest = object.sizeBytes - ((options.partNumber ?? 1) - 1) * object.partSizeBytes;
    const sizeBytes = options.partNumber === undefined ? object.sizeBytes : Math.min(object.partSizeBytes, rest);
    return Promise.resolve({ ...details, sizeBytes });
  }

  override async *listParts(
    key: string,
    uploadId: string,
  ): AsyncGenerator<{ parts: readonly PartInfo[]; checksum?: NonNullable<CreateUploadOptions["checksum"]> }> {
    for await (const { parts, ...told } of super.listParts(key, uploadId)) {
      for (let first = 0; first === 0 || first < parts.length; first += PAGE_PARTS) {
        this.partPages++;
        yield { ...told, parts: parts.slice(first, first + PAGE_PARTS) };
      }
    }
  }

  override completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    this.log.push(`complete ${key}`);
    const upload = this.uploads.get(uploadId);
    const numbers = options.parts.map(({ partNumber }) => partNumber);
    const inOrder = numbers.every((number, index) => number === index + 1);
    const asTold = options.parts.every((part) => upload?.parts.get(part.partNumber)?.info.etag === part.etag);
    if (!inOrder || !asTold) return Promise.reject(new TransferError("uploadLost", "InvalidPart", { code: "InvalidPart" }));
    const sizeBytes = options.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    const etag = compositeEtag(options.parts);
    this.uploads.delete(uploadId);
    this.sparse.set(key, { sizeBytes, etag, partSizeBytes: options.parts[0]?.sizeBytes ?? 0 });
    return Promise.resolve({ etag, checksums: withEtagDigest([], etag, this) });
  }
}

/** Moves ranges of objects without bytes. */
class SparseWire extends FakeWire {
  readonly ranges: Range[] = [];
  readonly readAgain: Range[] = [];
  /** Told after each part how many there were. */
  onMoved: (count: number) => void = () => {};
  readonly #destination: SparseStore;

  constructor(source: SparseStore, destination: SparseStore) {
    super(source, destination);
    this.#destination = destination;
  }

  override async movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.ranges.push(move.range);
    const sizeBytes = move.range.last - move.range.first + 1;
    const info = sparsePart(move.partNumber, move.range);
    this.#destination.uploads.get(move.uploadId)?.parts.set(move.partNumber, { bytes: new Uint8Array(), info });
    this.movedBytes += sizeBytes;
    this.onMoved(this.ranges.length);
    return { ...info, digests: move.digests.includes("md5") ? { md5: digestOf(move.range) } : {}, way: "relay" };
  }

  override digest(_side: "source" | "destination", request: Parameters<FakeWire["digest"]>[1]): Promise<Digests> {
    if (request.range === undefined) return Promise.resolve({});
    this.readAgain.push(request.range);
    return Promise.resolve({ md5: digestOf(request.range) });
  }
}

/** MD5 of the text that stands for the bytes of a range. */
function digestOf({ first, last }: Range): string {
  return md5(new TextEncoder().encode(`${first}-${last}`));
}

/** A world of two sparse stores. */
export interface SparseWorld extends FakeWorld {
  readonly source: SparseStore;
  readonly destination: SparseStore;
  readonly wire: SparseWire;
}

/** Two sparse stores with the limits of Amazon S3, and rules with their defaults. */
export function sparseWorld(): SparseWorld {
  const limits = { ...CAPABILITIES, partSizeMinBytes: 5 * 1024 * 1024 };
  const source = new SparseStore("source", limits);
  const destination = new SparseStore("destination", limits);
  const wire = new SparseWire(source, destination);
  return { ...fakeWorld({ rules: { partSizeBytes: "auto" } }), source, destination, wire };
}

/** The layout of an object of this size in this many parts. */
export function layoutOf(sizeBytes: number, partCount: number): PartLayout {
  return cut(sizeBytes, Math.ceil(sizeBytes / partCount));
}

function partOf(layout: PartLayout, partNumber: number): PartInfo {
  return sparsePart(partNumber, rangeOf(layout, partNumber));
}

function sparsePart(partNumber: number, range: Range): PartInfo {
  const etag = digestOf(range);
  return { partNumber, sizeBytes: range.last - range.first + 1, etag, checksums: [{ algorithm: "md5", value: etag, type: "full" }] };
}

const EMPTY: FakeObject = { bytes: new Uint8Array(), etag: "", headers: {}, checksums: [], lastModifiedMs: 1_000_000, tags: {} };
