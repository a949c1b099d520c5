/** Whole transfers on the fake world: what arrives, what is sent again, what is reported. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { KIB, MIB } from "../../lib/limits.ts";
import { randomBytes } from "../store/contents.ts";
import { crc32Base64 } from "../store/digests.ts";
import { fakeWorld, transferOf } from "./fake_world.ts";
import { assertSame, run, runDone } from "./transfer_runs.ts";

Deno.test("a small object keeps its ETag and headers", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(100, 1), { headers: { contentType: "text/x", metadata: { one: "1" } }, tags: { t: "v" } });
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.evidence, result.effort.movedBytes, result.notCarried], ["etag", 100, []]);
  assertSame(world, "a");
  assertEquals(world.destination.bucket.objects.get("a")?.headers, { contentType: "text/x", metadata: { one: "1" }, tags: { t: "v" } });
});

Deno.test("a flipped byte in a small object is sent again, never reported as done", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(100, 1));
  let flips = 1;
  world.wire.fault = (_operation, _detail, bytes) => flips-- > 0 ? bytes.map((byte) => byte ^ 1) : bytes;
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.retries, 1);
  assertSame(world, "a");
});

Deno.test("a byte that is flipped every time fails the object", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(100, 1));
  world.wire.fault = (_operation, _detail, bytes) => bytes.map((byte) => byte ^ 1);
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "failed");
  assertEquals(result.error.kind, "integrity");
  assertEquals(world.destination.bucket.objects.size, 0);
});

Deno.test("a multipart source keeps its layout and ETag", async () => {
  const world = fakeWorld();
  const { etag } = world.source.bucket.putParts("a", randomBytes(5 * MIB + 7, 2), 700 * KIB);
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.evidence, result.etag], ["etag", etag]);
  assertSame(world, "a");
});

Deno.test("a run after a crash sends only what is missing, whatever part_size says today", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(9 * MIB, 3));
  const stop = new AbortController();
  world.wire.fault = (_operation, detail, bytes) => {
    if (detail === "4") stop.abort();
    return bytes;
  };
  const first = await run(world, transferOf(world, "a"), stop.signal);
  assertEquals(first.outcome, "cancelled");
  const [upload] = [...world.destination.bucket.uploads.values()];
  const had = [...upload?.parts.values() ?? []].reduce((sum, part) => sum + part.content.length, 0);
  assert(had > 0 && had < 9 * MIB);

  world.wire.fault = (_operation, _detail, bytes) => bytes;
  const again = { ...world, rules: { ...world.rules, partSizeBytes: 3 * MIB } };
  const second = await runDone(again, transferOf(world, "a"));
  assertEquals(second.effort.foundBytes, had);
  assertEquals(second.effort.movedBytes, 9 * MIB - had);
  assertSame(world, "a");
  assertEquals(world.destination.bucket.uploads.size, 0);
});

Deno.test("foreign bytes under the right number and size never reach the object", async () => {
  for (const kind of ["token", "kept", "file"] as const) {
    const world = fakeWorld({ sourceIsLocal: kind === "file" });
    const bytes = randomBytes(6 * MIB, 4);
    if (kind === "kept") world.source.bucket.putParts("a", bytes, 2 * MIB);
    else world.source.bucket.put("a", bytes);
    const stop = new AbortController();
    world.destination.fault = (operation) => {
      if (operation === "complete") stop.abort(), stop.signal.throwIfAborted();
    };
    await run(world, transferOf(world, "a"), stop.signal);
    const [upload] = [...world.destination.bucket.uploads.values()];
    assert(upload, kind);
    const second = upload.parts.get(2)?.content ?? new Uint8Array();
    world.destination.bucket.putPart(upload.uploadId, 2, second.map((byte) => byte ^ 255));

    world.destination.fault = () => {};
    const result = await runDone(world, transferOf(world, "a"));
    assertSame(world, "a");
    assert(result.effort.movedBytes >= second.length, kind);
  }
});

Deno.test("a source overwritten with the same size between two runs is sent anew", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(6 * MIB, 5));
  const stop = new AbortController();
  world.destination.fault = (operation) => {
    if (operation === "complete") stop.abort(), stop.signal.throwIfAborted();
  };
  await run(world, transferOf(world, "a"), stop.signal);
  world.destination.fault = () => {};
  world.source.bucket.put("a", randomBytes(6 * MIB, 6));
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.effort.foundBytes, result.effort.movedBytes], [0, 6 * MIB]);
  assertEquals(result.otherUploads, ["destination-1"]);
  assertSame(world, "a");
});

Deno.test("a source that changes while it is read fails its object and leaves no upload", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(6 * MIB, 7));
  const transfer = transferOf(world, "a");
  world.wire.fault = (_operation, detail, bytes) => {
    if (detail === "2") world.source.bucket.put("a", randomBytes(6 * MIB, 8));
    return bytes;
  };
  const result = await run(world, transfer);
  assert(result.outcome === "failed");
  assertEquals(result.error.kind, "sourceChanged");
  assertEquals([world.destination.bucket.objects.size, world.destination.bucket.uploads.size], [0, 0]);
});

Deno.test("an upload begun by another tool with another part size is taken over for a local file", async () => {
  const world = fakeWorld({ sourceIsLocal: true });
  const bytes = randomBytes(5 * MIB, 9);
  world.source.bucket.put("a", bytes);
  const upload = world.destination.bucket.createUpload("a");
  for (const partNumber of [1, 3]) {
    world.destination.bucket.putPart(upload.uploadId, partNumber, bytes.slice((partNumber - 1) * 1_500_000, partNumber * 1_500_000));
  }
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.foundBytes, 3_000_000);
  assertEquals(result.effort.movedBytes, 5 * MIB - 3_000_000);
  assertEquals(result.evidence, "hashed");
  assertSame(world, "a");
});

Deno.test("an upload with parts of whole MiB proves nothing for a stored object and is left alone", async () => {
  const world = fakeWorld();
  const bytes = randomBytes(4 * MIB, 10);
  world.source.bucket.put("a", bytes);
  const upload = world.destination.bucket.createUpload("a");
  world.destination.bucket.putPart(upload.uploadId, 1, bytes.slice(0, MIB));
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.foundBytes, 0);
  assertEquals(result.otherUploads, [upload.uploadId]);
  assert(world.destination.bucket.uploads.has(upload.uploadId));
});

Deno.test("unfinished = abort ends uploads that do not fit", async () => {
  const world = fakeWorld({ rules: { unfinished: "abort" } });
  const bytes = randomBytes(4 * MIB, 10);
  world.source.bucket.put("a", bytes);
  world.destination.bucket.putPart(world.destination.bucket.createUpload("a").uploadId, 1, bytes.slice(0, MIB));
  await runDone(world, transferOf(world, "a"));
  assertEquals(world.destination.bucket.uploads.size, 0);
});

Deno.test("unfinished = keep takes over nothing", async () => {
  const world = fakeWorld({ rules: { unfinished: "keep" }, sourceIsLocal: true });
  const bytes = randomBytes(4 * MIB, 10);
  world.source.bucket.put("a", bytes);
  world.destination.bucket.putPart(world.destination.bucket.createUpload("a").uploadId, 1, bytes.slice(0, MIB));
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.foundBytes, 0);
  assertEquals(world.destination.bucket.uploads.size, 1);
});

Deno.test("somebody else's object that appeared meanwhile is not overwritten", async () => {
  for (const sizeBytes of [100, 4 * MIB]) {
    const world = fakeWorld();
    world.source.bucket.put("a", randomBytes(sizeBytes, 14));
    const transfer = transferOf(world, "a");
    world.destination.bucket.put("a", randomBytes(sizeBytes, 15));
    const result = await run(world, transfer);
    assert(result.outcome === "failed");
    assertEquals(result.error.kind, "conflict");
    assertEquals(world.destination.bucket.objects.get("a")?.content, randomBytes(sizeBytes, 15));
  }
});

Deno.test("a store that refuses the copied storage class gets the object without it, and says so", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(4 * MIB, 16), { headers: { storageClass: "STANDARD_IA" } });
  const refuse = (operation: string) => {
    if (operation === "create" && !refused) {
      refused = true;
      throw new TransferError("unsupported", "InvalidStorageClass", { code: "InvalidStorageClass" });
    }
  };
  let refused = false;
  world.destination.fault = refuse;
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.notCarried, ["storage class STANDARD_IA: the destination refuses it"]);
});

Deno.test("a same-endpoint copy moves no bytes", async () => {
  const world = fakeWorld({ rules: { serverSideCopy: true } });
  world.source.bucket.put("small", randomBytes(100, 17));
  world.source.bucket.putParts("large", randomBytes(4 * MIB, 18), MIB);
  for (const key of ["small", "large"]) {
    const result = await runDone(world, transferOf(world, key, { destinationKey: `copy of ${key}` }));
    assertEquals([result.way, result.evidence, result.effort.movedBytes], ["server-side copy", "etag", 0], key);
    assertEquals(world.source.bucket.objects.get(`copy of ${key}`)?.etag, world.source.bucket.objects.get(key)?.etag);
  }
  assertEquals(world.wire.log, []);
});

Deno.test("a same-endpoint copy goes in parts above copy_threshold, and still moves no bytes", async () => {
  const world = fakeWorld({ rules: { serverSideCopy: true, copyThresholdBytes: 2 * MIB, partSizeBytes: MIB } });
  for (const [key, parts] of [["at", 1], ["above", 3]] as const) {
    world.source.bucket.put(key, randomBytes(2 * MIB + parts - 1, 18));
    const result = await runDone(world, transferOf(world, key, { destinationKey: `copy of ${key}` }));
    assertEquals([result.way, result.effort.movedBytes, result.effort.parts > 1], ["server-side copy", 0, parts > 1], key);
    assertEquals(world.source.bucket.objects.get(`copy of ${key}`)?.content, world.source.bucket.objects.get(key)?.content);
  }
  assertEquals(world.wire.log, []);
});

Deno.test("a same-endpoint copy in parts does not believe a part's checksum that is the whole source's", async () => {
  const world = fakeWorld({ rules: { serverSideCopy: true, copyThresholdBytes: MIB, partSizeBytes: MIB } });
  const bytes = randomBytes(3 * MIB, 18);
  const whole = { algorithm: "crc32", value: crc32Base64(bytes), type: "full" } as const;
  world.source.bucket.put("a", bytes, { checksums: [whole] });
  const copyPart = world.source.copyPart.bind(world.source);
  world.source.copyPart = async (...asked) => ({ ...await copyPart(...asked), checksums: [whole] });
  const result = await runDone(world, transferOf(world, "a", { destinationKey: "b" }));
  assertEquals([result.way, result.effort.retries], ["server-side copy", 0]);
  assertEquals(world.source.bucket.objects.get("b")?.content, bytes);
});

Deno.test("a same-endpoint copy whose ETag is another is looked at, and made once more when its bytes are others", async () => {
  const world = fakeWorld({ rules: { serverSideCopy: true } });
  world.source.bucket.put("a", randomBytes(100, 17));
  const copyObject = world.source.copyObject.bind(world.source);
  world.source.copyObject = async (...args) => ({ ...await copyObject(...args), etag: "0".repeat(32) });
  assertEquals((await runDone(world, transferOf(world, "a", { destinationKey: "b" }))).evidence, "etag");
  let copies = 0;
  world.source.copyObject = async (from, key, options) => {
    const answer = await copyObject(from, key, options);
    return copies++ > 0 ? answer : { ...answer, etag: world.source.bucket.put(key, randomBytes(100, 18)).etag };
  };
  const again = await runDone(world, transferOf(world, "a", { destinationKey: "c" }));
  assertEquals([again.evidence, again.effort.retries, world.source.bucket.objects.get("c")?.etag], [
    "etag",
    1,
    world.source.bucket.objects.get("a")?.etag,
  ]);
  world.source.copyObject = (from, key, options) =>
    copyObject(from, key, options).then((answer) => ({ ...answer, etag: world.source.bucket.put(key, randomBytes(100, 18)).etag }));
  const failed = await run(world, transferOf(world, "a", { destinationKey: "d" }));
  assertEquals(failed.outcome === "failed" && failed.error.kind, "integrity");
});

Deno.test("a download counts the marks of its partial file and is hashed before it gets its name", async () => {
  const world = fakeWorld({ destinationIsLocal: true });
  const bytes = randomBytes(5 * MIB, 19);
  world.source.bucket.put("a", bytes);
  const stop = new AbortController();
  world.wire.fault = (_operation, detail, part) => {
    if (detail === "3") stop.abort();
    return part;
  };
  await run(world, transferOf(world, "a"), stop.signal);
  world.wire.fault = (_operation, _detail, part) => part;
  const result = await runDone({ ...world, rules: { ...world.rules, partSizeBytes: 2 * MIB } }, transferOf(world, "a"));
  assert(result.effort.foundBytes > 0);
  assertEquals(result.effort.foundBytes + result.effort.movedBytes, 5 * MIB);
  assertEquals([result.evidence, result.digest], ["hashed", "md5"]);
});

Deno.test("a tampered partial file is not believed", async () => {
  const world = fakeWorld({ destinationIsLocal: true });
  world.source.bucket.put("a", randomBytes(5 * MIB, 19));
  const stop = new AbortController();
  world.wire.fault = (_operation, detail, part) => {
    if (detail === "3") stop.abort();
    return part;
  };
  await run(world, transferOf(world, "a"), stop.signal);
  for (const part of [...world.destination.bucket.uploads.values()][0]?.parts.values() ?? []) part.content.fill(0);
  world.wire.fault = (_operation, _detail, part) => part;
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.foundBytes, 0);
  assertSame(world, "a");
});

Deno.test("verify = full: a download that arrives changed never takes the place of what is there", async () => {
  const world = fakeWorld({ destinationIsLocal: true, rules: { verify: "full" } });
  world.source.bucket.put("a", randomBytes(4 * MIB, 19));
  world.destination.bucket.put("a", randomBytes(100, 18));
  const old = world.destination.bucket.objects.get("a");
  world.wire.fault = (operation, detail, bytes) => operation === "part" && detail === "2" ? bytes.map((byte) => byte ^ 1) : bytes;
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "failed" && result.error.kind === "integrity");
  assertEquals(world.destination.bucket.objects.get("a"), old);
});

Deno.test("verify = full reads the destination again", async () => {
  const world = fakeWorld({ rules: { verify: "full" } });
  world.source.bucket.put("a", randomBytes(4 * MIB, 20));
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.evidence, result.digest], ["full", "md5"]);
  assert(world.wire.log.includes("digest destination 0"));
});

for (const changes of [2, 3]) {
  const end = changes < 3 ? "is sent again" : "fails after three rounds and stays where it is";
  Deno.test(`verify = full: an object whose bytes are changed ${changes} times after it was written ${end}`, async () => {
    const world = fakeWorld({ rules: { verify: "full" } });
    world.source.bucket.put("a", randomBytes(100, 20));
    let left = changes;
    const digest = world.wire.digest.bind(world.wire);
    world.wire.digest = async (side, request) => {
      const digests = await digest(side, request);
      return side === "destination" && left-- > 0 ? { ...digests, md5: "0".repeat(32) } : digests;
    };
    const result = await run(world, transferOf(world, "a"));
    assertEquals([result.outcome, result.effort.movedBytes], [changes < 3 ? "done" : "failed", 300]);
    assertEquals(world.destination.bucket.objects.size, 1);
  });
}

Deno.test("a cancel never aborts the upload, and its id is reported", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(6 * MIB, 21));
  const stop = new AbortController();
  world.destination.fault = (operation) => {
    if (operation === "complete") stop.abort(), stop.signal.throwIfAborted();
  };
  const result = await run(world, transferOf(world, "a"), stop.signal);
  assert(result.outcome === "cancelled");
  assertEquals(result.uploadId, "destination-1");
  assertEquals(world.destination.bucket.uploads.size, 1);
});

Deno.test("an archived object is reported with its storage class", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(4 * MIB, 22));
  const head = world.source.head.bind(world.source);
  world.source.head = async (key, options) => {
    const details = await head(key, options);
    return details && { ...details, archived: true, storageClass: "GLACIER" };
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "failed");
  assertStringIncludes(result.error.message, "GLACIER");
});
