/** The promises of small objects written whole. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { writeWhole } from "../../lib/disk/whole_file.ts";
import { withFolder } from "../e2e/trees.ts";

async function fill(file: Deno.FsFile): Promise<void> {
  await file.write(new TextEncoder().encode("hello"));
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("writeWhole() shows the target only when it is whole, with the time asked for", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    let seen: string[] = [];
    await writeWhole(target, { sizeBytes: 5, lastModifiedMs: 1_400_000_000_456 }, async (file) => {
      seen = namesIn(folder);
      await fill(file);
    });
    assertEquals(seen, [".a.sluice-whole"]);
    assertEquals(namesIn(folder), ["a"]);
    assertEquals([await Deno.readTextFile(target), (await Deno.stat(target)).mtime?.getTime()], ["hello", 1_400_000_000_456]);
  }));

Deno.test("writeWhole() takes an empty object", () =>
  withFolder(async (folder) => {
    await writeWhole(`${folder}/empty`, { sizeBytes: 0 }, () => Promise.resolve());
    assertEquals((await Deno.stat(`${folder}/empty`)).size, 0);
  }));

Deno.test("writeWhole() leaves the old target and nothing else behind when it fails", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    await Deno.writeTextFile(target, "old");
    const short = await assertRejects(() => writeWhole(target, { sizeBytes: 6 }, fill), TransferError);
    assertEquals(short.kind, "integrity");
    const broken = await assertRejects(
      () => writeWhole(target, { sizeBytes: 5 }, () => Promise.reject(new TransferError("network", "Cut"))),
      TransferError,
    );
    assertEquals(broken.kind, "network");
    const stopped = await assertRejects(
      () => writeWhole(target, { sizeBytes: 5 }, () => Promise.reject(new DOMException("x", "AbortError"))),
      TransferError,
    );
    assertEquals(stopped.kind, "cancelled");
    const taken = await assertRejects(() => writeWhole(target, { sizeBytes: 5, condition: { absent: true } }, fill), TransferError);
    assertEquals(taken.kind, "conflict");
    assertEquals([namesIn(folder), await Deno.readTextFile(target)], [["a"], "old"]);
    const missing = await assertRejects(() => writeWhole(`${folder}/none/a`, { sizeBytes: 5 }, fill), TransferError);
    assertEquals(missing.kind, "notFound");
  }));
