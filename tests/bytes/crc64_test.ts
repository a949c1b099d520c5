import { assertEquals } from "@std/assert";
import { createCRC64 } from "hash-wasm";
import { Crc64, type Crc64Algorithm } from "../../lib/bytes/crc64.ts";
import { DATA_BYTES, LANE_BYTES } from "../../lib/bytes/crc64_wasm.ts";
import { crc64Text, WASM } from "../../tools/write_crc64.ts";
import { combineCrc } from "../../lib/bytes/crc_combine.ts";
import { sampleBytes } from "../wire/scripted_store.ts";

function crcOf(algorithm: Crc64Algorithm, ...chunks: Uint8Array[]): bigint {
  const crc = new Crc64(algorithm);
  for (const chunk of chunks) crc.update(chunk);
  return crc.value();
}

const text = (words: string) => new TextEncoder().encode(words);

Deno.test("the WebAssembly of Crc64 is what its tool writes", () => {
  assertEquals(Deno.readTextFileSync(WASM), crc64Text());
});

Deno.test("Crc64 agrees with the published check values", () => {
  // CRC-64/XZ in the catalogue of parametrised CRCs and in the tests of Alibaba's Go SDK; CRC-64/NVME in NVM Express.
  assertEquals(crcOf("crc64ecma", text("123456789")), 0x995dc9bbdf1939fan);
  assertEquals(crcOf("crc64ecma", text("This is a test of the emergency broadcast system.")), 0x27db187fc15bbc72n);
  assertEquals(crcOf("crc64nvme", text("123456789")), 0xae8b14860a799888n);
  assertEquals([crcOf("crc64ecma"), crcOf("crc64nvme", new Uint8Array())], [0n, 0n]);
});

Deno.test("Crc64 agrees with another implementation on every length around its lanes and its memory", async () => {
  const polynomials = { crc64ecma: "c96c5795d7870f42", crc64nvme: "9a6c9329ac4bc9b5" } as const;
  const bytes = sampleBytes(DATA_BYTES * 2 + 100, 3);
  const around = (length: number) => [length - 9, length - 1, length, length + 1, length + 17];
  const lengths = [...Array(40).keys(), ...[4, 8, 12].flatMap((lanes) => around(lanes * LANE_BYTES)), ...around(DATA_BYTES), bytes.length];
  for (const algorithm of ["crc64ecma", "crc64nvme"] as const) {
    const other = await createCRC64(polynomials[algorithm]);
    for (const length of lengths) {
      const chunk = bytes.subarray(3, 3 + length);
      const expected = BigInt(`0x${other.init().update(chunk).digest("hex")}`);
      assertEquals(crcOf(algorithm, chunk), expected, `${algorithm} of ${length} bytes`);
    }
  }
});

Deno.test("Crc64 is the same for any cuts, side by side with other runs, and joins as combineCrc() says", () => {
  const bytes = sampleBytes(100_000, 5);
  const whole = crcOf("crc64ecma", bytes);
  const [one, other] = [new Crc64("crc64ecma"), new Crc64("crc64ecma")];
  for (let at = 0, step = 1; at < bytes.length; at += step, step = step * 3 % 20_011) {
    one.update(bytes.subarray(at, at + step));
    other.update(bytes.subarray(0, 7));
  }
  assertEquals(one.value(), whole);
  for (const cut of [1, 16_384, 99_999]) {
    const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)];
    assertEquals(combineCrc("crc64ecma", crcOf("crc64ecma", head), crcOf("crc64ecma", tail), tail.length), whole);
  }
});
