/**
 * Listings that show links as what they lead to: a listing names a link but neither size nor version of its target, so that each is asked
 * for by itself.
 */
import { ruleOf, TransferError } from "../errors.ts";
import type { ListOptions } from "../store/store.ts";
import type { ObjectInfo } from "../types.ts";
import type { Bucket } from "./bucket.ts";
import { listObjects } from "./listing.ts";
import { headObject } from "./objects.ts";

/** Questions at once. */
const AT_ONCE = 16;

/** Objects of a bucket with its links followed; a link to nothing is unreadable. Throws as `Store.list` does. */
export async function* listFollowing(bucket: Bucket, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  for await (const page of listObjects(bucket, options)) {
    const links = page.filter(({ special }) => special);
    const found = new Map<string, ObjectInfo>();
    for (let at = 0; at < links.length; at += AT_ONCE) {
      const some = await Promise.all(links.slice(at, at + AT_ONCE).map((link) => targetOf(bucket, link, options)));
      for (const object of some) found.set(object.key, object);
    }
    yield links.length === 0 ? page : page.map((object) => found.get(object.key) ?? object);
  }
}

async function targetOf(
  bucket: Bucket,
  { key }: ObjectInfo,
  { signal, repeat = (request) => request() }: ListOptions,
): Promise<ObjectInfo> {
  try {
    const target = await repeat(() => headObject(bucket, key, signal === undefined ? {} : { signal }));
    if (target === undefined) return { key, sizeBytes: 0, unreadable: "it is a symbolic link of OSS to nothing", special: true };
    const { sizeBytes, etag, lastModifiedMs, storageClass } = target;
    return {
      key,
      sizeBytes,
      ...(etag !== undefined && { etag }),
      ...(lastModifiedMs !== undefined && { lastModifiedMs }),
      ...(storageClass !== undefined && { storageClass }),
    };
  } catch (error) {
    if (!(error instanceof TransferError) || error.kind === "cancelled" || ruleOf(error).reach === "job") throw error;
    return { key, sizeBytes: 0, unreadable: `the target of the link cannot be looked at: ${error.message}` };
  }
}
