/** Every row of the tables of s3_download.py: options without a store, paths against stores. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { S3_DOWNLOAD } from "../../lib/compat/s3_download.ts";
import { findDoor } from "../../lib/compat/front_door.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { MIB } from "../../lib/limits.ts";
import type { Job } from "../../lib/job_types.ts";
import { randomBytes } from "../e2e/trees.ts";
import { contextOf, jobOf, PROFILE, runDoor, type Stage, treeOf, useTables, withStage } from "./stage.ts";

const FILE = "s3_download_config.ini";

const SHIPPED: Readonly<Record<string, string>> = {
  SrcProfileName: "default",
  EndPointURL: "AWS",
  SrcBucket: "my-bucket",
  S3Prefix: "",
  SrcFileIndex: "*",
  DesDir: "/data/out",
};
const ADVANCED: Readonly<Record<string, string>> = {
  ChunkSize: "5",
  MaxRetry: "20",
  MaxThread: "5",
  MaxParallelFile: "5",
  LoggingLevel: "INFO",
};

/** The template with other values; undefined leaves a key out. */
function iniText(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const lines = (keys: Readonly<Record<string, string>>) =>
    Object.entries(keys).map(([key, value]) => {
      const text = key in changes ? changes[key] : value;
      return text === undefined ? "" : `${key} = ${text}\n`;
    }).join("");
  return `[Basic]\n${lines(SHIPPED)}\n[Advanced]\n${lines(ADVANCED)}`;
}

function translate(text: string): Job {
  return jobOf(S3_DOWNLOAD, [FILE], contextOf("/work", { [FILE]: text }));
}

function toolOf(text: string): string | undefined {
  return findDoor(["some.ini"], () => text)?.tool;
}

Deno.test("the file is recognised by its sections and keys, whatever its name", () => {
  assertEquals(toolOf(iniText()), "s3_download_config.ini");
  assertEquals(toolOf(iniText().replace("DesDir =", "desdir:")), "s3_download_config.ini");
  assertEquals(toolOf("[Basic]\nJobType = LOCAL_TO_S3\n"), "s3_upload_config.ini");
  assertEquals(toolOf("[Basic]\nx = 1\n[S3_TO_S3]\ny = DesDir\n"), "s3_upload_config.ini");
  assertEquals(toolOf("[job.a]\nsource = [Basic]\n"), undefined);
});

const OPTIONS: [string, Readonly<Record<string, string | undefined>>, (job: Job) => unknown, unknown][] = [
  ["SrcProfileName", { SrcProfileName: "iad" }, ({ source: { store } }) => store.type === "s3" && store.profile, "iad"],
  ["EndPointURL = AWS", {}, ({ source: { store } }) => "endpoint" in store, false],
  ["EndPointURL missing (2020)", { EndPointURL: undefined }, ({ source: { store } }) => "endpoint" in store, false],
  ["EndPointURL", { EndPointURL: "http://h:9" }, ({ source: { store } }) => store.type === "s3" && store.endpoint, "http://h:9"],
  ["SrcBucket", { SrcBucket: "other" }, ({ source }) => [source.bucket, source.key], ["other", ""]],
  ["S3Prefix empty", {}, (job) => job.prefixes, []],
  ["S3Prefix = /", { S3Prefix: "/" }, (job) => job.prefixes, []],
  ["S3Prefix is used as it is", { S3Prefix: "a//b/./" }, (job) => job.prefixes, ["a//b/./"]],
  ["SrcFileIndex without a prefix", { SrcFileIndex: "x" }, (job) => job.files, ["x"]],
  ["SrcFileIndex joined with one slash", { S3Prefix: "pre", SrcFileIndex: "x" }, (job) => job.files, ["pre/x"]],
  ["SrcFileIndex behind a slash", { S3Prefix: "pre/", SrcFileIndex: "x/y" }, (job) => job.files, ["pre/x/y"]],
  ["DesDir", { DesDir: "/o/x/" }, ({ destination }) => destination.bucket, "/o/x"],
  ["DesDir may be relative", { DesDir: "out" }, ({ destination }) => destination.bucket, "/work/out"],
  ["ChunkSize", { ChunkSize: "8" }, ({ rules }) => [rules.partSizeBytes, rules.multipartThresholdBytes], [8 * MIB, 8 * MIB]],
  ["MaxRetry is the SDK's, not the ladder", { MaxRetry: "7" }, ({ tuning }) => [tuning.retries, tuning.retryGrowth], [7, "double"]],
  ["MaxThread and MaxParallelFile", { MaxThread: "3", MaxParallelFile: "1" }, ({ tuning }) => [tuning.workers, tuning.partsInFlight], [
    1,
    3,
  ]],
  ["LoggingLevel", { LoggingLevel: "WARNING" }, ({ report }) => [report.logLevel, report.logFile], [
    "warn",
    "/work/log/s3_download-{time}.log",
  ]],
  ["names and sizes, and the closing comparison", {}, (job) => [job.compare, job.finalCheck], ["size", true]],
];
for (const [name, changes, read, expected] of OPTIONS) {
  Deno.test(`option: ${name}`, () => assertEquals(read(translate(iniText(changes))), expected));
}

