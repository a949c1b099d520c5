/**
 * Layouts around every limit on sizes that a store has, one byte below and one above: either whole and within all limits, or refused, and
 * refused only where no layout could be.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { GIB, MIB, TIB } from "../../lib/limits.ts";
import { cut, rangeOf, sizeOf } from "../../lib/bytes/part_layout.ts";
import { bindLayout, type LayoutQuestion } from "../../lib/session/layout.ts";
import { capabilitiesOf, OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import type { Capabilities, PartLayout } from "../../lib/types.ts";

const STORES: readonly Capabilities[] = [
  capabilitiesOf(undefined),
  OSS_CAPABILITIES,
  capabilitiesOf("https://s3.fr-par.scw.cloud"),
  capabilitiesOf("https://gateway.storjshare.io"),
  capabilitiesOf("https://a.r2.cloudflarestorage.com"),
];
const WANTED = ["auto", 100 * 1024, 5 * MIB, 7 * MIB + 1, 5 * GIB, 6 * GIB] as const;
type Kind = "file" | "token" | "kept";

/** Sizes at which something changes, and their neighbours. */
function sizesAround(limits: Capabilities): number[] {
  const steps = [1, limits.partSizeMinBytes, limits.putSizeMaxBytes, limits.partSizeMaxBytes, TIB, 5 * TIB, 48 * TIB];
  const doubled = Array.from({ length: 11 }, (_, power) => limits.partCountMax * 8 * MIB * 2 ** power);
  const most = limits.partCountMax * limits.partSizeMaxBytes;
  return [...steps, ...doubled, most].flatMap((size) => [size - 1, size, size + 1]).filter((size) => size > 0);
}

function question(sizeBytes: number, limits: Capabilities, kind: Kind, wanted: LayoutQuestion["wanted"]): LayoutQuestion {
  const partSizeBytes = Math.max(limits.partSizeMinBytes, Math.ceil(sizeBytes / limits.partCountMax));
  const etag = `0cc175b9c0f1b6a831c399e269772661${kind === "kept" ? `-${Math.ceil(sizeBytes / partSizeBytes)}` : ""}`;
  return {
    source: { key: "k", sizeBytes, etag },
    sourceUrl: "s3://b",
    sourceIsLocal: kind === "file",
    destinationIsLocal: false,
    ...(kind === "kept" && { sourceParts: cut(sizeBytes, partSizeBytes) }),
    wanted,
    limits,
  };
}

/** Everything that a store would refuse. Looks at the edges of the layout: the rest is arithmetic of equal parts. */
function assertWithin(layout: PartLayout, sizeBytes: number, limits: Capabilities): void {
  const { partSizeBytes, partCount } = layout;
  assertEquals(layout.sizeBytes, sizeBytes);
  assert(Number.isSafeInteger(partSizeBytes) && partSizeBytes <= limits.partSizeMaxBytes, `parts of ${partSizeBytes}`);
  assert(partCount >= 1 && partCount <= limits.partCountMax, `${partCount} parts`);
  assert(partCount === 1 || partSizeBytes >= limits.partSizeMinBytes, `parts of ${partSizeBytes}`);
  assertEquals((partCount - 1) * partSizeBytes + sizeOf(layout, partCount), sizeBytes);
  assert(sizeOf(layout, partCount) >= 1 && sizeOf(layout, partCount) <= partSizeBytes, "the last part");
  assertEquals(rangeOf(layout, partCount).last, sizeBytes - 1);
  assertEquals(rangeOf(layout, 1).first, 0);
}

for (const limits of STORES) {
  for (const kind of ["file", "token", "kept"] as const) {
    const what = kind === "file" ? "files" : `objects (${kind})`;
    Deno.test(`layouts of ${what} keep every limit of ${limits.provider}, or are refused past the last`, () => {
      // The version stands in the last 20 bits of the part size, for which the largest parts have no room.
      const room = kind === "token" ? MIB : 0;
      const most = limits.partCountMax * (limits.partSizeMaxBytes - room);
      let within = 0;
      for (const sizeBytes of sizesAround(limits)) {
        for (const wanted of WANTED) {
          const asked = question(sizeBytes, limits, kind, wanted);
          if (sizeBytes > limits.partCountMax * limits.partSizeMaxBytes) {
            const error = assertThrows(() => bindLayout(asked), TransferError);
            assertEquals(error.kind, "unsupported");
          } else if (sizeBytes <= most) {
            const { layout, adopt } = bindLayout(asked);
            assertWithin(layout, sizeBytes, limits);
            assertEquals(adopt(layout.partSizeBytes), layout, `${sizeBytes} bytes, ${wanted} wanted`);
            within++;
          }
        }
      }
      assert(within > 100, `${within} layouts`);
    });
  }
}

Deno.test("an object of 5 TiB has at most 10,000 parts, and so has the largest that S3 and OSS take, of 48.8 TiB", () => {
  for (const limits of [capabilitiesOf(undefined), OSS_CAPABILITIES]) {
    assertEquals(bindLayout(question(5 * TIB, limits, "file", "auto")).layout.partCount, 5120);
    const largest = bindLayout(question(10_000 * 5 * GIB, limits, "file", "auto")).layout;
    assertEquals([largest.partCount, largest.partSizeBytes], [10_000, 5 * GIB]);
  }
});
