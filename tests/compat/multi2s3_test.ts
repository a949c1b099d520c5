/** Every row of the tables of multi2s3.py, and the reading of its Python module as data. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MULTI2S3 } from "../../lib/compat/multi2s3.ts";
import { readPythonConfig } from "../../lib/compat/python_config.ts";
import { JobFileError, MistakeList, mistakeText } from "../../lib/job/mistake.ts";
import { MIB } from "../../lib/limits.ts";
import type { Job } from "../../lib/job_types.ts";
import { contextOf, jobOf, runDoor, useTables, withStage, writeFiles } from "./stage.ts";

/** The module as it was shipped, with places to fill in. */
const SHIPPED: Readonly<Record<string, string>> = {
  srcdir: '"/data/in"',
  srcfileIndex: '"*"',
  Megabytes: "1024*1024",
  chunksize: "10*Megabytes",
  splitdir: '"/tmp"',
  s3bucket: '"my-bucket"',
  s3key: '"multipart/"',
  MaxRetry: "30",
  MaxThread: "3",
  IgnoreSmallFile: "0",
};

function moduleText(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const lines = Object.entries({ ...SHIPPED, ...changes }).map(([name, value]) =>
    value === undefined ? "" : `# ${name}\n${name} = ${value}\n\n`
  );
  return `# -*- coding: utf-8 -*-\n\n${lines.join("")}`;
}

function translate(text: string, args: readonly string[] = ["config.py"]): Job {
  return jobOf(MULTI2S3, args, contextOf("/work", { "config.py": text }));
}

const OPTIONS: [string, Readonly<Record<string, string | undefined>>, (job: Job) => unknown, unknown][] = [
  ["srcdir", { srcdir: "'/d/x/'" }, ({ source }) => [source.bucket, source.tree], ["/d/x", true]],
  ["srcdir may be relative", { srcdir: '"in"' }, ({ source }) => source.bucket, "/work/in"],
  ['srcfileIndex = "*" is not recursive', {}, (job) => [job.include, job.files], [["/*"], []]],
  ["srcfileIndex as a name", { srcfileIndex: '"a b.mov"' }, (job) => [job.include, job.files], [[], ["a b.mov"]]],
  ["chunksize", {}, ({ rules }) => [rules.partSizeBytes, rules.multipartThresholdBytes], [10 * MIB, 10 * MIB]],
  ["chunksize below S3's minimum", { chunksize: "1048576" }, ({ rules }) => [rules.partSizeBytes, rules.multipartThresholdBytes], [
    5 * MIB,
    MIB,
  ]],
  ["s3bucket", { s3bucket: '"other"' }, ({ destination }) => [destination.store.name, destination.bucket], ["s3", "other"]],
  ["s3key is glued", { s3key: '"pre"' }, (job) => [job.destination.key, job.keyPrefix], ["", "pre"]],
  ["s3key empty", { s3key: '""' }, (job) => job.keyPrefix, ""],
  ["MaxRetry is a ladder of 5 s", {}, ({ tuning }) => [tuning.retries, tuning.retryDelayMs, tuning.retryGrowth], [30, 5000, "linear"]],
  ["MaxThread is parts at a time", {}, ({ tuning }) => [tuning.workers, tuning.partsInFlight, tuning.objectsInFlight], [1, 3, 1]],
  ["IgnoreSmallFile = 0", {}, (job) => job.minSizeBytes, 0],
  ["IgnoreSmallFile = 1", { IgnoreSmallFile: "1" }, (job) => job.minSizeBytes, 10 * MIB],
  ["IgnoreSmallFile = True", { IgnoreSmallFile: "True" }, (job) => job.minSizeBytes, 10 * MIB],
  ["IgnoreSmallFile does not touch a named file", { IgnoreSmallFile: "1", srcfileIndex: '"f"' }, (job) => job.minSizeBytes, 0],
  ["MaunalMerge of older files", { MaunalMerge: "1" }, (job) => job.name, "multi2s3"],
];
for (const [name, changes, read, expected] of OPTIONS) {
  Deno.test(`option: ${name}`, () => assertEquals(read(translate(moduleText(changes))), expected));
}

