/** Text from elsewhere: what is read, and the place of what is not. */
import { assertEquals } from "@std/assert";
import { decodeText, TextDecoding } from "../../lib/bytes/text.ts";
import { TransferError } from "../../lib/errors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const joined = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => typeof part === "string" ? [...bytes(part)] : part));
const utf16 = (text: string, big: boolean) =>
  Uint8Array.from([
    ...(big ? [0xfe, 0xff] : [0xff, 0xfe]),
    ...Array.from(
      { length: text.length },
      (_, at) => big ? [text.charCodeAt(at) >> 8, text.charCodeAt(at) & 255] : [text.charCodeAt(at) & 255, text.charCodeAt(at) >> 8],
    ).flat(),
  ]);

function refusal(file: Uint8Array): string {
  try {
    decodeText(file, "a.txt");
  } catch (error) {
    if (error instanceof TransferError && error.kind === "config") return error.message;
    throw error;
  }
  return "read";
}

Deno.test("decodeText() reads UTF-8 with and without a mark, and UTF-16 with one", () => {
  const text = "[a]\r\nkey = 目录 😀 \ufffd \ufeff\n";
  assertEquals(decodeText(bytes(text), "a"), text);
  assertEquals(decodeText(joined([0xef, 0xbb, 0xbf], text), "a"), text);
  assertEquals(decodeText(utf16(text, false), "a"), text);
  assertEquals(decodeText(utf16(text, true), "a"), text);
  assertEquals(decodeText(bytes(""), "a"), "");
});

Deno.test("decodeText() refuses everything else with file, line and byte", () => {
  const said = (place: string) => `Cannot read a.txt: ${place} is not UTF-8 text; save the file as UTF-8`;
  const cases: [Uint8Array, string][] = [
    [joined("[job.j]\nsource = ", [0xb9, 0xe9], "\n"), "line 2, byte 18 of the file (0xB9)"],
    [joined("\ufffd M", [0xfc], "ller"), "line 1, byte 6 of the file (0xFC)"],
    [joined([0xef, 0xbb, 0xbf], "a", [0xff]), "line 1, byte 5 of the file (0xFF)"],
    [joined("a\nb", [0xe7, 0x9b]), "line 2, byte 4 of the file (0xE7)"],
    [utf16("a\nb", false).subarray(2), "line 1, byte 2 of the file (0x00)"],
    [joined([0xff, 0xfe], "a\0\n\0", [0x00, 0xd8], "b\0"), "line 2, byte 7 of the file (0x00)"],
    [joined([0xff, 0xfe], "a\0b"), "line 1, byte 5 of the file (0x62)"],
  ];
  assertEquals(cases.map(([file]) => refusal(file)), cases.map(([, place]) => said(place)));
});

Deno.test("TextDecoding reads the same in pieces of any size, and names the same place", () => {
  const good = "é\n目录 😀\r\nend";
  const files = [bytes(good), joined([0xef, 0xbb, 0xbf], good), utf16(good, false), utf16(good, true)];
  for (const file of files) {
    for (let size = 1; size < 9; size++) assertEquals(inPieces(file, size), good);
  }
  const bad = joined("é\n目", [0xc3], "x\n");
  for (let size = 1; size < 9; size++) assertEquals(inPieces(bad, size), refusal(bad));
});

function inPieces(file: Uint8Array, size: number): string {
  const decoding = new TextDecoding("a.txt");
  let text = "";
  try {
    for (let at = 0; at < file.length; at += size) text += decoding.push(file.subarray(at, at + size), false);
    return text + decoding.push(new Uint8Array(0), true);
  } catch (error) {
    return error instanceof TransferError ? error.message : String(error);
  }
}
