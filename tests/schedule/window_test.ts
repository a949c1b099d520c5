/** The arithmetic of windows and of the choice among workers. */
import { assertEquals } from "@std/assert";
import { GIB, WINDOW_BYTES_MAX, WINDOW_TRANSFERS_MAX } from "../../lib/limits.ts";
import { addLoad, choose, fits, isBusy, type Load, NO_LOAD, weight, windowRoom } from "../../lib/schedule/window.ts";

const RULES = { objectsInFlight: 4, multipartThresholdBytes: 1000 };

function load(some: Partial<Load>): Load {
  return { ...NO_LOAD, ...some };
}

Deno.test("fits() holds the window by count, by bytes and by suspects", () => {
  const cases: [string, Partial<Load>, number, boolean, boolean][] = [
    ["empty worker takes anything", {}, 100 * GIB, false, true],
    ["last place by count", { count: WINDOW_TRANSFERS_MAX - 1 }, 10, false, true],
    ["full by count", { count: WINDOW_TRANSFERS_MAX }, 0, false, false],
    ["bytes just fit", { count: 1, big: 1, bytes: WINDOW_BYTES_MAX - 5000 }, 5000, false, true],
    ["one byte too many", { count: 1, big: 1, bytes: WINDOW_BYTES_MAX - 5000 }, 5001, false, false],
    ["giant beside small ones only", { count: 9, bytes: 90 }, 100 * GIB, false, true],
    ["giant beside a big one", { count: 1, big: 1, bytes: 2000 }, 100 * GIB, false, false],
    ["small one beside a giant", { count: 1, big: 1, bytes: 100 * GIB }, 10, false, false],
    ["empty object at the bytes bound", { count: 1, big: 1, bytes: WINDOW_BYTES_MAX }, 0, false, true],
    ["first suspect", { count: 3, bytes: 30 }, 10, true, true],
    ["second suspect", { count: 3, bytes: 30, suspects: 1 }, 10, true, false],
    ["an innocent beside a suspect", { count: 3, bytes: 30, suspects: 1 }, 10, false, true],
  ];
  for (const [name, some, sizeBytes, suspect, expected] of cases) {
    assertEquals(fits(load(some), { sizeBytes, suspect }, RULES), expected, name);
  }
});

Deno.test("isBusy() says whether new work would wait in the worker", () => {
  assertEquals(isBusy(load({ count: 3 }), RULES), false);
  assertEquals(isBusy(load({ count: 4 }), RULES), true);
  assertEquals(isBusy(load({ count: 1, big: 1 }), RULES), true);
});

Deno.test("addLoad() is undone by its own inverse", () => {
  const before = load({ count: 2, bytes: 50, big: 0, suspects: 1 });
  const request = { sizeBytes: 1000, suspect: true };
  const after = addLoad(before, request, RULES, 1);
  assertEquals(after, { count: 3, bytes: 1050, big: 1, suspects: 2 });
  assertEquals(addLoad(after, request, RULES, -1), before);
});

Deno.test("windowRoom() is zero when either bound is reached", () => {
  assertEquals(windowRoom(NO_LOAD), WINDOW_TRANSFERS_MAX);
  assertEquals(windowRoom(load({ count: WINDOW_TRANSFERS_MAX })), 0);
  assertEquals(windowRoom(load({ count: 1, bytes: WINDOW_BYTES_MAX })), 0);
});

Deno.test("weight() counts many small objects as more than one of their bytes", () => {
  assertEquals(weight(load({ count: 100, bytes: 1000 })) > weight(load({ count: 1, bytes: 1000 })), true);
});

Deno.test("choose() takes an idle worker before a fresh one, and a fresh one before a window", () => {
  const light = { load: load({ count: 1, bytes: 10 }) };
  const heavy = { load: load({ count: 3, bytes: 900 }) };
  const busy = { load: load({ count: 1, bytes: 5, big: 1 }) };
  const full = { load: load({ count: WINDOW_TRANSFERS_MAX }) };
  const small = { sizeBytes: 10, suspect: false };
  assertEquals(choose([], small, RULES, true), "fresh");
  assertEquals(choose([heavy, busy, light], small, RULES, true), light);
  assertEquals(choose([busy, full], small, RULES, true), "fresh");
  assertEquals(choose([full, busy], small, RULES, false), busy);
  assertEquals(choose([full], small, RULES, false), undefined);
});
