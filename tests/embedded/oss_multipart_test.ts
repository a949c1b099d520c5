/** Multipart uploads, copies and listings in the OSS dialect. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import { crc64Of, sendOss } from "./oss_client.ts";
import { allTexts, codeOf, send, textOf, withStore } from "./raw_client.ts";

const PART_BYTES = 100 * 1024;
/** 100 KiB as on OSS, in place of the one byte of other tests. */
const REAL_PARTS = { partSizeMinBytes: PART_BYTES };

function bytesOf(seed: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 31 + seed * 7 + (index >> 8)) & 255);
}

async function begin(store: EmbeddedStore, path: string, headers: Record<string, string> = {}): Promise<string> {
  return textOf(await sendOss(store, "POST", `${path}?uploads`, { headers }), "UploadId") ?? "";
}

function completeDocument(parts: readonly (readonly [number, string])[]): string {
  const text = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join("");
  return `<CompleteMultipartUpload>${text}</CompleteMultipartUpload>`;
}

Deno.test("a multipart upload with holes is completed; its CRC-64 is that of the bytes, its ETag not that of S3", async () => {
  await withStore(REAL_PARTS, async (store) => {
    const chunks = [bytesOf(1, PART_BYTES), bytesOf(2, PART_BYTES + 5), bytesOf(3, 11)];
    const whole = new Uint8Array(chunks.flatMap((chunk) => Array.from(chunk)));
    const single = await sendOss(store, "PUT", "/bkt/single", { body: whole });
    const uploadId = await begin(store, "/bkt/k", { "content-type": "text/x", "x-oss-meta-a": "b", "x-oss-storage-class": "IA" });
    const parts: [number, string][] = [];
    for (const [index, chunk] of chunks.entries()) {
      const number = [1, 5, 10_000][index] ?? 0;
      const answer = await sendOss(store, "PUT", `/bkt/k?partNumber=${number}&uploadId=${uploadId}`, { body: chunk });
      assertEquals(answer.headers.etag, `"${createHash("md5").update(chunk).digest("hex").toUpperCase()}"`);
      parts.push([number, String(answer.headers.etag)]);
      const listed = await sendOss(store, "GET", `/bkt/k?uploadId=${uploadId}&part-number-marker=${number - 1}`);
      assertEquals(allTexts(listed, "HashCrc64ecma"), [crc64Of(answer)]);
    }
    const page = await sendOss(store, "GET", `/bkt/k?max-parts=2&uploadId=${uploadId}`);
    assertEquals(["PartNumber", "NextPartNumberMarker", "IsTruncated"].map((name) => allTexts(page, name)), [["1", "5"], ["5"], ["true"]]);
    const done = await sendOss(store, "POST", `/bkt/k?uploadId=${uploadId}`, { body: completeDocument(parts) });
    assertEquals([done.status, crc64Of(done)], [200, crc64Of(single)]);
    const head = await sendOss(store, "HEAD", "/bkt/k");
    const told = ["content-type", "x-oss-meta-a", "x-oss-storage-class", "x-oss-object-type"].map((name) => head.headers[name]);
    assertEquals(told, ["text/x", "b", "IA", "Multipart"]);
    assertEquals([head.headers.etag, crc64Of(head)], [textOf(done, "ETag"), crc64Of(single)]);
    assertEquals(/^"[0-9A-F]{32}-3"$/.test(String(head.headers.etag)), true);
    assertNotEquals(String(head.headers.etag).toLowerCase(), (await send(store, "HEAD", "/bkt/k")).headers.etag);
    assertEquals((await sendOss(store, "GET", "/bkt/k")).bytes, (await sendOss(store, "GET", "/bkt/single")).bytes);
    assertEquals(codeOf(await sendOss(store, "POST", `/bkt/k?uploadId=${uploadId}`, { body: completeDocument(parts) })), "NoSuchUpload");
  });
});

