/** Header bytes and text. */
import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { TransferError } from "../../lib/errors.ts";
import { decodeHeaderText, encodeHeaderText } from "../../lib/remote/encode.ts";

Deno.test("decodeHeaderText() reads UTF-8 bytes and encodeHeaderText() gives the same bytes back", () => {
  const wire = Buffer.from("Übergröße 日本").toString("latin1");
  assertEquals(decodeHeaderText(wire), "Übergröße 日本");
  assertEquals(encodeHeaderText(decodeHeaderText(wire)), wire);
});

Deno.test("decodeHeaderText() leaves ASCII, encoded words of RFC 2047 included, as it is", () => {
  for (const text of ["plain", "=?UTF-8?B?w6k=?=", ""]) assertEquals(encodeHeaderText(decodeHeaderText(text)), text);
});

Deno.test("encodeHeaderText() refuses what would end a header", () => {
  for (const text of ["a\r\nb: c", "a\nb", "a\0"]) {
    assertEquals(assertThrows(() => encodeHeaderText(text), TransferError).kind, "unsupported");
  }
});
