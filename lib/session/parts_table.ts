/**
 * What is known of every part of one upload: missing, busy, listed but not proved, or present. Part numbers count from 1 on the
 * outside; the index from 0 never leaves this file.
 */
import type { Parts } from "../evidence/judge.ts";
import type { Digests, PartInfo, PartLayout } from "../types.ts";
import { sizeOf } from "../bytes/part_layout.ts";

type PartState = "missing" | "listed" | "busy" | "present";

interface Entry {
  state: PartState;
  found: boolean;
  info?: PartInfo;
  digests?: Digests;
}

/** See the file comment. */
export class PartsTable implements Parts {
  readonly layout: PartLayout;
  readonly #entries: Entry[];
  #nextMissing = 0;
  #nextListed = 0;
  #presentCount = 0;

  constructor(layout: PartLayout) {
    this.layout = layout;
    this.#entries = Array.from({ length: layout.partCount }, () => ({ state: "missing", found: false }));
  }

  /** A part that the destination lists: `proved` parts count as present, others wait for {@link takeListed}. */
  list(info: PartInfo, proved: boolean): void {
    Object.assign(this.#at(info.partNumber), { state: "listed", found: true, info });
    this.#nextListed = Math.min(this.#nextListed, info.partNumber - 1);
    if (proved) this.present(info, {});
  }

  /** The next part that is listed but not proved, now busy. */
  takeListed(): PartInfo | undefined {
    this.#nextListed = this.#seek("listed", this.#nextListed);
    const entry = this.#entries[this.#nextListed];
    if (!entry) return undefined;
    entry.state = "busy";
    return entry.info;
  }

  /** The next missing part's number, now busy. */
  takeMissing(): number | undefined {
    this.#nextMissing = this.#seek("missing", this.#nextMissing);
    const entry = this.#entries[this.#nextMissing];
    if (!entry) return undefined;
    entry.state = "busy";
    return this.#nextMissing + 1;
  }

  /** A busy part is at the destination. */
  present(info: PartInfo, digests: Digests): void {
    const entry = this.#at(info.partNumber);
    if (entry.state !== "present") this.#presentCount++;
    Object.assign(entry, { state: "present", info, digests });
  }

  /** A part must be sent (again). */
  drop(partNumber: number): void {
    const entry = this.#at(partNumber);
    if (entry.state === "present") this.#presentCount--;
    entry.state = "missing";
    entry.found = false;
    delete entry.info;
    delete entry.digests;
    this.#nextMissing = Math.min(this.#nextMissing, partNumber - 1);
  }

  /** Takes back the trust in every part that an earlier run left: it is to be proved by its bytes. Answers how many. */
  doubtFound(): number {
    const found = this.foundNumbers();
    for (const partNumber of found) {
      const entry = this.#at(partNumber);
      if (entry.state === "present") this.#presentCount--;
      entry.state = "listed";
      this.#nextListed = Math.min(this.#nextListed, partNumber - 1);
    }
    return found.length;
  }

  /** Drops every part that an earlier run left; answers how many. */
  dropFound(): number {
    const found = this.foundNumbers();
    for (const partNumber of found) this.drop(partNumber);
    return found.length;
  }

  /** Drops all parts. */
  dropAll(): void {
    for (let index = 0; index < this.#entries.length; index++) this.drop(index + 1);
  }

  /** Numbers of the parts that an earlier run left and that are still counted on. */
  foundNumbers(): number[] {
    return this.#entries.flatMap((entry, index) => entry.found ? [index + 1] : []);
  }

  /** Bytes of present parts that an earlier run left. */
  get foundBytes(): number {
    return this.#entries.reduce(
      (sum, entry, index) => entry.found && entry.state === "present" ? sum + sizeOf(this.layout, index + 1) : sum,
      0,
    );
  }

  /** True when every part is present. */
  get complete(): boolean {
    return this.#presentCount === this.#entries.length;
  }

  /** All parts in number order; only when {@link complete}. */
  infos(): PartInfo[] {
    return this.#entries.map((entry, index) => {
      if (!entry.info) throw new RangeError(`Part ${index + 1} is not present`);
      return entry.info;
    });
  }

  /** The size of a part. */
  sizeOf(partNumber: number): number {
    return sizeOf(this.layout, partNumber);
  }

  /** Our digests of all parts in number order; a part without any is undefined. */
  digests(): (Digests | undefined)[] {
    return this.#entries.map((entry) => entry.digests);
  }

  #at(partNumber: number): Entry {
    const entry = this.#entries[partNumber - 1];
    if (!entry) throw new RangeError(`No part ${partNumber} in a layout of ${this.#entries.length}`);
    return entry;
  }

  #seek(state: PartState, from: number): number {
    let index = from;
    while (index < this.#entries.length && this.#entries[index]?.state !== state) index++;
    return index;
  }
}
