/**
 * What goes wrong is one clear line with the right exit code; nothing half-written stands under a final name, no secret in any output.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertClear, assertCode, assertNoSecret } from "./claims.ts";
import { runSluice } from "./run_sluice.ts";
import { foundKinds, useServers, withScene } from "./scene.ts";
import { digestTree, makeTree, randomBytes, sha256, TREE_NAMES } from "./trees.ts";

const MIB = 1024 * 1024;
const kinds = foundKinds();
useServers(kinds);

for (const kind of kinds) {
  Deno.test(`${kind}: a wrong secret ends the job with one clear line that does not hold it`, async () => {
    await withScene(kind, async (scene) => {
      await scene.left.admin.put("a", randomBytes(10));
      const path = await scene.job({ source: scene.leftUrl(), destination: scene.rightUrl() });
      const wrong = "wrong-secret-that-nobody-may-see";
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace(scene.left.server.secretAccessKey, wrong));
      const run = await runSluice([path, "--set", "log_level=debug"]);
      assertCode(run, 2);
      assertClear(run, /SignatureDoesNotMatch|credentials|secret/i);
      assertNoSecret(run, wrong, scene.left.server.secretAccessKey);
    });
  });

  Deno.test(`${kind}: a missing bucket is named, on either side`, async () => {
    await withScene(kind, async (scene) => {
      await scene.left.admin.put("a", randomBytes(10));
      for (
        const keys of [{ source: "left://no-such-bucket/", destination: scene.rightUrl() }, {
          source: scene.leftUrl(),
          destination: "right://no-such-bucket/",
        }]
      ) {
        const run = await runSluice([await scene.job(keys)]);
        assertCode(run, 2);
        assertClear(run, /no-such-bucket/);
        assertNoSecret(run, scene.left.server.secretAccessKey);
      }
    });
  });

  Deno.test(`${kind}: a good run shows no secret at any log level`, async () => {
    await withScene(kind, async (scene) => {
      await makeTree(`${scene.folder}/tree`, 12 * MIB);
      const manifest = `${scene.folder}/manifest.ndjson`;
      const job = await scene.job({
        source: `${scene.folder}/tree/`,
        destination: scene.rightUrl(),
        manifest,
        multipart_threshold: "6 MiB",
        part_size: "5 MiB",
      });
      for (const format of ["text", "json"]) {
        const run = await runSluice([job, "--set", "log_level=debug", "--set", `log_format=${format}`]);
        assertCode(run, 0);
        assertNoSecret(run, scene.right.server.secretAccessKey);
        assert(!/AWS4-HMAC|X-Amz-Signature/i.test(run.stdout + run.stderr), "A signature stands in the output");
      }
      assert(!(await Deno.readTextFile(manifest)).includes(scene.right.server.secretAccessKey));
      assertEquals((await scene.right.admin.keys()).sort(), [...TREE_NAMES].sort());
    });
  });
}

const kind = kinds[0] ?? "embedded";

Deno.test("a missing folder is named", async () => {
  await withScene(kind, async (scene) => {
    const run = await runSluice([await scene.job({ source: `${scene.folder}/nowhere/`, destination: scene.rightUrl() })]);
    assertCode(run, 2);
    assertClear(run, /nowhere/);
  });
});

Deno.test("a missing object is a failed object", async () => {
  await withScene(kind, async (scene) => {
    const run = await runSluice([await scene.job({ source: scene.leftUrl("none.bin"), destination: scene.rightUrl("none.bin") })]);
    assert(run.code === 1 || run.code === 2, `Ended with ${run.code}`);
    assertClear(run, /none\.bin/);
    assertEquals(await scene.right.admin.keys(), []);
  });
});

Deno.test("an unknown key in the job file is named with the nearest right one", async () => {
  await withScene(kind, async (scene) => {
    const run = await runSluice([await scene.job({ source: scene.leftUrl(), destination: scene.rightUrl(), part_sise: "5 MiB" })]);
    assertCode(run, 2);
    assertClear(run, /part_sise/);
    assertStringIncludes(run.stderr, "part_size");
  });
});

Deno.test("an unreadable file among good ones fails alone, and a pipe in the tree does not hang the run", async () => {
  await withScene(kind, async (scene) => {
    const tree = `${scene.folder}/tree`;
    await makeTree(tree, 1000);
    // A link to nowhere cannot be read by anybody, not even by root.
    await Deno.symlink(`${tree}/gone`, `${tree}/broken`);
    if (Deno.build.os !== "windows") await new Deno.Command("mkfifo", { args: [`${tree}/pipe`] }).output();
    const run = await runSluice([await scene.job({ source: `${tree}/`, destination: scene.rightUrl() })]);
    assertCode(run, 1);
    assertClear(run, /broken/);
    assertEquals((await scene.right.admin.keys()).sort(), [...TREE_NAMES].sort());
  });
});

Deno.test("a full disk fails the object, leaves nothing under a final name, and the next run ends it", async () => {
  await withScene(kind, async (scene) => {
    const body = randomBytes(24 * MIB, 1);
    await scene.left.admin.put("big.bin", body);
    const out = `${scene.folder}/out`;
    await Deno.mkdir(out);
    const mount = await new Deno.Command("mount", { args: ["-t", "tmpfs", "-o", "size=10m", "sluice-test", out] }).output().catch(() =>
      undefined
    );
    const mounted = mount?.success === true;
    if (!mounted) console.warn("No file system may be mounted here: a limit on the size of files stands in for the full disk");
    try {
      const job = await scene.job({
        source: scene.leftUrl("big.bin"),
        destination: `${out}/`,
        part_size: "5 MiB",
        multipart_threshold: "6 MiB",
        retries: 1,
      });
      // SIGXFSZ would end the program; ignored, the write fails as on a full disk. The unit is KiB.
      const run = await runSluice([job], mounted ? {} : { shell: "trap '' XFSZ; ulimit -f 10240;" });
      assert(run.code === 1 || run.code === 2, `Ended with ${run.code}: ${run.stderr}`);
      assertClear(run, /big\.bin|space|large/i);
      assert(
        !(await Array.fromAsync(Deno.readDir(out))).some((entry) => entry.name === "big.bin"),
        "A half-written file stands under the final name",
      );
      if (!mounted) {
        assertCode(await runSluice([job]), 0);
        assertEquals(await sha256(await Deno.readFile(`${out}/big.bin`)), await sha256(body));
      }
    } finally {
      if (mounted) await new Deno.Command("umount", { args: [out] }).output();
    }
  });
});

Deno.test("a tree goes up, across and down again unchanged; a second run moves nothing and says so", async () => {
  await withScene(kind, async (scene) => {
    const tree = `${scene.folder}/tree`;
    const back = `${scene.folder}/back`;
    await makeTree(tree, 20 * MIB);
    await Deno.mkdir(back);
    const rules = { part_size: "5 MiB", multipart_threshold: "6 MiB" };
    const jobs = [
      await scene.job({ ...rules, source: `${tree}/`, destination: scene.leftUrl("t/") }, "1.ini"),
      await scene.job({ ...rules, source: scene.leftUrl("t/"), destination: scene.rightUrl("u/") }, "2.ini"),
      await scene.job({ ...rules, source: scene.rightUrl("u/"), destination: `${back}/` }, "3.ini"),
    ];
    for (const job of jobs) assertCode(await runSluice([job]), 0);
    assertEquals(await digestTree(back), await digestTree(tree));
    for (const side of [scene.left, scene.right]) side.proxy.reset();
    for (const job of jobs) {
      assertCode(await runSluice(["check", job]), 0);
      const run = await runSluice([job]);
      assertCode(run, 0);
      assert(/nothing|skipped/i.test(run.stdout + run.stderr), `Nothing is said of having nothing to do:\n${run.stdout}${run.stderr}`);
    }
    const wire = [scene.left, scene.right].flatMap((side) => side.proxy.exchanges).filter((exchange) => exchange.head.method === "PUT");
    assertEquals(wire.length, 0, "Requests that write");
  });
});
