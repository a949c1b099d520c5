/** What a run did, in sums. Memory does not grow with the objects: failures are kept up to a limit, everything else is counted. */
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
    return total(this.failedByKind.values());
  }

  /** Skipped objects, excluded ones not counted. */
  get skippedObjects(): number {
    return total([...this.skipped].map(([reason, { objects }]) => reason === "excluded" ? 0 : objects));
  }

  /** Takes in skips and problems; transfers and deletes count when they have happened. */
  addPlanItem(item: PlanItem): void {
    if (item.kind === "problem") return this.#addFailure(item.key, item.error);
    if (item.kind !== "skip") return;
    const { objects, bytes } = this.skipped.get(item.reason) ?? { objects: 0, bytes: 0 };
    this.skipped.set(item.reason, { objects: objects + 1, bytes: bytes + item.sizeBytes });
  }

  /** Takes in the end of a transfer. */
  addResult(result: TransferResult): void {
    const { movedBytes, foundBytes, retries } = result.effort;
    this.movedBytes += movedBytes;
    this.foundBytes += foundBytes;
    if (foundBytes > 0) this.foundObjects += 1;
    this.retries += retries;
    if (result.outcome === "failed") this.#addFailure(result.key, result.error);
    if (result.outcome === "cancelled") this.cancelled += 1;
    if (result.outcome !== "done") {
      if (result.uploadId !== undefined) this.leftUploads += 1;
      return;
    }
    this.done.objects += 1;
    this.done.bytes += result.sizeBytes;
    count(this.verified, result.digest === undefined ? result.evidence : `${result.evidence} ${result.digest}`);
    count(this.ways, result.way);
    for (const text of result.notCarried) count(this.notCarried, text);
    this.otherUploads += result.otherUploads.length;
  }

  /** Takes in a delete; `failure` says why it failed. */
  addDelete(destinationKey: string, sizeBytes: number, failure?: { readonly kind: ErrorKind; readonly message: string }): void {
    if (failure !== undefined) {
      return this.#addFailure(destinationKey, { kind: failure.kind, message: `Cannot delete: ${failure.message}` });
    }
    this.deleted.objects += 1;
    this.deleted.bytes += sizeBytes;
  }

  /** The sums as one record, the last line of a manifest. */
  record(elapsedMs: number): ReportRecord {
    const { movedBytes, foundBytes, foundObjects, failed, cancelled, otherUploads, leftUploads, retries } = this;
    return {
      type: "summary",
      done: { ...this.done },
      movedBytes,
      foundBytes,
      foundObjects,
      skipped: Object.fromEntries(this.skipped),
      deleted: { ...this.deleted },
      failed,
      failedByKind: Object.fromEntries(this.failedByKind),
      cancelled,
      verified: Object.fromEntries(this.verified),
      ways: Object.fromEntries(this.ways),
      notCarried: Object.fromEntries(this.notCarried),
      strangerUploads: otherUploads,
      leftUploads,
      retries,
      elapsedMs: Math.round(elapsedMs),
    };
  }

  #addFailure(key: string, { kind, message }: { readonly kind: ErrorKind; readonly message: string }): void {
    this.failedByKind.set(kind, (this.failedByKind.get(kind) ?? 0) + 1);
    if (this.failuresShown.length < FAILURES_SHOWN_MAX) this.failuresShown.push({ key, kind, message });
  }
}

function total(counts: Iterable<number>): number {
  return [...counts].reduce((sum, count) => sum + count, 0);
}

function count(counts: Map<string, number>, text: string): void {
  const name = counts.has(text) || counts.size < TEXTS_MAX ? text : "other";
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
