/**
 * Everything that the work on one transfer may touch, passed in (a simulation gives its own), what it learns about the stores, and how it
 * asks them: with retries, and for exactly the planned version of the source.
 */
import { ruleOf, TransferError } from "../errors.ts";
import { sameMark } from "../evidence/digest.ts";
import type { TransferRules } from "../job_types.ts";
import { type RetryWorld, withRetries } from "../pace/retry.ts";
import type { Store } from "../store/store.ts";
import type { ObjectDetails, ObjectInfo, SourcePin, Transfer } from "../types.ts";
import type { Wire } from "../wire/wire.ts";

/** The surroundings of every session of one worker. */
export interface World extends RetryWorld {
  readonly source: Store;
  readonly destination: Store;
  readonly wire: Wire;
  readonly sourceIsLocal: boolean;
  readonly destinationIsLocal: boolean;
  /** `scheme://bucket` of the source, without the endpoint. */
  readonly sourceUrl: string;
  /** Bucket of the source, for server-side copies. */
  readonly sourceBucket: string;
  readonly rules: TransferRules;
}

/** What one transfer has cost so far; see Effort in types.ts. */
export interface Ledger {
  movedBytes: number;
  foundBytes: number;
  parts: number;
  retries: number;
}

/** One transfer's surroundings. */
export interface TransferWork {
  readonly world: World;
  readonly transfer: Transfer;
  readonly ledger: Ledger;
  readonly habits: Habits;
  readonly signal: AbortSignal;
  /** What the source's name or bytes show, where that was asked for already. */
  readonly contentType?: string | undefined;
}

/** Runs a request with the job's retries; `bytes` count for the bandwidth limit. `attempt` must be able to begin again from nothing. */
export function retrying<T>({ world, ledger, signal }: TransferWork, attempt: () => Promise<T>, bytes = 0): Promise<T> {
  return withRetries(world, { bytes, ledger, signal }, attempt);
}

/** HEAD of the source in its listed version, or of one of its parts. */
export function headSource(work: TransferWork, partNumber?: number): Promise<ObjectDetails | undefined> {
  const { world, transfer: { source: { key, versionId } }, signal } = work;
  return retrying(work, () => world.source.head(key, { versionId, partNumber, signal }));
}

/**
 * Runs `attempt` with what the source must still be: by If-Match. When that is refused, a look at the source distinguishes one that has
 * changed (which is thrown) from a store whose If-Match does not work: then `attempt` is run again, and from then on the ETag of each
 * response is compared.
 */
export async function reading<T>(work: TransferWork, attempt: (pin: ObjectInfo & SourcePin) => Promise<T>): Promise<T> {
  const { transfer: { source }, habits } = work;
  const { matched } = habits;
  try {
    return await attempt(matched ? source : { ...source, unmatched: true });
  } catch (thrown) {
    if (!matched || !(thrown instanceof TransferError) || thrown.kind !== "sourceChanged" || !await isUnchanged(work)) throw thrown;
    habits.matched = false;
    return await attempt({ ...source, unmatched: true });
  }
}

async function isUnchanged(work: TransferWork): Promise<boolean> {
  const { etag, sizeBytes } = work.transfer.source;
  if (work.world.sourceIsLocal || etag === undefined) return false;
  const there = await headSource(work);
  return there?.sizeBytes === sizeBytes && sameMark(there.etag, etag);
}

/**
 * What one worker has learnt about its two stores by what they refuse and what they leave unsaid, so that nothing is found out twice.
 * Begins with what the capabilities promise.
 */
export class Habits {
  /** The destination returns the checksums that it is given: then MD5s need not be computed. */
  echoes = true;
  /** The destination takes parts without a checksum in an upload that declared one, as Amazon does for whole-object checksums. */
  mayDeclare = true;
  /** The destination wants a digest with everything that is written (a bucket with retention). */
  needsDigest = false;
  /** If-Match works at the source; where it does not, the ETag of each response is compared. */
  matched = true;
  /** What is said of a destination that does not list unfinished uploads. */
  unlisted: string | undefined;
  /** Objects whose unfinished uploads could not be listed because the store failed. */
  listingsFailed = 0;
}

/** True for a refusal that asks for a digest with the bytes (S3 user guide, "Managing Object Lock"). */
export function asksForDigest(error: TransferError): boolean {
  const { afterWrite } = ruleOf(error);
  return (afterWrite === "reduce" || afterWrite === "resend") && /content-md5|x-amz-checksum/i.test(error.message) &&
    /required|missing|must/i.test(error.message);
}

/**
 * MinIO's refusal of a part without a checksum in an upload that declared one, which Amazon takes; or anybody's of one behind the bytes.
 */
export function refusesDeclared(error: TransferError, trailer: boolean): boolean {
  return ruleOf(error).afterWrite === "reduce" && (trailer || /checksum/i.test(error.message));
}
