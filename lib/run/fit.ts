/**
 * How much may be in flight where something of the machine is bounded: pure. What the bound is of, memory or open files, is the caller's
 * business.
 */
import type { Tuning } from "../job_types.ts";

/** What is in flight at most. */
export type InFlight = Pick<Tuning, "workers" | "partsInFlight" | "objectsInFlight">;

/** What a run takes of something bounded, each part measured. */
export interface Costs {
  readonly main: number;
  readonly perWorker: number;
  readonly perPart: number;
  readonly perObject: number;
}

/** What a run with this much in flight takes at most. */
export function costOf({ workers, partsInFlight, objectsInFlight }: InFlight, costs: Costs): number {
  return costs.main + workers * (costs.perWorker + partsInFlight * costs.perPart + objectsInFlight * costs.perObject);
}

/**
 * As much in flight as `most` allows, workers given up first; the same object when nothing has to be given up, undefined when even the
 * least does not fit.
 */
export function fit(inFlight: InFlight, costs: Costs, most: number): InFlight | undefined {
  if (costOf(inFlight, costs) <= most) return inFlight;
  let { workers, partsInFlight, objectsInFlight } = inFlight;
  while (costOf({ workers, partsInFlight, objectsInFlight }, costs) > most) {
    const parts = partsInFlight * costs.perPart;
    const objects = objectsInFlight * costs.perObject;
    if (workers > 1) workers--;
    else if (partsInFlight > 1 && (parts >= objects || objectsInFlight === 1)) partsInFlight = Math.floor(partsInFlight / 2);
    else if (objectsInFlight > 1) objectsInFlight = Math.floor(objectsInFlight / 2);
    else return undefined;
  }
  return { workers, partsInFlight, objectsInFlight };
}

/** The least that a run takes. */
export function leastCost(costs: Costs): number {
  return costOf({ workers: 1, partsInFlight: 1, objectsInFlight: 1 }, costs);
}
