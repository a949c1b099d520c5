/** Stores for plan tests: what they list and say of objects is scripted, whatever else they are asked is a fault of the plan. */
import { TransferError } from "../../lib/errors.ts";
import type { ListOptions } from "../../lib/store/store.ts";
import type { Job, Place } from "../../lib/job_types.ts";
import type { Capabilities, ObjectDetails, ObjectInfo } from "../../lib/types.ts";
import { SIZES } from "../store/contents.ts";
import { MemoryBucket } from "../store/memory_bucket.ts";
import { CAPABILITIES, GOOD } from "../store/store_traits.ts";
import { type Asked, MemoryStore } from "../store/memory_store.ts";

/** An object of a scripted store. */
export interface ScriptedObject extends Partial<ObjectDetails> {
  readonly key: string;
  /** Size that HEAD with partNumber=1 answers. */
  readonly firstPartBytes?: number;
  /** HEAD says that the ETag is no MD5. */
  readonly opaque?: true;
  /** HEAD knows it, listings do not: a folder of a disk. */
  readonly unlisted?: true;
}

/** What a scripted store lists, and where it goes wrong. */
export interface Script {
  objects?: readonly ScriptedObject[];
  pageSize?: number;
  /** Instead of `objects`: the pages as they come. */
  pages?: (options: ListOptions) => AsyncIterable<readonly ObjectInfo[]>;
  /** The listing throws this after all objects were told. */
  listError?: TransferError;
  capabilities?: Partial<Capabilities>;
}

/** The double of a store, of sizes alone; see {@link scriptedStore}. */
export class ScriptedStore extends MemoryStore<number> {
  /** Listings and heads that were asked for. */
  readonly calls: string[] = [];
  /** Most heads in progress at once. */
  headsMost = 0;
  #heads = 0;
  readonly #script: Script;

  constructor(label: string, script: Script) {
    const capabilities = { ...CAPABILITIES, tags: false, serverSideCopy: false, checksums: [], ...script.capabilities };
    super(new MemoryBucket(label, SIZES, GOOD, { capabilities }), { pageEntries: script.pageSize ?? 3 });
    this.#script = script;
    for (const object of script.objects ?? []) {
      const { key, sizeBytes = 1, etag = "", firstPartBytes = 0, opaque, unlisted, checksums = [], ...shown } = object;
      const { lastModifiedMs = undefined, headers: _headers, tagCount: _tagCount, archived: _archived, ...rest } = shown;
      const asked = { ...(opaque && { opaque }), ...(unlisted && { unlisted }) };
      const listed = { ...rest, etag: object.etag, lastModifiedMs } as Partial<ObjectInfo>;
      this.bucket.put(key, sizeBytes, { etag, partSizeBytes: firstPartBytes, checksums, shown: listed, ...asked });
    }
  }

  override async *list(options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
    const { pages, listError } = this.#script;
    this.calls.push(`list ${options.prefix}${options.folders ? " folders" : ""}`);
    yield* pages?.(options) ?? super.list(options);
    if (listError !== undefined) throw listError;
  }

  protected override async ask<T>(asked: Asked<T>): Promise<T> {
    if (asked.operation !== "head") return await super.ask(asked);
    this.calls.push(`head ${asked.detail}`);
    this.headsMost = Math.max(this.headsMost, ++this.#heads);
    // Long enough, in turns of the event loop, for all heads that may be in progress to begin.
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    this.#heads--;
    return await super.ask(asked);
  }
}

/** A store that lists its script, records what it is asked, and refuses what a plan must not ask. */
export function scriptedStore(label: string, script: Script): ScriptedStore {
  const store = new ScriptedStore(label, script);
  store.fault = (operation) => {
    if (operation !== "list" && operation !== "head") throw new TransferError("bug", "The plan called what it must not call");
  };
  return store;
}

/** A place from its text: `s3://bucket/key`, or a folder. */
export function place(text: string): Place {
  const [, bucket, key] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    return { store: { type: "local", name: "local" }, bucket: text, key: "", tree: true, text };
  }
  const store = { type: "s3", name: "s3", addressing: "auto", requesterPays: false } as const;
  return { store, bucket, key, tree: key === "" || key.endsWith("/"), text };
}

/** A job between two places, with every default of the table. */
export function makeJob(source: string, destination: string, changes: Partial<Job> = {}): Job {
  return {
    name: "test",
    source: place(source),
    destination: place(destination),
    include: [],
    exclude: [],
    prefixes: [],
    files: [],
    minSizeBytes: 0,
    keyPrefix: "",
    names: [],
    keepPath: true,
    cutPrefix: "",
    filterBy: "key",
    filterBase: "",
    compare: "auto",
    delete: false,
    maxDelete: 1000,
    allowEmptySource: false,
    dryRun: false,
    finalCheck: false,
    askToClean: false,
    rules: {
      partSizeBytes: "auto",
      multipartThresholdBytes: 16 << 20,
      copyThresholdBytes: 5 * 2 ** 30,
      verify: "auto",
      unfinished: "resume",
      headers: { mode: "copy", set: {}, tags: "copy" },
    },
    tuning: {
      workers: 1,
      partsInFlight: 1,
      objectsInFlight: 1,
      bandwidthBytesPerSecond: 0,
      retries: 0,
      retryDelayMs: 1,
      retryGrowth: "double",
      timeoutMs: 1000,
      memoryBytes: 0,
    },
    report: { logLevel: "error", logFormat: "text", progress: "none" },
    ...changes,
  };
}
