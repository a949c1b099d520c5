/**
 * Alibaba OSS as source and as destination, by the real program: killed with SIGKILL at about half and run again, only what is missing is
 * sent, every object is byte-equal and rests on its CRC64.
 */
import { assert, assertEquals } from "@std/assert";
import { sendOss } from "../embedded/oss_client.ts";
import { right } from "../remote/oss_under_test.ts";
import { assertClear, assertCode, foundBytes, readManifest } from "./claims.ts";
import { carriesObject } from "./counting_proxy.ts";
import { type OssScene, useOssServers, withOssScene } from "./oss_scene.ts";
import { killWhen, runSluice } from "./run_sluice.ts";
import { randomBytes, sha256 } from "./trees.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** 300 MiB and 2,000 small objects behind a switch: the ordinary size keeps each test within seconds. */
const LARGE = Deno.env.get("SLUICE_E2E_LARGE") === "1";
const BIG_BYTES = (LARGE ? 300 : 48) * MIB;
const SMALL_COUNT = LARGE ? 2000 : 200;
const RULES = { multipart_threshold: "6 MiB", part_size: "5 MiB" };
/** Frames and checksums around the bytes of parts. */
const FRAMING_BYTES = 64 * KIB;
/** Parts and small objects on their way when the run was killed: they may or may not have arrived. */
const IN_FLIGHT_BYTES = 2 * 2 * 6 * MIB;

useOssServers();

function smallBody(index: number): Uint8Array<ArrayBuffer> {
  return randomBytes(index % 4 * KIB + index, 1000 + index);
}

function smallKey(index: number): string {
  return `tree/small/${String(index).padStart(4, "0")}${index % 7 === 0 ? " é+%20.txt" : ".bin"}`;
}

interface Rerun {
  readonly sentBytes: number;
  readonly foundBytes: number;
}

/** Kills a run when half of the big object has been sent, runs it again with another part size, and answers what the second run did. */
async function killAndRunAgain(scene: OssScene, keys: Record<string, string>, side: "oss" | "s3"): Promise<Rerun> {
  const half = scene[side].proxy.holdAfter("sent", BIG_BYTES / 2);
  const killed = await killWhen(half, [await scene.job({ ...RULES, ...keys })]);
  assertEquals(killed.signal, "SIGKILL");
  for (const each of [scene.oss.proxy, scene.s3.proxy]) {
    each.release();
    each.reset();
  }
  const manifest = `${scene.folder}/second.ndjson`;
  const second = await scene.job({ ...RULES, ...keys, part_size: "16 MiB", manifest }, { name: "second.ini" });
  assertCode(await runSluice([second]), 0);
  for (const line of await readManifest(manifest)) {
    if (line.outcome === "done") assertEquals([line.key, line.evidence, line.digest], [line.key, "hashed", "crc64ecma"]);
  }
  return { sentBytes: scene[side].proxy.total("sent", carriesObject), foundBytes: await foundBytes(manifest) };
}

function assertOnlyMissing({ sentBytes, foundBytes }: Rerun, missingBytes: number): void {
  assert(foundBytes >= BIG_BYTES / 2 - IN_FLIGHT_BYTES && foundBytes < BIG_BYTES, `${foundBytes} bytes were found`);
  assert(sentBytes <= missingBytes - foundBytes + FRAMING_BYTES, `${sentBytes} bytes were sent, ${missingBytes - foundBytes} were missing`);
}

Deno.test("OSS to S3: a killed run of one big and many small objects sends only what is missing, on the evidence of CRC64", async () => {
  await withOssScene(async (scene) => {
    const big = randomBytes(BIG_BYTES, 1);
    await scene.putOssParts("tree/big.bin", big, 7 * MIB);
    let smallBytes = 0;
    for (let index = 0; index < SMALL_COUNT; index++) {
      await scene.putOss(smallKey(index), smallBody(index));
      smallBytes += smallBody(index).length;
    }
    const rerun = await killAndRunAgain(scene, { source: scene.ossUrl("tree/"), destination: scene.s3Url("tree/") }, "s3");
    assertOnlyMissing(rerun, BIG_BYTES + smallBytes);
    assertEquals(await sha256(new Uint8Array(await scene.s3.admin.read("tree/big.bin"))), await sha256(big));
    for (let index = 0; index < SMALL_COUNT; index++) {
      assertEquals(await scene.s3.admin.read(smallKey(index)).then((bytes) => new Uint8Array(bytes)), smallBody(index), smallKey(index));
    }
    assertEquals((await scene.s3.admin.keys("tree/")).length, SMALL_COUNT + 1);
    assertEquals(await scene.s3.admin.uploads("tree/big.bin"), [], "unfinished uploads left");
    const manifest = `${scene.folder}/third.ndjson`;
    const third = await scene.job({ source: scene.ossUrl("tree/"), destination: scene.s3Url("tree/"), manifest }, { name: "third.ini" });
    assertCode(await runSluice([third]), 0);
    assertEquals((await readManifest(manifest)).filter(({ outcome }) => outcome === "done"), [], "moved by a third run");
  });
});

for (const form of ["plain", "multipart"] as const) {
  Deno.test(`S3 to OSS: a killed run of a ${form} object sends only the missing parts, on the evidence of CRC64`, async () => {
    await withOssScene(async (scene) => {
      const big = randomBytes(BIG_BYTES, 2);
      if (form === "plain") await scene.s3.admin.put("big.bin", big);
      else await scene.s3.admin.putParts("big.bin", big, 6 * MIB);
      const rerun = await killAndRunAgain(scene, { source: scene.s3Url("big.bin"), destination: scene.ossUrl("big.bin") }, "oss");
      assertOnlyMissing(rerun, BIG_BYTES);
      assertEquals(await sha256(await scene.readOss("big.bin")), await sha256(big));
    });
  });
}

