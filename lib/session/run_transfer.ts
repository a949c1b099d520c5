/**
 * One transfer from assignment to result. Chooses between one request and a multipart session, restarts a lost session once, verifies when
 * asked, and always answers: failures are results.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { asTransferError, toWireError, TransferError } from "../errors.ts";
import { SEND_ROUNDS_MAX } from "../limits.ts";
import type { DigestAlgorithm, Evidence, ObjectDetails, Transfer, TransferResult, Way } from "../types.ts";
import type { PartConfirmer } from "./confirm.ts";
import { driveSession, type MultipartEnd } from "./multipart.ts";
import { hashedOnWay } from "./plan_digests.ts";
import { conditionFor, goesInParts, planSession, wantsPartSize } from "./plan_session.ts";
import { runSingle } from "./single.ts";
import { asObject, inSlot, memoryOfObject } from "../pace/slots.ts";
import { prepareSource, readCarriage, readDetails, readPartSize, type TransferWork } from "./source_facts.ts";
import { verifyFull } from "./verify_full.ts";
import type { Ledger, World } from "./world.ts";

interface Moved {
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
  readonly details: ObjectDetails;
  readonly etag: string | undefined;
  readonly storageClass: string | undefined;
  readonly notCarried: readonly string[];
  readonly strangers: readonly string[];
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
  confirmer: PartConfirmer,
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
    const work = await prepareSource({ world, transfer, ledger, signal });
    const { etag, storageClass, notCarried, strangers, evidence, digest } = await moveVerified(work, confirmer);
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
      strangers,
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
  return world.wire.way === "relay" && hashedOnWay(world) !== undefined ? "hashed relay" : world.wire.way;
}

/**
 * Moves the object and, where the job asks for it, reads it again. Bytes that turn out changed are sent again, in place of what is there,
 * {@link SEND_ROUNDS_MAX} times in all; nothing is ever deleted for it.
 */
async function moveVerified(first: TransferWork, confirmer: PartConfirmer): Promise<Moved> {
  let work = first;
  for (let round = 1;; round++) {
    const moved = await move(work, confirmer);
    try {
      return { ...moved, ...await verified(work, moved) };
    } catch (thrown) {
      if (asTransferError(thrown).kind !== "integrity" || round >= SEND_ROUNDS_MAX) throw thrown;
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

async function move(work: TransferWork, confirmer: PartConfirmer): Promise<Moved> {
  const { world, transfer } = work;
  if (!goesInParts(world, transfer.source)) {
    const readWhole = world.sourceIsLocal && !world.destinationIsLocal;
    const memory = memoryOfObject(transfer.source.sizeBytes, readWhole);
    const end = await asObject(world.slots, memory, work.signal, () => runSingle(work, conditionFor(world, transfer)));
    const notCarried = [...end.notCarried, ...end.answer.notes ?? []];
    return { ...end, notCarried, etag: end.answer.etag, storageClass: transfer.source.storageClass, strangers: [] };
  }
  return await inSlot(world.slots.sessions, work.signal, () => moveInParts(work, confirmer));
}

async function moveInParts(work: TransferWork, confirmer: PartConfirmer): Promise<Moved> {
  const { world, transfer } = work;
  const details = await readDetails(work);
  const carriage = await readCarriage(work, details);
  const partSizeBytes = wantsPartSize(world, transfer.source) ? await readPartSize(work) : undefined;
  /** Uploads that could not be ended. */
  const left: string[] = [];
  for (let restarts = 0;;) {
    const plan = planSession(world, transfer, details, partSizeBytes, world.sourceIsLocal || confirmer.mayDeclare);
    const end = await driveSession({ ...work, plan, details, carriage, confirmer, useless: left });
    const { outcome } = end;
    if (outcome.kind === "done") {
      const { evidence, digest, strangers, answer } = outcome;
      const { headers } = carriage;
      const notCarried = [...carriage.notCarried, ...answer.notes ?? []];
      const all = [...strangers, ...end.late, ...left];
      return { evidence, digest, details, etag: answer.etag, storageClass: headers.storageClass, notCarried, strangers: all };
    }
    if (outcome.kind === "restart" && restarts++ === 0) continue;
    if (outcome.kind === "cancelled") throw new Stopped(new TransferError("cancelled", "Interrupted"), end.uploadId ?? left[0]);
    if (plan.declare && !plan.guardParts && wantsPartChecksums(outcome.error, plan.trailer !== undefined)) {
      confirmer.mayDeclare = false;
      left.push(...await abandon(work, end));
      continue;
    }
    throw await stopped(work, end, outcome.error, [...end.late, ...left]);
  }
}

/**
 * MinIO's refusal of a part without a checksum in an upload that declared one, which Amazon takes; or anybody's of one behind the bytes.
 */
function wantsPartChecksums(error: TransferError, trailer: boolean): boolean {
  return error.kind === "unsupported" && (trailer || /checksum/i.test(error.message));
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
