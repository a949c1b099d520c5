/**
 * The files and sockets that a run may have open at once, held against what the system allows this process (`ulimit -n`): pure.
 */
import { TransferError } from "../errors.ts";
import { FILES_MAIN, FILES_PER_IN_FLIGHT, FILES_PER_WORKER } from "../limits.ts";
import type { Tuning } from "../job_types.ts";
import { type Costs, fit, leastCost } from "./fit.ts";

const COSTS: Costs = { main: FILES_MAIN, perWorker: FILES_PER_WORKER, perPart: FILES_PER_IN_FLIGHT, perObject: FILES_PER_IN_FLIGHT };

/**
 * The same tuning with as much in flight as `most` open files allow; the same object when that is all of it. Throws TransferError `config`
 * when even the least does not fit.
 */
export function fitOpenFiles(tuning: Tuning, most: number | undefined): Tuning {
  if (most === undefined) return tuning;
  const fitting = fit(tuning, COSTS, most);
  if (fitting !== undefined) return fitting === tuning ? tuning : { ...tuning, ...fitting };
  const least = leastCost(COSTS);
  throw new TransferError("config", `This process may have only ${most} files open: raise the limit to at least ${least} (ulimit -n)`);
}
