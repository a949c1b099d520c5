/**
 * Which pairs of the walk are the job's business, and where they land: globs, hooks, odd keys, collisions. Asks no store, but for the
 * folders of a local source. Runs in key order, one pair after the other, because hooks and the collision check rely on it.
 */
import { isFolderNode, isOfFile } from "../bytes/local_source.ts";
import { toWireError, TransferError } from "../errors.ts";
import { KEY_BYTES_MAX, RENAMED_KEYS_MAX } from "../limits.ts";
import type { ErrorKind, ObjectInfo, WireError } from "../types.ts";
import { type CollisionCheck, collisionCheck } from "./collisions.ts";
import { isFolderMarker, type Reason } from "./compare.ts";
import { type KeyFilter, keyFilter, keyRules } from "./key_rules.ts";
import type { Pair } from "./merge_join.ts";
import { hookFailed, type PlanInput, runHook, sourcePrefix } from "./plan_input.ts";

/** An object of the source and what stands at its destination key. The walk sets what is not readonly. */
export interface Placed {
  readonly kind: "object";
  readonly source: ObjectInfo;
  readonly destinationKey: string;
  /** Undefined: nothing is there, or it must be looked up. */
  destination: ObjectInfo | undefined;
  /** The destination was not listed: it must be looked up. */
  readonly unlisted: boolean;
  /** Why it is copied or skipped; undefined until that is decided. */
  reason: Reason | undefined;
}

/** What is to be said of one key. */
export type Verdict =
  | Placed
  /** Only the destination has it; never an excluded key and never a folder. */
  | { readonly kind: "extra"; readonly destination: ObjectInfo }
  /** `shown` false: not reported, but part of the source may hide behind it. */
  | { readonly kind: "problem"; readonly key: string; readonly error: WireError; readonly hidesSource: boolean; readonly shown: boolean };

/** A verdict, or none, at once unless a hook or a store must be asked. */
type Admitted = Verdict | undefined | Promise<Verdict | undefined>;

/** Decides about pairs in key order. */
export class Admission {
  readonly #input: PlanInput;
  readonly #included: KeyFilter;
  readonly #notExcluded: KeyFilter;
  readonly #destinationKey: (relativeKey: string) => string;
  readonly #localSource: boolean;
  readonly #localDestination: boolean;
  readonly #collision: CollisionCheck | undefined;
  /** Why two objects may have one destination key; undefined when they cannot. */
  readonly #meeting: string | undefined;
  readonly #limit: number;
  readonly #seen = new Set<string>();
  #head = "";
  #admitted = 0;
  #previousKey: string | undefined;

  /**
   * `destinationKey` makes the destination key from the relative one. `keysMayMeet`: two objects may have one destination key. Throws
   * `config` for a pattern that cannot be read.
   */
  constructor(input: PlanInput, destinationKey: (relativeKey: string) => string, keysMayMeet = false) {
    const { include, exclude, limit = Infinity, source, destination } = input.job;
    const included = keyFilter(include, exclude);
    const notExcluded = keyFilter([], exclude);
    const selected = keyRules(input.job);
    this.#input = input;
    this.#included = (key) => included(key) && selected(key);
    this.#notExcluded = (key) => notExcluded(key) && selected(key);
    this.#destinationKey = destinationKey;
    this.#localSource = source.store.type === "local";
    this.#localDestination = destination.store.type === "local";
    const watched = this.#localDestination && input.rename === undefined;
    this.#collision = watched ? collisionCheck(input.caseInsensitive === true, input.job.delete) : undefined;
    if (source.store.type === "local" && source.store.archive) {
      this.#meeting = "The archive holds this name twice: only the first of them is used";
    } else if (keysMayMeet) this.#meeting = "Another object of the job, named before it, has the same destination key";
    this.#limit = limit;
  }

  /** As many objects as the job's `limit` allows have been admitted: the walk may end. */
  get full(): boolean {
    return this.#admitted >= this.#limit;
  }

