/** What the job file relies on in `@std/ini`: holds for the local package and for the one of the registry. */
import { assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/ini";

const VALUES: [line: string, expected: Record<string, unknown>][] = [
  ["a=1", { a: 1 }],
  ["a = text with spaces ", { a: "text with spaces" }],
  ["a = x # not a comment", { a: "x # not a comment" }],
  ["a=b=c", { a: "b=c" }],
  ["a=", { a: 0 }],
  ['a = " x "', { a: " x " }],
  ['a = "', { a: '"' }],
  ["a = true", { a: true }],
  ["a = null", { a: null }],
  ["a = 007", { a: 7 }],
  ["a b = 1x", { "a b": "1x" }],
  ['a = "x" # y', { a: '"x" # y' }],
  ["a = 'x'", { a: "'x'" }],
  ["a = 0x10", { a: 16 }],
  ["a = Infinity", { a: Infinity }],
  ["__proto__ = 1", JSON.parse('{ "__proto__": 1 }')],
  ["a = \u2028x", { a: "x" }],
  ["# a = 1", {}],
  ["; a = 1", {}],
  ["// a = 1", {}],
  ["\uFEFF[s]", { s: {} }],
  ["[ s ]", { " s ": {} }],
  ["[s]\r\na=1\r[t]\nb=2", { s: { a: 1 }, t: { b: 2 } }],
  ["[s]\na=1\n[s]\nb=2", { s: { b: 2 } }],
];

for (const [text, expected] of VALUES) {
  Deno.test(`parse() reads ${JSON.stringify(text)}`, () => assertEquals<object>(parse(text), expected));
}

const BROKEN: [text: string, message: string][] = [
  ["a=1\nb", "Unexpected token b in INI at line 2"],
  ["=1", "Unexpected empty key name at line 1"],
  ["[s", "Unexpected end of INI section at line 1"],
  ["a = x\u2028y", "Unexpected token a in INI at line 1"],
  ["[s\u2029t]", "Unexpected empty section name at line 1"],
  ["[ ]", "Unexpected empty section name at line 1"],
];

for (const [text, message] of BROKEN) {
  Deno.test(`parse() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parse(text), SyntaxError, message);
  });
}

Deno.test("parse() gives the reviver each key with its section, in order", () => {
  const seen: unknown[] = [];
  parse("x=0\n[s]\na=1\na=2", { reviver: (key, value, section) => seen.push([section, key, value]) });
  assertEquals(seen, [[undefined, "x", 0], ["s", "a", 1], ["s", "a", 2]]);
});
