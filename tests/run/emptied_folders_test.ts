/** A mirror into a folder leaves no empty folders behind where its deletes emptied them, but for those that the source has. */
import { assertEquals } from "@std/assert";
import { migrate } from "../../lib/mod.ts";
import { OddStore } from "../campaign/odd_store.ts";
import { withFolder } from "../e2e/trees.ts";

async function foldersBelow(root: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${below}`)) {
    if (isDirectory) found.push(`${below}${name}/`, ...await foldersBelow(root, `${below}${name}/`));
  }
  return found.sort();
}

Deno.test("folders that deletes empty go with what was in them; one of the source, or with something else in it, stays", async () => {
  const store = new OddStore();
  store.place("a/kept", new Uint8Array(3));
  store.place("own/", new Uint8Array(0));
  try {
    await withFolder(async (root) => {
      for (const file of ["a/old", "b/c/old", "b/d/e/old", "own/old", "mixed/old", "mixed/sub/skipped.log"]) {
        await Deno.mkdir(`${root}/${file.replace(/\/[^/]*$/, "")}`, { recursive: true });
        await Deno.writeTextFile(`${root}/${file}`, "old");
      }
      const account = {
        endpoint: store.endpoint,
        region: "us-east-1",
        accessKeyId: "a",
        secretAccessKey: "b",
        addressing: "path",
      } as const;
      const job = { source: "from://bucket/", destination: `${root}/`, stores: { from: account }, delete: true, exclude: ["*.log"] };
      const { summary } = await migrate(job);
      assertEquals(summary.deleted.objects, 5);
      assertEquals(await foldersBelow(root), ["a/", "mixed/", "mixed/sub/", "own/"]);
    });
  } finally {
    await store.stop();
  }
});
