/**
 * A bucket looked at with a second set of keys where the first may not: for destinations that one account may write and another may
 * list. Must never write, delete or read bytes with the second keys.
 */
import { TransferError } from "../errors.ts";
import type { ObjectInfo } from "../types.ts";
import type { ListOptions, Store } from "./store.ts";

/** `first` with the listings and looks of `second` wherever `first` is refused with 403. Closing it closes both. */
export function withSecondKeys(first: Store, second: Store): Store {
  return {
    label: first.label,
    capabilities: first.capabilities,
    list: (options) => listWithEither(first, second, options),
    async head(key, options) {
      try {
        return await first.head(key, options);
      } catch (error) {
        if (!isRefused(error)) throw error;
        return await second.head(key, options);
      }
    },
    readTags: (key, options) => first.readTags(key, options),
    createUpload: (key, options) => first.createUpload(key, options),
    listUploads: (query, options) => first.listUploads(query, options),
    listParts: (key, uploadId, options) => first.listParts(key, uploadId, options),
    completeUpload: (key, uploadId, options) => first.completeUpload(key, uploadId, options),
    abortUpload: (key, uploadId, options) => first.abortUpload(key, uploadId, options),
    copyObject: (source, key, options) => first.copyObject(source, key, options),
    copyPart: (source, key, options) => first.copyPart(source, key, options),
    deleteObjects: (keys, options) => first.deleteObjects(keys, options),
    close() {
      first.close();
      second.close();
    },
  };
}

/** Only before the first page: a listing that was begun with some keys ends with them or fails. */
async function* listWithEither(first: Store, second: Store, options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  let begun = false;
  try {
    for await (const page of first.list(options)) {
      begun = true;
      yield page;
    }
    return;
  } catch (error) {
    if (begun || !isRefused(error)) throw error;
  }
  yield* second.list(options);
}

function isRefused(error: unknown): boolean {
  return error instanceof TransferError && error.status === 403;
}
