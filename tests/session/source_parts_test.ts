/** Sources that were uploaded in parts: their true sizes are followed, and what is downloaded is held against the MD5 over them. */
import { assert, assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { KIB, MIB } from "../../lib/limits.ts";
import { randomBytes } from "../store/contents.ts";
import { fakeWorld, transferOf } from "./fake_world.ts";
import { assertSame, run, runDone } from "./transfer_runs.ts";

Deno.test("parts of unequal sizes are kept, so that the ETag stays equal, and are sent once", async () => {
  for (const sizes of [[6, 5, 5], [2, 9, 5], [4, 4, 4, 1, 3]]) {
    const world = fakeWorld();
    const { etag } = world.source.bucket.putParts("a", randomBytes(16 * MIB, 1), ...sizes.map((size) => size * MIB));
    const result = await runDone(world, transferOf(world, "a"));
    assertEquals([result.evidence, result.etag, result.effort.movedBytes], ["etag", etag, 16 * MIB], sizes.join());
    assertSame(world, "a");
  }
});

for (const tells of [true, false]) {
  const end = tells ? "their true sizes" : "the token layout where these cannot be had";
  Deno.test(`unequal parts whose first and last sizes hide the others are sent again by ${end}, once`, async () => {
    const world = fakeWorld();
    const { etag } = world.source.bucket.putParts("a", randomBytes(16 * MIB, 1), 5 * MIB, 6 * MIB, 4 * MIB, MIB);
    const head = world.source.head.bind(world.source);
    world.source.head = (key, options) => {
      const refused = !tells && options?.partNumber === 2;
      return refused ? Promise.reject(new TransferError("unsupported", "No such part")) : head(key, options);
    };
    const result = await runDone(world, transferOf(world, "a"));
    assertEquals([result.evidence, result.etag === etag], tells ? ["etag", true] : ["hashed", false]);
    assertSame(world, "a");
    assertEquals(world.destination.bucket.uploads.size, 0);
  });
}

Deno.test("a byte that flips each time fails the object: parts that were asked for their sizes do not make the source's MD5", async () => {
  for (const destinationIsLocal of [false, true]) {
    const world = fakeWorld({ destinationIsLocal });
    world.source.bucket.putParts("a", randomBytes(4 * MIB, 1), MIB);
    const changed = randomBytes(4 * MIB, 2);
    const { etag } = world.source.bucket.objects.get("a")!;
    const transfer = transferOf(world, "a");
    world.wire.fault = () => changed.slice(0, MIB);
    const result = await run(world, transfer);
    assertEquals(result.outcome === "failed" && result.error.kind, "integrity");
    assertEquals([world.destination.bucket.objects.has("a"), world.source.bucket.objects.get("a")?.etag], [false, etag]);
  }
});

Deno.test("a flipped byte in a download of a multipart object is fetched again, whatever its size", async () => {
  for (const sizes of [[700 * KIB], [300 * KIB], [2 * MIB, MIB, 3 * MIB], [8 * MIB]]) {
    const world = fakeWorld({ destinationIsLocal: true });
    world.source.bucket.putParts("a", randomBytes(sizes.length > 1 ? 6 * MIB : 900 * KIB, 1), ...sizes);
    let flips = 1;
    world.wire.fault = (_operation, _detail, part) => flips-- > 0 ? part.map((byte, index) => index === 9 ? byte ^ 1 : byte) : part;
    const result = await runDone(world, transferOf(world, "a"));
    assertEquals([result.evidence, result.digest], ["hashed", "md5"], sizes.join());
    assertSame(world, "a");
  }
});

Deno.test("a resumed download of a multipart object is held against its MD5, found parts and all", async () => {
  const world = fakeWorld({ destinationIsLocal: true });
  world.source.bucket.putParts("a", randomBytes(5 * MIB, 19), MIB);
  const stop = new AbortController();
  world.wire.fault = (_operation, detail, part) => {
    if (detail === "3") stop.abort();
    return part;
  };
  await run(world, transferOf(world, "a"), stop.signal);
  const [upload] = world.destination.bucket.uploads.values();
  assert(upload !== undefined && upload.parts.size > 0);
  const [first] = upload.parts.values();
  first!.content[5]! ^= 1;
  world.wire.fault = (_operation, _detail, part) => part;
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.evidence, result.digest], ["hashed", "md5"]);
  assertSame(world, "a");
});

Deno.test("verify = size reads nothing again and asks for no part sizes", async () => {
  const world = fakeWorld({ destinationIsLocal: true, rules: { verify: "size" } });
  world.source.bucket.putParts("a", randomBytes(5 * MIB, 1), 700 * KIB);
  assertEquals((await runDone(world, transferOf(world, "a"))).evidence, "size");
  assertEquals(world.source.log.filter((line) => line.startsWith("head")).length, 1);
});
