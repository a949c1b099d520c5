/**
 * A slot is the right to have one part (or one small object) in flight: the only unit of concurrency. Waiters are served in order.
 * Never gives out more than its limit, which shrinks while an endpoint asks to slow down and grows back with success.
 */
export class Slots {
  readonly #max: number;
  #limit: number;
  #taken = 0;
  #successes = 0;
  readonly #waiters: { grant: () => void }[] = [];

  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1) throw new RangeError(`Slots must be a whole number of at least 1: ${max}`);
    this.#max = max;
    this.#limit = max;
  }

  /** Slots that may be taken now. */
  get limit(): number {
    return this.#limit;
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Waits for a slot; rejects with the signal's reason. The caller gives it back with {@link release}. */
  acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#taken < this.#limit && this.#waiters.length === 0) {
      this.#taken++;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        grant: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Gives a slot back. */
  release(): void {
    if (this.#taken === 0) throw new RangeError("A slot was given back that nobody holds");
    this.#taken--;
    this.#serve();
  }

  /** Halves the limit: an endpoint asked to slow down. */
  shrink(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#successes = 0;
  }

  /** Counts a success; as many as the limit raise it by one, up to where it began. */
  succeed(): void {
    if (this.#limit === this.#max || ++this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit++;
    this.#serve();
  }

  #serve(): void {
    while (this.#taken < this.#limit) {
      const next = this.#waiters.shift();
      if (!next) return;
      this.#taken++;
      next.grant();
    }
  }
}

/** The slots of one worker: parts, small objects, and multipart sessions open side by side. */
export interface SlotSet {
  readonly parts: Slots;
  readonly objects: Slots;
  readonly sessions: Slots;
}

/** Slows everything of this worker down. */
export function shrinkAll(slots: SlotSet): void {
  slots.parts.shrink();
  slots.objects.shrink();
}

/** Counts a success towards the way back. */
export function succeedAll(slots: SlotSet): void {
  slots.parts.succeed();
  slots.objects.succeed();
}

/** Runs `work` in a slot. Throws the signal's reason when it fires first. */
export async function inSlot<T>(slots: Slots, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await slots.acquire(signal);
  try {
    return await work();
  } finally {
    slots.release();
  }
}
