/**
 * Many scenarios, one after the other: the seeds to play, what is printed of one that fails, and what was seen in all.
 */
import { type Scenario, writeScenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { type Report, simulate } from "./simulation.ts";

/** Adds what one report has seen to the sums. */
export function addSeen(sums: Map<string, number>, report: Report): void {
  for (const [what, count] of report.seen) sums.set(what, (sums.get(what) ?? 0) + count);
}

/** Plays a scenario; throws with everything that is needed to play it again when a promise is broken. */
export async function playOrExplain(scenario: Scenario): Promise<Report> {
  const report = await simulate(scenario);
  if (report.trouble === undefined) return report;
  const smallest = await shrink(scenario);
  const { trouble } = await simulate(smallest);
  throw new Error(
    `Seed ${scenario.seed} broke a promise (SLUICE_SEED=${scenario.seed} plays it again): ${report.trouble}\n` +
      `The smallest scenario found that breaks it: ${trouble}\n` +
      `Keep it in tests/simulation/seeds.ts:\n${JSON.stringify(writeScenario(smallest))}`,
  );
}
