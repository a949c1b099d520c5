import { assertEquals } from "@std/assert";
import { sameMark } from "../../lib/evidence/digest.ts";

Deno.test("sameMark() compares a digest without its case and every other mark letter by letter", () => {
  const md5 = "900150983cd24fb0d6963f7d28e17f72";
  assertEquals(sameMark(md5, md5.toUpperCase()), true);
  assertEquals(sameMark(`${md5}-3`, `${md5.toUpperCase()}-3`), true);
  assertEquals(sameMark("0xAbC", "0xaBc"), false);
  assertEquals(sameMark(md5, `${md5}-1`), false);
  assertEquals([sameMark(undefined, undefined), sameMark(md5, undefined)], [false, false]);
});
