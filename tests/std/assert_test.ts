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

class Counter {
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  get count(): number {
    return this.#count;
  }
}

function circle(): object {
  const self: Record<string, unknown> = { a: 1 };
  self.self = self;
  return self;
}

const PAIRS: [what: string, a: unknown, b: unknown, same: boolean][] = [
  ["a missing key and an undefined one", { a: undefined }, {}, false],
  ["zero and minus zero", [0], [-0], true],
  ["NaN and NaN", { a: NaN }, { a: NaN }, true],
  ["one and its text", 1, "1", false],
  ["a plain object and one without prototype", { a: 1 }, Object.assign(Object.create(null), { a: 1 }), true],
  ["a plain object and one of a class", { count: 1 }, new Counter(1), false],
  ["two objects of a class that differ by a getter", new Counter(1), new Counter(2), false],
  ["two objects of a class", new Counter(1), new Counter(1), true],
  ["dates", new Date(0), new Date(0), true],
  ["invalid dates", new Date(NaN), new Date(NaN), true],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
  ["bytes of another kind", new Uint8Array([1]), new Int8Array([1]), false],
  ["buffers", new Uint8Array([1]).buffer, new Uint8Array([2]).buffer, false],
  ["regular expressions", /a/g, /a/i, false],
  ["addresses", new URL("http://a/b"), new URL("http://a/b"), true],
  ["errors with other messages", new Error("a"), new Error("b"), false],
  ["sets of objects in another order", new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }]), true],
  ["maps with other values", new Map([["a", 1]]), new Map([["a", 2]]), false],
  ["maps with objects as keys", new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]]), true],
  ["circles", circle(), circle(), true],
  ["functions", () => 1, () => 1, false],
];

for (const [what, a, b, same] of PAIRS) {
  Deno.test(`equal() finds ${what} ${same ? "the same" : "different"}`, () => {
    if (equal(a, b) !== same || equal(b, a) !== same) throw new Error(`found them ${same ? "different" : "the same"}`);
  });
}

Deno.test("equal() refuses what cannot be compared", () => {
  for (const make of [() => new WeakMap(), () => new WeakSet()]) {
    if (failureOf(() => assertThrows(() => equal(make(), make()), TypeError, "Cannot compare Weak"))) throw new Error("compared");
  }
});

Deno.test("assertIsError() looks past colours, and assertThrows() asks nothing by a class that is not one of errors", () => {
  assertIsError(new Error("\x1b[31mred\x1b[39m alert"), Error, "red alert");
  class Other {}
  if (assertThrows(() => fail("x"), Other as unknown as typeof Error) === undefined) throw new Error("not returned");
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
