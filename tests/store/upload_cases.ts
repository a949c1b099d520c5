/** Cases of the store suite: multipart uploads. */
import { assert, assertEquals } from "@std/assert";
import { combineMd5, fullValue } from "../../lib/evidence/digest.ts";
import type { Store } from "../../lib/store/store.ts";
import type { PartInfo } from "../../lib/types.ts";
import { crc32Base64, digestPart } from "./digests.ts";
import type { StoreCase, StoreUnderTest } from "./under_test.ts";
import { assertBytes, assertKind, layoutOf, partsAll, someBytes, uploadsAll } from "./collect.ts";

const MIB = 1024 * 1024;
/** Two parts, the smallest that every store takes. */
const TWO_PARTS = layoutOf(5 * MIB + 1000, 5 * MIB);
const BODY = someBytes(TWO_PARTS.sizeBytes, 7);

interface Begun {
  uploadId: string;
  parts: PartInfo[];
}

/** Begins an upload of BODY to `key` and sends both parts, the last one first. */
async function begin(
  { store, putPart }: StoreUnderTest,
  key: string,
  checksum?: { algorithm: "crc32" | "sha256" | "crc64nvme"; type: "full" | "composite" },
): Promise<Begun> {
  const layout = TWO_PARTS;
  const uploadId = await store.createUpload(key, { headers: {}, layout, token: "t1", ...(checksum && { checksum }) });
  const send = (partNumber: number, bytes: Uint8Array) =>
    putPart({ key, uploadId, partNumber, bytes, layout, ...(checksum && { checksum: checksum.algorithm }) });
  const second = await send(2, BODY.subarray(layout.partSizeBytes));
  const first = await send(1, BODY.subarray(0, layout.partSizeBytes));
  return { uploadId, parts: [first, second] };
}

async function completes(test: StoreUnderTest): Promise<void> {
  const { store, read } = test;
  const { uploadId, parts } = await begin(test, "dir/big");
  assertEquals(await store.head("dir/big"), undefined, "nothing is there before Complete");
  const answer = await store.completeUpload("dir/big", uploadId, { parts, sizeBytes: BODY.length });
  const details = await store.head("dir/big");
  assertEquals([details?.sizeBytes, details?.etag], [BODY.length, answer.etag]);
  assertBytes(await read("dir/big"), BODY);
  assertEquals(await uploadsAll(store, { key: "dir/big" }), []);
}

async function completesFromListing(test: StoreUnderTest): Promise<void> {
  const { uploadId } = await begin(test, "big");
  const parts = await partsAll(test.store, "big", uploadId);
  assertEquals(parts.map(({ partNumber, sizeBytes }) => [partNumber, sizeBytes]), [[1, 5 * MIB], [2, 1000]]);
  await test.store.completeUpload("big", uploadId, { parts, sizeBytes: BODY.length });
  assertBytes(await test.read("big"), BODY);
}

async function carriesHeaders({ store, putPart }: StoreUnderTest): Promise<void> {
  const headers = {
    contentType: "text/x-sluice",
    expires: "Wed, 21 Oct 2026 07:28:00 GMT",
    metadata: { name: "value" },
  };
  const layout = layoutOf(100, 100);
  const uploadId = await store.createUpload("big", { headers: { ...headers, tags: { a: "b c" } }, layout, token: "t" });
  const part = await putPart({ key: "big", uploadId, partNumber: 1, bytes: someBytes(100), layout });
  await store.completeUpload("big", uploadId, { parts: [part], sizeBytes: 100 });
  assertEquals((await store.head("big"))?.headers, headers);
  assertEquals(await store.readTags("big"), { a: "b c" });
}

async function carriesTextBeyondAscii({ store, putPart }: StoreUnderTest): Promise<void> {
  const text = "Größe 日本";
  const layout = layoutOf(100, 100);
  const uploadId = await store.createUpload("big", { headers: { metadata: { text } }, layout, token: "t" });
  const part = await putPart({ key: "big", uploadId, partNumber: 1, bytes: someBytes(100), layout });
  await store.completeUpload("big", uploadId, { parts: [part], sizeBytes: 100 });
  assertEquals(decodeMailText((await store.head("big"))?.headers.metadata?.["text"] ?? ""), text);
}

/** Amazon and MinIO answer text beyond ASCII by RFC 2047. */
function decodeMailText(text: string): string {
  const q = /^=\?utf-8\?q\?(.*)\?=$/i.exec(text)?.[1];
  if (q !== undefined) return decodeURIComponent(q.replaceAll("%", "%25").replaceAll("_", " ").replaceAll("=", "%"));
  const b = /^=\?utf-8\?b\?(.*)\?=$/i.exec(text)?.[1];
  return b === undefined ? text : new TextDecoder().decode(Uint8Array.from(atob(b), (character) => character.charCodeAt(0)));
}

