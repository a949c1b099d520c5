/** A campaign that finds nothing may be blind: each of these faults is planted, and each must be found. */
import { assert, assertEquals } from "@std/assert";
import { PLANTED } from "./planted.ts";
import { drawScenario } from "./scenario.ts";
import { promiseOf, shrink } from "./shrink.ts";
import { simulate } from "./simulation.ts";

/** Seeds within which each must be found. */
const SEEDS_MAX = 1000;

for (const { name, breaks, tampering } of PLANTED) {
  Deno.test(`the campaign notices when ${name}`, async () => {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const report = await simulate(drawScenario(seed), tampering());
      if (promiseOf(report) !== breaks) continue;
      console.log(`noticed by seed ${seed}: ${report.trouble}`);
      return;
    }
    throw new Error(`Not noticed within ${SEEDS_MAX} seeds`);
  });
}

Deno.test("shrink() leaves a smaller scenario that breaks the same promise", async () => {
  const planted = PLANTED.find(({ name }) => name.startsWith("Complete"));
  assert(planted);
  for (let seed = 1;; seed++) {
    const scenario = drawScenario(seed);
    const report = await simulate(scenario, planted.tampering());
    if (report.trouble === undefined) continue;
    const small = await shrink(scenario, planted.tampering);
    assertEquals(promiseOf(await simulate(small, planted.tampering())), promiseOf(report));
    assert(JSON.stringify(small).length < JSON.stringify(scenario).length);
    return;
  }
});
