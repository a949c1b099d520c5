/** Every rule of form can fail: one offender each, beside one that keeps the rule. */
import { assertEquals } from "@std/assert";
import { type FileFacts, readFacts } from "./facts.ts";
import {
  checkCycles,
  checkDocs,
  checkExports,
  checkExportsUsed,
  checkFence,
  checkGlobals,
  checkLocalSources,
  checkNames,
  checkOutside,
  checkParameters,
  checkReminders,
  checkSizes,
  checkTestsRun,
  checkUnused,
  checkVendorNames,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  LINE_CHARS_MAX,
} from "./rules.ts";

const MAP = { names: ["aws4"], startedBy: "deno run tests/tidy/started.ts" };
const DOC = "/** Is for something. */\n";

function facts(files: Record<string, string>): FileFacts[] {
  return Object.entries(files).map(([path, source]) => readFacts(path, source));
}

/** The rule's complaints about single files, without their places. */
function about(rule: (files: FileFacts[]) => string[], files: Record<string, string>): string[] {
  return rule(facts(files)).map((complaint) => complaint.replace(/: .*/, ""));
}

Deno.test("checkFence() lets nobody import over the fence, in any form of import", () => {
  const files = {
    "lib/schedule/a.ts": `import { x } from "../store/s3.ts";\nimport { y } from "../protocol.ts";\nimport { z } from "./b.ts";`,
    "lib/plan/a.ts": `import type { Store } from "../store/store.ts";\nconst s = await import("../store/s3.ts");`,
    "lib/session/a.ts": `import { x } from "../wire/sign.ts";\nexport { y } from "../plan/walk.ts";`,
    "lib/embedded/a.ts": `import { x } from "../errors.ts";\nimport { y } from "../limits.ts";`,
    "lib/limits.ts": `import { x } from "./types.ts";`,
    "workers/transfer.ts": `import { x } from "../lib/session/a.ts";\nimport { y } from "../lib/schedule/a.ts";`,
    "lib/strange/a.ts": "",
    "main.ts": `import { x } from "./lib/plan/a.ts";\nimport "./workers/transfer.ts";`,
  };
  assertEquals(about(checkFence, files), [
    "lib/schedule/a.ts:1",
    "lib/plan/a.ts:2",
    "lib/session/a.ts:2",
    "lib/embedded/a.ts:1",
    "lib/limits.ts:1",
    "workers/transfer.ts:2",
    "lib/strange/a.ts:1",
    "main.ts:2",
  ]);
});

Deno.test("checkOutside() takes only names of the import map", () => {
  const source =
    `import "node:fs";\nimport "aws4";\nimport "aws4/sub";\nimport "aws4x";\nimport "npm:left@1.0.0";\nimport "https://example.org/x.ts";`;
  assertEquals(about((files) => checkOutside(files, MAP), { "lib/wire/a.ts": source }), [
    "lib/wire/a.ts:4",
    "lib/wire/a.ts:5",
    "lib/wire/a.ts:6",
  ]);
});

Deno.test("checkCycles() finds a file that imports itself over another", () => {
  const cycle = { "lib/job/a.ts": `import "./b.ts";`, "lib/job/b.ts": `import "./c.ts";`, "lib/job/c.ts": `import "./a.ts";` };
  assertEquals(checkCycles(facts(cycle)), [
    "lib/job/a.ts:1: imports itself over lib/job/a.ts > lib/job/b.ts > lib/job/c.ts > lib/job/a.ts",
  ]);
  const diamond = { "lib/job/a.ts": `import "./b.ts";\nimport "./c.ts";`, "lib/job/b.ts": `import "./c.ts";`, "lib/job/c.ts": "" };
  assertEquals(checkCycles(facts(diamond)), []);
  assertEquals(about(checkCycles, { ...diamond, "lib/job/c.ts": `import type { A } from "./a.ts";` }), ["lib/job/a.ts:1"]);
});

