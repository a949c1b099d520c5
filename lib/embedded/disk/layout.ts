/**
 * Where things lie in a store's folder, and the one way a small file is written: beside its place, then renamed into it, so that a killed
 * process leaves the old file or the new one. Keys never become paths: an object is found by the SHA-256 of its key.
 */
import { createHash, randomBytes } from "node:crypto";
import { dirname, join } from "node:path";

const REMOVED_PREFIX = "removed-";

/** The folders of one bucket. */
export interface BucketPaths {
  /** The bucket's own folder, in which `bucket.json` lies. */
  readonly root: string;
  /** One JSON record per object, named by the hash of its key, in folders of its first two digits. */
  readonly objects: string;
  /** The bytes of objects and parts under random names, in folders of their first two digits. */
  readonly data: string;
  /** One folder per unfinished multipart upload. */
  readonly uploads: string;
}

/**
 * Bytes in one file under {@link BucketPaths.data}; an object is a sequence of them. The file never changes once it is named by a
 * record.
 */
export interface Piece {
  readonly file: string;
  readonly sizeBytes: number;
}

/** The folder in which all buckets of a store lie. */
export function bucketsFolder(folder: string): string {
  return join(folder, "buckets");
}

/** The folders of a bucket. The name gets a letter in front because some systems reserve names such as `con` and `aux`. */
export function bucketPaths(folder: string, bucket: string): BucketPaths {
  const root = join(bucketsFolder(folder), `b-${bucket}`);
  return { root, objects: join(root, "objects"), data: join(root, "data"), uploads: join(root, "uploads") };
}

/** The bucket name that a folder name made by {@link bucketPaths} stands for; undefined for anything else. */
export function bucketOfFolder(name: string): string | undefined {
  return name.startsWith("b-") ? name.slice(2) : undefined;
}

/** A fresh place for a bucket that is being removed; whatever is found in such a place is removed at the next start. */
export function removedPath(folder: string): string {
  return join(bucketsFolder(folder), `${REMOVED_PREFIX}${newPieceFile()}`);
}

/** Whether a folder name was made by {@link removedPath}. */
export function isRemoved(name: string): boolean {
  return name.startsWith(REMOVED_PREFIX);
}

/** The record of the object with this key. */
export function objectPath(paths: BucketPaths, key: string): string {
  const hash = createHash("sha256").update(key, "utf8").digest("hex");
  return join(paths.objects, hash.slice(0, 2), `${hash}.json`);
}

/** The data file of a piece. */
export function piecePath(paths: BucketPaths, file: string): string {
  return join(paths.data, file.slice(0, 2), file);
}

/** A fresh name for a data file: 128 random bits in hex. */
export function newPieceFile(): string {
  return randomBytes(16).toString("hex");
}

/** Runs `action`, and once more after making the parent folder of `path` when that was missing. */
export async function withParent<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dirname(path), { recursive: true });
    return await action();
  }
}

/** Writes a value as JSON so that readers see the old file or the whole new one. Survives a killed process, not a power cut. */
export async function writeRecord(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const text = JSON.stringify(value);
  try {
    await withParent(path, () => Deno.writeTextFile(temporary, text));
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeIfThere(temporary);
    throw error;
  }
}

/** Removes a file or folder with all in it; no error when it is gone. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Names in a folder; none when the folder is missing. Blocks: only for the start of a store. */
export function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), (entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A JSON record, or undefined when it is missing or was cut by a power cut. Blocks: only for the start of a store. */
export function readRecordSync<T>(path: string): T | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path)) as T;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
