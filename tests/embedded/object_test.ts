/** Objects over the wire: what goes in comes out, conditions hold, odd keys stay what they are. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { allTexts, codeOf, md5Hex, send, textOf, withStore } from "./raw_client.ts";

const ODD_KEYS = [
  "a//b",
  "/lead",
  "trail/",
  "x/../y",
  "x/./y",
  "..",
  ".",
  "file",
  "file/child",
  "+ % # ? & < > ' \" *()!~",
  "tab\tnew\nline\rend",
  "\u0001control",
  "é".normalize("NFC"),
  "é".normalize("NFD"),
  "目录/\u{1f600}",
  "k".repeat(1024),
  "con",
  "Ends with dot.",
];

function encodeKey(key: string): string {
  return key.split("/").map((segment) =>
    encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  )
    .join("/");
}

Deno.test("every odd key is stored apart, read back, listed in byte order, and deleted by its own name", async () => {
  await withStore({}, async (store) => {
    for (const key of ODD_KEYS) {
      assertEquals((await send(store, "PUT", `/bkt/${encodeKey(key)}`, { body: `body of ${key}` })).status, 200, key);
    }
    for (const key of ODD_KEYS) assertEquals((await send(store, "GET", `/bkt/${encodeKey(key)}`)).text, `body of ${key}`, key);
    const sorted = ODD_KEYS.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    const listed = await send(store, "GET", "/bkt?list-type=2&encoding-type=url");
    assertEquals(allTexts(listed, "Key").map(decodeURIComponent), sorted);
    assertEquals(textOf(listed, "KeyCount"), String(ODD_KEYS.length));
    const document = `<Delete>${
      ODD_KEYS.map((key) => `<Object><Key>${Array.from(key, (c) => `&#${c.codePointAt(0)};`).join("")}</Key></Object>`).join("")
    }</Delete>`;
    const md5 = createHash("md5").update(document).digest("base64");
    assertEquals((await send(store, "POST", "/bkt?delete=", { body: document, headers: { "content-md5": md5 } })).status, 200);
    assertEquals(textOf(await send(store, "GET", "/bkt?list-type=2"), "KeyCount"), "0");
  });
});

Deno.test("a key of 1,025 bytes is too long", async () => {
  await withStore({}, async (store) => {
    assertEquals(codeOf(await send(store, "PUT", `/bkt/${"k".repeat(1025)}`, { body: "x" })), "KeyTooLongError");
  });
});

Deno.test("everything that an object carries comes back", async () => {
  await withStore({}, async (store) => {
    const carried = {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "max-age=5",
      "content-disposition": 'attachment; filename="x"',
      "content-language": "de",
      "expires": "Thu, 01 Jan 2037 00:00:00 GMT",
      "x-amz-website-redirect-location": "/other",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-meta-one": "1  two",
      "x-amz-meta-two": "",
    };
    const headers = { ...carried, "content-encoding": "gzip,aws-chunked", "x-amz-tagging": "a=1&b=%26+" };
    const put = await send(store, "PUT", "/bkt/k", { body: "data", headers });
    assertEquals([put.status, put.headers.etag], [200, `"${md5Hex("data")}"`]);
    for (const method of ["GET", "HEAD"]) {
      const got = await send(store, method, "/bkt/k");
      assertEquals([got.status, got.headers["content-length"]], [200, "4"]);
      for (const [name, value] of Object.entries(carried)) assertEquals(got.headers[name], value, `${method} ${name}`);
      assertEquals([got.headers["content-encoding"], got.headers["x-amz-tagging-count"]], ["gzip", "2"]);
    }
    const tags = await send(store, "GET", "/bkt/k?tagging=");
    assertEquals([allTexts(tags, "Key"), allTexts(tags, "Value")], [["a", "b"], ["1", "&amp; "]]);
    assertEquals((await send(store, "DELETE", "/bkt/k?tagging=")).status, 204);
    assertEquals((await send(store, "HEAD", "/bkt/k")).headers["x-amz-tagging-count"], undefined);
    const body = "<Tagging><TagSet><Tag><Key>n</Key><Value>v</Value></Tag></TagSet></Tagging>";
    assertEquals((await send(store, "PUT", "/bkt/k?tagging=", { body })).status, 200);
    assertEquals((await send(store, "HEAD", "/bkt/k")).headers["x-amz-tagging-count"], "1");
    const overridden = await send(store, "GET", "/bkt/k?response-content-type=a%2Fb&response-cache-control=no-store");
    assertEquals([overridden.headers["content-type"], overridden.headers["cache-control"]], ["a/b", "no-store"]);
  });
});

Deno.test("ranges give 206 with their span, 416 behind the end, and everything when they are not understood", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "0123456789" });
    const get = async (range: string) => {
      const answer = await send(store, "GET", "/bkt/k", { headers: { range } });
      return [answer.status, answer.headers["content-range"], answer.status === 416 ? codeOf(answer) : answer.text];
    };
    assertEquals(await get("bytes=2-4"), [206, "bytes 2-4/10", "234"]);
    assertEquals(await get("bytes=-3"), [206, "bytes 7-9/10", "789"]);
    assertEquals(await get("bytes=10-"), [416, "bytes */10", "InvalidRange"]);
    assertEquals(await get("bytes=0-1,2-3"), [200, undefined, "0123456789"]);
    const part = await send(store, "GET", "/bkt/k?partNumber=1");
    assertEquals([part.status, part.text, part.headers["x-amz-mp-parts-count"]], [206, "0123456789", undefined]);
    assertEquals((await send(store, "GET", "/bkt/k?partNumber=2")).status, 416);
  });
});

