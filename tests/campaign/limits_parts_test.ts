/**
 * An object of 10,000 parts for real: begun by another client, taken over, killed and taken over again, with all that this means for the
 * pages of ListParts and the body of Complete. OSS takes parts of 100 KiB, which keeps it small enough for everybody's disk.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode, readManifest } from "../e2e/claims.ts";
import { carriesObject } from "../e2e/counting_proxy.ts";
import { useOssServers, withOssScene } from "../e2e/oss_scene.ts";
import { killWhen, runSluice } from "../e2e/run_sluice.ts";
import { sendOss } from "../embedded/oss_client.ts";
import type { TestServer } from "../servers.ts";
import { pathOf, right } from "../store/oss_under_test.ts";

const PARTS = 10_000;
const PART_BYTES = 100 * 1024;
const TOTAL_BYTES = PARTS * PART_BYTES;
/** Parts that another client has sent, and those after which the first run is killed. */
const BEGUN = 4000;
const KILLED_AT = 7000;
/** Parts that may have been under way when the run was killed. */
const IN_FLIGHT_BYTES = 32 * PART_BYTES;

useOssServers();

Deno.test("an object of 10,000 parts is taken over from another client and from a killed run: what is missing is sent, once", async () => {
  await withOssScene(async (scene) => {
    const path = `${scene.folder}/big.bin`;
    await writeMarked(path);
    const { proxy, server, bucket } = scene.oss;
    await beginInParts(server, pathOf(bucket, "big.bin"), path);
    const manifest = `${scene.folder}/manifest.ndjson`;
    const job = await scene.job({ source: path, destination: scene.ossUrl("big.bin"), parts_in_flight: 8, manifest });
    const killed = await killWhen(proxy.holdAfter("sent", (KILLED_AT - BEGUN) * PART_BYTES), [job]);
    assertEquals(killed.signal, "SIGKILL");
    proxy.release();
    proxy.reset();

    assertCode(await runSluice([job]), 0);
    const [line] = await readManifest(manifest);
    const found = line?.foundBytes ?? 0;
    assert(found >= KILLED_AT * PART_BYTES - IN_FLIGHT_BYTES && found < TOTAL_BYTES, `${found} bytes were found`);
    assertEquals(proxy.total("sent", carriesObject), TOTAL_BYTES - found, "object bytes sent by the second run");
    assertEquals([line?.evidence, line?.digest], ["hashed", "crc64ecma"]);
    const { headers } = right(await sendOss(server, "HEAD", pathOf(bucket, "big.bin")));
    assertEquals(headers["content-length"], `${TOTAL_BYTES}`);
    assert(headers.etag?.endsWith(`-${PARTS}"`), `${headers.etag}`);
  });
});

/** The first parts, sent as some other client would. */
async function beginInParts(server: TestServer, path: string, file: string): Promise<void> {
  const uploadId = /<UploadId>([^<]+)</.exec(right(await sendOss(server, "POST", `${path}?uploads`)).text)?.[1] ?? "";
  using source = await Deno.open(file);
  const bytes = new Uint8Array(PART_BYTES);
  for (let number = 1; number <= BEGUN; number++) {
    for (let read = 0; read < PART_BYTES;) read += await source.read(bytes.subarray(read)) ?? PART_BYTES;
    right(await sendOss(server, "PUT", `${path}?partNumber=${number}&uploadId=${uploadId}`, { body: bytes }));
  }
}

/** Holes, with the number of each part at its beginning: no two parts are the same, and the disk holds little. */
async function writeMarked(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let number = 1; number <= PARTS; number++) {
    await file.seek((number - 1) * PART_BYTES, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode(`part ${number}`));
  }
  await file.truncate(TOTAL_BYTES);
}