Deno.test("CompleteMultipartUpload refuses small parts, wrong order, wrong ETags and unknown parts", async () => {
  await withStore(REAL_PARTS, async (store) => {
    const uploadId = await begin(store, "/bkt/k");
    const etags: string[] = [];
    for (const [number, size] of [[1, PART_BYTES - 1], [2, PART_BYTES], [3, 1]] as const) {
      const answer = await sendOss(store, "PUT", `/bkt/k?partNumber=${number}&uploadId=${uploadId}`, { body: bytesOf(number, size) });
      etags[number] = String(answer.headers.etag);
    }
    const [, one = "", two = "", three = ""] = etags;
    const complete = async (parts: readonly (readonly [number, string])[], headers: Record<string, string> = {}) => {
      const answer = await sendOss(store, "POST", `/bkt/k?uploadId=${uploadId}`, { headers, body: completeDocument(parts) });
      return answer.status === 200 ? "done" : codeOf(answer);
    };
    assertEquals(await complete([[1, one], [2, two]]), "EntityTooSmall");
    assertEquals(await complete([[3, three], [2, two]]), "InvalidPartOrder");
    assertEquals(await complete([[2, one]]), "InvalidPart");
    assertEquals(await complete([[2, two.toLowerCase()]]), "InvalidPart");
    assertEquals(await complete([[4, two]]), "InvalidPart");
    assertEquals(await complete([]), "MalformedXML");
    await sendOss(store, "PUT", "/bkt/k", { body: "already" });
    assertEquals(await complete([[2, two], [3, three]], { "x-oss-forbid-overwrite": "true" }), "FileAlreadyExists");
    assertEquals(await complete([[2, two], [3, three]]), "done");
    assertEquals((await sendOss(store, "HEAD", "/bkt/k")).headers["content-length"], String(PART_BYTES + 1));
    const other = await begin(store, "/bkt/all");
    await sendOss(store, "PUT", `/bkt/all?partNumber=7&uploadId=${other}`, { body: "seven" });
    const all = await sendOss(store, "POST", `/bkt/all?uploadId=${other}`, { headers: { "x-oss-complete-all": "yes" } });
    assertEquals([all.status, (await sendOss(store, "GET", "/bkt/all")).text], [200, "seven"]);
  });
});

Deno.test("uploads are listed page by page, and aborted ones are gone", async () => {
  await withStore({}, async (store) => {
    const ids = [await begin(store, "/bkt/a"), await begin(store, "/bkt/a"), await begin(store, "/bkt/b%20c")];
    const first = await sendOss(store, "GET", "/bkt/?uploads&max-uploads=1");
    assertEquals([allTexts(first, "UploadId"), textOf(first, "IsTruncated")], [[ids[0]], "true"]);
    const markers = `key-marker=${textOf(first, "NextKeyMarker")}&upload-id-marker=${textOf(first, "NextUploadIdMarker")}`;
    const rest = await sendOss(store, "GET", `/bkt/?uploads&encoding-type=url&${markers}`);
    assertEquals([allTexts(rest, "UploadId"), allTexts(rest, "Key")], [ids.slice(1), ["a", "b%20c"]]);
    assertEquals((await sendOss(store, "DELETE", `/bkt/a?uploadId=${ids[0]}`)).status, 204);
    assertEquals(codeOf(await sendOss(store, "DELETE", `/bkt/a?uploadId=${ids[0]}`)), "NoSuchUpload");
    assertEquals(codeOf(await sendOss(store, "DELETE", "/bkt")), "BucketNotEmpty");
  });
});

Deno.test("CopyObject carries or replaces headers and tags, and links are copied as links", async () => {
  await withStore({}, async (store) => {
    await sendOss(store, "PUT", "/bkt/from%20a", {
      body: "copied",
      headers: { "x-oss-meta-a": "1", "x-oss-tagging": "t=1", "content-type": "text/x" },
    });
    const copy = (path: string, headers: Record<string, string>) =>
      sendOss(store, "PUT", path, { headers: { "x-oss-copy-source": "/bkt/from%20a", ...headers } });
    const plain = await copy("/bkt/to", {});
    const source = await sendOss(store, "HEAD", "/bkt/from%20a");
    assertEquals([plain.status, textOf(plain, "ETag"), crc64Of(plain)], [200, source.headers.etag, crc64Of(source)]);
    const told = (answer: { headers: Record<string, unknown> }) =>
      ["content-type", "x-oss-meta-a", "x-oss-tagging-count", "x-oss-storage-class"].map((name) => answer.headers[name]);
    assertEquals(told(await sendOss(store, "HEAD", "/bkt/to")), ["text/x", "1", "1", "Standard"]);
    const replace = { "x-oss-metadata-directive": "REPLACE", "x-oss-tagging-directive": "Replace", "x-oss-storage-class": "IA" };
    await copy("/bkt/to", { ...replace, "x-oss-meta-a": "2", "content-type": "text/y" });
    assertEquals(told(await sendOss(store, "HEAD", "/bkt/to")), ["text/y", "2", undefined, "IA"]);
    const etag = String(source.headers.etag);
    assertEquals((await copy("/bkt/to", { "x-oss-copy-source-if-none-match": etag })).status, 304);
    assertEquals((await copy("/bkt/to", { "x-oss-copy-source-if-match": '"0"' })).status, 412);
    assertEquals(codeOf(await copy("/bkt/to", { "x-oss-copy-source": "bkt/from%20a" })), "InvalidArgument");
    await sendOss(store, "PUT", "/bkt/link?symlink", { headers: { "x-oss-symlink-target": "to" } });
    await copy("/bkt/link2", { "x-oss-copy-source": "/bkt/link" });
    assertEquals((await sendOss(store, "GET", "/bkt/link2?symlink")).headers["x-oss-symlink-target"], "to");
  });
});

