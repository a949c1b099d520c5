/** What happens to the work of workers that die. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DEATHS_IN_A_ROW_MAX, WORKER_READY_MAX_MS } from "../../lib/limits.ts";
import { done, Rig, transfer, transfers } from "./rig.ts";

Deno.test("runSchedule() assigns the open transfers of a dead worker once more", async () => {
  const rig = new Rig(transfers(3), { workers: 1 });
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(done(transfer(1)));
  rig.link(0).die();
  await rig.turn();
  assert(rig.link(0).terminated);
  assertEquals(rig.links.length, 2);
  await rig.allReady();
  const second = rig.link(1);
  assertEquals(second.assigned.map((item) => item.id), [0]);
  second.settle(done(transfer(0)));
  await rig.turn();
  assertEquals(second.assigned.map((item) => item.id), [0, 2]);
  second.settle(done(transfer(2)));
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.told, ["0 done", "1 done", "2 done"]);
  assertEquals(rig.outcome?.error, undefined);
});

Deno.test("runSchedule() fails a transfer with kind crash at its second death, and only that one", async () => {
  const rig = new Rig(transfers(4), { workers: 1 });
  await rig.turn();
  for (let death = 0; death < 2; death++) {
    await rig.allReady();
    await rig.clock.advance(10);
    rig.link(death).die("out of memory");
    await rig.turn();
  }
  assertEquals(rig.told, ["0 failed"]);
  const [result] = rig.results;
  assert(result?.outcome === "failed");
  assertEquals(result.error, { kind: "crash", message: "Worker died twice under this object: out of memory", key: "k0" });
  assertEquals(result.effort.elapsedMs, 10);
  for (let id = 1; id < 4; id++) {
    await rig.allReady();
    rig.link(2).settle(done(transfer(id)));
    await rig.turn();
  }
  await rig.allDrained();
  assertEquals(rig.told, ["0 failed", "1 done", "2 done", "3 done"]);
  assertEquals(rig.outcome?.error, undefined);
});

Deno.test("runSchedule() gives a dead worker's work to one that lives already", async () => {
  const rig = new Rig(transfers(2, 1000), { workers: 2 });
  await rig.turn();
  await rig.allReady();
  rig.link(1).settle(done(transfer(1)));
  rig.link(0).die();
  await rig.turn();
  assertEquals(rig.links.length, 2);
  assertEquals(rig.link(1).assigned.map((item) => item.id), [1, 0]);
  rig.link(1).settle(done(transfer(0)));
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.told, ["0 done", "1 done"]);
});

Deno.test("runSchedule() does not count a death before ready against the transfers", async () => {
  const rig = new Rig(transfers(2), { workers: 1 });
  await rig.turn();
  rig.link(0).die();
  await rig.turn();
  await rig.allReady();
  assertEquals(rig.link(1).assigned.map((item) => item.id), [0, 1]);
  rig.link(1).die();
  await rig.turn();
  await rig.allReady();
  assertEquals(rig.results, []);
  assertEquals(rig.link(2).assigned.map((item) => item.id), [0]);
  rig.abort.abort();
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.told, ["0 cancelled", "1 cancelled"]);
});

Deno.test("runSchedule() stops the job at the second death before ready", async () => {
  const rig = new Rig(transfers(2), { workers: 1 });
  await rig.turn();
  rig.link(0).die("no such module");
  await rig.turn();
  rig.link(1).die("no such module");
  await rig.turn();
  assertEquals(rig.outcome?.error, { kind: "crash", message: "Workers die before they are ready: no such module" });
  assertEquals(rig.told, ["0 cancelled", "1 cancelled"]);
  assertEquals(rig.clock.armed, 0);
});

Deno.test("runSchedule() counts a worker that never says ready as dead", async () => {
  const rig = new Rig(transfers(1), { workers: 1 });
  await rig.turn();
  await rig.clock.advance(WORKER_READY_MAX_MS - 1);
  assertEquals(rig.links.length, 1);
  await rig.clock.advance(1);
  assert(rig.link(0).terminated);
  assertEquals(rig.links.length, 2);
  await rig.clock.advance(WORKER_READY_MAX_MS);
  assertStringIncludes(rig.outcome?.error?.message ?? "", "not ready after 60 s");
});

Deno.test("runSchedule() ignores a second death of the same worker and what it says after it", async () => {
  const rig = new Rig(transfers(1), { workers: 1 });
  await rig.turn();
  await rig.allReady();
  rig.link(0).die();
  rig.link(0).die();
  rig.link(0).settle(done(transfer(0)));
  await rig.turn();
  assertEquals(rig.results, []);
  await rig.allReady();
  rig.link(1).settle(done(transfer(0)));
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.told, ["0 done"]);
});

Deno.test("runSchedule() stops the job when workers keep dying without a result", async () => {
  const rig = new Rig(transfers(10_000), { workers: 1 });
  await rig.turn();
  let deaths = 0;
  for (; rig.outcome === undefined && deaths < 100; deaths++) {
    await rig.allReady();
    rig.links.at(-1)?.die();
    await rig.turn();
  }
  assertEquals(deaths, DEATHS_IN_A_ROW_MAX);
  assertEquals(rig.outcome?.error?.message, "Workers keep dying: boom");
  assertEquals(rig.results.length, rig.pulled);
});

Deno.test("runSchedule() loses nothing when a worker dies while it drains", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(done(transfer(0)));
  await rig.turn();
  rig.link(0).die();
  await rig.turn();
  assertEquals(rig.settled, 1);
  assertEquals(rig.outcome?.error, undefined);
});