Deno.test("conditions hold on read, write, delete and copy", async () => {
  await withStore({}, async (store) => {
    const etag = (await send(store, "PUT", "/bkt/k", { body: "one" })).headers.etag ?? "";
    const status = async (method: string, path: string, headers: Record<string, string>, body?: string) =>
      (await send(store, method, path, { headers, ...(body !== undefined && { body }) })).status;
    assertEquals(await status("GET", "/bkt/k", { "if-match": '"other"' }), 412);
    assertEquals(await status("GET", "/bkt/k", { "if-none-match": etag }), 304);
    assertEquals(await status("HEAD", "/bkt/k", { "if-modified-since": new Date(Date.now() + 5000).toUTCString() }), 304);
    assertEquals(await status("PUT", "/bkt/k", { "if-none-match": "*" }, "two"), 412);
    assertEquals(await status("PUT", "/bkt/k", { "if-match": '"other"' }, "two"), 412);
    assertEquals(await status("PUT", "/bkt/new", { "if-match": etag }, "two"), 404);
    assertEquals(await status("PUT", "/bkt/k", { "if-match": etag }, "two"), 200);
    assertEquals(await status("PUT", "/bkt/new", { "if-none-match": "*" }, "new"), 200);
    assertEquals(await status("DELETE", "/bkt/new", { "if-match": etag }), 412);
    const source = { "x-amz-copy-source": "/bkt/k" };
    assertEquals(await status("PUT", "/bkt/copy", { ...source, "x-amz-copy-source-if-match": etag }), 412);
    assertEquals(await status("PUT", "/bkt/copy", { ...source, "x-amz-copy-source-if-none-match": `"${md5Hex("two")}"` }), 412);
    assertEquals(await status("PUT", "/bkt/copy", { ...source, "x-amz-copy-source-if-match": `"${md5Hex("two")}"` }), 200);
    assertEquals((await send(store, "GET", "/bkt/copy")).text, "two");
  });
});

Deno.test("a copy keeps or replaces headers and tags as its directives say, and survives its source", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/a", { body: "data", headers: { "content-type": "x/y", "x-amz-meta-m": "1", "x-amz-tagging": "t=1" } });
    const source = { "x-amz-copy-source": "bkt/a" };
    await send(store, "PUT", "/bkt/same", { headers: source });
    await send(store, "PUT", "/bkt/other", {
      headers: { ...source, "x-amz-metadata-directive": "REPLACE", "x-amz-tagging-directive": "REPLACE", "content-type": "n/n" },
    });
    await send(store, "DELETE", "/bkt/a");
    const same = await send(store, "GET", "/bkt/same");
    assertEquals([same.text, same.headers["content-type"], same.headers["x-amz-meta-m"], same.headers["x-amz-tagging-count"]], [
      "data",
      "x/y",
      "1",
      "1",
    ]);
    const other = await send(store, "GET", "/bkt/other");
    assertEquals([other.text, other.headers["content-type"], other.headers["x-amz-meta-m"], other.headers["x-amz-tagging-count"]], [
      "data",
      "n/n",
      undefined,
      undefined,
    ]);
    assertEquals(codeOf(await send(store, "PUT", "/bkt/same", { headers: { "x-amz-copy-source": "/bkt/same" } })), "InvalidRequest");
    assertEquals(codeOf(await send(store, "PUT", "/bkt/c", { headers: { "x-amz-copy-source": "/bkt/none" } })), "NoSuchKey");
  });
});

