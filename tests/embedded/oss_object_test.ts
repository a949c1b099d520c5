/** Objects in the OSS dialect, byte for byte and header for header as the documents have them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { crc64Of, sendOss } from "./oss_client.ts";
import { allTexts, codeOf, send, textOf, withStore } from "./raw_client.ts";

/** The check value of CRC-64/XZ, the algorithm that "Check data integrity by using CRC-64" names. */
const CHECK = { text: "123456789", crc64: String(0x995dc9bbdf1939fan) };

function md5Upper(text: string): string {
  return createHash("md5").update(text).digest("hex").toUpperCase();
}

Deno.test("PutObject, GetObject, HeadObject and GetObjectMeta tell ETag, MD5 and CRC-64 as OSS writes them", async () => {
  await withStore({}, async (store) => {
    for (const signature of ["v1", "v4"] as const) {
      const headers = { "content-type": "text/x", "x-oss-meta-colour": "blue", "cache-control": "no-cache" };
      const put = await sendOss(store, "PUT", "/bkt/a%20b/%E4%B8%AD", { signature, body: CHECK.text, headers });
      assertEquals([put.status, put.headers.etag, crc64Of(put)], [200, `"${md5Upper(CHECK.text)}"`, CHECK.crc64]);
      assertEquals(put.headers["x-oss-request-id"]?.length, 24);
      for (const method of ["GET", "HEAD"]) {
        const answer = await sendOss(store, method, "/bkt/a%20b/%E4%B8%AD", { signature });
        const told = ["content-length", "content-type", "cache-control", "x-oss-meta-colour", "x-oss-object-type", "x-oss-storage-class"];
        assertEquals(told.map((name) => answer.headers[name]), ["9", "text/x", "no-cache", "blue", "Normal", "Standard"]);
        assertEquals([answer.headers.etag, crc64Of(answer), answer.text], [
          put.headers.etag,
          CHECK.crc64,
          method === "GET" ? CHECK.text : "",
        ]);
      }
      const meta = await sendOss(store, "HEAD", "/bkt/a%20b/%E4%B8%AD?objectMeta", { signature });
      assertEquals([meta.headers["content-length"], crc64Of(meta), meta.headers["x-oss-object-type"]], ["9", CHECK.crc64, undefined]);
    }
    assertEquals(crc64Of(await sendOss(store, "PUT", "/bkt/empty")), "0");
    assertEquals(crc64Of(await sendOss(store, "GET", "/bkt/empty")), "0");
  });
});

Deno.test("an object is the same in both dialects, and OSS works out the CRC-64 of what S3 wrote", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/from-s3", { body: CHECK.text, headers: { "x-amz-meta-a": "b", "x-amz-storage-class": "STANDARD_IA" } });
    const seen = await sendOss(store, "HEAD", "/bkt/from-s3");
    assertEquals([crc64Of(seen), seen.headers["x-oss-meta-a"], seen.headers["x-oss-storage-class"]], [CHECK.crc64, "b", "IA"]);
    await sendOss(store, "PUT", "/bkt/from-oss", { body: CHECK.text, headers: { "x-oss-storage-class": "ColdArchive" } });
    const back = await send(store, "HEAD", "/bkt/from-oss");
    assertEquals(back.headers.etag, `"${md5Upper(CHECK.text).toLowerCase()}"`);
    assertEquals((await send(store, "GET", "/bkt/from-oss")).status, 403);
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/"), "StorageClass"), ["ColdArchive", "IA"]);
  });
});

