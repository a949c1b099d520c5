import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { RETRY_LINEAR_WAIT_MAX_MS, RETRY_TOTAL_MAX_MS, RETRY_WAIT_MAX_MS } from "../../lib/limits.ts";
import { Pace } from "../../lib/pace/pace.ts";
import { waitBefore, withRetries } from "../../lib/pace/retry.ts";
import { KIB, MEMORY_PER_OBJECT_BYTES, MEMORY_PER_PART_BYTES } from "../../lib/limits.ts";
import { acquirePart, asObject, memoryOfObject, openSlots, releasePart, Slots } from "../../lib/pace/slots.ts";
import { emptyLedger, FakeClock, fakeWorld } from "../session/fake_world.ts";

const signal = new AbortController().signal;

Deno.test("Slots never gives out more than its limit and serves in order", async () => {
  const slots = new Slots(2);
  let open = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(Array.from({ length: 9 }, (_, index) =>
    slots.hold(signal, async () => {
      order.push(index);
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
    })));
  assertEquals([most, order, slots.taken], [2, [0, 1, 2, 3, 4, 5, 6, 7, 8], 0]);
});

Deno.test("Slots forgets a waiter whose signal fired", async () => {
  const slots = new Slots(1);
  await slots.acquire(signal);
  const stop = new AbortController();
  const waiting = slots.acquire(stop.signal);
  stop.abort(new Error("stop"));
  await assertRejects(() => waiting, Error, "stop");
  slots.release();
  await slots.acquire(signal);
  assertEquals(slots.taken, 1);
});

Deno.test("Slots halves on shrink and grows back with success", () => {
  const slots = new Slots(8);
  slots.shrink();
  slots.shrink();
  assertEquals(slots.limit, 2);
  for (let successes = 0; successes < 2 + 3 + 4 + 5 + 6 + 7; successes++) slots.succeed();
  assertEquals(slots.limit, 8);
});

Deno.test("Pace lets a capped rate through on average", async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  pace.setBandwidth(1000);
  for (let parts = 0; parts < 11; parts++) await pace.pass(500, signal);
  assertEquals(clock.nowMs, 5000);
});

Deno.test("Pace holds everything while an endpoint asks to wait", async () => {
  const clock = new FakeClock();
  const pace = new Pace(clock);
  pace.pause(700);
  await pace.pass(0, signal);
  assertEquals(clock.nowMs, 700);
});

Deno.test("withRetries() gives up after so many further attempts", async () => {
  const world = fakeWorld({ retries: 3 });
  let attempts = 0;
  await assertRejects(
    () =>
      withRetries(world, { bytes: 0, ledger: emptyLedger(), signal }, () => {
        attempts++;
        return Promise.reject(new TransferError("network", "reset"));
      }),
    TransferError,
    "reset",
  );
  assertEquals(attempts, 4);
});

Deno.test("withRetries() ends after its total time however many attempts are left", async () => {
  const world = fakeWorld({ retries: 1_000_000 });
  await assertRejects(() =>
    withRetries(world, { bytes: 0, ledger: emptyLedger(), signal }, () => Promise.reject(new TransferError("server", "503")))
  );
  assert(world.clock.nowMs <= RETRY_TOTAL_MAX_MS + RETRY_WAIT_MAX_MS);
});

Deno.test("withRetries() tries by the table: never, once, backoff", async () => {
  const table = [["denied", 1], ["notFound", 1], ["integrity", 2], ["network", 4], ["throttled", 4]] as const;
  for (const [kind, expected] of table) {
    const world = fakeWorld({ retries: 3 });
    let attempts = 0;
    await assertRejects(() =>
      withRetries(world, { bytes: 0, ledger: emptyLedger(), signal }, () => {
        attempts++;
        return Promise.reject(new TransferError(kind, kind));
      })
    );
    assertEquals(attempts, expected, kind);
  }
});

Deno.test("withRetries() slows everything down when throttled, and tells the others", async () => {
  const told: number[] = [];
  const world = { ...fakeWorld(), onThrottled: (waitMs: number) => void told.push(waitMs) };
  let first = true;
  await withRetries(world, { bytes: 0, ledger: emptyLedger(), signal }, () => {
    if (!first) return Promise.resolve();
    first = false;
    return Promise.reject(new TransferError("throttled", "SlowDown", { retryAfterMs: 2000 }));
  });
  assertEquals(told, [2000]);
  // Halved to one, and one success is all that one slot needs to grow by one.
  assertEquals(world.slots.parts.limit, 2);
});

