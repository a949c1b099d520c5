import { assert, assertEquals } from "@std/assert";
import { chooseColours } from "../../lib/report/colours.ts";
import { printable } from "../../lib/report/escape.ts";
import { differenceLine, planLine, uploadLine } from "../../lib/report/records.ts";
import { Redactor } from "../../lib/report/redact.ts";
import { formatBytes, formatDuration, formatRate } from "../../lib/report/units.ts";

Deno.test("printable() leaves nothing that steers a terminal or reorders a line", () => {
  assertEquals(printable("a\nb\tc\r"), "a\\nb\\tc\\r");
  assertEquals(printable("\x1b[2Jred\x07\x7f\x9b"), "\\x1b[2Jred\\x07\\x7f\\x9b");
  assertEquals(printable("\u202egpj.exe\u2066\u200b\ufeff\u2028"), "\\u{202e}gpj.exe\\u{2066}\\u{200b}\\u{feff}\\u{2028}");
  assertEquals(printable("\ud800x"), "\\u{d800}x");
  for (let code = 0; code < 0x3000; code++) {
    const text = printable(String.fromCharCode(code));
    assert(!/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u.test(text), `U+${code.toString(16)} came through`);
  }
});

Deno.test("printable() leaves ordinary keys of all languages as they are", () => {
  for (const key of ["a b/c.txt", "日本語/é.bin", "👩‍🚀.png", "می‌خواهم", "+ %#?&<>\"'\\"]) assertEquals(printable(key), key);
});

Deno.test("formatBytes() shows no more than 1023 of a unit", () => {
  const table: [number, string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [102_348, "99.9 KiB"],
    [1_048_575, "1.0 MiB"],
    [
      5 * 2 ** 30,
      "5.0 GiB",
    ],
    [500 * 2 ** 30, "500 GiB"],
    [2 ** 60, "1024 PiB"],
  ];
  for (const [bytes, text] of table) assertEquals(formatBytes(bytes), text);
});

Deno.test("formatDuration() goes from tenths of seconds to days and formatRate() survives no time", () => {
  const table: [number, string][] = [
    [0, "0.0 s"],
    [400, "0.4 s"],
    [9949, "9.9 s"],
    [59_400, "59 s"],
    [59_900, "1m00s"],
    [125_000, "2m05s"],
    [
      3_600_000,
      "1h00m",
    ],
    [26 * 3_600_000, "1d02h"],
  ];
  for (const [milliseconds, text] of table) assertEquals(formatDuration(milliseconds), text);
  assertEquals(formatRate(2048, 1000), "2.0 KiB/s");
  assertEquals(formatRate(2048, 0), "-");
});

Deno.test("planLine() names action, both keys, reason and size, escaped", () => {
  const source = { key: "a\nb", sizeBytes: 2048 };
  assertEquals(
    planLine({ kind: "transfer", transfer: { id: 1, source, destinationKey: "z/a\nb", reason: "missing" } }),
    "copy a\\nb -> z/a\\nb (missing, 2.0 KiB)",
  );
  assertEquals(planLine({ kind: "skip", key: "k", destinationKey: "k", sizeBytes: 1, reason: "same etag" }), "skip k (same etag)");
  assertEquals(planLine({ kind: "delete", destinationKey: "k\x1b", sizeBytes: 1 }), "delete k\\x1b (1 B)");
  assertEquals(planLine({ kind: "problem", key: "k", error: { kind: "denied", message: "no\nway" } }), "fail k: no\\nway");
});

Deno.test("differenceLine() and uploadLine() tell what to know of a key", () => {
  assertEquals(differenceLine({ key: "k", difference: "extra", sizeBytes: 3 }), "extra k (3 B)");
  assertEquals(differenceLine({ key: "k", difference: "unreadable", sizeBytes: 0, message: "no" }), "unreadable k: no");
  assertEquals(
    uploadLine({ key: "k", uploadId: "id", ageMs: 3_600_000, partCount: 1, partBytes: 1024 }),
    "k  age 1h00m, 1.0 KiB in 1 part, upload id id",
  );
});

Deno.test("chooseColours() colours a terminal only, and not against NO_COLOR or on a dumb one", () => {
  assertEquals(chooseColours({ isTerminal: true, noColor: "" }).red("x"), "\x1b[31mx\x1b[39m");
  for (const options of [{ isTerminal: false }, { isTerminal: true, noColor: "1" }, { isTerminal: true, term: "dumb" }]) {
    assertEquals(chooseColours(options).red("x"), "x");
  }
});

Deno.test("Redactor replaces secrets also in the forms of URLs and JSON, and leaves short texts alone", () => {
  const redactor = new Redactor();
  redactor.add("s3cr/et+key", undefined, "", "abc", 'quo"ted');
  assertEquals(redactor.redact("key=s3cr/et+key url=s3cr%2Fet%2Bkey abc"), "key=*** url=*** abc");
  assertEquals(redactor.redact(JSON.stringify({ password: 'quo"ted' })), '{"password":"***"}');
});
