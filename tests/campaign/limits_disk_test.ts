/**
 * Disks that fill up: the destination's, the manifest's, the log's, the embedded store's. The job ends with one clear line, nothing is
 * half-written under a final name, and the next run, with space, sends what is missing and no more.
 */
import { assert, assertEquals } from "@std/assert";
import { BucketAdmin } from "../bucket_admin.ts";
import { assertClear, assertCode, foundBytes, readManifest } from "../e2e/claims.ts";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";
import { type Scene, startEmbedded, useServers, withScene } from "../e2e/scene.ts";
import { randomBytes, sha256 } from "../e2e/trees.ts";
import { namesBelow, withSmallDisk } from "./limits_disk.ts";

const MIB = 1024 * 1024;
const FULL = /no space left|no room left/i;
useServers(["embedded"]);

/** One line says what stopped the job; no object is failed beside the one that met it first. */
function assertStopped(run: SluiceRun, pattern: RegExp): void {
  assertCode(run, 2);
  assertClear(run, pattern);
  const stops = run.stderr.split("\n").filter((line) => line.startsWith("error: Stopped: "));
  assertEquals(stops.length, 1, run.stderr);
  const failures = run.stderr.split("\n").filter((line) => line.startsWith("error: Failed "));
  assert(failures.length <= 1, `More than one object tells of it:\n${run.stderr}`);
}

/** Fills the left bucket; answers the digests by name. */
async function fill(scene: Scene, count: number, sizeBytes: number): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = `file-${String(index).padStart(3, "0")}`;
    const bytes = randomBytes(sizeBytes, index);
    digests.set(name, await sha256(bytes));
    await scene.left.admin.put(name, bytes);
  }
  return digests;
}

Deno.test("many small objects into a folder whose disk fills: those that fit are whole, the next run sends the others alone", async () => {
  await withSmallDisk(20, (disk) =>
    withScene("embedded", async (scene) => {
      const digests = await fill(scene, 50, MIB);
      const manifest = `${scene.folder}/manifest.ndjson`;
      const job = await scene.job({ source: scene.leftUrl(), destination: `${disk.path}/`, manifest });
      assertStopped(await runSluice([job]), FULL);
      const whole = await namesBelow(disk.path);
      assert(whole.length > 0 && whole.length < 50, `${whole.length} files`);
      for (const name of whole) assertEquals(await sha256(await Deno.readFile(`${disk.path}/${name}`)), digests.get(name), name);
      const done = (await readManifest(manifest)).filter(({ outcome }) => outcome === "done").map(({ key }) => key);
      assertEquals(done.sort(), whole);
      await disk.resize(100);
      assertCode(await runSluice([job]), 0);
      const moved = (await readManifest(manifest)).filter(({ outcome }) => outcome === "done").map(({ key }) => key);
      assertEquals(moved.sort(), [...digests.keys()].filter((name) => !whole.includes(name)));
      assertEquals(await namesBelow(disk.path), [...digests.keys()]);
      for (const [name, digest] of digests) assertEquals(await sha256(await Deno.readFile(`${disk.path}/${name}`)), digest, name);
    }));
});

Deno.test("a large object into a folder whose disk fills keeps the parts that fit for the next run", async () => {
  await withSmallDisk(30, (disk) =>
    withScene("embedded", async (scene) => {
      const bytes = randomBytes(60 * MIB);
      await scene.left.admin.put("big", bytes);
      const manifest = `${scene.folder}/manifest.ndjson`;
      const rules = { part_size: "5 MiB", multipart_threshold: "6 MiB", workers: 1, manifest };
      const job = await scene.job({ source: scene.leftUrl("big"), destination: `${disk.path}/`, ...rules });
      assertStopped(await runSluice([job]), FULL);
      const names = await namesBelow(disk.path);
      assertEquals(names.length, 1);
      assert(names[0]?.startsWith(".big.sluice-"), `${names[0]}`);
      scene.left.proxy.reset();
      await disk.resize(100);
      assertCode(await runSluice([job]), 0);
      const found = await foundBytes(manifest);
      assert(found >= 20 * MIB, `Only ${found} bytes were found`);
      assertEquals((await readManifest(manifest)).reduce((sum, { movedBytes }) => sum + (movedBytes ?? 0), 0), bytes.length - found);
      assertEquals(await namesBelow(disk.path), ["big"]);
      assertEquals(await sha256(await Deno.readFile(`${disk.path}/big`)), await sha256(bytes));
    }));
});

