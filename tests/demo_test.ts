/**
 * What the README promises first: the example job file moves real files through both embedded stores and back, with no server and no
 * account, and a second run moves nothing and says so.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode } from "./e2e/claims.ts";
import { runSluice } from "./e2e/run_sluice.ts";
import { digestTree, withFolder } from "./e2e/trees.ts";

const ROOT = new URL("../", import.meta.url).pathname;

Deno.test("jobs.example.ini moves its demo there and back; a second run moves nothing and says so", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/examples`);
    await copyFolder(`${ROOT}/examples/demo`, `${folder}/examples/demo`);
    const demo = await digestTree(`${folder}/examples/demo`);
    assert(Object.keys(demo).some((name) => name.includes(" ")) && Object.keys(demo).some((name) => /\p{Script=Han}/u.test(name)));

    assertCode(await runSluice([`${ROOT}/jobs.example.ini`], { cwd: folder }), 0);
    assertEquals(await digestTree(`${folder}/sluice-demo/downloaded`), demo);

    const again = await runSluice([`${ROOT}/jobs.example.ini`, "--set", `manifest=${folder}/again.ndjson`], { cwd: folder });
    assertCode(again, 0);
    assert(!/^copied: +[1-9]/m.test(again.stderr + again.stdout), again.stderr);
    assert(/nothing|skipped/i.test(again.stderr + again.stdout), again.stderr);
    const outcomes = (await Deno.readTextFile(`${folder}/again.ndjson`)).matchAll(/"type":"object","outcome":"(\w+)"/g);
    assertEquals([...new Set([...outcomes].map(([, outcome]) => outcome))], ["skipped"]);
  });
});

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const entry of Deno.readDir(from)) {
    if (entry.isDirectory) await copyFolder(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}
