import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { GIB, MIB, TIB } from "../../lib/limits.ts";
import { cut, rangeOf, sizeOf } from "../../lib/bytes/part_layout.ts";
import { bindLayout, cutAs, fits, type LayoutQuestion } from "../../lib/session/layout.ts";
import type { PartLayout } from "../../lib/types.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { testSeed } from "../test_seed.ts";

const LIMITS = { partSizeMinBytes: 5 * MIB, partSizeMaxBytes: 5 * GIB, partCountMax: 10_000 };

function question(sizeBytes: number, more: Partial<LayoutQuestion> = {}): LayoutQuestion {
  return {
    source: { key: "k", sizeBytes, etag: "0123456789abcdef0123456789abcdef" },
    sourceUrl: "s3://b",
    sourceIsLocal: false,
    destinationIsLocal: false,
    wanted: "auto",
    limits: LIMITS,
    ...more,
  };
}

Deno.test("cut() covers every byte once, whatever the sizes", () => {
  const random = seededRandom(testSeed());
  for (let round = 0; round < 2000; round++) {
    const layout = cut(Math.floor(random() * 10_000), 1 + Math.floor(random() * 400));
    let next = 0;
    for (let partNumber = 1; partNumber <= layout.partCount; partNumber++) {
      const { first, last } = rangeOf(layout, partNumber);
      assertEquals(first, next);
      assertEquals(last - first + 1, sizeOf(layout, partNumber));
      next = last + 1;
    }
    assertEquals(next, layout.sizeBytes);
  }
});

Deno.test("bindLayout() cuts a local file into parts of exactly the size asked for", () => {
  const bound = bindLayout(question(100 * MIB, { sourceIsLocal: true, wanted: 7 * MIB + 1 }));
  assertEquals(bound.binding, "file");
  assertEquals(bound.layout.partSizeBytes, 7 * MIB + 1);
});

Deno.test("bindLayout() doubles the part size until 10,000 parts suffice", () => {
  const table: [number, number][] = [[1, 8 * MIB], [80_000 * MIB, 8 * MIB], [80_000 * MIB + 1, 16 * MIB], [5 * TIB, 1024 * MIB], [
    48 * TIB,
    5 * GIB,
  ]];
  for (const [sizeBytes, partSizeBytes] of table) {
    const { layout } = bindLayout(question(sizeBytes, { sourceIsLocal: true }));
    assertEquals(layout.partSizeBytes, partSizeBytes, `size ${sizeBytes}`);
    assert(layout.partCount <= 10_000);
  }
});

Deno.test("bindLayout() refuses an object that no layout can hold", () => {
  assertThrows(() => bindLayout(question(60 * TIB, { sourceIsLocal: true })), TransferError, "Cannot cut k: it has");
});

Deno.test("bindLayout() puts the source's version into the part size", () => {
  const { layout, binding, adopt } = bindLayout(question(GIB));
  assertEquals(binding, "token");
  const fraction = layout.partSizeBytes % MIB;
  assert(fraction !== 0, "parts of whole MiB prove nothing");
  assertEquals(adopt(64 * MIB + fraction)?.partSizeBytes, 64 * MIB + fraction);
  assertEquals(adopt(64 * MIB + fraction + 1), undefined);
  assertEquals(adopt(8 * MIB), undefined);
  assertEquals(adopt(fraction), undefined, "smaller than the store's smallest part");
});

Deno.test("bindLayout() gives another version of the source another token", () => {
  const source = { key: "k", sizeBytes: GIB, etag: "ffffffffffffffffffffffffffffffff" };
  const one = bindLayout(question(GIB)).layout.partSizeBytes % MIB;
  const other = bindLayout(question(GIB, { source })).layout.partSizeBytes % MIB;
  assert(one !== other);
});

Deno.test("bindLayout() keeps the layout of a multipart source", () => {
  const source = { key: "k", sizeBytes: 100 * MIB, etag: "v1", md5: "0123456789abcdef0123456789abcdef-7" };
  const kept = bindLayout(question(100 * MIB, { source, sourceParts: cut(100 * MIB, 15 * MIB) }));
  assertEquals(kept.binding, "kept");
  assertEquals(kept.layout, { sizeBytes: 100 * MIB, partSizeBytes: 15 * MIB, partCount: 7 });
  assertEquals(kept.adopt(16 * MIB), undefined);
});

Deno.test("cutAs() keeps parts of unequal sizes, and knows equal ones", () => {
  assertEquals(cutAs([6, 6, 4]), cut(16, 6));
  const layout = cutAs([6, 5, 5]);
  assertEquals([layout.sizeBytes, layout.partCount, sizeOf(layout, 1), sizeOf(layout, 3)], [16, 3, 6, 5]);
  assertEquals([1, 2, 3].map((partNumber) => rangeOf(layout, partNumber)), [{ first: 0, last: 5 }, { first: 6, last: 10 }, {
    first: 11,
    last: 15,
  }]);
});

Deno.test("bindLayout() follows unequal parts between stores; a partial file has parts of one size", () => {
  const sourceParts = cutAs([6 * MIB, 5 * MIB, 7 * MIB]);
  const source = { key: "k", sizeBytes: 18 * MIB, etag: "v1" };
  const kept = bindLayout(question(18 * MIB, { source, sourceParts }));
  assertEquals([kept.binding, kept.layout, kept.followsSource], ["kept", sourceParts, true]);
  const named = bindLayout(question(18 * MIB, { source, sourceParts, destinationIsLocal: true }));
  assertEquals([named.binding, named.layout.starts, named.followsSource], ["named", undefined, false]);
});

Deno.test("bindLayout() falls back to the token when the source's layout cannot be kept", () => {
  const md5 = "0123456789abcdef0123456789abcdef-7";
  const table: [string, number, PartLayout][] = [
    ["sizes do not fit", 100 * MIB, cut(90 * MIB, 20 * MIB)],
    ["parts too small", 7 * MIB, cut(7 * MIB, MIB)],
    ["one part too small", 12 * MIB, cutAs([6 * MIB, MIB, 5 * MIB])],
  ];
  for (const [why, sizeBytes, sourceParts] of table) {
    assertEquals(
      bindLayout(question(sizeBytes, { source: { key: "k", sizeBytes, etag: "v1", md5 }, sourceParts })).binding,
      "token",
      why,
    );
  }
});

Deno.test("bindLayout() names a local partial file after the source's version", () => {
  const one = bindLayout(question(GIB, { destinationIsLocal: true }));
  assertEquals(one.binding, "named");
  assertEquals(one.layout.partSizeBytes, 8 * MIB);
  const source = { key: "k", sizeBytes: GIB, etag: "other" };
  assert(one.token !== bindLayout(question(GIB, { destinationIsLocal: true, source })).token);
});

Deno.test("fits() asks for number and size", () => {
  const layout = cut(25, 10);
  const part = (partNumber: number, sizeBytes: number) => ({ partNumber, sizeBytes, checksums: [] });
  assertEquals([part(1, 10), part(3, 5)].map((one) => fits(layout, one)), [true, true]);
  assertEquals([part(0, 10), part(1, 9), part(3, 10), part(4, 5)].map((one) => fits(layout, one)), [false, false, false, false]);
});
