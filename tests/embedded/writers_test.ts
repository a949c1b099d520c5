/** The embedded store with many writers at once: whole versions, one winner of a condition, one end of an upload, and nothing left over. */
import { assert, assertEquals } from "@std/assert";
import type { ObjectRecord } from "../../lib/embedded/disk/records.ts";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import { assertClear } from "../e2e/claims.ts";
import { runSluice, startSluice } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import { encodeKey } from "../../lib/remote/encode.ts";
import { testSeed } from "../test_seed.ts";
import { sendOss } from "./oss_client.ts";
import { allTexts, md5Hex, send, textOf, withStore } from "./raw_client.ts";
import { WriterCrowd } from "./writer_crowd.ts";

const CLIENTS = 12;
const STEPS = 60;
const SEED = testSeed();

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await filesBelow(path));
    else files.push(path);
  }
  return files;
}

/** No temporary file, no byte without an object, no upload. */
async function assertNothingLeftOver(folder: string): Promise<void> {
  const files = await filesBelow(`${folder}/buckets/b-bkt`);
  const named: string[] = [];
  for (const path of files.filter((path) => path.includes("/objects/"))) {
    assert(path.endsWith(".json"), `${path} was left behind`);
    named.push(...(JSON.parse(await Deno.readTextFile(path)) as ObjectRecord).pieces.map(({ file }) => file));
  }
  const data = files.filter((path) => path.includes("/data/")).map((path) => path.slice(path.lastIndexOf("/") + 1));
  assertEquals(data.sort(), named.sort());
  assertEquals(files.filter((path) => path.includes("/uploads/")), []);
}

/** Everything that is listed, read whole; what its writer was told is kept is there. */
async function assertWhole(crowd: WriterCrowd): Promise<void> {
  const keys = await crowd.list();
  for (const key of keys) await crowd.read(`/bkt/${encodeKey(key)}`);
  for (const key of crowd.kept.keys()) assert(keys.includes(key), `${key} was taken and is gone`);
}

Deno.test("many writers at once: readers see whole versions, listings are sorted, an upload ends once, nothing is left over", async () => {
  await withFolder(async (folder) => {
    const options = { folder, buckets: ["bkt"] };
    let crowd: WriterCrowd | undefined;
    await withStore(options, async (store) => {
      const all = crowd = new WriterCrowd(store);
      await Promise.all(Array.from({ length: CLIENTS }, (_, client) => all.client(SEED + client, STEPS)));
      await assertWhole(all);
      assertEquals(allTexts(await send(store, "GET", "/bkt?uploads"), "UploadId"), []);
      assert(all.answers > CLIENTS * STEPS);
    });
    await assertNothingLeftOver(folder);
    await withStore(options, async (store) => {
      const again = new WriterCrowd(store);
      for (const [etag, digest] of crowd?.bodies ?? []) again.bodies.set(etag, digest);
      for (const [key, etag] of crowd?.kept ?? []) again.kept.set(key, etag);
      await assertWhole(again);
    });
  });
});

/** Ways to write a key of one store under a condition. */
const CONTESTS: Readonly<Record<string, (store: EmbeddedStore, path: string, body: string, etag: string) => Promise<number>>> = {
  "If-None-Match: *": async (store, path, body) =>
    (await send(store, "PUT", `${path}-new`, { body, headers: { "if-none-match": "*" } })).status,
  "If-Match": async (store, path, body, etag) => (await send(store, "PUT", path, { body, headers: { "if-match": etag } })).status,
  "x-oss-forbid-overwrite": async (store, path, body) =>
    (await sendOss(store, "PUT", `${path}-oss`, { body, headers: { "x-oss-forbid-overwrite": "true" } })).status,
  "If-None-Match at Complete": async (store, path, body) => {
    const key = `${path}-parts`;
    const uploadId = textOf(await send(store, "POST", `${key}?uploads`), "UploadId");
    await send(store, "PUT", `${key}?partNumber=1&uploadId=${uploadId}`, { body });
    const part = `<Part><PartNumber>1</PartNumber><ETag>${md5Hex(body)}</ETag></Part>`;
    const document = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
    const { status } = await send(store, "POST", `${key}?uploadId=${uploadId}`, { body: document, headers: { "if-none-match": "*" } });
    if (status !== 200) await send(store, "DELETE", `${key}?uploadId=${uploadId}`);
    return status;
  },
};

