/** Store to local file, and folder to folder. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { TransferError } from "../../lib/errors.ts";
import type { ReadyLocal, ReadyStore } from "../../lib/types.ts";
import { partialName } from "../disk/names.ts";
import { createPartial, readMarks } from "../../lib/disk/partial_file.ts";
import { holder, objectOf, partOf, sampleBytes, scriptedStore, withFolder, withWire } from "./scripted_store.ts";

const NEVER = new AbortController().signal;
const SAMPLE = sampleBytes(1_500_000);
const LAYOUT = { sizeBytes: SAMPLE.length, partSizeBytes: 700_000, partCount: 3 };
const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";

function local(folder: string): ReadyLocal {
  return { type: "local", name: "local", bucket: folder };
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function moveThreeParts(source: ReadyStore, folder: string): Promise<void> {
  const uploadId = partialName(`${folder}/f`, "token", LAYOUT.partSizeBytes);
  const path = await createPartial(`${folder}/f`, { token: "token", layout: LAYOUT });
  await withWire(source, local(folder), async (wire) => {
    for (const partNumber of [3, 1]) {
      const range = { first: (partNumber - 1) * 700_000, last: Math.min(partNumber * 700_000, SAMPLE.length) - 1 };
      const part = partOf("f", 0, { pin: {}, range, uploadId, partNumber, layout: LAYOUT, digests: ["md5"] });
      const moved = await wire.movePart(part, NEVER);
      assertEquals(moved.digests.md5, createHash("md5").update(SAMPLE.subarray(range.first, range.last + 1)).digest("hex"));
    }
    assertEquals(wire.movedBytes, 800_000);
    assertEquals((await readMarks(path, LAYOUT.sizeBytes)).marks, [true, false, true]);
    const range = { first: 1_400_000, last: SAMPLE.length - 1 };
    const digests = await wire.digest("destination", { key: "f", uploadId, pin: {}, range, algorithms: ["md5"] }, NEVER);
    assertEquals(digests.md5, createHash("md5").update(SAMPLE.subarray(1_400_000)).digest("hex"));
  });
  const written = await Deno.readFile(path);
  assert(Buffer.from(written.subarray(0, 700_000)).equals(Buffer.from(SAMPLE.subarray(0, 700_000))));
  assertEquals(names(folder), [uploadId]);
}

Deno.test("movePart() writes a part at its place in the partial file and marks it there", async () => {
  await withFolder(async (folder) => {
    await using source = await scriptedStore(holder(SAMPLE));
    await moveThreeParts(source.ready, folder);
  });
});

Deno.test("movePart() from folder to folder does the same", async () => {
  await withFolder(async (from) => {
    await Deno.writeFile(`${from}/f`, SAMPLE);
    await withFolder((to) => moveThreeParts(local(from), to));
  });
});

Deno.test("movePart() leaves no mark when the source is cut", async () => {
  await withFolder(async (folder) => {
    const uploadId = partialName(`${folder}/f`, "token", LAYOUT.partSizeBytes);
    const path = await createPartial(`${folder}/f`, { token: "token", layout: LAYOUT });
    await using source = await scriptedStore((_request, response) => {
      response.writeHead(206, { "content-length": 700_000, "content-range": "bytes 0-699999/1500000" });
      response.write(SAMPLE.subarray(0, 300_000), () => response.destroy());
    });
    const part = partOf("f", 700_000, { pin: {}, uploadId, layout: LAYOUT });
    await withWire(source.ready, local(folder), async (wire) => {
      const error = await assertRejects(() => wire.movePart(part, NEVER), TransferError);
      assertEquals(error.kind, "network");
      const lost = await assertRejects(
        () => wire.movePart({ ...part, uploadId: partialName(`${folder}/f`, "gone", 700_000) }, NEVER),
        TransferError,
      );
      assertEquals(lost.kind, "uploadLost");
      await source.seen[1]?.closed;
    });
    assertEquals((await readMarks(path, LAYOUT.sizeBytes)).marks, [false, false, false]);
  });
});

Deno.test("moveObject() makes the file whole at once, in folders that it creates, with the source's time", async () => {
  await withFolder(async (folder) => {
    await using source = await scriptedStore(holder(SAMPLE, { "last-modified": MODIFIED }));
    const moved = await withWire(
      source.ready,
      local(folder),
      (wire) => wire.moveObject(objectOf({ key: "a/../b/f", sizeBytes: SAMPLE.length }, { digests: ["crc32c"] }), NEVER),
    );
    const path = `${folder}/a/%2E%2E/b/f`;
    assert(Buffer.from(await Deno.readFile(path)).equals(Buffer.from(SAMPLE)));
    assertEquals((await Deno.stat(path)).mtime?.getTime(), Date.parse(MODIFIED));
    assertEquals([moved.way, Object.keys(moved.digests), source.seen[0]?.path], ["download", ["crc32c"], "/bucket/a/../b/f"]);
    assertEquals(names(`${folder}/a/%2E%2E/b`), ["f"]);
  });
});

Deno.test("moveObject() makes an empty object an empty file, and a folder of one whose key ends in a slash", async () => {
  await withFolder(async (folder) => {
    await using source = await scriptedStore(holder(new Uint8Array(0)));
    await withWire(source.ready, local(folder), async (wire) => {
      for (const key of ["empty", "d/e/", "d/e/"]) await wire.moveObject(objectOf({ key, sizeBytes: 0 }), NEVER);
    });
    assertEquals([(await Deno.stat(`${folder}/empty`)).size, (await Deno.stat(`${folder}/d/e`)).isDirectory], [0, true]);
  });
});

for (const digests of [[], ["md5"]] as const) {
  const name = `${digests.length} digests`;
  Deno.test(`moveObject() that is cut, stalls or is interrupted leaves the old file and nothing else (${name})`, async () => {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/f`, "old");
      const begun = Promise.withResolvers<void>();
      await using source = await scriptedStore((request, response) => {
        response.writeHead(200, { "content-length": SAMPLE.length });
        response.write(SAMPLE.subarray(0, 500_000), () => {
          begun.resolve();
          if (request.url?.endsWith("cut")) response.destroy();
        });
      });
      const move = (key: string) => objectOf({ key, sizeBytes: SAMPLE.length }, { destinationKey: "f", digests });
      for (const key of ["cut", "stall"]) {
        await withWire(source.ready, local(folder), async (wire) => {
          const error = await assertRejects(() => wire.moveObject(move(key), NEVER), TransferError);
          assertEquals([error.kind, error.message.split(":")[1]], ["network", `//bucket/${key}`]);
        }, { timeoutMs: 200 });
      }
      const stop = new AbortController();
      await withWire(source.ready, local(folder), async (wire) => {
        const moving = assertRejects(() => wire.moveObject(move("interrupted"), stop.signal), TransferError);
        await begun.promise;
        stop.abort();
        assertEquals((await moving).kind, "cancelled");
      });
      assertEquals([await Deno.readTextFile(`${folder}/f`), names(folder)], ["old", ["f"]]);
      await Promise.all(source.seen.map(({ closed }) => closed));
    });
  });
}

Deno.test("moveObject() does not replace a file that must be absent", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/f`, "old");
    await using source = await scriptedStore(holder(SAMPLE));
    await withWire(source.ready, local(folder), async (wire) => {
      const object = objectOf({ key: "f", sizeBytes: SAMPLE.length }, { condition: { absent: true } });
      assertEquals((await assertRejects(() => wire.moveObject(object, NEVER), TransferError)).kind, "conflict");
    });
    assertEquals([await Deno.readTextFile(`${folder}/f`), names(folder)], ["old", ["f"]]);
  });
});

Deno.test("moveObject() asks for confirmation before the file is there, and a refusal leaves nothing", async () => {
  await withFolder(async (folder) => {
    await using source = await scriptedStore(holder(SAMPLE));
    await withWire(source.ready, local(folder), async (wire) => {
      const refused = new TransferError("integrity", "Not these bytes");
      const object = objectOf({ key: "f", sizeBytes: SAMPLE.length }, {
        digests: ["md5"],
        confirm: (_details, digests) => {
          assertEquals(digests.md5, createHash("md5").update(SAMPLE).digest("hex"));
          throw refused;
        },
      });
      assertEquals(await assertRejects(() => wire.moveObject(object, NEVER)), refused);
    });
    assertEquals(names(folder), []);
  });
});

Deno.test("moveObject() from folder to folder copies bytes and time", async () => {
  await withFolder(async (from) => {
    await Deno.writeFile(`${from}/f`, SAMPLE);
    await Deno.utime(`${from}/f`, 1_000_000, 1_000_000);
    await withFolder(async (to) => {
      const moved = await withWire(
        local(from),
        local(to),
        (wire) => wire.moveObject(objectOf({ key: "f", sizeBytes: SAMPLE.length }), NEVER),
      );
      assertEquals([moved.way, moved.details.lastModifiedMs], ["local copy", 1_000_000_000]);
      assert(Buffer.from(await Deno.readFile(`${to}/f`)).equals(Buffer.from(SAMPLE)));
      assertEquals((await Deno.stat(`${to}/f`)).mtime?.getTime(), 1_000_000_000);
    });
  });
});
