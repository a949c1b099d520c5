/**
 * Few open files allowed to the process: jobs that want more in flight than that go well with less, or end with one line that names the
 * limit and the way out.
 */
import { assert, assertEquals } from "@std/assert";
import { assertClear, assertCode } from "../e2e/claims.ts";
import { runSluice } from "../e2e/run_sluice.ts";
import { type Scene, useServers, withScene } from "../e2e/scene.ts";
import { digestTree, randomBytes } from "../e2e/trees.ts";

const MIB = 1024 * 1024;
const GREEDY = { workers: 4, parts_in_flight: 16, objects_in_flight: 64, part_size: "5 MiB", multipart_threshold: "6 MiB" };
/** The system's way to hold a process to so many. */
const held = (files: number) => ({ shell: `ulimit -n ${files};` });
useServers(["embedded"]);

async function makeFiles(scene: Scene): Promise<string> {
  const tree = `${scene.folder}/tree`;
  await Deno.mkdir(tree);
  for (let index = 0; index < 400; index++) await Deno.writeFile(`${tree}/small-${index}`, randomBytes(100 + index, index));
  for (let index = 0; index < 3; index++) await Deno.writeFile(`${tree}/big-${index}`, randomBytes(40 * MIB, 1000 + index));
  return tree;
}

for (const files of [64, 80, 96, 128, 256, 512]) {
  Deno.test(`with ${files} open files allowed a greedy job goes up, across and down with the right bytes`, async () => {
    await withScene("embedded", async (scene) => {
      const tree = await makeFiles(scene);
      const back = `${scene.folder}/back`;
      const jobs = [
        await scene.job({ ...GREEDY, source: `${tree}/`, destination: scene.leftUrl() }, "up.ini"),
        await scene.job({ ...GREEDY, source: scene.leftUrl(), destination: scene.rightUrl() }, "across.ini"),
        await scene.job({ ...GREEDY, source: scene.rightUrl(), destination: `${back}/` }, "down.ini"),
      ];
      for (const job of jobs) {
        const run = await runSluice([job], held(files));
        assertCode(run, 0);
        assertClear(run, new RegExp(`as far as ${files} open files \\(ulimit -n\\) allow`));
      }
      assertEquals(await digestTree(back), await digestTree(tree));
    });
  });
}

Deno.test("with too few open files for anything the job ends before it begins, naming the limit and the way out", async () => {
  await withScene("embedded", async (scene) => {
    const tree = await makeFiles(scene);
    for (const files of [32, 48, 63]) {
      const run = await runSluice([await scene.job({ ...GREEDY, source: `${tree}/`, destination: scene.leftUrl() })], held(files));
      assertCode(run, 2);
      assertClear(run, new RegExp(`only ${files} files open: raise the limit to at least 64 \\(ulimit -n\\)`));
      assertEquals(await scene.left.admin.keys(), []);
    }
  });
});

Deno.test("files that somebody else left open in the process are counted", async () => {
  await withScene("embedded", async (scene) => {
    const tree = await makeFiles(scene);
    const job = await scene.job({ ...GREEDY, source: `${tree}/`, destination: scene.leftUrl() });
    const shell = 'ulimit -n 700; for descriptor in $(seq 10 609); do eval "exec $descriptor</dev/null"; done;';
    const run = await runSluice([job], { shell });
    assertCode(run, 0);
    const left = Number(/as far as (\d+) open files/.exec(run.stderr)?.[1]);
    assert(left >= 100 && left < 150, run.stderr);
    assertCode(await runSluice(["check", job]), 0);
  });
});
