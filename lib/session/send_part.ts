/**
 * One part on its way: moved, and its response compared with what was sent. Where a destination does not return the checksum that it was
 * given, the MD5 of its ETag is asked instead. Never explains a mismatch away: it is an integrity failure.
 */
import { TransferError } from "../errors.ts";
import { fullValue } from "../evidence/digest.ts";
import { mismatch } from "../evidence/judge.ts";
import type { Checksum, DigestAlgorithm, Digests, PartInfo } from "../types.ts";
import type { PartMove, PartMoved } from "../wire/wire.ts";
import type { Habits } from "./habits.ts";
import type { MultipartWork } from "./multipart.ts";
import type { SessionPlan } from "./plan_session.ts";
import { reading } from "./transfer_work.ts";
import type { SessionRequest, UploadSession } from "./upload_session.ts";

/** Moves one part into the session's upload. Throws TransferError `integrity` when the response contradicts what was sent. */
export async function sendPart(
  work: MultipartWork,
  { uploadId = "", layout, declared }: UploadSession,
  { partNumber, range, guard }: Extract<SessionRequest, { do: "send" }>,
): Promise<{ part: PartInfo; digests: Digests }> {
  const { world, transfer: { source, destinationKey }, plan, signal, habits } = work;
  // An upload that was taken over may have declared nothing: then nothing is sent behind its parts either.
  const trailer = plan.want.trailer === declared?.algorithm ? plan.want.trailer : undefined;
  const digests = digestsToTake(plan, habits, guard ?? trailer);
  return await reading(work, async (pin) => {
    const move: PartMove = { sourceKey: source.key, pin, range, destinationKey, uploadId, partNumber, layout, guard, trailer, digests };
    return await confirm(work, move, await world.wire.movePart(move, signal));
  });
}

function digestsToTake({ want }: SessionPlan, { echoes }: Habits, told: DigestAlgorithm | undefined): DigestAlgorithm[] {
  const silent = told === undefined ? want.trailer !== undefined : !echoes;
  return silent && want.partMd5 ? [...new Set([...want.digests, "md5" as const])] : [...want.digests];
}

async function confirm(work: MultipartWork, move: PartMove, moved: PartMoved): Promise<{ part: PartInfo; digests: Digests }> {
  const { world, plan, habits, signal } = work;
  const { etag, sizeBytes, checksums } = moved;
  const part = ownWord({ partNumber: move.partNumber, sizeBytes, checksums, etag }, plan);
  let { digests } = moved;
  refuse(move, digests, part.checksums);
  const told = move.guard ?? move.trailer;
  const echoed = told === undefined || told === "md5" || part.checksums.some((one) => one.algorithm === told);
  if (!echoed && fullValue(part.checksums, "md5") !== undefined) {
    habits.echoes = false;
    if (digests.md5 === undefined) {
      const request = { key: move.sourceKey, pin: move.pin, range: move.range, algorithms: ["md5"] as const };
      digests = { ...digests, ...await world.wire.digest("source", request, signal) };
      refuse(move, digests, part.checksums);
    }
  }
  return { part, digests };
}

function refuse({ partNumber, destinationKey }: PartMove, digests: Digests, said: readonly Checksum[]): void {
  const wrong = mismatch(digests, said);
  if (wrong === undefined) return;
  const message = `Part ${partNumber} arrived changed: sent ${wrong} ${digests[wrong]}, the destination has ${fullValue(said, wrong)}`;
  throw new TransferError("integrity", message, { key: destinationKey });
}

/**
 * What a part says of itself. ETags under KMS keys only look like MD5s; versitygw 1.8 gives each part that it copied the checksum of the
 * whole source, which says nothing of the part.
 */
export function ownWord(part: PartInfo, { serverSide, source, want }: SessionPlan): PartInfo {
  const wholes = serverSide && part.sizeBytes !== source.sizeBytes ? want.whole : undefined;
  const own = (theirs: Checksum) =>
    (theirs.algorithm !== "md5" || want.partMd5) && (theirs.algorithm !== wholes?.algorithm || theirs.value !== wholes.value);
  return part.checksums.every(own) ? part : { ...part, checksums: part.checksums.filter(own) };
}
