/**
 * Writes the WebAssembly that works out a CRC64 (`lib/bytes/crc64_wasm.ts`): table lookups of eight bytes at a time ("slicing by 8"), in
 * four lanes side by side, so that a lookup does not wait for the one before. Assembled here, since no library of that speed exists
 * (docs/benchmarks.md). It imports nothing and holds no polynomial: the tables are put into its memory.
 */

/** The file that is written. */
export const WASM = new URL("../lib/bytes/crc64_wasm.ts", import.meta.url);

const SLICES_AT = 0;
const SHIFTS_AT = 8 * 256 * 8;
const DATA_AT = 2 * SHIFTS_AT;
const DATA_BYTES = 256 * 1024;
const LANE_BYTES = 4096;

const LANES = 4;
const PAGE_BYTES = 64 * 1024;
const I32 = 0x7f;
const I64 = 0x7e;

type Code = readonly number[];

/** LEB128 of a whole number; `signed` for constants. */
function leb(value: number, signed = false): Code {
  const bytes: number[] = [];
  for (let rest = value;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const last = signed ? (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0) : rest === 0;
    if (last) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];
const i32 = (value: number): Code => [0x41, ...leb(value, true)];
const i64 = (value: number): Code => [0x42, ...leb(value, true)];
const op = (code: number, ...operands: Code[]): Code => [...operands.flat(), code];
const load64 = (address: Code, offset: number): Code => [...address, 0x29, 3, ...leb(offset)];
const load8 = (address: Code): Code => [...address, 0x2d, 0, 0];
const xor64 = (left: Code, right: Code): Code => op(0x85, left, right);
const block = (body: Code): Code => [0x02, 0x40, ...body, 0x0b];
const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0b];
const leaveIf = (condition: Code, depth: number): Code => [...condition, 0x0d, depth];
const again: Code = [0x0c, 0];

/** The offset of byte `index` of a word in a table of eight-byte values. */
function entry(word: Code, index: number): Code {
  const moved = index === 0 ? op(0x86, word, i64(3)) : op(0x88, word, i64(8 * index - 3));
  return op(0x71, [...moved, 0xa7], i32(255 * 8));
}

/** Eight lookups put together; byte i in table `first + step · i`. */
function lookUp(word: Code, first: number, step: number): Code {
  let terms = Array.from({ length: 8 }, (_, index) => load64(entry(word, index), first + step * index));
  while (terms.length > 1) {
    terms = Array.from({ length: terms.length / 2 }, (_, index) => xor64(terms[2 * index] ?? [], terms[2 * index + 1] ?? []));
  }
  return terms[0] ?? [];
}

const TABLE_BYTES = 256 * 8;
const [FROM, LENGTH, REGISTER, END] = [0, 1, 2, 3];
/** Registers of the lanes after the first, then the words that are looked up. */
const lane = (index: number): number => index === 0 ? REGISTER : END + index;
const word = (index: number): number => END + LANES + index;

const step = (local: number, by: number): Code => set(local, op(0x6a, get(local), i32(by)));
const sliced = (local: number): Code => lookUp(get(local), SLICES_AT + 7 * TABLE_BYTES, -TABLE_BYTES);

function functionBody(): Code {
  const lanes = Array.from({ length: LANES }, (_, index) => index);
  const wide = block(loop([
    ...leaveIf(op(0x49, get(LENGTH), i32(LANES * LANE_BYTES)), 1),
    ...set(END, op(0x6a, get(FROM), i32(LANE_BYTES))),
    ...lanes.slice(1).flatMap((index) => set(lane(index), i64(0))),
    ...loop([
      ...lanes.flatMap((index) => set(word(index), xor64(get(lane(index)), load64(get(FROM), index * LANE_BYTES)))),
      ...lanes.flatMap((index) => set(lane(index), sliced(word(index)))),
      ...step(FROM, 8),
      ...leaveIf(op(0x49, get(FROM), get(END)), 0),
    ]),
    ...lanes.slice(1).flatMap((index) => set(REGISTER, xor64(lookUp(get(REGISTER), SHIFTS_AT, TABLE_BYTES), get(lane(index))))),
    ...step(FROM, (LANES - 1) * LANE_BYTES),
    ...step(LENGTH, -LANES * LANE_BYTES),
    ...again,
  ]));
  const words = block(loop([
    ...leaveIf(op(0x49, get(LENGTH), i32(8)), 1),
    ...set(word(0), xor64(get(REGISTER), load64(get(FROM), 0))),
    ...set(REGISTER, sliced(word(0))),
    ...step(FROM, 8),
    ...step(LENGTH, -8),
    ...again,
  ]));
  const byte = op(0x71, op(0x73, [...get(REGISTER), 0xa7], load8(get(FROM))), i32(255));
  const bytes = block(loop([
    ...leaveIf([...get(LENGTH), 0x45], 1),
    ...set(REGISTER, xor64(op(0x88, get(REGISTER), i64(8)), load64(op(0x74, byte, i32(3)), SLICES_AT))),
    ...step(FROM, 1),
    ...step(LENGTH, -1),
    ...again,
  ]));
  // One i32 (END), the other lanes' registers, all lanes' words.
  const locals = [2, ...leb(1), I32, ...leb(2 * LANES - 1), I64];
  return [...locals, ...wide, ...words, ...bytes, ...get(REGISTER), 0x0b];
}

function section(id: number, content: Code): Code {
  return [id, ...leb(content.length), ...content];
}

function name(text: string): Code {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** The module: a memory, and `update(from, length, register)`, which returns the register after `length` bytes at `from`. */
function crc64Module(): Uint8Array {
  const body = functionBody();
  const pages = Math.ceil((DATA_AT + DATA_BYTES) / PAGE_BYTES);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, I32, I32, I64, 1, I64]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...leb(pages)]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("update"), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** The text of the file. */
export function crc64Text(): string {
  const lines = crc64Module().toBase64().match(/.{1,128}/g) ?? [];
  return `/** The WebAssembly of crc64.ts and the layout of its memory. Written by tools/write_crc64.ts: change that, not this file. */

/** Eight tables of 256 values: byte i of a word, with 7 − i zero bytes behind. */
export const SLICES_AT = ${SLICES_AT};
/** Eight tables of 256 values: byte i of a CRC, with {@link LANE_BYTES} zero bytes behind. */
export const SHIFTS_AT = ${SHIFTS_AT};
/** Where the bytes lie. */
export const DATA_AT = ${DATA_AT};
/** Bytes that fit in at once. */
export const DATA_BYTES = ${DATA_BYTES};
/** Bytes of one lane before the lanes are put together. */
export const LANE_BYTES = ${LANE_BYTES};
/** Exports \`memory\` and \`update(from, length, register)\`: the register after the bytes, no complement before or after. In base64. */
export const CRC64_WASM = [
${lines.map((line) => `  "${line}",\n`).join("")}].join("");
`;
}

if (import.meta.main) await Deno.writeTextFile(WASM, crc64Text());
