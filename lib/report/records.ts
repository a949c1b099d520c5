/**
 * What machines read: one flat record per object, the same in the manifest and on standard output. Names carry their units; keys are
 * exact, as JSON can say them. Never holds headers, signed URLs or secrets.
 */
import type { PlanItem, SkipReason, TransferReason, TransferResult, WireError } from "../types.ts";
import type { DifferenceLike } from "./plan_text.ts";

/** A record: one line of NDJSON. */
export type ReportRecord = Readonly<Record<string, unknown>> & { readonly type: string };

/** The record of a settled transfer; `reason` is why it was planned. */
export function resultRecord(result: TransferResult, reason?: TransferReason): ReportRecord {
  const { key, destinationKey, sizeBytes, effort } = result;
  const common = {
    type: "object",
    outcome: result.outcome,
    key,
    destinationKey,
    sizeBytes,
    ...(reason !== undefined && { reason }),
    movedBytes: effort.movedBytes,
    foundBytes: effort.foundBytes,
    parts: effort.parts,
    retries: effort.retries,
    elapsedMs: Math.round(effort.elapsedMs),
  };
  switch (result.outcome) {
    case "done":
      return {
        ...common,
        evidence: result.evidence,
        ...(result.digest !== undefined && { digest: result.digest }),
        way: result.way,
        ...(result.etag !== undefined && { etag: result.etag }),
        ...(result.storageClass !== undefined && { storageClass: result.storageClass }),
        ...(result.notCarried.length > 0 && { notCarried: result.notCarried }),
        ...(result.otherUploads.length > 0 && { strangerUploads: result.otherUploads }),
      };
    case "failed":
      return { ...common, error: errorRecord(result.error), ...(result.uploadId !== undefined && { uploadId: result.uploadId }) };
    case "cancelled":
      return { ...common, ...(result.uploadId !== undefined && { uploadId: result.uploadId }) };
  }
}

/** The record of an object that was left as it is. */
export function skipRecord(skip: { key: string; destinationKey: string; sizeBytes: number; reason: SkipReason }): ReportRecord {
  const { key, destinationKey, sizeBytes, reason } = skip;
  return { type: "object", outcome: "skipped", key, destinationKey, sizeBytes, reason };
}

/** The record of an object that could not even be planned. */
export function problemRecord(key: string, error: WireError): ReportRecord {
  return { type: "object", outcome: "failed", key, error: errorRecord(error) };
}

/** The record of a delete at the destination; `message` says why it failed. */
export function deleteRecord(destinationKey: string, sizeBytes: number, message?: string): ReportRecord {
  return message === undefined
    ? { type: "delete", outcome: "done", destinationKey, sizeBytes }
    : { type: "delete", outcome: "failed", destinationKey, sizeBytes, error: { message } };
}

/** The record of a planned item, for a dry run. */
export function planRecord(item: PlanItem): ReportRecord {
  switch (item.kind) {
    case "transfer": {
      const { source, destinationKey, reason, replaces } = item.transfer;
      const common = { type: "plan", action: "copy", key: source.key, destinationKey, sizeBytes: source.sizeBytes, reason };
      return { ...common, replaces: replaces !== undefined };
    }
    case "skip":
      return {
        type: "plan",
        action: "skip",
        key: item.key,
        destinationKey: item.destinationKey,
        sizeBytes: item.sizeBytes,
        reason: item.reason,
      };
    case "delete":
      return { type: "plan", action: "delete", destinationKey: item.destinationKey, sizeBytes: item.sizeBytes };
    case "problem":
      return { type: "plan", action: "fail", key: item.key, error: errorRecord(item.error) };
  }
}

/** The record of one difference of a check. */
export function differenceRecord(difference: DifferenceLike): ReportRecord {
  const { key, sizeBytes, message } = difference;
  return { type: "difference", difference: difference.difference, key, sizeBytes, ...(message !== undefined && { message }) };
}

function errorRecord(error: WireError): Readonly<Record<string, unknown>> {
  const { kind, message, status, code, requestId } = error;
  return {
    kind,
    message,
    ...(status !== undefined && { status }),
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
  };
}
