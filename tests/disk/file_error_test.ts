/** What failures of the operating system mean. */
import { assertEquals } from "@std/assert";
import { fileError } from "../../lib/disk/file_error.ts";

Deno.test("fileError() knows a failure that came with a number alone, and never takes one for a bug of ours", () => {
  const tooLarge = fileError(new Error("File too large (os error 27)"), "write", "write a");
  assertEquals([tooLarge.kind, tooLarge.code], ["unsupported", "EFBIG"]);
  const strange = fileError(new Error("Something new (os error 999)"), "write", "write a");
  assertEquals([strange.kind, strange.message], ["disk", "Cannot write a: Something new (os error 999)"]);
  assertEquals(fileError(new Error("no failure of the system"), "write", "write a").kind, "bug");
});
