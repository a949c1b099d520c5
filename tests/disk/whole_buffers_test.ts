import { assert, assertEquals } from "@std/assert";
import { bufferBytes, giveBuffer, takeBuffer } from "../../lib/disk/whole_buffers.ts";
import { KIB, MIB } from "../../lib/limits.ts";

Deno.test("takeBuffer() uses a spare buffer again, and one no larger than needed where there is none", () => {
  const first = takeBuffer(300 * KIB);
  assertEquals(first.length, 512 * KIB);
  giveBuffer(first);
  const again = takeBuffer(400 * KIB);
  assert(again.buffer === first.buffer);
  giveBuffer(again);
  assertEquals(takeBuffer(1000).length, 1000);
  assertEquals(bufferBytes().used, 0);
});

Deno.test("giveBuffer() keeps no more than 64 MiB, what is in use counted", () => {
  const taken = Array.from({ length: 12 }, () => takeBuffer(8 * MIB));
  assertEquals(bufferBytes(), { used: 96 * MIB, spare: 0 });
  for (const buffer of taken.splice(0, 6)) giveBuffer(buffer);
  assertEquals(bufferBytes(), { used: 48 * MIB, spare: 16 * MIB });
  for (const buffer of taken) giveBuffer(buffer);
  assertEquals(bufferBytes(), { used: 0, spare: 64 * MIB });
});