Deno.test("UploadPartCopy copies the range, and everything when the range is not within the source", async () => {
  await withStore({}, async (store) => {
    await sendOss(store, "PUT", "/bkt/from", { body: "0123456789" });
    const uploadId = await begin(store, "/bkt/to");
    const etags: string[] = [];
    for (const [number, range] of [[1, "bytes=2-4"], [2, "bytes=5-10"]] as const) {
      const headers = { "x-oss-copy-source": "/bkt/from", "x-oss-copy-source-range": range };
      const answer = await sendOss(store, "PUT", `/bkt/to?partNumber=${number}&uploadId=${uploadId}`, { headers });
      assertEquals([textOf(answer, "ETag"), answer.headers["content-range"]], [
        String(answer.headers.etag),
        number === 1 ? "bytes 2-4/10" : undefined,
      ]);
      etags.push(String(answer.headers.etag));
    }
    const [one = "", two = ""] = etags;
    await sendOss(store, "POST", `/bkt/to?uploadId=${uploadId}`, { body: completeDocument([[1, one], [2, two]]) });
    assertEquals((await sendOss(store, "GET", "/bkt/to")).text, "2340123456789");
  });
});

Deno.test("both listings page in byte order, 100 keys unless asked for, names encoded when asked", async () => {
  await withStore({}, async (store) => {
    for (let index = 0; index < 105; index++) await sendOss(store, "PUT", `/bkt/many/${String(index).padStart(3, "0")}`, { body: "x" });
    for (const key of ["%EF%BF%BD", "%F0%9F%98%80", "a%2Bb%26%3C", "dir/x", "dir/y"]) await sendOss(store, "PUT", `/bkt/${key}`);
    const first = await sendOss(store, "GET", "/bkt/?list-type=2&prefix=many%2F");
    assertEquals([allTexts(first, "Key").length, textOf(first, "KeyCount"), textOf(first, "Owner")], [100, "100", undefined]);
    const token = encodeURIComponent(textOf(first, "NextContinuationToken") ?? "");
    const second = await sendOss(store, "GET", `/bkt/?list-type=2&prefix=many%2F&fetch-owner=true&continuation-token=${token}`);
    assertEquals([allTexts(second, "Key"), allTexts(second, "DisplayName").length], [
      ["100", "101", "102", "103", "104"].map((n) => `many/${n}`),
      5,
    ]);
    const v1 = await sendOss(store, "GET", "/bkt/?marker=many%2F102&max-keys=2&prefix=many");
    assertEquals([allTexts(v1, "Key"), textOf(v1, "NextMarker"), textOf(v1, "IsTruncated")], [
      ["many/103", "many/104"],
      undefined,
      "false",
    ]);
    assertEquals(allTexts(v1, "DisplayName").length, 2);
    const encoded = await sendOss(store, "GET", "/bkt/?list-type=2&delimiter=%2F&encoding-type=url&max-keys=10&start-after=A");
    assertEquals(allTexts(encoded, "Key"), ["a%2Bb%26%3C", "%EF%BF%BD", "%F0%9F%98%80"]);
    assertEquals(allTexts(encoded, "Prefix").slice(1), ["dir%2F", "many%2F"]);
    assertEquals(codeOf(await sendOss(store, "GET", "/bkt/?max-keys=1001")), "InvalidArgument");
    const v1Signed = await sendOss(store, "GET", `/bkt/?list-type=2&prefix=many%2F&continuation-token=${token}`, { signature: "v1" });
    assertEquals(allTexts(v1Signed, "Key").length, 5);
  });
});

Deno.test("buckets are made, listed, described and removed", async () => {
  await withStore({ oss: { region: "cn-beijing" } }, async (store) => {
    const call = (method: string, path: string) => sendOss(store, method, path, { region: "cn-beijing" });
    assertEquals((await call("PUT", "/made")).status, 200);
    assertEquals(codeOf(await call("PUT", "/Bad_Name")), "InvalidBucketName");
    assertEquals(allTexts(await call("GET", "/"), "Name"), ["bkt", "made"]);
    assertEquals(textOf(await call("GET", "/made/?location"), "LocationConstraint"), "oss-cn-beijing");
    assertEquals(textOf(await call("GET", "/made/?bucketInfo"), "ExtranetEndpoint"), "oss-cn-beijing.aliyuncs.com");
    assertEquals((await call("DELETE", "/made")).status, 204);
    assertEquals(codeOf(await call("GET", "/made/")), "NoSuchBucket");
    assertEquals(codeOf(await sendOss(store, "GET", "/bkt/")), "InvalidArgument");
  });
});
