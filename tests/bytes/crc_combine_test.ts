/** combineCrc() against a bit-by-bit CRC written here and against zlib. */
import { assertEquals, assertThrows } from "@std/assert";
import { crc32 } from "node:zlib";
import { type CombinableCrc, combineCrc } from "../../lib/bytes/crc_combine.ts";

const POLYNOMIALS: Record<CombinableCrc, { width: bigint; polynomial: bigint; check: bigint }> = {
  crc32: { width: 32n, polynomial: 0xedb88320n, check: 0xcbf43926n },
  crc32c: { width: 32n, polynomial: 0x82f63b78n, check: 0xe3069283n },
  crc64nvme: { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n, check: 0xae8b14860a799888n },
  crc64ecma: { width: 64n, polynomial: 0xc96c5795d7870f42n, check: 0x995dc9bbdf1939fan },
};
const ALGORITHMS = Object.keys(POLYNOMIALS) as CombinableCrc[];

/** The textbook loop over bits: slow, and plainly right. */
function crcOf(algorithm: CombinableCrc, bytes: Uint8Array): bigint {
  const { width, polynomial } = POLYNOMIALS[algorithm];
  const ones = (1n << width) - 1n;
  let register = ones;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) register = (register & 1n) === 0n ? register >> 1n : (register >> 1n) ^ polynomial;
  }
  return register ^ ones;
}

Deno.test("the bit-by-bit CRCs of 123456789 are the published check values", () => {
  for (const algorithm of ALGORITHMS) {
    assertEquals(crcOf(algorithm, new TextEncoder().encode("123456789")), POLYNOMIALS[algorithm].check, algorithm);
  }
});

Deno.test("combineCrc() gives the CRC of the joined bytes wherever they are cut", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 167 + 13) & 255);
  for (const algorithm of ALGORITHMS) {
    const whole = crcOf(algorithm, bytes);
    for (const cut of [0, 1, 7, 8, 63, 64, 150, 255, 256, 299, 300]) {
      const first = crcOf(algorithm, bytes.subarray(0, cut));
      const second = crcOf(algorithm, bytes.subarray(cut));
      assertEquals(combineCrc(algorithm, first, second, bytes.length - cut), whole, `${algorithm} cut at ${cut}`);
    }
  }
});

Deno.test("combineCrc() takes numbers and agrees with zlib over megabytes", () => {
  const first = new Uint8Array(1_000_003).fill(7);
  const second = new Uint8Array(5 * 1024 * 1024 + 1).fill(200);
  assertEquals(combineCrc("crc32", crc32(first), crc32(second), second.length), BigInt(crc32(second, crc32(first))));
});

Deno.test("combineCrc() is associative for lengths above 2^32", () => {
  const length = 3 * 2 ** 40 + 12345;
  for (const algorithm of ALGORITHMS) {
    const [a, b, c] = [0x1234abcdn, 0xdeadbeefn, 0x0badcafen];
    const left = combineCrc(algorithm, combineCrc(algorithm, a, b, length), c, 999);
    const right = combineCrc(algorithm, a, combineCrc(algorithm, b, c, 999), length + 999);
    assertEquals(left, right, algorithm);
  }
});

Deno.test("combineCrc() refuses a length that is no whole number of bytes", () => {
  for (const length of [-1, 1.5, Number.NaN, 2 ** 53]) {
    assertThrows(() => combineCrc("crc32", 1, 2, length), RangeError);
  }
});
