/** What an unclear answer may leave at the destination, and what another's upload may hold. */
import { assert, assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { MIB } from "../../lib/limits.ts";
import { Habits } from "../../lib/session/transfer_work.ts";
import { runTransfer } from "../../lib/session/run_transfer.ts";
import type { Transfer, TransferResult } from "../../lib/types.ts";
import { BYTES, md5, randomBytes } from "../store/contents.ts";
import { crc32Base64 } from "../store/digests.ts";
import { CAPABILITIES } from "../store/store_traits.ts";
import { emptyLedger, FakeWire, type FakeWorld, fakeWorld, storeOf, transferOf } from "./fake_world.ts";

function run(world: FakeWorld, transfer: Transfer): Promise<TransferResult> {
  return runTransfer(world, transfer, new Habits(), new AbortController().signal, emptyLedger());
}

/** The first answer to this operation is lost after its work was done. */
function loseOnce(operation: string): (asked: string) => void {
  let left = 1;
  return (asked) => {
    if (asked === operation && left-- > 0) throw new TransferError("network", "The connection broke");
  };
}

Deno.test("parts in another's upload are proved where the destination's ETags are no MD5s", async () => {
  const plain = fakeWorld();
  const destination = storeOf(BYTES, "destination", { capabilities: { ...CAPABILITIES, ownDigests: [], checksums: [] } });
  const world = { ...plain, destination, wire: new FakeWire(plain.source, destination) };
  const { content: bytes } = world.source.bucket.putParts("a", randomBytes(4 * MIB, 1), MIB);
  const { uploadId } = destination.bucket.createUpload("a");
  for (const partNumber of [1, 2, 3, 4]) destination.bucket.putPart(uploadId, partNumber, randomBytes(MIB, 10 + partNumber));
  const result = await run(world, transferOf(world, "a"));
  assertEquals(result.outcome, "done");
  assertEquals(md5(destination.bucket.objects.get("a")?.content ?? new Uint8Array()), md5(bytes));
});

Deno.test("an upload that another run begins while this one works is told of: no later run looks for it", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(4 * MIB, 1));
  let other = "";
  world.destination.faultAfter = (operation) => {
    if (operation !== "create") return;
    other = world.destination.bucket.createUpload("a").uploadId;
    world.destination.bucket.putPart(other, 1, randomBytes(MIB, 2));
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.otherUploads, [other]);
});

for (const unfinished of ["resume", "keep"] as const) {
  Deno.test(`an upload whose create was not answered is used and not left behind (unfinished = ${unfinished})`, async () => {
    const world = fakeWorld({ rules: { unfinished } });
    world.source.bucket.put("a", randomBytes(4 * MIB, 1));
    const stranger = world.destination.bucket.createUpload("a", { checksum: { algorithm: "sha256", type: "composite" } });
    world.destination.faultAfter = loseOnce("create");
    const result = await run(world, transferOf(world, "a"));
    assert(result.outcome === "done", JSON.stringify(result));
    assertEquals(result.otherUploads, [stranger.uploadId]);
    assertEquals([...world.destination.bucket.uploads.keys()], [stranger.uploadId]);
  });
}

Deno.test("verify = size: a part of an older version of the same size is not taken where its form has no token", async () => {
  const world = fakeWorld({ rules: { verify: "size" } });
  world.source.bucket.put("a", randomBytes(MIB, 1));
  const stop = new AbortController();
  world.destination.fault = (operation) => {
    if (operation === "complete") stop.abort(), stop.signal.throwIfAborted();
  };
  const first = await runTransfer(world, transferOf(world, "a"), new Habits(), stop.signal, emptyLedger());
  assertEquals([first.outcome, world.destination.bucket.uploads.size], ["cancelled", 1]);

  world.destination.fault = () => {};
  const { content: bytes } = world.source.bucket.put("a", randomBytes(MIB, 2));
  const second = await run(world, transferOf(world, "a"));
  assertEquals([second.outcome, second.effort.foundBytes], ["done", 0]);
  assertEquals(md5(world.destination.bucket.objects.get("a")?.content ?? new Uint8Array()), md5(bytes));
});