const REFUSED: [string, string, string][] = [
  ["a call", moduleText({ srcdir: 'os.getenv("HOME")' }), "config.py:4: not a plain assignment; settings are read and never run"],
  ["an import", `import os\n${moduleText()}`, "config.py:1: not a plain assignment"],
  ["a condition", `${moduleText()}if True:\n    srcdir = "x"\n`, "not a plain assignment"],
  ["a sum", moduleText({ chunksize: "5+5" }), "not a plain assignment"],
  ["two strings", moduleText({ srcdir: '"a" "b"' }), "not a plain assignment"],
  ["a string that is not closed", moduleText({ srcdir: '"a' }), "not a plain assignment"],
  ["nothing", moduleText({ srcdir: "" }), "not a plain assignment"],
  ["an augmented assignment", `${moduleText()}MaxRetry += 1\n`, "not a plain assignment"],
  ["a name without a value", moduleText({ chunksize: "10*Gigabytes" }), "Gigabytes has no value above this line"],
  ["a number where a text belongs", moduleText({ srcdir: "5" }), "srcdir = 5: write a string in quotes"],
  ["a text where a number belongs", moduleText({ MaxThread: '"3"' }), "MaxThread = 3: write a whole number of at least 1"],
  ["a bucket with a prefix", moduleText({ s3bucket: '"b/c"' }), "s3bucket = b/c: the name of a bucket only"],
  ["the template's own placeholder", moduleText({ s3bucket: '"<Bucket Name>"' }), "the bucket's name may have"],
];
for (const name of Object.keys(SHIPPED)) {
  if (name === "Megabytes" || name === "splitdir") continue;
  REFUSED.push([`${name} missing`, moduleText({ [name]: undefined }), `${name} is missing`]);
}
for (const [name, text, expected] of REFUSED) {
  Deno.test(`refused: ${name}`, () => {
    const { mistakes } = assertThrows(() => translate(text), JobFileError);
    assertStringIncludes(mistakes.map(mistakeText).join("\n"), expected);
  });
}

Deno.test("a module is read as Python reads its literals", () => {
  const text =
    `a = 'it''s'\nb = "x\\ty\\\\d\\d \\x41\\u4e2d" # comment "not" part\nc = r"C:\\data"\nd = 1_000 * 2*3\ne = False\nf = u'ü'\nd = 7\n` +
    `g = "# no comment"\nh = 1.5\n`;
  const mistakes = new MistakeList("x.py");
  const values = Object.fromEntries([...readPythonConfig(text, mistakes)].map(([name, { value }]) => [name, value]));
  assertEquals(values, { a: undefined, b: "x\ty\\d\\d A中", c: "C:\\data", d: 7, e: false, f: "ü", g: "# no comment", h: 1.5 });
  assertStringIncludes(assertThrows(() => mistakes.throwIfAny(new Set()), JobFileError).message, "x.py:1: not a plain assignment");
});

Deno.test("without a file config.py or Config.py of the working folder is read; without any there is one line", () => {
  for (const file of ["config.py", "Config.py"]) {
    assertEquals(jobOf(MULTI2S3, [], contextOf("/work", { [file]: moduleText() })).source.bucket, "/data/in");
  }
  assertThrows(() => MULTI2S3.translate([], contextOf("/work")), Error, "Cannot read config.py: there is no such file");
  assertThrows(() => MULTI2S3.translate(["x.py"], contextOf("/work")), Error, "Cannot read x.py: there is no such file");
});

Deno.test("the help names every setting", () => {
  for (const name of [...Object.keys(SHIPPED), "MaunalMerge"]) if (name !== "Megabytes") assertStringIncludes(MULTI2S3.help, name);
  for (const line of MULTI2S3.help.split("\n")) assert(line.length <= 140, line);
});

for (const kind of useTables()) {
  const run = async (
    changes: Readonly<Record<string, string>>,
    names: readonly string[],
    check: (keys: string[], failed: number) => void,
  ) => {
    await withStage(kind, async (stage) => {
      await writeFiles(`${stage.folder}/in`, names);
      await Deno.truncate(`${stage.folder}/in/${names[0]}`, 11 * MIB);
      const text = moduleText({ srcdir: '"in"', s3bucket: `"${stage.to}"`, chunksize: "5*Megabytes", ...changes });
      const end = await runDoor(MULTI2S3, ["config.py"], contextOf(stage.folder, { "config.py": text }, stage.env));
      check(await stage.right.admin.keys(), end.summary.failed);
      const large = await stage.right.admin.head(`multipart/${names[0]}`);
      if (large !== undefined) assert(large.ETag?.endsWith('-3"'), large.ETag);
    });
  };

  Deno.test(`${kind}: all files of the folder and none of its sub-folders, empty ones too`, async () => {
    await run({}, ["large", "f", "sub/g"], (keys, failed) => assertEquals([keys, failed], [["multipart/f", "multipart/large"], 0]));
  });
  Deno.test(`${kind}: s3key without a slash is glued to the name`, async () => {
    await run({ s3key: '"pre"' }, ["large", "f"], (keys) => assertEquals(keys, ["pref", "prelarge"]));
  });
  Deno.test(`${kind}: one file by its name; one that is not there fails`, async () => {
    await run({ srcfileIndex: '"f"' }, ["large", "f", "ff"], (keys) => assertEquals(keys, ["multipart/f"]));
    await run({ srcfileIndex: '"f*"' }, ["large", "f"], (keys, failed) => assertEquals([keys, failed], [[], 1]));
  });
  Deno.test(`${kind}: IgnoreSmallFile leaves out what is smaller than chunksize`, async () => {
    await run({ IgnoreSmallFile: "1" }, ["large", "f"], (keys) => assertEquals(keys, ["multipart/large"]));
  });
}
