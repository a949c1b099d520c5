/**
 * What the movements between one source and one destination share besides their stores: the byte count and what was learnt about the line's
 * pace. Pure.
 */
import { KIB } from "../limits.ts";

/** Where {@link Meter.relayMs} starts: 8 MiB may take 32 s more than the timeout. */
const PACE_START_BYTES_PER_SECOND = 256 * KIB;
/** A part that is slower than this counts as stalled. */
const PACE_MIN_BYTES_PER_SECOND = 4 * KIB;

/** See the file comment. */
export class Meter {
  /** Bytes handed to the destination. */
  bytes = 0;
  readonly #timeoutMs: number;
  #paceBytesPerSecond = PACE_START_BYTES_PER_SECOND;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * How long a relay of this size may take in all. Bytes of a relay are invisible here, so a stall cannot be told from a slow line: the
   * time is that of a slow line. Where it proves too short it doubles, so that a line of any speed gets through within the usual attempts.
   */
  relayMs(sizeBytes: number): number {
    return this.#timeoutMs + sizeBytes / this.#paceBytesPerSecond * 1000;
  }

  /** A relay ran out of time. */
  noteSlow(): void {
    this.#paceBytesPerSecond = Math.max(PACE_MIN_BYTES_PER_SECOND, this.#paceBytesPerSecond / 2);
  }
}
