/** Real stores judge signatures, lengths, checksums and keys. MinIO is not run, and that is said aloud, where it is not found. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { TransferError } from "../../lib/errors.ts";
import type { ReadyLocal, ReadyS3 } from "../../lib/types.ts";
import { startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import { type Account, BucketAdmin } from "../bucket_admin.ts";
import { startMinio } from "../servers.ts";
import { objectOf, partOf, readyS3, sampleBytes, withFolder, withWire } from "./scripted_store.ts";

const NEVER = new AbortController().signal;
const SAMPLE = sampleBytes(5 * 2 ** 20 + 3);

/** Keys that MinIO takes; those with `.`, `..` and `//` it refuses, see relay_test.ts for them. */
const KEYS = ["plain", "a b+c", "%2e%2e/%41%20", "it's (1)*!", "é/日本/😀", "q?x=1#f&a=b;c:d@e,f$g", "~-._", "tab\there", "e\u0301"];

/** Keys that only a store takes which does not keep them as paths. */
const FREE_KEYS = ["a/../b", "..", "./x", "a/./b/..", "a//b", "/lead", "trail/", "new\nline"];

async function bucket(account: Account, name: string): Promise<{ admin: BucketAdmin; ready: ReadyS3 }> {
  const admin = new BucketAdmin(account, name);
  await admin.create();
  const { accessKeyId, secretAccessKey, region } = account;
  return { admin, ready: readyS3(account.endpoint, { bucket: name, region, credentials: { accessKeyId, secretAccessKey } }) };
}

async function walkAllWays(account: Account, keys: readonly string[]): Promise<void> {
  const from = await bucket(account, "wire-from");
  const to = await bucket(account, "wire-to");
  await objectsWithOddKeys(from, to, keys);
  await objectWithHeaders(from, to);
  await partsBetweenBuckets(from, to);
  await uploadAndBack(to);
  await wrongBytesAreRefused(to);
  from.admin.close();
  to.admin.close();
}

Deno.test("MinIO accepts what the wire signs and gets every byte, between all kinds of stores", async () => {
  const server = await startMinio();
  if (server === undefined) {
    console.warn("NOT RUN: minio was not found; put it on PATH or set SLUICE_MINIO");
    return;
  }
  try {
    await walkAllWays(server, KEYS);
  } finally {
    await server.stop();
  }
});

Deno.test("the embedded store accepts what the wire signs and gets every byte, under any key", async () => {
  await withFolder(async (folder) => {
    const store = await startEmbeddedStore({ folder });
    try {
      await walkAllWays({ ...store, endpoint: store.endpoint, region: "us-east-1" }, [...KEYS, ...FREE_KEYS]);
    } finally {
      await store.close();
    }
  });
});

type Bucket = Awaited<ReturnType<typeof bucket>>;

async function objectsWithOddKeys(from: Bucket, to: Bucket, keys: readonly string[]): Promise<void> {
  await withWire(from.ready, to.ready, async (wire) => {
    for (const [index, key] of keys.entries()) {
      const body = SAMPLE.subarray(0, index * 100);
      const etag = await from.admin.put(key, body);
      const moved = await wire.moveObject(objectOf({ key, sizeBytes: body.length, etag }), NEVER);
      assertEquals([moved.etag, moved.guard], [etag, "md5"], key);
      assert(Buffer.from(body).equals(Buffer.from(await to.admin.read(key))), key);
    }
  });
}

