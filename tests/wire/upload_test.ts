/** Local file to store, and folder to folder. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { TransferError } from "../../lib/errors.ts";
import type { ReadyLocal } from "../../lib/types.ts";
import { markOf } from "../../lib/disk/stat.ts";
import { CAPABILITIES, keeper, objectOf, partOf, sampleBytes, scriptedStore, withFolder, withWire } from "./scripted_store.ts";

const NEVER = new AbortController().signal;
const MIB = 2 ** 20;
/** Above what is read in one go, so that both ways of reading are walked. */
const LARGE = sampleBytes(9 * MIB + 17);

function local(folder: string): ReadyLocal {
  return { type: "local", name: "local", bucket: folder };
}

function kept(): Map<string, { body: Buffer; headers: IncomingHttpHeaders }> {
  return new Map();
}

function md5Base64(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

for (const sizeBytes of [1, 300_000, 8 * MIB, 9 * MIB]) {
  Deno.test(`movePart() sends ${sizeBytes} bytes of a file with their length and their checksum in front`, async () => {
    await withFolder(async (folder) => {
      await Deno.writeFile(`${folder}/f`, LARGE);
      const fileMark = markOf(await Deno.stat(`${folder}/f`));
      const received = kept();
      await using destination = await scriptedStore(keeper(received));
      const range = { first: 17, last: 17 + sizeBytes - 1 };
      const part = partOf("f", sizeBytes, { pin: { local: { fileMark } }, range, guard: "md5", digests: ["crc32"] });
      const moved = await withWire(local(folder), destination.ready, async (wire) => {
        const answer = await wire.movePart(part, NEVER);
        assertEquals(wire.movedBytes, sizeBytes);
        return answer;
      });
      const bytes = LARGE.subarray(17, 17 + sizeBytes);
      const put = received.get("/bucket/f?partNumber=1&uploadId=upload%2F1");
      assertEquals([put?.headers["content-length"], put?.headers["transfer-encoding"]], [String(sizeBytes), undefined]);
      assertEquals(put?.headers["content-md5"], md5Base64(bytes));
      assert(put?.body.equals(Buffer.from(bytes)));
      assertEquals(Object.keys(moved.digests).sort(), ["crc32", "md5"]);
      assertEquals(moved.way, "upload");
    });
  });
}

Deno.test("movePart() without a guard takes the digests while the bytes pass", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/f`, LARGE);
    const received = kept();
    await using destination = await scriptedStore(keeper(received));
    const part = partOf("f", LARGE.length, { pin: {}, digests: ["md5"] });
    const moved = await withWire(local(folder), destination.ready, (wire) => wire.movePart(part, NEVER));
    assertEquals(moved.digests.md5, createHash("md5").update(LARGE).digest("hex"));
    const [put] = received.values();
    assertEquals(put?.headers["content-md5"], undefined);
    assert(put?.body.equals(Buffer.from(LARGE)));
  });
});

Deno.test("moveObject() guards a file by CRC32, or by MD5 where the store takes no checksums", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/f`, LARGE.subarray(0, 5000));
    for (const checksums of [["crc32"], []] as const) {
      const received = kept();
      await using destination = await scriptedStore(keeper(received), { capabilities: { ...CAPABILITIES, checksums } });
      const object = objectOf({ key: "f", sizeBytes: 5000 }, { headers: () => Promise.resolve({ contentType: "text/plain" }) });
      const moved = await withWire(local(folder), destination.ready, (wire) => wire.moveObject(object, NEVER));
      const headers = received.get("/bucket/f")?.headers ?? {};
      const guard = checksums.length > 0 ? "crc32" : "md5";
      assertEquals([moved.guard, headers["content-type"]], [guard, "text/plain"]);
      assertEquals(headers["x-amz-checksum-crc32"], moved.digests.crc32);
      assertEquals(headers["content-md5"], guard === "md5" ? md5Base64(LARGE.subarray(0, 5000)) : undefined);
    }
  });
});

