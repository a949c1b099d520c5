/** How much may be in flight where memory or open files are bounded. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { FILES_MAIN, FILES_PER_IN_FLIGHT, FILES_PER_WORKER, MIB } from "../../lib/limits.ts";
import { costOf, type Costs, fit, fitMemory, fitOpenFiles, leastCost, memoryLimit } from "../../lib/run/fit.ts";
import { makeJob } from "../plan/scripted_store.ts";

const COSTS: Costs = { main: 10, perWorker: 5, perPart: 3, perObject: 1 };
const TUNING = { ...makeJob("s3://a/", "s3://b/").tuning, workers: 4, partsInFlight: 8, objectsInFlight: 32 };

Deno.test("fit() stays within every bound that the least fits into, and gives up nothing when all fits", () => {
  const whole = costOf(TUNING, COSTS);
  for (let most = leastCost(COSTS); most < whole; most++) {
    const fitting = fit(TUNING, COSTS, most);
    assert(fitting !== undefined && costOf(fitting, COSTS) <= most, `${most}`);
    assert(Math.min(fitting.workers, fitting.partsInFlight, fitting.objectsInFlight) >= 1, `${most}`);
  }
  assertEquals(fit(TUNING, COSTS, whole), TUNING);
  assertEquals(fit(TUNING, COSTS, leastCost(COSTS) - 1), undefined);
});

Deno.test("fit() gives up workers first, then of parts and objects those that take more", () => {
  assertEquals(fit(TUNING, COSTS, 71), { ...TUNING, workers: 1, partsInFlight: 8, objectsInFlight: 32 });
  assertEquals(fit(TUNING, COSTS, 59), { ...TUNING, workers: 1, partsInFlight: 8, objectsInFlight: 16 });
  assertEquals(fit(TUNING, COSTS, 43), { ...TUNING, workers: 1, partsInFlight: 4, objectsInFlight: 16 });
});

Deno.test("fitOpenFiles() leaves a tuning alone that fits, and names the limit and the way out where nothing does", () => {
  assertEquals(fitOpenFiles(TUNING, undefined) === TUNING, true);
  assertEquals(fitOpenFiles(TUNING, 20_000) === TUNING, true);
  const least = FILES_MAIN + FILES_PER_WORKER + 2 * FILES_PER_IN_FLIGHT;
  const lowered = fitOpenFiles(TUNING, least);
  assertEquals([lowered.workers, lowered.partsInFlight, lowered.objectsInFlight], [1, 1, 1]);
  const error = assertThrows(() => fitOpenFiles(TUNING, least - 1), TransferError, `at least ${least} (ulimit -n)`);
  assertEquals(error.kind, "config");
});

Deno.test("fitMemory() lowers what is in flight until the limit is what was asked for, or says what it needs", () => {
  assertEquals(fitMemory(TUNING) === TUNING, true);
  const memoryBytes = 250 * MIB;
  assert(memoryLimit(fitMemory({ ...TUNING, memoryBytes })) <= memoryBytes);
  assertThrows(() => fitMemory({ ...TUNING, memoryBytes: 100 * MIB }), TransferError, "give at least");
});
