/**
 * The plan, differences and unfinished uploads as lines for people. Every key is escaped; sizes are rounded.
 */
import type { PlanItem } from "../types.ts";
import { printable } from "./escape.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** `copy KEY -> KEY (reason, size)`, `skip KEY (reason)`, `delete KEY (size)`, `fail KEY: why`. */
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

/** `missing KEY (size)`, `extra KEY (size)`, `size differs KEY (size)`, `unreadable KEY: why`. */
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