Deno.test("checkSizes() counts lines of files and functions and characters of lines, and allows the limits themselves", () => {
  const functionOf = (lines: number) => `function f() {\n${"\n".repeat(lines - 2)}}`;
  const arrowOf = (lines: number) => `const f = () => {\n${"\n".repeat(lines - 2)}};`;
  const methodOf = (lines: number) => `// é漢😀\nclass A {\n  m() {\n${"\n".repeat(lines - 2)}  }\n}`;
  const files = {
    "long.ts": "\n".repeat(FILE_LINES_MAX + 1),
    "fits.ts": "\n".repeat(FILE_LINES_MAX),
    "wide.ts": `\n// ${"x".repeat(LINE_CHARS_MAX - 2)}`,
    "narrow.ts": `// ${"x".repeat(LINE_CHARS_MAX - 3)}`,
    "function.ts": functionOf(FUNCTION_LINES_MAX + 1),
    "arrow.ts": arrowOf(FUNCTION_LINES_MAX + 1),
    "method.ts": methodOf(FUNCTION_LINES_MAX + 1),
    "short.ts": [functionOf, arrowOf, methodOf].map((make) => make(FUNCTION_LINES_MAX)).join("\n"),
  };
  assertEquals(about(checkSizes, files), ["long.ts:1", "wide.ts:2", "function.ts:1", "arrow.ts:1", "method.ts:3"]);
});

Deno.test("checkNames() refuses names that are not snake_case or say nothing", () => {
  const names = ["lib/a_b.ts", "lib/aB.ts", "lib/a-b.ts", "lib/utils.ts", "tests/helpers.ts", "lib/common.ts", "lib/crc32.ts"];
  const complaints = about(checkNames, Object.fromEntries(names.map((name) => [name, ""])));
  assertEquals(complaints, ["lib/aB.ts:1", "lib/a-b.ts:1", "lib/utils.ts:1", "tests/helpers.ts:1", "lib/common.ts:1"]);
});

Deno.test("checkExports() refuses default exports and files that pass on others, but for the library's front", () => {
  const files = {
    "lib/a.ts": `export default 1;`,
    "lib/b.ts": `export { x } from "./c.ts";\nexport * from "./d.ts";`,
    "lib/mod.ts": `export { x } from "./c.ts";`,
    "lib/e.ts": `export const x = 1;`,
  };
  assertEquals(about(checkExports, files), ["lib/a.ts:1", "lib/b.ts:1", "lib/b.ts:2"]);
});

Deno.test("checkReminders() finds reminders as words only", () => {
  for (const word of ["TO" + "DO", "FIX" + "ME", "X" + "XX"]) {
    assertEquals(about(checkReminders, { "lib/a.ts": `\n// ${word}: later\nconst ${word}S = 1;` }), ["lib/a.ts:2"]);
  }
});

Deno.test("checkGlobals() keeps Deno and console at the edges, types included", () => {
  const source = `Deno.cwd();\nlet f: Deno.FsFile;\nconsole.log(1);\n// Deno.cwd() in words\nconst text = "console.log";`;
  const files = { "lib/plan/a.ts": source, "lib/wire/a.ts": source, "lib/report/a.ts": source, "lib/disk/walk.ts": source };
  assertEquals(about(checkGlobals, files).sort(), [
    "lib/disk/walk.ts:3",
    "lib/plan/a.ts:1",
    "lib/plan/a.ts:2",
    "lib/plan/a.ts:3",
    "lib/wire/a.ts:3",
  ]);
});

Deno.test("checkUnused() finds files that nobody imports, starts or runs", () => {
  const files = {
    "main.ts": `import "./lib/job/used.ts";\nnew Worker(new URL("./workers/transfer.ts", import.meta.url), { type: "module" });`,
    "lib/job/used.ts": "",
    "lib/job/unused.ts": "",
    "workers/transfer.ts": "",
    "workers/other.ts": "",
    "tests/a_test.ts": `const lazy = await import("./lazy.ts");`,
    "tests/lazy.ts": "",
    "tests/tidy/started.ts": "",
    "tests/left_over.ts": "",
  };
  const complaints = about((all) => checkUnused(all, MAP), files);
  assertEquals(complaints, ["lib/job/unused.ts:1", "workers/other.ts:1", "tests/left_over.ts:1"]);
});

