/** Texts to values and back. */
import { assertEquals, assertThrows } from "@std/assert";
import { GIB, KIB, MIB, TIB } from "../../lib/limits.ts";
import { Problem } from "../../lib/job/mistake.ts";
import { readPairs } from "../../lib/job/settings/header_kinds.ts";
import { count, rate, size, time, url, yesNo } from "../../lib/job/settings/kinds.ts";
import type { ValueKind } from "../../lib/job/settings/setting.ts";
import { listText, SIZE, splitList, TIME } from "../../lib/job/value.ts";
import { contextOf } from "./context.ts";

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

function read<Value>(kind: ValueKind<Value>, text: string): Value {
  return kind.read({ text, items: () => splitList(text), context: contextOf() });
}

/** What is wrong, and the nearest right name. */
function refused(attempt: () => unknown): readonly [text: string, nearest?: string] {
  const { message, nearest } = assertThrows(attempt, Problem);
  return nearest === undefined ? [message] : [message, nearest];
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
  Deno.test(`size() reads ${text} as ${bytes ?? "a mistake"}`, () => {
    if (bytes === undefined) refused(() => read(size(ANY), text));
    else assertEquals(read(size(ANY), text), bytes);
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
  Deno.test(`time() reads ${text} as ${ms ?? "a mistake"}`, () => {
    if (ms === undefined) refused(() => read(time(ANY), text));
    else assertEquals(read(time(ANY), text), ms);
  });
}

Deno.test("rate() reads bytes per second with and without /s", () => {
  const kind = rate({ min: KIB, max: TIB, word: "none", means: "nothing" });
  assertEquals(["50 MiB/s", "50MiB", "50 MB / s", "none"].map((text) => read(kind, text)), [50 * MIB, 50 * MIB, 50_000_000, "nothing"]);
  assertEquals(refused(() => read(kind, "fast")), ["not a rate; write none or 1 KiB/s to 1 TiB/s"]);
  assertEquals(refused(() => read(kind, "1 B/s")), ["too small; write none or 1 KiB/s to 1 TiB/s"]);
});

Deno.test("bounds are inclusive and told in the unit of the value", () => {
  const kind = size({ min: 5 * MIB, max: 5 * GIB, word: "auto" });
  assertEquals(["5 MiB", "5 GiB"].map((text) => read(kind, text)), [5 * MIB, 5 * GIB]);
  assertEquals(refused(() => read(kind, "5242879")), ["too small; write auto or 5 MiB to 5 GiB"]);
  assertEquals(refused(() => read(kind, "5368709121")), ["too large; write auto or 5 MiB to 5 GiB"]);
  assertEquals(refused(() => read(count({ min: 1, max: 64 }), "65")), ["too large; write 1 to 64"]);
  assertEquals(refused(() => read(count({ min: 1, max: 64, word: "auto" }), "two")), ["not a whole number; write auto or 1 to 64"]);
});

Deno.test("yesNo() takes each word for yes and no in any case", () => {
  for (const text of ["yes", "y", "true", "on", "1", "YES", "True", "Y"]) assertEquals(read(yesNo(), text), true);
  for (const text of ["no", "n", "false", "off", "0", "No"]) assertEquals(read(yesNo(), text), false);
  assertEquals(refused(() => read(yesNo(), "ture")), ["write yes or no", "true"]);
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
  Deno.test(`url() ${good ? "takes" : "refuses"} ${text}`, () => {
    if (good) assertEquals(read(url({ login }), text), text);
    else refused(() => read(url({ login }), text));
  });
}

Deno.test("url() drops a slash at the end", () => assertEquals(read(url({ login: false }), "https://host/"), "https://host"));

Deno.test("url() wants each half of a login to be decodable by itself", () => {
  refused(() => read(url({ login: true }), "http://a%4:1b@host"));
});

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
  assertEquals(readPairs(["replace", "A=b=c", "d="], ["copy", "replace"]), { given: ["replace"], pairs: { A: "b=c", d: "" } });
  assertEquals(refused(() => readPairs(["repalce"], ["copy", "replace"])), ["repalce is not copy, replace or KEY=VALUE", "replace"]);
  assertEquals(refused(() => readPairs(["a=1", "a=2"], [])), ["a is given twice"]);
  assertEquals(refused(() => readPairs(["=1"], ["none"])), ["=1 is not none or KEY=VALUE"]);
});

Deno.test("sizes and times are read back as the same value", () => {
  for (const bytes of [0, 1, 1000, KIB, 5 * MIB + 1, 8 * MIB, 5 * GIB, 3 * TIB]) assertEquals(SIZE.parse(SIZE.write(bytes)), bytes);
  for (const ms of [0, 1, 500, 1000, 90_000, 3_600_000, 86_400_000]) assertEquals(TIME.parse(TIME.write(ms)), ms);
});
