/** Cases of the store suite: copies on the server. */
import { assertEquals } from "@std/assert";
import type { StoreCase, StoreUnderTest } from "./under_test.ts";
import { assertBytes, assertKind, layoutOf, someBytes } from "./collect.ts";

const MIB = 1024 * 1024;
const STALE = "0123456789abcdef0123456789abcdef";

async function copies({ store, bucket, put, read }: StoreUnderTest): Promise<void> {
  const key = "from here/a+b & c%20é";
  await put(key, someBytes(100), { contentType: "text/x-sluice", metadata: { name: "value" } });
  const etag = (await store.head(key))?.etag;
  const answer = await store.copyObject({ bucket, key, pin: { ...(etag !== undefined && { etag }) } }, "to", {});
  assertBytes(await read("to"), someBytes(100));
  const details = await store.head("to");
  assertEquals([details?.headers.contentType, details?.headers.metadata?.name], ["text/x-sluice", "value"]);
  assertEquals(answer.etag, details?.etag);
}

async function copiesWithNewHeaders({ store, bucket, put }: StoreUnderTest): Promise<void> {
  await put("from", someBytes(100), { contentType: "text/x-sluice", metadata: { name: "value" } });
  await store.copyObject({ bucket, key: "from", pin: {} }, "to", { headers: { contentType: "text/new", metadata: { other: "1" } } });
  const headers = (await store.head("to"))?.headers;
  assertEquals([headers?.contentType, headers?.metadata], ["text/new", { other: "1" }]);
}

async function copiesWithNewTags({ store, bucket, put }: StoreUnderTest): Promise<void> {
  await put("from", someBytes(100), { tags: { old: "1" } });
  await store.copyObject({ bucket, key: "from", pin: {} }, "kept", {});
  await store.copyObject({ bucket, key: "from", pin: {} }, "new", { headers: { tags: { new: "2" } } });
  await store.copyObject({ bucket, key: "from", pin: {} }, "none", { headers: {} });
  assertEquals([await store.readTags("kept"), await store.readTags("new"), await store.readTags("none")], [{ old: "1" }, { new: "2" }, {}]);
}

async function refusesStaleCopy({ store, bucket, put }: StoreUnderTest): Promise<void> {
  await put("from", someBytes(100));
  await assertKind(() => store.copyObject({ bucket, key: "from", pin: { etag: STALE } }, "to", {}), "sourceChanged");
  await assertKind(() => store.copyObject({ bucket, key: "gone", pin: {} }, "to", {}), "notFound");
  assertEquals(await store.head("to"), undefined);
}

async function copiesParts({ store, bucket, put, read }: StoreUnderTest): Promise<void> {
  const body = someBytes(5 * MIB + 10);
  await put("from", body);
  const etag = (await store.head("from"))?.etag;
  const source = { bucket, key: "from", pin: { ...(etag !== undefined && { etag }) } };
  const uploadId = await store.createUpload("to", { headers: {}, layout: layoutOf(body.length, 5 * MIB), token: "t" });
  const first = await store.copyPart(source, "to", { uploadId, partNumber: 1, first: 0, last: 5 * MIB - 1 });
  const second = await store.copyPart(source, "to", { uploadId, partNumber: 2, first: 5 * MIB, last: body.length - 1 });
  assertEquals([first.sizeBytes, second.sizeBytes, second.partNumber], [5 * MIB, 10, 2]);
  await store.completeUpload("to", uploadId, { parts: [first, second], sizeBytes: body.length });
  assertBytes(await read("to"), body);
}

async function refusesStalePart({ store, bucket, put }: StoreUnderTest): Promise<void> {
  await put("from", someBytes(100));
  const uploadId = await store.createUpload("to", { headers: {}, layout: layoutOf(100, 100), token: "t" });
  const range = { uploadId, partNumber: 1, first: 0, last: 99 };
  await assertKind(() => store.copyPart({ bucket, key: "from", pin: { etag: STALE } }, "to", range), "sourceChanged");
  await store.abortUpload("to", uploadId);
}

/** Named promises; see {@link StoreCase}. */
export const COPY_CASES: Readonly<Record<string, StoreCase>> = {
  "copyObject() copies bytes and what the source carries": copies,
  "copyObject() with headers replaces what the source carries": copiesWithNewHeaders,
  "copyObject() keeps tags, or replaces them with the headers": copiesWithNewTags,
  "copyObject() refuses a source that is not the planned version": refusesStaleCopy,
  "copyPart() copies ranges into parts": copiesParts,
  "copyPart() refuses a source that is not the planned version": refusesStalePart,
};
