/**
 * The memory limit of a run: an upper bound made of measured costs, the same for any object size and any listing, printed with the plan.
 * `memory` in the job lowers what is in flight until the bound fits.
 */
import { TransferError } from "../errors.ts";
import { MEMORY_MAIN_BYTES, MEMORY_PER_OBJECT_BYTES, MEMORY_PER_PART_BYTES, MEMORY_PER_WORKER_BYTES, MIB } from "../limits.ts";
import type { Tuning } from "../job_types.ts";
import type { ReadyStore } from "../types.ts";
import { costOf, type Costs, fit, type InFlight, leastCost } from "./fit.ts";

const COSTS: Costs = {
  main: MEMORY_MAIN_BYTES,
  perWorker: MEMORY_PER_WORKER_BYTES,
  perPart: MEMORY_PER_PART_BYTES,
  perObject: MEMORY_PER_OBJECT_BYTES,
};

/** Upper bound of the process's memory in bytes under this tuning. */
export function memoryLimit(tuning: InFlight): number {
  return costOf(tuning, COSTS);
}

/** The same tuning for what the source can give: a compressed archive is read once, from its beginning to its end, by one. */
export function fitSource(tuning: Tuning, source: ReadyStore): Tuning {
  const inOrder = source.type === "local" && source.archive !== undefined && source.archive !== "none";
  return inOrder ? { ...tuning, workers: 1, partsInFlight: 1, objectsInFlight: 1 } : tuning;
}

/** The same tuning with as much in flight as `memoryBytes` allows. Throws TransferError `config` when even the least does not fit. */
export function fitMemory(tuning: Tuning): Tuning {
  if (tuning.memoryBytes === 0) return tuning;
  const fitting = fit(tuning, COSTS, tuning.memoryBytes);
  if (fitting !== undefined) return { ...tuning, ...fitting };
  const least = Math.ceil(leastCost(COSTS) / MIB);
  throw new TransferError("config", `memory = ${Math.floor(tuning.memoryBytes / MIB)} MiB is too little: give at least ${least} MiB`);
}
