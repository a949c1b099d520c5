/** The promises of the pin of a local source. */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { checkMark, statMark } from "../../lib/wire/local_source.ts";

Deno.test("checkMark() sees a file written, replaced, or written with its time set back", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/a`;
    const time = new Date(1_500_000_000_000);
    const write = async (text: string): Promise<void> => {
      await Deno.writeTextFile(path, text);
      await Deno.utime(path, time, time);
    };
    await write("one");
    const first = await statMark(path);
    assertEquals([first.sizeBytes, first.lastModifiedMs], [3, time.getTime()]);
    await checkMark(path, first.fileMark);
    // Change times are told in milliseconds: the next write must fall into another one.
    await new Promise((done) => setTimeout(done, 5));
    await write("two");
    assertNotEquals((await statMark(path)).fileMark, first.fileMark);
    const changed = await assertRejects(() => checkMark(path, first.fileMark), TransferError);
    assertEquals(changed.kind, "sourceChanged");
    await Deno.remove(path);
    assertEquals((await assertRejects(() => checkMark(path, first.fileMark), TransferError)).kind, "sourceChanged");
    assertEquals((await assertRejects(() => statMark(path), TransferError)).kind, "notFound");
    assertEquals((await assertRejects(() => statMark(folder), TransferError)).kind, "unsupported");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
