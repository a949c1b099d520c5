/**
 * One object by one request: a PUT that streams, a server-side copy, or a small local file. Like a session it never believes an unclear
 * response: it looks at the destination.
 */
import { asTransferError, ruleOf, TransferError } from "../errors.ts";
import { fullValue, hasPlainMd5, ownCrc } from "../evidence/digest.ts";
import { compareStores, type Finding, judgeObject, mismatch } from "../evidence/judge.ts";
import { hashedOnWay, wantOfObject } from "../evidence/want.ts";
import { withRetries } from "../pace/retry.ts";
import type { WriteAnswer } from "../store/store.ts";
import type { Checksum, DigestAlgorithm, Digests, ObjectDetails, WriteCondition } from "../types.ts";
import type { ObjectMoved } from "../wire/wire.ts";
import { asksForDigest } from "./habits.ts";
import { leavesHeaders, type TargetHeaders } from "./headers.ts";
import { endsOf } from "./plan_session.ts";
import { localDetails, readDetails, readTargetHeaders, type TransferWork } from "./source_facts.ts";
import { reading } from "./source_pin.ts";

/** What came of it. */
export interface SingleEnd extends Finding {
  readonly answer: WriteAnswer;
  readonly details: ObjectDetails;
  readonly notCarried: readonly string[];
}

const UNPROVED: Finding = { evidence: "size", digest: undefined };

/** Moves the object by one request. Throws TransferError when it could not. */
export async function runSingle(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, ledger, habits } = work;
  ledger.parts = 1;
  const run = world.rules.serverSideCopy ? copyOnServer : moveBytes;
  let asked = condition;
  for (;;) {
    try {
      return await run(work, asked);
    } catch (thrown) {
      const error = asTransferError(thrown);
      const { afterWrite } = ruleOf(error);
      if (!habits.needsDigest && asksForDigest(error)) {
        habits.needsDigest = true;
      } else if (afterWrite === "reduce" && asked) {
        // A store that cannot take conditions gets the write without.
        asked = undefined;
      } else if (afterWrite === "taken") {
        const end = await lookAfter(work, error, asked);
        if (end !== "still there") return end;
        asked = undefined;
      } else throw error;
    }
  }
}

async function copyOnServer(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, transfer, ledger, signal } = work;
  const { source } = transfer;
  const plain = leavesHeaders(world.rules.headers, transfer.headers) && (source.storageClass ?? "STANDARD") === "STANDARD";
  const details = plain ? localDetails(transfer) : await readDetails(work);
  const target = plain ? undefined : await readTargetHeaders(work, details);
  let asked = condition;
  const copy = async () => {
    const options = { ...(target && { headers: target.headers }), ...(asked && { condition: asked }), signal };
    const answer = await reading(work, (pin) => {
      const from = { bucket: world.sourceBucket, key: source.key, pin };
      return world.destination.copyObject(from, transfer.destinationKey, options);
    });
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { answer, ...await judgeCopy(work, answer) };
  };
  const end = await reducing(() => target, () => withRetries(world, { bytes: 0, ledger, signal }, copy));
  return { ...end, details, notCarried: target?.notCarried ?? [] };
}

/** Evidence of a copy on the server: equal marks, else what both stores keep. Throws `integrity` when there is counter-evidence. */
async function judgeCopy(work: TransferWork, answer: WriteAnswer): Promise<Finding> {
  const { world, transfer: { source, destinationKey }, signal } = work;
  if (answer.etag !== undefined && answer.etag === source.etag) return { evidence: "etag", digest: "md5" };
  const own = ownCrc(world.destination.capabilities);
  if (own !== undefined && fullValue(answer.checksums, own) !== undefined) {
    return found(source.key, compareStores((await readDetails(work)).checksums, answer.checksums));
  }
  if (fullValue(answer.checksums, "md5") === undefined || !hasPlainMd5(source)) return UNPROVED;
  // With some encryptions an ETag only looks like an MD5, and only the objects themselves tell.
  const [details, there] = await Promise.all([readDetails(work), world.destination.head(destinationKey, { signal })]);
  const [known, stored] = [fullValue(details.checksums, "md5"), fullValue(there?.checksums ?? [], "md5")];
  if (known === undefined || stored === undefined) return UNPROVED;
  return found(source.key, known === stored ? { evidence: "etag", digest: "md5" } : { wrong: "md5" });
}

