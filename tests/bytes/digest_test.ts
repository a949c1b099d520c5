/** Digests against published check values. */
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { md5ToBase64, startDigests } from "../../lib/bytes/digest.ts";
import type { DigestAlgorithm } from "../../lib/types.ts";

const CHECK = new TextEncoder().encode("123456789");

function fromHex(hex: string): string {
  return Buffer.from(hex, "hex").toString("base64");
}

/** Check values of "123456789": catalogue of parametrised CRC algorithms (reveng), RFC 1321 and FIPS 180 tools. */
const VECTORS: readonly (readonly [DigestAlgorithm, string])[] = [
  ["crc32", fromHex("cbf43926")],
  ["crc32c", fromHex("e3069283")],
  ["crc64nvme", fromHex("ae8b14860a799888")],
  ["crc64ecma", BigInt("0x995dc9bbdf1939fa").toString()],
  ["md5", "25f9e794323b453885f5181f1b624d0b"],
  ["sha1", fromHex("f7c3bc1d808e04732adf679965ccc34ca7ae3441")],
  ["sha256", fromHex("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")],
];

for (const [algorithm, expected] of VECTORS) {
  Deno.test(`startDigests() gives the published ${algorithm}, in one piece and in many`, async () => {
    const whole = await startDigests([algorithm]);
    whole.update(CHECK);
    assertEquals(whole.finish(), { [algorithm]: expected });
    const pieces = await startDigests([algorithm]);
    for (const byte of CHECK) pieces.update(Uint8Array.of(byte));
    assertEquals(pieces.finish(), { [algorithm]: expected });
  });
}

Deno.test("startDigests() keeps runs that are open at the same time apart", async () => {
  const first = await startDigests(["crc64nvme", "crc32c"]);
  const second = await startDigests(["crc64nvme", "crc32c"]);
  first.update(CHECK.subarray(0, 4));
  second.update(CHECK);
  first.update(CHECK.subarray(4));
  assertEquals(first.finish(), second.finish());
  const third = await startDigests(["crc64nvme"]);
  third.update(CHECK);
  assertEquals(third.finish().crc64nvme, fromHex("ae8b14860a799888"));
});

Deno.test("startDigests() with nothing asked for answers nothing", async () => {
  const run = await startDigests([]);
  run.update(CHECK);
  assertEquals(run.finish(), {});
});

Deno.test("md5ToBase64() turns an ETag into a Content-MD5", () => {
  assertEquals(md5ToBase64("d41d8cd98f00b204e9800998ecf8427e"), "1B2M2Y8AsgTpgAmY7PhCfg==");
});
