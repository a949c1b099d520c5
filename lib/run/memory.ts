/**
 * The memory ceiling of a run: an upper bound made of measured costs, the same for any object size and any listing, printed with the plan.
 * `memory` in the job lowers what is in flight until the bound fits.
 */
import { TransferError } from "../errors.ts";
import { MEMORY_MAIN_BYTES, MEMORY_PER_OBJECT_BYTES, MEMORY_PER_PART_BYTES, MEMORY_PER_WORKER_BYTES, MIB } from "../limits.ts";
import type { Tuning } from "../job_types.ts";
import type { ReadyStore } from "../types.ts";

/** Upper bound of the process's memory in bytes under this tuning. */
export function memoryCeiling(tuning: Pick<Tuning, "workers" | "partsInFlight" | "objectsInFlight">): number {
  const worker = MEMORY_PER_WORKER_BYTES + tuning.partsInFlight * MEMORY_PER_PART_BYTES + tuning.objectsInFlight * MEMORY_PER_OBJECT_BYTES;
  return MEMORY_MAIN_BYTES + tuning.workers * worker;
}

/** The same tuning for what the source can give: a compressed archive is read once, from its beginning to its end, by one. */
export function fitSource(tuning: Tuning, source: ReadyStore): Tuning {
  const inOrder = source.type === "local" && source.archive !== undefined && source.archive !== "none";
  return inOrder ? { ...tuning, workers: 1, partsInFlight: 1, objectsInFlight: 1 } : tuning;
}

/** The same tuning with as much in flight as `memoryBytes` allows. Throws TransferError `config` when even the least does not fit. */
export function fitMemory(tuning: Tuning): Tuning {
  if (tuning.memoryBytes === 0) return tuning;
  let { workers, partsInFlight, objectsInFlight } = tuning;
  while (memoryCeiling({ workers, partsInFlight, objectsInFlight }) > tuning.memoryBytes) {
    if (workers > 1) workers--;
    else if (partsInFlight > 1) partsInFlight = Math.floor(partsInFlight / 2);
    else if (objectsInFlight > 1) objectsInFlight = Math.floor(objectsInFlight / 2);
    else {
      const least = Math.ceil(memoryCeiling({ workers, partsInFlight, objectsInFlight }) / MIB);
      throw new TransferError("config", `memory = ${Math.floor(tuning.memoryBytes / MIB)} MiB is too little: give at least ${least} MiB`);
    }
  }
  return { ...tuning, workers, partsInFlight, objectsInFlight };
}
