/**
 * What goes at the destination, and when. Keys that only the destination has are kept, `max_delete` at most, until both listings have ended
 * cleanly. A folder that became a file, or a file that became a folder, is in the way of transfers to a folder: those wait, and what is in
 * their way goes first. Without `delete` nothing waits and nothing goes.
 */
import { isDiskFolder } from "../bytes/local_source.ts";
import { toWireError, TransferError } from "../errors.ts";
import type { ErrorKind, ObjectInfo, PlanItem, Transfer } from "../types.ts";
import type { PlanInput } from "./plan_input.ts";

/** Transfers that may wait, in memory; those beyond fail in this run and find the way free in the next. */
const WAITING_MAX = 10_000;

/** See the file comment. */
export class Deletes {
  /** Part of the source could not be read, so that what seems to be extra may not be. */
  sourceHidden = false;
  /** Not one object was seen at the source, excluded ones included: a mistyped prefix and a disk that is not mounted look the same. */
  sourceEmpty = true;
  readonly #input: PlanInput;
  /** Sizes in bytes of the extra keys that are kept. */
  readonly #kept = new Map<string, number>();
  readonly #waiting: { readonly transfer: Transfer; readonly blocker: string }[] = [];
  #count = 0;

  constructor(input: PlanInput) {
    this.#input = input;
  }

  /** An object that only the destination has. */
  note(object: ObjectInfo): void {
    const { job } = this.#input;
    if (!job.delete) return;
    this.#count += 1;
    // A folder of the disk that is listed as a node goes as a folder: when it is empty.
    const key = isDiskFolder(object) ? `${object.key}/` : object.key;
    if (this.#kept.size < job.maxDelete) this.#kept.set(key, object.sizeBytes);
  }

  /** True when the transfer waits for {@link items}, because something is in its way. */
  async holds(transfer: Transfer): Promise<boolean> {
    const { job } = this.#input;
    if (!job.delete || job.destination.store.type !== "local" || this.#waiting.length >= WAITING_MAX) return false;
    const blocker = await this.#blockerOf(transfer);
    if (blocker !== undefined) this.#waiting.push({ transfer, blocker });
    return blocker !== undefined;
  }

  /** A file where a folder is needed comes earlier in key order; a folder with the name of a new file must be looked for. */
  async #blockerOf({ destinationKey: key, replaces }: Transfer): Promise<string | undefined> {
    for (let end = key.indexOf("/"); end > 0; end = key.indexOf("/", end + 1)) {
      if (this.#kept.has(key.slice(0, end))) return key.slice(0, end);
    }
    if (replaces !== undefined || key.endsWith("/")) return undefined;
    const there = await this.#input.destination.head(`${key}/`, { signal: this.#input.signal }).catch(() => undefined);
    return there === undefined ? undefined : `${key}/`;
  }

  /**
   * Once both listings have ended cleanly: what goes first, the transfers that waited for it, all other deletes, or one problem that says
   * why there are none. What may not go is left, and the transfer that it blocks fails by it.
   */
  async *items(): AsyncGenerator<PlanItem> {
    for (const blocker of new Set(this.#waiting.map(({ blocker }) => blocker))) {
      if (this.#refusal() !== undefined) break;
      for (const key of blocker.endsWith("/") ? await this.#treeOf(blocker) : [blocker]) {
        const sizeBytes = this.#kept.get(key) ?? 0;
        if (this.#kept.delete(key)) this.#count -= 1;
        yield { kind: "delete", destinationKey: key, sizeBytes, first: true };
      }
    }
    for (const { transfer } of this.#waiting) yield { kind: "transfer", transfer };
    if (this.#count === 0) return;
    const refusal = this.#refusal();
    if (refusal !== undefined) yield refusal;
    else for (const [destinationKey, sizeBytes] of this.#kept) yield { kind: "delete", destinationKey, sizeBytes };
  }

  /** Everything in a folder and the folder itself; nothing when one name in it is not extra. */
  async #treeOf(folder: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const page of this.#input.destination.list({ prefix: folder, folders: true, signal: this.#input.signal })) {
      for (const { key, unreadable, local } of page) {
        // A folder of the disk has no file behind it.
        const isFolder = key.endsWith("/") && local === undefined;
        if (unreadable !== undefined || !(isFolder || this.#kept.has(key))) return [];
        keys.push(key);
      }
    }
    if (!keys.includes(folder)) keys.push(folder);
    return keys.sort((one, other) => other.length - one.length);
  }

  /** Why nothing may be deleted; undefined when it may. */
  #refusal(): PlanItem | undefined {
    const { allowEmptySource, maxDelete, destination } = this.#input.job;
    const refused = (kind: ErrorKind, why: string): PlanItem => {
      return { kind: "problem", key: destination.text, error: toWireError(new TransferError(kind, `Nothing deleted: ${why}`)) };
    };
    if (this.sourceHidden) return refused("denied", `part of the source could not be read, ${this.#count} extra objects were left`);
    if (this.sourceEmpty && !allowEmptySource) {
      const extra = `the source holds no object at all, and the destination has ${this.#count} that would go`;
      return refused("config", `${extra} (allow_empty_source = yes if that is meant)`);
    }
    if (this.#count > maxDelete) return refused("config", `${this.#count} extra objects are more than max_delete = ${maxDelete}`);
    return undefined;
  }
}
