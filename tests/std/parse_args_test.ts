/** What the command line relies on in `@std/cli/parse-args`: holds for the local package and for the one of the registry. */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

const OPTIONS = { string: ["_", "size", "set"], boolean: ["dry-run"], collect: ["set"], alias: { h: "help" } };

const CASES: [args: string[], expected: Record<string, unknown>][] = [
  [["a", "12", "-"], { _: ["a", "12", "-"], "dry-run": false, set: [] }],
  [["--size", "5 MiB", "b"], { _: ["b"], size: "5 MiB", "dry-run": false, set: [] }],
  [["--size=5", "--size=6"], { _: [], size: "6", "dry-run": false, set: [] }],
  [["--size=a=b"], { _: [], size: "a=b", "dry-run": false, set: [] }],
  [["--size"], { _: [], size: "", "dry-run": false, set: [] }],
  [["--size", "--dry-run"], { _: [], size: "", "dry-run": true, set: [] }],
  [["--dry-run", "a"], { _: ["a"], "dry-run": true, set: [] }],
  [["--dry-run=false"], { _: [], "dry-run": false, set: [] }],
  [["--set", "a=1"], { _: [], "dry-run": false, set: ["a=1"] }],
  [["--set", "a=1", "--set=b=2"], { _: [], "dry-run": false, set: ["a=1", "b=2"] }],
  [["--dry-run", "true", "a"], { _: ["a"], "dry-run": true, set: [] }],
  [["--dry-run=0"], { _: [], "dry-run": true, set: [] }],
  [["--size", "-5"], { _: [], size: "", "5": true, "dry-run": false, set: [] }],
  [["--size", "-", "b"], { _: ["-", "b"], size: "", "dry-run": false, set: [] }],
  [["--size", ""], { _: [""], size: "", "dry-run": false, set: [] }],
  [["--size="], { _: [], size: "", "dry-run": false, set: [] }],
  [["--no-dry-run=x"], { _: [], "dry-run": true, set: [] }],
  [["-s5", "-x=y"], { _: [], s: 5, x: "y", "dry-run": false, set: [] }],
  [["--a.b", "1"], { _: [], a: { b: 1 }, "dry-run": false, set: [] }],
  [["--constructor.x=1", "--__proto__=1"], { _: [], "dry-run": false, set: [] }],
  [["--", "--size", "1"], { _: ["--size", "1"], "dry-run": false, set: [] }],
];

for (const [args, expected] of CASES) {
  Deno.test(`parseArgs() reads ${JSON.stringify(args)}`, () => assertEquals<object>(parseArgs(args, OPTIONS), expected));
}

Deno.test("parseArgs() reports flags named like properties of every object as not declared", () => {
  const seen: string[] = [];
  const unknown = (arg: string) => seen.push(arg) === 0;
  for (const arg of ["--constructor", "--toString=1", "--__proto__=x", "--hasOwnProperty", "--==1"]) {
    parseArgs([arg], { ...OPTIONS, unknown });
  }
  assertEquals(seen, ["--constructor", "--toString=1", "--__proto__=x", "--hasOwnProperty", "--==1"]);
});

Deno.test("parseArgs() reports each argument that was not declared, and drops those for which `unknown` returns false", () => {
  const seen: string[] = [];
  const parsed: Record<string, unknown> = parseArgs(["x", "--sise=1", "--no-dry-run", "--dry-run"], {
    ...OPTIONS,
    unknown: (arg: string) => {
      seen.push(arg);
      return !arg.startsWith("-");
    },
  });
  assertEquals([...seen].sort(), ["--no-dry-run", "--sise=1", "x"]);
  assertEquals<object>(parsed, { _: ["x"], "dry-run": true, set: [] });
});

Deno.test("parseArgs() reports an argument with its name and value", () => {
  const seen: unknown[] = [];
  parseArgs(["x", "--sise=1", "-vq"], { ...OPTIONS, unknown: (...args: unknown[]) => seen.push(args) });
  assertEquals(seen, [["x"], ["--sise=1", "sise", "1"], ["-vq", "v", true], ["-vq", "q", true]]);
});

Deno.test("parseArgs() sets a value under all names of a flag, fills in defaults and stops at the first word when asked", () => {
  assertEquals<object>(parseArgs(["-n", "x"], { string: ["name"], alias: { name: ["n", "title"] }, default: { port: 0 } }), {
    _: [],
    n: "x",
    name: "x",
    title: "x",
    port: 0,
  });
  assertEquals<object>(parseArgs(["--size", "1", "run", "--size", "2"], { string: ["size"], stopEarly: true }), {
    _: ["run", "--size", "2"],
    size: "1",
  });
  assertEquals<object>(parseArgs(["a", "--", "-b"], { "--": true }), { _: ["a"], "--": ["-b"] });
});
