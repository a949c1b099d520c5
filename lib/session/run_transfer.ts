/**
 * One transfer from assignment to result. Chooses between one request and a multipart session, restarts a lost session once, verifies when
 * asked, and always answers: failures are results.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { asTransferError, ruleOf, toWireError, TransferError } from "../errors.ts";
import { hashedOnWay, needsSourceParts } from "../evidence/want.ts";
import { SEND_ROUNDS_MAX } from "../limits.ts";
import type { DigestAlgorithm, Evidence, ObjectDetails, PartLayout, Transfer, TransferResult, Way } from "../types.ts";
import { asksForDigest, type Habits, refusesDeclared } from "./habits.ts";
import { driveSession, type MultipartEnd } from "./multipart.ts";
import { conditionFor, endsOf, goesInParts, planSession, type SessionPlan, type SourceKnown } from "./plan_session.ts";
import { runSingle } from "./single.ts";
import { asObject, inSlot, memoryOfObject } from "../pace/slots.ts";
import { prepareSource, readDetails, readSourceParts, readTargetHeaders, type TransferWork } from "./source_facts.ts";
import { verifyFull } from "./verify_full.ts";
import type { Ledger, World } from "./world.ts";

interface Moved {
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
  readonly details: ObjectDetails;
  readonly etag: string | undefined;
  readonly storageClass: string | undefined;
  readonly notCarried: readonly string[];
  readonly otherUploads: readonly string[];
}

/** Carries what a failed or cancelled session leaves behind. */
class Stopped extends Error {
  readonly error: TransferError;
  readonly uploadId: string | undefined;

  constructor(error: TransferError, uploadId: string | undefined) {
    super(error.message);
    this.error = error;
    this.uploadId = uploadId;
  }
}

/** Runs one transfer. Never throws. */
export async function runTransfer(
  world: World,
  transfer: Transfer,
  habits: Habits,
  signal: AbortSignal,
  ledger: Ledger,
): Promise<TransferResult> {
  const startedMs = world.clock.now();
  const base = () => ({
    id: transfer.id,
    key: transfer.source.key,
    destinationKey: transfer.destinationKey,
    sizeBytes: transfer.source.sizeBytes,
    effort: { ...ledger, elapsedMs: Math.round(world.clock.now() - startedMs) },
  });
  try {
    const work = await prepareSource({ world, transfer, ledger, habits, signal });
    const { etag, storageClass, notCarried, otherUploads, evidence, digest } = await moveVerified(work);
    return {
      ...base(),
      outcome: "done",
      evidence,
      ...(digest && { digest }),
      way: wayOf(world),
      ...(isCompressed(work.transfer.source) && { compressed: true }),
      ...(etag !== undefined && { etag }),
      ...(storageClass !== undefined && { storageClass }),
      notCarried,
      otherUploads,
    };
  } catch (thrown) {
    const stopped = thrown instanceof Stopped ? thrown : new Stopped(asTransferError(thrown), undefined);
    const upload = stopped.uploadId === undefined ? {} : { uploadId: stopped.uploadId };
    if (signal.aborted || stopped.error.kind === "cancelled") return { ...base(), outcome: "cancelled", ...upload };
    const error = { ...toWireError(stopped.error), key: stopped.error.key ?? transfer.source.key };
    return { ...base(), outcome: "failed", error, ...upload };
  }
}

function wayOf(world: World): Way {
  if (world.rules.serverSideCopy) return "server-side copy";
  return world.wire.way === "relay" && hashedOnWay(endsOf(world)) !== undefined ? "hashed relay" : world.wire.way;
}

/**
 * Moves the object and, where the job asks for it, reads it again. Bytes that turn out changed are sent again, in place of what is there,
 * {@link SEND_ROUNDS_MAX} times in all; nothing is ever deleted for it.
 */
async function moveVerified(first: TransferWork): Promise<Moved> {
  let work = first;
  for (let round = 1;; round++) {
    const moved = await move(work);
    try {
      return { ...moved, ...await verified(work, moved) };
    } catch (thrown) {
      if (ruleOf(thrown).afterWrite !== "resend" || round >= SEND_ROUNDS_MAX) throw thrown;
      work.ledger.retries++;
      const { replaces: _replaces, ...transfer } = work.transfer;
      work = { ...work, transfer: { ...transfer, reason: "checksum differs" } };
    }
  }
}

async function verified(work: TransferWork, moved: Moved): Promise<{ evidence: Evidence; digest: DigestAlgorithm | undefined }> {
  if (work.world.rules.verify !== "full" || isFolder(work)) return moved;
  return { evidence: "full", digest: await verifyFull(work, moved.details) };
}

