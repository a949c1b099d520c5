/** The tables of settings, the help and jobs.example.ini must say the same. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { COMMAND_NAMES } from "../../lib/command/command.ts";
import { readCommandLine } from "../../lib/command/commands.ts";
import type { Terminal } from "../../lib/command/terminal.ts";
import { TransferError } from "../../lib/errors.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import type { Setting, Values } from "../../lib/job/settings/setting.ts";
import { PROVIDER_NAMES } from "../../lib/job/settings/store.ts";
import { JOB_GROUPS, JOB_SETTINGS, JOB_TABLES, STORE_GROUP, STORE_SETTINGS } from "../../lib/job/settings/tables.ts";
import { TUNING } from "../../lib/job/settings/tuning.ts";
import type { Tuning } from "../../lib/job_types.ts";
import { splitList } from "../../lib/job/value.ts";
import { exampleText } from "../../tools/write_settings.ts";
import { contextOf, mistakesOf } from "./context.ts";

const ALL: readonly Setting[] = [STORE_GROUP, ...JOB_GROUPS].flatMap(({ settings }) => settings);
const EXAMPLE = await Deno.readTextFile(new URL("../../jobs.example.ini", import.meta.url));
/** `# key = value`, as the reference part of the example file names each key. */
const REFERENCE = [...EXAMPLE.matchAll(/^# ([a-z_0-9]+) = (.*)$/gm)].map(([, key = "", value = ""]) => ({ key, value }));

Deno.test("no key and no field is in the tables twice, and every table of a job is written back", () => {
  assertEquals(new Set(ALL.map(({ key }) => key)).size, ALL.length);
  assertEquals(STORE_SETTINGS.size + JOB_SETTINGS.size, ALL.length);
  const written = JOB_TABLES.flatMap(({ table }) => Object.values(table).map(({ key }) => key));
  assertEquals(new Set([...written, "source", "destination"]), new Set(JOB_SETTINGS.keys()));
});

/** What `sluice help` prints. */
async function helpText(topic?: string): Promise<string> {
  const { command, request } = await readCommandLine(topic === undefined ? ["help"] : ["help", topic]);
  let said = "";
  await command.run(request, () => Promise.resolve({ out: (text: string) => void (said += text) } as Terminal));
  return said;
}

type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;

Deno.test("the types that are written by hand are those that the tables make", () => {
  const tuning: Same<Tuning, Values<typeof TUNING>> = true;
  assertEquals([tuning, new Set(PROVIDER_NAMES).size], [true, PROVIDER_NAMES.length]);
});

Deno.test("every default can be read, and what has none has an example", () => {
  for (const { key, kind, default: fallback, example } of ALL) {
    if (!fallback) assert(example !== undefined, key);
    else {
      const value = kind.read({ text: fallback, items: () => splitList(fallback), context: contextOf() });
      if (key !== "workers") assertEquals(kind.write(value), fallback, key);
    }
  }
});

Deno.test("the reference part of jobs.example.ini is what the tables make; if not: deno run -A tools/write_settings.ts", () => {
  assertEquals(EXAMPLE, exampleText(EXAMPLE));
  assertEquals(REFERENCE.map(({ key }) => key), ALL.map(({ key }) => key));
});

for (const { key, help, kind, default: fallback, stores } of ALL) {
  Deno.test(`the help tells what ${key} is, takes and defaults to`, async () => {
    const squeezed = (text: string) => text.replaceAll(/\s+/g, " ");
    const types = stores === undefined ? "" : ` (${stores.join(", ")})`;
    const said = ` ${key} ${help}${types} ${kind.hint}${fallback ? `; default ${fallback}` : ""} `;
    for (const topic of ["keys", key, key.replaceAll("_", "-")]) assertStringIncludes(squeezed(await helpText(topic)), said);
  });
}

Deno.test("the help of cp lists every key as a flag", async () => {
  const lines = (await helpText("cp")).split("\n");
  for (const { key, kind } of ALL) {
    const flag = key.replaceAll("_", "-");
    if (kind.is !== "location") assert(lines.some((line) => line.startsWith(`  --${flag} `) || line.startsWith(`  ${flag} `)), key);
  }
});

Deno.test("the overview has every command and the exit codes, and fits one screen", async () => {
  const help = await helpText();
  for (const name of COMMAND_NAMES) assertStringIncludes(help, `sluice ${name === "run" ? "JOB.ini" : name}`);
  for (const text of ["0 all well", "1 some objects", "2 usage", "3 a bug", "130 interrupted"]) assertStringIncludes(help, text);
  assert(help.trimEnd().split("\n").length <= 24, help);
});

Deno.test("every command has a help with three examples, and no line is wider than a wide terminal", async () => {
  for (const name of COMMAND_NAMES) {
    const help = await helpText(name);
    const examples = help.slice(help.indexOf("Examples\n")).split("\n").slice(1, 4);
    for (const line of examples) assert(line.startsWith("  sluice "), line);
  }
  for (const topic of [undefined, "keys", ...COMMAND_NAMES]) {
    for (const line of (await helpText(topic)).split("\n")) assert(line.length <= 140, line);
  }
});

Deno.test("helpText() refuses a topic that does not exist", async () => {
  const error = await assertRejects(() => helpText("upload"), TransferError, "There is no help on upload; did you mean uploads?");
  assertEquals(error.kind, "config");
});

Deno.test("the first job of jobs.example.ini runs on the embedded store, and no job of it needs a network", () => {
  const jobs = parseJobFile(EXAMPLE, contextOf());
  assertEquals(jobs.map(({ name }) => name), ["demo-upload", "demo-copy", "demo-download"]);
  assertEquals(jobs.map(({ source, destination }) => [source.store.type, destination.store.type]), [
    ["local", "embedded"],
    ["embedded", "embedded"],
    ["embedded", "local"],
  ]);
});

Deno.test("what jobs.example.ini shows of each key is right once it is uncommented", () => {
  const env = () => "x";
  const typeOf = (setting: Setting) => setting.stores?.[0] ?? "s3";
  for (const { key, value } of REFERENCE) {
    const setting = STORE_SETTINGS.get(key);
    if (setting === undefined || key === "type") continue;
    const partner = {
      access_key_id: "secret_access_key",
      secret_access_key: "access_key_id",
      list_access_key_id: "list_secret_access_key",
      list_secret_access_key: "list_access_key_id",
    }[key];
    const others = key === "session_token" ? "access_key_id = a\nsecret_access_key = b\n" : partner === undefined ? "" : `${partner} = x\n`;
    const folder = typeOf(setting) === "embedded" && key !== "folder" ? "folder = x\n" : "";
    const text = `[store.x]\ntype = ${typeOf(setting)}\n${folder}${others}${key} = ${value}\n[job.a]\nsource = in/\ndestination = out/\n`;
    const wrong = mistakesOf(text, { env }).filter((mistake) => !mistake.includes("not supported in this version"));
    assertEquals(wrong, []);
  }
  // Grants stand for themselves: a canned ACL beside them is a mistake.
  const keys = REFERENCE.filter(({ key }) => JOB_SETTINGS.has(key) && key !== "acl").map(({ key, value }) => `${key} = ${value}`);
  assertEquals(mistakesOf(`[job.a]\n${keys.join("\n")}`), []);
});

Deno.test("the demo tree has a small, an empty and a multipart file, and names with spaces and Chinese", async () => {
  const root = new URL("../../examples/demo/", import.meta.url);
  const size = async (path: string) => (await Deno.stat(new URL(encodeURI(path), root))).size;
  assert(await size("hello.txt") > 0);
  assertEquals(await size("empty.bin"), 0);
  assert(await size("a name with spaces.txt") > 0);
  const [upload] = parseJobFile(EXAMPLE, contextOf());
  assert(await size("数据/large.txt") > (upload?.rules.multipartThresholdBytes ?? Infinity));
});
