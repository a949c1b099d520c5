/**
 * A store whose requests are sent again when they fail: what main lists, looks at and deletes. One lost response among the pages of a
 * hundred million keys must not end the job. Everything else passes unchanged: sessions have retries of their own.
 */
import { ERROR_RULES, TransferError } from "../errors.ts";
import { type Clock, Pace } from "../pace/pace.ts";
import { type RetryWorld, withRetries } from "../pace/retry.ts";
import { openSlots } from "../pace/slots.ts";
import type { DeleteFailure, Store } from "./store.ts";
import type { Tuning } from "../job_types.ts";

/** How long and how often is tried again. */
export interface RetryOptions {
  readonly tuning: Pick<Tuning, "retries" | "retryDelayMs" | "retryGrowth">;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onRetry: (error: TransferError, waitMs: number) => void;
}

/** Runs a request, again where it failed for a while. It must be able to begin again from nothing. */
export type Retrying = <T>(signal: AbortSignal | undefined, request: () => Promise<T>) => Promise<T>;

/** The retries of main's own requests. */
export function retryingBy(options: RetryOptions): Retrying {
  const never = new AbortController().signal;
  const world: RetryWorld = {
    ...options,
    pace: new Pace(options.clock),
    // Main has one listing request in progress for each side, and the plan bounds its looks.
    slots: openSlots({ partsInFlight: 1, objectsInFlight: 1 }),
    onThrottled: () => {},
  };
  const ledger = { retries: 0 };
  return (signal, request) => withRetries(world, { bytes: 0, ledger, signal: signal ?? never }, request);
}

/** See the file comment. */
export function retryingStore(store: Store, given: RetryOptions): Store {
  const retrying = retryingBy(given);
  return {
    label: store.label,
    capabilities: store.capabilities,
    list: (options) => store.list({ ...options, repeat: (request) => retrying(options.signal, request) }),
    head: (key, options) => retrying(options?.signal, () => store.head(key, options)),
    readTags: (key, options) => retrying(options?.signal, () => store.readTags(key, options)),
    deleteObjects: (keys, options) => deleteRetrying(store, keys, options, retrying),
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

/** Keys that failed for a while are deleted again, and no others. What is left when the retries are used up is returned as failed. */
async function deleteRetrying(
  store: Store,
  keys: readonly string[],
  options: { signal?: AbortSignal } | undefined,
  retrying: Retrying,
): Promise<readonly DeleteFailure[]> {
  const final: DeleteFailure[] = [];
  let left = keys;
  let last: { readonly error: TransferError; readonly failures: readonly DeleteFailure[] } | undefined;
  try {
    await retrying(options?.signal, async () => {
      const failures = Map.groupBy(await store.deleteObjects(left, options), ({ kind }) => ERROR_RULES[kind].retry === "never");
      final.push(...failures.get(true) ?? []);
      const again = failures.get(false) ?? [];
      left = again.map(({ key }) => key);
      if (again[0] === undefined) return;
      last = { failures: again, error: new TransferError(again[0].kind, again[0].message, { key: again[0].key }) };
      throw last.error;
    });
  } catch (error) {
    if (error !== last?.error) throw error;
    final.push(...last?.failures ?? []);
  }
  return final;
}
