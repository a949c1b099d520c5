/** What is left when the store's process is killed in the middle: each object whole, in its old or new version, or absent. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { DiskBucket } from "../../lib/embedded/disk/bucket.ts";
import { readData, writeData } from "../../lib/embedded/disk/data.ts";
import { DiskStore } from "../../lib/embedded/disk/store.ts";
import { startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import { allTexts, send, withStore } from "./raw_client.ts";

const BODY_BYTES = 256 * 1024;
const KEYS = 8;

/** The program that is killed: a store, and writers that overwrite a few keys without end with bodies of one repeated letter. */
function victim(folder: string): string {
  const modules = new URL("../../lib/embedded/embedded.ts", import.meta.url).href;
  const client = new URL("./raw_client.ts", import.meta.url).href;
  return `
    import { startEmbeddedStore } from ${JSON.stringify(modules)};
    import { send } from ${JSON.stringify(client)};
    const store = await startEmbeddedStore({ folder: ${JSON.stringify(folder)}, buckets: ["bkt"] });
    let wrote = 0;
    await Promise.all(Array.from({ length: 4 }, async (_, writer) => {
      for (let round = 0;; round++) {
        const letter = String.fromCharCode(97 + (round + writer) % 26);
        await send(store, "PUT", "/bkt/k" + round % ${KEYS}, { body: letter.repeat(${BODY_BYTES}) });
        if (++wrote === 60) console.log("writing");
      }
    }));
  `;
}

Deno.test("kill -9 in the middle of writes leaves whole objects and no stray bytes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-kill-" });
  try {
    for (const waitMs of [0, 3, 11]) {
      const args = ["eval", "--ext=ts", victim(folder)];
      const child = new Deno.Command(Deno.execPath(), { args, cwd: new URL("../../", import.meta.url), stdout: "piped", stderr: "inherit" })
        .spawn();
      const reader = child.stdout.getReader();
      assert(!(await reader.read()).done, "the store did not start");
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      await withStore({ folder }, async (store) => {
        const keys = allTexts(await send(store, "GET", "/bkt?list-type=2"), "Key");
        assertEquals(keys, Array.from({ length: KEYS }, (_, index) => `k${index}`));
        for (const key of keys) {
          const { text } = await send(store, "GET", `/bkt/${key}`);
          assertEquals(text.length, BODY_BYTES);
          assert(text === text[0]?.repeat(BODY_BYTES), `${key} is a mixture`);
        }
      });
      assertEquals(await countFiles(`${folder}/buckets/b-bkt/data`), KEYS, "data files that no object names");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function countFiles(folder: string): Promise<number> {
  let count = 0;
  for await (const entry of Deno.readDir(folder)) count += entry.isDirectory ? await countFiles(`${folder}/${entry.name}`) : 1;
  return count;
}

Deno.test("a folder is taken by one store at a time, and free again after close()", async () => {
  await withStore({}, async (store) => {
    const folder = await Deno.makeTempDir({ prefix: "sluice-lock-" });
    const first = await startEmbeddedStore({ folder });
    assert(first.endpoint !== store.endpoint && first.secretAccessKey !== store.secretAccessKey);
    await assertRejects(() => startEmbeddedStore({ folder }), Error, "another store is running on it");
    await first.close();
    const second = await startEmbeddedStore({ folder });
    await second.close();
    await Deno.remove(folder, { recursive: true });
  });
});

Deno.test("a reader gets the version it began with to its end, though the object is replaced and deleted meanwhile", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-reader-" });
  const disk = await DiskStore.open(folder);
  try {
    await disk.createBucket("bkt", 0);
    const bucket = disk.bucket("bkt");
    assert(bucket !== undefined);
    await write(bucket, "a", 3 * BODY_BYTES);
    const held = await bucket.open("k");
    assert(held !== undefined);
    const reading = readData(bucket.paths, held.record.pieces);
    const chunks = [(await reading.next()).value?.length];
    await write(bucket, "b", 5);
    assert(await bucket.remove("k", () => {}));
    for await (const chunk of reading) {
      assert(chunk.every((byte) => byte === 97));
      chunks.push(chunk.length);
    }
    assertEquals(chunks.reduce((sum = 0, length = 0) => sum + length), 3 * BODY_BYTES);
    assertEquals(await countFiles(bucket.paths.data), 1);
    held.release();
    held.release();
    await until(async () => await countFiles(bucket.paths.data) === 0);
  } finally {
    disk.close();
    await Deno.remove(folder, { recursive: true });
  }
});

async function write(bucket: DiskBucket, letter: string, sizeBytes: number): Promise<void> {
  const bytes = new TextEncoder().encode(letter.repeat(sizeBytes));
  const pieces = await writeData(bucket.paths, ReadableStream.from([bytes]));
  await bucket.commit({ key: "k", sizeBytes, etag: letter, lastModifiedMs: 0, headers: {}, checksums: [], pieces }, () => {});
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
