/** Regular expressions, shell rules and depth: which keys they keep, and that none of them can be slow. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { type KeyRules, keyRules, loadRe2 } from "../../lib/plan/key_rules.ts";

await loadRe2({ include: ["*"], exclude: [] });

const KEYS = ["a.tmp", "a.txt", "sub/a.tmp", "sub/deep/b.txt", "sub2/c", "é.txt"];

const shell = (rules: readonly string[], by: "key" | "parts" = "key", base = ""): KeyRules => ({
  filter: rules,
  filterBy: by,
  filterBase: base,
});

const CASES: readonly (readonly [name: string, selection: KeyRules, kept: readonly string[]])[] = [
  ["nothing keeps all", {}, KEYS],
  ["a regular expression is searched", { excludeRegex: ["tmp"] }, ["a.txt", "sub/deep/b.txt", "sub2/c", "é.txt"]],
  ["one that is found in a folder's path leaves out all below", { excludeRegex: ["^sub$"] }, ["a.tmp", "a.txt", "sub2/c", "é.txt"]],
  ["keys have no slash in front", { excludeRegex: ["^/a"] }, KEYS],
  ["any of several", { excludeRegex: ["^a", "c$"] }, ["sub/a.tmp", "sub/deep/b.txt", "é.txt"]],
  ["a star of a rule matches slashes", shell(["-sub/*"]), ["a.tmp", "a.txt", "sub2/c", "é.txt"]],
  ["the first rule that matches decides", shell(["+*.txt", "-*"]), ["a.txt", "sub/deep/b.txt", "é.txt"]],
  ["the same rules the other way round", shell(["-*", "+*.txt"]), []],
  ["by parts, names without their folders", shell(["-a*"], "parts"), ["sub/deep/b.txt", "sub2/c", "é.txt"]],
  ["by parts, a folder loses its own files only", shell(["-r/sub"], "parts", "r"), ["a.tmp", "a.txt", "sub/deep/b.txt", "sub2/c", "é.txt"]],
  ["by parts, the root is the base", shell(["-r"], "parts", "r"), ["sub/a.tmp", "sub/deep/b.txt", "sub2/c"]],
  ["a base with a slash", shell(["-r/sub"], "parts", "r/"), ["a.tmp", "a.txt", "sub/deep/b.txt", "sub2/c", "é.txt"]],
  ["one character and classes", shell(["-?.txt", "-[s]ub[!0-1]*"]), ["a.tmp", "sub/deep/b.txt"].slice(0, 1)],
  ["a class that is never closed is text", shell(["-a[*"]), KEYS],
  ["depth 1", { depth: 1 }, ["a.tmp", "a.txt", "é.txt"]],
  ["depth 2", { depth: 2 }, ["a.tmp", "a.txt", "sub/a.tmp", "sub2/c", "é.txt"]],
];

for (const [name, selection, kept] of CASES) {
  Deno.test(`keyRules(): ${name}`, () => assertEquals(KEYS.filter(keyRules(selection)), [...kept]));
}

Deno.test("keyRules() names a pattern that cannot be read", () => {
  for (
    const [selection, message] of [
      [{ excludeRegex: ["(a"] }, 'exclude_regex pattern "(a"'],
      [shell(["a"]), 'filter rule "a"'],
    ] as const
  ) {
    const error = assertThrows(() => keyRules(selection), TransferError, message);
    assertEquals(error.kind, "config");
  }
});

Deno.test("keyRules() takes hostile patterns in linear time", () => {
  const filter = keyRules({ excludeRegex: ["(a+)+$"], ...shell([`-${"*a".repeat(50)}b`]) });
  assert(!filter("a".repeat(100)));
  assert(filter(`${"a".repeat(1000)}c`));
});
