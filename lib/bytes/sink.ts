/** Where bytes go that are read chunk by chunk. */

/** Takes the bytes of a body, one chunk after another; a chunk may be reused when its promise has ended. */
export type Sink = (chunk: Uint8Array) => Promise<void> | void;

/** What the movements between one source and one destination share besides their stores. */
export interface Meter {
  /** Bytes handed to the destination. */
  bytes: number;
}
