/**
 * Killed with SIGKILL at about half, run again from another folder with another part size: only what is missing travels (counted on the
 * wire), the result is byte-equal, and the run says how much it found there.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode, assertSaysFound, foundBytes } from "./claims.ts";
import { carriesObject, readsObject } from "./counting_proxy.ts";
import { killWhen, runSluice } from "./run_sluice.ts";
import { foundKinds, type Scene, useServers, withScene } from "./scene.ts";
import { randomBytes, sha256 } from "./trees.ts";

const MIB = 1024 * 1024;
/** 1 GiB behind a switch: the ordinary size keeps each test within seconds. */
const LARGE = Deno.env.get("SLUICE_E2E_LARGE") === "1";
const TOTAL_BYTES = (LARGE ? 1024 : 64) * MIB;
const PART_SIZE = LARGE ? "12 MiB" : "5 MiB";
/** What is asked for the second time; must not matter. */
const OTHER_PART_SIZE = "16 MiB";
/** Parts that may have been on their way when the run was killed. */
const IN_FLIGHT_BYTES = 2 * (LARGE ? 13 : 6) * MIB;
/** Heads of requests and answers, listings: everything on the wire that is no object byte. */
const CHATTER_BYTES = 512 * 1024;

const kinds = foundKinds();
useServers(kinds);

/** Kills the first run at half, runs it again elsewhere, and answers how many bytes it found there. */
async function killAndRunAgain(
  scene: Scene,
  keys: Record<string, string>,
  side: "left" | "right",
): Promise<number> {
  const rules = { ...keys, multipart_threshold: "6 MiB" };
  const first = await scene.job({ ...rules, part_size: PART_SIZE }, "first.ini");
  const proxy = scene[side].proxy;
  const half = proxy.holdAfter(side === "left" ? "answered" : "sent", TOTAL_BYTES / 2);
  const killed = await killWhen(half, [first], { cwd: scene.folder });
  assertEquals(killed.signal, "SIGKILL");
  for (const each of [scene.left.proxy, scene.right.proxy]) {
    each.release();
    each.reset();
  }
  const present = side === "right" ? await presentParts(scene) : await presentMarks(`${scene.folder}/out`);
  assert(present >= TOTAL_BYTES / 4 && present < TOTAL_BYTES, `${present} bytes are present after the kill`);

  const elsewhere = `${scene.folder}/elsewhere`;
  await Deno.mkdir(elsewhere);
  const manifest = `${elsewhere}/manifest.ndjson`;
  const second = await scene.job({ ...rules, part_size: OTHER_PART_SIZE, manifest }, "elsewhere/second.ini");
  const run = await runSluice([second], { cwd: elsewhere });
  assertCode(run, 0);
  assertSaysFound(run);
  // A server may take note of a part only after it was asked what it holds; and it may list a part whose sender died halfway as if it were
  // whole (versitygw does), which is proved wrong and sent again.
  const found = await foundBytes(manifest);
  assert(found >= present - IN_FLIGHT_BYTES && found < TOTAL_BYTES, `${found} bytes were found, ${present} were there after the kill`);
  return found;
}

async function presentParts(scene: Scene): Promise<number> {
  const uploads = await scene.right.admin.uploads("big.bin");
  assertEquals(uploads.length, 1, "unfinished uploads after the kill");
  const parts = await scene.right.admin.parts("big.bin", uploads[0] ?? "");
  return parts.reduce((sum, part) => sum + part.sizeBytes, 0);
}

/** The marks of the partial file: one byte per part behind the object's own bytes. */
async function presentMarks(folder: string): Promise<number> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
  assertEquals(names.length, 1, `One partial file and nothing under the final name: ${names}`);
  assert(names[0]?.startsWith(".big.bin.sluice-"), names[0]);
  const bytes = await Deno.readFile(`${folder}/${names[0]}`);
  const marks = bytes.subarray(TOTAL_BYTES);
  const partBytes = parseInt(/-([0-9a-z]+)$/.exec(names[0] ?? "")?.[1] ?? "", 36);
  assertEquals(marks.length, Math.ceil(TOTAL_BYTES / partBytes));
  return marks.reduce((sum, mark, index) => mark === 0 ? sum : sum + Math.min(partBytes, TOTAL_BYTES - index * partBytes), 0);
}