Deno.test("waitBefore() jitters below a doubling ceiling, climbs a ladder, and honours Retry-After", () => {
  const world = { ...fakeWorld(), random: () => 0.999 };
  const error = new TransferError("server", "503");
  assertEquals([1, 2, 3].map((failures) => Math.round(waitBefore(world, failures, error))), [100, 200, 400]);
  assert(waitBefore(world, 40, error) <= RETRY_WAIT_MAX_MS);
  const ladder = { ...world, tuning: { retries: 30, retryDelayMs: 5000, retryGrowth: "linear" as const } };
  assertEquals([1, 2, 30, 1000].map((failures) => waitBefore(ladder, failures, error)), [5000, 10_000, 150_000, RETRY_LINEAR_WAIT_MAX_MS]);
  const constant = { ...world, tuning: { retries: 30, retryDelayMs: 5000, retryGrowth: "constant" as const } };
  assertEquals([1, 2, 30].map((failures) => waitBefore(constant, failures, error)), [5000, 5000, 5000]);
  assertEquals(waitBefore({ ...world, random: () => 0 }, 1, new TransferError("throttled", "slow", { retryAfterMs: 5000 })), 5000);
});

Deno.test("openSlots() bounds small objects by their bytes and their number, for every size up to the multipart threshold", async () => {
  const flight = { partsInFlight: 8, objectsInFlight: 32 };
  const boundBytes = flight.partsInFlight * MEMORY_PER_PART_BYTES + flight.objectsInFlight * MEMORY_PER_OBJECT_BYTES;
  // Size in KiB, and how many local files of it, or of anything else, are in flight at once.
  const rows: [number, number, number][] = [
    [1 / 1024, 32, 32],
    [4, 32, 32],
    [64, 32, 32],
    [255, 32, 32],
    [256, 32, 32],
    [257, 32, 32],
    [512, 32, 32],
    [1000, 32, 32],
    [1024, 32, 32],
    [1025, 20, 32],
    [2048, 20, 32],
    [3000, 10, 32],
    [4096, 10, 32],
    [6144, 10, 32],
    [12_288, 10, 32],
    [16_383, 10, 32],
  ];
  for (const [sizeKib, local, other] of rows) {
    for (const [readWhole, most] of [[true, local], [false, other]] as const) {
      const slots = openSlots(flight);
      const memory = memoryOfObject(sizeKib * KIB, readWhole);
      let open = 0;
      let openMost = 0;
      const work = async () => {
        openMost = Math.max(openMost, ++open);
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        open--;
      };
      await Promise.all(Array.from({ length: 40 }, () => asObject(slots, memory, new AbortController().signal, work)));
      assertEquals([openMost, open, slots.memory.taken, slots.objects.taken], [most, 0, 0, 0], `${sizeKib} KiB, ${readWhole}`);
      const heldBytes = openMost * Math.min(sizeKib * KIB, MEMORY_PER_PART_BYTES);
      if (readWhole) assert(heldBytes <= boundBytes, `${sizeKib} KiB: ${heldBytes}`);
    }
  }
});

Deno.test("parts and small objects share one memory, nobody waits for ever, and an interrupt gives everything back", async () => {
  const slots = openSlots({ partsInFlight: 1, objectsInFlight: 1 });
  const stop = new AbortController();
  await acquirePart(slots, stop.signal);
  // More than is free as long as the part is open.
  const object = asObject(slots, 16, new AbortController().signal, () => Promise.resolve("done"));
  const given = asObject(openSlots({ partsInFlight: 1, objectsInFlight: 1 }), 1000, stop.signal, () => Promise.resolve("more than all"));
  assertEquals(await given, "more than all");
  releasePart(slots);
  assertEquals(await object, "done");
  await acquirePart(slots, stop.signal);
  const waiting = acquirePart(slots, stop.signal);
  stop.abort(new DOMException("Interrupted", "AbortError"));
  await assertRejects(() => waiting, DOMException);
  releasePart(slots);
  assertEquals([slots.parts.taken, slots.objects.taken, slots.memory.taken], [0, 0, 0]);
});
