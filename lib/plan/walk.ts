/**
 * The walk over both sides: every key once, in source key order, with what is to be said of it. The plan and the check are two views of
 * this stream. Holds two pages of each side and a bounded number of closer looks; a listing that fails makes the walk fail.
 */
import { asTransferError, isRefused, ruleOf, shortly, TransferError } from "../errors.ts";
import { FOLDER_NODE_BODY, FOLDER_NODE_MD5, LOOKS_IN_FLIGHT_MAX } from "../limits.ts";
import type { Job } from "../job_types.ts";
import type { ObjectDetails, ObjectInfo } from "../types.ts";
import { Admission, type Candidate, problem, type Verdict } from "./admit.ts";
import { compareObjects, type Decision } from "./compare.ts";
import { resolveByChecksum } from "./look.ts";
import { type JoinSide, mergeJoin, type OnDisorder, type Pair, relativePages } from "./merge_join.ts";
import { mapOrdered } from "./ordered_map.ts";
import { destinationPrefix, localSides, sourcePrefix, type WalkInput } from "./plan_input.ts";
import { unreadFolders } from "./key_rules.ts";
import { loadRe2 } from "./re2.ts";
import { type Piece, piecesMeet, piecesOf, targetOf } from "./selection.ts";

/**
 * Everything that is to be said of the job's keys. Throws what the stores throw, and `config` when the source object is missing or a hook
 * fails. `extra` verdicts are only given for trees without a rename hook.
 */
export async function* walkJob(input: WalkInput): AsyncGenerator<Verdict> {
  const leaving = new AbortController();
  const walk = { ...input, signal: AbortSignal.any([input.signal, leaving.signal]) };
  try {
    const decide = decider(walk);
    const candidates = walk.job.source.tree ? admittedTree(walk) : [[await singleCandidate(walk)]];
    yield* mapOrdered(asAsync(candidates), LOOKS_IN_FLIGHT_MAX, decide);
  } finally {
    leaving.abort();
  }
}

async function* asAsync<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

/** The root of a tree that has an object of its own; undefined where there is none. */
async function rootCandidate(input: WalkInput): Promise<Verdict | Candidate | undefined> {
  const { job, signal } = input;
  const withoutSlash = (prefix: string) => prefix.replace(/\/$/, "");
  const local = job.destination.store.type === "local";
  const details = await input.source.head(withoutSlash(sourcePrefix(job)), { signal });
  if (details === undefined) return undefined;
  const source = asListed(details);
  const destinationKey = withoutSlash(destinationPrefix(job));
  const isFolder = source.sizeBytes === FOLDER_NODE_BODY.length && source.md5 === FOLDER_NODE_MD5;
  if (!isFolder) return problem(source.key, "conflict", "An object has the name of the source's root, and does not stand for a folder");
  // The folder itself was made before anything was planned: only its owner and mode are to be had.
  if (local) return { kind: "transfer", source, destinationKey, reason: "always" };
  return destinationKey === "" ? undefined : { kind: "candidate", source, destinationKey, unlisted: true };
}

/** What becomes of a listing in disorder: undefined where the walk must end, because what is extra matters and cannot be known. */
function disorderNote(input: WalkInput): OnDisorder | undefined {
  const { job, onNote } = input;
  if (job.delete || input.extrasMatter) return undefined;
  const noted = new Set<string>();
  return (label, key) => {
    if (noted.has(label)) return;
    noted.add(label);
    const where = `${label} does not list its keys in byte order (${JSON.stringify(shortly(key))} comes too late)`;
    onNote?.(`${where}: each object is looked up at the destination instead`);
  };
}

/** Where the walk of a tree reports what it meets. */
interface TreeNotes {
  readonly onDisorder: OnDisorder | undefined;
  /** A folder of the source that is skipped as a whole, by its key. */
  readonly onUnread: (folderKey: string) => void;
}

