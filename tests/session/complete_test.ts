/** How transfers end on the fake world: the whole is proved, and an unclear answer to Complete is looked into. */
import { assertEquals } from "@std/assert";
import { MIB } from "../../lib/limits.ts";
import { randomBytes } from "../store/contents.ts";
import { crc32Base64 } from "../store/digests.ts";
import { fakeWorld, transferOf } from "./fake_world.ts";
import { assertSame, failOnce, run, runDone } from "./transfer_runs.ts";

Deno.test("a stored checksum of the source is what the destination is held to", async () => {
  const world = fakeWorld();
  const bytes = randomBytes(4 * MIB, 11);
  world.source.bucket.put("a", bytes, { checksums: [{ algorithm: "crc32", value: crc32Base64(bytes), type: "full" }] });
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals([result.evidence, result.digest], ["checksum", "crc32"]);
});

Deno.test("a part that arrives changed is caught by the source's checksum and all is sent again", async () => {
  const world = fakeWorld();
  const bytes = randomBytes(4 * MIB, 11);
  world.source.bucket.put("a", bytes, { checksums: [{ algorithm: "crc32", value: crc32Base64(bytes), type: "full" }] });
  let flips = 1;
  world.wire.fault = (_operation, detail, part) => detail === "2" && flips-- > 0 ? part.map((byte) => byte ^ 4) : part;
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.movedBytes, 8 * MIB);
  assertSame(world, "a");
});

Deno.test("Complete that worked but whose answer was lost is found by a look", async () => {
  for (const kind of ["network", "server", "uploadLost"] as const) {
    const world = fakeWorld();
    world.source.bucket.putParts("a", randomBytes(4 * MIB, 12), MIB);
    const lose = failOnce(kind, "complete");
    world.destination.faultAfter = lose;
    const result = await runDone(world, transferOf(world, "a"));
    assertEquals(result.effort.movedBytes, 4 * MIB, kind);
    assertEquals(world.destination.log.filter((line) => line.startsWith("complete")).length, 1, kind);
    assertSame(world, "a");
  }
});

Deno.test("Complete that failed before it worked is sent again", async () => {
  const world = fakeWorld();
  world.source.bucket.putParts("a", randomBytes(4 * MIB, 12), MIB);
  world.destination.fault = failOnce("server", "complete");
  const result = await runDone(world, transferOf(world, "a"));
  assertEquals(result.effort.movedBytes, 4 * MIB);
  assertEquals(world.destination.log.filter((line) => line.startsWith("complete")).length, 2);
});

Deno.test("an upload that expires while parts are sent is begun anew, once", async () => {
  const world = fakeWorld();
  world.source.bucket.putParts("a", randomBytes(4 * MIB, 12), MIB);
  let once = true;
  world.wire.fault = (_operation, detail, bytes) => {
    if (detail === "3" && once) {
      once = false;
      world.destination.bucket.uploads.clear();
    }
    return bytes;
  };
  await runDone(world, transferOf(world, "a"));
  assertEquals(world.destination.log.filter((line) => line.startsWith("create")).length, 2);
  assertSame(world, "a");
});

Deno.test("two runs at once: the one that comes late finds the object done", async () => {
  const world = fakeWorld();
  world.source.bucket.putParts("a", randomBytes(4 * MIB, 13), MIB);
  const results = await Promise.all([run(world, transferOf(world, "a")), run(world, transferOf(world, "a"))]);
  assertEquals(results.map((result) => result.outcome), ["done", "done"]);
  assertSame(world, "a");
});
