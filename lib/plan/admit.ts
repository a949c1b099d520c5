/**
 * Which pairs of the walk are the job's business, and where they land: globs, hooks, odd keys, collisions. Asks no store. Runs in key
 * order, one pair after the other, because hooks and the collision check rely on it.
 */
import { toWireError, TransferError } from "../errors.ts";
import { FOLDER_NODE_BODY, FOLDER_NODE_MD5, KEY_BYTES_MAX, RENAMED_KEYS_MAX } from "../limits.ts";
import type { ErrorKind, ObjectInfo, SkipReason, TransferReason, WireError } from "../types.ts";
import { type CollisionCheck, collisionCheck } from "./collisions.ts";
import type { Pair } from "./merge_join.ts";
import { hookFailed, runHook, sourcePrefix, type WalkInput } from "./plan_input.ts";
import { type KeyFilter, keyFilter } from "./select.ts";
import { keyRules } from "./key_rules.ts";

/** What the walk decides about one key. */
export type Verdict =
  | {
    readonly kind: "transfer";
    readonly source: ObjectInfo;
    readonly destinationKey: string;
    readonly reason: TransferReason;
    readonly replaces?: ObjectInfo;
  }
  | { readonly kind: "skip"; readonly source: ObjectInfo; readonly destinationKey: string; readonly reason: SkipReason }
  /** Only the destination has it; never an excluded key and never a folder. */
  | { readonly kind: "extra"; readonly destination: ObjectInfo }
  /** `shown` false: not reported, but part of the source may hide behind it. */
  | { readonly kind: "problem"; readonly key: string; readonly error: WireError; readonly hidesSource: boolean; readonly shown: boolean };

/** A source object that is to be compared with what stands at its destination key. */
export interface Candidate {
  readonly kind: "candidate";
  readonly source: ObjectInfo;
  readonly destinationKey: string;
  /** As listed; undefined: nothing is there, or, after a rename, it must be asked for. */
  readonly destination?: ObjectInfo;
  /** The destination was not listed: it must be asked for. */
  readonly unlisted?: true;
}

/** Decides about pairs in key order. */
export class Admission {
  readonly #input: WalkInput;
  readonly #included: KeyFilter;
  readonly #notExcluded: KeyFilter;
  readonly #destinationKey: (relativeKey: string) => string;
  readonly #localSource: boolean;
  readonly #localDestination: boolean;
  readonly #collision: CollisionCheck | undefined;
  readonly #archive: boolean;
  readonly #keysMayMeet: boolean;
  #head = "";
  readonly #limit: number;
  #admitted = 0;
  #previousKey: string | undefined;
  readonly #renamed = new Set<string>();

  /**
   * `destinationKey` makes the destination key from the relative one. `keysMayMeet`: two objects may have one destination key. Throws
   * `config` for a glob that cannot be read.
   */
  constructor(input: WalkInput, destinationKey: (relativeKey: string) => string, options: { keysMayMeet?: boolean } = {}) {
    this.#keysMayMeet = options.keysMayMeet ?? false;
    const { include, exclude, selection = {} } = input.job;
    const included = keyFilter(include, exclude);
    const notExcluded = keyFilter([], exclude);
    const selected = keyRules(selection);
    this.#input = input;
    this.#included = (key) => included(key) && selected(key);
    this.#notExcluded = (key) => notExcluded(key) && selected(key);
    this.#limit = selection.limit ?? Number.POSITIVE_INFINITY;
    this.#archive = input.job.source.store.type === "local" && input.job.source.store.archive === true;
    this.#destinationKey = destinationKey;
    this.#localSource = input.job.source.store.type === "local";
    this.#localDestination = input.job.destination.store.type === "local";
    this.#collision = this.#localDestination && input.rename === undefined
      ? collisionCheck(input.caseInsensitive === true, input.job.delete)
      : undefined;
  }

  /** As many objects as the job's `limit` allows have been admitted: the walk may end. */
  get full(): boolean {
    return this.#admitted >= this.#limit;
  }

  /**
   * All pairs of a batch that are to be said anything about. `head` is what was cut off in front of their relative keys; globs and the
   * select hook see it. Throws `config` when a hook fails.
   */
  async admit(pairs: readonly Pair[], head = ""): Promise<(Verdict | Candidate)[]> {
    this.#head = head;
    const admitted: (Verdict | Candidate)[] = [];
    for (const pair of pairs) {
      if (this.full) break;
      const answer = pair.source !== undefined ? this.#admitSource(pair, pair.source) : this.#admitExtra(pair);
      const settled = answer instanceof Promise ? await answer : answer;
      if (settled !== undefined) admitted.push(settled);
    }
    return admitted;
  }

  #admitSource(pair: Pair, source: ObjectInfo): Verdict | Candidate | undefined | Promise<Verdict | Candidate | undefined> {
    if (source.special && this.#input.job.selection?.special === "skip") return undefined;
    if (source.unreadable !== undefined) return this.#unreadable(pair.relativeKey, source, source.unreadable);
    if (this.#isOutside(source) || !this.#included(this.#head + pair.relativeKey)) return this.#excluded(pair.relativeKey, source);
    const { select, rename } = this.#input;
    if (this.#archive && this.#isSecond(pair.relativeKey)) {
      return problem(source.key, "conflict", "The archive holds this name twice: only the first of them is used");
    }
    if (this.#keysMayMeet && rename === undefined && this.#isSecond(pair.relativeKey)) {
      return problem(source.key, "conflict", "Another object of the job, named before it, has the same destination key");
    }
    // A listing in disorder may name a key twice: the first one counts.
    const previousKey = this.#previousKey;
    this.#previousKey = pair.relativeKey;
    if (pair.unlisted && !this.#keysMayMeet && rename === undefined) {
      if (pair.relativeKey === previousKey || this.#isSecond(pair.relativeKey)) return undefined;
    }
    if (select === undefined && rename === undefined) return this.#place(pair.relativeKey, source, pair);
    return this.#askHooks(pair, source);
  }

  async #askHooks(pair: Pair, source: ObjectInfo): Promise<Verdict | Candidate | undefined> {
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
    return this.#place(renamed, source, {});
  }

  /** Too small or too old for the job. */
  #isOutside({ sizeBytes, lastModifiedMs }: ObjectInfo): boolean {
    const { job: { minSizeBytes, maxSizeBytes, selection }, nowMs } = this.#input;
    if (sizeBytes < minSizeBytes || (maxSizeBytes !== undefined && sizeBytes > maxSizeBytes)) return true;
    if (selection?.maxAgeMs === undefined || nowMs === undefined || lastModifiedMs === undefined) return false;
    return nowMs - lastModifiedMs > selection.maxAgeMs;
  }

