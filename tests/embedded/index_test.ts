/** Order of keys, pages and ranges: the pure arithmetic of the embedded store. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { afterPrefix, KeyIndex } from "../../lib/embedded/disk/index.ts";
import { evaluateRead, matches } from "../../lib/embedded/s3/conditions.ts";
import { S3Error } from "../../lib/embedded/s3/errors.ts";
import { cutPage } from "../../lib/embedded/page.ts";
import { copyRange, parseRange, rangeOfPart } from "../../lib/embedded/s3/range.ts";
import { parseXml, writeXml } from "../../lib/embedded/s3/xml.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { testSeed } from "../test_seed.ts";

const SEED = testSeed();

const ALPHABET = ["a", "b", "/", "\u0001", "~", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{1f600}", "\u{10ffff}"];

function randomKey(random: () => number): string {
  return Array.from({ length: 1 + Math.floor(random() * 5) }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join("");
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

Deno.test(`compareKeys() orders like UTF-8 bytes (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  for (let round = 0; round < 5000; round++) {
    const [left, right] = [randomKey(random), randomKey(random)];
    assertEquals(Math.sign(compareKeys(left, right)), byBytes(left, right), JSON.stringify([left, right]));
  }
});

Deno.test("afterPrefix() is behind every key of the prefix and before every other later key", () => {
  assertEquals(afterPrefix("a/"), "a0");
  assertEquals(afterPrefix("\ud7ff"), "\ue000");
  assertEquals(afterPrefix("a\u{10ffff}"), "b");
  assertEquals(afterPrefix("\u{10ffff}"), undefined);
});

Deno.test(`KeyIndex keeps the order through any inserts and removals (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const index = new KeyIndex<{ key: string; value: number }>();
  const model = new Map<string, number>();
  for (let round = 0; round < 20_000; round++) {
    const key = randomKey(random);
    if (random() < 0.3) {
      index.delete(key);
      model.delete(key);
    } else {
      index.set({ key, value: round });
      model.set(key, round);
    }
  }
  const keys = Array.from(model.keys()).sort(byBytes);
  assertEquals(Array.from(index.from(""), (entry) => entry.key), keys);
  assertEquals(index.size, model.size);
  for (const key of keys.slice(0, 100)) assertEquals(index.get(key)?.value, model.get(key));
  for (let round = 0; round < 200; round++) {
    const start = randomKey(random);
    assertEquals(index.from(start).next().value?.key, keys.find((key) => byBytes(key, start) >= 0));
  }
});

Deno.test(`cutPage() page by page gives what one page gives (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const index = new KeyIndex<{ key: string }>();
  for (let count = 0; count < 600; count++) index.set({ key: randomKey(random) });
  for (const prefix of ["", "a", "a/", "é", "zz"]) {
    for (const delimiter of ["", "/", "b", "a/"]) {
      const whole = cutPage({ prefix, delimiter, after: "", entriesMax: 10_000 }, (key) => index.from(key));
      const names: string[] = [];
      for (let after = "", more = true; more;) {
        const page = cutPage({ prefix, delimiter, after, entriesMax: 3 }, (key) => index.from(key));
        names.push(...[...page.entries.map((entry) => entry.key), ...page.commonPrefixes].sort(byBytes));
        after = page.last ?? "";
        more = page.truncated;
      }
      const expected = [...whole.entries.map((entry) => entry.key), ...whole.commonPrefixes].sort(byBytes);
      assertEquals(names, expected, JSON.stringify([prefix, delimiter]));
    }
  }
});

Deno.test("cutPage() gives nothing for no entries and leaves out common prefixes before the marker", () => {
  const index = new KeyIndex<{ key: string }>();
  for (const key of ["a/1", "a/2", "b", "c/1"]) index.set({ key });
  const from = (key: string) => index.from(key);
  const base = { prefix: "", delimiter: "/", after: "", entriesMax: 10 };
  assertEquals(cutPage({ ...base, entriesMax: 0 }, from), { entries: [], commonPrefixes: [], truncated: false, last: undefined });
  assertEquals(cutPage({ ...base, after: "a/1" }, from).commonPrefixes, ["c/"]);
  assertEquals(cutPage({ ...base, after: "a" }, from).commonPrefixes, ["a/", "c/"]);
  const first = cutPage({ ...base, entriesMax: 1 }, from);
  assertEquals([first.commonPrefixes, first.truncated, first.last], [["a/"], true, "a/"]);
});

Deno.test("parseRange() cuts spans to the object, ignores odd forms, and refuses what starts behind the end", () => {
  assertEquals(parseRange(undefined, 10), undefined);
  assertEquals(parseRange("bytes=0-3", 10), { first: 0, last: 3 });
  assertEquals(parseRange("bytes=8-", 10), { first: 8, last: 9 });
  assertEquals(parseRange("bytes=2-99", 10), { first: 2, last: 9 });
  assertEquals(parseRange("bytes=-3", 10), { first: 7, last: 9 });
  assertEquals(parseRange("bytes=-99", 10), { first: 0, last: 9 });
  for (const odd of ["bytes=0-1,3-4", "lines=0-1", "bytes=5-2", "bytes=-", "bytes=a-b"]) assertEquals(parseRange(odd, 10), undefined, odd);
  for (const [text, size] of [["bytes=10-", 10], ["bytes=10-12", 10], ["bytes=0-", 0], ["bytes=-1", 0], ["bytes=-0", 10]] as const) {
    assertEquals((assertThrows(() => parseRange(text, size), S3Error) as S3Error).code, "InvalidRange", `${text} of ${size}`);
  }
});

Deno.test("rangeOfPart() and copyRange() give inclusive spans", () => {
  assertEquals(rangeOfPart([5, 5, 3], 3), { first: 10, last: 12 });
  assertThrows(() => rangeOfPart([5, 5, 3], 4), S3Error);
  assertEquals(copyRange("bytes=0-9", 10), { first: 0, last: 9 });
  assertThrows(() => copyRange("bytes=0-10", 10), S3Error);
  assertThrows(() => copyRange("bytes=0-", 10), S3Error);
});

Deno.test("evaluateRead() follows the precedence of RFC 9110", () => {
  const subject = { etag: "abc", lastModifiedMs: Date.UTC(2026, 0, 2) };
  const [before, at] = ["Thu, 01 Jan 2026 00:00:00 GMT", "Fri, 02 Jan 2026 00:00:00 GMT"];
  const none = { ifMatch: undefined, ifNoneMatch: undefined, ifModifiedSince: undefined, ifUnmodifiedSince: undefined };
  const verdict = (conditions: Partial<Parameters<typeof evaluateRead>[0]>) => evaluateRead({ ...none, ...conditions }, subject);
  assertEquals(verdict({}), "go");
  assertEquals(verdict({ ifMatch: '"abc"' }), "go");
  assertEquals(verdict({ ifMatch: "abc" }), "go");
  assertEquals(verdict({ ifMatch: '"x", "abc"' }), "go");
  assertEquals(verdict({ ifMatch: '"x"' }), "If-Match");
  assertEquals(verdict({ ifMatch: '"abc"', ifUnmodifiedSince: before }), "go");
  assertEquals(verdict({ ifUnmodifiedSince: before }), "If-Unmodified-Since");
  assertEquals(verdict({ ifUnmodifiedSince: at }), "go");
  assertEquals(verdict({ ifNoneMatch: '"abc"' }), "notModified");
  assertEquals(verdict({ ifNoneMatch: "*" }), "notModified");
  assertEquals(verdict({ ifNoneMatch: '"x"', ifModifiedSince: at }), "go");
  assertEquals(verdict({ ifModifiedSince: at }), "notModified");
  assertEquals(verdict({ ifModifiedSince: before }), "go");
  assertEquals(verdict({ ifModifiedSince: "yesterday", ifUnmodifiedSince: "tomorrow" }), "go");
  assert(!matches('"ab"', "abc"));
});

Deno.test("parseXml() reads back every character that writeXml() writes, and refuses declared entities", () => {
  const odd = " \t\r\n\u0001&<>\"'é目\u{1f600}]]>&amp; ";
  const root = parseXml(new TextEncoder().encode(writeXml("Delete", { Object: [{ Key: odd }, { Key: "" }] })), "Delete");
  assertEquals(root.children["Object"]?.map((object) => object.children["Key"]?.[0]?.text), [odd, ""]);
  const refused = ["", "no xml", "<Delete>", "<Other/>", "<Delete>&x;</Delete>", '<!DOCTYPE a [<!ENTITY x "y">]><Delete>&x;</Delete>'];
  for (const text of refused) {
    assertThrows(() => parseXml(new TextEncoder().encode(text), "Delete"), S3Error, undefined, text);
  }
});