Deno.test("local to OSS to local: a killed upload sends only the missing parts, and the tree comes back byte by byte", async () => {
  await withOssScene(async (scene) => {
    const big = randomBytes(BIG_BYTES, 3);
    await Deno.mkdir(`${scene.folder}/in/中文`, { recursive: true });
    await Deno.writeFile(`${scene.folder}/in/big.bin`, big);
    await Deno.writeFile(`${scene.folder}/in/empty`, new Uint8Array());
    await Deno.writeFile(`${scene.folder}/in/中文/a b.txt`, randomBytes(5000, 4));
    const rerun = await killAndRunAgain(scene, { source: `${scene.folder}/in/`, destination: scene.ossUrl("up/") }, "oss");
    assertOnlyMissing(rerun, BIG_BYTES + 5000);
    const manifest = `${scene.folder}/down.ndjson`;
    const down = await scene.job({ ...RULES, source: scene.ossUrl("up/"), destination: `${scene.folder}/out/`, manifest }, {
      name: "down.ini",
    });
    assertCode(await runSluice([down]), 0);
    const evidence = (await readManifest(manifest)).map((line) => [line.evidence, line.digest]);
    assertEquals(evidence, evidence.map(() => ["hashed", "crc64ecma"]));
    assertEquals(await sha256(await Deno.readFile(`${scene.folder}/out/big.bin`)), await sha256(big));
    assertEquals(await Deno.readFile(`${scene.folder}/out/中文/a b.txt`), randomBytes(5000, 4));
    assertEquals((await Deno.stat(`${scene.folder}/out/empty`)).size, 0);
  });
});

Deno.test("OSS to OSS at one endpoint: no object byte passes the client, metadata and tags go along", async () => {
  await withOssScene(async (scene) => {
    await scene.putOssParts("a/big.bin", randomBytes(8 * MIB, 5), 5 * MIB);
    await scene.putOss("a/small", randomBytes(100, 6));
    const job = await scene.job({ source: scene.ossUrl("a/"), destination: scene.ossUrl("b/") });
    assertCode(await runSluice([job]), 0);
    assertEquals(await scene.readOss("b/small"), randomBytes(100, 6));
    assertEquals(await sha256(await scene.readOss("b/big.bin")), await sha256(randomBytes(8 * MIB, 5)));
    assert(scene.oss.proxy.total("sent") < MIB && scene.oss.proxy.total("answered") < MIB, "object bytes passed the client");
  });
});

Deno.test("OSS to OSS at two endpoints: bytes pass natively, and OSS's own CRC64s of both ends agree", async () => {
  await withOssScene(async (scene) => {
    const big = randomBytes(20 * MIB, 9);
    await scene.putOssParts("a/big.bin", big, 7 * MIB);
    await scene.putOss("a/small", randomBytes(100, 10));
    const { server, proxy } = scene.oss;
    const other = {
      type: "oss",
      endpoint: proxy.endpoint.replace("127.0.0.1", "localhost"),
      region: "cn-hangzhou",
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
    };
    const manifest = `${scene.folder}/two.ndjson`;
    const keys = { ...RULES, source: scene.ossUrl("a/"), destination: `s3://${scene.oss.bucket}/b/`, manifest };
    assertCode(await runSluice([await scene.job(keys, { s3: other })]), 0);
    assertEquals(await sha256(await scene.readOss("b/big.bin")), await sha256(big));
    const told = (await readManifest(manifest)).map(({ key, evidence, digest, way }) => [key, evidence, digest, way]);
    assertEquals(told.sort(), [["a/big.bin", "checksum", "crc64ecma", "relay"], ["a/small", "etag", "md5", "relay"]]);
  });
});

Deno.test("archived objects and symbolic links of OSS are reported with the way out, and the others arrive", async () => {
  await withOssScene(async (scene) => {
    const { server, bucket } = scene.oss;
    await scene.putOss("tree/plain", randomBytes(10, 7));
    right(await sendOss(server, "PUT", `/${bucket}/tree/cold`, { body: "x", headers: { "x-oss-storage-class": "ColdArchive" } }));
    const big = { "x-oss-storage-class": "Archive" };
    right(await sendOss(server, "PUT", `/${bucket}/tree/cold-big`, { body: randomBytes(7 * MIB, 8), headers: big }));
    right(await sendOss(server, "PUT", `/${bucket}/tree/link?symlink`, { headers: { "x-oss-symlink-target": "tree/plain" } }));
    const manifest = `${scene.folder}/cold.ndjson`;
    const run = await runSluice([
      await scene.job({ ...RULES, source: scene.ossUrl("tree/"), destination: scene.s3Url("tree/"), manifest }),
    ]);
    assertCode(run, 1);
    for (const said of [/ossutil restore/, /symbolic link/]) assert(said.test(run.stdout + run.stderr), `${said}: ${run.stderr}`);
    assertEquals(await scene.s3.admin.keys("tree/"), ["tree/plain"]);
    assertEquals(await scene.s3.admin.uploads("tree/cold-big"), [], "unfinished uploads left");
  });
});

Deno.test("a wrong secret and a wrong region of an OSS store end the run with 2 and one clear line", async () => {
  await withOssScene(async (scene) => {
    const keys = { source: scene.ossUrl(), destination: scene.s3Url() };
    const secret = await runSluice([await scene.job(keys, { oss: { secret_access_key: "wrong-secret-text" } })]);
    assertCode(secret, 2);
    assertClear(secret, /secret access key is wrong: check secret_access_key/);
    const region = await runSluice([await scene.job(keys, { oss: { region: "cn-beijing" } })]);
    assertCode(region, 2);
    assertClear(region, /set region/);
  });
});
