/**
 * A store whose questions are asked again when they fail: what main lists, looks at and deletes. One lost answer among the pages of a
 * hundred million keys must not end the job. A listing goes on behind the last key that it told, and never tells a key twice. Everything
 * else passes unchanged: sessions have retries of their own.
 */
import type { TransferError } from "../errors.ts";
import { compareKeys } from "../bytes/key_order.ts";
import { type Clock, Pace } from "../pace/pace.ts";
import { type RetryWorld, withRetries } from "../pace/retry.ts";
import { Slots } from "../pace/slots.ts";
import type { ListOptions, Store } from "./store.ts";
import type { Tuning } from "../job_types.ts";
import type { ObjectInfo } from "../types.ts";

/** How long and how often is tried again. */
export interface Patience {
  readonly tuning: Pick<Tuning, "retries" | "retryDelayMs" | "retryGrowth">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onRetry: (error: TransferError, waitMs: number) => void;
}

/** A way to ask main's questions again when they fail, one at a time. `ask` must be able to begin again from nothing. */
export function patiently(patience: Patience): <T>(signal: AbortSignal | undefined, ask: () => Promise<T>) => Promise<T> {
  const never = new AbortController().signal;
  const world: RetryWorld = {
    ...patience,
    pace: new Pace(patience.clock),
    // Main has one question under way for each side, and its looks are bounded by the plan.
    slots: { parts: new Slots(1), objects: new Slots(1), sessions: new Slots(1) },
    onThrottled: () => {},
  };
  const ledger = { retries: 0 };
  return (signal, ask) => withRetries(world, { bytes: 0, ledger, signal: signal ?? never }, ask);
}

/** See the file comment. */
export function patientStore(store: Store, patience: Patience): Store {
  const retrying = patiently(patience);
  return {
    label: store.label,
    capabilities: store.capabilities,
    list: (options) => listPatiently(store, options, (ask) => retrying(options.signal, ask)),
    head: (key, options) => retrying(options?.signal, () => store.head(key, options)),
    readTags: (key, options) => retrying(options?.signal, () => store.readTags(key, options)),
    deleteObjects: (keys, options) => retrying(options?.signal, () => store.deleteObjects(keys, options)),
    createUpload: (key, options) => store.createUpload(key, options),
    listUploads: (query, options) => store.listUploads(query, options),
    listParts: (key, uploadId, options) => store.listParts(key, uploadId, options),
    completeUpload: (key, uploadId, options) => store.completeUpload(key, uploadId, options),
    abortUpload: (key, uploadId, options) => store.abortUpload(key, uploadId, options),
    copyObject: (source, key, options) => store.copyObject(source, key, options),
    copyPart: (source, key, options) => store.copyPart(source, key, options),
    close: () => store.close(),
  };
}

async function* listPatiently(
  store: Store,
  options: ListOptions,
  retrying: (ask: () => Promise<readonly ObjectInfo[]>) => Promise<readonly ObjectInfo[]>,
): AsyncGenerator<readonly ObjectInfo[]> {
  let pages: AsyncIterator<readonly ObjectInfo[]> | undefined;
  let lastKey = options.startAfter;
  let again = false;
  // Until something new is told: a store that begins anew and fails at the same place again and again must not go on for ever.
  const nextFresh = async () => {
    pages ??= store.list({ ...options, ...(lastKey !== undefined && { startAfter: lastKey }) })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const page = await pages.next();
        if (page.done === true) return [];
        const fresh = again && lastKey !== undefined ? behind(page.value, lastKey) : page.value;
        if (fresh.length > 0) return fresh;
      }
    } catch (error) {
      pages = undefined;
      again = true;
      throw error;
    }
  };
  try {
    for (let page = await retrying(nextFresh); page.length > 0; page = await retrying(nextFresh)) {
      lastKey = page.at(-1)?.key ?? lastKey;
      yield page;
    }
  } finally {
    await pages?.return?.();
  }
}

/** What of a page was not told yet: a store that does not know where to go on begins anew. */
function behind(objects: readonly ObjectInfo[], lastKey: string): readonly ObjectInfo[] {
  return objects.filter(({ key }) => compareKeys(key, lastKey) > 0);
}
