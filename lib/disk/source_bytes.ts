/**
 * The bytes of a local source, whatever stands behind them: a file, a member of an archive, a stream that is made while it is read. Must
 * never hand on bytes of two versions as one.
 */
import { TransferError } from "../errors.ts";
import type { ArchiveSlice, Range } from "../types.ts";
import type { LocalFile } from "./source_file.ts";
import type { Sink } from "../bytes/sink.ts";
import type { SequentialReader } from "./sequential_reader.ts";

/** A local source opened at one version. */
export interface SourceBytes {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly fileMark: string;
  /** Going back to an earlier byte means starting anew: read ranges in order, each once. */
  readonly inOrder: boolean;
  /** Throws `sourceChanged` when the version is not the one any more that was opened. */
  check(): Promise<void>;
  /** Reads a range (an empty source: undefined) into the sink. */
  pump(range: Range | undefined, sink: Sink): Promise<void>;
  /** Reads a range at once. Files take at most WHOLE_BYTES_MAX, sources read in order any size. */
  withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T>;
  close(): void;
  [Symbol.dispose](): void;
}

/** A member of an archive that is not compressed: a slice of its file. */
export class SliceBytes implements SourceBytes {
  readonly sizeBytes: number;
  readonly inOrder = false;
  readonly #file: LocalFile;
  readonly #slice: ArchiveSlice;

  constructor(file: LocalFile, slice: ArchiveSlice) {
    this.#file = file;
    this.#slice = slice;
    this.sizeBytes = slice.sizeBytes;
  }

  get lastModifiedMs(): number {
    return this.#file.lastModifiedMs;
  }

  get fileMark(): string {
    return this.#file.fileMark;
  }

  check(): Promise<void> {
    return this.#file.check();
  }

  pump(range: Range | undefined, sink: Sink): Promise<void> {
    return this.#file.pump(range && shift(range, this.#slice.offset), sink);
  }

  withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    return this.#file.withBytes(shift(range, this.#slice.offset), use);
  }

  close(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function shift({ first, last }: Range, offset: number): Range {
  return { first: first + offset, last: last + offset };
}

/** What a stream is of, besides its bytes. */
export interface StreamFacts {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly fileMark: string;
  /** Where the bytes begin in the stream. */
  readonly offset: number;
}

/** Bytes that a stream gives while it is read; the reader is shared and outlives this. */
export class StreamBytes implements SourceBytes {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly fileMark: string;
  readonly inOrder = true;
  readonly #reader: SequentialReader;
  readonly #offset: number;

  constructor(reader: SequentialReader, facts: StreamFacts) {
    this.#reader = reader;
    this.#offset = facts.offset;
    this.sizeBytes = facts.sizeBytes;
    this.lastModifiedMs = facts.lastModifiedMs;
    this.fileMark = facts.fileMark;
  }

  /** The reader looks at the version of its file with every chunk. */
  check(): Promise<void> {
    return Promise.resolve();
  }

  async pump(range: Range | undefined, sink: Sink): Promise<void> {
    if (range !== undefined) await this.#reader.read(shift(range, this.#offset), sink);
  }

  async withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const bytes = new Uint8Array(range.last - range.first + 1);
    let filled = 0;
    await this.pump(range, (chunk) => {
      bytes.set(chunk, filled);
      filled += chunk.length;
    });
    return await use(bytes);
  }

  close(): void {
    // The reader is closed by its owner.
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Bytes that are in memory already. */
export class MemoryBytes implements SourceBytes {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly fileMark: string;
  readonly inOrder = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, facts: { readonly lastModifiedMs: number; readonly fileMark: string }) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
    this.lastModifiedMs = facts.lastModifiedMs;
    this.fileMark = facts.fileMark;
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  async pump(range: Range | undefined, sink: Sink): Promise<void> {
    if (range !== undefined) await sink(this.#cut(range));
  }

  async withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    return await use(this.#cut(range));
  }

  close(): void {
    // Nothing is open.
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #cut({ first, last }: Range): Uint8Array {
    if (last >= this.#bytes.length) throw new TransferError("bug", `Byte ${last} was asked of ${this.#bytes.length}`);
    return this.#bytes.subarray(first, last + 1);
  }
}
