/** What the movements between one source and one destination share besides their stores. */

/** See the file comment. */
export interface Meter {
  /** Bytes handed to the destination. */
  bytes: number;
}
