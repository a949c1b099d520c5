/**
 * One object in 10,000 parts, for real: a file of which another program has sent half in the smallest parts that OSS takes. A run goes on
 * in those parts, is killed, and a second run ends it: ten pages of ListParts, one Complete of all parts, no part sent twice.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { assertCode, readManifest } from "../e2e/claims.ts";
import { carriesObject } from "../e2e/counting_proxy.ts";
import { type OssScene, useOssServers, withOssScene } from "../e2e/oss_scene.ts";
import { killWhen, runSluice } from "../e2e/run_sluice.ts";
import { randomBytes } from "../e2e/trees.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { pathOf, right } from "../remote/oss_under_test.ts";

const PART_BYTES = 100 * 1024;
const PARTS = 10_000;
const SENT_BEFORE = 5000;
const KILLED_AFTER = 2000;
const IN_FLIGHT = { workers: 1, parts_in_flight: 8 };
useOssServers();

/** A file that differs in each of its parts and is sparse otherwise. */
async function makeFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const marks = randomBytes(PARTS * 16);
  for (let index = 0; index < PARTS; index++) {
    await file.seek(index * PART_BYTES, Deno.SeekMode.Start);
    await file.write(marks.subarray(index * 16, index * 16 + 16));
  }
  await file.truncate(PARTS * PART_BYTES);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) hash.update(buffer.subarray(0, count));
  return hash.digest("hex");
}

/** Another program's upload of the first parts. */
async function sendFirstParts(scene: OssScene, path: string): Promise<void> {
  const { server, bucket } = scene.oss;
  const target = pathOf(bucket, "huge.bin");
  const uploadId = /<UploadId>([^<]+)</.exec(right(await sendOss(server, "POST", `${target}?uploads`)).text)?.[1] ?? "";
  using file = await Deno.open(path);
  const body = new Uint8Array(PART_BYTES);
  for (let number = 1; number <= SENT_BEFORE; number++) {
    let filled = 0;
    while (filled < body.length) filled += await file.read(body.subarray(filled)) ?? body.length;
    right(await sendOss(server, "PUT", `${target}?partNumber=${number}&uploadId=${uploadId}`, { body }));
  }
}

Deno.test("an object in 10,000 parts is ended by two runs, the first of them killed: no part travels twice", async () => {
  await withOssScene(async (scene) => {
    const path = `${scene.folder}/huge.bin`;
    await makeFile(path);
    await sendFirstParts(scene, path);
    const manifest = `${scene.folder}/manifest.ndjson`;
    const job = await scene.job({ ...IN_FLIGHT, source: path, destination: scene.ossUrl("huge.bin"), manifest });
    const { proxy } = scene.oss;
    const some = proxy.holdAfter("sent", KILLED_AFTER * PART_BYTES);
    assertEquals((await killWhen(some, [job])).signal, "SIGKILL");
    proxy.release();
    const killedBytes = proxy.total("sent", carriesObject);
    proxy.reset();
    assertCode(await runSluice([job]), 0);
    const [line] = await readManifest(manifest);
    const found = line?.foundBytes ?? 0;
    const least = (SENT_BEFORE + KILLED_AFTER - 2 * IN_FLIGHT.parts_in_flight) * PART_BYTES;
    assert(found >= least && found <= SENT_BEFORE * PART_BYTES + killedBytes, `${found} bytes were found, of at least ${least}`);
    const parts = proxy.exchanges.filter(({ head }) => head.method === "PUT");
    assertEquals(parts.length, PARTS - found / PART_BYTES, "Parts of the second run");
    assertEquals(proxy.total("sent", carriesObject), PARTS * PART_BYTES - found, "Object bytes of the second run");
    assertEquals([line?.evidence, line?.digest], ["hashed", "crc64ecma"]);
    const pages = proxy.exchanges.filter(({ head }) => head.method === "GET" && head.target.includes("uploadId="));
    assert(pages.length >= found / PART_BYTES / 1000 && pages.length <= 11, `${pages.length} pages of ListParts`);
    const completes = proxy.exchanges.filter(({ head }) => head.method === "POST" && head.target.includes("uploadId="));
    assertEquals(completes.length, 1);
    assert((completes[0]?.sentBytes ?? 0) > PARTS * 60, "The Complete names every part");
    const { headers } = right(await sendOss(scene.oss.server, "HEAD", pathOf(scene.oss.bucket, "huge.bin")));
    assertEquals(headers["content-length"], `${PARTS * PART_BYTES}`);
    assert(headers.etag?.endsWith(`-${PARTS}"`), `${headers.etag}`);
    const back = `${scene.folder}/back.bin`;
    assertCode(await runSluice([await scene.job({ source: scene.ossUrl("huge.bin"), destination: back }, { name: "back.ini" })]), 0);
    assertEquals(await digestOf(back), await digestOf(path));
  });
});
