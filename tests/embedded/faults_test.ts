/** Each fault of the script does what it says, as a client sees it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RequestRecord } from "../../lib/embedded/embedded.ts";
import { allTexts, codeOf, md5Hex, send, textOf, withStore } from "./raw_client.ts";

Deno.test("an answer fault comes as often as it says, after those it skips, and does no work", async () => {
  const action = { type: "answer", status: 503, code: "SlowDown", retryAfterSeconds: 2 } as const;
  await withStore({ faults: [{ operation: "PutObject", keyIncludes: "k", skip: 1, times: 2, action }] }, async (store) => {
    const put = async (key: string) => await send(store, "PUT", `/bkt/${key}`, { body: "x".repeat(100_000) });
    assertEquals((await put("k1")).status, 200);
    assertEquals((await put("other")).status, 200);
    const refused = await put("k2");
    assertEquals([refused.status, codeOf(refused), refused.headers["retry-after"]], [503, "SlowDown", "2"]);
    assertEquals((await put("k3")).status, 503);
    assertEquals((await put("k4")).status, 200);
    assertEquals(allTexts(await send(store, "GET", "/bkt?list-type=2"), "Key"), ["k1", "k4", "other"]);
  });
});

Deno.test("an error in a 200 leaves the work undone or done, as it says", async () => {
  await withStore({}, async (store) => {
    for (const afterWork of [false, true]) {
      store.setFaults([{ operation: "PutObject", action: { type: "errorIn200", code: "InternalError", afterWork } }]);
      const answer = await send(store, "PUT", "/bkt/k", { body: "x" });
      assertEquals([answer.status, codeOf(answer)], [200, "InternalError"]);
      assertEquals((await send(store, "HEAD", "/bkt/k")).status, afterWork ? 200 : 404);
    }
  });
});

Deno.test("cut and wrong length break the connection inside the body", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "x".repeat(1_000_000) });
    for (const afterBytes of [0, 1, 700_000]) {
      store.setFaults([{ operation: "GetObject", times: 1, action: { type: "cut", afterBytes } }]);
      await assertRejects(() => send(store, "GET", "/bkt/k"));
      assertEquals((await send(store, "GET", "/bkt/k")).bytes.length, 1_000_000);
    }
    store.setFaults([{ operation: "GetObject", action: { type: "wrongContentLength", add: 5 } }]);
    await assertRejects(() => send(store, "GET", "/bkt/k"));
    store.setFaults([{ operation: "GetObject", action: { type: "wrongContentLength", add: -5 } }]);
    const short = await send(store, "GET", "/bkt/k").catch(() => undefined);
    assert(short === undefined || short.bytes.length === 999_995);
  });
});

Deno.test("a stall ends only when the store does", async () => {
  let stalled: Promise<unknown> = Promise.resolve();
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "0123456789" });
    store.setFaults([{ operation: "GetObject", action: { type: "stall", afterBytes: 3 } }]);
    stalled = assertRejects(() => send(store, "GET", "/bkt/k"));
    const first = await Promise.race([stalled.then(() => "ended"), new Promise((resolve) => setTimeout(resolve, 100, "waiting"))]);
    assertEquals(first, "waiting");
  });
  await stalled;
});

Deno.test("flipped bytes: in the answer once, in the store for good, under the right ETag", async () => {
  await withStore({}, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "abcd" });
    store.setFaults([{ operation: "GetObject", times: 1, action: { type: "flipAnswerByte", offset: 2 } }]);
    assertEquals((await send(store, "GET", "/bkt/k")).text, "abbd");
    assertEquals((await send(store, "GET", "/bkt/k")).text, "abcd");
    store.setFaults([{ operation: "PutObject", times: 1, action: { type: "flipStoredByte", offset: 0 } }]);
    assertEquals((await send(store, "PUT", "/bkt/k", { body: "abcd" })).headers.etag, `"${md5Hex("abcd")}"`);
    assertEquals((await send(store, "GET", "/bkt/k")).text, "`bcd");
  });
});

Deno.test("a drop after the work leaves the object there; a cut request leaves nothing", async () => {
  await withStore({}, async (store) => {
    store.setFaults([{ operation: "PutObject", times: 1, action: { type: "dropAfterWork" } }]);
    await assertRejects(() => send(store, "PUT", "/bkt/done", { body: "x" }));
    assertEquals((await send(store, "HEAD", "/bkt/done")).status, 200);
    store.setFaults([{ operation: "PutObject", times: 1, action: { type: "cutRequest", afterBytes: 10 } }]);
    await assertRejects(() => send(store, "PUT", "/bkt/cut", { body: "x".repeat(100_000) }));
    assertEquals((await send(store, "HEAD", "/bkt/cut")).status, 404);
  });
});

Deno.test("listing pages are torn or repeated, and ETags are wrong", async () => {
  await withStore({}, async (store) => {
    for (const key of ["a", "b", "c"]) await send(store, "PUT", `/bkt/${key}`, { body: key });
    store.setFaults([{ operation: "ListObjectsV2", times: 1, action: { type: "tornPage" } }]);
    assert(!(await send(store, "GET", "/bkt?list-type=2")).text.includes("</ListBucketResult>"));
    store.setFaults([{ operation: "ListObjectsV2", action: { type: "repeatedPage" } }]);
    const first = await send(store, "GET", "/bkt?list-type=2&max-keys=1");
    const token = textOf(first, "NextContinuationToken");
    const again = await send(store, "GET", `/bkt?list-type=2&max-keys=1&continuation-token=${token}`);
    assertEquals([allTexts(first, "Key"), allTexts(again, "Key")], [["a"], ["a"]]);
    store.setFaults([{ action: { type: "wrongEtag" } }]);
    assertEquals((await send(store, "HEAD", "/bkt/a")).headers.etag, `"${"0".repeat(32)}"`);
    assertEquals(textOf(await send(store, "GET", "/bkt?list-type=2"), "ETag"), `"${"0".repeat(32)}"`);
  });
});

Deno.test("requests are counted and told with their bytes and headers, without the signature", async () => {
  const records: RequestRecord[] = [];
  await withStore({ onRequest: (record) => void records.push(record) }, async (store) => {
    await send(store, "PUT", "/bkt/k", { body: "12345" });
    await send(store, "GET", "/bkt/k?partNumber=1");
    await send(store, "GET", "/bkt/none");
    assertEquals(records.map(({ operation, status, bytesIn }) => [operation, status, bytesIn]), [
      ["PutObject", 200, 5],
      ["GetObject", 206, 0],
      ["GetObject", 404, 0],
    ]);
    assertEquals([records[1]?.path, records[1]?.bytesOut, records[0]?.headers["content-length"]], ["/bkt/k?partNumber=1", 5, "5"]);
    assert(records.every((record) => !("authorization" in record.headers)));
    assertEquals([store.requests.total, store.requests.bytesIn, store.requests.byOperation], [3, 5, { PutObject: 1, GetObject: 2 }]);
  });
});
