/**
 * One object by one request: a PUT that streams, a server-side copy, or a small local file. Like a session it never believes an unclear
 * response: it looks at the destination.
 */
import { detailsOf } from "../bytes/local_source.ts";
import { wholeRange } from "../bytes/part_layout.ts";
import { asTransferError, ruleOf, TransferError } from "../errors.ts";
import { fullValue, hasPlainMd5, ownCrc } from "../evidence/digest.ts";
import { compareStores, type Finding, judgeObject, mismatch, UNPROVED, type Wrong } from "../evidence/judge.ts";
import { hashedOnWay, wantOfObject } from "../evidence/want.ts";
import type { WriteAnswer } from "../store/store.ts";
import type { Checksum, Digests, ObjectDetails, WriteCondition } from "../types.ts";
import type { ObjectMoved } from "../wire/wire.ts";
import { asksForDigest, reading, retrying, type TransferWork } from "./transfer_work.ts";
import { leavesHeaders, readDetails, readTargetHeaders, type TargetHeaders } from "./source_facts.ts";
import { endsOf } from "./plan_session.ts";

/** What came of it. */
export interface SingleEnd extends Finding {
  readonly answer: WriteAnswer;
  readonly details: ObjectDetails;
  readonly notCarried: readonly string[];
}

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
  const { world, transfer: { source, destinationKey, headers }, signal } = work;
  const plain = leavesHeaders(world.rules.headers, headers) && (source.storageClass ?? "STANDARD") === "STANDARD";
  const details = plain ? detailsOf(source) : await readDetails(work);
  const target = plain ? undefined : await readTargetHeaders(work, details);
  let asked = condition;
  const end = await reducing(work, { target: () => target, bytes: 0 }, async () => {
    const options = { headers: target?.headers, condition: asked, signal };
    const answer = await reading(
      work,
      (pin) => world.destination.copyObject({ bucket: world.sourceBucket, key: source.key, pin }, destinationKey, options),
    );
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { answer, ...await findOfCopy(work, answer) };
  });
  return { ...end, details, notCarried: target?.notCarried ?? [] };
}

/** Evidence of a copy on the server: equal marks, else what both stores keep. Throws `integrity` when there is counter-evidence. */
async function findOfCopy(work: TransferWork, answer: WriteAnswer): Promise<Finding> {
  const { world, transfer: { source, destinationKey }, signal } = work;
  if (answer.etag !== undefined && answer.etag === source.etag) return { evidence: "etag", digest: "md5" };
  const own = ownCrc(world.destination.capabilities);
  if (own !== undefined && fullValue(answer.checksums, own) !== undefined) {
    return orThrow(source.key, compareStores((await readDetails(work)).checksums, answer.checksums));
  }
  if (fullValue(answer.checksums, "md5") === undefined || !hasPlainMd5(source)) return UNPROVED;
  // With some encryptions an ETag only looks like an MD5, and only the objects themselves show it.
  const [details, there] = await Promise.all([readDetails(work), world.destination.head(destinationKey, { signal })]);
  const [known, stored] = [fullValue(details.checksums, "md5"), fullValue(there?.checksums ?? [], "md5")];
  if (known === undefined || stored === undefined) return UNPROVED;
  return orThrow(source.key, known === stored ? { evidence: "etag", digest: "md5" } : { wrong: "md5" });
}

/** Throws `integrity` for a digest that contradicts. */
function orThrow(key: string, finding: Finding | Wrong | undefined): Finding {
  if (finding === undefined || "evidence" in finding) return finding ?? UNPROVED;
  throw new TransferError("integrity", `The object arrived changed: its ${finding.wrong} is not the source's`, { key });
}

async function moveBytes(work: TransferWork, condition: WriteCondition | undefined): Promise<SingleEnd> {
  const { world, transfer: { source: { key, sizeBytes }, source, destinationKey }, ledger, signal, habits } = work;
  let target: TargetHeaders | undefined;
  let asked = condition;
  const { moved, ...finding } = await reducing(work, { target: () => target, bytes: sizeBytes }, async () => {
    const moved = await reading(work, (pinned) =>
      world.wire.moveObject({
        source: pinned,
        destinationKey,
        headers: async (details) => (target ??= await readTargetHeaders(work, details)).headers,
        guard: habits.needsDigest ? "always" : world.rules.verify === "size" ? "none" : "auto",
        digests: wantOfObject(endsOf(world), source),
        confirm({ checksums }, digests) {
          const wrong = mismatch(digests, checksums);
          if (wrong !== undefined) orThrow(key, { wrong });
        },
        condition: asked,
        times: world.rules.times,
      }, signal));
    ledger.movedBytes += sizeBytes;
    // From here on something of ours is there: a second attempt must be allowed to replace it.
    asked = undefined;
    return { moved, ...await findOfMove(work, moved) };
  });
  return { ...finding, answer: moved, details: moved.details, notCarried: target?.notCarried ?? [] };
}

/** With retries, and once more with fewer headers each time the destination refuses one that was only copied along. */
async function reducing<T>(
  work: TransferWork,
  { target, bytes }: { readonly target: () => TargetHeaders | undefined; readonly bytes: number },
  attempt: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await retrying(work, attempt, bytes);
    } catch (error) {
      if (!target()?.reduce(asTransferError(error))) throw error;
    }
  }
}

/** The cheapest evidence that the destination object is the source's bytes. Throws `integrity` when there is counter-evidence. */
async function findOfMove(work: TransferWork, { details, digests, checksums, guard }: ObjectMoved): Promise<Finding> {
  const { world, transfer: { source: { key } } } = work;
  const facts = {
    source: details.checksums,
    digests,
    destination: world.destinationIsLocal ? "folder" as const : checksums,
    known: hashedOnWay(endsOf(world)),
    guarded: guard !== undefined,
  };
  const finding = orThrow(key, judgeObject(facts));
  const silent = finding.evidence === "size" && fullValue(checksums, "md5") !== undefined;
  if (!silent || !world.sourceIsLocal || world.rules.verify === "size" || digests.md5 !== undefined) return finding;
  // The store does not return the checksum it was given: its MD5 is compared with a second read of the local file.
  return orThrow(key, judgeObject({ ...facts, digests: { ...digests, ...await md5OfSource(work) } }));
}

async function md5OfSource({ world, transfer: { source }, signal }: TransferWork): Promise<Digests> {
  return await world.wire.digest(
    "source",
    { key: source.key, pin: source, range: wholeRange(source.sizeBytes), algorithms: ["md5"] },
    signal,
  );
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
  const { world, transfer: { source, destinationKey }, signal } = work;
  const there = await retrying(work, () => world.destination.head(destinationKey, { signal }));
  if (there?.sizeBytes === source.sizeBytes) {
    const details = await readDetails(work);
    const finding = world.sourceIsLocal ? await findOfFile(work, there.checksums) : compareStores(details.checksums, there.checksums);
    if (finding !== undefined && "evidence" in finding) return { answer: there, details, notCarried: [], ...finding };
  }
  if (condition !== undefined && "etag" in condition && there?.etag === condition.etag) return "still there";
  throw conflict;
}

async function findOfFile(work: TransferWork, there: readonly Checksum[]): Promise<Finding | undefined> {
  const { md5 } = await md5OfSource(work);
  return md5 !== undefined && md5 === fullValue(there, "md5") ? { evidence: "hashed", digest: "md5" } : undefined;
}
