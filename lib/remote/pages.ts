/**
 * How pages become a listing, whatever the protocol: each page that failed is requested again by its own token, and every page is checked,
 * so that an end without an error is a complete listing and a store that repeats itself ends in an error. Holds one page.
 */
import { compareKeys } from "../bytes/key_order.ts";
import { isLastingRefusal, shortly, TransferError } from "../errors.ts";
import { KEY_BYTES_MAX } from "../limits.ts";
import type { ObjectInfo } from "../types.ts";
import type { ListOptions } from "../store/store.ts";

/** Pages in a row that may be empty although more follow; a store that hides deleted entries may give some. */
export const EMPTY_PAGES_MAX = 100;

/** No store has longer keys; they stand in messages and are kept in memory. */
const KEY_CHARS_MAX = 16 * KEY_BYTES_MAX;

/** Where a page begins: behind `token`, else behind the key `startAfter`, else at the first key. */
export interface PageStart {
  readonly token?: string;
  readonly startAfter?: string;
}

/** One page. `next` is the token of the page behind it; absent: this was the last. */
export interface ListingPage {
  readonly objects: readonly ObjectInfo[];
  readonly next?: string;
}

/** What a listing of one prefix is made from. */
export interface Listing extends Pick<ListOptions, "prefix" | "anyOrder" | "repeat"> {
  /** Start of every message: `Cannot list s3://bucket/prefix`. */
  readonly what: string;
  /** One request for one page. Throws what may be retried for a response that is not a whole page. */
  readonly page: (start: PageStart) => Promise<ListingPage>;
}

/** Keys of a listing in no order that are remembered. */
const SEEN_MAX = 2_000_000;

/**
 * All pages, as `Store.list` promises them. A token that the store refuses is replaced by the last key, provided that all keys so far
 * were in order: in any other order the keys behind a key are not the rest of the listing. A listing in no order is begun anew with every
 * key remembered: a store whose order changes between two pages gives some keys twice, and others never.
 */
export async function* listPages(listing: Listing): AsyncGenerator<readonly ObjectInfo[]> {
  const { what, repeat = (request) => request() } = listing;
  const known = new KnownKeys(listing);
  let start: PageStart = {};
  for (let emptyPages = 0;;) {
    let page: ListingPage;
    try {
      const from = start;
      page = await repeat(() => listing.page(from));
    } catch (error) {
      if (start.token === undefined || !isLastingRefusal(error)) throw error;
      start = known.startAfter(error);
      continue;
    }
    const fresh = known.check(page.objects, start);
    if (fresh === undefined) {
      start = {};
      continue;
    }
    if (fresh.length > 0) yield fresh;
    if (page.next === undefined) return known.end();
    emptyPages = page.objects.length > 0 ? 0 : emptyPages + 1;
    if (page.next === "" || page.next === start.token || emptyPages > EMPTY_PAGES_MAX) throw circular(what);
    start = { token: page.next };
  }
}

/** What has to be remembered of the keys so far to notice a page that cannot be right. */
class KnownKeys {
  readonly #listing: Listing;
  #first: string | undefined;
  #last: string | undefined;
  #ordered = true;
  #toldCount = 0;
  /** Entries since the listing was begun anew. */
  #entries = 0;
  /** What a listing in no order has given since it was begun anew, and the keys of which it had given already. */
  #again: { readonly seen: Set<number>; readonly toldCount: number; readonly toldLast: string | undefined } | undefined;
  /** A listing that began anew: everything up to this key was returned already. */
  #skipTo: string | undefined;
  /** The last key when a token was refused: a second refusal at the same place is final. */
  #refusedAt: string | undefined;
  /** First key of an earlier page, moved on after 1, 2, 4, 8, … pages (Brent): a listing that goes in circles meets it again. */
  #mark: string | undefined;
  #pages = 0;
  #nextMark = 1;

  constructor(listing: Listing) {
    this.#listing = listing;
  }