  #isSecond(key: string): boolean {
    if (this.#renamed.has(key)) return true;
    if (this.#renamed.size < RENAMED_KEYS_MAX) this.#renamed.add(key);
    return false;
  }

  /** The destination key of an object, or why there can be none. */
  #place(
    relativeKey: string,
    source: ObjectInfo,
    { destination, unlisted }: Pick<Pair, "destination" | "unlisted">,
  ): Verdict | Candidate | undefined {
    const destinationKey = this.#destinationKey(relativeKey);
    // The marker of the source's own root folder: the destination has a root already.
    if (destinationKey === "" || (relativeKey === "" && this.#localDestination)) return undefined;
    if (!this.#localDestination && isLongerThan(destinationKey, KEY_BYTES_MAX)) {
      return problem(source.key, "unsupported", `Destination key is longer than ${KEY_BYTES_MAX} bytes of UTF-8`);
    }
    const collision = this.#collision?.source(this.#diskName(relativeKey, source));
    if (collision !== undefined) return problem(source.key, "conflict", `Cannot be written beside another name: ${collision}`);
    if (this.#input.doneBefore?.(destinationKey)) return { kind: "skip", source, destinationKey, reason: "done before" };
    this.#admitted += 1;
    const readable = destination !== undefined && destination.unreadable === undefined ? { destination } : {};
    return { kind: "candidate", source, destinationKey, ...readable, ...(unlisted && { unlisted }) };
  }

  /** What an object becomes on disk: folder nodes are folders, though their keys have no slash at their ends. */
  #diskName(relativeKey: string, { sizeBytes, md5 }: ObjectInfo): string {
    const keepsNodes = this.#input.job.rules.treeFormat !== undefined;
    return keepsNodes && sizeBytes === FOLDER_NODE_BODY.length && md5 === FOLDER_NODE_MD5 ? `${relativeKey}/` : relativeKey;
  }

  /** A folder of the source that is not read because nothing in it is wanted; `head` as in {@link admit}. */
  unread(folderKey: string, head: string): Verdict {
    const relative = folderKey.slice(sourcePrefix(this.#input.job).length + head.length);
    return this.#excluded(relative, { key: folderKey, sizeBytes: 0 });
  }

  #excluded(relativeKey: string, source: ObjectInfo): Verdict {
    return { kind: "skip", source, destinationKey: this.#destinationKey(relativeKey), reason: "excluded" };
  }

  /** An unreadable name is the job's business unless excluded; one that `include` leaves out may still be a folder with wanted files. */
  #unreadable(relativeKey: string, source: ObjectInfo, why: string): Verdict {
    if (!this.#notExcluded(this.#head + relativeKey)) return this.#excluded(relativeKey, source);
    const shown = this.#included(this.#head + relativeKey) || source.key.endsWith("/");
    return { ...problem(source.key, unreadableKind(why), `Cannot read the source: ${why}`), hidesSource: true, shown };
  }

  #admitExtra(pair: Pair): Verdict | undefined | Promise<Verdict | undefined> {
    const destination = pair.destination;
    if (destination === undefined || pair.relativeKey === "" || destination.unreadable !== undefined) return undefined;
    const isMarker = pair.relativeKey.endsWith("/") && destination.sizeBytes === 0;
    // Folders of a disk come and go with their files.
    if (isMarker && this.#localDestination && destination.local === undefined) return undefined;
    // What collides with a source object shares its file on the disk: deleting one would delete the other.
    if (this.#collision?.extra(this.#diskName(pair.relativeKey, destination)) !== undefined) return undefined;
    if (this.#isOutside(destination) || !this.#included(pair.relativeKey)) return undefined;
    const extra: Verdict = { kind: "extra", destination };
    const { select } = this.#input;
    // The listing of a local source has no folders: whether it wants this one must be asked.
    if (isMarker && this.#localSource) return this.#markerExtra(pair.relativeKey, extra);
    if (select === undefined) return extra;
    return runHook("select", destination.key, () => select(destination, pair.relativeKey)).then((wanted) => wanted ? extra : undefined);
  }

  /** An empty object that stands for a folder is extra when the source has no such folder. */
  async #markerExtra(relativeKey: string, extra: Extract<Verdict, { kind: "extra" }>): Promise<Verdict | undefined> {
    const { source, select, job, signal } = this.#input;
    if (job.rules.treeFormat !== undefined) return undefined;
    const there = await source.head(sourcePrefix(job) + this.#head + relativeKey, { signal }).catch(() => "unknown");
    if (there !== undefined) return undefined;
    const { destination } = extra;
    const wanted = select === undefined || await runHook("select", destination.key, () => select(destination, relativeKey));
    return wanted ? extra : undefined;
  }
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
