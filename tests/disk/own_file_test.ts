/** The promises of files under a name that every run knows. */
import { assertEquals, assertRejects } from "@std/assert";
import fs from "node:fs";
import { TransferError } from "../../lib/errors.ts";
import { openOwnFile, writeWhole } from "../../lib/disk/whole_file.ts";
import { withFolder } from "../e2e/trees.ts";

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

const hello = async (file: Deno.FsFile) => void await file.write(new TextEncoder().encode("hello"));

Deno.test("what a killed run left of a small object is taken over by the next one, and nothing is left", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.a.sluice-whole`, "half of something longer");
    await writeWhole(`${folder}/a`, { sizeBytes: 5 }, hello);
    assertEquals([namesIn(folder), await Deno.readTextFile(`${folder}/a`)], [["a"], "hello"]);
  }));

Deno.test("a run that was killed between link and remove does not harm the file that it had finished", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "older");
    await Deno.link(`${folder}/a`, `${folder}/.a.sluice-whole`);
    await assertRejects(() => writeWhole(`${folder}/a`, { sizeBytes: 6 }, hello), TransferError);
    assertEquals([namesIn(folder), await Deno.readTextFile(`${folder}/a`)], [["a"], "older"]);
    await Deno.link(`${folder}/a`, `${folder}/.a.sluice-whole`);
    await writeWhole(`${folder}/a`, { sizeBytes: 5 }, hello);
    assertEquals([namesIn(folder), await Deno.readTextFile(`${folder}/a`)], [["a"], "hello"]);
  }));

Deno.test("two writers of one small object take turns, and each sees only its own bytes", () =>
  withFolder(async (folder) => {
    let inside = 0;
    let most = 0;
    const write = (text: string) =>
      writeWhole(`${folder}/a`, { sizeBytes: text.length }, async (file) => {
        most = Math.max(most, ++inside);
        for (const char of text) await file.write(new TextEncoder().encode(char));
        inside--;
      });
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(50));
    await Promise.all(texts.map(write));
    assertEquals(namesIn(folder), ["a"]);
    assertEquals(texts.includes(await Deno.readTextFile(`${folder}/a`)), true);
    assertEquals(most, 1);
  }));

Deno.test("who waited for another writer fetches nothing when the object is there by then", () =>
  withFolder(async (folder) => {
    const options = { sizeBytes: 5, condition: { absent: true } } as const;
    let fetched = 0;
    const write = () =>
      writeWhole(`${folder}/a`, options, async (file) => {
        fetched++;
        await hello(file);
      });
    const ends = await Promise.allSettled([write(), write(), write()]);
    assertEquals(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
    assertEquals([fetched, namesIn(folder)], [1, ["a"]]);
  }));

Deno.test("openOwnFile() refuses a link, and takes its name from a file that is somebody else's without writing to it", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/of others`, "theirs");
    await Deno.symlink(`${folder}/of others`, `${folder}/.a.sluice-whole`);
    assertEquals((await assertRejects(() => openOwnFile(`${folder}/.a.sluice-whole`), TransferError)).kind, "conflict");
    await Deno.link(`${folder}/of others`, `${folder}/.b.sluice-whole`);
    const { file } = await openOwnFile(`${folder}/.b.sluice-whole`);
    await file.write(new TextEncoder().encode("ours"));
    file.close();
    assertEquals(await Deno.readTextFile(`${folder}/of others`), "theirs");
  }));

Deno.test("openOwnFile() ends in a folder that is gone, whatever holds it open", async () => {
  if (Deno.build.os !== "linux") return;
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/gone`);
    const held = fs.openSync(`${folder}/gone`, "r");
    await Deno.remove(`${folder}/gone`);
    try {
      await assertRejects(() => openOwnFile(`/proc/self/fd/${held}/.a.sluice-whole`), Deno.errors.NotFound);
    } finally {
      fs.closeSync(held);
    }
  });
});
