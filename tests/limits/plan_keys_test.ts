/**
 * A plan over more keys than memory could hold. `SLUICE_KEYS=100000000` plans as many on each side (some minutes of one core); the
 * everyday run plans as many as take a few seconds.
 */
import { assert, assertEquals } from "@std/assert";
import { MIB } from "../../lib/limits.ts";
import type { PlanKeysTask, PlannedKeys } from "./plan_keys.ts";

const PROGRAM = new URL("./plan_keys.ts", import.meta.url).pathname;
const KEYS = Math.ceil(Number(Deno.env.get("SLUICE_KEYS") ?? 1_500_000) / 1000) * 1000;
/** Between 10 and 100 % of the keys; a leak of a few bytes a key would be more. */
const HEAP_GROWTH_MAX_BYTES = 2 * MIB;
/** Pages of garbage come and go; the heap is collected when it has 64 MiB. */
const PEAK_GROWTH_MAX_BYTES = 40 * MIB;

for (const destination of ["store", "folder"] as const) {
  const keys = destination === "store" ? KEYS : Math.min(KEYS, 1_000_000);
  const many = `${keys.toLocaleString("en")} keys on both sides`;
  Deno.test(`a plan of ${many} into a ${destination} is right and takes no more memory for more keys`, async () => {
    const planned = await run({ keys, destination });
    console.log(describe(planned));
    assertEquals(planned.items, {
      skip: keys * 997 / 1000,
      transfer: keys * 2 / 1000,
      ...(keys / 1000 <= 1000 ? { delete: keys / 1000 } : { problem: 1 }),
    });
    const growth = planned.heapAtEndBytes - planned.heapAtTenthBytes;
    assert(growth <= HEAP_GROWTH_MAX_BYTES, `The heap grew: ${describe(planned)}`);
    assert(planned.peakBytes - planned.peakAtTenthBytes <= PEAK_GROWTH_MAX_BYTES, `The process grew: ${describe(planned)}`);
  });
}

Deno.test("the measure notices a plan that is held in memory", async () => {
  const planned = await run({ keys: 200_000, destination: "store", leak: true });
  const growth = planned.heapAtEndBytes - planned.heapAtTenthBytes;
  assert(growth > 2 * HEAP_GROWTH_MAX_BYTES, `Held 200,000 items unnoticed: ${describe(planned)}`);
});

async function run(task: PlanKeysTask): Promise<PlannedKeys> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", PROGRAM, JSON.stringify(task)],
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function describe(planned: PlannedKeys): string {
  const mib = (bytes: number) => (bytes / MIB).toFixed(1);
  return `${planned.keysPerSecond} keys/s; heap ${mib(planned.heapAtTenthBytes)} MiB at 10 %, ${
    mib(planned.heapAtEndBytes)
  } MiB at 100 %; ` +
    `peak ${mib(planned.peakAtTenthBytes)} MiB and ${mib(planned.peakBytes)} MiB`;
}
