/**
 * Walks two sorted listings side by side and pairs what has the same key behind its prefix. Holds the page that is walked and the one being
 * fetched of each side, never more; never turns a failed or disordered listing into an end, because deletes rest on that.
 */
import { TransferError } from "../errors.ts";
import type { ObjectInfo } from "../types.ts";
import { compareKeys } from "../bytes/key_order.ts";

/** One side of the walk. */
export interface JoinSide {
  /** Pages as `Store.list` gives them. The signal fires when the walk is left early, too. */
  readonly list: (signal: AbortSignal) => AsyncIterable<readonly ObjectInfo[]>;
  /** Cut off every key to make it relative. */
  readonly prefix: string;
  /** For messages. */
  readonly label: string;
  /** Keys come as they stand in an archive; only where there is no other side. */
  readonly unordered?: boolean;
}

/** What stands under one relative key; at least one side is set. */
export interface Pair {
  readonly relativeKey: string;
  readonly source: ObjectInfo | undefined;
  readonly destination: ObjectInfo | undefined;
  /** The listings cannot say whether the destination has it: it must be looked up. */
  readonly unlisted: boolean;
}

/** A listing turned out not to be in byte order, or to name a key twice. */
export interface Disorder {
  /** Of which side's listing. */
  readonly label: string;
  readonly key: string;
  /** Keys of the source that the destination seemed not to have, before its listing showed that it cannot say so. */
  readonly seemedMissing: number;
}

/** Options of {@link mergeJoin}. */
export interface JoinOptions {
  readonly signal: AbortSignal;
  /** Called once; absent: the walk throws `disorder`. */
  readonly onDisorder?: ((disorder: Disorder) => void) | undefined;
}

/** Pairs of one batch at most. */
const BATCH_PAIRS_MAX = 1000;

/**
 * Pairs in key order, in batches of at most 1,000; without a destination all of them are `unlisted`. While a page is walked the next one
 * of that side is fetched. Throws what a listing throws. A listing that is not in byte order (S3 directory buckets; stores that sort by
 * folder) cannot be paired: then `disorder` is thrown, or, with `onDisorder`, the rest of the source follows as the store lists it, each
 * pair `unlisted`.
 */
export async function* mergeJoin(
  source: JoinSide,
  destination: JoinSide | undefined,
  { signal, onDisorder }: JoinOptions,
): AsyncGenerator<readonly Pair[]> {
  const leaving = new AbortController();
  const either = AbortSignal.any([signal, leaving.signal]);
  const left = new Cursor(source, either);
  const right = new Cursor(destination ?? NOTHING, either);
  let unlisted = destination === undefined;
  let noted = false;
  let seemedMissing = 0;
  try {
    while (await fillBoth(left, right)) {
      const found = noted ? undefined : left.disorder ?? right.disorder;
      if (found !== undefined) {
        if (onDisorder === undefined) throw found;
        const label = left.disorder === undefined ? right.label : left.label;
        onDisorder({ label, key: found.key ?? "", seemedMissing: right.disorder === undefined ? 0 : seemedMissing });
        noted = true;
        unlisted = true;
        right.ended = true;
      }
      const batch = joinLoaded(left, right, unlisted);
      if (!right.ended) { for (const pair of batch) if (pair.destination === undefined) seemedMissing++; }
      if (batch.length > 0) yield batch;
    }
  } finally {
    leaving.abort();
    await Promise.allSettled([left.close(), right.close()]);
  }
}

/** A side without objects: nothing is paired, and nothing is there. */
export const NOTHING: JoinSide = { async *list() {}, prefix: "", label: "" };

async function fillBoth(left: Cursor, right: Cursor): Promise<boolean> {
  await Promise.all([left.fill(), right.fill()]);
  return !(left.ended && right.ended);
}

/** Pairs until a side that goes on has used its page up: beyond that its next key is not known. */
function joinLoaded(left: Cursor, right: Cursor, unlisted: boolean): Pair[] {
  const batch: Pair[] = [];
  while (batch.length < BATCH_PAIRS_MAX && left.known && right.known && !(left.ended && right.ended)) {
    const order = left.ended ? 1 : right.ended ? -1 : compareKeys(left.relativeKey, right.relativeKey);
    const { relativeKey } = order <= 0 ? left : right;
    const source = order <= 0 ? left.take() : undefined;
    const destination = order >= 0 ? right.take() : undefined;
    batch.push({ relativeKey, source, destination, unlisted });
  }
  return batch;
}

/** A place in one listing, and the page behind it already asked for. */
class Cursor {
  /** The listing is over and everything of it was taken. */
  ended = false;
  /** Set once a page has shown that the listing is not in byte order. */
  disorder: TransferError | undefined;
  /** Key at the place, without the prefix; meaningless once ended. */
  relativeKey = "";
  #page: readonly ObjectInfo[] = [];
  #index = 0;
  #previousKey: string | undefined;
  readonly #pages: AsyncIterator<readonly ObjectInfo[]>;
  readonly #side: JoinSide;
  #next: Promise<IteratorResult<readonly ObjectInfo[]>> | undefined;

  constructor(side: JoinSide, signal: AbortSignal) {
    this.#side = side;
    this.#pages = side.list(signal)[Symbol.asyncIterator]();
    this.#prefetch();
  }

  /** The side's, for messages. */
  get label(): string {
    return this.#side.label;
  }

  /** The place is known: there is an object, or surely none. */
  get known(): boolean {
    return this.ended || this.#index < this.#page.length;
  }

  /** Loads the next page that is not empty, if this one is used up. */
  async fill(): Promise<void> {
    while (!this.known) {
      const result = await this.#next;
      if (result === undefined || result.done === true) {
        this.#next = undefined;
        this.#page = [];
        this.ended = true;
        return;
      }
      this.#prefetch();
      this.#page = result.value;
      this.#index = 0;
      this.#check();
      this.#look();
    }
  }

  /** The object at the place; the place moves on. */
  take(): ObjectInfo {
    const object = this.#page[this.#index];
    if (object === undefined) throw new TransferError("bug", `Took an object beyond the page of ${this.label}`);
    this.#index += 1;
    this.#look();
    return object;
  }

  /** Ends the listing early. A page on its way is waited for: a generator cannot be left in the middle of one. */
  async close(): Promise<void> {
    if (this.#next !== undefined) await this.#pages.return?.();
  }

  #prefetch(): void {
    this.#next = this.#pages.next();
    // The failure is thrown when the page is needed; until then nobody waits for it.
    this.#next.catch(() => {});
  }

  #look(): void {
    this.relativeKey = (this.#page[this.#index]?.key ?? "").slice(this.#side.prefix.length);
  }

  /** The whole page, before anything is concluded from its first key. */
  #check(): void {
    const { label, prefix, unordered } = this.#side;
    for (const { key } of this.#page) {
      if (!key.startsWith(prefix)) {
        throw new TransferError("unsupported", `Cannot use the listing of ${label}: it names a key outside of the prefix`, { key });
      }
      if (!unordered && this.#previousKey !== undefined && compareKeys(this.#previousKey, key) >= 0) {
        this.disorder ??= new TransferError("disorder", `Cannot use the listing of ${label}: its keys are not in byte order`, { key });
      }
      this.#previousKey = key;
    }
  }
}
