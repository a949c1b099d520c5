/**
 * A bucket of any remote store behind the contract of store.ts. Control requests only: it must never touch the bytes of an object, and
 * never repeat a request.
 */
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { CredentialSource, Store } from "../store/store.ts";
import type { ReadyRemote } from "../types.ts";
import type { Bucket } from "./bucket.ts";
import { habitsOf } from "./capabilities.ts";
import { deleteObjects } from "./deletes.ts";
import { Exchange } from "./exchange.ts";
import { listFollowing } from "./links.ts";
import { listObjects } from "./listing.ts";
import { copyObject, headObject, readTags } from "./objects.ts";
import { type OnNote, OptionalQuestions } from "./optional.ts";
import { protocolOf } from "./protocol_of.ts";
import { abortUpload, completeUpload, copyPart, createUpload, listParts, listUploads } from "./uploads.ts";

/** Options of {@link openRemoteStore}. */
export interface RemoteStoreOptions {
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** Entries of a listing page, 1 to 1,000; default 1,000. Tests ask for few. */
  readonly pageEntries?: number;
  /** Listings show links as what they lead to. Default: as unreadable. */
  readonly followLinks?: boolean | undefined;
  /** Called with a line for people, such as what a refusal costs. Default: nothing is said. */
  readonly onNote?: OnNote | undefined;
  /** Connections to this bucket that are used by others as well. Default: the store has its own. */
  readonly exchange?: Exchange | undefined;
}

/** The store of a bucket. Sends nothing yet; `credentials` is called before each request. Throws `config` for an unreadable CA file. */
export function openRemoteStore(ready: ReadyRemote, credentials: CredentialSource, options: RemoteStoreOptions): Store {
  const { pageEntries = PAGE_ENTRIES_MAX } = options;
  const exchange = options.exchange ?? new Exchange(ready, { credentials, ...options });
  const bucket: Bucket = {
    exchange,
    protocol: protocolOf(ready),
    label: `${ready.name}://${ready.bucket}`,
    capabilities: ready.capabilities,
    habits: habitsOf(ready.capabilities.provider),
    ...(ready.type === "s3" && ready.listing !== undefined && { listing: ready.listing }),
    optional: new OptionalQuestions(exchange.noteRefused),
    pageEntries,
  };
  return {
    label: bucket.label,
    capabilities: bucket.capabilities,
    list: (given) => options.followLinks && bucket.capabilities.links ? listFollowing(bucket, given) : listObjects(bucket, given),
    head: (key, given = {}) => headObject(bucket, key, given),
    readTags: (key, given = {}) => readTags(bucket, key, given),
    createUpload: (key, given) => createUpload(bucket, key, given),
    listUploads: (query, given = {}) => listUploads(bucket, query, given.signal),
    listParts: (key, uploadId, given = {}) => listParts(bucket, key, uploadId, given.signal),
    completeUpload: (key, uploadId, given) => completeUpload(bucket, key, uploadId, given),
    abortUpload: (key, uploadId, given = {}) => abortUpload(bucket, key, uploadId, given.signal),
    copyObject: (source, key, given) => copyObject(bucket, source, key, given),
    copyPart: (source, key, given) => copyPart(bucket, source, key, given),
    deleteObjects: (keys, given = {}) => deleteObjects(bucket, keys, given.signal),
    close: () => exchange.close(),
  };
}