Deno.test("an upload that appears after its create seemed to fail is reported", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(4 * MIB, 1));
  let late: string | undefined;
  let refused = false;
  world.destination.fault = (operation) => {
    if (operation === "create" && !refused) {
      refused = true;
      throw new TransferError("network", "No answer");
    }
    if (operation === "complete") late = world.destination.bucket.createUpload("a").uploadId;
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.otherUploads, [late ?? "none"]);
});

Deno.test("an upload that another run ends meanwhile does not keep a late one from being reported", async () => {
  const world = fakeWorld();
  world.source.bucket.put("a", randomBytes(4 * MIB, 1));
  let refused = false;
  const meanwhile: string[] = [];
  world.destination.fault = (operation, detail) => {
    if (operation === "create" && !refused) {
      refused = true;
      throw new TransferError("network", "No answer");
    }
    if (operation === "complete") {
      for (let one = 0; one < 2; one++) meanwhile.push(world.destination.bucket.createUpload("a").uploadId);
    }
    if (operation === "listParts" && detail === meanwhile[1]) throw new TransferError("uploadLost", "NoSuchUpload");
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.otherUploads, meanwhile.slice(0, 1));
});

Deno.test("an upload whose parts are answered with a page of something in between is passed over", async () => {
  const world = fakeWorld({ retries: 0 });
  world.source.bucket.put("a", randomBytes(4 * MIB, 1));
  const { uploadId } = world.destination.bucket.createUpload("a");
  world.destination.fault = (operation, detail) => {
    if (operation === "listParts" && detail === uploadId) throw new TransferError("server", "this is no list of parts");
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
});

Deno.test("who finds that another run has completed the object ends its own upload", async () => {
  const world = fakeWorld();
  const { content: bytes } = world.source.bucket.putParts("a", randomBytes(4 * MIB, 1), MIB);
  world.destination.fault = (operation) => {
    if (operation === "complete") world.destination.bucket.putParts("a", bytes, MIB);
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.evidence, "etag");
  assertEquals(world.destination.bucket.uploads.size, 0);
});

Deno.test("a declared upload whose server wants a checksum of each part is begun anew, and reported when it cannot be ended", async () => {
  const world = fakeWorld({ retries: 0 });
  const bytes = randomBytes(4 * MIB, 1);
  world.source.bucket.put("a", bytes, { etag: "opaque", checksums: [{ algorithm: "crc32", value: crc32Base64(bytes), type: "full" }] });
  world.wire.fault = (operation, _detail, sent) => {
    const upload = [...world.destination.bucket.uploads.values()].at(-1);
    if (operation === "part" && upload?.declared !== undefined) throw new TransferError("unsupported", "Missing checksum for the part");
    return sent;
  };
  world.destination.fault = (operation) => {
    if (operation === "abort") throw new TransferError("server", "InternalError");
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.otherUploads, [...world.destination.bucket.uploads.keys()]);
  assertEquals(result.otherUploads.length, 1);
});

Deno.test("an upload of no more use that cannot be ended is reported, and the object is done", async () => {
  const world = fakeWorld({ retries: 0 });
  const { content: bytes } = world.source.bucket.putParts("a", randomBytes(4 * MIB, 1), MIB);
  world.destination.fault = (operation) => {
    if (operation === "complete") world.destination.bucket.putParts("a", bytes, MIB);
    if (operation === "abort") throw new TransferError("server", "InternalError");
  };
  const result = await run(world, transferOf(world, "a"));
  assert(result.outcome === "done", JSON.stringify(result));
  assertEquals(result.otherUploads, [...world.destination.bucket.uploads.keys()]);
});
