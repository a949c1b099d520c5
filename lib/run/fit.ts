/**
 * How much may be in flight where something is bounded: memory (`memory` in the job), open files (`ulimit -n`), a source that is read in
 * order. Bounds are made of measured costs, the same for any object size and any listing. Pure.
 */
import { TransferError } from "../errors.ts";
import {
  FILES_MAIN,
  FILES_PER_IN_FLIGHT,
  FILES_PER_WORKER,
  MEMORY_MAIN_BYTES,
  MEMORY_PER_OBJECT_BYTES,
  MEMORY_PER_PART_BYTES,
  MEMORY_PER_WORKER_BYTES,
  MIB,
} from "../limits.ts";
import type { Tuning } from "../job_types.ts";
import type { ReadyStore } from "../types.ts";

/** What is in flight at most. */
export type InFlight = Pick<Tuning, "workers" | "partsInFlight" | "objectsInFlight">;

/** What a run takes of something bounded, each part measured. */
export interface Costs {
  readonly main: number;
  readonly perWorker: number;
  readonly perPart: number;
  readonly perObject: number;
}

const MEMORY: Costs = {
  main: MEMORY_MAIN_BYTES,
  perWorker: MEMORY_PER_WORKER_BYTES,
  perPart: MEMORY_PER_PART_BYTES,
  perObject: MEMORY_PER_OBJECT_BYTES,
};

const FILES: Costs = { main: FILES_MAIN, perWorker: FILES_PER_WORKER, perPart: FILES_PER_IN_FLIGHT, perObject: FILES_PER_IN_FLIGHT };

/** What a run with this much in flight takes at most. */
export function costOf({ workers, partsInFlight, objectsInFlight }: InFlight, costs: Costs): number {
  return costs.main + workers * (costs.perWorker + partsInFlight * costs.perPart + objectsInFlight * costs.perObject);
}

/** The least that a run takes. */
export function leastCost(costs: Costs): number {
  return costOf({ workers: 1, partsInFlight: 1, objectsInFlight: 1 }, costs);
}

/**
 * As much in flight as `most` allows, workers given up first; the same object when nothing has to be given up, undefined when even the
 * least does not fit.
 */
export function fit<T extends InFlight>(inFlight: T, costs: Costs, most: number): T | undefined {
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
  return { ...inFlight, workers, partsInFlight, objectsInFlight };
}

/** Upper bound of the process's memory in bytes under this tuning. */
export function memoryLimit(tuning: InFlight): number {
  return costOf(tuning, MEMORY);
}

/** The same tuning for what the source can give: a compressed archive is read once, from its beginning to its end, by one. */
export function fitSource(tuning: Tuning, source: ReadyStore): Tuning {
  const inOrder = source.type === "local" && source.archive !== undefined && source.archive !== "none";
  return inOrder ? { ...tuning, workers: 1, partsInFlight: 1, objectsInFlight: 1 } : tuning;
}

/** The same tuning with as much in flight as `memoryBytes` allows. Throws TransferError `config` when even the least does not fit. */
export function fitMemory(tuning: Tuning): Tuning {
  const { memoryBytes } = tuning;
  const fitting = memoryBytes === 0 ? tuning : fit(tuning, MEMORY, memoryBytes);
  if (fitting !== undefined) return fitting;
  const least = Math.ceil(leastCost(MEMORY) / MIB);
  throw new TransferError("config", `memory = ${Math.floor(memoryBytes / MIB)} MiB is too little: give at least ${least} MiB`);
}

/**
 * The same tuning with as much in flight as `most` open files and sockets allow; the same object when that is all of it. Throws
 * TransferError `config` when even the least does not fit.
 */
export function fitOpenFiles(tuning: Tuning, most = Infinity): Tuning {
  const fitting = fit(tuning, FILES, most);
  if (fitting !== undefined) return fitting;
  const least = leastCost(FILES);
  throw new TransferError("config", `This process may have only ${most} files open: raise the limit to at least ${least} (ulimit -n)`);
}
