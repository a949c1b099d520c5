/** What bounds how much a worker has in flight: parts, small objects, sessions, and the memory of all of them. */
import type { Tuning } from "../job_types.ts";
import { MEMORY_PER_OBJECT_BYTES, MEMORY_PER_PART_BYTES, SESSIONS_MAX } from "../limits.ts";

/**
 * A slot is the right to have one part (or one small object) in flight: the only unit of concurrency. Waiters are served in order.
 * Never gives out more than its limit, which shrinks while an endpoint asks to slow down and grows back with success.
 */
export class Slots {
  readonly #max: number;
  #limit: number;
  #taken = 0;
  #successes = 0;
  readonly #waiters: { grant: () => void; weight: number }[] = [];

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

  /**
   * Waits for `weight` slots; rejects with the signal's reason. The caller gives them back with {@link release}. More than there are count
   * as all there are.
   */
  acquire(signal: AbortSignal, weight = 1): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiters.length === 0 && this.#hasRoom(weight)) {
      this.#taken += weight;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        weight,
        grant: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        // Who waited behind it may need less.
        this.#serve();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Gives `weight` slots back. */
  release(weight = 1): void {
    if (this.#taken < weight) throw new RangeError("A slot was given back that nobody holds");
    this.#taken -= weight;
    this.#serve();
  }

  /** Runs `work` while `weight` slots are held. Throws the signal's reason when it fires first. */
  async hold<T>(signal: AbortSignal, work: () => Promise<T>, weight = 1): Promise<T> {
    await this.acquire(signal, weight);
    try {
      return await work();
    } finally {
      this.release(weight);
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#taken === 0 || this.#taken + weight <= this.#limit;
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
    for (let next = this.#waiters[0]; next !== undefined && this.#hasRoom(next.weight); next = this.#waiters[0]) {
      this.#waiters.shift();
      this.#taken += next.weight;
      next.grant();
    }
  }
}

/** The slots of one worker: parts, small objects, multipart sessions open side by side, and the memory of parts and small objects. */
export interface SlotSet {
  readonly parts: Slots;
  readonly objects: Slots;
  readonly sessions: Slots;
  /** In units of {@link MEMORY_PER_OBJECT_BYTES}; taken last and for one part or object: nobody waits for more while holding some. */
  readonly memory: Slots;
}

/** The slots that a tuning allows. */
export function openSlots({ partsInFlight, objectsInFlight }: Pick<Tuning, "partsInFlight" | "objectsInFlight">): SlotSet {
  return {
    parts: new Slots(partsInFlight),
    objects: new Slots(objectsInFlight),
    sessions: new Slots(Math.min(SESSIONS_MAX, objectsInFlight)),
    memory: new Slots(partsInFlight * MEMORY_OF_PART + objectsInFlight),
  };
}

/** Units of memory that one part takes. */
const MEMORY_OF_PART = MEMORY_PER_PART_BYTES / MEMORY_PER_OBJECT_BYTES;

/**
 * Units of memory that one small object takes: a local file is read whole, into a buffer of the next power of two; what passes from socket
 * to socket, or from a socket to a file, needs the same whatever its size.
 */
export function memoryOfObject(sizeBytes: number, readWhole: boolean): number {
  if (!readWhole || sizeBytes <= MEMORY_PER_OBJECT_BYTES) return 1;
  return Math.min(MEMORY_OF_PART, 2 ** Math.ceil(Math.log2(sizeBytes / MEMORY_PER_OBJECT_BYTES)));
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

/** Runs `work` as one small object: in a slot, and with the memory that it takes. Throws the signal's reason when it fires first. */
export async function asObject<T>(slots: SlotSet, memory: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return await slots.objects.hold(signal, () => slots.memory.hold(signal, work, memory));
}

/** Waits for a part's slot and memory; the caller gives both back with {@link releasePart}. Rejects with the signal's reason. */
export async function acquirePart({ parts, memory }: SlotSet, signal: AbortSignal): Promise<void> {
  await parts.acquire(signal);
  try {
    await memory.acquire(signal, MEMORY_OF_PART);
  } catch (reason) {
    parts.release();
    throw reason;
  }
}

/** Gives back what {@link acquirePart} took. */
export function releasePart({ parts, memory }: SlotSet): void {
  memory.release(MEMORY_OF_PART);
  parts.release();
}
