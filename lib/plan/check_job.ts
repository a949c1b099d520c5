/**
 * The comparison of both sides: the plan's own walk, reported as differences. Copies and deletes nothing.
 */
import type { TransferReason } from "../types.ts";
import type { WalkInput } from "./plan_input.ts";
import { walkJob } from "./walk.ts";

/** How a key differs. `extra`: only the destination has it. `unreadable`: the source could not be read, or has no place there. */
export type DifferenceKind = TransferReason | "extra" | "unreadable";

/** One key that differs. */
export interface Difference {
  /** Of the source; of the destination for `extra`. */
  readonly key: string;
  /** How the sides differ. */
  readonly difference: DifferenceKind;
  /** Size in bytes, of the source; of the destination for `extra`. */
  readonly sizeBytes: number;
  /** For `unreadable`: why. */
  readonly message?: string;
}

/** Sums of a check; final once the differences have ended. */
export interface CheckCounts {
  /** Objects that are the same on both sides. */
  same: number;
  /** Objects that the job does not select. */
  excluded: number;
  /** All differences but `extra`. */
  different: number;
  /** Only at the destination: a difference or not, as the caller sees it. */
  extra: number;
  /** Bytes of the objects that are the same. */
  sameBytes: number;
}

/** A check in progress. */
export interface Check {
  readonly differences: AsyncIterable<Difference>;
  readonly counts: Readonly<CheckCounts>;
}

/** Compares both sides of a job as its plan would. Reading the differences throws what the plan would throw. */
export function checkJob(input: WalkInput): Check {
  const counts: CheckCounts = { same: 0, excluded: 0, different: 0, extra: 0, sameBytes: 0 };
  return { differences: differences(input, counts), counts };
}

async function* differences(input: WalkInput, counts: CheckCounts): AsyncGenerator<Difference> {
  for await (const verdict of walkJob(input)) {
    switch (verdict.kind) {
      case "skip":
        counts[verdict.reason === "excluded" ? "excluded" : "same"] += 1;
        if (verdict.reason !== "excluded") counts.sameBytes += verdict.source.sizeBytes;
        break;
      case "transfer":
        counts.different += 1;
        yield { key: verdict.source.key, difference: verdict.reason, sizeBytes: verdict.source.sizeBytes };
        break;
      case "extra":
        counts.extra += 1;
        yield { key: verdict.destination.key, difference: "extra", sizeBytes: verdict.destination.sizeBytes };
        break;
      case "problem":
        if (!verdict.shown) break;
        counts.different += 1;
        yield { key: verdict.key, difference: "unreadable", sizeBytes: 0, message: verdict.error.message };
        break;
    }
  }
}