/** Pairs of a piece of a tree; with a rename hook the destination's order says nothing, so each object is looked up instead. */
function treePairs(input: WalkInput, piece: Piece, { onDisorder, onUnread }: TreeNotes): AsyncGenerator<readonly Pair[]> {
  const { job, signal } = input;
  const unread = unreadFolders(job.exclude, job.selection ?? {});
  const enters = (prefix: string, note?: (folder: string) => void) => {
    if (unread === undefined) return {};
    return {
      enters: (folderKey: string) => {
        if (!unread(folderKey.slice(prefix.length))) return true;
        note?.(folderKey);
        return false;
      },
    };
  };
  const anyOrder = onDisorder !== undefined;
  // Counted from the root: pieces of a tree begin deeper.
  const depth = job.selection?.depth !== undefined && piece.text === "" ? { depth: job.selection.depth } : {};
  const source: JoinSide = {
    list: (signal) =>
      input.source.list({ prefix: sourcePrefix(job) + piece.text, ...depth, ...enters(sourcePrefix(job), onUnread), anyOrder, signal }),
    prefix: sourcePrefix(job) + piece.head,
    label: job.source.text,
    unordered: isArchive(job),
  };
  if (input.rename !== undefined || isArchive(job) || isBlind(job)) {
    return relativePages(source, { signal, onDisorder });
  }
  const folders = job.destination.store.type === "local";
  const below = { ...depth, ...(piece.head === "" && enters(destinationPrefix(job))), ...(folders && { folders }) };
  const destination: JoinSide = {
    list: (signal) => input.destination.list({ prefix: destinationPrefix(job) + targetOf(piece), ...below, anyOrder, signal }),
    prefix: destinationPrefix(job),
    label: job.destination.text,
  };
  return mergeJoin(source, destination, { signal, onDisorder });
}

/** What is to be decided of a tree, piece by piece, in the order of the destination keys. */
async function* admittedTree(input: WalkInput): AsyncGenerator<(Verdict | Candidate)[]> {
  const prefix = destinationPrefix(input.job);
  const pieces = piecesOf(input.job);
  await loadRe2(input.job);
  const admission = new Admission(input, (relativeKey) => prefix + relativeKey, { keysMayMeet: piecesMeet(pieces) });
  const refused = new Map<string, Verdict>();
  const files: Piece[] = [];
  const onDisorder = disorderNote(input);
  const root = input.job.rootNode ? await rootCandidate(input) : undefined;
  if (root !== undefined) yield [root];
  if (input.job.selection?.depth === 0) return;
  let anything = false;
  for (const piece of pieces) {
    if (piece.exact && files.push(piece) < LOOKS_IN_FLIGHT_MAX) continue;
    if (files.length > 0) yield await admittedFiles(input, admission, files.splice(0), refused);
    if (piece.exact) continue;
    let found = false;
    const unread: string[] = [];
    for await (const batch of treePairs(input, piece, { onDisorder, onUnread: (key) => unread.push(key) })) {
      input.signal.throwIfAborted();
      found ||= batch.some(({ source }) => source !== undefined);
      yield await admission.admit(batch, piece.head);
      if (admission.full) return;
      yield unread.splice(0).map((key) => admission.unread(key, piece.head));
    }
    found ||= unread.length > 0;
    yield unread.map((key) => admission.unread(key, piece.head));
    anything ||= found;
    // An object that may not be looked at and a folder that is empty: which of the two was meant cannot be known.
    const verdict = found ? undefined : refused.get(piece.name ?? "");
    if (verdict !== undefined) yield [verdict];
  }
  if (files.length > 0) yield await admittedFiles(input, admission, files, refused);
  // A list in another encoding than was meant names nothing; a silent success would hide it.
  const list = input.job.prefixesFrom;
  if (list !== undefined && list.names.length > 0 && !anything) {
    yield [problem(list.path, "notFound", `No source object begins with a prefix of ${list.path}`)];
  }
}

/**
 * Named objects of a tree: asked for one by one, because a listing may be refused where reading is allowed. What is said of a name that
 * need not be there is kept in `refused`.
 */
async function admittedFiles(
  input: WalkInput,
  admission: Admission,
  files: readonly Piece[],
  refused: Map<string, Verdict>,
): Promise<(Verdict | Candidate)[]> {
  input.signal.throwIfAborted();
  const prefix = sourcePrefix(input.job);
  const found = await Promise.all(files.map(({ text }) => lookFor(input, prefix + text)));
  const admitted: (Verdict | Candidate)[] = [];
  for (const [at, piece] of files.entries()) {
    const there = found[at];
    if (there === undefined || "kind" in there) {
      if (piece.name === undefined) admitted.push(there ?? problem(prefix + piece.text, "notFound", "There is no such source object"));
      else if (there !== undefined) refused.set(piece.name, there);
      continue;
    }
    admitted.push(...await admission.admit([{ relativeKey: targetOf(piece), source: there, unlisted: true }], piece.head));
  }
  return admitted;
}

