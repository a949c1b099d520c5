/**
 * Conditional requests: pure decisions on an ETag, a time and headers. Order of precedence as in RFC 9110, section 13.2.2, which the
 * API reference repeats for GetObject and CopyObject.
 */
import { S3Error } from "./errors.ts";

/** The four conditions as sent. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

/** What they are about. */
export interface ConditionSubject {
  /** Without quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
}

/** The conditions under which names starting with `prefix` (`if-` or `x-amz-copy-source-if-`) put them. */
export function conditionsFrom(header: (name: string) => string | undefined, prefix: string): Conditions {
  return {
    ifMatch: header(`${prefix}match`),
    ifNoneMatch: header(`${prefix}none-match`),
    ifModifiedSince: header(`${prefix}modified-since`),
    ifUnmodifiedSince: header(`${prefix}unmodified-since`),
  };
}

/** What a reader gets: go on, "not modified", or the name of the condition that failed. */
export function evaluateRead(
  conditions: Conditions,
  subject: ConditionSubject,
): "go" | "notModified" | "If-Match" | "If-Unmodified-Since" {
  const { ifMatch, ifNoneMatch } = conditions;
  const seconds = Math.floor(subject.lastModifiedMs / 1000);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, subject.etag)) return "If-Match";
  } else {
    const until = httpSeconds(conditions.ifUnmodifiedSince);
    if (until !== undefined && seconds > until) return "If-Unmodified-Since";
  }
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, subject.etag)) return "notModified";
  } else {
    const since = httpSeconds(conditions.ifModifiedSince);
    if (since !== undefined && seconds <= since) return "notModified";
  }
  return "go";
}

/** Throws what GET and HEAD respond when a condition does not hold. */
export function checkRead(conditions: Conditions, subject: ConditionSubject): void {
  const verdict = evaluateRead(conditions, subject);
  if (verdict === "go") return;
  const headers = { "ETag": `"${subject.etag}"`, "Last-Modified": new Date(subject.lastModifiedMs).toUTCString() };
  if (verdict === "notModified") throw new S3Error("NotModified", undefined, { headers });
  throw new S3Error("PreconditionFailed", undefined, { details: { Condition: verdict } });
}

/** Throws what a copy responds when a condition on its source does not hold: always 412. */
export function checkCopySource(conditions: Conditions, subject: ConditionSubject): void {
  const verdict = evaluateRead(conditions, subject);
  if (verdict === "go") return;
  const failed = verdict !== "notModified" ? verdict : conditions.ifNoneMatch !== undefined ? "If-None-Match" : "If-Modified-Since";
  throw new S3Error("PreconditionFailed", undefined, { details: { Condition: `x-amz-copy-source-${failed}` } });
}

/**
 * A check for a conditional write ("How to prevent object overwrites with conditional writes"): `If-None-Match: *` and nothing else, or
 * `If-Match` with an ETag. Throws NotImplemented at once for other forms.
 */
export function writeCheck(conditions: Conditions): (existing: ConditionSubject | undefined) => void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifNoneMatch !== undefined && (ifNoneMatch !== "*" || ifMatch !== undefined)) throw new S3Error("NotImplemented");
  return (existing) => {
    if (ifNoneMatch !== undefined && existing !== undefined) {
      throw new S3Error("PreconditionFailed", undefined, { details: { Condition: "If-None-Match" } });
    }
    if (ifMatch === undefined) return;
    if (existing === undefined) throw new S3Error("NoSuchKey");
    if (!matches(ifMatch, existing.etag)) throw new S3Error("PreconditionFailed", undefined, { details: { Condition: "If-Match" } });
  };
}

/** Whether a list of ETags, quoted or not, or `*`, names this one. */
export function matches(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const candidate = unquoted(item.trim());
    return candidate === "*" || candidate === etag;
  });
}

/** An ETag without its quotes. */
export function unquoted(etag: string): string {
  return etag.length >= 2 && etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, -1) : etag;
}

/** An unreadable time is not a condition, as RFC 9110 says. */
function httpSeconds(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