for (const kind of kinds) {
  for (const source of ["plain", "multipart"] as const) {
    Deno.test(`${kind}: a killed bucket to bucket run of a ${source} object sends only the missing parts`, async () => {
      await withScene(kind, async (scene) => {
        const body = randomBytes(TOTAL_BYTES, 1);
        if (source === "plain") await scene.left.admin.put("big.bin", body);
        else await scene.left.admin.putParts("big.bin", body, 6 * MIB);
        const keys = { source: scene.leftUrl("big.bin"), destination: scene.rightUrl("big.bin") };
        const found = await killAndRunAgain(scene, keys, "right");
        assertEquals(scene.right.proxy.total("sent", carriesObject), TOTAL_BYTES - found, "object bytes sent by the second run");
        const read = scene.left.proxy.total("answered", readsObject);
        // A plain ETag says nothing of single parts, and a broken part makes every one of them doubtful: what was found is then proved by
        // reading its range of the source, not by sending it.
        const proved = source === "plain" || kind === "versitygw" ? found + IN_FLIGHT_BYTES : 0;
        assert(read < TOTAL_BYTES - found + proved + CHATTER_BYTES, `${read} bytes were read from the source`);
        assertEquals(await sha256(new Uint8Array(await scene.right.admin.read("big.bin"))), await sha256(body));
        assertEquals(await scene.right.admin.uploads("big.bin"), [], "unfinished uploads left");
      });
    });
  }

  Deno.test(`${kind}: a killed upload of a file sends only the missing parts`, async () => {
    await withScene(kind, async (scene) => {
      const body = randomBytes(TOTAL_BYTES, 2);
      await Deno.writeFile(`${scene.folder}/big.bin`, body);
      const found = await killAndRunAgain(
        scene,
        { source: `${scene.folder}/big.bin`, destination: scene.rightUrl("big.bin") },
        "right",
      );
      assertEquals(scene.right.proxy.total("sent", carriesObject), TOTAL_BYTES - found, "object bytes sent by the second run");
      assertEquals(await sha256(new Uint8Array(await scene.right.admin.read("big.bin"))), await sha256(body));
      assertEquals(await scene.right.admin.uploads("big.bin"), [], "unfinished uploads left");
    });
  });

  Deno.test(`${kind}: a killed download fetches only the missing parts`, async () => {
    await withScene(kind, async (scene) => {
      const body = randomBytes(TOTAL_BYTES, 3);
      await scene.left.admin.put("big.bin", body);
      await Deno.mkdir(`${scene.folder}/out`);
      const found = await killAndRunAgain(scene, { source: scene.leftUrl("big.bin"), destination: `${scene.folder}/out/` }, "left");
      const read = scene.left.proxy.total("answered", readsObject);
      assert(
        read >= TOTAL_BYTES - found && read < TOTAL_BYTES - found + CHATTER_BYTES,
        `${read} bytes were read, ${found} were found`,
      );
      assertEquals(await sha256(await Deno.readFile(`${scene.folder}/out/big.bin`)), await sha256(body));
      assertEquals((await Array.fromAsync(Deno.readDir(`${scene.folder}/out`))).map((entry) => entry.name), ["big.bin"]);
    });
  });
}

Deno.test("one interrupt stops cleanly with code 130 and leaves the upload; the next run takes it over", async () => {
  const kind = kinds[0] ?? "embedded";
  await withScene(kind, async (scene) => {
    const body = randomBytes(TOTAL_BYTES, 4);
    await scene.left.admin.put("big.bin", body);
    const keys = {
      source: scene.leftUrl("big.bin"),
      destination: scene.rightUrl("big.bin"),
      multipart_threshold: "6 MiB",
      part_size: "5 MiB",
    };
    const half = scene.right.proxy.holdAfter("sent", TOTAL_BYTES / 2);
    const path = await scene.job(keys);
    assertCode(await killWhen(half, [path], { signal: "SIGINT" }), 130);
    scene.right.proxy.release();
    assert(await presentParts(scene) >= TOTAL_BYTES / 4, "Parts are left for the next run");
    scene.right.proxy.reset();
    assertCode(await runSluice([path]), 0);
    assert(scene.right.proxy.total("sent", carriesObject) <= TOTAL_BYTES * 3 / 4, "The next run sent too much");
    assertEquals(await sha256(new Uint8Array(await scene.right.admin.read("big.bin"))), await sha256(body));
  });
});
