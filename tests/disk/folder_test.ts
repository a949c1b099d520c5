/** The promises of a folder as a store that are its own; what every store promises is in store_suite.ts. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { ignoresCase } from "../../lib/disk/prepare.ts";
import { openLocalStore } from "../../lib/disk/folder.ts";
import type { Store } from "../../lib/store/store.ts";
import type { PartLayout, UploadInfo } from "../../lib/types.ts";
import { folderOf, keyToPath } from "../../lib/disk/path.ts";
import { openPart, settlePart } from "../../lib/disk/partial_file.ts";
import { partialPath } from "../../lib/disk/working_name.ts";

const LAYOUT: PartLayout = { sizeBytes: 25, partSizeBytes: 10, partCount: 3 };

async function withStore(test: (store: Store, root: string, outside: string) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/root`);
    await Deno.mkdir(`${top}/outside`);
    await test(openLocalStore({ type: "local", name: "local", bucket: `${top}/root` }), `${top}/root`, `${top}/outside`);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

async function writePart(root: string, key: string, uploadId: string, partNumber: number): Promise<void> {
  const path = partialPath(keyToPath(root, key), uploadId);
  const { file, sizeBytes } = await openPart(folderOf(path), path, { layout: LAYOUT, partNumber });
  await file.write(new Uint8Array(sizeBytes).fill(partNumber + 64));
  await settlePart(file, path, LAYOUT, partNumber);
  file.close();
}

async function partNumbers(store: Store, key: string, uploadId: string): Promise<[number, number][]> {
  const numbers: [number, number][] = [];
  for await (const { parts } of store.listParts(key, uploadId)) {
    numbers.push(...parts.map(({ partNumber, sizeBytes }): [number, number] => [partNumber, sizeBytes]));
  }
  return numbers;
}

async function uploads(store: Store, query: { key: string } | { prefix: string }): Promise<UploadInfo[]> {
  const found: UploadInfo[] = [];
  for await (const page of store.listUploads(query)) found.push(...page);
  return found;
}

function parts(...numbers: number[]): { partNumber: number; sizeBytes: number; checksums: [] }[] {
  return numbers.map((partNumber) => ({ partNumber, sizeBytes: partNumber === 3 ? 5 : 10, checksums: [] }));
}

Deno.test("a run that was killed after it had cut the tail off has left every part", () =>
  withStore(async (store, root) => {
    const uploadId = await store.createUpload("a", { headers: {}, layout: LAYOUT, token: "v1" });
    for (const partNumber of [1, 2, 3]) await writePart(root, "a", uploadId, partNumber);
    await Deno.truncate(`${root}/${uploadId}`, LAYOUT.sizeBytes);
    const listed = await Array.fromAsync(store.listParts("a", uploadId, { sizeBytes: LAYOUT.sizeBytes }));
    assertEquals(listed, [{ parts: parts(1, 2, 3) }]);
  }));

Deno.test("an unfinished upload is found by another run, with the parts that are there", () =>
  withStore(async (store, root) => {
    const key = "deep/a//b.bin";
    const uploadId = await store.createUpload(key, { headers: {}, layout: LAYOUT, token: "v1" });
    await writePart(root, key, uploadId, 3);
    await writePart(root, key, uploadId, 1);
    const later = openLocalStore({ type: "local", name: "local", bucket: root });
    const [upload, ...others] = await uploads(later, { key });
    assertEquals([upload?.key, upload?.uploadId, upload?.token, upload?.partSizeBytes, others], [key, uploadId, "v1", 10, []]);
    assertEquals(await partNumbers(later, key, uploadId), [[1, 10], [3, 5]]);
    assertEquals(await later.createUpload(key, { headers: {}, layout: LAYOUT, token: "v1" }), uploadId);
    const early = await assertRejects(
      () => later.completeUpload(key, uploadId, { parts: parts(1, 2, 3), sizeBytes: 25 }),
      TransferError,
    );
    assertEquals(early.kind, "integrity");
    assertEquals(await later.head(key), undefined);
    await writePart(root, key, uploadId, 2);
    const few = await assertRejects(() => later.completeUpload(key, uploadId, { parts: parts(1, 3), sizeBytes: 25 }), TransferError);
    assertEquals(few.kind, "integrity");
    for (let twice = 0; twice < 2; twice++) {
      await later.completeUpload(key, uploadId, { parts: parts(1, 2, 3), sizeBytes: 25, lastModifiedMs: 1_500_000_000_000 });
    }
    const head = await later.head(key);
    assertEquals([head?.sizeBytes, head?.lastModifiedMs], [25, 1_500_000_000_000]);
    assertEquals(await Deno.readTextFile(keyToPath(root, key)), "A".repeat(10) + "B".repeat(10) + "C".repeat(5));
    assertEquals(await uploads(later, { key }), []);
    const gone = await assertRejects(() => partNumbers(later, key, uploadId), TransferError);
    assertEquals(gone.kind, "uploadLost");
  }));

Deno.test("listUploads() of a prefix walks the folders and tells leftovers of small objects too", () =>
  withStore(async (store, root) => {
    const long = "x".repeat(230);
    for (const key of ["a", "b/c", "b/d", `b/${long}`, "b//", "z"]) {
      await store.createUpload(key, { headers: {}, layout: LAYOUT, token: "v1" });
    }
    await Deno.writeTextFile(`${root}/b/.small.sluice-00ff`, "x");
    const found = await uploads(store, { prefix: "b" });
    const keys = found.map(({ key }) => key).sort();
    assertEquals(keys.filter((key) => key.length < 100), ["b//", "b/c", "b/d", "b/small"]);
    assertEquals(found.find(({ key }) => key === "b/small")?.token, undefined);
    assertEquals((await uploads(store, { prefix: "" })).length, 7);
    for (const { key, uploadId } of found) {
      await store.abortUpload(key, uploadId);
      await store.abortUpload(key, uploadId);
    }
    assertEquals((await uploads(store, { prefix: "" })).map(({ key }) => key), ["a", "z"]);
  }));

Deno.test("listUploads() comes in pages of 1,000, in key order, newest first within a key", () =>
  withStore(async (store) => {
    const begin = (key: string, token: string) => store.createUpload(key, { headers: {}, layout: LAYOUT, token });
    for (let index = 0; index < 1001; index++) await begin("many", `t${index}`);
    for (const key of ["a/../x", "a.txt", "0/f", "many-more"]) await begin(key, "t");
    const cases: [{ key: string } | { prefix: string }, number[]][] = [[{ key: "many" }, [1000, 1]], [{ prefix: "" }, [1000, 5]]];
    for (const [query, sizes] of cases) {
      const pages = await Array.fromAsync(store.listUploads(query));
      assertEquals(pages.map((page) => page.length), sizes);
      const times = pages.flat().filter(({ key }) => key === "many").map(({ initiatedMs }) => initiatedMs);
      assertEquals(times, times.toSorted((a, b) => b - a));
    }
    const keys = [...new Set((await uploads(store, { prefix: "" })).map(({ key }) => key))];
    assertEquals(keys, ["0/f", "a.txt", "a/../x", "many", "many-more"]);
  }));

Deno.test("an upload id reaches no other file", () =>
  withStore(async (store, root, outside) => {
    await Deno.writeTextFile(`${outside}/.a.sluice-x-a`, "theirs");
    for (const id of ["../outside/.a.sluice-x-a", "a", ".b.sluice-x-a", ".a.sluice-/../../outside/.a.sluice-x-a"]) {
      const error = await assertRejects(() => store.abortUpload("a", id), TransferError);
      assertEquals(error.kind, "uploadLost");
    }
    assertEquals([...Deno.readDirSync(root)].length, 0);
    assertEquals(await Deno.readTextFile(`${outside}/.a.sluice-x-a`), "theirs");
  }));

Deno.test("createUpload() sees a file where a folder is needed, and a folder where the file is to be, before bytes move", () =>
  withStore(async (store, root) => {
    await Deno.writeTextFile(`${root}/file`, "x");
    await Deno.mkdir(`${root}/folder`);
    for (const key of ["file/x", "folder"]) {
      const error = await assertRejects(() => store.createUpload(key, { headers: {}, layout: LAYOUT, token: "t" }), TransferError);
      assertEquals(error.kind, "conflict");
    }
    assertEquals([...Deno.readDirSync(root)].length, 2);
  }));

Deno.test("nothing is written or deleted behind a link that leads out of the folder", () =>
  withStore(async (store, root, outside) => {
    await Deno.writeTextFile(`${outside}/x`, "theirs");
    await Deno.symlink(outside, `${root}/link`);
    const error = await assertRejects(() => store.createUpload("link/new", { headers: {}, layout: LAYOUT, token: "t" }), TransferError);
    assertEquals(error.kind, "denied");
    for (const key of ["link/x", "link/"]) {
      const [failed] = await store.deleteObjects([key]);
      assertEquals(failed?.key, key);
      assertStringIncludes(failed?.message ?? "", "leads out");
    }
    assertEquals(await store.deleteObjects(["../outside/x", "none/../../outside/x"]), []);
    assertEquals([...Deno.readDirSync(outside)].map(({ name }) => name), ["x"]);
    assert((await Deno.lstat(`${root}/link`)).isSymlink);
  }));

Deno.test("deleteObjects() removes files, links themselves and empty folders, and counts the missing as deleted", () =>
  withStore(async (store, root, outside) => {
    await Deno.mkdir(`${root}/a/b`, { recursive: true });
    await Deno.mkdir(`${root}/full`);
    for (const path of ["a/x", "a/b/y", "full/stays"]) await Deno.writeTextFile(`${root}/${path}`, "");
    await Deno.writeTextFile(`${outside}/kept`, "theirs");
    await Deno.symlink(`${outside}/kept`, `${root}/link`);
    const failed = await store.deleteObjects(["a/", "a/b/", "a/b/y", "a/x", "full/", "link", "none", "none/x", "a/x/y", "full"]);
    assertEquals(failed, []);
    assertEquals([...Deno.readDirSync(root)].map(({ name }) => name), ["full"]);
    assertEquals([...Deno.readDirSync(`${root}/full`)].length, 1);
    assertEquals(await Deno.readTextFile(`${outside}/kept`), "theirs");
  }));

Deno.test("deleteObjects() says of each key why it could not go, and deletes the others", () =>
  withStore(async (store, root) => {
    await Deno.writeTextFile(`${root}/good`, "");
    const failed = await store.deleteObjects([`${"x".repeat(300)}`, "good"]);
    assertEquals(failed.map(({ key }) => key), ["x".repeat(300)]);
    assertEquals([...Deno.readDirSync(root)].length, 0);
  }));

Deno.test("head() tells files and folders apart by the slash at the end of the key", () =>
  withStore(async (store, root) => {
    await Deno.mkdir(`${root}/folder`);
    await Deno.writeTextFile(`${root}/file`, "12345");
    await Deno.symlink("file", `${root}/link`);
    assertEquals((await store.head("file"))?.sizeBytes, 5);
    assertEquals((await store.head("link"))?.sizeBytes, 5);
    assertEquals(await store.head("folder"), undefined);
    assertEquals((await store.head("folder/"))?.sizeBytes, 0);
    assertEquals(await store.head("file/"), undefined);
    assertEquals(await store.head("none/x"), undefined);
    await Deno.writeTextFile(keyToPath(root, "folder/"), "data");
    assertEquals((await store.head("folder/"))?.sizeBytes, 4);
    assertEquals((await assertRejects(() => store.head("x".repeat(256)), TransferError)).kind, "unsupported");
    assertEquals(await store.readTags("file"), {});
  }));

Deno.test("copies on the server are unsupported", () =>
  withStore(async (store) => {
    const source = { bucket: "x", key: "y", pin: {} };
    assertEquals((await assertRejects(() => store.copyObject(source, "z", {}), TransferError)).kind, "unsupported");
    const range = { uploadId: "u", partNumber: 1, first: 0, last: 1 };
    assertEquals((await assertRejects(() => store.copyPart(source, "z", range), TransferError)).kind, "unsupported");
  }));

Deno.test("every call ends with cancelled once the signal has fired", () =>
  withStore(async (store) => {
    const signal = AbortSignal.abort();
    const calls: (() => Promise<unknown>)[] = [
      () => store.head("a", { signal }),
      () => store.createUpload("a", { headers: {}, layout: LAYOUT, token: "t", signal }),
      () => store.deleteObjects(["a"], { signal }),
      () => store.completeUpload("a", "x", { parts: [], sizeBytes: 0, signal }),
      () => Array.fromAsync(store.list({ prefix: "", signal })),
      () => Array.fromAsync(store.listUploads({ key: "a" }, { signal })),
      () => Array.fromAsync(store.listParts("a", "x", { signal })),
    ];
    for (const call of calls) assertEquals((await assertRejects(call, TransferError)).kind, "cancelled");
  }));

Deno.test("ignoresCase() asks the disk and leaves nothing behind", () =>
  withStore(async (_store, root) => {
    const ignores = await ignoresCase(root);
    await Deno.writeTextFile(`${root}/Aa`, "");
    assertEquals(await Deno.lstat(`${root}/aA`).then(() => true, () => false), ignores);
    assertEquals([...Deno.readDirSync(root)].length, 1);
    assertEquals((await assertRejects(() => ignoresCase(`${root}/none`), TransferError)).kind, "notFound");
  }));
