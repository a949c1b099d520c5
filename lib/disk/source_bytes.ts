/**
 * The bytes of a local source, whatever stands behind them: a file, a member of an archive, a stream that is made while it is read. Must
 * never hand on bytes of two versions as one.
 */
import type { Sink } from "../bytes/sink.ts";
import { TransferError } from "../errors.ts";
import type { Range } from "../types.ts";
import type { SequentialReader } from "./sequential_reader.ts";

/** What pins bytes to a version. */
export interface SourceFacts {
  readonly lastModifiedMs: number;
  readonly fileMark: string;
}

/** A local source opened at one version. */
export interface SourceBytes extends SourceFacts {
  readonly sizeBytes: number;
  /** Going back to an earlier byte means starting anew: read ranges in order, each once. */
  readonly inOrder: boolean;
  /** Throws `sourceChanged` when the version is not the one any more that was opened. */
  check(): Promise<void>;
  /** Reads a range (an empty source: undefined) into the sink. */
  pump(range: Range | undefined, sink: Sink): Promise<void>;
  /** Reads a range at once. Files take at most WHOLE_BYTES_MAX, sources read in order any size. */
  withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T>;
  /** Closes the source. */
  [Symbol.dispose](): void;
}

/** A range of a slice as one of the whole. */
export function shift({ first, last }: Range, offset: number): Range {
  return { first: first + offset, last: last + offset };
}

/**
 * Bytes that a stream gives while it is read, from `offset` in it. The reader is shared, looks at the version of its file with every chunk,
 * and is closed by its owner.
 */
export function streamBytes(
  reader: SequentialReader,
  { lastModifiedMs, fileMark }: SourceFacts,
  at: { offset: number; sizeBytes: number },
): SourceBytes {
  const pump = async (range: Range | undefined, sink: Sink) => {
    if (range !== undefined) await reader.read(shift(range, at.offset), sink);
  };
  return {
    sizeBytes: at.sizeBytes,
    lastModifiedMs,
    fileMark,
    inOrder: true,
    check: () => Promise.resolve(),
    pump,
    async withBytes(range, use) {
      const bytes = new Uint8Array(range.last - range.first + 1);
      let filled = 0;
      await pump(range, (chunk) => {
        bytes.set(chunk, filled);
        filled += chunk.length;
      });
      return await use(bytes);
    },
    [Symbol.dispose]() {},
  };
}

/** Bytes that are in memory already. */
export function memoryBytes(bytes: Uint8Array, { lastModifiedMs, fileMark }: SourceFacts): SourceBytes {
  const cutOut = ({ first, last }: Range) => {
    if (last >= bytes.length) throw new TransferError("bug", `Byte ${last} was asked of ${bytes.length}`);
    return bytes.subarray(first, last + 1);
  };
  return {
    sizeBytes: bytes.length,
    lastModifiedMs,
    fileMark,
    inOrder: false,
    check: () => Promise.resolve(),
    async pump(range, sink) {
      if (range !== undefined) await sink(cutOut(range));
    },
    withBytes: (range, use) => use(cutOut(range)),
    [Symbol.dispose]() {},
  };
}
