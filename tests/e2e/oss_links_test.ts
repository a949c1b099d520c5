/**
 * Links of OSS by the real program: `special` reports or skips them, or copies what they lead to, small and in parts, to another store, to
 * OSS itself and into a folder; a second run finds all of it there.
 */
import { assert, assertEquals } from "@std/assert";
import { sendOss } from "../embedded/oss_client.ts";
import { pathOf, right } from "../remote/oss_under_test.ts";
import { assertCode, readManifest } from "./claims.ts";
import { type OssScene, useOssServers, withOssScene } from "./oss_scene.ts";
import { runSluice } from "./run_sluice.ts";
import { randomBytes } from "./trees.ts";

const MIB = 1024 * 1024;
const SMALL = randomBytes(1000, 1);
const BIG = randomBytes(12 * MIB + 5, 2);

useOssServers();

async function layOut(scene: OssScene): Promise<void> {
  const { server, bucket } = scene.oss;
  await scene.putOss("real/small", SMALL);
  await scene.putOssParts("real/big", BIG, 5 * MIB);
  for (const [link, target] of [["tree/small", "real/small"], ["tree/big", "real/big"]] as const) {
    right(
      await sendOss(server, "PUT", `${pathOf(bucket, link)}?symlink`, { headers: { "x-oss-symlink-target": encodeURIComponent(target) } }),
    );
  }
  await scene.putOss("tree/plain", SMALL);
}

/** Outcomes by key of one run. */
async function outcomes(scene: OssScene, name: string, keys: Record<string, string>, code: number): Promise<Record<string, string>> {
  const manifest = `${scene.folder}/${name}.ndjson`;
  const job = { source: scene.ossUrl("tree/"), multipart_threshold: "6 MiB", part_size: "5 MiB", workers: "1", manifest, ...keys };
  assertCode(await runSluice([await scene.job(job, { name: `${name}.ini` })]), code);
  return Object.fromEntries((await readManifest(manifest)).map(({ key, outcome }) => [key, outcome]));
}

Deno.test("links of OSS are failures unless special says otherwise, and skip leaves nothing of them", () =>
  withOssScene(async (scene) => {
    await layOut(scene);
    const failed = await outcomes(scene, "fail", { destination: scene.s3Url("fail/") }, 1);
    assertEquals(failed, { "tree/big": "failed", "tree/plain": "done", "tree/small": "failed" });
    assertEquals(await outcomes(scene, "skip", { destination: scene.s3Url("skip/"), special: "skip" }, 0), { "tree/plain": "done" });
    assertEquals(await scene.s3.admin.keys(), ["fail/plain", "skip/plain"]);
  }));

Deno.test("special = follow copies what links of OSS lead to, and a second run nothing", () =>
  withOssScene(async (scene) => {
    await layOut(scene);
    const all = { "tree/big": "done", "tree/plain": "done", "tree/small": "done" };
    for (
      const [name, destination] of [["s3", scene.s3Url("to/")], ["oss", scene.ossUrl("to/")], ["folder", `${scene.folder}/to/`]] as const
    ) {
      const keys = { destination, special: "follow" };
      assertEquals(await outcomes(scene, name, keys, 0), all);
      const again = await outcomes(scene, `${name}-again`, keys, 0);
      assert(!Object.values(again).includes("done"), JSON.stringify(again));
    }
    assertEquals(await scene.s3.admin.read("to/small"), SMALL);
    assertEquals(await scene.s3.admin.read("to/big"), BIG);
    assertEquals(await Deno.readFile(`${scene.folder}/to/big`), BIG);
    const copied = right(await sendOss(scene.oss.server, "HEAD", pathOf(scene.oss.bucket, "to/big")));
    assert(copied.headers["x-oss-object-type"] !== "Symlink", "the link was copied, not what it leads to");
    assertEquals(await scene.readOss("to/big"), BIG);
  }));
