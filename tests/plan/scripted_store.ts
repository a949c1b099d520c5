/** A store for plan tests: its listing and its heads are scripted, and everything else must not be called. */
import { TransferError } from "../../lib/errors.ts";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { listedMd5, objectDigests } from "../../lib/remote/etag_digest.ts";
import type { ListOptions, Store } from "../../lib/store/store.ts";
import type { Job, Place } from "../../lib/job_types.ts";
import type { Capabilities, ObjectDetails, ObjectInfo } from "../../lib/types.ts";

/** What the scripted stores can do. */
export const CAPABILITIES: Capabilities = {
  provider: "generic",
  ownDigests: ["md5"],
  checksums: [],
  conditionalWrites: true,
  serverSideCopy: false,
  tags: false,
  partSizeMinBytes: 5 << 20,
  partSizeMaxBytes: 5 * 2 ** 30,
  partCountMax: 10_000,
  putSizeMaxBytes: 5 * 2 ** 30,
};

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

/** A store that lists its script and counts what it is asked. */
export interface ScriptedStore extends Store {
  readonly calls: string[];
  /** Most heads under way at once. */
  headsMost: number;
}

/** Makes a store from a script. */
export function scriptedStore(label: string, script: Script): ScriptedStore {
  const objects = [...script.objects ?? []].sort((a, b) => compareKeys(a.key, b.key));
  const calls: string[] = [];
  let heads = 0;
  function forbidden(): never {
    throw new TransferError("bug", "The plan called what it must not call");
  }
  const store: ScriptedStore = {
    label,
    calls,
    headsMost: 0,
    capabilities: { ...CAPABILITIES, ...script.capabilities },
    list(options) {
      calls.push(`list ${options.prefix}${options.folders ? " folders" : ""}`);
      return script.pages?.(options) ?? scriptedPages(objects, options, script);
    },
    async head(key, options) {
      calls.push(`head ${key}${options?.partNumber === undefined ? "" : ` part ${options.partNumber}`}`);
      heads += 1;
      store.headsMost = Math.max(store.headsMost, heads);
      // Long enough, in turns of the event loop, for all heads that may be under way to begin.
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      heads -= 1;
      const found = objects.find((object) => object.key === key);
      if (found === undefined) return undefined;
      const details = detailsOf(found, store.capabilities);
      return options?.partNumber === undefined ? details : { ...details, sizeBytes: found.firstPartBytes ?? details.sizeBytes };
    },
    readTags: forbidden,
    createUpload: forbidden,
    listUploads: forbidden,
    listParts: forbidden,
    completeUpload: forbidden,
    abortUpload: forbidden,
    copyObject: forbidden,
    copyPart: forbidden,
    deleteObjects: forbidden,
    close() {},
  };
  return store;
}

async function* scriptedPages(objects: readonly ScriptedObject[], options: ListOptions, script: Script): AsyncGenerator<ObjectInfo[]> {
  const found = objects.filter((object) => !object.unlisted && object.key.startsWith(options.prefix)).map((object) =>
    listed(object, { ...CAPABILITIES, ...script.capabilities })
  );
  const pageSize = script.pageSize ?? 3;
  for (let first = 0; first < found.length; first += pageSize) {
    await Promise.resolve();
    yield found.slice(first, first + pageSize);
  }
  if (script.listError !== undefined) throw script.listError;
}

function listed(object: ScriptedObject, capabilities: Capabilities): ObjectInfo {
  const { headers: _h, checksums: _c, tagCount: _t, archived: _a, firstPartBytes: _f, opaque: _o, unlisted: _u, ...info } = object;
  return { sizeBytes: 1, ...info, ...listedMd5(object.etag, { capabilities }) };
}

function detailsOf(object: ScriptedObject, capabilities: Capabilities): ObjectDetails {
  return {
    ...listed(object, capabilities),
    headers: {},
    ...objectDigests([...object.checksums ?? []], object.etag, { capabilities, opaque: object.opaque === true }),
    tagCount: 0,
    archived: false,
  };
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
