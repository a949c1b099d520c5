/**
 * What is known of every part of one upload: missing, busy, listed but not proved, or present. Part numbers count from 1 on the
 * outside; the index from 0 never leaves this file.
 */
import { sizeOf } from "../bytes/part_layout.ts";
import type { Digests, PartInfo, PartLayout } from "../types.ts";

interface Entry {
  readonly state: "missing" | "listed" | "busy" | "present";
  /** An earlier run left it. */
  readonly found: boolean;
  readonly info?: PartInfo | undefined;
  readonly digests?: Digests;
}

const MISSING: Entry = { state: "missing", found: false };

/** See the file comment. */
export class PartsTable {
  readonly layout: PartLayout;
  readonly #entries: Entry[];
  /** Where the next missing and the next listed part is looked for. */
  readonly #next = { missing: 0, listed: 0 };
  #presentCount = 0;

  constructor(layout: PartLayout) {
    this.layout = layout;
    this.#entries = new Array<Entry>(layout.partCount).fill(MISSING);
  }

  /** A part that the destination lists: `proved` parts count as present, others wait for {@link takeListed}. */
  list(info: PartInfo, proved: boolean): void {
    this.#set(info.partNumber, { state: proved ? "present" : "listed", found: true, info, digests: {} });
  }

  /** The next part that is listed but not proved, now busy. */
  takeListed(): PartInfo | undefined {
    return this.#take("listed")?.info;
  }

  /** The next missing part's number, now busy. */
  takeMissing(): number | undefined {
    return this.#take("missing") && this.#next.missing + 1;
  }

  /** A busy part is at the destination. */
  present(info: PartInfo, digests: Digests): void {
    this.#set(info.partNumber, { state: "present", found: this.#at(info.partNumber).found, info, digests });
  }

  /** A part must be sent (again). */
  drop(partNumber: number): void {
    this.#set(partNumber, MISSING);
  }

  /** Drops all parts. */
  dropAll(): void {
    for (let index = 0; index < this.#entries.length; index++) this.drop(index + 1);
  }

  /** Takes back the trust in every part that an earlier run left, so that it is proved by its bytes, or drops it. Returns how many. */
  doubtFound(how: "prove" | "drop"): number {
    let count = 0;
    for (const [index, entry] of this.#entries.entries()) {
      if (!entry.found) continue;
      this.#set(index + 1, how === "drop" ? MISSING : { ...entry, state: "listed" });
      count++;
    }
    return count;
  }

  /** Bytes of present parts that an earlier run left. */
  get foundBytes(): number {
    return this.#entries.reduce((sum, { found, state }, index) => found && state === "present" ? sum + this.sizeOf(index + 1) : sum, 0);
  }

  /** True when every part is present. */
  get complete(): boolean {
    return this.#presentCount === this.#entries.length;
  }

  /** What the destination says of all parts, in number order; only when {@link complete}. */
  infos(): PartInfo[] {
    return this.#entries.map(({ info }, index) => {
      if (!info) throw new RangeError(`Part ${index + 1} is not present`);
      return info;
    });
  }

  /** Our digests of all parts in number order; a part without any is undefined. */
  digests(): (Digests | undefined)[] {
    return this.#entries.map((entry) => entry.digests);
  }

  /** The size of a part. */
  sizeOf(partNumber: number): number {
    return sizeOf(this.layout, partNumber);
  }

  #at(partNumber: number): Entry {
    const entry = this.#entries[partNumber - 1];
    if (!entry) throw new RangeError(`No part ${partNumber} in a layout of ${this.#entries.length}`);
    return entry;
  }

  #set(partNumber: number, entry: Entry): void {
    this.#presentCount += Number(entry.state === "present") - Number(this.#at(partNumber).state === "present");
    this.#entries[partNumber - 1] = entry;
    const { state } = entry;
    if (state === "missing" || state === "listed") this.#next[state] = Math.min(this.#next[state], partNumber - 1);
  }

  #take(state: "missing" | "listed"): Entry | undefined {
    let index = this.#next[state];
    while (index < this.#entries.length && this.#entries[index]?.state !== state) index++;
    this.#next[state] = index;
    const entry = this.#entries[index];
    if (entry) this.#set(index + 1, { ...entry, state: "busy" });
    return entry;
  }
}
