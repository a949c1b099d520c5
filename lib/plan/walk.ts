/**
 * The walk over both sides: every key once, in source key order, with what is to be said of it. The plan and the check are two views of
 * this stream. Holds two pages of each side and a bounded number of closer looks; a listing that fails makes the walk fail.
 */
import { asTransferError, isRefused, ruleOf, shortly, TransferError } from "../errors.ts";
import { isFolderNode } from "../bytes/local_source.ts";
import { LOOKS_IN_FLIGHT_MAX } from "../limits.ts";
import type { Job } from "../job_types.ts";
import type { ObjectInfo } from "../types.ts";
import { Admission, decided, type Placed, problem, type Verdict } from "./admit.ts";
import { type Both, compareObjects, type Reason } from "./compare.ts";
import { type KeyFilter, loadRe2, unreadFolders } from "./key_rules.ts";
import { resolveByChecksum } from "./look.ts";
import { type Disorder, type JoinSide, mergeJoin, NOTHING, type Pair } from "./merge_join.ts";
import { destinationPrefix, type PlanInput, sourcePrefix } from "./plan_input.ts";
import { type Piece, piecesMeet, piecesOf, targetOf } from "./selection.ts";

/**
 * Everything that is to be said of the job's keys; each object with its reason. Throws what the stores throw, and `config` when the source
 * object is missing or a hook fails. `extra` is only said for trees without a rename hook.
 */
export async function* walkJob(input: PlanInput): AsyncGenerator<Verdict> {
  const leaving = new AbortController();
  const walk = { ...input, signal: AbortSignal.any([input.signal, leaving.signal]) };
  try {
    await loadRe2(input.job);
    yield* decideInOrder(walk.job.source.tree ? new TreeWalk(walk).verdicts() : singleObject(walk), decider(walk));
  } finally {
    leaving.abort();
  }
}

/** The one object of a job whose source is not a tree. */
async function* singleObject(input: PlanInput): AsyncGenerator<Verdict[]> {
  const { source: { key, text }, destination } = input.job;
  const source = await input.source.head(key, { signal: input.signal });
  if (source === undefined) {
    throw new TransferError("config", `No source object ${text} (a tree is written with a slash at its end)`, { key });
  }
  const admission = new Admission(input, (relative) => destination.tree ? destinationPrefix(input.job) + relative : destination.key);
  const relativeKey = source.key.slice(sourcePrefix(input.job).length);
  const admitted = await admission.admit([{ relativeKey, source, destination: undefined, unlisted: true }]);
  if (admitted.length === 0) throw new TransferError("config", `Source ${text} is not an object`, { key });
  yield admitted;
}

/** What is to be decided of a tree, piece by piece, in the order of the destination keys. */
class TreeWalk {
  readonly #input: PlanInput;
  readonly #admission: Admission;
  readonly #pieces: readonly Piece[];
  readonly #unread: KeyFilter | undefined;
  /** What is said of names that need not be there. */
  readonly #refused = new Map<string, Verdict>();
  /** Noted meanwhile, for the next batch: folders of the source that are skipped as a whole, listings in disorder. */
  readonly #noted: Verdict[] = [];
  readonly #disordered = new Set<string>();

  constructor(input: PlanInput) {
    const prefix = destinationPrefix(input.job);
    this.#input = input;
    this.#pieces = piecesOf(input.job);
    this.#unread = unreadFolders(input.job.exclude, input.job);
    this.#admission = new Admission(input, (relativeKey) => prefix + relativeKey, piecesMeet(this.#pieces));
  }

