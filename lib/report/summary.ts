/**
 * What a run did, in sums: lines for people and one object for machines. Memory does not grow with the objects: failures are kept up to a
 * limit, everything else is counted.
 */
import { FAILURES_SHOWN_MAX } from "../limits.ts";
import type { ErrorKind, PlanItem, SkipReason, TransferResult } from "../types.ts";
import type { ReportRecord } from "./records.ts";

/** Texts that are counted separately, such as what could not be carried; further ones are counted under `other`. */
const TEXTS_MAX = 50;

/** A failure that is printed. */
export interface ShownFailure {
  /** The key that failed. */
  readonly key: string;
  /** What kind of failure it was. */
  readonly kind: ErrorKind;
  /** One line for people. */
  readonly message: string;
}

/** Objects and their bytes. */
export interface Sum {
  /** Number of objects. */
  objects: number;
  /** Their bytes. */
  bytes: number;
}

/** Sums of one run. Feed it every plan item and every result once. */
export class Summary {
  /** Transfers that ended well; `bytes` are their sizes. */
  readonly done: Sum = { objects: 0, bytes: 0 };
  /** Objects skipped, by reason. */
  readonly skipped: Map<SkipReason, Sum> = new Map();
  /** Objects deleted at the destination. */
  readonly deleted: Sum = { objects: 0, bytes: 0 };
  /** Everything that failed: transfers, problems of the plan, deletes. */
  readonly failedByKind: Map<ErrorKind, number> = new Map();
  /** The first failures, up to a limit. */
  readonly failuresShown: ShownFailure[] = [];
  /** Objects by the evidence that they arrived: `etag md5`, `checksum crc64nvme`, `size`, … */
  readonly verified: Map<string, number> = new Map();
  /** Objects by the way that their bytes took. */
  readonly ways: Map<string, number> = new Map();
  /** Objects by what could not be carried along. */
  readonly notCarried: Map<string, number> = new Map();
  /** Unfinished uploads of the same keys that this run met and did not begin: left alone, or aborted. */
  otherUploads = 0;
  /** Unfinished uploads that this run leaves at the destination: the next run goes on from them. */
  leftUploads = 0;
  /** Objects whose transfer was interrupted. */
  cancelled = 0;
  /** Bytes sent to the destination, failed attempts included. */
  movedBytes = 0;
  /** Bytes that an earlier run had left at the destination. */
  foundBytes = 0;
  /** Objects of which some bytes were found. */
  foundObjects = 0;
  /** Requests that failed and were sent again. */
  retries = 0;

  /** Failed objects of all kinds. */
  get failed(): number {
    let sum = 0;
    for (const count of this.failedByKind.values()) sum += count;
    return sum;
  }

  /** Skipped objects, excluded ones not counted. */
  get skippedObjects(): number {
    let sum = 0;
    for (const [reason, { objects }] of this.skipped) if (reason !== "excluded") sum += objects;
    return sum;
  }

  /** Takes in skips and problems; transfers and deletes count when they have happened. */
  addPlanItem(item: PlanItem): void {
    if (item.kind === "skip") {
      const sum = this.skipped.get(item.reason) ?? { objects: 0, bytes: 0 };
      sum.objects += 1;
      sum.bytes += item.sizeBytes;
      this.skipped.set(item.reason, sum);
    } else if (item.kind === "problem") {
      this.#addFailure({ key: item.key, kind: item.error.kind, message: item.error.message });
    }
  }

  /** Takes in the end of a transfer. */
  addResult(result: TransferResult): void {
    const { effort } = result;
    this.movedBytes += effort.movedBytes;
    this.foundBytes += effort.foundBytes;
    if (effort.foundBytes > 0) this.foundObjects += 1;
    this.retries += effort.retries;
    if (result.outcome !== "done" && result.uploadId !== undefined) this.leftUploads += 1;
    switch (result.outcome) {
      case "done":
        this.#addDone(result);
        break;
      case "failed":
        this.#addFailure({ key: result.key, kind: result.error.kind, message: result.error.message });
        break;
      case "cancelled":
        this.cancelled += 1;
        break;
    }
  }

  /** Takes in a delete; `failure` says why it failed. */
  addDelete(destinationKey: string, sizeBytes: number, failure?: { readonly kind: ErrorKind; readonly message: string }): void {
    if (failure !== undefined) {
      this.#addFailure({ key: destinationKey, kind: failure.kind, message: `Cannot delete: ${failure.message}` });
      return;
    }
    this.deleted.objects += 1;
    this.deleted.bytes += sizeBytes;
  }

  /** The sums as one record, the last line of a manifest. */
  record(elapsedMs: number): ReportRecord {
    return {
      type: "summary",
      done: { ...this.done },
      movedBytes: this.movedBytes,
      foundBytes: this.foundBytes,
      foundObjects: this.foundObjects,
      skipped: Object.fromEntries([...this.skipped].map(([reason, sum]) => [reason, { ...sum }])),
      deleted: { ...this.deleted },
      failed: this.failed,
      failedByKind: Object.fromEntries(this.failedByKind),
      cancelled: this.cancelled,
      verified: Object.fromEntries(this.verified),
      ways: Object.fromEntries(this.ways),
      notCarried: Object.fromEntries(this.notCarried),
      strangerUploads: this.otherUploads,
      leftUploads: this.leftUploads,
      retries: this.retries,
      elapsedMs: Math.round(elapsedMs),
    };
  }

  #addDone(result: Extract<TransferResult, { outcome: "done" }>): void {
    this.done.objects += 1;
    this.done.bytes += result.sizeBytes;
    count(this.verified, result.digest === undefined ? result.evidence : `${result.evidence} ${result.digest}`);
    count(this.ways, result.way);
    for (const text of result.notCarried) count(this.notCarried, text);
    this.otherUploads += result.otherUploads.length;
  }

  #addFailure(failure: ShownFailure): void {
    this.failedByKind.set(failure.kind, (this.failedByKind.get(failure.kind) ?? 0) + 1);
    if (this.failuresShown.length < FAILURES_SHOWN_MAX) this.failuresShown.push(failure);
  }
}

function count(counts: Map<string, number>, text: string): void {
  const name = counts.has(text) || counts.size < TEXTS_MAX ? text : "other";
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
