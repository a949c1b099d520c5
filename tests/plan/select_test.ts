import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { keyFilter, loadRe2, unreadFolders } from "../../lib/plan/key_rules.ts";

await loadRe2({ include: ["*"], exclude: [] });

const TABLE: readonly (readonly [glob: string, matches: readonly string[], misses: readonly string[]])[] = [
  ["*.txt", ["a.txt", "x/y/a.txt", ".txt", "x/.hidden.txt"], ["a.txt/b", "a.TXT", "atxt"]],
  ["file.jpg", ["file.jpg", "folder/file.jpg"], ["afile.jpg", "file.jpg/x"]],
  ["/*.txt", ["a.txt"], ["x/a.txt"]],
  ["logs/*.txt", ["logs/a.txt", "x/logs/a.txt"], ["logs/x/a.txt", "mylogs/a.txt"]],
  ["logs/", ["logs/", "logs/a", "x/logs/y/z"], ["logs", "mylogs/a"]],
  ["/a/**", ["a/b", "a/b/c", "a/"], ["x/a/b", "ab"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "ab"]],
  ["a**b", ["ab", "a/x/b", "axb"], ["a/x"]],
  ["**", ["", "a", "a/b", "../a", "a//b"], []],
  ["*", ["a", "a/b", ".a", "a\nb", "..", "a/.."], []],
  ["a?c", ["abc", "a😀c", "a\nc"], ["ac", "a/c", "abbc"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "-x"]],
  ["[!a-c]x", ["dx", "-x"], ["ax", "/x"]],
  ["[]x]y", ["]y", "xy"], ["zy"]],
  ["[a-]y", ["ay", "-y"], ["by"]],
  ["{a,b{c,d}}.js", ["a.js", "bc.js", "x/bd.js"], ["b.js", "{a.js"]],
  ["a,b", ["a,b"], ["a", "b"]],
  ["!a", ["!a"], ["b", "a"]],
  ["\\*\\[a", ["*[a"], ["x[a"]],
  ["a+b(c)|d$^.", ["a+b(c)|d$^."], ["aab(c)|d$^x"]],
  ["日*.txt", ["日本.txt", "x/日.txt"], ["本.txt"]],
];

for (const [glob, matches, misses] of TABLE) {
  Deno.test(`keyFilter() reads ${glob} as documented`, () => {
    const filter = keyFilter([glob], []);
    for (const key of matches) assert(filter(key), `${glob} misses ${JSON.stringify(key)}`);
    for (const key of misses) assert(!filter(key), `${glob} matches ${JSON.stringify(key)}`);
  });
}

Deno.test("keyFilter() takes an empty include for everything and lets exclude win", () => {
  assert(keyFilter([], [])("any/key"));
  const filter = keyFilter(["*.txt", "keep/"], ["secret*", "/keep/not/"]);
  assertEquals(["a.txt", "keep/a.bin", "a.bin", "secret.txt", "keep/not/a.txt"].map(filter), [true, true, false, false, false]);
});

Deno.test("keyFilter() names the pattern that it cannot read", () => {
  for (const glob of ["", "{a", "[a", "[z-a]", "a\\", "x".repeat(2000)]) {
    const error = assertThrows(() => keyFilter([], [glob]), TransferError, "exclude pattern");
    assertEquals(error.kind, "config");
  }
});

Deno.test("keyFilter() needs no more than linear time for patterns made of many stars", () => {
  const filter = keyFilter(["*a*a*a*a*a*a*a*a*a*b", "{*a,*a,*a}*{a*,a*}*c", "**a/**a/**a/**b"], []);
  // A backtracking matcher would need longer than any test runs.
  assert(!filter("a".repeat(1024)));
  assert(!filter("a/".repeat(512)));
});

Deno.test("unreadFolders() names the folders below which everything is excluded, and no other", () => {
  const table: [exclude: string[], regex: string[], unread: string[], read: string[]][] = [
    [["node_modules/**"], [], ["node_modules/", "a/node_modules/", "node_modules/x/"], ["a/", "my_node_modules/", "node_modules.d/"]],
    [["node_modules/"], [], ["node_modules/", "a/node_modules/"], ["a/"]],
    [["/logs/**"], [], ["logs/", "logs/x/"], ["a/logs/"]],
    [["logs/**/*", "*.d/**"], [], ["logs/", "x/logs/y/", "a.d/"], ["d/"]],
    [["**"], [], ["a/", "a/b/"], []],
    [["*"], [], ["a/"], []],
    [["logs/*", "*.tmp", "logs", "**/*.o", "a\\**", "{b/**,c}", "[.*]"], [], [], ["logs/", "x.tmp/", "o/", "a/", "a*/", "b/", ".*/"]],
    [[], ["^old$", "tmp"], ["old/", "old/x/", "a/tmp/", "tmpx/"], ["older/", "a/old/"]],
    [[], ["x$"], ["ax/", "ax/b/"], ["a/"]],
  ];
  for (const [exclude, excludeRegex, unread, read] of table) {
    const is = unreadFolders(exclude, { excludeRegex }) ?? (() => false);
    assertEquals(unread.filter((folder) => !is(folder)), [], exclude.join());
    assertEquals(read.filter((folder) => is(folder)), [], exclude.join());
  }
  assertEquals(unreadFolders([], {}), undefined);
});