Deno.test("moveObject() sends empty files and folders as empty objects", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/empty`, new Uint8Array(0));
    await Deno.mkdir(`${folder}/dir`);
    const received = kept();
    await using destination = await scriptedStore(keeper(received));
    await withWire(local(folder), destination.ready, async (wire) => {
      for (const key of ["empty", "dir/"]) await wire.moveObject(objectOf({ key, sizeBytes: 0 }), NEVER);
    });
    const seen = [...received].map((
      [path, { headers, body }],
    ) => [path, headers["content-length"], headers["x-amz-checksum-crc32"], body.length]);
    assertEquals(seen, [["/bucket/empty", "0", "AAAAAA==", 0], ["/bucket/dir/", "0", "AAAAAA==", 0]]);
  });
});

Deno.test("movePart() refuses a file that is not the pinned version, before anything is sent", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/f`, LARGE);
    await using destination = await scriptedStore(keeper(new Map()));
    await withWire(local(folder), destination.ready, async (wire) => {
      const part = partOf("f", 1000, { pin: { local: { fileMark: "another" } } });
      const error = await assertRejects(() => wire.movePart(part, NEVER), TransferError);
      assertEquals([error.kind, destination.seen.length], ["sourceChanged", 0]);
      const gone = await assertRejects(() => wire.movePart(partOf("none", 1000, { pin: {} }), NEVER), TransferError);
      assertEquals([gone.kind, destination.seen.length], ["notFound", 0]);
    });
  });
});

for (const change of ["written to", "cut short"] as const) {
  Deno.test(`a file that is ${change} while it is sent never becomes an object`, async () => {
    await withFolder(async (folder) => {
      await Deno.writeFile(`${folder}/f`, LARGE);
      let whole = false;
      await using destination = await scriptedStore((request, response, seen) => {
        request.once("data", async () => {
          if (change === "cut short") await Deno.truncate(`${folder}/f`, 100);
          else await Deno.writeTextFile(`${folder}/f`, "more", { append: true });
          await seen.body;
          whole = true;
          response.end();
        });
        request.pause();
        setTimeout(() => request.resume(), 50);
      });
      await withWire(local(folder), destination.ready, async (wire) => {
        const object = objectOf({ key: "f", sizeBytes: LARGE.length });
        const error = await assertRejects(() => wire.moveObject(object, NEVER), TransferError);
        assertEquals(error.kind, "sourceChanged");
        await destination.seen[0]?.closed;
        assert(!whole);
      });
    });
  });
}

Deno.test("an early refusal, a broken and a stalled destination are told apart while a file is sent", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/f`, LARGE);
    const cases = [
      ["throttled", (_request, response) => {
        response.writeHead(503);
        response.end("<Error><Code>SlowDown</Code></Error>");
      }],
      ["network", (request) => void request.once("data", () => request.socket.destroy())],
      ["network", (_request, _response, seen) => void seen.body],
    ] satisfies [string, Parameters<typeof scriptedStore>[0]][];
    for (const [kind, answer] of cases) {
      await using destination = await scriptedStore(answer);
      await withWire(local(folder), destination.ready, async (wire) => {
        const part = partOf("f", LARGE.length, { pin: {}, guard: "crc32" });
        const error = await assertRejects(() => wire.movePart(part, NEVER), TransferError);
        assertEquals(error.kind, kind);
        assertStringIncludes(error.message, "Cannot write s3://bucket/f");
        await destination.seen[0]?.closed;
      }, { timeoutMs: 200 });
    }
  });
});

Deno.test("an interrupt ends an upload at once", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/f`, LARGE);
    const begun = Promise.withResolvers<void>();
    await using destination = await scriptedStore((_request, _response, seen) => {
      begun.resolve();
      void seen.body;
    });
    const stop = new AbortController();
    await withWire(local(folder), destination.ready, async (wire) => {
      const moving = assertRejects(() => wire.movePart(partOf("f", LARGE.length, { pin: {} }), stop.signal), TransferError);
      await begun.promise;
      stop.abort();
      assertEquals((await moving).kind, "cancelled");
      await destination.seen[0]?.closed;
    });
  });
});
