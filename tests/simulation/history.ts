/**
 * Everything that both simulated stores ever held, and the first promise, checked at every write: at the destination stands what was
 * there before, or exactly the bytes of one version of the source that existed.
 */
import { SOMEBODY } from "../store/stored.ts";
import type { Bucket, Stored } from "./bucket.ts";
import { type Matter, same, textOf } from "./matter.ts";

/** What stood under a key, from then until the next record. */
export interface Record {
  readonly fromMs: number;
  readonly stored: Stored | undefined;
  readonly by: string;
}

/** See the file comment. */
export class History {
  readonly #sourceKeys = new Map<string, Record[]>();
  readonly #destinationKeys = new Map<string, Record[]>();

  /** `complain` is told each broken promise. */
  constructor(source: Bucket, destination: Bucket, nowMs: () => number, mayDelete: () => boolean, complain: (trouble: string) => void) {
    source.watcher = {
      onWrite: (key, stored, by) => add(this.#sourceKeys, key, { fromMs: nowMs(), stored, by }),
      onDelete: (key, by) => add(this.#sourceKeys, key, { fromMs: nowMs(), stored: undefined, by }),
    };
    destination.watcher = {
      onWrite: (key, stored, by) => {
        if (by !== SOMEBODY && !this.existed(key, stored.content)) {
          complain(`right bytes: ${by} wrote ${key} with bytes of no version of the source: ${textOf(stored.content)}`);
        }
        add(this.#destinationKeys, key, { fromMs: nowMs(), stored, by });
      },
      onDelete: (key, by) => {
        if (by !== SOMEBODY && (!mayDelete() || source.objects.has(key) && !this.absentSince(key, this.#sinceOf(by)))) {
          complain(`right deletes: ${by} deleted ${key}, which the source has`);
        }
        add(this.#destinationKeys, key, { fromMs: nowMs(), stored: undefined, by });
      },
    };
  }

  /** When each run began, for what it may have seen. */
  readonly beganMs = new Map<string, number>();

  /** A version of this source key had these bytes. */
  existed(key: string, matter: Matter): boolean {
    return this.source(key).some(({ stored }) => stored !== undefined && same(stored.content, matter));
  }

  /** The version of a source key that has this ETag or file mark. */
  version(key: string, mark: string | undefined): Stored | undefined {
    return this.source(key).findLast(({ stored }) => stored?.etag === mark)?.stored;
  }

  /** The source key was not there at some moment since then. */
  absentSince(key: string, sinceMs: number): boolean {
    return during(this.source(key), sinceMs).some(({ stored }) => stored === undefined);
  }

  /** The source key has been the same since then. */
  stableSince(key: string, sinceMs: number): boolean {
    return during(this.source(key), sinceMs).length === 1;
  }

  /** The destination key had these bytes at some moment since then. */
  arrivedSince(key: string, matter: Matter, sinceMs: number): boolean {
    const records = this.#destinationKeys.get(key) ?? [];
    return during(records, sinceMs).some(({ stored }) => stored !== undefined && same(stored.content, matter));
  }

  source(key: string): readonly Record[] {
    return this.#sourceKeys.get(key) ?? [];
  }

  #sinceOf(by: string): number {
    return this.beganMs.get(by.split("/")[0] ?? "") ?? 0;
  }
}

function add(records: Map<string, Record[]>, key: string, record: Record): void {
  const kept = records.get(key) ?? [{ fromMs: -1, stored: undefined, by: SOMEBODY }];
  kept.push(record);
  records.set(key, kept);
}

/** Records that held at some moment since then. */
function during(records: readonly Record[], sinceMs: number): readonly Record[] {
  const first = records.findLastIndex(({ fromMs }) => fromMs < sinceMs);
  return first < 0 ? records : records.slice(first);
}
