/**
 * How fast this worker may go: the pause that a throttling endpoint asked for, and this worker's share of the bandwidth limit. Bytes of a
 * relay never pass here, so the limit is kept by paying for a part before it starts. Time is passed in.
 */

/** Time as the session sees it. */
export interface Clock {
  now(): number;
  /** Ends after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** See the file comment. */
export class Pace {
  readonly #clock: Clock;
  #pausedUntilMs = 0;
  #bytesPerSecond = 0;
  /** Until when the bytes already let through have used up the rate. */
  #paidUntilMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets this worker's share of the limit; 0 means none. */
  setBandwidth(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Nothing new starts for this long. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.now() + ms);
  }

  /** Waits until a request that carries `bytes` may start. */
  async pass(bytes: number, signal: AbortSignal): Promise<void> {
    const wait = this.#pausedUntilMs - this.#clock.now();
    if (wait > 0) await this.#clock.sleep(wait, signal);
    if (this.#bytesPerSecond === 0 || bytes === 0) return;
    const now = this.#clock.now();
    const start = Math.max(now, this.#paidUntilMs);
    this.#paidUntilMs = start + bytes / this.#bytesPerSecond * 1000;
    if (start > now) await this.#clock.sleep(start - now, signal);
  }
}
