/**
 * While the program writes, somebody with the right to write in the destination folder puts links in the place of its folders and files:
 * nothing outside is created, changed or removed, and whatever could not be done is told.
 */
import { assert, assertEquals } from "@std/assert";
import { openLocalStore } from "../../lib/disk/folder.ts";
import { withFolder } from "../e2e/trees.ts";
import { type HostileObject, startHostileStore } from "./hostile_store.ts";
import { runAndListen, type SpokenRun } from "./spoken.ts";
import type { Mischief } from "./intruder.ts";
import { seenBelow } from "./witness.ts";

const COUNT = 120;
/** The destination is not listed: a folder that vanishes in the middle of that ends the job before anything is written. */
const QUICK = ["--compare", "always", "--retries", "1", "--retry-delay", "1ms"];
const NAMES = Array.from({ length: COUNT }, (_, at) => at % 4 === 0 ? `sub/f${at}` : `f${at}`);
const OBJECTS = Object.fromEntries(
  NAMES.map((name): [string, HostileObject] => [`d/${name}`, { body: `new bytes of ${name} `.repeat(40) }]),
);

/** Folders `got` and `outside`; outside has files and a folder of the same names, which are nobody's but the user's. */
async function withVictims(body: (at: { folder: string; root: string; outside: string }) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const [root, outside] = [`${folder}/got`, `${folder}/outside`];
    await Deno.mkdir(`${root}/d/sub`, { recursive: true });
    await Deno.mkdir(`${outside}/sub`, { recursive: true });
    for (const name of NAMES.filter((_, at) => at % 2 === 0)) await Deno.writeTextFile(`${outside}/${name}`, "mine");
    await body({ folder, root, outside });
  });
}

/** Runs `body` while the intruder is at work. */
async function besides<T>(mischief: Mischief, body: () => Promise<T>): Promise<T> {
  const over = new Int32Array(new SharedArrayBuffer(4));
  const intruder = new Worker(new URL("./intruder.ts", import.meta.url), { type: "module" });
  try {
    await told(intruder, () => intruder.postMessage({ mischief, over }));
    return await body();
  } finally {
    // Not ended in the middle of its work: the folder is cleared away next.
    await told(intruder, () => Atomics.store(over, 0, 1));
    intruder.terminate();
  }
}

/** Waits for the next word of the intruder after `act`. */
async function told(intruder: Worker, act: () => void): Promise<void> {
  await new Promise((resolve) => {
    intruder.onmessage = resolve;
    act();
  });
}

async function download(folder: string, root: string, flags: readonly string[] = []): Promise<SpokenRun> {
  const store = await startHostileStore(OBJECTS);
  try {
    const args = [
      "cp",
      "s3://bucket/",
      `${root}/`,
      "--source-endpoint",
      store.endpoint,
      "--source-region",
      "us-east-1",
      ...QUICK,
      ...flags,
    ];
    return await runAndListen(args, { cwd: folder, env: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "bcdefgh" } });
  } finally {
    await store.stop();
  }
}

/** Every failure is told, in words, and none of them is a bug of ours. */
function assertTold({ run }: SpokenRun): void {
  assert(run.code === 0 || run.code === 1, `Ended with ${run.code}: ${run.stderr}`);
  const failed = run.stderr.split("\n").filter((line) => line.startsWith("error: "));
  assertEquals(failed.length > 0, run.code === 1, run.stderr);
  for (const line of failed) assert(/^error: Failed d\/\S+: /.test(line), line);
  assert(!run.stderr.includes("/proc/self/fd"), run.stderr);
}

for (const [way, flags] of [["whole", []], ["through partial files", ["--multipart-threshold", "1"]]] as const) {
  Deno.test(`a folder that is swapped for a link all the time leads nothing out, objects fetched ${way}`, () =>
    withVictims(async ({ folder, root, outside }) => {
      const before = await seenBelow(outside);
      const run = await besides({ kind: "swap", root, outside }, () => download(folder, root, flags));
      assertEquals(await seenBelow(outside), before);
      assertTold(run);
    }));

  Deno.test(`links and second names under every unfinished name are never written to, objects fetched ${way}`, () =>
    withVictims(async ({ folder, root, outside }) => {
      const victim = `${outside}/f0`;
      // As long as the partial file of an object of this size, so that only its name speaks against it.
      await Deno.writeTextFile(victim, "\u0001".repeat((OBJECTS["d/f1"]?.body.length ?? 0) + 1));
      for (const name of NAMES.slice(0, 50)) await Deno.symlink(victim, `${root}/d/${name}`);
      const before = await Deno.readTextFile(victim);
      const { mtime } = await Deno.stat(victim);
      const run = await besides({ kind: "plant", folder: `${root}/d`, victim }, () => download(folder, root, flags));
      assertEquals([await Deno.readTextFile(victim), (await Deno.stat(victim)).mtime], [before, mtime]);
      assertTold(run);
    }));
}

Deno.test("a folder that is swapped for a link all the time leads no delete out", () =>
  withVictims(async ({ root, outside }) => {
    const before = await seenBelow(outside);
    const store = openLocalStore({ type: "local", name: "got", bucket: root });
    await besides({ kind: "swap", root, outside }, async () => {
      // The program lists before it deletes, and the swapping would end that: the deletes alone, again and again.
      for (let round = 0; round < 50; round++) {
        for (const { message } of await store.deleteObjects(NAMES.map((name) => `d/${name}`))) {
          assert(message.includes("leads out"), message);
        }
      }
    });
    assertEquals(await seenBelow(outside), before);
  }));

Deno.test("links that an object of the tree format makes lead nothing out", () =>
  withFolder(async (folder) => {
    const [root, outside] = [`${folder}/got`, `${folder}/outside`];
    for (const path of [root, outside]) await Deno.mkdir(path);
    await Deno.writeTextFile(`${outside}/mine`, "mine");
    await Deno.chmod(`${outside}/mine`, 0o640);
    const before = await seenBelow(outside);
    const link = (to: string): HostileObject => ({
      body: to,
      headers: { "x-amz-meta-symlink": "true", "x-amz-meta-permissions": "33279" },
    });
    const mode = { "x-amz-meta-owner": "12345", "x-amz-meta-group": "12345", "x-amz-meta-permissions": "33279" };
    const store = await startHostileStore({
      "evil": link(outside),
      "evil/mine": { body: "theirs", headers: mode },
      "evil/new": { body: "theirs", headers: mode },
      "file": link(`${outside}/mine`),
      "good": { body: "good", headers: mode },
    });
    try {
      const ini = `[store.from]\nendpoint = ${store.endpoint}\nregion = us-east-1\naccess_key_id = a\nsecret_access_key = bcdefgh\n` +
        `[job.tree]\nsource = from://bucket/\ndestination = ${root}/\ntree_format = s3sync\ndelete = yes\nretries = 0\n`;
      await Deno.writeTextFile(`${folder}/tree.ini`, ini);
      // The second run finds the links of the first.
      for (let round = 0; round < 2; round++) {
        const { run } = await runAndListen(["tree.ini"], { cwd: folder });
        assertEquals(run.code, 1, run.stderr);
        assertEquals(await seenBelow(outside), before, run.stderr);
      }
      assertEquals(await Deno.readTextFile(`${root}/good`), "good");
      assertEquals(await Deno.readLink(`${root}/evil`), outside);
    } finally {
      await store.stop();
    }
  }));
