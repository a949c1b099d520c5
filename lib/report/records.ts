/**
 * Objects, differences and uploads one by one. For machines: one flat record each, the same in the manifest and on standard output; names
 * carry their units, keys are exact. For people: a line each, keys escaped, sizes rounded. Never headers, signed URLs or secrets.
 */
import type { PlanItem, TransferReason, TransferResult, WireError } from "../types.ts";
import { printable } from "./escape.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** A record: one line of NDJSON, without the fields that are undefined. */
export type ReportRecord = Readonly<Record<string, unknown>> & { readonly type: string };

/** The record of a settled transfer; `reason` is why it was planned. */
export function resultRecord(result: TransferResult, reason?: TransferReason): ReportRecord {
  const { outcome, key, destinationKey, sizeBytes, effort } = result;
  const elapsedMs = Math.round(effort.elapsedMs);
  const common = { type: "object", outcome, key, destinationKey, sizeBytes, reason, ...effort, elapsedMs };
  if (result.outcome === "failed") return { ...common, error: errorRecord(result.error), uploadId: result.uploadId };
  if (result.outcome === "cancelled") return { ...common, uploadId: result.uploadId };
  const { evidence, digest, way, etag, storageClass } = result;
  const notCarried = result.notCarried.length > 0 ? result.notCarried : undefined;
  const strangerUploads = result.otherUploads.length > 0 ? result.otherUploads : undefined;
  return { ...common, evidence, digest, way, etag, storageClass, notCarried, strangerUploads };
}

/** The record of an object that was skipped or could not be planned. */
export function unplannedRecord(item: Extract<PlanItem, { kind: "skip" | "problem" }>): ReportRecord {
  if (item.kind === "problem") return { type: "object", outcome: "failed", key: item.key, error: errorRecord(item.error) };
  const { key, destinationKey, sizeBytes, reason } = item;
  return { type: "object", outcome: "skipped", key, destinationKey, sizeBytes, reason };
}

/** The record of a delete at the destination; `message` says why it failed. */
export function deleteRecord(destinationKey: string, sizeBytes: number, message?: string): ReportRecord {
  const outcome = message === undefined ? "done" : "failed";
  return { type: "delete", outcome, destinationKey, sizeBytes, error: message === undefined ? undefined : { message } };
}

/** The record of a planned item, for a dry run. */
export function planRecord(item: PlanItem): ReportRecord {
  if (item.kind === "problem") return { type: "plan", action: "fail", key: item.key, error: errorRecord(item.error) };
  if (item.kind === "transfer") {
    const { source: { key, sizeBytes }, destinationKey, reason, replaces } = item.transfer;
    return { type: "plan", action: "copy", key, destinationKey, sizeBytes, reason, replaces: replaces !== undefined };
  }
  const { kind, destinationKey, sizeBytes } = item;
  if (kind === "delete") return { type: "plan", action: kind, destinationKey, sizeBytes };
  return { type: "plan", action: kind, key: item.key, destinationKey, sizeBytes, reason: item.reason };
}

/** The same for people: `copy KEY -> KEY (reason, size)`, `skip KEY (reason)`, `delete KEY (size)`, `fail KEY: why`. */
export function planLine(item: PlanItem): string {
  switch (item.kind) {
    case "transfer": {
      const { source, destinationKey, reason } = item.transfer;
      return `copy ${printable(source.key)} -> ${printable(destinationKey)} (${reason}, ${formatBytes(source.sizeBytes)})`;
    }
    case "skip":
      return `skip ${printable(item.key)} (${item.reason})`;
    case "delete":
      return `delete ${printable(item.destinationKey)} (${formatBytes(item.sizeBytes)})`;
    case "problem":
      return `fail ${printable(item.key)}: ${printable(item.error.message)}`;
  }
}

/** One difference of a check, as the plan's `Difference` describes it. */
export interface DifferenceLike {
  readonly key: string;
  readonly difference: string;
  readonly sizeBytes: number;
  readonly message?: string;
}

/** The record of one difference of a check. */
export function differenceRecord({ key, sizeBytes, difference, message }: DifferenceLike): ReportRecord {
  return { type: "difference", difference, key, sizeBytes, message };
}

/** The same for people: `missing KEY (size)`, `extra KEY (size)`, `size differs KEY (size)`, `unreadable KEY: why`. */
export function differenceLine(difference: DifferenceLike): string {
  const tail = difference.message === undefined ? ` (${formatBytes(difference.sizeBytes)})` : `: ${printable(difference.message)}`;
  return `${difference.difference} ${printable(difference.key)}${tail}`;
}

/** An unfinished upload, with what its parts hold. */
export interface UploadSummary {
  readonly key: string;
  readonly uploadId: string;
  readonly ageMs: number;
  readonly partCount: number;
  readonly partBytes: number;
}

/** `KEY  age 2d03h, 120 MiB in 15 parts, upload id …`. */
export function uploadLine(upload: UploadSummary): string {
  const age = formatDuration(Math.max(0, upload.ageMs));
  const parts = `${formatBytes(upload.partBytes)} in ${upload.partCount} part${upload.partCount === 1 ? "" : "s"}`;
  return `${printable(upload.key)}  age ${age}, ${parts}, upload id ${printable(upload.uploadId)}`;
}

function errorRecord({ kind, message, status, code, requestId }: WireError): object {
  return { kind, message, status, code, requestId };
}
