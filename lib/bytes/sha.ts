/**
 * SHA-256 and HMAC-SHA256 of short texts, synchronous: what a signature needs. Bytes of objects are the business of digest.ts. Node's
 * crypto costs each thread 30 ms of CPU to load, and Web Crypto only works asynchronously.
 */

const BLOCK_BYTES = 64;
/** Words of a block, expanded: used by one call at a time. */
const words = new Int32Array(64);

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
const ROUND_CONSTANTS = new Int32Array([
  ...[0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5],
  ...[0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174],
  ...[0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da],
  ...[0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967],
  ...[0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85],
  ...[0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070],
  ...[0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3],
  ...[0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2],
]);

const INITIAL = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/** Mixes the block at `at` into `state`. */
function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  for (let index = 0, from = at; index < 16; index++, from += 4) {
    words[index] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const w15 = words[t - 15]!;
    const w2 = words[t - 2]!;
    const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3);
    const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10);
    words[t] = words[t - 16]! + s0 + words[t - 7]! + s1;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t]! + words[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

const encoder = new TextEncoder();
/** A text as bytes with room for its padding; grows with the longest text. */
let scratch = new Uint8Array(4096);

/** Digests `text` from the state on that `before` bytes (whole blocks) have led to. */
function digest(text: string | Uint8Array, start: ArrayLike<number> = INITIAL, before = 0): Uint8Array {
  const bytesMax = typeof text === "string" ? text.length * 3 : text.length;
  if (scratch.length < bytesMax + 2 * BLOCK_BYTES) scratch = new Uint8Array(2 * bytesMax + 2 * BLOCK_BYTES);
  let length = bytesMax;
  if (typeof text === "string") length = encoder.encodeInto(text, scratch).written;
  else scratch.set(text);
  const padded = (length + 9 + BLOCK_BYTES - 1) & -BLOCK_BYTES;
  scratch.fill(0, length, padded);
  scratch[length] = 0x80;
  const bits = (before + length) * 8;
  for (let index = 1, rest = bits; index <= 6; index++, rest = Math.floor(rest / 256)) scratch[padded - index] = rest % 256;
  const state = new Int32Array(start);
  for (let at = 0; at < padded; at += BLOCK_BYTES) compress(state, scratch, at);
  const result = new Uint8Array(32);
  for (let index = 0; index < 32; index++) result[index] = state[index >> 2]! >>> (24 - 8 * (index & 3));
  return result;
}

/** An HMAC key, its two pads hashed already: one key signs many texts. */
export interface HmacKey {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

/** The key of HMAC-SHA256 (RFC 2104). Text counts as UTF-8. */
export function hmacKey(secret: string | Uint8Array): HmacKey {
  let key = typeof secret === "string" ? encoder.encode(secret) : secret;
  if (key.length > BLOCK_BYTES) key = digest(key);
  const pad = (mask: number) => {
    const block = new Uint8Array(BLOCK_BYTES).fill(mask);
    for (let index = 0; index < key.length; index++) block[index]! ^= key[index]!;
    const state = new Int32Array(INITIAL);
    compress(state, block, 0);
    return state;
  };
  return { inner: pad(0x36), outer: pad(0x5c) };
}

/** The HMAC-SHA256 of a text (as UTF-8). */
export function hmac(key: HmacKey, text: string): Uint8Array {
  return digest(digest(text, key.inner, BLOCK_BYTES), key.outer, BLOCK_BYTES);
}

/** SHA-256 of bytes, or of a text as UTF-8. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return digest(data);
}
