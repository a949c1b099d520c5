/** Cases of the store suite: listing, looking at and deleting objects. */
import { assert, assertEquals } from "@std/assert";
import type { StoreCase, StoreUnderTest } from "./under_test.ts";
import { assertKind, layoutOf, listAll, listKeys, someBytes } from "./collect.ts";

/** Puts empty objects under all these keys. */
async function putAll({ put }: StoreUnderTest, keys: readonly string[]): Promise<void> {
  for (const key of keys) await put(key, new Uint8Array());
}

async function listsInByteOrder(test: StoreUnderTest): Promise<void> {
  // U+FF5E comes before U+1F600 in UTF-8, after it in UTF-16; `-` and `.` come before `/`.
  const sorted = ["A", "a", "b-1", "b.1", "b/1", "b/2/3", "b0", "z", "é", "～", "😀", "😁"];
  await putAll(test, [...sorted].reverse());
  assertEquals(await listKeys(test.store), sorted);
}

async function takesPrefixAsText(test: StoreUnderTest): Promise<void> {
  await putAll(test, ["dir/a", "dir/b", "dir2/c", "dirt", "other"]);
  assertEquals(await listKeys(test.store, "dir"), ["dir/a", "dir/b", "dir2/c", "dirt"]);
  assertEquals(await listKeys(test.store, "dir/"), ["dir/a", "dir/b"]);
  assertEquals(await listKeys(test.store, "dir/b"), ["dir/b"]);
  assertEquals(await listKeys(test.store, "nothing"), []);
}

async function tellsObjects({ store, put }: StoreUnderTest): Promise<void> {
  const before = Date.now() - 24 * 3600_000;
  await put("some", someBytes(1234));
  const [object] = await listAll(store);
  assert(object !== undefined);
  assertEquals([object.key, object.sizeBytes], ["some", 1234]);
  assert((object.lastModifiedMs ?? 0) > before, `last modified ${object.lastModifiedMs}`);
  assert(object.etag !== undefined || object.local?.fileMark !== undefined, "neither ETag nor file mark");
  assert(!object.etag?.includes('"'), `ETag with quotes: ${object.etag}`);
  const details = await store.head("some");
  assertEquals(details?.etag, object.etag);
  assertEquals(details?.local, object.local);
  assertEquals(details?.sizeBytes, 1234);
}

async function tellsHeaders({ store, put }: StoreUnderTest): Promise<void> {
  const headers = {
    contentType: "text/x-sluice",
    cacheControl: "max-age=7",
    contentDisposition: 'attachment; filename="x"',
    contentLanguage: "de",
    contentEncoding: "gzip",
    expires: "Wed, 21 Oct 2026 07:28:00 GMT",
    metadata: { "one-name": "one value", two: "2" },
  };
  await put("some", someBytes(10), headers);
  const details = await store.head("some");
  assertEquals(details?.headers, headers);
  assertEquals(details?.archived, false);
}

async function tellsTags({ store, put }: StoreUnderTest): Promise<void> {
  const tags = { colour: "blue + green @ 1/2", "a b": "1=2" };
  await put("some", someBytes(10), { tags });
  await put("none", someBytes(10));
  assertEquals(await store.readTags("some"), tags);
  assertEquals(await store.readTags("none"), {});
}

async function readsNoTags({ store, put }: StoreUnderTest): Promise<void> {
  await put("some", someBytes(10));
  assertEquals(await store.readTags("some"), {});
}

async function tellsPartSize({ store, putPart }: StoreUnderTest): Promise<void> {
  const layout = layoutOf(6 * 1024 * 1024, 5 * 1024 * 1024);
  const uploadId = await store.createUpload("big", { headers: {}, layout, token: "t1" });
  const parts = [
    await putPart({ key: "big", uploadId, partNumber: 1, bytes: someBytes(layout.partSizeBytes), layout }),
    await putPart({ key: "big", uploadId, partNumber: 2, bytes: someBytes(1024 * 1024), layout }),
  ];
  await store.completeUpload("big", uploadId, { parts, sizeBytes: layout.sizeBytes });
  assertEquals((await store.head("big", { partNumber: 1 }))?.sizeBytes, 5 * 1024 * 1024);
  assertEquals((await store.head("big", { partNumber: 2 }))?.sizeBytes, 1024 * 1024);
  assertEquals((await store.head("big"))?.sizeBytes, 6 * 1024 * 1024);
}

async function deletes(test: StoreUnderTest): Promise<void> {
  const keys = ["a", "b/1", "b/2", "c", "d & <e>", "f", "g"];
  await putAll(test, keys);
  assertEquals(await test.store.deleteObjects([...keys.slice(0, 6), "never there"]), []);
  assertEquals(await listKeys(test.store), ["g"]);
  assertEquals(await test.store.deleteObjects(keys), [], "twice");
  assertEquals(await test.store.deleteObjects([]), []);
}

async function endsWithTheSignal({ store, put }: StoreUnderTest): Promise<void> {
  await put("some", someBytes(10));
  const signal = AbortSignal.abort();
  const layout = layoutOf(10, 10);
  await assertKind(async () => {
    for await (const _page of store.list({ prefix: "", signal }));
  }, "cancelled");
  await assertKind(() => store.head("some", { signal }), "cancelled");
  await assertKind(() => store.createUpload("up", { headers: {}, layout, token: "t", signal }), "cancelled");
  await assertKind(async () => {
    for await (const _page of store.listUploads({ key: "up" }, { signal }));
  }, "cancelled");
  await assertKind(() => store.deleteObjects(["some"], { signal }), "cancelled");
  assertEquals(await listKeys(store), ["some"], "a cancelled delete deletes nothing");
}

/** Named promises; see {@link StoreCase}. */
export const OBJECT_CASES: Readonly<Record<string, StoreCase>> = {
  "list() of an empty bucket is empty": async ({ store }) => assertEquals(await listKeys(store), []),
  "list() gives every key once, in the order of UTF-8 bytes, over many pages": listsInByteOrder,
  "list() takes a prefix as text": takesPrefixAsText,
  "list() and head() tell size, time and version mark alike": tellsObjects,
  "head() of a missing object is undefined": async ({ store }) => assertEquals(await store.head("no/such"), undefined),
  "head() tells every header as it was put": tellsHeaders,
  "head() with a part number tells the size of the part": tellsPartSize,
  "readTags() tells the tags of an object": tellsTags,
  "readTags() is empty for an object without tags": readsNoTags,
  "deleteObjects() deletes, many at once, and counts the missing as deleted": deletes,
  "every call ends as cancelled once its signal has fired": endsWithTheSignal,
};
