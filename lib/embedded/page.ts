/**
 * One page of names in key order with delimiter and markers: the arithmetic that ListObjects, ListObjectsV2 and ListMultipartUploads
 * share. It writes no XML.
 */
import type { DiskBucket } from "./disk/bucket.ts";
import { compareKeys } from "../bytes/key_order.ts";
import { afterPrefix } from "./disk/index.ts";
import type { UploadRecord } from "./disk/records.ts";

/** What is asked for. */
export interface PageQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Only names behind this one; empty for all. Common prefixes at or before it are skipped ("ListObjectsV2", StartAfter). */
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
 * Cuts a page out of a sorted source. `from` gives entries at or behind a key; each common prefix costs one call of it, not its
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

/** Where a page of uploads begins and what belongs in it. */
export interface UploadPageQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  /** Only with a key marker. */
  readonly idMarker: string;
  readonly entriesMax: number;
}

/** A page of uploads with the markers of the next one, empty when there is none. */
export interface UploadPage extends Page<UploadRecord> {
  readonly nextKeyMarker: string;
  readonly nextIdMarker: string;
}

/** One page of the unfinished uploads of a bucket: by key, and within a key by upload id, which is the order in which they began. */
export function cutUploadPage(bucket: DiskBucket, query: UploadPageQuery): UploadPage {
  const { prefix, delimiter, entriesMax } = query;
  const uploads = Array.from(bucket.uploads.all(), (upload) => upload.record).sort(compareUploads);
  const rest = uploads.filter((upload) => isBehind(upload, query));
  const page = cutPage({ prefix, delimiter, after: "", entriesMax }, (key) => startingAt(rest, key));
  const lastUpload = page.entries.at(-1);
  const endsInUpload = lastUpload !== undefined && lastUpload.key === page.last;
  return {
    ...page,
    nextKeyMarker: page.truncated ? page.last ?? "" : "",
    nextIdMarker: page.truncated && endsInUpload ? lastUpload.uploadId : "",
  };
}

function compareUploads(left: UploadRecord, right: UploadRecord): number {
  return compareKeys(left.key, right.key) || compareKeys(left.uploadId, right.uploadId);
}

/** Behind the markers; a common prefix that was the last name of a page counts as one name. */
function isBehind(upload: UploadRecord, { keyMarker, idMarker, delimiter, prefix }: UploadPageQuery): boolean {
  if (keyMarker === "") return true;
  const end = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
  const name = end < 0 ? upload.key : upload.key.slice(0, end + delimiter.length);
  const order = compareKeys(name, keyMarker);
  return order > 0 || (order === 0 && end < 0 && idMarker !== "" && compareKeys(upload.uploadId, idMarker) > 0);
}

function* startingAt(uploads: readonly UploadRecord[], key: string): Generator<UploadRecord> {
  for (const upload of uploads) if (compareKeys(upload.key, key) >= 0) yield upload;
}
