import { assert, assertEquals } from "@std/assert";
import { giveBuffer, takeBuffer } from "../../lib/disk/whole_buffers.ts";
import { KIB, MIB } from "../../lib/limits.ts";

Deno.test("takeBuffer() uses a spare buffer again, and one no larger than needed where there is none", () => {
  const first = takeBuffer(300 * KIB);
  assertEquals(first.length, 512 * KIB);
  giveBuffer(first);
  const again = takeBuffer(400 * KIB);
  assert(again.buffer === first.buffer);
  giveBuffer(again);
  assertEquals(takeBuffer(1000).length, 1000);
});

Deno.test("giveBuffer() keeps no more than 64 MiB, what is in use counted", () => {
  const take = (count: number) => Array.from({ length: count }, () => takeBuffer(8 * MIB));
  const taken = take(12);
  const known = new Set(taken.map(({ buffer }) => buffer));
  const knownOf = (buffers: Uint8Array[]) => buffers.filter(({ buffer }) => known.has(buffer as ArrayBuffer)).length;
  // 96 MiB are in use: of the 48 that come back, 16 are kept beside the other 48.
  for (const buffer of taken.splice(0, 6)) giveBuffer(buffer);
  const more = take(6);
  assertEquals(knownOf(more), 2);
  for (const buffer of [...taken, ...more]) giveBuffer(buffer);
  const all = take(12);
  assertEquals(knownOf(all) <= 8, true);
  for (const buffer of all) giveBuffer(buffer);
  const kept = new Set(all.map(({ buffer }) => buffer));
  assertEquals(take(12).filter(({ buffer }) => kept.has(buffer)).length, 8);
});
