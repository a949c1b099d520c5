/**
 * One object by one request: a PUT that streams, a server-side copy, or a small local file. Like a session it never believes an unclear
 * answer: it looks at the destination.
 */
import { asTransferError, TransferError } from "../errors.ts";
import type { DigestAlgorithm, Digests, Evidence, ObjectDetails, WriteCondition } from "../types.ts";
import type { WriteAnswer } from "../store/store.ts";
import type { ObjectMoved } from "../wire/wire.ts";
import { fullValue, hasPlainMd5, ownCrc, sameChecksum } from "../evidence/digest.ts";
import { type Carriage, leavesHeaders } from "./headers.ts";
import { hashedOnWay } from "./plan_digests.ts";
import { withRetries } from "../pace/retry.ts";
import { localDetails, readCarriage, readDetails, type TransferWork } from "./source_facts.ts";

/** What came of it. */
export interface SingleEnd {
  readonly answer: WriteAnswer;
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
  readonly details: ObjectDetails;
  readonly notCarried: readonly string[];
}

/** Moves the object by one request. Throws TransferError when it could not. */
export async function runSingle(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, ledger } = work;
  ledger.parts = 1;
  const run = world.rules.serverSideCopy ? copyOnServer : moveBytes;
  let asked = condition;
  for (;;) {
    try {
      return await run(work, asked);
    } catch (thrown) {
      const error = asTransferError(thrown);
      // A store that cannot take conditions gets the write without.
      if (error.kind === "unsupported" && asked) asked = undefined;
      else if (error.kind === "conflict") return await lookAfter(work, error);
      else throw error;
    }
  }
}

async function copyOnServer(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, transfer, ledger, signal } = work;
  const { source } = transfer;
  const plain = leavesHeaders(world.rules.headers, transfer.headers) && (source.storageClass ?? "STANDARD") === "STANDARD";
  const details = plain ? localDetails(transfer) : await readDetails(work);
  const carriage = plain ? undefined : await readCarriage(work, details);
  let asked = condition;
  const copy = async () => {
    const from = { bucket: world.sourceBucket, key: source.key, pin: source };
    const options = { ...(carriage && { headers: carriage.headers }), ...(asked && { condition: asked }), signal };
    const answer = await world.destination.copyObject(from, transfer.destinationKey, options);
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { answer, ...await judgeCopy(work, answer) };
  };
  const end = await reducing(carriage, () => withRetries(world, { bytes: 0, ledger, signal }, copy));
  return { ...end, details, notCarried: carriage?.notCarried ?? [] };
}

/** Evidence of a copy on the server: equal ETags, else what both stores keep. Throws `integrity` when there is counter-evidence. */
async function judgeCopy(work: TransferWork, answer: WriteAnswer): Promise<Judgement> {
  const { world, transfer: { source, destinationKey }, signal } = work;
  if (answer.etag !== undefined && answer.etag === source.etag) return { evidence: "etag", digest: "md5" };
  const own = ownCrc(world.destination.capabilities);
  const copied = fullValue(answer.checksums, "md5");
  if (own !== undefined && fullValue(answer.checksums, own) !== undefined) {
    const stored = sameChecksum((await readDetails(work)).checksums, answer.checksums);
    if (stored?.same === false) throw arrivedChanged(source.key, stored.algorithm);
    return stored ? { evidence: "checksum", digest: stored.algorithm } : { evidence: "size", digest: undefined };
  }
  if (copied === undefined || !hasPlainMd5(source)) return { evidence: "size", digest: undefined };
  // With some encryptions an ETag only looks like an MD5, and only the objects themselves tell.
  const [details, there] = await Promise.all([readDetails(work), world.destination.head(destinationKey, { signal })]);
  const [known, stored] = [fullValue(details.checksums, "md5"), fullValue(there?.checksums ?? [], "md5")];
  if (known === undefined || stored === undefined) return { evidence: "size", digest: undefined };
  if (stored !== known) throw arrivedChanged(source.key, "md5");
  return { evidence: "etag", digest: "md5" };
}

async function moveBytes(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, transfer, ledger, signal } = work;
  const bytes = transfer.source.sizeBytes;
  let carriage: Carriage | undefined;
  let asked = condition;
  const move = async () => {
    const moved = await world.wire.moveObject({
      source: transfer.source,
      destinationKey: transfer.destinationKey,
      headers: async (details) => (carriage ??= await readCarriage(work, details)).headers,
      guard: world.rules.verify === "size" ? "none" : "auto",
      digests: digestsWanted(work),
      confirm: (details, digests) => confirmRead(work, details, digests),
      ...(asked && { condition: asked }),
      ...(world.rules.times && { times: world.rules.times }),
    }, signal);
    ledger.movedBytes += bytes;
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { moved, ...await judge(work, moved) };
  };
  for (;;) {
    try {
      const { moved, evidence, digest } = await withRetries(world, { bytes, ledger, signal }, move);
      return { answer: moved, evidence, digest, details: moved.details, notCarried: carriage?.notCarried ?? [] };
    } catch (error) {
      if (!carriage?.reduce(asTransferError(error))) throw error;
    }
  }
}

async function reducing<T>(carriage: Carriage | undefined, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!carriage?.reduce(asTransferError(error))) throw error;
    }
  }
}

