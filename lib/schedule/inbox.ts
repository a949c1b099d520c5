/**
 * Where everything that happens is noted until the scheduler's next turn: no event is acted upon while it arrives. Events of one burst
 * come out together, which is what makes messages to workers few and large.
 */

/** Notes of one kind of event, taken in order by one reader. */
export class Inbox<T> {
  #events: T[] = [];
  #wake: (() => void) | undefined;
  readonly #pace: (run: () => void) => void;

  /** `pace` runs a function a little later: the time in which a burst collects. */
  constructor(pace: (run: () => void) => void) {
    this.#pace = pace;
  }

  /** Notes an event. Never runs the reader before the caller has returned. */
  note(event: T): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Everything noted since the last call; waits until there is something. */
  async take(): Promise<T[]> {
    if (this.#events.length === 0) {
      const noted = Promise.withResolvers<void>();
      this.#wake = noted.resolve;
      await noted.promise;
      this.#wake = undefined;
    }
    const paced = Promise.withResolvers<void>();
    this.#pace(paced.resolve);
    await paced.promise;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
