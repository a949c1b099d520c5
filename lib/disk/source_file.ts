/**
 * The bytes of a local source, whatever stands behind them: a file, a member of an archive, a stream that is made while it is read, a few
 * bytes in memory. Pinned to one version, in ranges, files with buffers that are used again. Must never hand on bytes of two versions as
 * one: the mark is looked at before the last chunk leaves.
 */
import type { Sink } from "../bytes/sink.ts";
import { TransferError } from "../errors.ts";
import { MIB } from "../limits.ts";
import type { LocalSource, Range } from "../types.ts";
import { fileError } from "./file_error.ts";
import type { SequentialReader } from "./sequential_reader.ts";
import { markOf, timeOf } from "./stat.ts";
import { giveBuffer, takeBuffer } from "./whole_buffers.ts";

/** Ranges up to this size are read in one go. Measured: 8 MiB at once costs less than two passes (docs/architecture.md). */
export const WHOLE_BYTES_MAX = 8 * MIB;
/** Chunks that are handed on: the larger they are the later a stalled connection is noticed. */
const CHUNK_BYTES = 256 * 1024;

/** Ranges up to this size are read without leaving the thread: the way to another one and back costs several times the reading. */
const QUICK_BYTES_MAX = 64 * 1024;
/** A reading that took longer is not from memory or a fast disk: from then on all of them leave the thread. */
const QUICK_MS_MAX = 5;

let quick = true;

/** How a file is opened. */
export interface OpenOptions {
  /** The member of an archive that is not compressed; absent means the whole file. */
  readonly slice?: LocalSource["slice"];
  /** A partial file, other parts of which are written meanwhile. */
  readonly changing?: boolean;
}

/** A local file, or a slice of one, opened at one version. */
export class LocalFile implements SourceBytes {
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
  readonly fileMark: string;
  /** Ranges may be read in any order. */
  readonly inOrder = false;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #fileBytes: number;
  readonly #offset: number;
  readonly #changing: boolean;

  private constructor(path: string, opened: { file: Deno.FsFile; info: Deno.FileInfo }, { slice, changing = false }: OpenOptions) {
    const { file, info } = opened;
    this.#path = path;
    this.#file = file;
    this.#fileBytes = info.size;
    this.#offset = slice?.offset ?? 0;
    this.#changing = changing;
    this.sizeBytes = slice?.sizeBytes ?? info.size;
    this.lastModifiedMs = timeOf(info);
    this.fileMark = markOf(info);
  }

  /** Opens a file; throws `sourceChanged` when it is not the version of `fileMark` (absent: any). */
  static async open(path: string, fileMark: string | undefined, options: OpenOptions = {}): Promise<LocalFile> {
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(path, { read: true });
      // A pipe would have held the opening, not this thread: from here on it is a file, and its facts are in memory.
      const info = file.statSync();
      if (!info.isFile) throw new TransferError("unsupported", `${path} is not a file`);
      const opened = new LocalFile(path, { file, info }, options);
      if (fileMark !== undefined && fileMark !== opened.fileMark) throw changed(path);
      return opened;
    } catch (error) {
      file?.close();
      throw fileError(error, "open", `open ${path}`);
    }
  }

  /** Throws `sourceChanged` when the file was written to since it was opened. */
  check(): Promise<void> {
    return this.#trying(() => this.#checkAfter(0));
  }

  /** Reads a range into the sink; the mark is looked at before the last chunk is handed on. */
  async pump(range: Range | undefined, sink: Sink): Promise<void> {
    if (range === undefined) return await this.check();
    const { first, last } = shift(range, this.#offset);
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, last - first + 1));
    await this.#trying(() => this.#file.seek(first, Deno.SeekMode.Start));
    for (let left = last - first + 1; left > 0;) {
      const chunk = buffer.subarray(0, Math.min(left, buffer.length));
      left -= chunk.length;
      await this.#trying(async () => {
        await this.#fill(chunk);
        if (left === 0) await this.#checkAfter(last + 1);
      });
      await sink(chunk);
    }
  }

  /** Reads a range of at most {@link WHOLE_BYTES_MAX} at once, hands it to `use`, and takes the buffer back when that has ended. */
  async withBytes<T>(range: Range, use: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const { first, last } = shift(range, this.#offset);
    const sizeBytes = last - first + 1;
    const buffer = takeBuffer(sizeBytes);
    try {
      const bytes = buffer.subarray(0, sizeBytes);
      if (quick && sizeBytes <= QUICK_BYTES_MAX) this.#readQuickly(first, bytes);
      else {
        await this.#trying(async () => {
          await this.#file.seek(first, Deno.SeekMode.Start);
          await this.#fill(bytes);
          await this.#checkAfter(last + 1);
        });
      }
      return await use(bytes);
    } finally {
      giveBuffer(buffer);
    }
  }

  #readQuickly(offset: number, bytes: Uint8Array): void {
    const startedMs = performance.now();
    try {
      if (offset > 0) this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let filled = 0; filled < bytes.length;) filled += this.#counted(this.#file.readSync(bytes.subarray(filled)));
      if (this.#changing) return;
      if (offset + bytes.length === this.#fileBytes && this.#file.readSync(new Uint8Array(1)) !== null) throw this.#longer();
      this.#compare(this.#file.statSync());
    } catch (error) {
      throw fileError(error, "read", `read ${this.#path}`);
    }
    if (performance.now() - startedMs > QUICK_MS_MAX) quick = false;
  }

  async #fill(chunk: Uint8Array): Promise<void> {
    for (let filled = 0; filled < chunk.length;) filled += this.#counted(await this.#file.read(chunk.subarray(filled)));
  }

  #counted(count: number | null): number {
    if (count === null) throw changed(this.#path);
    return count;
  }

  /** `end`: the first byte of the file that was not read. Behind the last there must be nothing, whatever size the system reports. */
  async #checkAfter(end: number): Promise<void> {
    if (this.#changing) return;
    if (end === this.#fileBytes) {
      await this.#file.seek(end, Deno.SeekMode.Start);
      if (await this.#file.read(new Uint8Array(1)) !== null) throw this.#longer();
    }
    this.#compare(await this.#file.stat());
  }

  #compare(info: Deno.FileInfo): void {
    if (markOf(info) !== this.fileMark) throw changed(this.#path);
  }

  /** Files below /proc and documents of some file systems report 0 bytes and hold some. */
  #longer(): TransferError {
    const message = `${this.#path} holds more than the ${this.#fileBytes} bytes that the system reports: it grew, or its size is not known`;
    return new TransferError("sourceChanged", message);
  }

  async #trying<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw fileError(error, "read", `read ${this.#path}`);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Hands bytes in memory to a sink in pieces, so that progress shows. */
export async function pumpBytes(bytes: Uint8Array, sink: Sink): Promise<void> {
  for (let first = 0; first < bytes.length; first += CHUNK_BYTES) await sink(bytes.subarray(first, first + CHUNK_BYTES));
}

function changed(path: string): TransferError {
  return new TransferError("sourceChanged", `${path} was changed while it was read`);
}

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
function shift({ first, last }: Range, offset: number): Range {
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
