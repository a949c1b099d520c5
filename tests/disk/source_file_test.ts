/** The promises of the pin of a local source. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { LocalFile } from "../../lib/disk/source_file.ts";
import { withFolder } from "../e2e/trees.ts";

Deno.test("LocalFile.open() sees a file written, replaced by one of the same size and time, or removed", () =>
  withFolder(async (folder) => {
    const path = `${folder}/a`;
    const write = async (name: string, text: string, timeMs: number): Promise<void> => {
      await Deno.writeTextFile(name, text);
      await Deno.utime(name, new Date(timeMs), new Date(timeMs));
    };
    const markNow = async (): Promise<string> => {
      using file = await LocalFile.open(path, undefined);
      return file.fileMark;
    };
    const failure = async (mark: string): Promise<string> => (await assertRejects(() => LocalFile.open(path, mark), TransferError)).kind;
    await write(path, "one", 1_500_000_000_000);
    const first = await markNow();
    using opened = await LocalFile.open(path, first);
    assertEquals([opened.sizeBytes, opened.lastModifiedMs], [3, 1_500_000_000_000]);
    await opened.check();
    await write(path, "two", 1_500_000_000_001);
    assertEquals([await failure(first), (await assertRejects(() => opened.check(), TransferError)).kind], [
      "sourceChanged",
      "sourceChanged",
    ]);
    await write(path, "four", 1_500_000_000_000);
    assertEquals(await failure(first), "sourceChanged");
    const second = await markNow();
    await write(`${folder}/b`, "five", 1_500_000_000_000);
    await Deno.rename(`${folder}/b`, path);
    assertEquals(await failure(second), "sourceChanged");
    await Deno.remove(path);
    assertEquals(await failure(second), "notFound");
    assertEquals((await assertRejects(() => LocalFile.open(folder, undefined), TransferError)).kind, "unsupported");
  }));

Deno.test("a slice of a file has its own size and offsets, and the version of the file", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "0123456789");
    using slice = await LocalFile.open(`${folder}/a`, undefined, { slice: { offset: 3, sizeBytes: 7 } });
    let text = "";
    await slice.pump({ first: 2, last: 6 }, (chunk) => void (text += new TextDecoder().decode(chunk)));
    text += await slice.withBytes({ first: 0, last: 1 }, (bytes) => Promise.resolve(new TextDecoder().decode(bytes)));
    assertEquals([slice.sizeBytes, text], [7, "5678934"]);
    await Deno.writeTextFile(`${folder}/a`, "9");
    assertEquals((await assertRejects(() => slice.check(), TransferError)).kind, "sourceChanged");
  }));
