/** How workers are started, filled and ended. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ASSIGN_TRANSFERS_MAX, CANCEL_GRACE_MS, GIB, WINDOW_TRANSFERS_MAX } from "../../lib/limits.ts";
import { runSchedule } from "../../lib/schedule/scheduler.ts";
import type { Transfer } from "../../lib/types.ts";
import { done, FakeLink, Rig, START, totals, transfer, transfers, VirtualClock } from "./rig.ts";

/** Workers settle all they hold until the run is over. */
async function finish(rig: Rig): Promise<void> {
  const settled = new Set<Transfer>();
  for (let round = 0; rig.outcome === undefined && round < 1000; round++) {
    await rig.allReady();
    for (const link of rig.links) {
      const open = link.assigned.filter((item) => !settled.has(item));
      for (const item of open) settled.add(item);
      const seen = new Set(rig.results.map((result) => result.id));
      const fresh = open.filter((item) => !seen.has(item.id));
      if (fresh.length > 0 && !link.terminated) link.settle(...fresh.map(done));
    }
    await rig.turn();
    if (rig.links.some((link) => !link.terminated && link.heard.at(-1) === "drain")) await rig.allDrained();
  }
}

Deno.test("runSchedule() of an empty plan starts no worker", async () => {
  const rig = new Rig([]);
  await rig.turn();
  assertEquals([rig.outcome, rig.results, rig.totals], [{ interrupted: false, error: undefined }, [], []]);
  assertEquals(rig.links.length, 0);
  assertEquals(rig.clock.armed, 0);
});

Deno.test("runSchedule() speaks to a worker only after its ready, and start comes first", async () => {
  const rig = new Rig(transfers(2));
  await rig.turn();
  assertEquals(rig.link(0).heard, []);
  await rig.allReady();
  assertEquals(rig.link(0).heard, ["start", "assign"]);
  assertEquals(rig.link(0).commands[0], { type: "start", workerId: 0, ...START });
  rig.link(0).settle(...rig.link(0).assigned.map(done));
  await rig.turn();
  assertEquals(rig.link(0).heard, ["start", "assign", "drain"]);
  assertEquals(rig.outcome, undefined);
  await rig.allDrained();
  assertEquals(rig.settled, 2);
  assert(rig.link(0).terminated);
  assertEquals(rig.clock.armed, 0);
});

Deno.test("runSchedule() says start once, however often a worker says ready", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  rig.link(0).onEvent({ type: "ready" });
  rig.link(0).onEvent({ type: "ready" });
  await rig.turn();
  assertEquals(rig.link(0).heard, ["start", "assign"]);
  await finish(rig);
});

Deno.test("runSchedule() starts only as many workers as the work can use at once", async () => {
  const cases: [string, Transfer[], number][] = [
    ["one giant", [transfer(0, 900 * GIB)], 1],
    ["small ones that one worker starts at once", transfers(4), 1],
    ["one small one more", transfers(5), 2],
    ["two big ones", transfers(2, 1000), 2],
    ["a small one behind a big one", [transfer(0, 1000), transfer(1)], 2],
    ["many small ones", transfers(10_000), 3],
    ["many big ones", transfers(50, 5000), 3],
  ];
  for (const [name, plan, expected] of cases) {
    const rig = new Rig(plan, { workers: 3 });
    await finish(rig);
    assertEquals(rig.links.length, expected, name);
    assertEquals(rig.settled, plan.length, name);
    assertEquals(new Set(rig.results.map((result) => result.id)).size, plan.length, name);
  }
});

Deno.test("runSchedule() keeps big objects for workers that still start, rather than queueing them", async () => {
  const rig = new Rig(transfers(3, 5000), { workers: 3 });
  await rig.turn();
  rig.link(0).onEvent({ type: "ready" });
  await rig.turn();
  assertEquals(rig.link(0).assigned.length, 1);
  await rig.allReady();
  assertEquals(rig.links.map((link) => link.assigned.length), [1, 1, 1]);
  await finish(rig);
});

Deno.test("runSchedule() bounds each message and each window, and pulls no further than that", async () => {
  const rig = new Rig(transfers(5000), { workers: 2 });
  await rig.turn();
  await rig.allReady();
  for (const link of rig.links) {
    assertEquals(link.assigned.length, WINDOW_TRANSFERS_MAX);
    for (const command of link.commands) if (command.type === "assign") assert(command.transfers.length <= ASSIGN_TRANSFERS_MAX);
  }
  assertEquals(rig.pulled, 2 * WINDOW_TRANSFERS_MAX);
  rig.link(0).settle(...rig.link(0).assigned.slice(0, 10).map(done));
  await rig.turn();
  assertEquals(rig.pulled, 2 * WINDOW_TRANSFERS_MAX + 10);
  assertEquals(rig.link(0).assigned.length, WINDOW_TRANSFERS_MAX + 10);
  assertEquals(rig.link(1).assigned.length, WINDOW_TRANSFERS_MAX);
  await finish(rig);
  assertEquals(rig.settled, 5000);
});

Deno.test("runSchedule() bounds the window by bytes and gives a giant to a worker without other big work", async () => {
  const rig = new Rig([transfer(0, 3 * GIB), transfer(1, 2 * GIB), transfer(2, 500 * GIB), transfer(3)], { workers: 1 });
  await rig.turn();
  await rig.allReady();
  const link = rig.link(0);
  assertEquals(link.assigned.map((item) => item.id), [0]);
  link.settle(done(transfer(0)));
  await rig.turn();
  assertEquals(link.assigned.map((item) => item.id), [0, 1]);
  link.settle(done(transfer(1)));
  await rig.turn();
  assertEquals(link.assigned.map((item) => item.id), [0, 1, 2]);
  link.settle(done(transfer(2)));
  await rig.turn();
  assertEquals(link.assigned.map((item) => item.id), [0, 1, 2, 3]);
  await finish(rig);
});

