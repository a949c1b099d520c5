/** A destination folder that is not there yet: a dry run and a check take it for empty, and do not make it. */
import { assertEquals, assertRejects } from "@std/assert";
import { check, plan } from "../../lib/mod.ts";
import { withFolder } from "../e2e/trees.ts";

Deno.test("plan() and check() take a destination folder that is missing for an empty one and do not make it", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    await Deno.writeTextFile(`${folder}/in/a`, "1");
    const job = { source: `${folder}/in/`, destination: `${folder}/out/` };
    const items = await Array.fromAsync(plan(job));
    assertEquals(items.map((item) => item.kind === "transfer" ? item.transfer.destinationKey : item.kind), ["a"]);
    const { counts } = await check(job);
    assertEquals([counts.same, counts.different, counts.extra], [0, 1, 0]);
    await assertRejects(() => Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  });
});
