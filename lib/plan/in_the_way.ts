/**
 * A folder that became a file, a file that became a folder: what stands in the way of a transfer to a folder, and is extra there, goes
 * first. Transfers that meet it wait until both listings have ended cleanly; without `delete` nothing waits and nothing goes.
 */
import type { ObjectInfo, PlanItem } from "../types.ts";
import type { PlanInput } from "./plan_input.ts";

/** Transfers that may wait, in memory; those beyond fail in this run and find the way free in the next. */
const WAITING_MAX = 10_000;

type TransferItem = Extract<PlanItem, { kind: "transfer" }>;

/** Keys that only the destination has and that may go, as far as they are kept. */
export interface Extras {
  has(key: string): boolean;
  /** Takes a key out, because it goes first; undefined when it is not there. */
  take(key: string): { readonly key: string; readonly sizeBytes: number } | undefined;
  /** False when nothing may be deleted. */
  readonly mayGo: boolean;
}

/** See the file comment. */
export class InTheWay {
  readonly #input: PlanInput;
  readonly #extras: Extras;
  readonly #waiting: { readonly item: TransferItem; readonly blocker: string }[] = [];

  constructor(input: PlanInput, extras: Extras) {
    this.#input = input;
    this.#extras = extras;
  }

  /** True when the transfer waits for {@link released}. */
  async holds(item: TransferItem): Promise<boolean> {
    const { job } = this.#input;
    if (!job.delete || job.destination.store.type !== "local" || this.#waiting.length >= WAITING_MAX) return false;
    const blocker = await this.#blockerOf(item.transfer.destinationKey, item.transfer.replaces);
    if (blocker !== undefined) this.#waiting.push({ item, blocker });
    return blocker !== undefined;
  }

  /** A file where a folder is needed comes earlier in key order; a folder with the name of a new file must be looked for. */
  async #blockerOf(key: string, replaces: ObjectInfo | undefined): Promise<string | undefined> {
    for (let end = key.indexOf("/"); end > 0; end = key.indexOf("/", end + 1)) {
      if (this.#extras.has(key.slice(0, end))) return key.slice(0, end);
    }
    if (replaces !== undefined || key.endsWith("/")) return undefined;
    const there = await this.#input.destination.head(`${key}/`, { signal: this.#input.signal }).catch(() => undefined);
    return there === undefined ? undefined : `${key}/`;
  }

  /** What goes first, then the transfers that waited for it. A blocker that may not go is left, and its transfer fails by it. */
  async *released(): AsyncGenerator<PlanItem> {
    for (const blocker of new Set(this.#waiting.map(({ blocker }) => blocker))) {
      if (!this.#extras.mayGo) break;
      const keys = blocker.endsWith("/") ? await this.#treeOf(blocker) : [blocker];
      for (const key of keys) {
        const taken = this.#extras.take(key) ?? { key, sizeBytes: 0 };
        yield { kind: "delete", destinationKey: taken.key, sizeBytes: taken.sizeBytes, first: true };
      }
    }
    for (const { item } of this.#waiting) yield item;
  }

  /** Everything in a folder and the folder itself; nothing when one name in it is not extra. */
  async #treeOf(folder: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const page of this.#input.destination.list({ prefix: folder, folders: true, signal: this.#input.signal })) {
      for (const { key, unreadable, local } of page) {
        // A folder of the disk has no file behind it.
        const isFolder = key.endsWith("/") && local === undefined;
        if (unreadable !== undefined || !(isFolder || this.#extras.has(key))) return [];
        keys.push(key);
      }
    }
    if (!keys.includes(folder)) keys.push(folder);
    return keys.sort((one, other) => other.length - one.length);
  }
}
