/** The witness notices whatever happens to a file. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { withFolder } from "../e2e/trees.ts";
import { seenBelow } from "./witness.ts";

const HAPPENINGS: readonly (readonly [string, (folder: string) => Promise<void> | void])[] = [
  ["a file is created", (folder) => Deno.writeTextFile(`${folder}/out/new`, "")],
  ["a file is changed to the same length", (folder) => Deno.writeTextFile(`${folder}/out/a`, "BYTES")],
  ["a file is cut off", (folder) => Deno.truncate(`${folder}/out/a`, 0)],
  ["a file gets another time", (folder) => Deno.utime(`${folder}/out/a`, 1, 1)],
  ["a file gets another mode", (folder) => Deno.chmod(`${folder}/out/a`, 0o600)],
  ["a file gets a second name elsewhere", (folder) => Deno.link(`${folder}/out/a`, `${folder}/in/second`)],
  ["a file is removed", (folder) => Deno.remove(`${folder}/out/a`)],
  ["a folder is created", (folder) => Deno.mkdir(`${folder}/out/deep/er`)],
  ["a link leads elsewhere", async (folder) => {
    await Deno.remove(`${folder}/out/link`);
    await Deno.symlink("b", `${folder}/out/link`);
  }],
];

for (const [what, happens] of HAPPENINGS) {
  Deno.test(`seenBelow() notices that ${what}, and nothing of what is left out`, () =>
    withFolder(async (folder) => {
      for (const name of ["in", "out/deep"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/out/a`, "bytes");
      await Deno.symlink("a", `${folder}/out/link`);
      const before = await seenBelow(`${folder}/out`);
      await Deno.writeTextFile(`${folder}/in/other`, "mine");
      assertEquals(await seenBelow(`${folder}/out`), before);
      await happens(folder);
      assertNotEquals(await seenBelow(`${folder}/out`), before);
      assertEquals((await seenBelow(folder, `${folder}/out`)).some((line) => line.includes("/out ")), false);
    }));
}