  async *verdicts(): AsyncGenerator<Verdict[]> {
    const { job } = this.#input;
    const files: Piece[] = [];
    let anything = false;
    if (job.rootNode) yield await this.#root();
    if (job.depth === 0) return;
    for (const piece of this.#pieces) {
      if (piece.exact && files.push(piece) < LOOKS_IN_FLIGHT_MAX) continue;
      if (files.length > 0) yield await this.#files(files.splice(0));
      if (piece.exact) continue;
      const found = yield* this.#tree(piece);
      anything ||= found;
      // An object that may not be looked at and a folder that is empty: which of the two was meant cannot be known.
      const refused = found ? undefined : this.#refused.get(piece.name ?? "");
      if (refused !== undefined) yield [refused];
      if (this.#admission.full) return;
    }
    if (files.length > 0) yield await this.#files(files);
    // A list in another encoding than was meant names nothing; a silent success would hide it.
    const list = job.prefixesFrom;
    if (list !== undefined && list.names.length > 0 && !anything) {
      yield [problem(list.path, "notFound", `No source object begins with a prefix of ${list.path}`)];
    }
  }

  /** All keys of a piece; returns whether the source has any. */
  async *#tree(piece: Piece): AsyncGenerator<Verdict[], boolean> {
    let found = false;
    for await (const batch of this.#pairs(piece)) {
      this.#input.signal.throwIfAborted();
      found ||= batch.some(({ source }) => source !== undefined);
      yield await this.#admission.admit(batch, piece.head);
      if (this.#admission.full) return true;
      found ||= this.#noted.length > 0;
      yield this.#noted.splice(0);
    }
    found ||= this.#noted.length > 0;
    yield this.#noted.splice(0);
    return found;
  }

  /** Pairs of a piece; where the destination's order says nothing, each object is to be looked up instead. */
  #pairs(piece: Piece): AsyncGenerator<readonly Pair[]> {
    const { job, signal, rename, source, destination, extrasMatter } = this.#input;
    const sourceTop = sourcePrefix(job);
    const destinationTop = destinationPrefix(job);
    // What is extra matters and cannot be known by looking up: then a listing in disorder ends the walk.
    const anyOrder = !job.delete && !extrasMatter;
    // Counted from the root: pieces of a tree begin deeper.
    const depth = piece.text === "" ? job.depth : undefined;
    const options = { depth, anyOrder };
    const onUnread = (folderKey: string) => void this.#noted.push(this.#admission.unread(folderKey, piece.head));
    const left: JoinSide = {
      list: (signal) => source.list({ prefix: sourceTop + piece.text, ...options, enters: this.#enters(sourceTop, onUnread), signal }),
      prefix: sourceTop + piece.head,
      label: job.source.text,
      unordered: isArchive(job),
    };
    const enters = piece.head === "" ? this.#enters(destinationTop) : undefined;
    const folders = job.destination.store.type === "local";
    const right: JoinSide = {
      list: (signal) =>
        destination.list({
          prefix: destinationTop + targetOf(piece),
          ...options,
          anyOrder: anyOrder && "repeating",
          enters,
          folders,
          signal,
        }),
      prefix: destinationTop,
      label: job.destination.text,
    };
    const pairedWith = isBlind(job) ? NOTHING : rename !== undefined || isArchive(job) ? undefined : right;
    return mergeJoin(left, pairedWith, { signal, onDisorder: anyOrder ? (disorder) => this.#onDisorder(disorder) : undefined });
  }

  /** Asked of folders below `prefix`; undefined where all are read. */
  #enters(prefix: string, onUnread?: (folderKey: string) => void): ((folderKey: string) => boolean) | undefined {
    const unread = this.#unread;
    if (unread === undefined) return undefined;
    return (folderKey) => {
      if (!unread(folderKey.slice(prefix.length))) return true;
      onUnread?.(folderKey);
      return false;
    };
  }

  #onDisorder({ label, key, seemedMissing }: Disorder): void {
    const { onNote, destination } = this.#input;
    const why = `${label} does not list its keys in byte order (${JSON.stringify(shortly(key))} comes too late)`;
    if (!this.#disordered.has(label)) onNote?.(`${why}: each object is looked up at the destination instead`);
    this.#disordered.add(label);
    // A store that takes conditions refuses to replace what seemed to be missing.
    if (seemedMissing === 0 || destination.capabilities.conditionalWrites) return;
    const doubt = `${seemedMissing} earlier objects were taken for missing there and may have replaced others`;
    this.#noted.push(problem(label, "disorder", `${why}: ${doubt}`));
  }

  /** The root of a tree that has an object of its own. */
  async #root(): Promise<Verdict[]> {
    const { job, signal } = this.#input;
    const withoutSlash = (prefix: string) => prefix.replace(/\/$/, "");
    const source = await this.#input.source.head(withoutSlash(sourcePrefix(job)), { signal });
    if (source === undefined) return [];
    const destinationKey = withoutSlash(destinationPrefix(job));
    if (!isFolderNode(source)) {
      return [problem(source.key, "conflict", "An object has the name of the source's root, and does not stand for a folder")];
    }
    // The folder itself was made before anything was planned: only its owner and mode are to be had.
    if (job.destination.store.type === "local") return [decided(source, destinationKey, "always")];
    if (destinationKey === "") return [];
    return [{ kind: "object", source, destinationKey, destination: undefined, unlisted: true, reason: undefined }];
  }

  /** Named objects: asked for one by one, because a listing may be refused where reading is allowed. */
  async #files(files: readonly Piece[]): Promise<Verdict[]> {
    this.#input.signal.throwIfAborted();
    const prefix = sourcePrefix(this.#input.job);
    const found = await Promise.all(files.map(({ text }) => this.#lookFor(prefix + text)));
    const admitted: Verdict[] = [];
    for (const [at, piece] of files.entries()) {
      const source = found[at];
      if (source !== undefined && !("kind" in source)) {
        const pair = { relativeKey: targetOf(piece), source, destination: undefined, unlisted: true };
        admitted.push(...await this.#admission.admit([pair], piece.head));
      } else if (piece.name === undefined) {
        admitted.push(source ?? problem(prefix + piece.text, "notFound", "There is no such source object"));
      } else if (source !== undefined) {
        this.#refused.set(piece.name, source);
      }
    }
    return admitted;
  }

  /** The object; that it may not be looked at is its own fault and not the job's. */
  async #lookFor(key: string): Promise<ObjectInfo | Verdict | undefined> {
    const { source, signal, job } = this.#input;
    try {
      return await source.head(key, { signal });
    } catch (error) {
      // A disk that cannot say anything of one file says nothing of the others.
      if (!isRefused(error) && (job.source.store.type !== "local" || ruleOf(error).reach === "job")) throw error;
      const { kind, message } = asTransferError(error);
      return problem(key, kind, message);
    }
  }
}

/** Members of an archive come in no order, so that each destination is looked up. */
function isArchive({ source: { store } }: Job): boolean {
  return store.type === "local" && store.archive === true;
}

/** What the destination has changes nothing: it is not even asked. */
function isBlind(job: Job): boolean {
  return job.compare === "always" && !job.delete;
}

/** Makes the function that gives objects their reason, at once where the listings suffice. */
function decider(input: PlanInput): (verdict: Verdict) => Verdict | Promise<Verdict> {
  const { job, encode, signal } = input;
  const mode = job.compare;
  const blind = isBlind(job);

  function decide(placed: Placed): Verdict | Promise<Verdict> {
    const { source, destination, destinationKey } = placed;
    if (destination === undefined) return because(placed, "missing");
    if (encode === undefined || mode === "absent" || mode === "always") return compare(placed, { source, destination });
    const measure = mode === "size" || mode === "checksum";
    return encode(source, destinationKey, { measure, signal }).then((sent) => compare(placed, { source: sent, destination }));
  }

  /** The source is compared as it would be sent; the verdict keeps it as it is. */
  function compare(placed: Placed, listed: Both<ObjectInfo>): Verdict | Promise<Verdict> {
    const reason = compareObjects(mode, listed, input);
    return reason !== "look" ? because(placed, reason) : resolveByChecksum(listed, input).then((found) => because(placed, found));
  }

  async function lookUp(placed: Placed): Promise<Verdict> {
    try {
      placed.destination = await input.destination.head(placed.destinationKey, { optional: true, signal });
    } catch (error) {
      // Keys that may write need not be able to look: the write will show.
      if (isRefused(error)) return because(placed, "always");
      throw error;
    }
    return await decide(placed);
  }

  return (verdict) => {
    if (verdict.kind !== "object" || verdict.reason !== undefined) return verdict;
    if (blind) return because(verdict, "always");
    return verdict.unlisted ? lookUp(verdict) : decide(verdict);
  };
}

function because(placed: Placed, reason: Reason): Placed {
  placed.reason = reason;
  return placed;
}

/**
 * All verdicts of all batches, decided, one by one and in order. One that is at hand costs no turn of the event loop; of those that must
 * be waited for a bounded number is in progress. After a failure nothing further is begun.
 */
async function* decideInOrder(batches: AsyncIterable<readonly Verdict[]>, decide: ReturnType<typeof decider>): AsyncGenerator<Verdict> {
  for await (const batch of batches) {
    const waiting: (Verdict | Promise<Verdict>)[] = [];
    let head = 0;
    let inProgress = 0;
    for (const verdict of batch) {
      const result = decide(verdict);
      if (result instanceof Promise) {
        // Its failure is thrown when its turn comes; until then nobody waits for it.
        result.catch(() => {});
        inProgress += 1;
      } else if (head === waiting.length) {
        yield result;
        continue;
      }
      waiting.push(result);
      while (inProgress >= LOOKS_IN_FLIGHT_MAX) {
        const next = waiting[head++] as Verdict | Promise<Verdict>;
        if (next instanceof Promise) inProgress -= 1;
        yield await next;
      }
    }
    for (; head < waiting.length; head++) yield await (waiting[head] as Verdict | Promise<Verdict>);
  }
}