async function objectWithHeaders(from: Bucket, to: Bucket): Promise<void> {
  const extras = {
    ContentType: "text/plain",
    CacheControl: "no-cache",
    ContentEncoding: "gzip",
    ChecksumAlgorithm: "CRC32",
    Metadata: { a: "b  c" },
  } as const;
  const etag = await from.admin.put("headed", SAMPLE.subarray(0, 1000), extras);
  const object = objectOf({ key: "headed", sizeBytes: 1000, etag }, {
    condition: { absent: true },
    headers: (details) =>
      Promise.resolve({ ...details.headers, metadata: { ...details.headers.metadata, colour: "grün" }, tags: { "a b": "c" } }),
  });
  const moved = await withWire(from.ready, to.ready, async (wire) => {
    const answer = await wire.moveObject(object, NEVER);
    assertEquals((await assertRejects(() => wire.moveObject(object, NEVER), TransferError)).kind, "conflict");
    const stale = { ...object, source: { ...object.source, etag: "stale" }, destinationKey: "other" };
    assertEquals((await assertRejects(() => wire.moveObject(stale, NEVER), TransferError)).kind, "sourceChanged");
    return answer;
  });
  const head = await to.admin.head("headed");
  assertEquals([head?.ContentType, head?.CacheControl, head?.ContentEncoding, head?.Metadata?.a], [
    "text/plain",
    "no-cache",
    "gzip",
    "b  c",
  ]);
  assertEquals(moved.checksums.map(({ algorithm }) => algorithm), ["crc32", "md5"]);
  assertEquals(moved.checksums[0]?.value, moved.digests.crc32);
}

async function partsBetweenBuckets(from: Bucket, to: Bucket): Promise<void> {
  const etag = await from.admin.put("parted", SAMPLE);
  const uploadId = await to.admin.beginUpload("parted");
  const moved = await withWire(from.ready, to.ready, async (wire) => {
    const relayed = partOf("parted", SAMPLE.length, { pin: { etag }, uploadId });
    const hashed = { ...relayed, partNumber: 2, digests: ["md5"] as const };
    const guarded = { ...relayed, partNumber: 3, guard: "crc32" as const };
    const lost = await assertRejects(() => wire.movePart({ ...relayed, uploadId: "bm9uZQ==" }, NEVER), TransferError);
    assertEquals(lost.kind, "uploadLost");
    return [await wire.movePart(relayed, NEVER), await wire.movePart(hashed, NEVER), await wire.movePart(guarded, NEVER)];
  });
  assertEquals(moved.map((part) => part.etag), [etag, etag, etag]);
  assertEquals([moved[1]?.digests.md5, moved.map(({ way }) => way)], [etag, ["relay", "hashed relay", "hashed relay"]]);
  assertEquals((await to.admin.parts("parted", uploadId)).map(({ sizeBytes }) => sizeBytes), [SAMPLE.length, SAMPLE.length, SAMPLE.length]);
}

async function uploadAndBack(to: Bucket): Promise<void> {
  await withFolder(async (folder) => {
    const local: ReadyLocal = { type: "local", name: "local", bucket: folder };
    await Deno.writeFile(`${folder}/file one`, SAMPLE);
    const up = await withWire(
      local,
      to.ready,
      (wire) => wire.moveObject(objectOf({ key: "file one", sizeBytes: SAMPLE.length }, { digests: ["md5"] }), NEVER),
    );
    assertEquals([up.etag, up.guard, up.way], [up.digests.md5, "crc32", "upload"]);
    const object = objectOf({ key: "file one", sizeBytes: SAMPLE.length, etag: up.etag ?? "" }, {
      destinationKey: "back",
      digests: ["md5", "crc64nvme"],
    });
    const down = await withWire(to.ready, local, (wire) => wire.moveObject(object, NEVER));
    assertEquals(down.digests.md5, up.digests.md5);
    assert(Buffer.from(await Deno.readFile(`${folder}/back`)).equals(Buffer.from(SAMPLE)));
  });
}

async function wrongBytesAreRefused(to: Bucket): Promise<void> {
  const liar = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("not what it says", { headers: { etag: '"900150983cd24fb0d6963f7d28e17f72"' } }),
  );
  try {
    const from = readyS3(`http://127.0.0.1:${liar.addr.port}`);
    await withWire(from, to.ready, async (wire) => {
      const error = await assertRejects(() => wire.moveObject(objectOf({ key: "lie", sizeBytes: 16 }), NEVER), TransferError);
      assertEquals(error.kind, "integrity");
    });
    assertEquals(await to.admin.head("lie"), undefined);
  } finally {
    await liar.shutdown();
  }
}
