/** What a worker learns of its stores by their refusals. */
import { assert, assertEquals } from "@std/assert";
import { ERROR_RULES, TransferError } from "../../lib/errors.ts";
import { MIB } from "../../lib/limits.ts";
import { asksForDigest } from "../../lib/session/transfer_work.ts";
import { randomBytes } from "../store/contents.ts";
import { fakeWorld, transferOf } from "./fake_world.ts";
import { assertSame, run, runDone } from "./transfer_runs.ts";

const LOCKED = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters";

Deno.test("asksForDigest() knows the refusal of a bucket with retention, and no other", () => {
  assert(asksForDigest(new TransferError("unsupported", `Cannot write: ${LOCKED}`)));
  assert(!asksForDigest(new TransferError("unsupported", "A header you provided implies functionality that is not implemented")));
  assert(!asksForDigest(new TransferError("integrity", "BadDigest: the Content-MD5 you specified did not match")));
});

Deno.test("a destination that wants a digest with everything gets one from then on, in every mode", async () => {
  for (const verify of ["auto", "checksum", "size"] as const) {
    for (const sizeBytes of [100, 4 * MIB]) {
      const world = fakeWorld({ rules: { verify } });
      world.source.bucket.put("a", randomBytes(sizeBytes, 1));
      const { movePart, moveObject } = world.wire;
      world.wire.movePart = (move, signal) =>
        move.guard === undefined ? Promise.reject(new TransferError("unsupported", LOCKED)) : movePart.call(world.wire, move, signal);
      world.wire.moveObject = (move, signal) =>
        move.guard !== "always" ? Promise.reject(new TransferError("unsupported", LOCKED)) : moveObject.call(world.wire, move, signal);
      await runDone(world, transferOf(world, "a"));
      assertSame(world, "a");
      assertEquals(world.destination.bucket.uploads.size, 0);
    }
  }
});

Deno.test("a destination that does not list uploads only costs the resume, which is said", async () => {
  for (const kind of ["denied", "config", "notFound", "uploadLost", "server", "unsupported"] as const) {
    const world = fakeWorld({ retries: 1 });
    world.source.bucket.put("a", randomBytes(4 * MIB, 1));
    world.destination.fault = (operation) => {
      if (operation === "listUploads") throw new TransferError(kind, "Refused");
    };
    const result = await runDone(world, transferOf(world, "a"));
    assertEquals(result.notCarried, [`resume: the destination does not list unfinished uploads (${ERROR_RULES[kind].words})`], kind);
    assertSame(world, "a");
  }
});

Deno.test("a list of uploads that is refused for its signature is asked for once more: it may have been damaged", async () => {
  for (const refusals of [1, 2]) {
    const world = fakeWorld({ retries: 1 });
    world.source.bucket.put("a", randomBytes(4 * MIB, 1));
    let left = refusals;
    world.destination.fault = (operation) => {
      if (operation === "listUploads" && left-- > 0) throw new TransferError("credentials", "SignatureDoesNotMatch");
    };
    const { notCarried = [] } = await runDone(world, transferOf(world, "a"));
    assertEquals(notCarried.length, refusals - 1);
    assertSame(world, "a");
  }
});

Deno.test("a source whose If-Match never holds is read all the same, and one that has changed is not", async () => {
  for (const sizeBytes of [100, 4 * MIB]) {
    const world = fakeWorld();
    world.source.bucket.put("a", randomBytes(sizeBytes, 1));
    const refuse = (pin: { unmatched?: true }) => pin.unmatched ? undefined : new TransferError("sourceChanged", "PreconditionFailed");
    const { movePart, moveObject } = world.wire;
    world.wire.movePart = (move, signal) => refused(refuse(move.pin)) ?? movePart.call(world.wire, move, signal);
    world.wire.moveObject = (move, signal) => refused(refuse(move.source)) ?? moveObject.call(world.wire, move, signal);
    await runDone(world, transferOf(world, "a"));
    assertSame(world, "a");
    const transfer = transferOf(world, "a", { destinationKey: "b" });
    world.source.bucket.put("a", randomBytes(sizeBytes, 2));
    const result = await run(world, transfer);
    assertEquals(result.outcome === "failed" && result.error.kind, "sourceChanged");
  }
});

function refused(error: TransferError | undefined): Promise<never> | undefined {
  return error && Promise.reject(error);
}

Deno.test("a destination whose If-Match never holds is written to when it still has the version that was seen", async () => {
  for (const sizeBytes of [100, 4 * MIB]) {
    const world = fakeWorld();
    world.source.bucket.put("a", randomBytes(sizeBytes, 1));
    const { etag } = world.destination.bucket.put("a", randomBytes(sizeBytes, 2));
    world.destination.bucket.check = (key, condition) => {
      if (condition !== undefined) throw new TransferError("conflict", "Precondition failed", { key });
    };
    await runDone(world, transferOf(world, "a", { reason: "etag differs", replaces: { key: "a", sizeBytes, etag } }));
    assertSame(world, "a");
    const other = { key: "a", sizeBytes, etag: "another" };
    world.source.bucket.put("a", randomBytes(sizeBytes, 3));
    const result = await run(world, transferOf(world, "a", { reason: "etag differs", replaces: other }));
    assertEquals(result.outcome === "failed" && result.error.kind, "conflict");
  }
});

Deno.test("tags are read only for a destination that takes them; refused ones are reported", async () => {
  const refuse = (operation: string) => {
    if (operation === "readTags") throw new TransferError("denied", "AccessDenied");
  };
  for (const destinationIsLocal of [true, false]) {
    const world = fakeWorld({ destinationIsLocal });
    world.source.bucket.put("a", randomBytes(100, 1), { tags: { team: "a" } });
    world.source.fault = refuse;
    const { notCarried } = await runDone(world, transferOf(world, "a"));
    const asked = world.source.log.filter((line) => line.startsWith("readTags")).length;
    assertEquals([asked, notCarried.length], destinationIsLocal ? [0, 0] : [1, 1]);
    assertEquals(notCarried[0]?.includes("tags = none"), destinationIsLocal ? undefined : true);
  }
});