function found(key: string, finding: Finding | { readonly wrong: DigestAlgorithm } | undefined): Finding {
  if (finding !== undefined && "wrong" in finding) throw arrivedChanged(key, finding.wrong);
  return finding ?? UNPROVED;
}

async function moveBytes(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, transfer, ledger, signal, habits } = work;
  const bytes = transfer.source.sizeBytes;
  let target: TargetHeaders | undefined;
  let asked = condition;
  const move = async () => {
    const moved = await reading(work, (source) =>
      world.wire.moveObject({
        source,
        destinationKey: transfer.destinationKey,
        headers: async (details) => (target ??= await readTargetHeaders(work, details)).headers,
        guard: habits.needsDigest ? "always" : world.rules.verify === "size" ? "none" : "auto",
        digests: wantOfObject(endsOf(world), transfer.source),
        confirm: (details, digests) => confirmRead(transfer.source.key, details.checksums, digests),
        ...(asked && { condition: asked }),
        ...(world.rules.times && { times: world.rules.times }),
      }, signal));
    ledger.movedBytes += bytes;
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { moved, ...await judge(work, moved) };
  };
  const { moved, evidence, digest } = await reducing(() => target, () => withRetries(world, { bytes, ledger, signal }, move));
  return { answer: moved, evidence, digest, details: moved.details, notCarried: target?.notCarried ?? [] };
}

async function reducing<T>(target: () => TargetHeaders | undefined, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!target()?.reduce(asTransferError(error))) throw error;
    }
  }
}

/** What was read against what the source says of itself. Throws `integrity`. */
function confirmRead(key: string, source: readonly Checksum[], digests: Digests): void {
  const wrong = mismatch(digests, source);
  if (wrong !== undefined) throw arrivedChanged(key, wrong);
}

function arrivedChanged(key: string, algorithm: DigestAlgorithm): TransferError {
  return new TransferError("integrity", `The object arrived changed: its ${algorithm} is not the source's`, { key });
}

/** The cheapest evidence that the destination object is the source's bytes. Throws `integrity` when there is counter-evidence. */
async function judge(work: TransferWork, moved: ObjectMoved): Promise<Finding> {
  const { world, transfer } = work;
  const facts = {
    source: moved.details.checksums,
    digests: moved.digests,
    destination: world.destinationIsLocal ? "folder" as const : moved.checksums,
    known: hashedOnWay(endsOf(world)),
    guarded: moved.guard !== undefined,
  };
  const finding = found(transfer.source.key, judgeObject(facts));
  const silent = finding.evidence === "size" && fullValue(moved.checksums, "md5") !== undefined;
  if (!silent || !world.sourceIsLocal || world.rules.verify === "size" || moved.digests.md5 !== undefined) return finding;
  return found(transfer.source.key, judgeObject({ ...facts, digests: { ...moved.digests, ...await fileMd5(work) } }));
}

/** A store that does not return the checksum it was given: its MD5 is compared with a second read of the local file. */
async function fileMd5({ world, transfer, signal }: TransferWork): Promise<Digests> {
  const { key, sizeBytes } = transfer.source;
  const range = sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 };
  return await world.wire.digest("source", { key, pin: transfer.source, range, algorithms: ["md5"] }, signal);
}

/**
 * The write was refused because something is there already: perhaps our own, whose response was lost. `still there`: it is the very version
 * that the write asked for, at a store whose If-Match does not work.
 */
async function lookAfter(
  work: TransferWork,
  conflict: TransferError,
  condition: WriteCondition | undefined,
): Promise<SingleEnd | "still there"> {
  const { world, transfer, ledger, signal } = work;
  const there = await withRetries(world, { bytes: 0, ledger, signal }, () => world.destination.head(transfer.destinationKey, { signal }));
  const asked = condition !== undefined && "etag" in condition ? condition.etag : undefined;
  if (there && there.sizeBytes === transfer.source.sizeBytes) {
    const details = await readDetails(work);
    const end = { answer: there, details, notCarried: [] };
    const finding = world.sourceIsLocal ? await judgeFile(work, there.checksums) : compareStores(details.checksums, there.checksums);
    if (finding !== undefined && "evidence" in finding) return { ...end, ...finding };
  }
  if (there?.etag !== undefined && there.etag === asked) return "still there";
  throw conflict;
}

async function judgeFile(work: TransferWork, there: readonly Checksum[]): Promise<Finding | undefined> {
  const { md5 } = await fileMd5(work);
  return md5 !== undefined && md5 === fullValue(there, "md5") ? { evidence: "hashed", digest: "md5" } : undefined;
}
