/**
 * Buffers that are used again: their pages cost more than the bytes that pass through them. A buffer belongs to whoever took it until it
 * is given back.
 */
import { KIB } from "../../limits.ts";

/** Smaller buffers cost CPU, larger ones memory and CPU. */
const BUFFER_BYTES = 256 * KIB;
/** Buffers that are kept: as many as parts are in flight at the same time in most jobs. */
const SPARE_MAX = 16;

const spare: Uint8Array<ArrayBuffer>[] = [];

/** A buffer of {@link BUFFER_BYTES} with unknown content. */
export function takeBuffer(): Uint8Array<ArrayBuffer> {
  return spare.pop() ?? new Uint8Array(BUFFER_BYTES);
}

/** Gives a buffer back; nobody may look at it any more, no read or write that is in progress either. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (spare.length < SPARE_MAX) spare.push(buffer);
}