Deno.test("runSchedule() ignores a second result for the same transfer", async () => {
  const rig = new Rig(transfers(2));
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(done(transfer(0)), done(transfer(0)));
  await rig.turn();
  assertEquals(rig.told, ["0 done"]);
  await finish(rig);
  assertEquals(rig.told, ["0 done", "1 done"]);
});

Deno.test("runSchedule() sums the running totals of all workers and keeps those of dead ones", async () => {
  const rig = new Rig(transfers(2, 1000), { workers: 2 });
  await rig.turn();
  await rig.allReady();
  rig.link(0).onEvent({ type: "progress", totals: totals({ movedBytes: 5, open: 1 }) });
  rig.link(1).onEvent({ type: "progress", totals: totals({ movedBytes: 7, foundBytes: 2, open: 1 }) });
  await rig.turn();
  assertEquals(rig.totals, [{ movedBytes: 12, foundBytes: 2, retries: 0, open: 2 }]);
  rig.link(0).onEvent({ type: "progress", totals: totals({ movedBytes: 6, retries: 1, open: 1 }) });
  rig.link(0).die();
  await rig.turn();
  assertEquals(rig.totals.at(-1), { movedBytes: 13, foundBytes: 2, retries: 1, open: 1 });
  const fresh = rig.links.length;
  await rig.allReady();
  rig.link(1).onEvent({ type: "settled", results: [done(transfer(1))], totals: totals({ movedBytes: 1000, foundBytes: 2 }) });
  rig.link(fresh - 1).onEvent({ type: "settled", results: [done(transfer(0))], totals: totals({ movedBytes: 1000 }) });
  await rig.turn();
  assertEquals(rig.totals.at(-1), { movedBytes: 2006, foundBytes: 2, retries: 1, open: 0 });
  rig.link(1).onEvent({ type: "drained", totals: totals({ movedBytes: 1001, foundBytes: 2 }) });
  rig.link(fresh - 1).onEvent({ type: "drained", totals: totals({ movedBytes: 1000 }) });
  await rig.turn();
  assertEquals(rig.totals.at(-1), { movedBytes: 2007, foundBytes: 2, retries: 1, open: 0 });
});

Deno.test("runSchedule() shares the bandwidth among the workers that hold work", async () => {
  const rig = new Rig(transfers(3, 5000), { workers: 2, bandwidthBytesPerSecond: 1001 });
  await rig.turn();
  await rig.allReady();
  assertEquals(rig.links.map((link) => link.heard), [["start", "bandwidth", "assign"], ["start", "bandwidth", "assign"]]);
  assertEquals(rig.link(0).commands[1], { type: "bandwidth", bytesPerSecond: 500 });
  const [left, right] = rig.link(0).assigned.length > 1 ? [rig.link(1), rig.link(0)] : [rig.link(0), rig.link(1)];
  left.settle(...left.assigned.map(done));
  await rig.turn();
  assertEquals(right.commands.at(-1), { type: "bandwidth", bytesPerSecond: 1001 });
  await finish(rig);
});

Deno.test("runSchedule() sends no bandwidth without a cap", async () => {
  const rig = new Rig(transfers(20));
  await finish(rig);
  for (const link of rig.links) assert(!link.heard.includes("bandwidth"));
});

Deno.test("runSchedule() tells all other workers when one is throttled", async () => {
  const rig = new Rig(transfers(3, 5000), { workers: 3 });
  await rig.turn();
  await rig.allReady();
  rig.link(1).onEvent({ type: "throttled", waitMs: 700 });
  await rig.turn();
  const slow = { type: "slow", waitMs: 700 };
  assertEquals(rig.links.map((link) => link.commands.at(-1)?.type), ["slow", "assign", "slow"]);
  assertEquals(rig.link(0).commands.at(-1), slow as never);
  await finish(rig);
});

Deno.test("runSchedule() does not wait longer than the grace for a worker that never says drained", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(done(transfer(0)));
  await rig.clock.advance(CANCEL_GRACE_MS - 1);
  assertEquals(rig.outcome, undefined);
  await rig.clock.advance(1);
  assertEquals(rig.settled, 1);
  assert(rig.link(0).terminated);
});

Deno.test("runSchedule() takes an unasked drained for no goodbye", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  await rig.allReady();
  rig.link(0).onEvent({ type: "drained", totals: totals() });
  await rig.turn();
  assertEquals(rig.link(0).terminated, false);
  await finish(rig);
  assertEquals(rig.told, ["0 done"]);
});

Deno.test("runSchedule() ends its workers when a callback throws", async () => {
  const clock = new VirtualClock();
  const link = new FakeLink(0);
  async function* plan() {
    yield await Promise.resolve(transfer(0));
  }
  const run = runSchedule({
    transfers: plan(),
    spawn: () => link,
    start: () => START,
    tuning: START.tuning,
    multipartThresholdBytes: 1000,
    clock,
    refreshCredentials: () => Promise.reject(new Error("not expected")),
    onResult: () => {
      throw new Error("report is broken");
    },
    onTotals: () => {},
    signal: new AbortController().signal,
  });
  const rejected = assertRejects(() => run, Error, "report is broken");
  await clock.advance(0);
  link.onEvent({ type: "ready" });
  await clock.advance(0);
  link.settle(done(transfer(0)));
  await clock.advance(0);
  await rejected;
  assertEquals(link.terminated, true);
  assertEquals(clock.armed, 0);
});