Deno.test("a wrong Content-MD5, checksum or length stores nothing and keeps what was there", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "old" });
    const put = async (headers: Record<string, string>) => codeOf(await send(store, "PUT", "/bkt/k", { body: "new", headers }));
    assertEquals(await put({ "content-md5": createHash("md5").update("x").digest("base64") }), "BadDigest");
    assertEquals(await put({ "content-md5": "short" }), "InvalidDigest");
    assertEquals(await put({ "x-amz-checksum-crc32": "AAAAAA==" }), "BadDigest");
    assertEquals(await put({ "x-amz-checksum-sha256": "AAAAAA==" }), "InvalidRequest");
    assertEquals(await put({ "x-amz-server-side-encryption": "aws:kms" }), "NotImplemented");
    assertEquals(await put({ "x-amz-storage-class": "NONE" }), "InvalidStorageClass");
    assertEquals((await send(store, "GET", "/bkt/k")).text, "old");
    const value = Buffer.alloc(4);
    value.writeUInt32BE(crc32("new"));
    assertEquals(await put({ "x-amz-checksum-crc32": value.toString("base64") }), undefined);
    const head = await send(store, "HEAD", "/bkt/k", { headers: { "x-amz-checksum-mode": "ENABLED" } });
    assertEquals([head.headers["x-amz-checksum-crc32"], head.headers["x-amz-checksum-type"]], [value.toString("base64"), "FULL_OBJECT"]);
  });
});

Deno.test("buckets: made once, removed only when empty, refused by a wrong name", async () => {
  await withStore({}, async (store) => {
    assertEquals((await send(store, "PUT", "/second")).status, 200);
    assertEquals(codeOf(await send(store, "PUT", "/second")), "BucketAlreadyOwnedByYou");
    assertEquals(codeOf(await send(store, "PUT", "/No_Name")), "InvalidBucketName");
    assertEquals(allTexts(await send(store, "GET", "/"), "Name"), ["bkt", "second"]);
    assertEquals((await send(store, "HEAD", "/second")).status, 200);
    await send(store, "PUT", "/second/k", { body: "x" });
    assertEquals(codeOf(await send(store, "DELETE", "/second")), "BucketNotEmpty");
    await send(store, "DELETE", "/second/k");
    assertEquals((await send(store, "DELETE", "/second")).status, 204);
    assertEquals((await send(store, "HEAD", "/second")).status, 404);
    assertEquals(codeOf(await send(store, "GET", "/second/k")), "NoSuchBucket");
    assertEquals(codeOf(await send(store, "GET", "/bkt?policy=")), "NotImplemented");
    assert((await send(store, "GET", "/bkt?location=")).text.includes("LocationConstraint"));
  });
});

Deno.test("both listings page with markers, common prefixes, owners and encoded names", async () => {
  await withStore({}, async (store) => {
    for (const key of ["a/1", "a/2", "b c", "d/1", "e"]) await send(store, "PUT", `/bkt/${encodeKey(key)}`, { body: "x" });
    const first = await send(store, "GET", "/bkt?list-type=2&delimiter=%2F&max-keys=2&encoding-type=url");
    assertEquals([allTexts(first, "Key"), textOf(first, "IsTruncated"), textOf(first, "KeyCount")], [["b%20c"], "true", "2"]);
    assert(first.text.includes("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"));
    const token = encodeURIComponent(textOf(first, "NextContinuationToken") ?? "");
    const second = await send(store, "GET", `/bkt?list-type=2&delimiter=%2F&continuation-token=${token}&fetch-owner=true`);
    assertEquals([allTexts(second, "Key"), textOf(second, "IsTruncated")], [["e"], "false"]);
    assert(second.text.includes("<Owner>"));
    assertEquals(allTexts(await send(store, "GET", "/bkt?list-type=2&start-after=a%2F2"), "Key"), ["b c", "d/1", "e"]);
    const old = await send(store, "GET", "/bkt?delimiter=%2F&max-keys=1");
    assertEquals([textOf(old, "NextMarker"), allTexts(old, "Key")], ["a/", []]);
    assertEquals(allTexts(await send(store, "GET", "/bkt?delimiter=%2F&max-keys=1&marker=a%2F"), "Key"), ["b c"]);
    assertEquals(codeOf(await send(store, "GET", "/bkt?list-type=2&continuation-token=zzz")), "InvalidArgument");
    assertEquals(codeOf(await send(store, "GET", "/bkt?list-type=2&max-keys=-1")), "InvalidArgument");
  });
});