Deno.test("a range that is not within the object is ignored, unless standard behaviour is asked for", async () => {
  await withStore({}, async (store) => {
    const whole = "x".repeat(500) + "y".repeat(500);
    await sendOss(store, "PUT", "/bkt/k", { body: whole });
    const crc64 = crc64Of(await sendOss(store, "HEAD", "/bkt/k"));
    const get = async (range: string, standard: boolean) => {
      const headers: Record<string, string> = { range, ...(standard && { "x-oss-range-behavior": "standard" }) };
      const answer = await sendOss(store, "GET", "/bkt/k", { headers });
      if (answer.status < 300) assertEquals(crc64Of(answer), crc64);
      return `${answer.status} ${answer.status < 300 ? answer.headers["content-range"] ?? answer.bytes.length : codeOf(answer)}`;
    };
    for (const standard of [false, true]) {
      assertEquals(await get("bytes=0-9", standard), "206 bytes 0-9/1000");
      assertEquals(await get("bytes=500-", standard), "206 bytes 500-999/1000");
      assertEquals(await get("bytes=-500", standard), "206 bytes 500-999/1000");
      assertEquals(await get("byte=0-499", standard), "200 1000");
      assertEquals(await get("bytes=9-1", standard), "200 1000");
    }
    assertEquals(await get("bytes=500-2000", false), "200 1000");
    assertEquals(await get("bytes=1000-2000", false), "200 1000");
    assertEquals(await get("bytes=-2000", false), "200 1000");
    assertEquals(await get("bytes=0-9,20-29", false), "206 bytes 0-9/1000");
    assertEquals(await get("bytes=500-2000", true), "206 bytes 500-999/1000");
    assertEquals(await get("bytes=1000-2000", true), "416 InvalidRange");
    assertEquals(await get("bytes=1000-", true), "416 InvalidRange");
    await sendOss(store, "PUT", "/bkt/empty");
    const headers = { range: "bytes=0-0" };
    assertEquals((await sendOss(store, "GET", "/bkt/empty", { headers })).status, 200);
    assertEquals((await sendOss(store, "GET", "/bkt/empty", { headers: { ...headers, "x-oss-range-behavior": "standard" } })).status, 416);
  });
});

Deno.test("Content-MD5 is checked, overwriting can be forbidden, conditions hold", async () => {
  await withStore({}, async (store) => {
    const good = createHash("md5").update("body").digest("base64");
    assertEquals((await sendOss(store, "PUT", "/bkt/k", { body: "body", headers: { "content-md5": good } })).status, 200);
    for (const [body, md5] of [["bodx", good], ["body", "abc"]] as const) {
      const refused = await sendOss(store, "PUT", "/bkt/k", { body, headers: { "content-md5": md5 } });
      assertEquals([refused.status, codeOf(refused)], [400, "InvalidDigest"]);
    }
    const forbid = { "x-oss-forbid-overwrite": "true" };
    const again = await sendOss(store, "PUT", "/bkt/k", { body: "other", headers: forbid });
    assertEquals([again.status, codeOf(again)], [409, "FileAlreadyExists"]);
    assertEquals((await sendOss(store, "PUT", "/bkt/new", { body: "other", headers: forbid })).status, 200);
    const got = await sendOss(store, "GET", "/bkt/k");
    assertEquals(got.text, "body");
    const etag = String(got.headers.etag);
    const status = async (headers: Record<string, string>) => (await sendOss(store, "GET", "/bkt/k", { headers })).status;
    assertEquals(await status({ "if-match": etag }), 200);
    assertEquals(await status({ "if-match": etag.toLowerCase() }), 412);
    assertEquals(await status({ "if-none-match": etag }), 304);
    assertEquals(await status({ "if-unmodified-since": "Sat, 01 Jan 2000 00:00:00 GMT" }), 412);
  });
});

Deno.test("an archived object is refused until it has been restored, and again when the time is over", async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  await withStore({ now: () => nowMs, oss: { restoreMs: 60_000 } }, async (store) => {
    const call = (method: string, path: string, body?: string) =>
      sendOss(store, method, path, { atMs: nowMs, ...(body !== undefined && { body }) });
    for (const name of ["Archive", "ColdArchive", "DeepColdArchive"]) {
      await sendOss(store, "PUT", `/bkt/${name}`, { atMs: nowMs, body: "cold", headers: { "x-oss-storage-class": name } });
      const head = await call("HEAD", `/bkt/${name}`);
      assertEquals([head.headers["x-oss-storage-class"], head.headers["x-oss-restore"]], [name, undefined]);
      const refused = await call("GET", `/bkt/${name}`);
      assertEquals([refused.status, codeOf(refused)], [403, "InvalidObjectState"]);
    }
    assertEquals((await call("POST", "/bkt/Archive?restore", "<RestoreRequest><Days>2</Days></RestoreRequest>")).status, 202);
    assertEquals(codeOf(await call("POST", "/bkt/Archive?restore")), "RestoreAlreadyInProgress");
    assertEquals((await call("HEAD", "/bkt/Archive")).headers["x-oss-restore"], 'ongoing-request="true"');
    assertEquals((await call("GET", "/bkt/Archive")).status, 403);
    nowMs += 60_000;
    assertEquals((await call("GET", "/bkt/Archive")).text, "cold");
    assertStringIncludes(String((await call("HEAD", "/bkt/Archive")).headers["x-oss-restore"]), 'ongoing-request="false", expiry-date="');
    assertEquals((await call("POST", "/bkt/Archive?restore")).status, 200);
    nowMs += 3 * 86_400_000;
    assertEquals((await call("GET", "/bkt/Archive")).status, 403);
    await call("PUT", "/bkt/plain", "x");
    assertEquals(codeOf(await call("POST", "/bkt/plain?restore")), "OperationNotSupported");
    const unknown = await sendOss(store, "PUT", "/bkt/k", { atMs: nowMs, body: "x", headers: { "x-oss-storage-class": "STANDARD" } });
    assertEquals(codeOf(unknown), "InvalidArgument");
  });
});

