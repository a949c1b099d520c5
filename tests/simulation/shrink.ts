/**
 * Makes a failing scenario smaller: leaves out objects, happenings, faults and oddities one by one, as long as the same promise is broken.
 */
import type { StoreTraits } from "../store/store_traits.ts";
import { NO_FAULTS, type Scenario } from "./scenario.ts";
import { type Report, simulate } from "./simulation.ts";
import type { Tampering } from "./sim_worker.ts";

/** Simulations that one shrinking may take. */
const TRIES_MAX = 2000;

/** The name of the promise that a report says was broken. */
export function promiseOf(report: Report): string | undefined {
  return report.trouble?.split(":", 1)[0];
}

/** The smallest scenario found that breaks the same promise. */
export async function shrink(scenario: Scenario, tamper?: () => Tampering): Promise<Scenario> {
  const broken = promiseOf(await simulate(scenario, tamper?.()));
  let smallest = scenario;
  let tries = 0;
  for (let progress = broken !== undefined; progress;) {
    progress = false;
    for (const smaller of smallerOnes(smallest)) {
      if (++tries > TRIES_MAX) return smallest;
      if (promiseOf(await simulate(smaller, tamper?.())) !== broken) continue;
      smallest = smaller;
      progress = true;
      break;
    }
  }
  return smallest;
}

function* smallerOnes(scenario: Scenario): Generator<Scenario> {
  for (let index = scenario.objects.length - 1; index >= 0 && scenario.objects.length > 1; index--) {
    yield { ...scenario, objects: scenario.objects.toSpliced(index, 1) };
  }
  for (let index = scenario.happenings.length - 1; index >= 0; index--) {
    yield { ...scenario, happenings: scenario.happenings.toSpliced(index, 1) };
  }
  for (const name of Object.keys(NO_FAULTS) as (keyof typeof NO_FAULTS)[]) {
    if (scenario.faults[name] > 0) yield { ...scenario, faults: { ...scenario.faults, [name]: 0 } };
  }
  for (const [index, object] of scenario.objects.entries()) {
    for (const plainer of [{ foreign: "none" }, { before: "nothing" }, { checksum: false }, { partSizeBytes: 0 }] as const) {
      const smaller = { ...object, ...plainer };
      if (JSON.stringify(smaller) !== JSON.stringify(object)) yield { ...scenario, objects: scenario.objects.with(index, smaller) };
    }
  }
  yield* plainer(scenario, { extras: 0 }, { workers: 1 }, { partsInFlight: 1 }, { objectsInFlight: 1 }, { credentialsMs: 0 });
  yield* plainer(scenario, { delete: false }, { compare: "auto" }, { verify: "auto" }, { unfinished: "resume" }, { latencyMs: 20 });
  yield* plainer(scenario, { bandwidthBytesPerSecond: 0 }, { retries: 3 }, { pageEntries: 4 });
  for (const side of ["source", "destination"] as const) {
    const traits = scenario[side];
    const calm: Partial<StoreTraits>[] = [{ skewMs: 0 }, { listLagMs: 0 }, { datesFromUpload: false }, { conditions: "kept" }];
    const s3: Partial<StoreTraits>[] = traits.kind === "local" ? [] : [{ etags: "md5" }, { checksums: false }];
    for (const change of [...calm, ...s3]) yield* plainer(scenario, { [side]: { ...traits, ...change } });
  }
}

function* plainer(scenario: Scenario, ...changes: Partial<Scenario>[]): Generator<Scenario> {
  for (const change of changes) {
    const smaller = { ...scenario, ...change };
    if (JSON.stringify(smaller) !== JSON.stringify(scenario)) yield smaller;
  }
}
