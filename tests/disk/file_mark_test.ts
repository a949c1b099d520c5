/** The promises of the pin of a local source. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { checkMark, statMark } from "../../lib/disk/file_mark.ts";

Deno.test("checkMark() sees a file written, replaced by one of the same size and time, or removed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a`;
    const write = async (name: string, text: string, timeMs: number): Promise<void> => {
      await Deno.writeTextFile(name, text);
      await Deno.utime(name, new Date(timeMs), new Date(timeMs));
    };
    const failure = async (mark: string): Promise<string> => (await assertRejects(() => checkMark(path, mark), TransferError)).kind;
    await write(path, "one", 1_500_000_000_000);
    const first = await statMark(path);
    assertEquals([first.sizeBytes, first.lastModifiedMs], [3, 1_500_000_000_000]);
    await checkMark(path, first.fileMark);
    await write(path, "two", 1_500_000_000_001);
    assertEquals(await failure(first.fileMark), "sourceChanged");
    await write(path, "four", 1_500_000_000_000);
    assertEquals(await failure(first.fileMark), "sourceChanged");
    const second = await statMark(path);
    await write(`${folder}/b`, "five", 1_500_000_000_000);
    await Deno.rename(`${folder}/b`, path);
    assertEquals(await failure(second.fileMark), "sourceChanged");
    await Deno.remove(path);
    assertEquals(await failure(second.fileMark), "sourceChanged");
    assertEquals((await assertRejects(() => statMark(path), TransferError)).kind, "notFound");
    assertEquals((await assertRejects(() => statMark(folder), TransferError)).kind, "unsupported");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