Deno.test("checkDocs() wants a comment on each file and each exported symbol", () => {
  const files = {
    "lib/a.ts": `export const a = 1;`,
    "lib/b.ts":
      `${DOC}import "./a.ts";\n// a plain comment\nexport function b() {}\n/* not a doc */\nexport class C {}\nexport type D = 1;`,
    "lib/c.ts":
      `${DOC}import "./a.ts";\n${DOC}export const a = 1;\nexport const b = 2;\n\n${DOC}// deno-lint-ignore no-x\nexport interface E {}`,
    "main.ts": `#!/usr/bin/env -S deno run\n${DOC}import "./lib/a.ts";`,
    "tests/a_test.ts": `import "./a.ts";`,
  };
  assertEquals(about(checkDocs, files), ["lib/a.ts:1", "lib/a.ts:1", "lib/b.ts:4", "lib/b.ts:6", "lib/b.ts:7"]);
});

Deno.test("checkTestsRun() finds tests that are left out or run alone", () => {
  const left = ["ignore", "only"].flatMap((how) => [
    `Deno.test.${how}("a", () => {});`,
    `Deno.test({ name: "a", ${how}: true, fn: () => {} });`,
    `Deno.test("a", { ${how}: !process.env.X }, () => {});`,
    `await t.step({ name: "a", ${how}: someCondition, fn: () => {} });`,
  ]);
  for (const source of left) assertEquals(about(checkTestsRun, { "tests/a_test.ts": source }), ["tests/a_test.ts:1"], source);
  const fine = `Deno.test("a", { ignore: false }, () => {});\nglob({ ignore: true });\nconst t = list.only;`;
  assertEquals(about(checkTestsRun, { "tests/a_test.ts": fine }), []);
});

Deno.test("checkParameters() allows three positional parameters, in any form of function", () => {
  const three = `function f(a: A, b: B, c: C) {}\nconst g = (a: A, b: B, c = 1) => a;\nfunction h(this: X, a: A, b: B, c: C) {}`;
  const four = `function f(a, b, c, d) {}\nconst g = (a, b, c, ...d) => a;\nclass A {\n  m(a, b, c, d) {}\n}`;
  assertEquals(about(checkParameters, { "lib/a.ts": three, "lib/b.ts": four }), ["lib/b.ts:1", "lib/b.ts:2", "lib/b.ts:4"]);
});

Deno.test("checkExportsUsed() finds values that only tests import; types go with their functions", () => {
  const files = {
    "lib/job/a.ts":
      `export const used = 1;\nexport function tested() {}\nexport type T = 1;\nexport class Lazy {}\nexport function* all() {}`,
    "lib/job/b.ts": `import { used } from "./a.ts";`,
    "lib/job/c.ts": `export const whole = 1;`,
    "lib/mod.ts": `export { Lazy } from "./job/a.ts";\nconst c = await import("./job/c.ts");\nexport const front = 1;`,
    "tests/a_test.ts": `import { tested } from "../lib/job/a.ts";`,
  };
  assertEquals(about(checkExportsUsed, files), ["lib/job/a.ts:2", "lib/job/a.ts:5"]);
});

Deno.test("checkVendorNames() finds a vendor's names outside of the rooms, and no words that only look alike", () => {
  const source =
    `const a = "oss";\nimport { openOssStore } from "x";\nconst b = "crc64ecma";\n// Alibaba OSS\nconst loss = crossing + gross;`;
  const files = { "lib/plan/a.ts": source, "lib/remote/a.ts": source, "lib/types.ts": source, "tests/a_test.ts": source };
  assertEquals(about(checkVendorNames, files), ["lib/plan/a.ts:1", "lib/plan/a.ts:2", "lib/plan/a.ts:3", "lib/plan/a.ts:4"]);
});

Deno.test("checkLocalSources() keeps everybody but the disk from looking into an object of it", () => {
  const source = "const a = pin.local?.fileMark;\nconst b = { ...local, c };\nconst c = object\n  .local;";
  const files = { "lib/wire/a.ts": source, "lib/disk/a.ts": source, "lib/bytes/local_source.ts": source, "tests/a_test.ts": source };
  assertEquals(about(checkLocalSources, files), ["lib/wire/a.ts:1", "lib/wire/a.ts:4"]);
});
