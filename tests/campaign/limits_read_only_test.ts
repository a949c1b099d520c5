/**
 * Destinations that stop taking writes midway: a disk that becomes read-only, a bucket that answers 403, credentials that are withdrawn.
 * What ends every object ends the job with one line; what may be one object's own fault fails that object. Nothing that was done is lost.
 */
import { assert, assertEquals } from "@std/assert";
import { type EmbeddedStore, startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import type { FaultScript } from "../../lib/embedded/faults.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { assertClear, assertCode, readManifest } from "../e2e/claims.ts";
import { runSluice, startSluice } from "../e2e/run_sluice.ts";
import { useServers, withScene } from "../e2e/scene.ts";
import { randomBytes, withFolder } from "../e2e/trees.ts";
import { namesBelow, withSmallDisk } from "./limits_disk.ts";

const FILES = 1500;
const FLIGHT = { workers: 2, objects_in_flight: 8 };
useServers(["embedded"]);

async function makeFiles(folder: string): Promise<string[]> {
  await Deno.mkdir(folder);
  const names = Array.from({ length: FILES }, (_, index) => `f${String(index).padStart(4, "0")}`);
  for (const [index, name] of names.entries()) await Deno.writeFile(`${folder}/${name}`, randomBytes(200, index));
  return names;
}

async function untilFiles(folder: string, count: number): Promise<void> {
  while ((await namesBelow(folder)).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("a disk that becomes read-only midway ends the job with one clear line, and the next run sends the rest alone", async () => {
  await withSmallDisk(64, (disk) =>
    withScene("embedded", async (scene) => {
      const names = await makeFiles(`${scene.folder}/tree`);
      assertCode(await runSluice([await scene.job({ source: `${scene.folder}/tree/`, destination: scene.leftUrl() }, "up.ini")]), 0);
      const manifest = `${scene.folder}/manifest.ndjson`;
      const job = await scene.job({ ...FLIGHT, source: scene.leftUrl(), destination: `${disk.path}/`, manifest });
      const run = startSluice([job]);
      await untilFiles(disk.path, 100);
      await disk.makeReadOnly();
      const ended = await run.finished;
      assertCode(ended, 2);
      assertClear(ended, /Stopped: .*read-only/);
      const failures = ended.stderr.split("\n").filter((line) => line.startsWith("error: Failed "));
      assert(failures.length <= 1, ended.stderr);
      const there = (await namesBelow(disk.path)).filter((name) => !name.startsWith("."));
      assert(there.length < FILES, "All was done before the disk was read-only");
      const done = (await readManifest(manifest)).filter(({ outcome }) => outcome === "done").map(({ key }) => key ?? "");
      assertEquals(done.filter((name) => !there.includes(name)), [], "Told as done and not there");
      await disk.makeWritable();
      assertCode(await runSluice([job]), 0);
      const moved = (await readManifest(manifest)).filter(({ outcome }) => outcome === "done").map(({ key }) => key);
      assertEquals(moved.sort(), names.filter((name) => !there.includes(name)));
      assertEquals(await namesBelow(disk.path), names);
      assertCode(await runSluice(["check", job]), 0);
    }));
});

Deno.test("a disk that is read-only from the start is told before anything moves", async () => {
  await withSmallDisk(4, (disk) =>
    withScene("embedded", async (scene) => {
      await scene.left.admin.put("a", randomBytes(10));
      await disk.makeReadOnly();
      for (const destination of [`${disk.path}/`, `${disk.path}/new/`]) {
        const run = await runSluice([await scene.job({ source: scene.leftUrl(), destination })]);
        assertCode(run, 2);
        assertClear(run, /read-only/);
      }
    }));
});

/** Moves files into a bucket that goes wrong by this script, then without it. */
async function moveInto(
  faults: FaultScript,
  judge: (run: Awaited<ReturnType<typeof runSluice>>, asked: number) => void,
): Promise<void> {
  await withFolder(async (folder) => {
    let asked = 0;
    const onRequest = ({ operation }: { operation: string }) => void (asked += operation === "PutObject" ? 1 : 0);
    const store = await startEmbeddedStore({ folder: `${folder}/store`, buckets: ["bucket"], faults, onRequest });
    const admin = new BucketAdmin({ ...store, endpoint: store.endpoint, region: "us-east-1" }, "bucket");
    try {
      const names = await makeFiles(`${folder}/tree`);
      const job = await writeJob(folder, store);
      judge(await runSluice([job]), asked);
      const there = await admin.keys();
      assert(there.length > 0 && there.length < FILES, `${there.length} objects`);
      store.setFaults([]);
      asked = 0;
      assertCode(await runSluice([job]), 0);
      assertEquals(asked, FILES - there.length, "Requests of the second run that write");
      assertEquals((await admin.keys()).sort(), names);
      assertCode(await runSluice(["check", job]), 0);
    } finally {
      admin.close();
      await store.close();
    }
  });
}

async function writeJob(folder: string, store: EmbeddedStore): Promise<string> {
  const lines = [
    "[store.s]",
    "type = s3",
    `endpoint = ${store.endpoint}`,
    "region = us-east-1",
    "addressing = path",
    `access_key_id = ${store.accessKeyId}`,
    `secret_access_key = ${store.secretAccessKey}`,
    "[job.move]",
    `source = ${folder}/tree/`,
    "destination = s://bucket/",
    "progress = none",
    ...Object.entries(FLIGHT).map(([key, value]) => `${key} = ${value}`),
  ];
  await Deno.writeTextFile(`${folder}/job.ini`, lines.join("\n"));
  return `${folder}/job.ini`;
}

function refusedAfter(skip: number, code: string): FaultScript {
  return [{ operation: "PutObject", skip, action: { type: "answer", status: 403, code } }];
}

Deno.test("a bucket that answers AccessDenied midway fails each of those objects, counts them and loses nothing", async () => {
  await moveInto(refusedAfter(300, "AccessDenied"), (run) => {
    assertCode(run, 1);
    assertClear(run, /failed: +1,?200 objects|1,?200/);
    assertEquals(run.stderr.split("\n").filter((line) => line.startsWith("error: Failed ")).length, FILES - 300);
  });
});

for (const code of ["ExpiredToken", "InvalidAccessKeyId"]) {
  Deno.test(`credentials that are refused with ${code} midway end the job with one line instead of failing what is left`, async () => {
    await moveInto(refusedAfter(300, code), (run, asked) => {
      assertCode(run, 2);
      assertClear(run, new RegExp(`Stopped: .*${code}`));
      assert(run.stderr.split("\n").filter((line) => line.startsWith("error: Failed ")).length <= 1, run.stderr);
      // What two windows had been given before main heard of it.
      assert(asked <= 300 + 2 * 128, `${asked} requests`);
    });
  });
}