Deno.test("a symbolic link answers its target, and tells what it is", async () => {
  await withStore({}, async (store) => {
    const link = (path: string, target: string) => sendOss(store, "PUT", path, { headers: { "x-oss-symlink-target": target } });
    await sendOss(store, "PUT", "/bkt/target%20x", { body: CHECK.text });
    assertEquals((await link("/bkt/link?symlink", "target%20x")).status, 200);
    const got = await sendOss(store, "GET", "/bkt/link");
    assertEquals([got.text, got.headers["x-oss-object-type"], crc64Of(got)], [CHECK.text, "Symlink", CHECK.crc64]);
    assertEquals((await sendOss(store, "HEAD", "/bkt/link")).headers["content-length"], "9");
    assertEquals((await sendOss(store, "GET", "/bkt/link?symlink")).headers["x-oss-symlink-target"], "target%20x");
    assertEquals(codeOf(await sendOss(store, "GET", "/bkt/target%20x?symlink")), "NotSymlink");
    await link("/bkt/dangling?symlink", "none");
    assertEquals(codeOf(await sendOss(store, "GET", "/bkt/dangling")), "SymlinkTargetNotExist");
    await link("/bkt/twice?symlink", "link");
    assertEquals(codeOf(await sendOss(store, "GET", "/bkt/twice")), "InvalidTargetType");
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/"), "Type"), ["Symlink", "Symlink", "Normal", "Symlink"]);
  });
});

Deno.test("tags come with the object, are counted, and can be changed", async () => {
  await withStore({}, async (store) => {
    await sendOss(store, "PUT", "/bkt/k", { body: "x", headers: { "x-oss-tagging": "a=1&b=%20z" } });
    assertEquals((await sendOss(store, "HEAD", "/bkt/k")).headers["x-oss-tagging-count"], "2");
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/k?tagging"), "Value"), ["1", " z"]);
    const body = "<Tagging><TagSet><Tag><Key>c</Key><Value>3</Value></Tag></TagSet></Tagging>";
    assertEquals((await sendOss(store, "PUT", "/bkt/k?tagging", { body })).status, 200);
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/k?tagging"), "Key"), ["c"]);
    assertEquals((await sendOss(store, "DELETE", "/bkt/k?tagging")).status, 204);
    assertEquals((await sendOss(store, "HEAD", "/bkt/k")).headers["x-oss-tagging-count"], undefined);
  });
});