  /**
   * All pairs of a batch that are to be said anything about. `head` is what was cut off in front of their relative keys; globs and the
   * select hook see it. Throws `config` when a hook fails.
   */
  async admit(pairs: readonly Pair[], head = ""): Promise<Verdict[]> {
    this.#head = head;
    const admitted: Verdict[] = [];
    for (const pair of pairs) {
      if (this.full) break;
      const found = pair.source !== undefined ? this.#admitSource(pair, pair.source) : this.#admitExtra(pair);
      const verdict = found instanceof Promise ? await found : found;
      if (verdict !== undefined) admitted.push(verdict);
    }
    return admitted;
  }

  /** A folder of the source that is not read because nothing in it is wanted; `head` as in {@link admit}. */
  unread(folderKey: string, head: string): Verdict {
    const relative = folderKey.slice(sourcePrefix(this.#input.job).length + head.length);
    return this.#excluded(relative, { key: folderKey, sizeBytes: 0 });
  }

  #admitSource(pair: Pair, source: ObjectInfo): Admitted {
    const { relativeKey } = pair;
    const { job, select, rename } = this.#input;
    if (source.special && job.special === "skip") return undefined;
    if (source.unreadable !== undefined) return this.#unreadable(relativeKey, source, source.unreadable);
    if (this.#isOutside(source) || !this.#included(this.#head + relativeKey)) return this.#excluded(relativeKey, source);
    if (rename === undefined) {
      if (this.#meeting !== undefined) {
        if (this.#isSecond(relativeKey)) return problem(source.key, "conflict", this.#meeting);
      } else {
        // A listing in disorder may name a key twice: the first one counts.
        const previousKey = this.#previousKey;
        this.#previousKey = relativeKey;
        if (pair.unlisted && (relativeKey === previousKey || this.#isSecond(relativeKey))) return undefined;
      }
      if (select === undefined) return this.#place(relativeKey, source, pair);
    }
    return this.#askHooks(pair, source);
  }

  async #askHooks(pair: Pair, source: ObjectInfo): Promise<Verdict | undefined> {
    const { select, rename } = this.#input;
    const { relativeKey } = pair;
    if (select !== undefined && !await runHook("select", source.key, () => select(source, this.#head + relativeKey))) {
      return this.#excluded(relativeKey, source);
    }
    if (rename === undefined) return this.#place(relativeKey, source, pair);
    const renamed = await runHook("rename", source.key, () => rename(relativeKey, source));
    if (renamed === undefined) return this.#excluded(relativeKey, source);
    if (typeof renamed !== "string") throw hookFailed("rename", source.key, "it must return a key or undefined");
    if (this.#isSecond(renamed)) {
      return problem(source.key, "conflict", `Renamed to ${JSON.stringify(renamed)}, and so was an earlier object`);
    }
    return this.#place(renamed, source, pair);
  }

  /** Too small or too old for the job. */
  #isOutside({ sizeBytes, lastModifiedMs }: ObjectInfo): boolean {
    const { job: { minSizeBytes, maxSizeBytes, maxAgeMs }, nowMs } = this.#input;
    if (sizeBytes < minSizeBytes || (maxSizeBytes !== undefined && sizeBytes > maxSizeBytes)) return true;
    if (maxAgeMs === undefined || nowMs === undefined || lastModifiedMs === undefined) return false;
    return nowMs - lastModifiedMs > maxAgeMs;
  }

  #isSecond(key: string): boolean {
    if (this.#seen.has(key)) return true;
    if (this.#seen.size < RENAMED_KEYS_MAX) this.#seen.add(key);
    return false;
  }

  /** The destination key of an object, or why there can be none. */
  #place(relativeKey: string, source: ObjectInfo, { destination, unlisted }: Pair): Verdict | undefined {
    const destinationKey = this.#destinationKey(relativeKey);
    // The marker of the source's own root folder: the destination has a root already.
    if (destinationKey === "" || (relativeKey === "" && this.#localDestination)) return undefined;
    if (!this.#localDestination && isLongerThan(destinationKey, KEY_BYTES_MAX)) {
      return problem(source.key, "unsupported", `Destination key is longer than ${KEY_BYTES_MAX} bytes of UTF-8`);
    }
    const collision = this.#collision?.source(this.#diskName(relativeKey, source));
    if (collision !== undefined) return problem(source.key, "conflict", `Cannot be written beside another name: ${collision}`);
    if (this.#input.doneBefore?.(destinationKey)) return decided(source, destinationKey, "done before");
    this.#admitted += 1;
    const readable = destination?.unreadable === undefined ? destination : undefined;
    return { kind: "object", source, destinationKey, destination: readable, unlisted, reason: undefined };
  }

  /** What an object becomes on disk: folder nodes are folders, though their keys have no slash at their ends. */
  #diskName(relativeKey: string, object: ObjectInfo): string {
    return this.#input.job.rules.treeFormat !== undefined && isFolderNode(object) ? `${relativeKey}/` : relativeKey;
  }

  #excluded(relativeKey: string, source: ObjectInfo): Verdict {
    return decided(source, this.#destinationKey(relativeKey), "excluded");
  }

  /** An unreadable name is the job's business unless excluded; one that `include` skips may still be a folder with wanted files. */
  #unreadable(relativeKey: string, source: ObjectInfo, why: string): Verdict {
    if (!this.#notExcluded(this.#head + relativeKey)) return this.#excluded(relativeKey, source);
    const shown = this.#included(this.#head + relativeKey) || source.key.endsWith("/");
    return { ...problem(source.key, unreadableKind(why), `Cannot read the source: ${why}`), hidesSource: true, shown };
  }

  #admitExtra({ relativeKey, destination }: Pair): Admitted {
    if (destination === undefined || relativeKey === "" || destination.unreadable !== undefined) return undefined;
    const isMarker = isFolderMarker(destination);
    // Folders of a disk come and go with their files.
    if (isMarker && this.#localDestination && !isOfFile(destination)) return undefined;
    // What collides with a source object shares its file on the disk: deleting one would delete the other.
    if (this.#collision?.extra(this.#diskName(relativeKey, destination)) !== undefined) return undefined;
    if (this.#isOutside(destination) || !this.#included(relativeKey)) return undefined;
    const asksSource = isMarker && this.#localSource;
    if (this.#input.select === undefined && !asksSource) return { kind: "extra", destination };
    return this.#askExtra(relativeKey, destination, asksSource);
  }

  async #askExtra(relativeKey: string, destination: ObjectInfo, asksSource: boolean): Promise<Verdict | undefined> {
    const { source, select, job, signal } = this.#input;
    // An empty object that stands for a folder: the listing of a local source has no folders.
    if (asksSource) {
      if (job.rules.treeFormat !== undefined) return undefined;
      const there = await source.head(sourcePrefix(job) + this.#head + relativeKey, { signal }).catch(() => "unknown");
      if (there !== undefined) return undefined;
    }
    const wanted = select === undefined || await runHook("select", destination.key, () => select(destination, relativeKey));
    return wanted ? { kind: "extra", destination } : undefined;
  }
}

/** An object for which nothing is to be looked at any more. */
export function decided(source: ObjectInfo, destinationKey: string, reason: Reason): Verdict {
  return { kind: "object", source, destinationKey, destination: undefined, unlisted: false, reason };
}

/** A key that nothing can be done about. */
export function problem(key: string, kind: ErrorKind, message: string): Extract<Verdict, { kind: "problem" }> {
  return { kind: "problem", key, error: toWireError(new TransferError(kind, message, { key })), hidesSource: false, shown: true };
}

/** What kind of failure a listing's reason is: refused access, a disk that fails, or a name that is not a file that can be read. */
function unreadableKind(why: string): ErrorKind {
  if (/permission denied|\((?:EACCES|EPERM)\)/i.test(why)) return "denied";
  const code = /\((E[A-Z]+|os error \d+)\)$/.exec(why)?.[1];
  return code === undefined || code === "ENOENT" || code === "ELOOP" ? "unsupported" : "disk";
}

/** Whether the UTF-8 form has more than `bytesMax` bytes; a UTF-16 unit has at most three. */
function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && new TextEncoder().encode(text).length > bytesMax;
}
