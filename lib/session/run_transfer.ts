/**
 * One transfer from assignment to result. Chooses between one request and a multipart session, restarts a lost session once, verifies when
 * asked, and always returns a result: failures are results.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { wholeRange } from "../bytes/part_layout.ts";
import { asTransferError, ruleOf, toWireError, TransferError } from "../errors.ts";
import { hashedOnWay, needsSourceParts } from "../evidence/want.ts";
import { SEND_ROUNDS_MAX } from "../limits.ts";
import { asObject, memoryOfObject } from "../pace/slots.ts";
import type { DigestAlgorithm, ObjectDetails, PartLayout, Side, Transfer, TransferResult, Way } from "../types.ts";
import { asksForDigest, type Habits, type Ledger, refusesDeclared, retrying, type TransferWork, type World } from "./transfer_work.ts";
import { prepareSource, readDetails, readSourceParts, readTargetHeaders } from "./source_facts.ts";
import { driveSession, type MultipartEnd } from "./multipart.ts";
import { conditionFor, endsOf, goesInParts, planSession, type SessionPlan, type SourceKnown } from "./plan_session.ts";
import { runSingle, type SingleEnd } from "./single.ts";

/** What came of an object, whichever way it went. */
interface Moved extends SingleEnd {
  readonly storageClass: string | undefined;
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
  const { id, source: { key, sizeBytes }, destinationKey } = transfer;
  const base = () => ({ id, key, destinationKey, sizeBytes, effort: { ...ledger, elapsedMs: Math.round(world.clock.now() - startedMs) } });
  try {
    const work = await prepareSource({ world, transfer, ledger, habits, signal });
    const { answer, storageClass, notCarried, otherUploads, evidence, digest } = await moveVerified(work);
    return {
      ...base(),
      outcome: "done",
      evidence,
      ...(digest && { digest }),
      way: wayOf(world),
      ...(isCompressed(work.transfer.source) && { compressed: true }),
      ...(answer.etag !== undefined && { etag: answer.etag }),
      ...(storageClass !== undefined && { storageClass }),
      notCarried: [...notCarried, ...answer.notes ?? []],
      otherUploads,
    };
  } catch (thrown) {
    const { error, uploadId } = thrown instanceof Stopped ? thrown : { error: asTransferError(thrown), uploadId: undefined };
    const upload = uploadId === undefined ? {} : { uploadId };
    if (signal.aborted || error.kind === "cancelled") return { ...base(), outcome: "cancelled", ...upload };
    return { ...base(), outcome: "failed", error: { ...toWireError(error), key: error.key ?? key }, ...upload };
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
  const { world, ledger } = first;
  let work = first;
  for (let round = 1;; round++) {
    const moved = await move(work);
    const isFolder = world.destinationIsLocal && work.transfer.destinationKey.endsWith("/");
    if (world.rules.verify !== "full" || isFolder) return moved;
    try {
      return { ...moved, evidence: "full", digest: await verifyFull(work, moved.details) };
    } catch (thrown) {
      if (ruleOf(thrown).afterWrite !== "resend" || round >= SEND_ROUNDS_MAX) throw thrown;
      ledger.retries++;
      const { replaces: _replaces, ...transfer } = work.transfer;
      work = { ...work, transfer: { ...transfer, reason: "checksum differs" } };
    }
  }
}

/**
 * Reads the destination object again and compares it with the source: with a digest that the source already has where there is one, else
 * by reading the source again too. Returns the digest that agreed. Throws TransferError `integrity` when the bytes differ.
 */
async function verifyFull(work: TransferWork, { checksums }: ObjectDetails): Promise<DigestAlgorithm> {
  const { world, transfer: { source, destinationKey }, signal } = work;
  const known = checksums.find(({ type }) => type === "full");
  const algorithm = known?.algorithm ?? "sha256";
  const read = async (side: Side) => {
    const object = side === "source" ? { key: source.key, pin: source } : { key: destinationKey, pin: {} };
    const request = { ...object, range: wholeRange(source.sizeBytes), algorithms: [algorithm] };
    return (await retrying(work, () => world.wire.digest(side, request, signal), source.sizeBytes))[algorithm];
  };
  const expected = known?.value ?? await read("source");
  const actual = await read("destination");
  if (expected !== undefined && expected === actual) return algorithm;
  const message = `The destination object is not the source's bytes: ${algorithm} ${actual}, the source has ${expected}`;
  throw new TransferError("integrity", message, { key: destinationKey });
}

async function move(work: TransferWork): Promise<Moved> {
  const { world, transfer, transfer: { source: { sizeBytes, storageClass } }, signal } = work;
  if (goesInParts(world, transfer.source)) return await world.slots.sessions.hold(signal, () => moveInParts(work));
  const memory = memoryOfObject(sizeBytes, world.sourceIsLocal && !world.destinationIsLocal);
  const end = await asObject(world.slots, memory, signal, () => runSingle(work, conditionFor(world, transfer)));
  return { ...end, storageClass, otherUploads: [] };
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
      const otherUploads = [...outcome.otherUploads, ...end.late, ...left];
      return { ...outcome, details, storageClass: target.headers.storageClass, notCarried: target.notCarried, otherUploads };
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

/** Ends an upload that can be of no more use. Returns its id when it could not be ended: then it is reported as left behind. */
async function abandon({ world, transfer, signal }: TransferWork, { uploadId }: MultipartEnd): Promise<string[]> {
  if (uploadId === undefined) return [];
  try {
    await world.destination.abortUpload(transfer.destinationKey, uploadId, { signal });
    return [];
  } catch {
    return [uploadId];
  }
}
