/** Multipart uploads over the wire: parts, pages, checksums, and what Complete must refuse. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { combineCrc } from "../../lib/bytes/crc_combine.ts";
import { createDigester } from "../../lib/embedded/disk/digest.ts";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import type { ChecksumAlgorithm } from "../../lib/types.ts";
import { allTexts, type Answer, codeOf, md5Hex, send, textOf, withStore } from "./raw_client.ts";

async function create(store: EmbeddedStore, key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await send(store, "POST", `/bkt/${key}?uploads=`, { headers });
  assertEquals(answer.status, 200, answer.text);
  return textOf(answer, "UploadId") ?? "";
}

async function put(
  store: EmbeddedStore,
  key: string,
  id: string,
  partNumber: number,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return await send(store, "PUT", `/bkt/${key}?partNumber=${partNumber}&uploadId=${id}`, { body, headers });
}

function partsDocument(parts: readonly { number: number; etag: string; extra?: string }[]): string {
  const body = parts.map(({ number, etag, extra = "" }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${extra}</Part>`);
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body.join("")}</CompleteMultipartUpload>`;
}

async function complete(
  store: EmbeddedStore,
  key: string,
  id: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return await send(store, "POST", `/bkt/${key}?uploadId=${id}`, { body, headers });
}

function etagsOf(...bodies: string[]): { number: number; etag: string }[] {
  return bodies.map((body, index) => ({ number: index + 1, etag: md5Hex(body) }));
}

function multipartEtagOf(...bodies: string[]): string {
  const hash = createHash("md5");
  for (const body of bodies) hash.update(createHash("md5").update(body).digest());
  return `"${hash.digest("hex")}-${bodies.length}"`;
}

async function digestOf(algorithm: ChecksumAlgorithm, ...chunks: (string | Uint8Array)[]): Promise<string> {
  const digester = await createDigester(algorithm);
  for (const chunk of chunks) digester.update(Buffer.from(chunk as string));
  return Buffer.from(digester.finish()).toString("base64");
}

Deno.test("parts become one object with headers, tags and ETag, readable by part; a second Complete is answered alike", async () => {
  await withStore({}, async (store) => {
    const id = await create(store, "k", { "content-type": "x/y", "x-amz-meta-a": "b", "x-amz-tagging": "t=1" });
    await put(store, "k", id, 3, "third");
    await put(store, "k", id, 1, "overwritten");
    await put(store, "k", id, 1, "first");
    await put(store, "k", id, 2, "not used");
    assertEquals((await send(store, "HEAD", "/bkt/k")).status, 404);
    const document = partsDocument([{ number: 1, etag: `"${md5Hex("first")}"` }, { number: 3, etag: `&quot;${md5Hex("third")}&quot;` }]);
    const etag = multipartEtagOf("first", "third");
    for (let time = 0; time < 2; time++) {
      const answer = await complete(store, "k", id, document);
      assertEquals([answer.status, textOf(answer, "ETag")], [200, etag]);
    }
    const whole = await send(store, "GET", "/bkt/k");
    assertEquals([whole.text, whole.headers.etag, whole.headers["content-type"]], ["firstthird", etag, "x/y"]);
    assertEquals([whole.headers["x-amz-meta-a"], whole.headers["x-amz-tagging-count"]], ["b", "1"]);
    const second = await send(store, "GET", "/bkt/k?partNumber=2");
    assertEquals([second.status, second.text, second.headers["x-amz-mp-parts-count"]], [206, "third", "2"]);
    assertEquals((await send(store, "GET", "/bkt/k", { headers: { range: "bytes=4-6" } })).text, "tth");
    assertEquals(codeOf(await send(store, "GET", `/bkt/k?uploadId=${id}`)), "NoSuchUpload");
    await send(store, "PUT", "/bkt/k", { body: "something else" });
    assertEquals(codeOf(await complete(store, "k", id, document)), "NoSuchUpload");
  });
});

Deno.test("Complete refuses unknown parts, wrong order, small parts and unmet conditions, and can be tried again", async () => {
  await withStore({ partSizeMinBytes: 5 }, async (store) => {
    const id = await create(store, "k");
    await put(store, "k", id, 1, "1234");
    await put(store, "k", id, 2, "12345");
    const code = async (parts: { number: number; etag: string }[], headers?: Record<string, string>) =>
      codeOf(await complete(store, "k", id, partsDocument(parts), headers));
    const [one, two] = [{ number: 1, etag: md5Hex("1234") }, { number: 2, etag: md5Hex("12345") }];
    assertEquals(await code([one, two]), "EntityTooSmall");
    assertEquals(await code([two, { number: 3, etag: md5Hex("x") }]), "InvalidPart");
    assertEquals(await code([{ ...two, etag: md5Hex("x") }]), "InvalidPart");
    assertEquals(await code([two, one]), "InvalidPartOrder");
    assertEquals(await code([two, two]), "InvalidPartOrder");
    assertEquals(await code([]), "MalformedXML");
    assertEquals(codeOf(await complete(store, "k", id, "<Complete")), "MalformedXML");
    assertEquals(await code([two], { "x-amz-mp-object-size": "4" }), "InvalidRequest");
    assertEquals(await code([two], { "if-match": '"x"' }), "NoSuchKey");
    await send(store, "PUT", "/bkt/k", { body: "there" });
    assertEquals(await code([two], { "if-none-match": "*" }), "PreconditionFailed");
    assertEquals((await send(store, "GET", "/bkt/k")).text, "there");
    assertEquals(await code([two], { "if-match": `"${md5Hex("there")}"`, "x-amz-mp-object-size": "5" }), undefined);
    assertEquals((await send(store, "GET", "/bkt/k")).text, "12345");
    assertEquals(codeOf(await put(store, "k", id, 0, "x")), "InvalidArgument");
    assertEquals(codeOf(await put(store, "k", id, 10_001, "x")), "InvalidArgument");
    assertEquals(codeOf(await put(store, "k", id, 1, "x")), "NoSuchUpload");
  });
});

Deno.test("full-object CRCs are combined over the parts, returned, and compared at Complete", async () => {
  for (const algorithm of ["crc32", "crc32c", "crc64nvme"] as const) {
    await withStore({}, async (store) => {
      const header = `x-amz-checksum-${algorithm}`;
      const declared = { "x-amz-checksum-algorithm": algorithm.toUpperCase(), "x-amz-checksum-type": "FULL_OBJECT" };
      const id = await create(store, "k", declared);
      const first = await put(store, "k", id, 1, "first part");
      assertEquals(first.headers[header], await digestOf(algorithm, "first part"));
      await put(store, "k", id, 2, "second", { [header]: await digestOf(algorithm, "second") });
      const listed = await send(store, "GET", `/bkt/k?uploadId=${id}`);
      assertEquals([textOf(listed, "ChecksumAlgorithm"), textOf(listed, "ChecksumType")], [algorithm.toUpperCase(), "FULL_OBJECT"]);
      const document = partsDocument(etagsOf("first part", "second"));
      const whole = await digestOf(algorithm, "first part", "second");
      const wrong = await complete(store, "k", id, document, { [header]: await digestOf(algorithm, "other") });
      assertEquals(codeOf(wrong), "BadDigest", algorithm);
      const right = await complete(store, "k", id, document, { [header]: whole, "x-amz-checksum-type": "FULL_OBJECT" });
      assertEquals([right.status, textOf(right, `Checksum${algorithm.toUpperCase()}`)], [200, whole]);
      const head = await send(store, "HEAD", "/bkt/k", { headers: { "x-amz-checksum-mode": "ENABLED" } });
      assertEquals([head.headers[header], head.headers["x-amz-checksum-type"]], [whole, "FULL_OBJECT"]);
      assertEquals((await send(store, "HEAD", "/bkt/k")).headers[header], undefined);
    });
  }
});

Deno.test("composite checksums are the digest of the part digests, and each part must name its own", async () => {
  for (const algorithm of ["crc32", "crc32c", "sha1", "sha256"] as const) {
    await withStore({}, async (store) => {
      const header = `x-amz-checksum-${algorithm}`;
      const element = `Checksum${algorithm.toUpperCase()}`;
      const id = await create(store, "k", { "x-amz-checksum-algorithm": algorithm.toUpperCase() });
      const sums = [await digestOf(algorithm, "one"), await digestOf(algorithm, "two")];
      assertEquals(codeOf(await put(store, "k", id, 1, "one")), "InvalidRequest");
      assertEquals(codeOf(await put(store, "k", id, 1, "one", { [header]: sums[1] ?? "" })), "BadDigest");
      await put(store, "k", id, 1, "one", { [header]: sums[0] ?? "" });
      await put(store, "k", id, 2, "two", { [header]: sums[1] ?? "" });
      assertEquals(codeOf(await complete(store, "k", id, partsDocument(etagsOf("one", "two")))), "InvalidRequest");
      const named = (values: readonly string[]) =>
        partsDocument(etagsOf("one", "two").map((part, index) => ({ ...part, extra: `<${element}>${values[index]}</${element}>` })));
      assertEquals(codeOf(await complete(store, "k", id, named(sums.toReversed()))), "InvalidPart");
      const answer = await complete(store, "k", id, named(sums));
      const expected = `${await digestOf(algorithm, ...sums.map((sum) => Buffer.from(sum, "base64")))}-2`;
      assertEquals([answer.status, textOf(answer, element), textOf(answer, "ChecksumType")], [200, expected, "COMPOSITE"]);
      const attributes = await send(store, "GET", "/bkt/k?attributes=", {
        headers: { "x-amz-object-attributes": "ETag, Checksum,ObjectParts, ObjectSize" },
      });
      assertEquals([textOf(attributes, "PartsCount"), textOf(attributes, "ObjectSize")], ["2", "6"]);
      assertEquals(allTexts(attributes, element), [expected, ...sums]);
    });
  }
});

Deno.test("pairs of algorithm and type that S3 does not have are refused at Create", async () => {
  await withStore({}, async (store) => {
    for (const [algorithm, type] of [["SHA256", "FULL_OBJECT"], ["CRC64NVME", "COMPOSITE"], ["MD5", "COMPOSITE"], ["CRC32", "HALF"]]) {
      const headers = { "x-amz-checksum-algorithm": algorithm ?? "", "x-amz-checksum-type": type ?? "" };
      assertEquals(codeOf(await send(store, "POST", "/bkt/k?uploads=", { headers })), "InvalidRequest");
    }
  });
});

Deno.test("ListParts and ListMultipartUploads page with markers, and an aborted upload is gone", async () => {
  await withStore({}, async (store) => {
    const ids: string[] = [];
    for (const key of ["a/x", "k", "k", "k", "l"]) ids.push(await create(store, key));
    for (const number of [5, 1, 3]) await put(store, "k", ids[1] ?? "", number, `part ${number}`);
    const first = await send(store, "GET", `/bkt/k?uploadId=${ids[1]}&max-parts=2`);
    assertEquals([allTexts(first, "PartNumber"), textOf(first, "IsTruncated"), textOf(first, "NextPartNumberMarker")], [
      ["1", "3"],
      "true",
      "3",
    ]);
    const second = await send(store, "GET", `/bkt/k?uploadId=${ids[1]}&max-parts=2&part-number-marker=3`);
    assertEquals([allTexts(second, "PartNumber"), allTexts(second, "Size"), textOf(second, "IsTruncated")], [["5"], ["6"], "false"]);
    const seen: string[] = [];
    for (let query = "", more = true; more;) {
      const page = await send(store, "GET", `/bkt?uploads=&max-uploads=2${query}`);
      seen.push(...allTexts(page, "UploadId"));
      query = `&key-marker=${encodeURIComponent(textOf(page, "NextKeyMarker") ?? "")}&upload-id-marker=${
        textOf(page, "NextUploadIdMarker") ?? ""
      }`;
      more = textOf(page, "IsTruncated") === "true";
    }
    assertEquals(seen, ids);
    const ofKey = await send(store, "GET", "/bkt?uploads=&key-marker=k");
    assertEquals(allTexts(ofKey, "Key"), ["l"]);
    const folded = await send(store, "GET", "/bkt?uploads=&delimiter=%2F&max-uploads=1");
    assertEquals([allTexts(folded, "Key"), textOf(folded, "NextKeyMarker")], [[], "a/"]);
    const behind = await send(store, "GET", "/bkt?uploads=&delimiter=%2F&max-uploads=1&key-marker=a%2F&upload-id-marker=");
    assertEquals(allTexts(behind, "UploadId"), [ids[1]]);
    assertEquals((await send(store, "DELETE", `/bkt/k?uploadId=${ids[1]}`)).status, 204);
    assertEquals(codeOf(await send(store, "DELETE", `/bkt/k?uploadId=${ids[1]}`)), "NoSuchUpload");
    assertEquals(codeOf(await put(store, "k", ids[1] ?? "", 1, "x")), "NoSuchUpload");
  });
});

Deno.test("UploadPartCopy takes a range of a source, pinned by its ETag, and copies its checksum along", async () => {
  await withStore({}, async (store) => {
    const etag = (await send(store, "PUT", "/bkt/src", { body: "0123456789" })).headers.etag ?? "";
    const id = await create(store, "k", { "x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT" });
    const copy = async (number: number, headers: Record<string, string>) =>
      await send(store, "PUT", `/bkt/k?partNumber=${number}&uploadId=${id}`, { headers: { "x-amz-copy-source": "/bkt/src", ...headers } });
    assertEquals((await copy(1, { "x-amz-copy-source-if-match": '"other"' })).status, 412);
    assertEquals(codeOf(await copy(1, { "x-amz-copy-source-range": "bytes=5-10" })), "InvalidRange");
    const one = await copy(1, { "x-amz-copy-source-range": "bytes=5-9", "x-amz-copy-source-if-match": etag });
    assertEquals([one.status, textOf(one, "ETag")], [200, `"${md5Hex("56789")}"`]);
    const two = await copy(2, {});
    assertEquals(textOf(two, "ETag"), etag);
    const done = await complete(store, "k", id, partsDocument(etagsOf("56789", "0123456789")));
    const combined = combineCrc("crc32", crc32("56789"), crc32("0123456789"), 10);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(Number(combined));
    assertEquals(textOf(done, "ChecksumCRC32"), bytes.toString("base64"));
    assertEquals((await send(store, "GET", "/bkt/k")).text, "567890123456789");
    const copied = await send(store, "PUT", "/bkt/copy", { headers: { "x-amz-copy-source": "/bkt/k" } });
    assertEquals(textOf(copied, "ETag"), `"${md5Hex("567890123456789")}"`);
  });
});

Deno.test("an upload is still there, with its parts, after the store was closed and opened again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-embedded-" });
  try {
    let id = "";
    await withStore({ folder }, async (store) => {
      id = await create(store, "k", { "content-type": "x/y" });
      await put(store, "k", id, 1, "one");
      await send(store, "PUT", "/bkt/z", { body: "plain" });
    });
    await withStore({ folder }, async (store) => {
      await put(store, "k", id, 2, "two");
      assertEquals((await complete(store, "k", id, partsDocument(etagsOf("one", "two")))).status, 200);
    });
    await withStore({ folder }, async (store) => {
      assertEquals((await send(store, "GET", "/bkt/k")).text, "onetwo");
      assertEquals(allTexts(await send(store, "GET", "/bkt?list-type=2"), "Key"), ["k", "z"]);
      assertEquals((await complete(store, "k", id, partsDocument(etagsOf("one", "two")))).status, 200);
      assert((await send(store, "GET", "/bkt?uploads=")).text.includes("<IsTruncated>false"));
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
