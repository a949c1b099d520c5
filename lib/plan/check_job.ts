/** The comparison of both sides: the plan's own walk, reported as differences. Copies and deletes nothing. */
import type { TransferReason } from "../types.ts";
import { isSkip } from "./compare.ts";
import type { PlanInput } from "./plan_input.ts";
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

/** Sums of a check that has not begun. */
export function noCounts(): CheckCounts {
  return { same: 0, excluded: 0, different: 0, extra: 0, sameBytes: 0 };
}

/** Compares both sides of a job as its plan would, and counts. Throws what the plan would throw. */
export async function* checkJob(input: PlanInput, counts: CheckCounts): AsyncGenerator<Difference> {
  for await (const verdict of walkJob(input)) {
    if (verdict.kind === "extra") {
      const { key, sizeBytes } = verdict.destination;
      counts.extra += 1;
      yield { key, difference: "extra", sizeBytes };
    } else if (verdict.kind === "problem") {
      if (!verdict.shown) continue;
      counts.different += 1;
      yield { key: verdict.key, difference: "unreadable", sizeBytes: 0, message: verdict.error.message };
    } else {
      const { source: { key, sizeBytes }, reason = "always" } = verdict;
      if (reason === "excluded") {
        counts.excluded += 1;
      } else if (isSkip(reason)) {
        counts.same += 1;
        counts.sameBytes += sizeBytes;
      } else {
        counts.different += 1;
        yield { key, difference: reason, sizeBytes };
      }
    }
  }
}
