/** Which lines of which logs tell that an object is done. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { objectLine, readDoneKeys } from "../../lib/report/done_keys.ts";

const LINES: readonly (readonly [line: string, key: string | undefined])[] = [
  ["INFO:s3-parallel-put[putter-17]:dir/a.html -> P/a.html", "P/a.html"],
  ["INFO:s3-parallel-put[putter-17]:dir/a.html -> /a.html", "a.html"],
  ["INFO:s3-parallel-put[putter-17]:dir//a.html -> //P//a.html", "P/a.html"],
  ["INFO:s3-parallel-put[putter-17]:dir/a.html z> P/a.html", undefined],
  ["INFO:s3-parallel-put[putter-17]:skipping dir/a.html -> P/a.html", undefined],
  ["INFO:s3-parallel-put[putter-17]:dir/a b -> P/a b", undefined],
  ["INFO:s3-parallel-put[statter-19]:put 1 bytes in 1 files", undefined],
  ["ERROR:s3-parallel-put[putter-17]:dir/a -> P/a (failed)", undefined],
  [objectLine("dir/a", "P/a", false), "P/a"],
  [objectLine("dir/a", "P/a", true), "P/a"],
  [objectLine("dir/a b", 'P/a "b" -> c', false), 'P/a "b" -> c'],
  [`2026-11-21T03:28:40.864Z ${objectLine("x\ty", "P/x\ty", false)}`, "P/x\ty"],
  ["skipping dir/a -> P/a", undefined],
  ["copy dir/a -> P/a", undefined],
  ['{"type":"object","outcome":"done","key":"a","destinationKey":"P/é"}', "P/é"],
  ['{"type":"object","outcome":"skipped","key":"a","destinationKey":"P/a"}', undefined],
  ['{"type":"plan","action":"copy","key":"a","destinationKey":"P/a"}', undefined],
  ['{"type":"object","outcome":"done"', undefined],
];

for (const [line, key] of LINES) {
  Deno.test(`readDoneKeys() takes ${JSON.stringify(line)} for ${key === undefined ? "nothing" : key}`, async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, `first line\n${line}\n`);
      assertEquals([...await readDoneKeys([path])], key === undefined ? [] : [key]);
    } finally {
      await Deno.remove(path);
    }
  });
}

Deno.test("readDoneKeys() says which log cannot be read", async () => {
  const error = await assertRejects(() => readDoneKeys(["/nowhere/old.log"]), TransferError, "/nowhere/old.log");
  assertEquals(error.kind, "config");
});
