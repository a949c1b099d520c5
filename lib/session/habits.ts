/**
 * What one worker has learnt about its two stores by what they refuse and what they leave unsaid, so that nothing is found out twice.
 * Begins with what the capabilities promise.
 */
import { ruleOf, type TransferError } from "../errors.ts";

/** See the file comment. */
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
