import { assert, assertEquals } from "@std/assert";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { testSeed } from "../test_seed.ts";

function compareBytes(a: string, b: string): number {
  const left = new TextEncoder().encode(a);
  const right = new TextEncoder().encode(b);
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

Deno.test("compareKeys() puts characters beyond U+FFFF behind all others, as their UTF-8 bytes are", () => {
  assert(compareKeys("\u{1F600}", "\uFFFD") > 0);
  assert(compareKeys("\uE000", "\u{10000}") < 0);
  assert("\u{1F600}" < "\uFFFD", "UTF-16 order says the contrary");
});

Deno.test("compareKeys() compares folders with their slash", () => {
  assertEquals(["a/b", "a.b", "a-b", "a", "a0"].sort(compareKeys), ["a", "a-b", "a.b", "a/b", "a0"]);
});

Deno.test("compareKeys() agrees with a comparison of UTF-8 bytes for random keys", () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const alphabet = [
    "a",
    "b",
    "/",
    ".",
    "\u007f",
    "\u0080",
    "é",
    "\u07ff",
    "\u0800",
    "中",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ];
  function key(): string {
    return Array.from({ length: Math.floor(random() * 5) }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
  }
  for (let round = 0; round < 20_000; round++) {
    const [a, b] = [key(), key()];
    assertEquals(Math.sign(compareKeys(a, b)), Math.sign(compareBytes(a, b)), `seed ${seed}: ${JSON.stringify([a, b])}`);
  }
});

Deno.test("compareKeys() gives a total order with lone surrogates in it and throws nothing", () => {
  const keys = ["\ud800", "\udfff", "\ud800\udc00", "\uffff", "a\ud800", "a\ud800b"];
  const sorted = [...keys].sort(compareKeys);
  assertEquals([...keys].reverse().sort(compareKeys), sorted);
  for (const a of keys) for (const b of keys) assertEquals(compareKeys(a, b) === 0, a === b);
});
