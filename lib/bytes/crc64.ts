/**
 * CRC64s of bytes that pass: one WebAssembly instance per algorithm and thread, whose only state is its tables; the registers are kept by
 * the callers, so that any number of digests may be in progress. Twice as fast as the library that is used for other CRCs.
 */
import { combineCrc, polynomialOf } from "./crc_combine.ts";
import { CRC64_WASM, DATA_AT, DATA_BYTES, LANE_BYTES, SHIFTS_AT, SLICES_AT } from "./crc64_wasm.ts";

/** The CRC64s of the stores: NVM Express, section 5.2.1.3.4; and CRC-64/XZ, which Alibaba OSS calls crc64ecma. */
export type Crc64Algorithm = "crc64nvme" | "crc64ecma";

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

interface Engine {
  readonly data: Uint8Array;
  /** The register after `length` bytes at `from`; no complement before or after. */
  readonly update: (from: number, length: number, register: bigint) => bigint;
}

let module: WebAssembly.Module | undefined;
const engines: Partial<Record<Crc64Algorithm, Engine>> = {};

/** A CRC64 being taken. */
export class Crc64 {
  readonly #engine: Engine;
  #register = ALL_ONES;

  constructor(algorithm: Crc64Algorithm) {
    this.#engine = engines[algorithm] ??= start(algorithm);
  }

  /** The chunk may be reused as soon as this returns. */
  update(chunk: Uint8Array): void {
    const { data, update } = this.#engine;
    for (let at = 0; at < chunk.length; at += DATA_BYTES) {
      const piece = chunk.length <= DATA_BYTES ? chunk : chunk.subarray(at, at + DATA_BYTES);
      data.set(piece);
      this.#register = update(DATA_AT, piece.length, this.#register);
    }
  }

  /** The CRC of everything so far. */
  value(): bigint {
    return BigInt.asUintN(64, this.#register) ^ ALL_ONES;
  }
}

function start(algorithm: Crc64Algorithm): Engine {
  module ??= new WebAssembly.Module(Uint8Array.fromBase64(CRC64_WASM));
  const { memory, update } = new WebAssembly.Instance(module).exports as unknown as Engine & { readonly memory: WebAssembly.Memory };
  fillTables(new BigUint64Array(memory.buffer), algorithm);
  return { data: new Uint8Array(memory.buffer, DATA_AT, DATA_BYTES), update };
}

function fillTables(memory: BigUint64Array, algorithm: Crc64Algorithm): void {
  const polynomial = polynomialOf(algorithm);
  const slices = memory.subarray(SLICES_AT / 8);
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = (value & 1n) === 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    slices[byte] = value;
  }
  for (let index = 256; index < 8 * 256; index++) {
    const before = slices[index - 256] ?? 0n;
    slices[index] = (before >> 8n) ^ (slices[Number(before & 255n)] ?? 0n);
  }
  const shifts = memory.subarray(SHIFTS_AT / 8);
  for (let bit = 0; bit < 64; bit++) {
    const first = Math.floor(bit / 8) * 256;
    const alone = 1 << bit % 8;
    // What this bit becomes behind so many zero bytes; the other entries are sums of such.
    const shifted = combineCrc(algorithm, 1n << BigInt(bit), 0n, LANE_BYTES);
    for (let below = 0; below < alone; below++) shifts[first + alone + below] = (shifts[first + below] ?? 0n) ^ shifted;
  }
}
