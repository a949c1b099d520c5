/** The table of keys, the help and jobs.example.ini must say the same. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { COMMANDS } from "../../lib/job/command_line.ts";
import { helpText, typeText } from "../../lib/job/help.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { JOB_KEYS, JOB_RULES, STORE_RULES } from "../../lib/job/keys.ts";
import { type KeyRule } from "../../lib/job/key_rule.ts";
import { RUN_KEYS } from "../../lib/job/run_keys.ts";
import { STORE_KEYS } from "../../lib/job/store_keys.ts";
import { contextOf, mistakesOf } from "./context.ts";

const ALL: readonly KeyRule[] = [...STORE_KEYS, ...JOB_KEYS, ...RUN_KEYS];
const EXAMPLE = await Deno.readTextFile(new URL("../../jobs.example.ini", import.meta.url));
/** `# key = value`, as the reference part of the example file names each key. */
const REFERENCE = [...EXAMPLE.matchAll(/^# ([a-z_0-9]+) = (.*)$/gm)].map(([, key = "", value = ""]) => ({ key, value }));

Deno.test("no key is in the table twice", () => {
  assertEquals(new Set(ALL.map(({ key }) => key)).size, ALL.length);
  assertEquals(STORE_RULES.size + JOB_RULES.size, ALL.length);
});

Deno.test("jobs.example.ini names every key of the table exactly once, in its order", () => {
  assertEquals(REFERENCE.map(({ key }) => key), ALL.map(({ key }) => key));
});

for (const rule of ALL) {
  Deno.test(`jobs.example.ini tells what ${rule.key} is, takes and defaults to`, () => {
    const value = REFERENCE.find(({ key }) => key === rule.key)?.value;
    if (rule.fallback !== "") assertEquals(value, rule.fallback);
    const stores = rule.stores === undefined ? "" : ` (${rule.stores.join(", ")})`;
    const fallback = rule.fallback === "" ? "no default" : `default ${rule.fallback}`;
    assertStringIncludes(EXAMPLE, `# ${rule.help}${stores}\n#   ${typeText(rule.type)}; ${fallback}\n# ${rule.key} = `);
  });

  Deno.test(`the help tells what ${rule.key} is, takes and defaults to`, () => {
    const fallback = rule.fallback === "" ? "" : `; default ${rule.fallback}`;
    for (const topic of [undefined, "keys"]) {
      const lines = helpText(topic).split("\n");
      const at = lines.findIndex((line) => line.startsWith(`  ${rule.key} `));
      assertStringIncludes(lines[at] ?? "", rule.help);
      assertEquals(lines[at + 1]?.trim(), `${typeText(rule.type)}${fallback}`);
    }
  });
}

Deno.test("the help of cp lists every key as a flag", () => {
  const lines = helpText("cp").split("\n");
  for (const { key, type } of ALL) {
    if (type.is !== "location") assert(lines.some((line) => line.startsWith(`  ${key.replaceAll("_", "-")} `)), key);
  }
});

Deno.test("the help has every command, the exit codes and no line wider than a wide terminal", () => {
  const help = helpText();
  for (const name of COMMANDS) assertStringIncludes(help, `sluice ${name === "run" ? "JOB.ini" : name}`);
  for (const text of ["0 all well", "1 some objects", "2 usage", "3 a bug", "130 interrupted"]) assertStringIncludes(help, text);
  for (const line of help.split("\n")) assert(line.length <= 140, line);
});

Deno.test("helpText() refuses a topic that does not exist", () => {
  const error = assertThrows(() => helpText("upload"), TransferError, "There is no help on upload; did you mean uploads?");
  assertEquals(error.kind, "config");
});

Deno.test("the first job of jobs.example.ini runs on the embedded store, and no job of it needs a network", () => {
  const { jobs } = parseJobFile(EXAMPLE, contextOf());
  assertEquals(jobs.map(({ name }) => name), ["demo-upload", "demo-copy", "demo-download"]);
  assertEquals(jobs.map(({ source, destination }) => [source.store.type, destination.store.type]), [
    ["local", "embedded"],
    ["embedded", "embedded"],
    ["embedded", "local"],
  ]);
});

Deno.test("what jobs.example.ini shows of each key is right once it is uncommented", () => {
  const env = () => "x";
  const typeOf = (rule: KeyRule) => rule.stores?.[0] ?? "s3";
  for (const { key, value } of REFERENCE) {
    const rule = STORE_RULES.get(key);
    if (rule === undefined || key === "type") continue;
    const partner = {
      access_key_id: "secret_access_key",
      secret_access_key: "access_key_id",
      list_access_key_id: "list_secret_access_key",
      list_secret_access_key: "list_access_key_id",
    }[key];
    const others = key === "session_token" ? "access_key_id = a\nsecret_access_key = b\n" : partner === undefined ? "" : `${partner} = x\n`;
    const folder = typeOf(rule) === "embedded" && key !== "folder" ? "folder = x\n" : "";
    const text = `[store.x]\ntype = ${typeOf(rule)}\n${folder}${others}${key} = ${value}\n[job.a]\nsource = in/\ndestination = out/\n`;
    const wrong = mistakesOf(text, { env }).filter((mistake) => !mistake.includes("not supported in this version"));
    assertEquals(wrong, []);
  }
  // Grants stand for themselves: a canned ACL beside them is a mistake.
  const keys = REFERENCE.filter(({ key }) => JOB_RULES.has(key) && key !== "acl").map(({ key, value }) => `${key} = ${value}`);
  assertEquals(mistakesOf(`[job.a]\n${keys.join("\n")}`), []);
});

Deno.test("the demo tree has a small, an empty and a multipart file, and names with spaces and Chinese", async () => {
  const root = new URL("../../examples/demo/", import.meta.url);
  const size = async (path: string) => (await Deno.stat(new URL(encodeURI(path), root))).size;
  assert(await size("hello.txt") > 0);
  assertEquals(await size("empty.bin"), 0);
  assert(await size("a name with spaces.txt") > 0);
  const [upload] = parseJobFile(EXAMPLE, contextOf()).jobs;
  assert(await size("数据/large.txt") > (upload?.rules.multipartThresholdBytes ?? Infinity));
});
