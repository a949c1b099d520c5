/** The judges of the fuzz tests are shown what they must catch. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { CANARY, Chance } from "./chance.ts";
import { playAll } from "./rounds.ts";
import { assertListed, assertNumbers, assertOwnError, assertShown, promiseOrOwnError, valueOrOwnError } from "./verdict.ts";

const WRONG: [string, unknown][] = [
  ["a TypeError", new TypeError("Cannot read properties of undefined")],
  ["a RangeError", new RangeError("Maximum call stack size exceeded")],
  ["a thrown text", "no"],
  ["a bug", new TransferError("bug", "Unexpected failure")],
  ["an empty message", new TransferError("config", " ")],
  ["a secret", new TransferError("config", `Cannot use key ${CANARY}`)],
  ["a secret as a code", new TransferError("server", "x", { code: CANARY })],
  ["an endless message", new TransferError("server", "x".repeat(100_000))],
];

for (const [what, thrown] of WRONG) {
  Deno.test(`assertOwnError() lets ${what} not pass`, async () => {
    assertThrows(() => assertOwnError(thrown));
    const run = () => {
      throw thrown;
    };
    assertThrows(() => valueOrOwnError(run));
    await assertRejects(() => promiseOrOwnError(() => Promise.reject(thrown)));
  });
}

Deno.test("assertOwnError() lets a clear error pass", () => {
  assertOwnError(new TransferError("server", "Cannot list b: SlowDown", { code: "SlowDown", requestId: "r1" }));
  assertEquals(valueOrOwnError(() => 1), 1);
});

Deno.test("assertShown() sees a raw control character and a reordering one", () => {
  for (const line of ["a\x1b[2Jb", "a\u202eb", "a\nb", "a\x9bb"]) assertThrows(() => assertShown(line), line);
});

Deno.test("assertNumbers() sees a number that nobody can reckon with, however deep", () => {
  for (const wrong of [Number.NaN, -1, 1.5, Infinity, 2 ** 53]) assertThrows(() => assertNumbers({ a: [{ b: wrong }] }));
  assertNumbers({ a: [0, 1, "x", null] });
});

Deno.test("assertListed() sees a key outside of the prefix and a size that is none", () => {
  assertListed({ key: "p/a", sizeBytes: 0 }, "p/");
  for (const key of ["", "q", "p", "p/\ud800"]) assertThrows(() => assertListed({ key, sizeBytes: 0 }, "p/"));
  assertThrows(() => assertListed({ key: "p/a", sizeBytes: Number.NaN }, "p/"));
  assertThrows(() => assertListed({ key: "p/a", sizeBytes: 1, lastModifiedMs: Number.NaN }, "p/"));
});

Deno.test("playAll() names the seed that fails, and sees a change of what all objects inherit", async () => {
  await assertRejects(
    () =>
      playAll([3, 5], ({ seed }) => {
        if (seed === 5) throw new Error("no");
      }),
    Error,
    "Seed 5 failed",
  );
  try {
    await assertRejects(
      () => playAll([1], () => void Object.assign(Object.prototype, { polluted: 1 })),
      Error,
      "changed what all objects inherit",
    );
  } finally {
    delete (Object.prototype as { polluted?: number }).polluted;
  }
});

Deno.test("Chance repeats itself by its seed and leaves no kind of wound out", () => {
  const texts = (seed: number) => {
    const chance = new Chance(seed);
    return Array.from({ length: 50 }, () => chance.mutate("[job.a]\nsource = in/\nmax_delete = 1000\n"));
  };
  assertEquals(texts(7), texts(7));
  assertEquals(texts(7).filter((text) => texts(8).includes(text)).length < 50, true);
});
