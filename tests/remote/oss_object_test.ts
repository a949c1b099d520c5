/** What OSS has besides the promises of the store suite: CRC64s, types of objects, archives, links, classes. */
import { assert, assertEquals } from "@std/assert";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import type { Store } from "../../lib/store/store.ts";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { assertKind, layoutOf, listAll, partsAll, someBytes } from "../store/collect.ts";
import { pathOf, readyOss, right, startOss } from "./oss_under_test.ts";
import { startDigests } from "../../lib/bytes/digest.ts";

async function crc64(bytes: Uint8Array): Promise<string> {
  const run = await startDigests(["crc64ecma"]);
  run.update(bytes);
  return run.finish().crc64ecma ?? "";
}

/** Runs a test on a bucket of its own. */
function onBucket(name: string, body: (store: Store, server: EmbeddedStore) => Promise<void>): void {
  Deno.test(name, async () => {
    const { store: server, stop } = await startOss({ buckets: ["bucket"] });
    const ready = readyOss(server, "bucket");
    const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 10_000, pageEntries: 2 });
    try {
      await body(store, server);
    } finally {
      store.close();
      await stop();
    }
  });
}

onBucket("an OSS object tells its CRC64, and a plain ETag as every store writes an MD5", async (store, server) => {
  const bytes = someBytes(1000);
  right(await sendOss(server, "PUT", pathOf("bucket", "key"), { body: bytes }));
  const details = await store.head("key");
  const md5 = details?.etag ?? "";
  assert(/^[0-9a-f]{32}$/.test(md5), md5);
  assertEquals(details?.checksums, [
    { algorithm: "crc64ecma", value: await crc64(bytes), type: "full" },
    { algorithm: "md5", value: md5, type: "full" },
  ]);
  assertEquals((await listAll(store)).map(({ etag, md5, md5Doubtful }) => [etag, md5, md5Doubtful]), [[md5, md5, undefined]]);
});

onBucket("parts of an OSS upload are listed with their CRC64, and the whole has one that no ETag imitates", async (store, server) => {
  const parts = [someBytes(102_400), someBytes(7, 2)];
  const uploadId = await store.createUpload("big", { headers: {}, layout: layoutOf(102_407, 102_400), token: "t" });
  for (const [index, body] of parts.entries()) {
    right(await sendOss(server, "PUT", `/bucket/big?partNumber=${index + 1}&uploadId=${uploadId}`, { body }));
  }
  const listed = await partsAll(store, "big", uploadId);
  assertEquals(listed.map(({ checksums }) => checksums[0]?.value), [await crc64(parts[0]!), await crc64(parts[1]!)]);
  const answer = await store.completeUpload("big", uploadId, { parts: listed, sizeBytes: 102_407 });
  const whole = new Uint8Array(102_407);
  whole.set(parts[0]!);
  whole.set(parts[1]!, 102_400);
  assertEquals(answer.checksums, [{ algorithm: "crc64ecma", value: await crc64(whole), type: "full" }]);
  const details = await store.head("big");
  assertEquals([details?.etag, details?.checksums], [answer.etag, answer.checksums]);
  assert(!/^[0-9a-f]{32}/.test(details?.etag ?? ""), "a multipart ETag must not look like an MD5");
  assertEquals((await listAll(store)).map(({ etag, md5Doubtful }) => [etag, md5Doubtful]), [[details?.etag, true]]);
});

onBucket("an archived OSS object is told as archived until it is restored", async (store, server) => {
  for (const storageClass of ["Archive", "ColdArchive"]) {
    right(await sendOss(server, "PUT", pathOf("bucket", storageClass), { body: "x", headers: { "x-oss-storage-class": storageClass } }));
    const details = await store.head(storageClass);
    assertEquals([details?.archived, details?.storageClass], [true, storageClass]);
  }
  right(await sendOss(server, "POST", `${pathOf("bucket", "Archive")}?restore`));
  assertEquals((await store.head("Archive"))?.archived, false);
});

onBucket("a symbolic link of OSS is listed as unreadable, with the reason", async (store, server) => {
  right(await sendOss(server, "PUT", pathOf("bucket", "target"), { body: "x" }));
  right(await sendOss(server, "PUT", `${pathOf("bucket", "link")}?symlink`, { headers: { "x-oss-symlink-target": "target" } }));
  const listed = Object.fromEntries((await listAll(store)).map(({ key, unreadable }) => [key, unreadable]));
  assertEquals(Object.keys(listed), ["link", "target"]);
  assert(listed.link?.includes("symbolic link"), listed.link);
  assertEquals(listed.target, undefined);
});

Deno.test("with followLinks, links of OSS are listed as their targets, but for those that lead to nothing", async () => {
  const { store: server, stop } = await startOss({ buckets: ["bucket"] });
  const ready = readyOss(server, "bucket");
  const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 10_000, followLinks: true });
  try {
    right(await sendOss(server, "PUT", pathOf("bucket", "target"), { body: "four" }));
    for (const [link, target] of [["lead", "target"], ["lost", "nothing"], ["twice", "lead"]] as const) {
      right(await sendOss(server, "PUT", `${pathOf("bucket", link)}?symlink`, { headers: { "x-oss-symlink-target": target } }));
    }
    const listed = (await listAll(store)).map(({ key, sizeBytes, unreadable }) => [key, sizeBytes, unreadable === undefined]);
    assertEquals(listed, [["lead", 4, true], ["lost", 0, false], ["target", 4, true], ["twice", 0, false]]);
  } finally {
    store.close();
    await stop();
  }
});

onBucket("classes and encryption of an upload are written in OSS's words", async (store) => {
  const uploadId = await store.createUpload("big", {
    headers: { storageClass: "STANDARD_IA", contentType: "text/plain", metadata: { a: "é" } },
    layout: layoutOf(1, 1),
    token: "t",
  });
  await store.abortUpload("big", uploadId);
  await assertKind(
    () => store.createUpload("big", { headers: { storageClass: "NEVER" }, layout: layoutOf(1, 1), token: "t" }),
    "unsupported",
  );
});

onBucket("a write that depends on a version is refused as unsupported, for the session to go without", async (store) => {
  const options = { parts: [], sizeBytes: 0, condition: { etag: "x" } };
  await assertKind(() => store.completeUpload("big", "id", options), "unsupported");
});
