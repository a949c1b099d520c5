/**
 * The CRC of two byte strings joined, worked out from their CRCs and the length of the second: what turns part checksums into the checksum
 * of the whole object. Pure arithmetic on polynomials over GF(2); it must never see a byte of data. Imports nothing.
 */

/** CRCs that can be combined: all reflected, all ones before and after, so that both cancel out. `crc64ecma` is that of xz and OSS. */
export type CombinableCrc = "crc32" | "crc32c" | "crc64nvme" | "crc64ecma";

/** All of them, cheapest to compute first. */
export const COMBINABLE_CRCS: readonly CombinableCrc[] = ["crc32", "crc32c", "crc64nvme", "crc64ecma"];

interface CrcShape {
  readonly widthBits: bigint;
  readonly polynomial: bigint;
  /** Entry k is x^(2^k) modulo the polynomial; grows as lengths ask for it. */
  readonly powers: bigint[];
  /** The last length asked for: parts of one object are nearly all equally long. */
  lastLengthBytes: number;
  lastShift: bigint;
}

function shapeOf(widthBits: bigint, polynomial: bigint): CrcShape {
  const one = 1n << (widthBits - 1n);
  return { widthBits, polynomial, powers: [one >> 1n], lastLengthBytes: 0, lastShift: one };
}

const SHAPES: Readonly<Record<CombinableCrc, CrcShape>> = {
  crc32: shapeOf(32n, 0xedb88320n),
  crc32c: shapeOf(32n, 0x82f63b78n),
  crc64nvme: shapeOf(64n, 0x9a6c9329ac4bc9b5n),
  crc64ecma: shapeOf(64n, 0xc96c5795d7870f42n),
};

/** The generator polynomial of a CRC, reflected: the lowest bit is the highest power of x. */
export function polynomialOf(algorithm: CombinableCrc): bigint {
  return SHAPES[algorithm].polynomial;
}

/** Product of two reflected polynomials modulo the shape's own. */
function multiply(shape: CrcShape, left: bigint, right: bigint): bigint {
  let product = 0n;
  let term = right;
  for (let mask = 1n << (shape.widthBits - 1n); mask !== 0n; mask >>= 1n) {
    if ((left & mask) !== 0n) product ^= term;
    term = (term & 1n) === 0n ? term >> 1n : (term >> 1n) ^ shape.polynomial;
  }
  return product;
}

/** x^(2^exponent) modulo the shape's polynomial. */
function power(shape: CrcShape, exponent: number): bigint {
  const known = shape.powers[exponent];
  if (known !== undefined) return known;
  const half = power(shape, exponent - 1);
  const square = multiply(shape, half, half);
  shape.powers[exponent] = square;
  return square;
}

/** x^(8 · length): what appending that many zero bytes does to a CRC register. */
function shiftBy(shape: CrcShape, lengthBytes: number): bigint {
  if (lengthBytes === shape.lastLengthBytes) return shape.lastShift;
  let shift = 1n << (shape.widthBits - 1n);
  let rest = lengthBytes;
  for (let exponent = 3; rest > 0; exponent++) {
    if (rest % 2 === 1) shift = multiply(shape, shift, power(shape, exponent));
    rest = Math.floor(rest / 2);
  }
  shape.lastLengthBytes = lengthBytes;
  shape.lastShift = shift;
  return shift;
}

/**
 * The CRC of A followed by B, from the CRC of A, the CRC of B and the length of B in bytes. Takes log2(length) multiplications at most
 * and one when the length is that of the call before. Throws RangeError when the length is not a whole number from 0 to 2^53 - 1.
 */
export function combineCrc(algorithm: CombinableCrc, first: bigint | number, second: bigint | number, secondLengthBytes: number): bigint {
  if (!Number.isSafeInteger(secondLengthBytes) || secondLengthBytes < 0) {
    throw new RangeError(`Cannot combine CRCs over this length: ${secondLengthBytes}`);
  }
  const shape = SHAPES[algorithm];
  return multiply(shape, shiftBy(shape, secondLengthBytes), BigInt(first)) ^ BigInt(second);
}

/** A CRC out of the text that stands for it: decimal for `crc64ecma`, else the base64 of its bytes. */
export function crcFromText(algorithm: CombinableCrc, text: string): bigint {
  return BigInt(algorithm === "crc64ecma" ? text : `0x${Uint8Array.fromBase64(text).toHex()}`);
}

/** The text of a CRC; the other direction of {@link crcFromText}. */
export function crcToText(algorithm: CombinableCrc, crc: bigint): string {
  if (algorithm === "crc64ecma") return crc.toString();
  return Uint8Array.fromHex(crc.toString(16).padStart(Number(SHAPES[algorithm].widthBits) / 4, "0")).toBase64();
}