  /** Where the listing goes on although its token was refused with `refusal`. Throws that where it cannot. */
  startAfter(refusal: unknown): PageStart {
    const last = this.#last;
    if (last === undefined || !this.#ordered || this.#refusedAt === last) throw refusal;
    this.#refusedAt = last;
    return { startAfter: last };
  }

  /**
   * The objects of a page that were not returned yet; undefined: the listing must begin anew. Throws for keys that were not asked for, come
   * twice, or in no order where that matters.
   */
  check(objects: readonly ObjectInfo[], start: PageStart): readonly ObjectInfo[] | undefined {
    const { what, prefix } = this.#listing;
    for (const { key } of objects) checkKey(what, key, prefix);
    if (this.#again !== undefined) return this.#unseen(objects);
    const first = objects[0]?.key;
    // A store that does not know startAfter begins at the first key again.
    if (start.startAfter !== undefined && first !== undefined && first === this.#first) this.#skipTo = this.#last;
    const fresh = this.#skipTo === undefined ? objects : this.#behind(objects, this.#skipTo);
    const toldLast = this.#last;
    for (const { key } of fresh) this.#note(key);
    if (fresh.length > 0) this.#lookForCircle(fresh[0]?.key);
    if (!this.#ordered && this.#listing.anyOrder !== "repeating") {
      this.#again = { seen: new Set(), toldCount: this.#toldCount, toldLast };
      return this.#toldCount === 0 ? this.#unseen(objects) : undefined;
    }
    this.#toldCount += fresh.length;
    return fresh;
  }

  #unseen(objects: readonly ObjectInfo[]): readonly ObjectInfo[] {
    const { seen, toldCount, toldLast } = this.#again!;
    return objects.filter(({ key }) => {
      seen.add(hashOf(key));
      this.#entries += 1;
      const isWrong = seen.size < this.#entries || (this.#entries === toldCount && key !== toldLast) || this.#entries > SEEN_MAX;
      if (isWrong) throw new TransferError("disorder", `${this.#listing.what}: the listing is in no order that lasts, at ${shortly(key)}`);
      return this.#entries > toldCount;
    });
  }

  /** Throws where the listing ended before it came to where it had been already. */
  end(): void {
    if (this.#skipTo !== undefined || this.#entries < (this.#again?.toldCount ?? 0)) throw circular(this.#listing.what);
  }

  #behind(objects: readonly ObjectInfo[], key: string): readonly ObjectInfo[] {
    const at = objects.findIndex((object) => object.key === key);
    if (at < 0) return [];
    this.#skipTo = undefined;
    return objects.slice(at + 1);
  }

  #note(key: string): void {
    this.#first ??= key;
    if (this.#last !== undefined && compareKeys(this.#last, key) >= 0) {
      this.#ordered = false;
      if (!this.#listing.anyOrder) throw outOfOrder(this.#listing.what, shortly(key));
    }
    this.#last = key;
  }

  #lookForCircle(first: string | undefined): void {
    if (first === this.#mark && !this.#ordered) throw circular(this.#listing.what);
    this.#pages += 1;
    if (this.#pages < this.#nextMark) return;
    this.#nextMark *= 2;
    this.#mark = first;
  }
}

/** 53 bits of a key, by FNV-1a with two bases. */
function hashOf(key: string): number {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x01000193) + (low >>> 7);
  }
  return (low >>> 0) * 0x200000 + (high >>> 11);
}

function checkKey(what: string, key: string, prefix: string): void {
  if (key === "") throw new TransferError("unsupported", `${what}: an entry of the listing has no key`);
  if (key.length > KEY_CHARS_MAX) throw new TransferError("unsupported", `${what}: the listing names a key of ${key.length} characters`);
  if (!key.startsWith(prefix)) {
    throw new TransferError("unsupported", `${what}: the listing names ${shortly(key)}, which does not begin with what was asked for`);
  }
}

/** The keys of a listing are not in byte order, or one comes twice: it cannot be trusted to be complete. */
function outOfOrder(what: string, entry: string): TransferError {
  return new TransferError("disorder", `${what}: listing out of order at ${entry}`);
}

/** A store that announces more and gives nothing new would be asked for ever. */
export function circular(what: string): TransferError {
  return new TransferError("unsupported", `${what}: the store says that more follows and does not give it`);
}
