/** Store to store: what goes wrong is told by its right name, on the right side, and nothing is left running. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { TransferError } from "../../lib/errors.ts";
import type { ErrorKind } from "../../lib/types.ts";
import { type Answer, holder, keeper, objectOf, partOf, sampleBytes, scriptedStore, withWire } from "./scripted_store.ts";

const NEVER = new AbortController().signal;
const SIZE = 24 * 2 ** 20;
const SAMPLE = sampleBytes(SIZE);
const KEEP: Answer = keeper(new Map());

async function failPart(source: Answer, destination: Answer, more: Partial<Parameters<typeof partOf>[2]> & { timeoutMs?: number } = {}) {
  const { timeoutMs, ...part } = more;
  await using from = await scriptedStore(source);
  await using to = await scriptedStore(destination);
  const error = await withWire(
    from.ready,
    to.ready,
    (wire) => assertRejects(() => wire.movePart(partOf("k", SIZE, part), NEVER), TransferError),
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  return { error, gets: from.seen, puts: to.seen };
}

function refuse(status: number, code: string): Answer {
  return (_request, response) => {
    response.writeHead(status);
    response.end(`<Error><Code>${code}</Code><Message>No</Message></Error>`);
  };
}

const READ_REFUSALS: readonly (readonly [number, string, ErrorKind])[] = [
  [412, "PreconditionFailed", "sourceChanged"],
  [416, "InvalidRange", "sourceChanged"],
  [404, "NoSuchKey", "notFound"],
  [403, "InvalidObjectState", "archived"],
  [403, "AccessDenied", "denied"],
  [403, "SignatureDoesNotMatch", "credentials"],
  [503, "SlowDown", "throttled"],
  [500, "InternalError", "server"],
];

for (const [status, code, kind] of READ_REFUSALS) {
  Deno.test(`movePart() calls ${status} ${code} of the source ${kind} and sends nothing`, async () => {
    const { error, puts } = await failPart(refuse(status, code), KEEP);
    assertEquals([error.kind, error.status, error.code, error.key], [kind, status, code, "k"]);
    assertStringIncludes(error.message, "Cannot read s3://bucket/k");
    assertEquals(puts.length, 0);
  });
}

Deno.test("movePart() does not follow a redirect of the source", async () => {
  const { error, gets, puts } = await failPart((_request, response) => {
    response.writeHead(307, { location: "/bucket/other" });
    response.end();
  }, KEEP);
  assertEquals([error.kind, gets.length, puts.length], ["config", 1, 0]);
});

for (const range of [{ first: 0, last: SIZE - 2 }, { first: 1, last: SIZE - 1 }]) {
  Deno.test(`movePart() refuses a store that ignores the range ${range.first}-${range.last} and responds 200`, async () => {
    const { error, puts } = await failPart(
      (_request, response) => {
        response.writeHead(200, { "content-length": SIZE });
        response.end(SAMPLE);
      },
      KEEP,
      { range },
    );
    assertEquals([error.kind, puts.length], ["unsupported", 0]);
  });
}

const WRONG_RANGES = [`bytes 1-${SIZE}/${SIZE + 1}`, `bytes 0-${SIZE}/${SIZE + 1}`, `0-${SIZE - 1}/${SIZE}`, ""];
for (const range of WRONG_RANGES) {
  Deno.test(`movePart() refuses the Content-Range "${range}" for another`, async () => {
    const { error, puts } = await failPart((_request, response) => {
      response.writeHead(206, { "content-length": SIZE, ...(range !== "" && { "content-range": range }) });
      response.end(SAMPLE);
    }, KEEP);
    assertEquals([error.kind, puts.length], ["integrity", 0]);
  });
}

Deno.test("moveObject() takes another length than planned for a changed source", async () => {
  await using source = await scriptedStore(holder(sampleBytes(10)));
  await using destination = await scriptedStore(KEEP);
  await withWire(source.ready, destination.ready, async (wire) => {
    const error = await assertRejects(() => wire.moveObject(objectOf({ key: "k", sizeBytes: 11 }), NEVER), TransferError);
    assertEquals([error.kind, destination.seen.length], ["sourceChanged", 0]);
  });
});

for (const digests of [[], ["md5"]] as const) {
  const name = digests.length === 0 ? "relayed" : "hashed";
  Deno.test(`a source that is cut is a network failure of the source, and the ${name} PUT never ends well`, async () => {
    let whole = false;
    const { error, puts } = await failPart(
      (_request, response) => {
        response.writeHead(206, { "content-length": SIZE, "content-range": `bytes 0-${SIZE - 1}/${SIZE}` });
        response.write(SAMPLE.subarray(0, SIZE / 2), () => setTimeout(() => response.destroy(), 50));
      },
      (_request, _response, seen) => void seen.body.then(() => whole = true),
      { digests },
    );
    assertEquals([error.kind, error.message.split(":")[0]], ["network", "Cannot read s3"]);
    await puts[0]?.closed;
    assert(!whole);
  });

  for (const [status, code, kind] of [[503, "SlowDown", "throttled"], [403, "AccessDenied", "denied"]] as const) {
    Deno.test(`an early ${status} of the destination is seen while the body is ${name}, and the source is let go`, async () => {
      const { error, gets } = await failPart(holder(SAMPLE), refuse(status, code), { digests });
      assertEquals([error.kind, error.code], [kind, code]);
      assertStringIncludes(error.message, "Cannot write s3://bucket/k");
      await gets[0]?.closed;
    });
  }

  Deno.test(`a destination that breaks off is a network failure of the destination (${name})`, async () => {
    const { error, gets } = await failPart(holder(SAMPLE), (request) => void request.once("data", () => request.socket.destroy()), {
      digests,
    });
    assertEquals(error.kind, "network");
    assert(!error.message.startsWith("Cannot read"), error.message);
    await gets[0]?.closed;
  });

  Deno.test(`a source that stalls ends both requests in time (${name})`, async () => {
    const { error, gets, puts } = await failPart(
      (_request, response) => {
        response.writeHead(206, { "content-length": 1000, "content-range": `bytes 0-999/1000` });
        response.write(SAMPLE.subarray(0, 100));
      },
      (_request, _response, seen) => void seen.body,
      { digests, timeoutMs: 150, range: { first: 0, last: 999 } },
    );
    assertEquals(error.kind, "network");
    assertStringIncludes(error.message, "nothing moved for");
    await Promise.all([gets[0]?.closed, puts[0]?.closed]);
  });

  Deno.test(`a destination that stalls ends both requests in time (${name})`, async () => {
    const { error, gets, puts } = await failPart(holder(SAMPLE), () => {}, { digests, timeoutMs: 150, range: { first: 0, last: 999 } });
    assertEquals(error.kind, "network");
    assertStringIncludes(error.message, "nothing moved for");
    await Promise.all([gets[0]?.closed, puts[0]?.closed]);
  });

  Deno.test(`an interrupt ends both requests at once (${name})`, async () => {
    const begun = Promise.withResolvers<void>();
    await using source = await scriptedStore((_request, response) => {
      response.writeHead(206, { "content-length": SIZE, "content-range": `bytes 0-${SIZE - 1}/${SIZE}` });
      response.write(SAMPLE.subarray(0, 1000));
    });
    await using destination = await scriptedStore((request) => void request.once("data", () => begun.resolve()));
    const stop = new AbortController();
    await withWire(source.ready, destination.ready, async (wire) => {
      const moving = assertRejects(() => wire.movePart(partOf("k", SIZE, { digests }), stop.signal), TransferError);
      await begun.promise;
      stop.abort();
      assertEquals((await moving).kind, "cancelled");
      await Promise.all([source.seen[0]?.closed, destination.seen[0]?.closed]);
    });
  });
}

Deno.test("a source that never answers is a network failure that names it", async () => {
  const { error, puts } = await failPart(() => {}, KEEP, { timeoutMs: 100 });
  assertEquals([error.kind, puts.length], ["network", 0]);
  assertStringIncludes(error.message, "Cannot read s3://bucket/k: nothing moved");
});

Deno.test("a wire that is interrupted already sends nothing", async () => {
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(KEEP);
  await withWire(source.ready, destination.ready, async (wire) => {
    const error = await assertRejects(() => wire.movePart(partOf("k", SIZE), AbortSignal.abort()), TransferError);
    assertEquals([error.kind, source.seen.length, destination.seen.length], ["cancelled", 0, 0]);
  });
});

Deno.test("moveObject() calls a 412 of the destination a conflict and lets the source go", async () => {
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(async (request, response, seen) => {
    await seen.body;
    await refuse(412, "PreconditionFailed")(request, response, seen);
  });
  await withWire(source.ready, destination.ready, async (wire) => {
    const object = objectOf({ key: "k", sizeBytes: SIZE }, { condition: { etag: "old" } });
    const error = await assertRejects(() => wire.moveObject(object, NEVER), TransferError);
    assertEquals([error.kind, destination.seen[0]?.headers["if-match"]], ["conflict", '"old"']);
    await source.seen[0]?.closed;
  });
});

Deno.test("moveObject() lets the source go when the caller cannot tell the headers", async () => {
  await using source = await scriptedStore(holder(SAMPLE));
  await using destination = await scriptedStore(KEEP);
  await withWire(source.ready, destination.ready, async (wire) => {
    const refused = new TransferError("denied", "Cannot read tags");
    const object = objectOf({ key: "k", sizeBytes: SIZE }, { headers: () => Promise.reject(refused) });
    assertEquals(await assertRejects(() => wire.moveObject(object, NEVER)), refused);
    await source.seen[0]?.closed;
    assertEquals(destination.seen.length, 0);
  });
});

Deno.test("a clock that is off is learnt from the store, once", async () => {
  const dates: string[] = [];
  await using source = await scriptedStore((request, response, seen) => {
    dates.push(String(request.headers["x-amz-date"]));
    if (dates.length === 2) return holder(SAMPLE.subarray(0, 10))(request, response, seen);
    response.writeHead(403, { date: "Wed, 21 Oct 2026 07:28:00 GMT" });
    response.end("<Error><Code>RequestTimeTooSkewed</Code></Error>");
  });
  await using destination = await scriptedStore(KEEP);
  await withWire(source.ready, destination.ready, async (wire) => {
    const move = () => wire.movePart(partOf("k", 10), NEVER);
    await move();
    assertEquals((await assertRejects(move, TransferError)).kind, "credentials");
  }, { now: () => 0 });
  assertEquals(dates, ["19700101T000000Z", "20261021T072800Z", "20261021T072800Z"]);
});

Deno.test("digest() reads a stored range and sends nothing", async () => {
  await using source = await scriptedStore(KEEP);
  await using destination = await scriptedStore(holder(SAMPLE));
  await withWire(source.ready, destination.ready, async (wire) => {
    const request = { key: "k", pin: { etag: "held" }, range: { first: 10, last: 1009 }, algorithms: ["crc32"] as const };
    const digests = await wire.digest("destination", request, NEVER);
    const { crc32 } = await import("node:zlib");
    const expected = Buffer.alloc(4);
    expected.writeUInt32BE(crc32(SAMPLE.subarray(10, 1010)));
    assertEquals([digests.crc32, wire.movedBytes], [expected.toString("base64"), 0]);
    assertEquals(await wire.digest("source", { ...request, range: undefined }, NEVER), { crc32: "AAAAAA==" });
    assertEquals(source.seen.length, 0);
  });
});

for (const [says, digests] of [["untouched", []], ["hashed on the way", ["md5"]]] as const) {
  Deno.test(`movePart() signs the length of a body that goes ${says}: no store keeps a piece of it for the whole`, async () => {
    await using from = await scriptedStore(holder(SAMPLE));
    await using to = await scriptedStore(KEEP);
    await withWire(from.ready, to.ready, (wire) => wire.movePart(partOf("k", SIZE, { digests: [...digests] }), NEVER));
    const headers = to.seen[0]?.headers;
    assertEquals(headers?.["content-length"], String(SIZE));
    assertStringIncludes(headers?.authorization ?? "", "SignedHeaders=content-length;");
  });
}
