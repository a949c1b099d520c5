/**
 * The local side of a wire as a source: opens files, members of archives, inline bodies, and any of them compressed. Keeps what is costly
 * to begin anew (streams that are read in order) and little else; must never keep more than a few files open.
 */
import { wholeRange } from "../bytes/part_layout.ts";
import { TransferError } from "../errors.ts";
import { MIB } from "../limits.ts";
import { nodeZlib } from "../node.ts";
import type { ReadyLocal, SourcePin } from "../types.ts";
import { fileOfKey } from "./folder_key.ts";
import { SequentialReader } from "./sequential_reader.ts";
import { LocalFile, memoryBytes, type SourceBytes, streamBytes } from "./source_file.ts";
import type { Transform } from "./transformed.ts";

/** Sources up to this size are compressed in memory, at once. */
const COMPRESS_AT_ONCE_BYTES = MIB;
/** Compressed small sources that are kept until they are sent. */
const KEPT_BYTES_MAX = 16 * MIB;
/** Streams kept open side by side: the multipart sessions of a worker, twice. */
const READERS_MAX = 8;

/** What a source is asked for. */
export interface LocalRequest {
  readonly key: string;
  readonly pin: SourcePin;
  /** As listed or measured; only folders and compressed streams need it. */
  readonly sizeBytes: number;
}

/** See the file comment. */
export class LocalReads {
  readonly root: string;
  /** Folders and links are objects there. */
  readonly keepsNodes: boolean;
  readonly #compression: ReadyLocal["archive"];
  readonly #readers = new Map<string, SequentialReader>();
  readonly #kept = new Map<string, Uint8Array>();

  constructor(store: ReadyLocal) {
    this.root = store.bucket;
    this.keepsNodes = store.format === "s3sync";
    this.#compression = store.archive;
  }

  /** Opens a source at its pinned version; undefined for a folder. Throws `sourceChanged`, `notFound`, `denied`. */
  async open(request: LocalRequest): Promise<SourceBytes | undefined> {
    if (!request.pin.local?.gzip) return await this.#openRaw(request);
    const raw = await this.#mustOpenRaw(request);
    if (raw.sizeBytes <= COMPRESS_AT_ONCE_BYTES) return memoryBytes(await this.#compressed(rawName(request), raw), raw);
    raw[Symbol.dispose]();
    return streamBytes(this.#compressor(request), raw, { offset: 0, sizeBytes: request.sizeBytes });
  }

  /** The size of the bytes that are sent for a source, which for a compressed one only a pass over all of it can find. */
  async measure(request: LocalRequest, signal: AbortSignal): Promise<number> {
    using bytes = await this.open(request);
    if (!request.pin.local?.gzip || !bytes?.inOrder) return bytes?.sizeBytes ?? 0;
    return await this.#compressor(request).measure(signal);
  }

  /** The first bytes of a source before any compression, fewer when it has no more. */
  async peek(request: LocalRequest, countMax: number): Promise<Uint8Array> {
    using bytes = await this.#openRaw(request);
    const last = Math.min(countMax, bytes?.sizeBytes ?? 0) - 1;
    if (bytes === undefined || last < 0) return new Uint8Array(0);
    return await bytes.withBytes({ first: 0, last }, (found) => Promise.resolve(Uint8Array.from(found)));
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
    this.#kept.clear();
  }

  async #mustOpenRaw(request: LocalRequest): Promise<SourceBytes> {
    const raw = await this.#openRaw(request);
    if (raw === undefined) throw new TransferError("sourceChanged", `${request.key} became a folder while it was read`);
    return raw;
  }

  async #openRaw({ key, pin, sizeBytes }: LocalRequest): Promise<SourceBytes | undefined> {
    const { slice, body, fileMark } = pin.local ?? {};
    if (body !== undefined) return memoryBytes(new TextEncoder().encode(body), { lastModifiedMs: 0, fileMark: fileMark ?? "" });
    if (slice === undefined) {
      const path = await fileOfKey(this.root, key, sizeBytes);
      return path === undefined ? undefined : await LocalFile.open(path, fileMark);
    }
    const file = await LocalFile.open(this.root, fileMark, { slice });
    if (this.#compression === undefined || this.#compression === "none") return file;
    file[Symbol.dispose]();
    const transform = this.#compression === "gzip" ? "gunzip" : "bunzip2";
    const start = () => changed(() => LocalFile.open(this.root, fileMark), transform, this.root);
    return streamBytes(this.#reader(`archive\n${fileMark}`, start, this.root), file, slice);
  }

  #compressor(request: LocalRequest): SequentialReader {
    const start = () => changed(() => this.#mustOpenRaw(request), "gzip", request.key);
    return this.#reader(`gzip\n${rawName(request)}`, start, request.key);
  }

  /** The reader of that name, or a new one; readers that nobody uses make room. */
  #reader(name: string, start: () => AsyncIterable<Uint8Array>, what: string): SequentialReader {
    const reader = this.#readers.get(name) ?? new SequentialReader(start, what);
    this.#readers.delete(name);
    for (const [other, idle] of this.#readers) {
      if (this.#readers.size < READERS_MAX) break;
      if (!idle.idle) continue;
      idle.close();
      this.#readers.delete(other);
    }
    this.#readers.set(name, reader);
    return reader;
  }

  async #compressed(name: string, raw: SourceBytes): Promise<Uint8Array> {
    using source = raw;
    const kept = this.#kept.get(name);
    if (kept !== undefined) {
      await source.check();
      return kept;
    }
    const whole = new Uint8Array(source.sizeBytes);
    let filled = 0;
    await source.pump(wholeRange(source.sizeBytes), (chunk) => {
      whole.set(chunk, filled);
      filled += chunk.length;
    });
    const bytes = nodeZlib().gzipSync(whole, { level: 9 });
    this.#kept.set(name, bytes);
    let held = 0;
    for (const one of this.#kept.values()) held += one.length;
    for (const [oldest, one] of this.#kept) {
      if (held <= KEPT_BYTES_MAX) break;
      this.#kept.delete(oldest);
      held -= one.length;
    }
    return bytes;
  }
}

function rawName({ key, pin }: LocalRequest): string {
  return `${key}\n${pin.local?.fileMark ?? ""}\n${pin.local?.slice?.offset ?? ""}`;
}

/** Compressors are loaded by the first source that needs one. */
async function* changed(open: () => Promise<SourceBytes>, transform: Transform, what: string): AsyncGenerator<Uint8Array> {
  const { transformed } = await import("./transformed.ts");
  yield* transformed(open, transform, what);
}
