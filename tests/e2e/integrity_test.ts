/**
 * Never a wrong object: foreign parts, sources overwritten between runs, ETags that must stay, bytes that must not be unpacked.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode, readManifest } from "./claims.ts";
import { carriesObject, readsObject } from "./counting_proxy.ts";
import { killWhen, runSluice } from "./run_sluice.ts";
import { foundKinds, type Scene, useServers, withScene } from "./scene.ts";
import { randomBytes, sha256 } from "./trees.ts";

const MIB = 1024 * 1024;
const TOTAL_BYTES = 32 * MIB;
const PART_BYTES = 6 * MIB;
const RULES = { multipart_threshold: "6 MiB", part_size: "6 MiB" };

const kinds = foundKinds();
useServers(kinds);

/** Where the object comes from in a case. */
const SOURCES = ["file", "plain", "multipart"] as const;
type SourceForm = typeof SOURCES[number];

/** Puts the source in its form, over what is there, and answers the location for the job. */
async function putSource(scene: Scene, form: SourceForm, body: Uint8Array<ArrayBuffer>): Promise<string> {
  if (form === "file") {
    await Deno.writeFile(`${scene.folder}/big.bin`, body);
    return `${scene.folder}/big.bin`;
  }
  if (form === "plain") await scene.left.admin.put("big.bin", body);
  else await scene.left.admin.putParts("big.bin", body, PART_BYTES);
  return scene.leftUrl("big.bin");
}

async function assertArrived(scene: Scene, body: Uint8Array<ArrayBuffer>): Promise<void> {
  assertEquals(await sha256(new Uint8Array(await scene.right.admin.read("big.bin"))), await sha256(body));
}

for (const kind of kinds) {
  for (const form of SOURCES) {
    Deno.test(`${kind}: a foreign part of the right number and size never gets into the copy of a ${form} source`, async () => {
      await withScene(kind, async (scene) => {
        const body = randomBytes(TOTAL_BYTES, 1);
        const source = await putSource(scene, form, body);
        const foreign = await scene.right.admin.beginUpload("big.bin");
        await scene.right.admin.putPart("big.bin", foreign, 1, randomBytes(PART_BYTES, 2));
        await scene.right.admin.putPart("big.bin", foreign, 2, body.subarray(PART_BYTES, 2 * PART_BYTES));
        assertCode(await runSluice([await scene.job({ ...RULES, source, destination: scene.rightUrl("big.bin") })]), 0);
        await assertArrived(scene, body);
      });
    });

    Deno.test(`${kind}: a ${form} source overwritten between two runs with the same size is copied as it is now`, async () => {
      await withScene(kind, async (scene) => {
        const source = await putSource(scene, form, randomBytes(TOTAL_BYTES, 3));
        const job = await scene.job({ ...RULES, source, destination: scene.rightUrl("big.bin") });
        await killWhen(scene.right.proxy.holdAfter("sent", TOTAL_BYTES / 2), [job]);
        scene.right.proxy.release();
        scene.left.proxy.release();
        const later = randomBytes(TOTAL_BYTES, 4);
        await putSource(scene, form, later);
        assertCode(await runSluice([job]), 0);
        await assertArrived(scene, later);
      });
    });
  }

  Deno.test(`${kind}: a multipart object keeps its ETag bucket to bucket, and its parts arrive with a length`, async () => {
    await withScene(kind, async (scene) => {
      const etag = await scene.left.admin.putParts("big.bin", randomBytes(TOTAL_BYTES, 5), 7 * MIB);
      assertCode(
        await runSluice([
          await scene.job({ source: scene.leftUrl("big.bin"), destination: scene.rightUrl("big.bin"), part_size: "9 MiB" }),
        ]),
        0,
      );
      assertEquals((await scene.right.admin.head("big.bin"))?.ETag, `"${etag}"`);
      for (const { head } of scene.right.proxy.exchanges.filter(carriesObject)) {
        assertEquals([head.headers.has("content-length"), head.headers.has("transfer-encoding")], [true, false]);
      }
    });
  });

  Deno.test(`${kind}: between buckets of one endpoint no object byte passes the client`, async () => {
    await withScene(kind, async (scene) => {
      const big = await scene.left.admin.putParts("tree/big.bin", randomBytes(TOTAL_BYTES, 6), 7 * MIB);
      const plain = randomBytes(3 * MIB, 7);
      await scene.left.admin.put("tree/plain.bin", plain, { ContentType: "text/x-odd", Metadata: { who: "me" } });
      const manifest = `${scene.folder}/manifest.ndjson`;
      const job = await scene.job({ source: scene.leftUrl("tree/"), destination: scene.rightUrl("copy/"), part_size: "7 MiB", manifest });
      // Both stores of the job are one endpoint here; the relay counts all that is said to it.
      assertCode(await runSluice([job]), 0);
      const wire = scene.left.proxy.total("sent") + scene.left.proxy.total("answered");
      assert(wire < MIB, `${wire} bytes passed the client`);
      assertEquals(scene.left.proxy.exchanges.filter(readsObject).length, 0);
      assertEquals((await scene.right.admin.head("copy/big.bin"))?.ETag, `"${big}"`);
      assertEquals(await sha256(new Uint8Array(await scene.right.admin.read("copy/plain.bin"))), await sha256(plain));
      const head = await scene.right.admin.head("copy/plain.bin");
      assertEquals([head?.ContentType, head?.Metadata], ["text/x-odd", { who: "me" }]);
      assertEquals((await readManifest(manifest)).filter((line) => line.way === "server-side copy").length, 2);
    }, { sameServer: true });
  });

  Deno.test(`${kind}: what an object carries goes along, and gzip bytes are not unpacked`, async () => {
    await withScene(kind, async (scene) => {
      const packed = await gzip(new Uint8Array(100_000).fill(97));
      const extras = {
        ContentEncoding: "gzip",
        ContentType: "text/plain; charset=utf-8",
        CacheControl: "max-age=60",
        ContentDisposition: 'attachment; filename="x.txt"',
        ContentLanguage: "de",
        Metadata: { colour: "blue" },
      };
      await scene.left.admin.put("tree/page.txt", packed, extras);
      await scene.left.admin.putParts("tree/pages.bin", randomBytes(12 * MIB, 8), PART_BYTES, { ...extras, ContentEncoding: "br" });
      assertCode(await runSluice([await scene.job({ source: scene.leftUrl("tree/"), destination: scene.rightUrl() })]), 0);
      assertEquals(new Uint8Array(await scene.right.admin.read("page.txt")), packed);
      for (const [key, encoding] of [["page.txt", "gzip"], ["pages.bin", "br"]] as const) {
        const head = await scene.right.admin.head(key);
        const { ContentEncoding, ContentType, CacheControl, ContentDisposition, ContentLanguage, Metadata } = head ?? {};
        assertEquals({ ContentEncoding, ContentType, CacheControl, ContentDisposition, ContentLanguage, Metadata }, {
          ...extras,
          ContentEncoding: encoding,
        });
      }
      const down = await scene.job({ source: scene.leftUrl("tree/page.txt"), destination: `${scene.folder}/out/` }, "down.ini");
      await Deno.mkdir(`${scene.folder}/out`);
      assertCode(await runSluice([down]), 0);
      assertEquals(await Deno.readFile(`${scene.folder}/out/page.txt`), packed);
    });
  });
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
}