/** Small downloads are hashed as they pass: nothing else could prove them, and their bytes enter memory anyway. */
function digestsWanted({ world, transfer }: TransferWork): DigestAlgorithm[] {
  if (world.rules.verify === "size") return [];
  const known = hashedOnWay(world);
  const plain = hasPlainMd5(transfer.source);
  if (known !== undefined) return [known];
  if (world.sourceIsLocal) return [];
  const own = ownCrc(world.source.capabilities);
  if (world.destinationIsLocal) return own !== undefined ? [own] : plain ? ["md5"] : ["crc32", "crc64nvme"];
  return world.rules.verify === "checksum" && !plain ? ["md5"] : [];
}

/** What was read against what the source says of itself. Throws `integrity`. */
function confirmRead({ transfer }: TransferWork, details: ObjectDetails, digests: Digests): void {
  for (const stored of details.checksums) {
    const ours = digests[stored.algorithm];
    if (stored.type === "full" && ours !== undefined && ours !== stored.value) throw arrivedChanged(transfer.source.key, stored.algorithm);
  }
}

function arrivedChanged(key: string, algorithm: DigestAlgorithm): TransferError {
  return new TransferError("integrity", `The object arrived changed: its ${algorithm} is not the source's`, { key });
}

type Judgement = { evidence: Evidence; digest: DigestAlgorithm | undefined };

/** The cheapest evidence that the destination object is the source's bytes. Throws `integrity` when there is counter-evidence. */
async function judge(work: TransferWork, moved: ObjectMoved): Promise<Judgement> {
  const { world, transfer } = work;
  const { details, digests } = moved;
  if (world.destinationIsLocal) return judgeRead(details, digests);
  const known = judgeHashed(work, moved);
  if (known) return known;
  const written = fullValue(moved.checksums, "md5");
  if (written !== undefined && written === fullValue(details.checksums, "md5")) return { evidence: "etag", digest: "md5" };
  const stored = sameChecksum(details.checksums, moved.checksums);
  if (stored) {
    if (!stored.same) throw arrivedChanged(transfer.source.key, stored.algorithm);
    return { evidence: "checksum", digest: stored.algorithm };
  }
  for (const theirs of moved.checksums) {
    const ours = digests[theirs.algorithm];
    if (ours === undefined || theirs.algorithm === "md5") continue;
    if (ours !== theirs.value) throw arrivedChanged(transfer.source.key, theirs.algorithm);
    return { evidence: "hashed", digest: theirs.algorithm };
  }
  if (written === undefined || world.rules.verify === "size") return { evidence: "size", digest: undefined };
  const md5 = digests.md5 ?? (world.sourceIsLocal ? await sourceMd5(work) : undefined);
  if (md5 === undefined) return { evidence: "size", digest: undefined };
  if (md5 !== written) throw arrivedChanged(transfer.source.key, "md5");
  return { evidence: "hashed", digest: "md5" };
}

/**
 * A digest that one of the stores works out by itself was taken on the way, and is the source's where the source has it ({@link
 * confirmRead}). Does the destination have the same bytes? By its own word on that digest, else by its ETag, else by what it was told to
 * insist on.
 */
function judgeHashed({ world, transfer }: TransferWork, moved: ObjectMoved): Judgement | undefined {
  const known = hashedOnWay(world);
  if (known === undefined) return undefined;
  const ours = moved.digests[known];
  if (ours === undefined) return undefined;
  const theirs = moved.checksums.find(({ algorithm }) => algorithm === known);
  if (theirs !== undefined && theirs.value !== ours) throw arrivedChanged(transfer.source.key, known);
  if (theirs !== undefined) return { evidence: "hashed", digest: known };
  if (!moved.details.checksums.some(({ algorithm }) => algorithm === known)) return undefined;
  const { md5 } = moved.digests;
  const written = md5 === undefined ? undefined : fullValue(moved.checksums, "md5");
  if (written !== undefined && md5 !== written) throw arrivedChanged(transfer.source.key, "md5");
  const arrived = written !== undefined || moved.guard !== undefined;
  return arrived ? { evidence: "hashed", digest: known } : undefined;
}

function judgeRead(details: ObjectDetails, digests: Digests): Judgement {
  const stored = details.checksums.find((one) => one.type === "full" && digests[one.algorithm] === one.value);
  return stored ? { evidence: "hashed", digest: stored.algorithm } : { evidence: "size", digest: undefined };
}

/** A store that does not answer the checksum it was given: its ETag is asked, against a second read of the local file. */
async function sourceMd5({ world, transfer, signal }: TransferWork): Promise<string | undefined> {
  const { key, sizeBytes } = transfer.source;
  const range = sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 };
  return (await world.wire.digest("source", { key, pin: transfer.source, range, algorithms: ["md5"] }, signal)).md5;
}

/** The write was refused because something is there already: perhaps our own, whose answer was lost. */
async function lookAfter(work: TransferWork, conflict: TransferError): Promise<SingleEnd> {
  const { world, transfer, ledger, signal } = work;
  const there = await withRetries(world, { bytes: 0, ledger, signal }, () => world.destination.head(transfer.destinationKey, { signal }));
  if (!there || there.sizeBytes !== transfer.source.sizeBytes) throw conflict;
  const details = await readDetails(work);
  const md5 = world.sourceIsLocal ? await sourceMd5(work) : fullValue(details.checksums, "md5");
  const end = { answer: there, details, notCarried: [] };
  if (md5 !== undefined && md5 === fullValue(there.checksums, "md5")) {
    return { ...end, evidence: world.sourceIsLocal ? "hashed" : "etag", digest: "md5" };
  }
  const stored = sameChecksum(details.checksums, there.checksums);
  if (stored?.same) return { ...end, evidence: "checksum", digest: stored.algorithm };
  throw conflict;
}
