/**
 * Buffers for ranges that are read whole, used again and again: as garbage they would lie outside of the heap, where the runtime does not
 * count them. What is spare and what is in use are bounded together.
 */
import { KIB, MIB } from "../limits.ts";

/** The smallest buffer that is kept; smaller ones are cheap garbage. */
const KEPT_BYTES_MIN = 64 * KIB;
/** Nothing is kept beyond this, counting what is in use. */
const KEPT_BYTES_MAX = 64 * MIB;

/** Spare buffers, smallest first. */
const spare: Uint8Array[] = [];
let heldBytes = 0;

/** A buffer of at least `sizeBytes`, with what it held before; give it back with {@link giveBuffer}. */
export function takeBuffer(sizeBytes: number): Uint8Array {
  if (sizeBytes < KEPT_BYTES_MIN) return new Uint8Array(sizeBytes);
  const at = spare.findIndex((buffer) => buffer.length >= sizeBytes);
  const found = at < 0 ? undefined : spare.splice(at, 1)[0];
  if (found !== undefined) return found;
  const buffer = new Uint8Array(2 ** Math.ceil(Math.log2(sizeBytes)));
  heldBytes += buffer.length;
  dropSpare();
  return buffer;
}

/** Takes a buffer back; nobody may hold it any more. */
export function giveBuffer(buffer: Uint8Array): void {
  if (buffer.length < KEPT_BYTES_MIN) return;
  spare.push(buffer);
  spare.sort((a, b) => a.length - b.length);
  dropSpare();
}

/** The smallest go first: a larger one serves every range. */
function dropSpare(): void {
  while (heldBytes > KEPT_BYTES_MAX && spare.length > 0) heldBytes -= spare.shift()?.length ?? 0;
}