for (const key of [...Object.keys(SHIPPED), ...Object.keys(ADVANCED)].filter((key) => key !== "EndPointURL")) {
  Deno.test(`refused: ${key} missing`, () => {
    const { mistakes } = assertThrows(() => translate(iniText({ [key]: undefined })), JobFileError);
    assertStringIncludes(mistakes.map(mistakeText).join("\n"), `${key}: the key is missing`);
  });
}

Deno.test("the help names every key", () => {
  for (const key of [...Object.keys(SHIPPED), ...Object.keys(ADVANCED)]) assertStringIncludes(S3_DOWNLOAD.help, key);
  for (const line of S3_DOWNLOAD.help.split("\n")) assert(line.length <= 140, line);
});

interface Row {
  readonly name: string;
  readonly ini: Readonly<Record<string, string>>;
  readonly objects: readonly string[];
  /** Files and empty folders below DesDir. */
  readonly files: readonly string[];
  readonly failed?: number;
  /** MinIO refuses such keys. */
  readonly oddKeys?: true;
}

const ROWS: Row[] = [
  { name: "the prefix is kept in the path", ini: { S3Prefix: "pre" }, objects: ["pre/d/x", "other"], files: ["pre/d/x"] },
  { name: "prefix pre also takes pre2/b", ini: { S3Prefix: "pre" }, objects: ["pre/a", "pre2/b"], files: ["pre/a", "pre2/b"] },
  { name: "prefix pre/ does not", ini: { S3Prefix: "pre/" }, objects: ["pre/a", "pre2/b"], files: ["pre/a"] },
  { name: "prefix / is none", ini: { S3Prefix: "/" }, objects: ["a", "b/c"], files: ["a", "b/c"] },
  { name: "a key that ends in a slash is a folder", ini: {}, objects: ["d/e/", "a"], files: ["a", "d/e/"] },
  { name: "one name", ini: { S3Prefix: "pre", SrcFileIndex: "x" }, objects: ["pre/x", "pre/xy", "x"], files: ["pre/x"] },
  { name: "one name that is not there", ini: { SrcFileIndex: "x" }, objects: ["xy"], files: [], failed: 1 },
  { name: "files that differ only in their suffix", ini: {}, objects: ["a.txt", "a.csv", "a"], files: ["a", "a.csv", "a.txt"] },
  {
    name: "no key leads out of DesDir",
    ini: {},
    objects: ["/abs", "../up", "x/../../up2", "ok"],
    files: ["%2E%2E/up", "%2F/abs", "ok", "x/%2E%2E/%2E%2E/up2"],
    oddKeys: true,
  },
];

function storeKeys(stage: Stage): Record<string, string> {
  return { SrcProfileName: PROFILE, EndPointURL: stage.endpoint, SrcBucket: stage.from, DesDir: "out" };
}

for (const kind of useTables()) {
  for (const row of ROWS) {
    if (kind === "minio" && row.oddKeys) continue;
    Deno.test(`${kind}: ${row.name}`, async () => {
      await withStage(kind, async (stage) => {
        for (const key of row.objects) await stage.left.admin.put(key, new TextEncoder().encode(key.endsWith("/") ? "" : key));
        const text = iniText({ ...storeKeys(stage), ...row.ini });
        const end = await runDoor(S3_DOWNLOAD, [FILE], contextOf(stage.folder, { [FILE]: text }));
        assertEquals(treeOf(`${stage.folder}/out`), row.files);
        assertEquals(treeOf(stage.folder), row.files.map((name) => `out/${name}`).concat(row.files.length === 0 ? ["out/"] : []));
        assertEquals([end.summary.failed, end.error, end.differences?.length], [row.failed ?? 0, undefined, row.failed ?? 0]);
      });
    });
  }

  Deno.test(`${kind}: parts, empty objects and what is there already; no state but the files`, async () => {
    await withStage(kind, async (stage) => {
      const large = randomBytes(11 * MIB);
      await stage.left.admin.put("pre/large.bin", large);
      await stage.left.admin.put("pre/empty", new Uint8Array());
      await stage.left.admin.put("pre/same", new TextEncoder().encode("same"));
      await Deno.mkdir(`${stage.folder}/out/pre`, { recursive: true });
      await Deno.writeTextFile(`${stage.folder}/out/pre/same`, "SAME");
      const context = contextOf(stage.folder, { [FILE]: iniText(storeKeys(stage)) });
      const end = await runDoor(S3_DOWNLOAD, [FILE], context);
      assertEquals([end.summary.done.objects, end.differences], [2, []]);
      assertEquals(treeOf(stage.folder), ["out/pre/empty", "out/pre/large.bin", "out/pre/same"]);
      assertEquals(await Deno.readFile(`${stage.folder}/out/pre/large.bin`), large);
      assertEquals(await Deno.readTextFile(`${stage.folder}/out/pre/same`), "SAME");
      assertEquals((await runDoor(S3_DOWNLOAD, [FILE], context)).summary.movedBytes, 0);
    });
  });
}