Deno.test("errors have Code, RequestId, HostId and EC, and answers to HEAD carry them in a header", async () => {
  const oss = { otherEndpointBuckets: { elsewhere: "oss-cn-beijing.aliyuncs.com" } };
  await withStore({ oss }, async (store) => {
    const missing = await sendOss(store, "GET", "/bkt/none");
    assertEquals([missing.status, codeOf(missing), textOf(missing, "EC")], [404, "NoSuchKey", "0026-00000001"]);
    assertEquals(textOf(missing, "RequestId"), missing.headers["x-oss-request-id"]);
    assertEquals(textOf(missing, "HostId"), new URL(store.endpoint).host);
    const head = await sendOss(store, "HEAD", "/bkt/none");
    assertEquals([head.status, head.headers["x-oss-ec"], head.text], [404, "0026-00000001", ""]);
    assertStringIncludes(atob(String(head.headers["x-oss-err"])), "<Code>NoSuchKey</Code>");
    const elsewhere = await sendOss(store, "GET", "/elsewhere/k");
    assertEquals([elsewhere.status, codeOf(elsewhere), textOf(elsewhere, "EC")], [403, "AccessDenied", "0003-00001403"]);
    assertEquals(textOf(elsewhere, "Endpoint"), "oss-cn-beijing.aliyuncs.com");
    assertEquals(codeOf(await sendOss(store, "GET", "/none/k")), "NoSuchBucket");
    assertEquals(codeOf(await sendOss(store, "PUT", "/bkt/k?append&position=0", { body: "x" })), "NotImplemented");
    assertEquals(codeOf(await sendOss(store, "PUT", "/bkt//k", { body: "x" })), "InvalidObjectName");
    assertEquals(codeOf(await sendOss(store, "PUT", `/bkt/${"k".repeat(1024)}`, { body: "x" })), "InvalidObjectName");
    assertEquals((await sendOss(store, "PUT", `/bkt/${"k".repeat(1023)}`, { body: "x" })).status, 200);
  });
});

Deno.test("the bucket may be in the host name, and a signature is over bucket and key either way", async () => {
  await withStore({}, async (store) => {
    const headers = { host: `bkt.localhost:${new URL(store.endpoint).port}` };
    const resource = { bucket: "bkt", key: "a/../b" };
    assertEquals((await sendOss(store, "PUT", "/a/../b", { headers, resource, body: "raw" })).status, 200);
    assertEquals((await sendOss(store, "GET", "/bkt/a/../b")).text, "raw");
    assertEquals((await sendOss(store, "GET", "/bkt/b")).status, 404);
  });
});

Deno.test("DeleteMultipleObjects needs Content-MD5, and deletes nothing when one key is refused", async () => {
  await withStore({}, async (store) => {
    for (const key of ["a", "b", "c"]) await sendOss(store, "PUT", `/bkt/${key}`, { body: key });
    const remove = (keys: readonly string[], quiet: boolean, md5 = true) => {
      const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");
      const body = `<Delete><Quiet>${quiet}</Quiet>${objects}</Delete>`;
      const headers = md5 ? { "content-md5": createHash("md5").update(body).digest("base64") } : {};
      return sendOss(store, "POST", "/bkt/?delete", { body, headers: headers as Record<string, string> });
    };
    assertEquals((await remove(["a"], false, false)).status, 400);
    assertEquals(codeOf(await remove(["a", "/x"], false)), "InvalidObjectName");
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/"), "Key"), ["a", "b", "c"]);
    assertEquals(allTexts(await remove(["a", "none"], false), "Key"), ["a", "none"]);
    assertEquals(allTexts(await remove(["b"], true), "Key"), []);
    assertEquals(allTexts(await sendOss(store, "GET", "/bkt/"), "Key"), ["c"]);
  });
});

Deno.test("faults of the script meet requests of both dialects alike", async () => {
  const faults = [
    { operation: "UploadPart", action: { type: "answer", status: 503, code: "ServiceUnavailable" } },
    { operation: "PutObject", times: 1, action: { type: "flipStoredByte", offset: 0 } },
  ] as const;
  await withStore({ faults }, async (store) => {
    const busy = await sendOss(store, "PUT", "/bkt/k?partNumber=1&uploadId=x", { body: "x" });
    assertEquals([busy.status, codeOf(busy)], [503, "ServiceUnavailable"]);
    assert(textOf(busy, "HostId") !== undefined);
    assertEquals(crc64Of(await sendOss(store, "PUT", "/bkt/k", { body: CHECK.text })), CHECK.crc64);
    assertEquals((await sendOss(store, "GET", "/bkt/k")).text, "023456789");
  });
});

Deno.test("an endpoint may tell no CRC-64 at all", async () => {
  await withStore({ oss: { withoutCrc64: true } }, async (store) => {
    const put = await sendOss(store, "PUT", "/bkt/k", { body: CHECK.text });
    assertEquals([put.status, put.headers["x-oss-hash-crc64ecma"]], [200, undefined]);
    assertEquals((await sendOss(store, "GET", "/bkt/k")).headers["x-oss-hash-crc64ecma"], undefined);
  });
});
