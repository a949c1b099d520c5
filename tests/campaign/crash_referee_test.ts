/**
 * The crash campaign is not blind: what is damaged, deleted, left or sent again behind its back is named, and a play without that is not.
 */
import { assert, assertEquals } from "@std/assert";
import { BucketAdmin } from "../bucket_admin.ts";
import { killWhen, runSluice } from "../e2e/run_sluice.ts";
import { readsObject } from "../e2e/counting_proxy.ts";
import { startEmbedded, useServers, withScene } from "../e2e/scene.ts";
import { randomBytes, sha256 } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { type KnownObject, provableParts } from "./crash_ledger.ts";
import { type Mischief, playCrash } from "./crash_play.ts";
import type { CrashPlay } from "./crash_script.ts";
import { md5Of } from "./place.ts";
import type { PlaceKind } from "./wire_script.ts";

const MIB = 1024 * 1024;

useServers(["embedded"]);

/** A short play: one big object and a small one, killed after the first part. */
function playTo(to: PlaceKind): CrashPlay {
  const from = to === "folder" ? "embedded" : "folder";
  const side = to === "folder" ? "source" : "destination";
  const object = { partBytes: undefined, oldBytes: 10, stranger: false };
  return {
    seed: 1,
    pair: [from, to],
    sameAddress: false,
    objects: [{ ...object, key: "big.bin", sizeBytes: 11 * MIB }, { ...object, key: "small", sizeBytes: 1000 }],
    job: { workers: 1, parts_in_flight: 1, multipart_threshold: "6 MiB" },
    partMib: [5],
    mirror: false,
    deaths: [{
      moment: { side, after: "bytes", direction: to === "folder" ? "answered" : "sent", bytes: 8 * MIB },
      signal: "SIGKILL",
      company: "alone",
      lastWords: false,
    }],
  };
}

async function brokenBy(to: PlaceKind, planned?: Mischief | ((server: TestServer) => Mischief)): Promise<string[]> {
  const server = await startEmbedded();
  const mischief = typeof planned === "function" ? planned(server) : planned;
  try {
    const { broken, killed, spared, log } = await playCrash(playTo(to), new Map([["embedded", server]]), mischief);
    assertEquals(killed, ["SIGKILL"], log);
    if (mischief === undefined) assert(spared >= 5 * MIB, `${spared} bytes were spared\n${log}`);
    return [...new Set(broken.map(({ promise }) => promise))].sort();
  } finally {
    await server.stop();
  }
}

Deno.test("the campaign has nothing to say of a play in which only a run was killed", async () => {
  assertEquals(await brokenBy("embedded"), []);
  assertEquals(await brokenBy("folder"), []);
});

Deno.test("the campaign names an object that is damaged after a kill, and one that is gone", async () => {
  const damage: Mischief = { at: "round", play: ({ place }) => place.put("small", randomBytes(1000, 77)) };
  assertEquals((await brokenBy("embedded", damage)).includes("wrong object"), true);
  const remove: Mischief = { at: "round", play: ({ location }) => Deno.remove(`${location}small`) };
  assertEquals((await brokenBy("folder", remove)).includes("lost object"), true);
});

Deno.test("the campaign names what is wrong or gone after a clean run that says 0", async () => {
  const damage: Mischief = { at: "clean run", play: ({ place }) => place.put("big.bin", randomBytes(1000, 77)) };
  assertEquals(await brokenBy("embedded", damage), ["not well", "untrue result", "wrong object"]);
  const remove: Mischief = { at: "clean run", play: ({ location }) => Deno.remove(`${location}big.bin`) };
  assertEquals(await brokenBy("folder", remove), ["lost object", "not well", "untrue result"]);
});

Deno.test("the campaign names an upload and a partial file that nobody tells of", async () => {
  const leave: Mischief = { at: "clean run", play: ({ place }) => place.beginStranger("big.bin", randomBytes(1000)) };
  assertEquals(await brokenBy("embedded", leave), ["unreported upload"]);
  assertEquals(await brokenBy("folder", leave), ["unreported upload"]);
});

Deno.test("the campaign names bytes that are sent again", async () => {
  const again = (server: TestServer): Mischief => ({
    at: "clean run",
    play: async ({ location, proxy }) => {
      const admin = new BucketAdmin({ ...server, endpoint: proxy?.endpoint ?? "" }, location.split("/")[2] ?? "");
      await admin.put("small", randomBytes(1000, 101));
      admin.close();
    },
  });
  assertEquals(await brokenBy("embedded", again), ["sent again"]);
});

Deno.test("provableParts() counts only the source's bytes under the right number and size, in the upload that looks fullest", () => {
  const bytes = randomBytes(12 * MIB, 5);
  const plain: KnownObject = { key: "k", bytes, partBytes: undefined };
  const size = 5 * MIB + 1;
  const part = (partNumber: number, partBytes = size) => {
    const own = bytes.subarray((partNumber - 1) * partBytes, partNumber * partBytes);
    return { partNumber, sizeBytes: own.length, md5: md5Of(own) };
  };
  const foreign = { partNumber: 2, sizeBytes: size, md5: md5Of(randomBytes(size, 9)) };
  assertEquals(provableParts(plain, [], "kept or token"), 0);
  assertEquals(provableParts(plain, [[part(1), part(3)]], "kept or token"), 12 * MIB - size);
  assertEquals(provableParts(plain, [[part(1), foreign]], "kept or token"), size);
  assertEquals(provableParts(plain, [[part(1), foreign], [part(1)]], "kept or token"), size);
  assertEquals(provableParts(plain, [[foreign], [part(1)]], "kept or token"), 0);
  assertEquals(provableParts(plain, [[part(1, 6 * MIB)]], "kept or token"), 0, "parts of whole MiB are anybody's");
  assertEquals(provableParts(plain, [[part(1, 6 * MIB)]], "any size"), 6 * MIB);
  assertEquals(provableParts({ ...plain, partBytes: 6 * MIB }, [[part(1, 6 * MIB)]], "kept or token"), 6 * MIB);
});

Deno.test("a download that was killed after it had cut the tail off is not fetched again", async () => {
  await withScene("embedded", async (scene) => {
    const body = randomBytes(24 * MIB, 3);
    await scene.left.admin.put("big.bin", body);
    await Deno.mkdir(`${scene.folder}/out`);
    const keys = {
      source: scene.leftUrl("big.bin"),
      destination: `${scene.folder}/out/`,
      part_size: "5 MiB",
      multipart_threshold: "6 MiB",
    };
    const job = await scene.job(keys);
    await killWhen(scene.left.proxy.holdAfter("answered", 12 * MIB), [job]);
    scene.left.proxy.release();
    const [partial] = await Array.fromAsync(Deno.readDir(`${scene.folder}/out`));
    await Deno.writeFile(`${scene.folder}/out/${partial?.name}`, body);
    scene.left.proxy.reset();
    const run = await runSluice([job]);
    assertEquals(run.code, 0, run.stderr);
    assertEquals(scene.left.proxy.exchanges.filter(readsObject).length, 0, "requests that read the object");
    assertEquals(await sha256(await Deno.readFile(`${scene.folder}/out/big.bin`)), await sha256(body));
  });
});
