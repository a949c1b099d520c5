/**
 * Sessions over objects of terabytes, simulated: every part once, 10,000 of them at most, a resume that sends the one part that is missing,
 * and neither time nor memory that grows with the object.
 */
import { assert, assertEquals } from "@std/assert";
import { GIB, MIB, TIB } from "../../lib/limits.ts";
import type { Transfer } from "../../lib/types.ts";
import { run, runDone } from "../session/transfer_runs.ts";
import { transferOf } from "../session/fake_world.ts";
import { addUpload, layoutOf, sparse, sparseWorld } from "./sparse_store.ts";

const PARTS = 10_000;
/** What a part may cost, held to by a table of parts of twice this. */
const BYTES_A_PART_MAX = 8192;

for (const [label, sizeBytes] of [["5 TiB", 5 * TIB], ["48.8 TiB", PARTS * 5 * GIB]] as const) {
  Deno.test(`an object of ${label} in 10,000 parts arrives whole, each part sent once, with the source's ETag`, async () => {
    const world = sparseWorld();
    const layout = layoutOf(sizeBytes, PARTS);
    world.source.bucket.put("k", sparse(layout.sizeBytes), { partSizeBytes: layout.partSizeBytes });
    const transfer = transferOf(world, "k");
    const before = Deno.memoryUsage().heapUsed;
    const result = await runDone(world, transfer);
    assert(Deno.memoryUsage().heapUsed - before < 2 * PARTS * BYTES_A_PART_MAX, "The heap grew beyond some KiB a part");
    assertEquals([result.evidence, result.digest], ["etag", "md5"]);
    assertEquals([world.wire.ranges.length, world.wire.movedBytes], [PARTS, sizeBytes]);
    let next = 0;
    for (const { first, last } of world.wire.ranges.toSorted((one, other) => one.first - other.first)) {
      assertEquals(first, next);
      next = last + 1;
    }
    assertEquals(next, sizeBytes);
    assertEquals(world.destination.bucket.objects.get("k")?.etag, transfer.source.etag);
  });
}

for (const missing of [1, 5000, PARTS]) {
  Deno.test(`5 TiB of which 9,999 parts are there: part ${missing} alone is sent, after ten pages of ListParts`, async () => {
    const world = sparseWorld();
    const layout = layoutOf(5 * TIB, PARTS);
    world.source.bucket.put("k", sparse(layout.sizeBytes), { partSizeBytes: layout.partSizeBytes });
    const transfer = transferOf(world, "k");
    const there = Array.from({ length: PARTS }, (_, index) => index + 1).filter((number) => number !== missing);
    addUpload(world, layout, there);
    let pages = 0;
    const listParts = world.destination.listParts.bind(world.destination);
    world.destination.listParts = async function* (...asked) {
      for await (const page of listParts(...asked)) {
        pages++;
        yield page;
      }
    };
    const result = await runDone(world, transfer);
    assertEquals(world.wire.ranges.length, 1);
    assertEquals(result.effort.movedBytes, world.wire.movedBytes);
    assertEquals(result.effort.foundBytes, 5 * TIB - world.wire.movedBytes);
    assertEquals(pages, 10);
    assertEquals(world.destination.bucket.objects.get("k")?.etag, transfer.source.etag);
  });
}

Deno.test("an object of 5 TiB with a plain ETag is cut anew, and its upload is taken over by its part size", async () => {
  const world = sparseWorld();
  const etag = "0cc175b9c0f1b6a831c399e269772661";
  world.source.bucket.put("k", sparse(5 * TIB), { etag });
  const transfer: Transfer = transferOf(world, "k");
  const stop = new AbortController();
  world.wire.onMoved = (count) => count === 3000 && stop.abort();
  assertEquals((await run(world, transfer, stop.signal)).outcome, "cancelled");
  const sent = world.wire.movedBytes;
  const partsSent = world.wire.ranges.length;
  assert(sent >= 2000 * 512 * MIB && sent < 5 * TIB, `${sent} bytes`);
  world.wire.onMoved = () => {};
  const result = await runDone(world, transfer);
  assertEquals(world.wire.movedBytes, 5 * TIB, "Sent in both runs together");
  assertEquals(result.effort.foundBytes, sent);
  assertEquals(world.wire.readAgain.length, partsSent, "Parts proved by reading the source");
});

Deno.test("an object of one byte more than the destination takes fails alone, and nothing is begun for it", async () => {
  const world = sparseWorld();
  const etag = "0cc175b9c0f1b6a831c399e269772661";
  const sizeBytes = PARTS * 5 * GIB + 1;
  world.source.bucket.put("k", sparse(sizeBytes), { etag });
  const result = await run(world, transferOf(world, "k"));
  assert(result.outcome === "failed" && result.error.kind === "unsupported", JSON.stringify(result));
  assertEquals(world.destination.bucket.uploads.size, 0);
});
