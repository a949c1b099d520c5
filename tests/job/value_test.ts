/** Texts to values and back. */
import { assert, assertEquals } from "@std/assert";
import { GIB, KIB, MIB, TIB } from "../../lib/limits.ts";
import { Problem } from "../../lib/job/mistake.ts";
import {
  listText,
  readCount,
  readPairs,
  readRate,
  readSize,
  readTime,
  readUrl,
  readYesNo,
  sizeText,
  splitList,
  timeText,
} from "../../lib/job/value.ts";

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

/** A problem as its text. */
function plain(value: unknown): unknown {
  return value instanceof Problem ? value.text : value;
}

const SIZES: [text: string, bytes: number | undefined][] = [
  ["0", 0],
  ["1048576", MIB],
  ["1 B", 1],
  ["64 MiB", 64 * MIB],
  ["64MiB", 64 * MIB],
  ["64mib", 64 * MIB],
  ["1.5 GiB", 1.5 * GIB],
  ["2 TiB", 2 * TIB],
  ["5 KB", 5000],
  ["5 MB", 5_000_000],
  ["0.5 GB", 500_000_000],
  ["1 TB", 1e12],
  ["64M", 64 * MIB],
  ["8 M", 8 * MIB],
  ["1G", GIB],
  ["2t", 2 * TIB],
  ["100k", 100 * KIB],
  ["8 Mi", undefined],
  ["8 MiB # comment", undefined],
  ["-1", undefined],
  ["1e3", undefined],
  ["MiB", undefined],
  ["99999999 TiB", undefined],
  ["1 constructor", undefined],
];

for (const [text, bytes] of SIZES) {
  Deno.test(`readSize() reads ${text} as ${bytes ?? "a mistake"}`, () => {
    const value = readSize(text, ANY);
    if (bytes === undefined) assert(value instanceof Problem);
    else assertEquals(value, bytes);
  });
}

const TIMES: [text: string, ms: number | undefined][] = [
  ["500ms", 500],
  ["30 s", 30_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["1h30m", 5_400_000],
  ["1d 2h", 93_600_000],
  ["1m500ms", 60_500],
  ["1h30", undefined],
  ["h", undefined],
  ["60", undefined],
  ["5 minutes", undefined],
];

for (const [text, ms] of TIMES) {
  Deno.test(`readTime() reads ${text} as ${ms ?? "a mistake"}`, () => {
    const value = readTime(text, ANY);
    if (ms === undefined) assert(value instanceof Problem);
    else assertEquals(value, ms);
  });
}

Deno.test("readRate() reads bytes per second with and without /s", () => {
  const bounds = { min: KIB, max: TIB, word: "none" };
  assertEquals(readRate("50 MiB/s", bounds), 50 * MIB);
  assertEquals(readRate("50MiB", bounds), 50 * MIB);
  assertEquals(readRate("50 MB / s", bounds), 50_000_000);
  assertEquals(readRate("none", bounds), "none");
  assertEquals(plain(readRate("fast", bounds)), "not a rate; write none or 1 KiB/s to 1 TiB/s");
  assertEquals(plain(readRate("1 B/s", bounds)), "too small; write none or 1 KiB/s to 1 TiB/s");
});

Deno.test("bounds are inclusive and told in the unit of the value", () => {
  const bounds = { min: 5 * MIB, max: 5 * GIB, word: "auto" };
  assertEquals(readSize("5 MiB", bounds), 5 * MIB);
  assertEquals(readSize("5 GiB", bounds), 5 * GIB);
  assertEquals(plain(readSize("5242879", bounds)), "too small; write auto or 5 MiB to 5 GiB");
  assertEquals(plain(readSize("5368709121", bounds)), "too large; write auto or 5 MiB to 5 GiB");
  assertEquals(plain(readCount("65", { min: 1, max: 64 })), "too large; write 1 to 64");
  assertEquals(plain(readCount("two", { min: 1, max: 64, word: "auto" })), "not a whole number; write auto or 1 to 64");
});

Deno.test("readYesNo() takes each word for yes and no in any case", () => {
  for (const text of ["yes", "y", "true", "on", "1", "YES", "True", "Y"]) assertEquals(readYesNo(text), true);
  for (const text of ["no", "n", "false", "off", "0", "No"]) assertEquals(readYesNo(text), false);
  assertEquals(readYesNo("ture"), new Problem("write yes or no", "true"));
});

const URLS: [text: string, login: boolean, good: boolean][] = [
  ["https://s3.example.com", false, true],
  ["http://127.0.0.1:9000", false, true],
  ["http://[::1]:9000", false, true],
  ["http://u:p@proxy:8080", true, true],
  ["http://u:p@host", false, false],
  ["https://host/path", false, true],
  ["http://proxy/path", true, false],
  ["https://host?x=1", false, false],
  ["host:9000", false, false],
  ["s3.example.com", false, false],
  ["ftp://host", false, false],
  ["https://", false, false],
];

for (const [text, login, good] of URLS) {
  Deno.test(`readUrl() ${good ? "takes" : "refuses"} ${text}`, () => assertEquals(typeof readUrl(text, login), good ? "string" : "object"));
}

Deno.test("readUrl() drops a slash at the end", () => assertEquals(readUrl("https://host/", false), "https://host"));

const LISTS: [text: string, items: string[]][] = [
  ["a", ["a"]],
  ["a, b ,c", ["a", "b", "c"]],
  ["a,,b,", ["a", "b"]],
  ["a\\,b, c", ["a,b", "c"]],
  ["*.{jpg,png}, raw/**", ["*.{jpg,png}", "raw/**"]],
  ["{a,{b,c}},d", ["{a,{b,c}}", "d"]],
  ["a{b, c", ["a{b", "c"]],
  ["a}b, c", ["a}b", "c"]],
  ["\\*x, y", ["\\*x", "y"]],
];

for (const [text, items] of LISTS) {
  Deno.test(`splitList() splits ${text}`, () => assertEquals(splitList(text), items));
}

Deno.test("splitList() reads back what listText() writes", () => {
  for (const [, items] of LISTS) assertEquals(splitList(listText(items)), items);
});

Deno.test("readPairs() gives words and pairs", () => {
  assertEquals(readPairs(["replace", "A=b=c", "d="], ["copy", "replace"]), { words: ["replace"], pairs: { A: "b=c", d: "" } });
  assertEquals(readPairs(["repalce"], ["copy", "replace"]), new Problem("repalce is not copy, replace or KEY=VALUE", "replace"));
  assertEquals(plain(readPairs(["a=1", "a=2"], [])), "a is given twice");
  assertEquals(plain(readPairs(["=1"], ["none"])), "=1 is not none or KEY=VALUE");
});

Deno.test("sizeText() and timeText() are read back as the same value", () => {
  for (const bytes of [0, 1, 1000, KIB, 5 * MIB + 1, 8 * MIB, 5 * GIB, 3 * TIB]) assertEquals(readSize(sizeText(bytes), ANY), bytes);
  for (const ms of [0, 1, 500, 1000, 90_000, 3_600_000, 86_400_000]) assertEquals(readTime(timeText(ms), ANY), ms);
});
