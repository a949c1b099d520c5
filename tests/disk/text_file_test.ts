/** Every file of text that a job is told by comes through one reader. */
import { assertEquals, assertThrows } from "@std/assert";
import { peekText, readText } from "../../lib/disk/text_file.ts";
import { TransferError } from "../../lib/errors.ts";
import { readDoneKeys } from "../../lib/report/done_keys.ts";

Deno.test("readText() returns text, undefined for a missing file, and refuses what is not text", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/list.txt`;
    await Deno.writeFile(path, new Uint8Array([0xff, 0xfe, 0x61, 0x00]));
    assertEquals(readText(path), "a");
    assertEquals(readText(`${folder}/none`), undefined);
    assertEquals(readText(`${path}/none`), undefined);
    await Deno.writeFile(path, new Uint8Array([0x61, 0xb9]));
    assertThrows(() => readText(path), TransferError, `Cannot read ${path}: line 1, byte 2 of the file (0xB9) is not UTF-8 text`);
    assertEquals(peekText(path), undefined);
    assertThrows(() => readText(folder), TransferError, `Cannot read ${folder}: a folder has this name (EISDIR)`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readDoneKeys() reads a report that an editor saved as UTF-16, and skips lines that are not text", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/report.log`;
    const text = `put /a/b -> é/b\n${JSON.stringify({ type: "object", outcome: "done", destinationKey: "目录" })}\n`;
    const units = new Uint16Array([0xfeff, ...Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))]);
    await Deno.writeFile(path, new Uint8Array(units.buffer));
    assertEquals([...await readDoneKeys([path])], ["é/b", "目录"]);
    const lines = ["put /a/x -> x\n", "put /a/", [0xe9], " -> y", [0xe9], "\nput /a/z -> z\n"];
    await Deno.writeFile(
      path,
      Uint8Array.from(lines.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part)),
    );
    assertEquals([...await readDoneKeys([path])], ["x", "z"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
