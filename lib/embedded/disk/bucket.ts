/**
 * One bucket on disk: objects become visible, change and vanish by the rename or removal of one record, bytes and headers together. It
 * does not know protocols: what may be written is decided by a check that the caller passes in and that runs while nobody else writes the
 * key.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { removeData } from "./data.ts";
import { KeyIndex } from "./index.ts";
import { type BucketPaths, namesIn, objectPath, type Piece, readRecordSync, removeIfThere, writeRecord } from "./layout.ts";
import { NamedLocks } from "./lock.ts";
import { type IndexEntry, indexEntryOf, type ObjectRecord } from "./records.ts";
import { DiskUploads } from "./upload.ts";

/** Records kept parsed: the manifest of an object of 10,000 parts takes milliseconds to read, and ranged reads ask for it each time. */
const RECORDS_CACHED_MAX = 64;
/** A record and the index disagree only while a write is between its rename and its note in memory. */
const OPEN_ATTEMPTS_MAX = 100;

/** Looks at what is there now and throws when the write may not happen. */
export type WriteCheck = (existing: IndexEntry | undefined) => void;

/** An object held for reading: its bytes stay until {@link OpenObject.release}, whatever happens to the key. */
export interface OpenObject {
  readonly record: ObjectRecord;
  /** May be called more than once. */
  release(): void;
}

/** A bucket. */
export class DiskBucket {
  readonly name: string;
  readonly paths: BucketPaths;
  readonly createdMs: number;
  readonly index = new KeyIndex<IndexEntry>();
  readonly uploads: DiskUploads;
  readonly #locks = new NamedLocks();
  readonly #cache = new Map<string, ObjectRecord>();
  readonly #readers = new Map<string, number>();
  /** Bytes of replaced versions that somebody still reads. */
  readonly #doomed = new Map<string, readonly Piece[]>();
  #removed = false;

  constructor(name: string, paths: BucketPaths, createdMs: number) {
    this.name = name;
    this.paths = paths;
    this.createdMs = createdMs;
    this.uploads = new DiskUploads(paths);
  }

  /** Reads all records into the index and sweeps what a killed process left behind. Blocks: only for the start of a store. */
  load(): void {
    const entries: IndexEntry[] = [];
    const finished = new Set<string>();
    const named = new Set<string>();
    for (const shard of namesIn(this.paths.objects)) {
      for (const name of namesIn(join(this.paths.objects, shard))) {
        const path = join(this.paths.objects, shard, name);
        if (name.endsWith(".tmp")) Deno.removeSync(path);
        const record = name.endsWith(".json") ? readRecordSync<ObjectRecord>(path) : undefined;
        if (record === undefined) continue;
        entries.push(indexEntryOf(record));
        if (record.uploadId !== undefined) finished.add(record.uploadId);
        for (const piece of record.pieces) named.add(piece.file);
      }
    }
    this.index.fill(entries);
    this.uploads.load((uploadId) => finished.has(uploadId));
    for (const upload of this.uploads.all()) {
      for (const part of upload.parts.values()) for (const piece of part.pieces) named.add(piece.file);
    }
    for (const shard of namesIn(this.paths.data)) {
      for (const file of namesIn(join(this.paths.data, shard))) {
        if (!named.has(file)) Deno.removeSync(join(this.paths.data, shard, file));
      }
    }
  }

  /** The object of this key, held for reading; undefined when there is none. */
  async open(key: string): Promise<OpenObject | undefined> {
    for (let attempt = 0; attempt < OPEN_ATTEMPTS_MAX; attempt++) {
      const entry = this.index.get(key);
      if (entry === undefined) return undefined;
      this.#readers.set(entry.id, (this.#readers.get(entry.id) ?? 0) + 1);
      const record = await this.#read(entry).catch(() => undefined);
      let held = true;
      const release = () => {
        if (held) this.#release(entry.id);
        held = false;
      };
      if (record !== undefined) return { record, release };
      release();
    }
    throw new Error(`Cannot read the record of an object in bucket ${this.name}`);
  }

  /**
   * Makes the record's object the one of its key, once `check` has let it pass. When it throws, the key is as it was and the data files
   * that the record names are still the caller's.
   */
  async commit(record: Omit<ObjectRecord, "id">, check: WriteCheck): Promise<ObjectRecord> {
    const whole: ObjectRecord = { ...record, id: randomUUID() };
    return await this.#locks.run(record.key, async () => {
      const existing = this.index.get(record.key);
      check(existing);
      const replaced = existing && await this.#read(existing).catch(() => undefined);
      if (this.#removed) throw new Deno.errors.NotFound(`Bucket ${this.name} was removed`);
      await writeRecord(objectPath(this.paths, record.key), whole);
      this.#remember(whole);
      this.index.set(indexEntryOf(whole));
      if (replaced !== undefined) await this.#discard(replaced);
      return whole;
    });
  }

  /** Changes what an object carries, not its bytes nor its version. Returns the new record; undefined when there is no object. */
  async change(key: string, change: (record: ObjectRecord) => ObjectRecord): Promise<ObjectRecord | undefined> {
    return await this.#locks.run(key, async () => {
      const entry = this.index.get(key);
      const record = entry && await this.#read(entry);
      if (record === undefined) return undefined;
      const changed = change(record);
      await writeRecord(objectPath(this.paths, key), changed);
      this.#remember(changed);
      this.index.set(indexEntryOf(changed));
      return changed;
    });
  }

  /** Removes the object, once `check` has let it pass. False when there was none. */
  async remove(key: string, check: WriteCheck): Promise<boolean> {
    return await this.#locks.run(key, async () => {
      const entry = this.index.get(key);
      check(entry);
      if (entry === undefined) return false;
      const record = await this.#read(entry).catch(() => undefined);
      await removeIfThere(objectPath(this.paths, key));
      this.index.delete(key);
      if (record !== undefined) await this.#discard(record);
      return true;
    });
  }

  /** No write is taken any more: its folder is about to be removed. */
  close(): void {
    this.#removed = true;
  }

  /** The record that an index entry is of; undefined when it has been replaced on disk already. */
  async #read(entry: IndexEntry): Promise<ObjectRecord | undefined> {
    const cached = this.#cache.get(entry.id);
    if (cached !== undefined) return cached;
    const record = JSON.parse(await Deno.readTextFile(objectPath(this.paths, entry.key))) as ObjectRecord;
    if (record.id !== entry.id) return undefined;
    this.#remember(record);
    return record;
  }

  #remember(record: ObjectRecord): void {
    this.#cache.delete(record.id);
    this.#cache.set(record.id, record);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > RECORDS_CACHED_MAX && oldest !== undefined) this.#cache.delete(oldest);
  }

  async #discard(record: ObjectRecord): Promise<void> {
    this.#cache.delete(record.id);
    if (this.#readers.has(record.id)) this.#doomed.set(record.id, record.pieces);
    else await removeData(this.paths, record.pieces);
  }

  #release(id: string): void {
    const left = (this.#readers.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(id, left);
      return;
    }
    this.#readers.delete(id);
    const pieces = this.#doomed.get(id);
    this.#doomed.delete(id);
    // Nobody waits for this: what could not be removed is swept at the next start.
    if (pieces !== undefined) removeData(this.paths, pieces).catch(() => undefined);
  }
}
