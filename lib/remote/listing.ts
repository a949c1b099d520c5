/**
 * Pages of objects: ListObjectsV2, and ListObjects where a store knows no other. How pages become a listing is the business of pages.ts.
 */
import { TransferError } from "../errors.ts";
import type { ListOptions } from "../store/store.ts";
import type { ObjectInfo } from "../types.ts";
import { ask, type Bucket, moreFollows } from "./bucket.ts";
import { decodeKey, LISTING, sizeOf, timeOf } from "./documents.ts";
import { listedMd5 } from "./answers.ts";
import { type ListingPage, listPages, type PageStart } from "./pages.ts";
import type { XmlDocument, XmlTexts } from "./xml.ts";

const LINK =
  "it is a symbolic link of OSS, whose target is copied under its own key; special = follow copies it here too, special = skip skips it";

/** Objects of a bucket, as `Store.list` promises them. */
export function listObjects(bucket: Bucket, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const what = `Cannot list ${bucket.label}/${options.prefix}`;
  const version = { is: bucket.optional.isRefused("listV2") || bucket.listing === "v1" ? "v1" as const : "v2" as const };
  return listPages({ ...options, what, page: (start) => objectsPage(bucket, { what, version, ...options }, start) });
}

/** One listing: which version of the request it uses may change while it runs. */
interface Listing extends Pick<ListOptions, "prefix" | "signal"> {
  readonly what: string;
  readonly version: { is: "v1" | "v2" };
}

async function objectsPage(bucket: Bucket, listing: Listing, start: PageStart): Promise<ListingPage> {
  if (listing.version.is === "v1") return await pageOf(bucket, listing, start);
  if (bucket.listing === "v2" || start.token !== undefined) return await pageOf(bucket, listing, start);
  return await bucket.optional.ask("listV2", () => pageOf(bucket, listing, start), () => {
    listing.version.is = "v1";
    return pageOf(bucket, listing, start);
  });
}

async function pageOf(bucket: Bucket, listing: Listing, start: PageStart): Promise<ListingPage> {
  const { what, prefix, signal, version } = listing;
  const behind = version.is === "v1"
    ? { marker: start.token ?? start.startAfter }
    : { "list-type": "2", "continuation-token": start.token, "start-after": start.startAfter };
  const query = { ...behind, "max-keys": String(bucket.pageEntries), "encoding-type": "url", prefix: prefix || undefined };
  const { document } = await ask(bucket, { what, scope: "bucket", signal }, { method: "GET", query }, LISTING);
  const [truncated, encoding] = document.fields;
  const objects = (document.records.Contents ?? []).map((entry) => objectOf(bucket, what, entry, encoding));
  if (!moreFollows(what, truncated)) return { objects };
  return { objects, next: nextOf(document, objects, version) };
}

/** Where the next page begins. Some stores know the first version of the request alone and respond to the second by it. */
function nextOf({ fields }: XmlDocument, objects: readonly ObjectInfo[], version: Listing["version"]): string {
  const [, encoding, token, marker, keyCount] = fields;
  if (version.is === "v2" && token !== undefined && token !== "") return token;
  if (version.is === "v2" && keyCount !== undefined && (marker === undefined || marker === "")) return "";
  version.is = "v1";
  // The marker of a page without groups of keys may be missing: it is the last key.
  return marker === undefined || marker === "" ? objects.at(-1)?.key ?? "" : decodeKey(marker, encoding);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function objectOf(bucket: Bucket, what: string, entry: XmlTexts, encoding: string | undefined): ObjectInfo {
  const [name, modified, mark, size, storageClass, type] = entry;
  const { protocol, capabilities } = bucket;
  const key = decodeKey(name, encoding);
  const sizeBytes = sizeOf(what, size, key);
  const object: Writable<ObjectInfo> = { key, sizeBytes };
  // One object of one shape per key: spreads of what may be missing cost a second of CPU per million keys.
  const etag = protocol.etagFrom(mark, type);
  if (etag !== undefined) object.etag = etag;
  const { md5, md5Doubtful } = listedMd5(etag, { capabilities, sizeBytes });
  if (md5 !== undefined) object.md5 = md5;
  if (md5Doubtful !== undefined) object.md5Doubtful = md5Doubtful;
  const lastModifiedMs = timeOf(modified);
  if (lastModifiedMs !== undefined) object.lastModifiedMs = lastModifiedMs;
  if (storageClass !== undefined && storageClass !== "") object.storageClass = protocol.storageClassFrom(storageClass);
  return type === "Symlink" ? { ...object, unreadable: LINK, special: true } : object;
}

/** The size of one object by its listing: for stores that name none at HEAD. Throws `unsupported` where the listing has no such key. */
export async function listedSize(bucket: Bucket, key: string, signal: AbortSignal | undefined): Promise<number> {
  for await (const page of listObjects({ ...bucket, pageEntries: 1 }, { prefix: key, ...(signal && { signal }) })) {
    const [first] = page;
    if (first?.key === key) return first.sizeBytes;
    break;
  }
  throw new TransferError("unsupported", `Cannot look at ${bucket.label}/${key}: the store names no length`, { key });
}
