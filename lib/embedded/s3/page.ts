/**
 * One page of names in key order with delimiter and markers: the arithmetic that ListObjects, ListObjectsV2 and ListMultipartUploads
 * share. It knows no XML.
 */
import { afterPrefix, compareKeys } from "../disk/index.ts";

/** What is asked for. */
export interface PageQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Only names behind this one; empty for all. Common prefixes at or before it are left out ("ListObjectsV2", StartAfter). */
  readonly after: string;
  readonly entriesMax: number;
}

/** What a page holds: entries and common prefixes count alike. */
export interface Page<Entry> {
  readonly entries: Entry[];
  readonly commonPrefixes: string[];
  readonly truncated: boolean;
  /** The last entry's key or common prefix, from which the next page goes on. */
  readonly last: string | undefined;
}

/**
 * Cuts a page out of a sorted source. `from` answers entries at or behind a key; each common prefix costs one call of it, not its
 * members.
 */
export function cutPage<Entry extends { readonly key: string }>(query: PageQuery, from: (key: string) => Iterator<Entry>): Page<Entry> {
  const { prefix, delimiter, after, entriesMax } = query;
  const page: Page<Entry> & { truncated: boolean; last: string | undefined } = {
    entries: [],
    commonPrefixes: [],
    truncated: false,
    last: undefined,
  };
  if (entriesMax === 0) return page;
  let source = from(compareKeys(after, prefix) > 0 ? after : prefix);
  for (let { value, done } = source.next(); !done; { value, done } = source.next()) {
    const { key } = value as Entry;
    if (!key.startsWith(prefix)) break;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? key : key.slice(0, end + delimiter.length);
    const seen = after !== "" && compareKeys(name, after) <= 0;
    if (!seen && page.entries.length + page.commonPrefixes.length === entriesMax) {
      page.truncated = true;
      break;
    }
    if (!seen) {
      page.last = name;
      if (end < 0) page.entries.push(value as Entry);
      else page.commonPrefixes.push(name);
    }
    if (end < 0) continue;
    const next = afterPrefix(name);
    if (next === undefined) break;
    source = from(next);
  }
  return page;
}
