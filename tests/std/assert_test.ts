/** The assertions must be able to fail: each is shown one thing that holds and one that does not. */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
  unreachable,
} from "@std/assert";

/** Independent of the module under test: only `try` and `throw`. */
function failureOf(fn: () => unknown): string | undefined {
  try {
    fn();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  return undefined;
}

const CASES: [name: string, holds: () => unknown, fails: () => unknown][] = [
  ["assert", () => assert(1), () => assert(0, "zero")],
  ["assertFalse", () => assertFalse(""), () => assertFalse("x")],
  [
    "assertEquals",
    () => assertEquals({ a: [1, new Set([2])] }, { a: [1, new Set([2])] }),
    () => assertEquals({ a: 1 }, { a: 2 }),
  ],
  [
    "assertNotEquals",
    () => assertNotEquals([1], [2]),
    () => assertNotEquals([1], [1]),
  ],
  [
    "assertStrictEquals",
    () => assertStrictEquals(1, 1),
    () => assertStrictEquals({}, {}),
  ],
  [
    "assertNotStrictEquals",
    () => assertNotStrictEquals({}, {}),
    () => assertNotStrictEquals(1, 1),
  ],
  [
    "assertAlmostEquals",
    () => assertAlmostEquals(1, 1.00000001),
    () => assertAlmostEquals(1, 1.1, 0.01),
  ],
  ["assertExists", () => assertExists(0), () => assertExists(undefined)],
  [
    "assertStringIncludes",
    () => assertStringIncludes("abc", "b"),
    () => assertStringIncludes("abc", "d"),
  ],
  ["assertMatch", () => assertMatch("abc", /b/), () => assertMatch("abc", /d/)],
  [
    "assertNotMatch",
    () => assertNotMatch("abc", /d/),
    () => assertNotMatch("abc", /b/),
  ],
  [
    "assertArrayIncludes",
    () => assertArrayIncludes([{ a: 1 }, 2], [{ a: 1 }]),
    () => assertArrayIncludes([1], [1, 2]),
  ],
  ["assertGreater", () => assertGreater(2, 1), () => assertGreater(1, 1)],
  [
    "assertGreaterOrEqual",
    () => assertGreaterOrEqual(1, 1),
    () => assertGreaterOrEqual(0, 1),
  ],
  ["assertLess", () => assertLess(1, 2), () => assertLess(1, 1)],
  [
    "assertLessOrEqual",
    () => assertLessOrEqual(1, 1),
    () => assertLessOrEqual(2, 1),
  ],
  [
    "assertInstanceOf",
    () => assertInstanceOf(new TypeError(), Error),
    () => assertInstanceOf({}, Error),
  ],
  [
    "assertIsError",
    () => assertIsError(new TypeError("no way"), TypeError, /way/),
    () => assertIsError(new Error("a"), Error, "b"),
  ],
  ["fail", () => {}, () => fail()],
  ["unreachable", () => {}, () => unreachable()],
];

for (const [name, holds, fails] of CASES) {
  Deno.test(`${name}() passes what holds and throws at what does not`, () => {
    if (failureOf(holds) !== undefined) {
      throw new Error(`${name} refused what holds: ${failureOf(holds)}`);
    }
    if (failureOf(fails) === undefined) {
      throw new Error(`${name} accepted what does not hold`);
    }
  });
}

Deno.test("assertEquals() shows the difference and the message", () => {
  const message = failureOf(() => assertEquals({ a: 1, b: "same" }, { a: 2, b: "same" }, "of the two")) ?? "";
  for (const text of ["Values are not equal: of the two", "a: 1", "a: 2"]) {
    if (!message.includes(text)) {
      throw new Error(`missing ${text} in ${message}`);
    }
  }
});

Deno.test("equal() tells a missing key from an undefined one", () => {
  if (equal({ a: undefined }, {})) throw new Error("treated as the same");
});

Deno.test("assertThrows() returns what was thrown and checks class and message", () => {
  const thrown = assertThrows(
    () => unreachable("x"),
    AssertionError,
    "Unreachable: x",
  );
  if (!(thrown instanceof AssertionError)) throw new Error("not returned");
  if (!failureOf(() => assertThrows(() => {}))) {
    throw new Error("accepted no throw");
  }
  if (!failureOf(() => assertThrows(() => fail(), TypeError))) {
    throw new Error("accepted another class");
  }
  if (!failureOf(() => assertThrows(() => fail(), AssertionError, "other"))) {
    throw new Error("accepted another message");
  }
});

Deno.test("assertRejects() wants a rejected promise, not a throw", async () => {
  const error = await assertRejects(
    () => Promise.reject(new TypeError("late")),
    TypeError,
    "late",
  );
  if (error.message !== "late") throw new Error("not returned");
  const wrong: (() => PromiseLike<unknown>)[] = [
    () => Promise.resolve(1),
    () => fail("at once"),
  ];
  for (const fn of wrong) {
    let refused = false;
    await assertRejects(fn).catch((error) => refused = error instanceof AssertionError);
    if (!refused) throw new Error("accepted what did not reject");
  }
});
