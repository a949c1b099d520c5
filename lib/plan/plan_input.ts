/** What a plan is made from, and where relative keys land. Stores, hooks and the signal are handed in: nothing here opens anything. */
import { reasonOf, TransferError } from "../errors.ts";
import type { Store } from "../store/store.ts";
import type { Job } from "../job_types.ts";
import type { DigestAlgorithm, Digests, ObjectHeaders, ObjectInfo, Range, Side } from "../types.ts";

/** What is to be digested: bytes `range` of a local file; `range` is undefined for an empty one. */
export interface DigestRequest {
  readonly side: Side;
  readonly object: ObjectInfo;
  readonly range: Range | undefined;
  readonly algorithms: readonly DigestAlgorithm[];
}

/** Reads a local file and returns the digests asked for, in the form that {@link Checksum} names. Throws TransferError. */
export type DigestReader = (request: DigestRequest, signal: AbortSignal) => Promise<Digests>;

/**
 * Whether an object belongs to the job, asked after `include` and `exclude`. `relativeKey` is the key behind the source's prefix. It is
 * asked about objects that only the destination has, too, and protects them from `delete` with false. Called one at a time, in key
 * order; what it throws ends the job.
 */
export type SelectHook = (object: ObjectInfo, relativeKey: string) => boolean | Promise<boolean>;

/** The new relative key of an object at the destination; undefined skips the object. Called like {@link SelectHook}. */
export type RenameHook = (relativeKey: string, object: ObjectInfo) => string | undefined | Promise<string | undefined>;

/** Headers laid over what the job's rules give, for one object about to be copied. Called like {@link SelectHook}. */
export type HeadersHook = (object: ObjectInfo, destinationKey: string) => ObjectHeaders | undefined | Promise<ObjectHeaders | undefined>;

type EncodeSource = (source: ObjectInfo, destinationKey: string, options: { measure: boolean; signal: AbortSignal }) => Promise<ObjectInfo>;

/** What a plan or a check is made from. */
export interface PlanInput {
  readonly job: Job;
  readonly source: Store;
  readonly destination: Store;
  readonly select?: SelectHook | undefined;
  readonly rename?: RenameHook | undefined;
  readonly headers?: HeadersHook | undefined;
  /** The source as it is sent, where the job has some files compressed; `measure`: with its size then. */
  readonly encode?: EncodeSource | undefined;
  /** True for destination keys that earlier runs are known to have done. */
  readonly doneBefore?: ((destinationKey: string) => boolean) | undefined;
  /** Milliseconds since 1970, to know the age of objects; absent: no object is too old. */
  readonly nowMs?: number;
  /** Digests local files for `compare = checksum`. */
  readonly digest?: DigestReader | undefined;
  /** The local destination holds `A` and `a` to be one name. Default: false. */
  readonly caseInsensitive?: boolean;
  /** What only the destination has is asked for, although nothing is deleted: then both listings must be in order. */
  readonly extrasMatter?: boolean;
  /** Called with a line for people, such as why the walk goes on in another way. */
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Prefix that is cut off source keys to make them relative: that of a tree, or the folder part of a single object's key. */
export function sourcePrefix(job: Job): string {
  const { key, tree, store } = job.source;
  return tree ? folderText(key, store.type === "local") + job.cutPrefix : key.slice(0, key.lastIndexOf("/") + 1);
}

/**
 * Prefix that relative keys get at the destination. A tree lands under the destination even when that was written without its last
 * slash; a single object gets its own base name only where the destination is a tree. The job's `key_prefix` follows as it is.
 */
export function destinationPrefix(job: Job): string {
  return folderText(job.destination.key, true) + (job.source.tree ? job.keyPrefix : "");
}

/** Text that becomes a prefix: empty, or ending in a slash if `closed`. */
function folderText(key: string, closed: boolean): string {
  return key === "" || key.endsWith("/") || !closed ? key : `${key}/`;
}

/** Runs a hook; whatever it throws becomes a `config` error that names the hook and the key. */
export async function runHook<T>(name: string, key: string, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw hookFailed(name, key, reasonOf(error), error);
  }
}

/** The `config` error of a hook that failed, or returned what it must not return. */
export function hookFailed(name: string, key: string, why: string, cause?: unknown): TransferError {
  return new TransferError("config", `The ${name} hook failed for ${JSON.stringify(key)}: ${why}`, { cause, key });
}
