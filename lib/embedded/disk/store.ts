/**
 * A folder of buckets, held by one process at a time. Speaks no protocol: S3, and any other dialect, is laid over it.
 */
import { join } from "node:path";
import { DiskBucket } from "./bucket.ts";
import {
  bucketOfFolder,
  bucketPaths,
  bucketsFolder,
  isRemoved,
  namesIn,
  readRecordSync,
  removedPath,
  removeIfThere,
  writeRecord,
} from "./layout.ts";
import { type FolderLock, lockFolder } from "./lock.ts";

const BUCKET_FILE = "bucket.json";
const STORE_FILE = "store.json";
/** Raised when the layout on disk changes so that older code would misread it. */
const FORMAT = 1;

interface BucketRecord {
  readonly name: string;
  readonly createdMs: number;
}

/** The buckets of one folder. */
export class DiskStore {
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #buckets = new Map<string, DiskBucket>();

  private constructor(folder: string, lock: FolderLock) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * Takes the folder, makes it when it is missing, and reads the keys of all buckets. Throws when another store runs on it, or when it was
   * written by a later version.
   */
  static async open(folder: string): Promise<DiskStore> {
    await Deno.mkdir(folder, { recursive: true });
    const lock = await lockFolder(folder);
    try {
      const format = readRecordSync<{ format: number }>(join(folder, STORE_FILE))?.format;
      if (format !== undefined && format !== FORMAT) throw new Error(`Cannot use the folder ${folder}: it has format ${format}`);
      if (format === undefined) await writeRecord(join(folder, STORE_FILE), { format: FORMAT });
      const store = new DiskStore(folder, lock);
      await store.#load();
      return store;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  async #load(): Promise<void> {
    for (const folderName of namesIn(bucketsFolder(this.#folder))) {
      if (isRemoved(folderName)) await removeIfThere(join(bucketsFolder(this.#folder), folderName));
      const name = bucketOfFolder(folderName);
      if (name === undefined) continue;
      const paths = bucketPaths(this.#folder, name);
      const record = readRecordSync<BucketRecord>(join(paths.root, BUCKET_FILE));
      const bucket = new DiskBucket(name, paths, record?.createdMs ?? 0);
      bucket.load();
      this.#buckets.set(name, bucket);
    }
  }

  /** All buckets, by name. */
  buckets(): DiskBucket[] {
    return Array.from(this.#buckets.values()).sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** The bucket of this name. */
  bucket(name: string): DiskBucket | undefined {
    return this.#buckets.get(name);
  }

  /** Makes a bucket; the caller has checked its name. False when it is there already. */
  async createBucket(name: string, nowMs: number): Promise<boolean> {
    if (this.#buckets.has(name)) return false;
    const paths = bucketPaths(this.#folder, name);
    this.#buckets.set(name, new DiskBucket(name, paths, nowMs));
    try {
      await writeRecord(join(paths.root, BUCKET_FILE), { name, createdMs: nowMs } satisfies BucketRecord);
    } catch (error) {
      this.#buckets.delete(name);
      throw error;
    }
    return true;
  }

  /** Removes an empty bucket with its unfinished uploads. */
  async deleteBucket(name: string): Promise<"deleted" | "missing" | "notEmpty"> {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return "missing";
    if (bucket.index.size > 0) return "notEmpty";
    bucket.close();
    this.#buckets.delete(name);
    const removed = removedPath(this.#folder);
    await Deno.rename(bucket.paths.root, removed);
    await removeIfThere(removed);
    return "deleted";
  }

  /** Gives the folder back. */
  close(): void {
    this.#lock.release();
  }
}
