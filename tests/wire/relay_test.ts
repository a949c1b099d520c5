/** Store to store: what stands on the wire. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import type { IncomingHttpHeaders } from "node:http";
import { holder, keeper, objectOf, partOf, sampleBytes, scriptedStore, withWire } from "./scripted_store.ts";

const NEVER = new AbortController().signal;
const SAMPLE = sampleBytes(3_000_001);

function kept(): Map<string, { body: Buffer; headers: IncomingHttpHeaders }> {
  return new Map();
}

Deno.test("movePart() relays a part with its Content-Length, never chunked", async () => {
  const received = kept();
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(keeper(received));
  const moved = await withWire(source.ready, destination.ready, async (wire) => {
    const range = { first: 1000, last: 2_000_999 };
    const answer = await wire.movePart(partOf("big file", 2_000_000, { range, partNumber: 7 }), NEVER);
    assertEquals(wire.movedBytes, 2_000_000);
    return answer;
  });
  assertEquals(moved, { sizeBytes: 2_000_000, etag: "kept", checksums: [], digests: {}, way: "relay" });
  const [get] = source.seen;
  assertEquals([get?.headers.range, get?.headers["if-match"], get?.headers["accept-encoding"]], [
    "bytes=1000-2000999",
    '"held"',
    "identity",
  ]);
  const put = received.get("/bucket/big%20file?partNumber=7&uploadId=upload%2F1");
  assertEquals([put?.headers["content-length"], put?.headers["transfer-encoding"]], ["2000000", undefined]);
  assert(put?.body.equals(Buffer.from(SAMPLE.subarray(1000, 2_001_000))));
});

Deno.test("movePart() with a digest asked for still declares the length and answers the digest", async () => {
  const received = kept();
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(keeper(received));
  const moved = await withWire(source.ready, destination.ready, async (wire) => {
    const answer = await wire.movePart(partOf("k", SAMPLE.length, { digests: ["md5"] }), NEVER);
    assertEquals(wire.movedBytes, SAMPLE.length);
    return answer;
  });
  const [put] = received.values();
  assertEquals([put?.headers["content-length"], put?.headers["transfer-encoding"], moved.way], [
    String(SAMPLE.length),
    undefined,
    "hashed relay",
  ]);
  assert(put?.body.equals(Buffer.from(SAMPLE)));
  const { createHash } = await import("node:crypto");
  assertEquals(moved.digests.md5, createHash("md5").update(SAMPLE).digest("hex"));
});

Deno.test("movePart() with a guard sends the checksum of the part before its bytes", async () => {
  const received = kept();
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(keeper(received));
  const moved = await withWire(source.ready, destination.ready, (wire) => wire.movePart(partOf("k", 1000, { guard: "sha256" }), NEVER));
  const [put] = received.values();
  assertEquals(put?.headers["x-amz-checksum-sha256"], moved.digests.sha256);
  assert(put?.body.equals(Buffer.from(SAMPLE.subarray(0, 1000))));
});

Deno.test("moveObject() keeps an object that is stored compressed byte for byte", async () => {
  const packed = gzipSync(new TextEncoder().encode("text ".repeat(1000)));
  const received = kept();
  await using source = await scriptedStore(holder(packed, { "content-encoding": "gzip", "content-type": "text/plain" }));
  await using destination = await scriptedStore(keeper(received));
  await withWire(source.ready, destination.ready, (wire) => wire.moveObject(objectOf({ key: "t.gz", sizeBytes: packed.length }), NEVER));
  const put = received.get("/bucket/t.gz");
  assertEquals([put?.headers["content-encoding"], put?.headers["content-type"]], ["gzip", "text/plain"]);
  assert(put?.body.equals(packed));
});

Deno.test("moveObject() moves an empty object without a range and with a length of 0", async () => {
  const received = kept();
  await using source = await scriptedStore(holder(new Uint8Array(0)));
  await using destination = await scriptedStore(keeper(received));
  await withWire(source.ready, destination.ready, (wire) => wire.moveObject(objectOf({ key: "empty", sizeBytes: 0 }), NEVER));
  assertEquals(source.seen[0]?.headers.range, undefined);
  const put = received.get("/bucket/empty");
  assertEquals([put?.headers["content-length"], put?.headers["transfer-encoding"], put?.body.length], ["0", undefined, 0]);
});

Deno.test("moveObject() sends the source's own digests along, and metadata with the bytes it came in", async () => {
  const body = new TextEncoder().encode("abc");
  const colour = Buffer.from("grün").toString("latin1");
  const md5 = "900150983cd24fb0d6963f7d28e17f72";
  const received = kept();
  await using source = await scriptedStore(holder(body, {
    etag: `"${md5}"`,
    "x-amz-meta-colour": colour,
    "x-amz-checksum-crc32": "NSRBwg==",
    "x-amz-checksum-type": "FULL_OBJECT",
  }));
  await using destination = await scriptedStore(keeper(received));
  const moved = await withWire(source.ready, destination.ready, (wire) =>
    wire.moveObject(
      objectOf({ key: "k", sizeBytes: 3, etag: md5 }, {
        condition: { absent: true },
        headers: (details) => Promise.resolve({ ...details.headers, tags: { a: "b" }, storageClass: "STANDARD_IA" }),
      }),
      NEVER,
    ));
  assertEquals(source.seen[0]?.headers["x-amz-checksum-mode"], "ENABLED");
  const put = received.get("/bucket/k")?.headers ?? {};
  assertEquals(put["content-md5"], "kAFQmDzST7DWlj99KOF/cg==");
  assertEquals(put["x-amz-checksum-crc32"], "NSRBwg==");
  assertEquals(put["x-amz-meta-colour"], colour);
  assertEquals([put["x-amz-tagging"], put["x-amz-storage-class"], put["if-none-match"]], ["a=b", "STANDARD_IA", "*"]);
  assertEquals([moved.guard, moved.digests, moved.details.headers.metadata], ["md5", { md5, crc32: "NSRBwg==" }, { colour: "grün" }]);
});

Deno.test("moveObject() sends no digest where none is to be believed", async () => {
  const body = new TextEncoder().encode("abc");
  const plain = "900150983cd24fb0d6963f7d28e17f72";
  for (const [etag, more] of [["x-1", {}], [plain, { "x-amz-server-side-encryption": "aws:kms" }], [plain, { guard: "none" }]] as const) {
    const received = kept();
    const { guard, ...headers } = { guard: "auto", ...more } as { guard: "auto" | "none" };
    await using source = await scriptedStore(holder(body, { etag: `"${etag}"`, ...headers }));
    await using destination = await scriptedStore(keeper(received));
    const object = objectOf({ key: "k", sizeBytes: 3 }, { guard, headers: () => Promise.resolve({}) });
    const moved = await withWire(source.ready, destination.ready, (wire) => wire.moveObject(object, NEVER));
    assertEquals([received.get("/bucket/k")?.headers["content-md5"], moved.guard], [undefined, undefined]);
  }
});

Deno.test("keys that a URL would change arrive as they are, on both sides and in every mix", async () => {
  const keys = ["a/../b", "..", "./x", "a/./b/..", "%2e%2e/%2E", "a//b", "/lead", "trail/", "q?a=1#f", "plus+ and space"];
  for (const [index, key] of keys.entries()) {
    const other = keys[(index + 3) % keys.length] ?? "";
    const received = kept();
    await using source = await scriptedStore(holder(SAMPLE));
    await using destination = await scriptedStore(keeper(received));
    await withWire(source.ready, destination.ready, (wire) => wire.movePart(partOf(key, 100_000, { destinationKey: other }), NEVER));
    assertEquals(source.seen.map(({ path }) => decodeURIComponent(path)), [`/bucket/${key}`]);
    const [[path, put]] = [...received] as [[string, { body: Buffer; headers: IncomingHttpHeaders }]];
    assertEquals(decodeURIComponent(path.slice(0, path.lastIndexOf("?partNumber="))), `/bucket/${other}`);
    assertEquals(put.headers["content-length"], "100000");
    assert(put.body.equals(Buffer.from(SAMPLE.subarray(0, 100_000))));
  }
});

Deno.test("a slow destination holds the source back instead of filling memory", async () => {
  const sizeBytes = 256 * 2 ** 20;
  let sent = 0;
  await using source = await scriptedStore((_request, response) => {
    response.writeHead(206, { etag: '"held"', "content-length": sizeBytes, "content-range": `bytes 0-${sizeBytes - 1}/${sizeBytes}` });
    const chunk = Buffer.alloc(2 ** 20);
    const more = () => {
      while (sent < sizeBytes && !response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  });
  const arrived = Promise.withResolvers<void>();
  await using destination = await scriptedStore(() => arrived.resolve());
  const stop = new AbortController();
  const held = await withWire(source.ready, destination.ready, async (wire) => {
    const moving = wire.movePart(partOf("k", sizeBytes), stop.signal).catch((error) => error);
    await arrived.promise;
    // Until the source has stood still for a while.
    for (let last = -1; last !== sent;) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const value = sent;
    stop.abort();
    assertEquals((await moving).kind, "cancelled");
    return value;
  });
  assertLess(held, 64 * 2 ** 20);
});