/** The object; that it may not be looked at is its own fault and not the job's. */
async function lookFor(input: WalkInput, key: string): Promise<ObjectInfo | Verdict | undefined> {
  try {
    const details = await input.source.head(key, { signal: input.signal });
    return details && asListed(details);
  } catch (error) {
    // A disk that cannot say anything of one file says nothing of the others.
    if (!isRefused(error) && (input.job.source.store.type !== "local" || ruleOf(error).reach === "job")) throw error;
    const { kind, message } = asTransferError(error);
    return problem(key, kind, message);
  }
}

/** The one object of a job whose source is not a tree. */
async function singleCandidate(input: WalkInput): Promise<Verdict | Candidate> {
  const { job } = input;
  const details = await input.source.head(job.source.key, { signal: input.signal });
  if (details === undefined) {
    throw new TransferError("config", `No source object ${job.source.text} (a tree is written with a slash at its end)`, {
      key: job.source.key,
    });
  }
  const source = asListed(details);
  const prefix = destinationPrefix(job);
  await loadRe2(job);
  const admission = new Admission(input, (relative) => job.destination.tree ? prefix + relative : job.destination.key);
  const relativeKey = source.key.slice(sourcePrefix(job).length);
  const admitted = (await admission.admit([{ relativeKey, source }]))[0];
  if (admitted === undefined) throw new TransferError("config", `Source ${job.source.text} is not an object`, { key: job.source.key });
  return admitted.kind === "candidate" ? { ...admitted, unlisted: true } : admitted;
}

/** Members of an archive come in no order, so that each destination is looked up. */
function isArchive({ source: { store } }: Job): boolean {
  return store.type === "local" && store.archive === true;
}

/** What the destination has changes nothing: it is not even asked. */
function isBlind(job: Job): boolean {
  return job.compare === "always" && !job.delete;
}

/** Makes the function that compares, at once where the listings suffice. */
function decider(input: WalkInput): (item: Verdict | Candidate) => Verdict | Promise<Verdict> {
  const stores = {
    source: input.source,
    destination: input.destination,
    localSides: localSides(input.job),
    ...(input.digest !== undefined && { digest: input.digest }),
  };
  const capabilities = { source: input.source.capabilities, destination: input.destination.capabilities };
  const blind = isBlind(input.job);
  const lookUp = (input.rename !== undefined && input.job.source.tree) || isArchive(input.job);
  const mode = input.job.compare;

  function decide(candidate: Candidate): Verdict | Promise<Verdict> {
    const { source, destination, destinationKey } = candidate;
    if (blind) return asVerdict(candidate, { action: "transfer", reason: "always" });
    if (destination === undefined) return asVerdict(candidate, { action: "transfer", reason: "missing" });
    if (input.encode === undefined || mode === "absent" || mode === "always") return compare(candidate, source, destination);
    const measure = mode === "size" || mode === "checksum";
    const encoded = input.encode(source, destinationKey, { measure, signal: input.signal });
    return encoded.then((sent) => compare(candidate, sent, destination));
  }

  /** `source` as it would be sent; the verdict carries the source as it is. */
  function compare(candidate: Candidate, source: ObjectInfo, destination: ObjectInfo): Verdict | Promise<Verdict> {
    const comparison = compareObjects(mode, source, destination, capabilities);
    if (comparison !== "look") return asVerdict(candidate, comparison);
    return resolveByChecksum(mode, source, destination, stores, input.signal).then((decision) => asVerdict(candidate, decision));
  }

  async function decideByHead(candidate: Candidate): Promise<Verdict> {
    let there: ObjectDetails | undefined;
    try {
      there = await input.destination.head(candidate.destinationKey, { signal: input.signal });
    } catch (error) {
      // Keys that may write need not be able to look: the write will show.
      if (isRefused(error)) return asVerdict(candidate, { action: "transfer", reason: "always" });
      throw error;
    }
    return await decide(there === undefined ? candidate : { ...candidate, destination: asListed(there) });
  }

  return (item) => item.kind !== "candidate" ? item : !blind && (lookUp || item.unlisted) ? decideByHead(item) : decide(item);
}

function asVerdict(candidate: Candidate, decision: Decision): Verdict {
  const { source, destinationKey, destination } = candidate;
  if (decision.action === "skip") return { kind: "skip", source, destinationKey, reason: decision.reason };
  return { kind: "transfer", source, destinationKey, reason: decision.reason, ...(destination !== undefined && { replaces: destination }) };
}

/** Only what a listing would have said: plans are posted and printed, headers and tags do not belong there. */
function asListed(details: ObjectDetails): ObjectInfo {
  const { headers: _headers, checksums: _checksums, tagCount: _tagCount, archived: _archived, ...info } = details;
  return info;
}