for (const [condition, write] of Object.entries(CONTESTS)) {
  Deno.test(`of many writers under ${condition} exactly one wins`, async () => {
    await withStore({}, async (store) => {
      for (let round = 0; round < 10; round++) {
        const path = `/bkt/round-${round}`;
        const etag = String((await send(store, "PUT", path, { body: "first" })).headers.etag);
        const bodies = Array.from({ length: CLIENTS }, (_, client) => `${client}`.repeat(1 + client * 1000));
        const statuses = await Promise.all(bodies.map((body) => write(store, path, body, etag)));
        assertEquals(statuses.filter((status) => status === 200).length, 1, statuses.join(" "));
        assert(statuses.every((status) => [200, 409, 412].includes(status)), statuses.join(" "));
        const winner = bodies[statuses.indexOf(200)] ?? "";
        const listed = allTexts(await send(store, "GET", `/bkt?list-type=2&prefix=round-${round}`), "Size").map(Number);
        assert(listed.includes(winner.length), `The winner's ${winner.length} bytes are not there: ${listed}`);
      }
    });
  });
}

Deno.test("a second process on the same folder is refused in one line, and the first goes on", async () => {
  await withFolder(async (folder) => {
    const first = startSluice(["serve", folder, "--access-key-id", "id", "--secret-access-key", "a-long-secret"]);
    const store = { endpoint: (await first.firstLine).split(" ")[0] ?? "", accessKeyId: "id", secretAccessKey: "a-long-secret" };
    try {
      const second = await runSluice(["serve", folder]);
      assertEquals(second.code, 2);
      assertClear(second, /Cannot serve .*another store is running on it/);
      assertEquals((await send(store, "PUT", "/bkt")).status, 200);
    } finally {
      first.child.kill("SIGINT");
      assertEquals((await first.finished).code, 0);
    }
  });
});

Deno.test("kill -9 among many writers: after the next start all is whole, what was taken is there, nothing is left over", async () => {
  await withFolder(async (folder) => {
    const bodies = new Map<string, string>();
    const kept = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      const started = startSluice(["serve", folder, "--access-key-id", "id", "--secret-access-key", "a-long-secret"]);
      const store = { endpoint: (await started.firstLine).split(" ")[0] ?? "", accessKeyId: "id", secretAccessKey: "a-long-secret" };
      const crowd = new WriterCrowd(store, 1);
      for (const [etag, digest] of bodies) crowd.bodies.set(etag, digest);
      for (const [key, etag] of kept) crowd.kept.set(key, etag);
      if (round === 0) await send(store, "PUT", "/bkt");
      else await assertWhole(crowd);
      const killAt = crowd.answers + 30 + (SEED + round * 37) % 150;
      const killer = (async () => {
        while (crowd.answers < killAt) await new Promise((resolve) => setTimeout(resolve, 1));
        crowd.broke = true;
        started.child.kill("SIGKILL");
        await started.finished;
      })();
      const clients = Array.from({ length: CLIENTS }, (_, client) => crowd.client(SEED + 100 * (round + 1) + client, 1000));
      await Promise.all([killer, ...clients]);
      for (const [etag, digest] of crowd.bodies) bodies.set(etag, digest);
      for (const [key, etag] of crowd.kept) kept.set(key, etag);
    }
    await withStore({ folder, buckets: ["bkt"] }, async (store) => {
      const crowd = new WriterCrowd(store);
      for (const [etag, digest] of bodies) crowd.bodies.set(etag, digest);
      for (const [key, etag] of kept) crowd.kept.set(key, etag);
      await assertWhole(crowd);
      const page = await send(store, "GET", "/bkt?uploads");
      const ids = allTexts(page, "UploadId");
      for (const [at, key] of allTexts(page, "Key").entries()) {
        assertEquals((await send(store, "DELETE", `/bkt/${encodeKey(key)}?uploadId=${ids[at]}`)).status, 204);
      }
    });
    await assertNothingLeftOver(folder);
  });
});

Deno.test("the crowd notices a torn body, an ETag that nobody sent and an object that is gone", async () => {
  await withStore({}, async (store) => {
    const crowd = new WriterCrowd(store);
    await crowd.put("/bkt/a", "whole");
    const fails = (work: () => Promise<unknown>) => work().then(() => false, (error) => error instanceof Error);
    crowd.bodies.set(md5Hex("whole"), md5Hex("torn"));
    assert(await fails(() => crowd.read("/bkt/a")));
    crowd.bodies.delete(md5Hex("whole"));
    assert(await fails(() => crowd.list()));
    crowd.bodies.set(md5Hex("whole"), md5Hex("whole"));
    crowd.kept.set("never", md5Hex("whole"));
    assert(await fails(() => assertWhole(crowd)));
  });
});