async function listsPartsWithHoles({ store, putPart }: StoreUnderTest): Promise<void> {
  const layout = layoutOf(10 * 1000, 1000);
  const uploadId = await store.createUpload("holes", { headers: {}, layout, token: "t" });
  const numbers = [1, 2, 4, 5, 6, 8, 9, 10];
  for (const partNumber of [...numbers].reverse()) {
    await putPart({ key: "holes", uploadId, partNumber, bytes: someBytes(1000, partNumber), layout });
  }
  const parts = await partsAll(store, "holes", uploadId);
  assertEquals(parts.map(({ partNumber }) => partNumber), numbers);
  assert(parts.every(({ sizeBytes }) => sizeBytes === 1000));
  assert(parts.every(({ etag }) => !etag?.includes('"')));
  await store.abortUpload("holes", uploadId);
}

async function listsNoParts({ store }: StoreUnderTest): Promise<void> {
  const uploadId = await store.createUpload("fresh", { headers: {}, layout: TWO_PARTS, token: "t" });
  assertEquals(await partsAll(store, "fresh", uploadId), []);
  await store.abortUpload("fresh", uploadId);
}

async function saysLost({ store }: StoreUnderTest): Promise<void> {
  const uploadId = await store.createUpload("lost", { headers: {}, layout: TWO_PARTS, token: "t" });
  await store.abortUpload("lost", uploadId);
  await store.abortUpload("lost", uploadId);
  await assertKind(() => partsAll(store, "lost", uploadId), "uploadLost");
  assertEquals(await uploadsAll(store, { key: "lost" }), []);
}

async function beginMany(store: Store, keys: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const key of keys) ids.push(await store.createUpload(key, { headers: {}, layout: TWO_PARTS, token: `t${ids.length}` }));
  return ids;
}

/** Few enough for one page. */
function findsUploadsOfKey(test: StoreUnderTest): Promise<void> {
  return checkUploadsOfKey(test, ["up2", "up", "up"]);
}

function findsManyUploadsOfKey(test: StoreUnderTest): Promise<void> {
  return checkUploadsOfKey(test, ["up", "up2", "up/x", "up", "u", "up", "up", "up"]);
}

async function checkUploadsOfKey({ store }: StoreUnderTest, keys: readonly string[]): Promise<void> {
  const ids = await beginMany(store, keys);
  const found = await uploadsAll(store, { key: "up" });
  assertEquals(found.map(({ uploadId }) => uploadId).sort(), ids.filter((_, index) => keys[index] === "up").sort());
  assert(found.every(({ key }) => key === "up"));
  const times = found.map(({ initiatedMs }) => initiatedMs);
  assertEquals(times, [...times].sort((a, b) => b - a), "newest first");
  for (const [index, key] of keys.entries()) await store.abortUpload(key, ids[index]!);
}

/** Few enough for one page. */
function findsUploadsUnderPrefix(test: StoreUnderTest): Promise<void> {
  return checkUploadsUnderPrefix(test, ["dir/b", "dirt", "dir/a & b"]);
}

function findsManyUploadsUnderPrefix(test: StoreUnderTest): Promise<void> {
  return checkUploadsUnderPrefix(test, ["other", "dirt", "dir/e/f", "dir/c & d", "dir/b", "dir/a"]);
}

async function checkUploadsUnderPrefix({ store }: StoreUnderTest, keys: readonly string[]): Promise<void> {
  const ids = await beginMany(store, keys);
  const found = await uploadsAll(store, { prefix: "dir/" });
  assertEquals(found.map(({ key }) => key), keys.filter((key) => key.startsWith("dir/")).sort());
  assertEquals((await uploadsAll(store, { prefix: "" })).length, keys.length);
  for (const [index, key] of keys.entries()) await store.abortUpload(key, ids[index]!);
}

async function refusesWhereSomethingIs(test: StoreUnderTest): Promise<void> {
  await test.put("big", someBytes(5));
  const { uploadId, parts } = await begin(test, "big");
  const options = { parts, sizeBytes: BODY.length };
  await assertKind(() => test.store.completeUpload("big", uploadId, { ...options, condition: { absent: true } }), "conflict");
  assertEquals((await test.store.head("big"))?.sizeBytes, 5, "what was there stays");
}

async function writesWhereNothingIs(test: StoreUnderTest): Promise<void> {
  const { uploadId, parts } = await begin(test, "big");
  await test.store.completeUpload("big", uploadId, { parts, sizeBytes: BODY.length, condition: { absent: true } });
  assertEquals((await test.store.head("big"))?.sizeBytes, BODY.length);
}