function isFolder({ world, transfer }: TransferWork): boolean {
  return world.destinationIsLocal && transfer.destinationKey.endsWith("/");
}

async function move(work: TransferWork): Promise<Moved> {
  const { world, transfer } = work;
  if (!goesInParts(world, transfer.source)) {
    const readWhole = world.sourceIsLocal && !world.destinationIsLocal;
    const memory = memoryOfObject(transfer.source.sizeBytes, readWhole);
    const end = await asObject(world.slots, memory, work.signal, () => runSingle(work, conditionFor(world, transfer)));
    const notCarried = [...end.notCarried, ...end.answer.notes ?? []];
    return { ...end, notCarried, etag: end.answer.etag, storageClass: transfer.source.storageClass, otherUploads: [] };
  }
  return await inSlot(world.slots.sessions, work.signal, () => moveInParts(work));
}

async function moveInParts(work: TransferWork): Promise<Moved> {
  const { world, transfer, habits } = work;
  const details = await readDetails(work);
  const target = await readTargetHeaders(work, details);
  const asks = needsSourceParts(endsOf(world), details.checksums);
  let known: SourceKnown = { details, parts: asks ? await readSourceParts(work, details) : undefined, doubted: false };
  /** Uploads that could not be ended. */
  const left: string[] = [];
  for (let restarts = 0;;) {
    const plan = planSession(world, transfer, known, habits);
    const end = await driveSession({ ...work, plan, details, target, useless: left });
    const { outcome } = end;
    if (outcome.kind === "done") {
      const { evidence, digest, otherUploads, answer } = outcome;
      const { headers } = target;
      const notCarried = [...target.notCarried, ...answer.notes ?? []];
      const all = [...otherUploads, ...end.late, ...left];
      return { evidence, digest, details, etag: answer.etag, storageClass: headers.storageClass, notCarried, otherUploads: all };
    }
    if (outcome.kind === "stopped") throw new Stopped(new TransferError("cancelled", "Interrupted"), end.uploadId ?? left[0]);
    if (outcome.kind === "restart" && restarts++ === 0) continue;
    const recut = outcome.kind === "recut" ? await cutAnew(work, known) : undefined;
    if (recut) known = recut;
    else if (!learns(habits, outcome.error, plan)) throw await stopped(work, end, outcome.error, [...end.late, ...left]);
    left.push(...await abandon(work, end));
  }
}

/**
 * The parts that were assumed do not make the source's MD5: every part is asked for its size. Other sizes are the true ones; where they
 * cannot be had the object is sent by a layout of our own, each part digested. Undefined when the sizes were right: the bytes are wrong.
 */
async function cutAnew(work: TransferWork, { details, parts }: SourceKnown): Promise<SourceKnown | undefined> {
  const truly = await readSourceParts(work, details, true);
  if (truly === undefined) return { details, parts: undefined, doubted: true };
  const sizes = (layout: PartLayout) => `${layout.partSizeBytes} ${layout.partCount} ${layout.starts}`;
  return parts !== undefined && sizes(parts) === sizes(truly) ? undefined : { details, parts: truly, doubted: false };
}

/** Takes a refusal for a habit of the destination; true when the next attempt will do otherwise because of it. */
function learns(habits: Habits, error: TransferError, { want }: SessionPlan): boolean {
  if (want.declare && !want.guard && refusesDeclared(error, want.trailer !== undefined)) {
    habits.mayDeclare = false;
    return true;
  }
  if (want.guard || !asksForDigest(error)) return false;
  habits.needsDigest = true;
  return true;
}

/** Parts of a version that is gone can never be used again, unless they are bound to the bytes themselves. */
async function stopped(work: TransferWork, end: MultipartEnd, error: TransferError, left: readonly string[]): Promise<Stopped> {
  const { world } = work;
  const useful = error.kind !== "sourceChanged" || (world.sourceIsLocal && !world.destinationIsLocal);
  const own = useful ? end.uploadId : (await abandon(work, end))[0];
  return new Stopped(error, own ?? left[0]);
}

/** Ends an upload that can be of no more use. Answers its id when it could not be ended: then it is reported as left behind. */
async function abandon({ world, transfer, signal }: TransferWork, end: MultipartEnd): Promise<string[]> {
  if (end.uploadId === undefined) return [];
  try {
    await world.destination.abortUpload(transfer.destinationKey, end.uploadId, { signal });
    return [];
  } catch {
    return [end.uploadId];
  }
}
