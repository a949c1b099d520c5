/**
 * Is what the destination answered of a part what was sent? Compares digests taken here with the answer; where a destination does not
 * answer the checksum it was given, its part ETag is asked instead. Never believes a mismatch away: it is an integrity failure.
 */
import { TransferError } from "../errors.ts";
import type { DigestAlgorithm, Digests, PartInfo } from "../types.ts";
import type { PartMove, PartMoved } from "../wire/wire.ts";
import { fullValue } from "../evidence/digest.ts";
import type { MultipartWork } from "./multipart.ts";
import type { SessionPlan } from "./session_plan.ts";
import type { World } from "./world.ts";

/** What one worker has learnt about its destination's answers. */
export class PartConfirmer {
  /** The destination answers the checksums it is given: then MD5s need not be computed. */
  #echoes = true;

  /** The destination takes parts without a checksum in an upload that declared one, as Amazon does for whole-object checksums. */
  mayDeclare = true;

  /** Digests to take of a part as it passes. */
  digestsFor(plan: SessionPlan, guard: DigestAlgorithm | undefined, trailer: DigestAlgorithm | undefined): DigestAlgorithm[] {
    const digests = new Set(plan.digests);
    const told = guard ?? trailer;
    const silent = told === undefined ? plan.trailer !== undefined : !this.#echoes;
    if (silent && plan.partEtagsAreMd5) digests.add("md5");
    return [...digests];
  }

  /** The destination did not answer a checksum that it was given. */
  noteSilence(): void {
    this.#echoes = false;
  }

  /** Hashes a whole local partial file; undefined when the source's ETag is nothing that can be worked out. */
  async hashPartial(work: MultipartWork, uploadId: string): Promise<boolean | undefined> {
    const { world, transfer, details, signal } = work;
    const { sizeBytes } = transfer.source;
    const md5 = fullValue(details.checksums, "md5");
    if (md5 === undefined) return undefined;
    const range = { first: 0, last: sizeBytes - 1 };
    const request = { key: transfer.destinationKey, uploadId, pin: {}, range, algorithms: ["md5"] as const };
    const digests = await world.wire.digest("destination", request, signal);
    return digests.md5 === md5;
  }
}

/** Compares a moved part's answer with what was sent. Throws TransferError `integrity` when they differ. */
export async function confirmPart(
  world: World,
  plan: SessionPlan,
  move: PartMove,
  moved: PartMoved,
  confirmer: PartConfirmer,
  signal: AbortSignal,
): Promise<{ part: PartInfo; digests: Digests }> {
  let digests = moved.digests;
  const checksums = plan.partEtagsAreMd5 ? moved.checksums : moved.checksums.filter(({ algorithm }) => algorithm !== "md5");
  for (const theirs of checksums) {
    const ours = digests[theirs.algorithm];
    if (ours !== undefined && ours !== theirs.value) throw mismatch(move, theirs.algorithm, ours, theirs.value);
  }
  const md5 = fullValue(checksums, "md5");
  const told = move.guard ?? move.trailer;
  const echoed = told === undefined || told === "md5" || checksums.some((one) => one.algorithm === told);
  if (!echoed && md5 !== undefined) {
    confirmer.noteSilence();
    if (digests.md5 === undefined) {
      const request = { key: move.sourceKey, pin: move.pin, range: move.range, algorithms: ["md5"] as const };
      digests = { ...digests, ...await world.wire.digest("source", request, signal) };
    }
  }
  if (md5 !== undefined && digests.md5 !== undefined && digests.md5 !== md5) throw mismatch(move, "md5", digests.md5, md5);
  const part: PartInfo = {
    partNumber: move.partNumber,
    sizeBytes: moved.sizeBytes,
    checksums,
    ...(moved.etag !== undefined && { etag: moved.etag }),
  };
  return { part, digests };
}

function mismatch(move: PartMove, algorithm: DigestAlgorithm, ours: string, theirs: string): TransferError {
  return new TransferError(
    "integrity",
    `Part ${move.partNumber} arrived changed: sent ${algorithm} ${ours}, the destination has ${theirs}`,
    {
      key: move.destinationKey,
    },
  );
}