async function replacesTheExpected(test: StoreUnderTest): Promise<void> {
  await test.put("big", someBytes(5));
  const there = await test.store.head("big");
  const etag = there?.etag ?? there?.local?.fileMark ?? "";
  const { uploadId, parts } = await begin(test, "big");
  await test.store.completeUpload("big", uploadId, { parts, sizeBytes: BODY.length, condition: { etag } });
  assertEquals((await test.store.head("big"))?.sizeBytes, BODY.length);
  const again = await begin(test, "big");
  const late = { parts: again.parts, sizeBytes: BODY.length, condition: { etag } };
  await assertKind(() => test.store.completeUpload("big", again.uploadId, late), "conflict");
}

async function refusesForeignPart(test: StoreUnderTest): Promise<void> {
  const { uploadId, parts } = await begin(test, "big");
  const wrong = [{ ...parts[0]!, etag: "0123456789abcdef0123456789abcdef" }, parts[1]!];
  await assertKind(() => test.store.completeUpload("big", uploadId, { parts: wrong, sizeBytes: BODY.length }), "integrity");
  assertEquals(await test.store.head("big"), undefined);
}

async function tellsDeclaredChecksum(test: StoreUnderTest): Promise<void> {
  const { uploadId } = await begin(test, "big", { algorithm: "sha256", type: "composite" });
  for await (const { parts, checksum } of test.store.listParts("big", uploadId)) {
    assertEquals(checksum?.algorithm, "sha256");
    const first = { algorithm: "sha256", value: digestPart("sha256", BODY.subarray(0, 5 * MIB)), type: "full" } as const;
    assertEquals(parts[0]?.checksums.filter(({ algorithm }) => algorithm !== "md5"), [first]);
  }
  const parts = await partsAll(test.store, "big", uploadId);
  await test.store.completeUpload("big", uploadId, { parts, sizeBytes: BODY.length, partChecksums: "sha256" });
  const kept = (await test.store.head("big"))?.checksums.find(({ algorithm }) => algorithm === "sha256");
  assertEquals(kept?.type === "composite" && kept.parts, parts.length);
}

async function keepsFullChecksum(test: StoreUnderTest): Promise<void> {
  const checksum = { algorithm: "crc32", value: crc32Base64(BODY), type: "full" } as const;
  const { uploadId, parts } = await begin(test, "big", checksum);
  const options = { parts, sizeBytes: BODY.length, partChecksums: "crc32" } as const;
  const listed = await partsAll(test.store, "big", uploadId);
  const wrong = { ...checksum, value: crc32Base64(BODY.subarray(1)) };
  await assertKind(() => test.store.completeUpload("big", uploadId, { ...options, checksum: wrong }), "integrity");
  const answer = await test.store.completeUpload("big", uploadId, { ...options, checksum });
  for (const { checksums } of [answer, await test.store.head("big") ?? answer]) {
    assertEquals(checksums.filter(({ algorithm }) => algorithm !== "md5"), [checksum]);
    const md5 = combineMd5(listed.map((part) => fullValue(part.checksums, "md5")));
    assertEquals(checksums.filter(({ algorithm }) => algorithm === "md5"), md5 === undefined ? [] : [md5]);
  }
}

/** Named promises; see {@link StoreCase}. */
export const UPLOAD_CASES: Readonly<Record<string, StoreCase>> = {
  "completeUpload() makes the object out of its parts": completes,
  "completeUpload() takes parts as the listing told them": completesFromListing,
  "createUpload() lays headers and tags on the object": carriesHeaders,
  "createUpload() carries metadata beyond ASCII": carriesTextBeyondAscii,
  "listParts() gives parts in number order over many pages, holes and all": listsPartsWithHoles,
  "listParts() of a fresh upload is empty": listsNoParts,
  "abortUpload() may be called twice, and the upload is lost then": saysLost,
  "listUploads() finds the uploads of exactly one key, newest first": findsUploadsOfKey,
  "listUploads() finds more uploads of one key than a page holds": findsManyUploadsOfKey,
  "listUploads() finds uploads under a prefix, in key order": findsUploadsUnderPrefix,
  "listUploads() finds more uploads under a prefix than a page holds": findsManyUploadsUnderPrefix,
  "completeUpload() refuses to replace when nothing should be there": refusesWhereSomethingIs,
  "completeUpload() writes where nothing is": writesWhereNothingIs,
  "completeUpload() replaces exactly the expected version": replacesTheExpected,
  "completeUpload() refuses a part that is not what was sent": refusesForeignPart,
  "listParts() tells the declared checksum and that of each part": tellsDeclaredChecksum,
  "completeUpload() refuses a wrong checksum of the whole and keeps the right one": keepsFullChecksum,
};