Deno.test("files larger than the process may write fail one by one, the others arrive", async () => {
  await withScene("embedded", async (scene) => {
    await fill(scene, 5, 1000);
    await scene.left.admin.put("large-a", randomBytes(3 * MIB));
    await scene.left.admin.put("large-b", randomBytes(3 * MIB));
    const out = `${scene.folder}/out`;
    const job = await scene.job({ source: scene.leftUrl(), destination: `${out}/` });
    // SIGXFSZ would end the program. The unit is KiB.
    const run = await runSluice([job], { shell: "trap '' XFSZ; ulimit -f 2048;" });
    assertCode(run, 1);
    assertClear(run, /large-a.*too large/);
    assertEquals(await namesBelow(out), [0, 1, 2, 3, 4].map((index) => `file-00${index}`));
    assertCode(await runSluice([job]), 0);
    assertEquals((await namesBelow(out)).length, 7);
  });
});

Deno.test("a manifest whose disk is full ends the job with one clear line; the next run ends well", async () => {
  await withSmallDisk(1, (disk) =>
    withScene("embedded", async (scene) => {
      const tree = `${scene.folder}/tree`;
      await Deno.mkdir(tree);
      for (let index = 0; index < 400; index++) await Deno.writeFile(`${tree}/${index}`, randomBytes(100, index));
      await Deno.writeFile(`${disk.path}/ballast`, new Uint8Array(MIB - 16 * 1024));
      const manifest = `${disk.path}/manifest.ndjson`;
      const job = await scene.job({ source: `${tree}/`, destination: scene.rightUrl(), manifest });
      const run = await runSluice([job]);
      assertCode(run, 2);
      assertClear(run, /Cannot write the manifest .*space/);
      await Deno.remove(`${disk.path}/ballast`);
      assertCode(await runSluice([job]), 0);
      assertEquals((await scene.right.admin.keys()).length, 400);
      assertEquals((await readManifest(manifest)).length, 400);
    }));
});

Deno.test("a log whose disk is full ends the log and not the job", async () => {
  await withSmallDisk(1, (disk) =>
    withScene("embedded", async (scene) => {
      const digests = await fill(scene, 10, 1000);
      await Deno.writeFile(`${disk.path}/ballast`, new Uint8Array(MIB)).catch(() => {});
      const job = await scene.job({ source: scene.leftUrl(), destination: scene.rightUrl(), log_file: `${disk.path}/log.txt` });
      assertCode(await runSluice([job]), 0);
      assertEquals((await scene.right.admin.keys()).sort(), [...digests.keys()]);
    }));
});

Deno.test("an embedded store whose disk fills ends the job at once, keeps whole objects only, and goes on with space", async () => {
  await withSmallDisk(20, async (disk) => {
    const store = await startEmbedded({ parent: disk.path });
    try {
      await withScene("embedded", async (scene) => {
        const digests = await fill(scene, 40, MIB);
        const bytes = randomBytes(40 * MIB, 99);
        await scene.left.admin.put("zz-big", bytes);
        const job = await scene.job({
          source: scene.leftUrl(),
          destination: "small://bucket/",
          part_size: "5 MiB",
          multipart_threshold: "6 MiB",
        });
        const section = `[store.small]\ntype = s3\nendpoint = ${store.endpoint}\nregion = us-east-1\naddressing = path\n` +
          `access_key_id = ${store.accessKeyId}\nsecret_access_key = ${store.secretAccessKey}\n`;
        await Deno.writeTextFile(job, section, { append: true });
        const admin = new BucketAdmin(store, "bucket");
        await admin.create();
        const run = await runSluice([job]);
        assertStopped(run, FULL);
        const whole = await admin.keys();
        assert(whole.length > 0 && whole.length < 41, `${whole.length} objects`);
        for (const name of whole) assertEquals(await sha256(new Uint8Array(await admin.read(name))), digests.get(name), name);
        await disk.resize(200);
        assertCode(await runSluice([job]), 0);
        assertEquals((await admin.keys()).length, 41);
        assertEquals(await sha256(new Uint8Array(await admin.read("zz-big"))), await sha256(bytes));
        assertCode(await runSluice(["check", job]), 0);
        admin.close();
      });
    } finally {
      await store.stop();
    }
  });
});
