/**
 * Opens both sides of a job on the main thread: folders are looked at, embedded stores started, buckets asked for. Every failure here is
 * job-wide and happens before anything moves.
 */
import { asTransferError, ERROR_RULES, NO_KEYS, TransferError } from "../errors.ts";
import { openStore } from "../store/open.ts";
import type { CredentialSource, Store } from "../store/store.ts";
import type { Job, Place } from "../job_types.ts";
import { embeddedRemote, prepareRemote } from "../remote/prepare.ts";
import type { Prepared } from "../remote/probe.ts";
import type { ReadyLocal, ReadyRemote, ReadyStore, Side } from "../types.ts";
import { ignoresCase, prepareFolder } from "../disk/prepare.ts";
import { withSecondKeys } from "../store/second_keys.ts";
import type { EmbeddedHost } from "./embedded_host.ts";
import { retryingBy, type RetryOptions } from "../store/retrying.ts";
import { REAL_CLOCK, sleepingClock } from "./real_clock.ts";

/** One opened side. `ready` holds secrets. */
export interface OpenSide {
  readonly ready: ReadyStore;
  readonly store: Store;
  readonly credentials: CredentialSource | undefined;
}

/** Both sides of a job, opened. */
export interface OpenSides {
  readonly source: OpenSide;
  readonly destination: OpenSide;
  /** One endpoint, one set of keys: the store can copy by itself. */
  readonly serverSideCopy: boolean;
  /** The destination folder holds `A` and `a` to be one name. */
  readonly caseInsensitive: boolean;
  close(): void;
}

/** Options of {@link openSide}. */
export interface OpenSideOptions {
  readonly host: EmbeddedHost;
  /** Make the destination folder when it is missing: not in a dry run, nor for a check. */
  readonly mayWrite: boolean;
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Links of stores that have them are listed as what they lead to. */
  readonly followLinks?: boolean;
  /** How folders are listed and kept. */
  readonly format?: ReadyLocal["format"] | undefined;
  /** Requests to a store that is busy, or fails, are sent again; absent: they are not. */
  readonly retry?: RetryOptions;
  /** Called with a line for people, such as what a store refuses and what is lost by it. */
  readonly onNote?: ((line: string) => void) | undefined;
}

/** Opens both sides. Throws TransferError `config` or `credentials` that names the side's location and the way out. */
export async function openSides(job: Job, given: Pick<OpenSideOptions, "host" | "mayWrite" | "signal" | "onNote">): Promise<OpenSides> {
  const { tuning, rules, special } = job;
  const retry = { tuning, clock: sleepingClock(REAL_CLOCK), random: Math.random, onRetry: () => {} };
  const options = { ...given, retry, timeoutMs: tuning.timeoutMs, format: rules.treeFormat };
  const followLinks = special === "follow";
  const source = await openSide(job.source, "source", { ...options, followLinks });
  const destination = await openSide(job.destination, "destination", options);
  return {
    source,
    destination,
    serverSideCopy: canCopyOnServer(source.ready, destination.ready) && !(followLinks && source.store.capabilities.links),
    caseInsensitive: given.mayWrite && destination.ready.type === "local" && await ignoresCase(destination.ready.bucket),
    close() {
      source.store.close();
      destination.store.close();
    },
  };
}

/** Opens one location; {@link openSides} does so for both of a job. */
export async function openSide(place: Place, side: Side, options: OpenSideOptions): Promise<OpenSide> {
  try {
    const once = () => open(place, side, options);
    return await (options.retry ? retryingBy(options.retry)(options.signal, once) : once());
  } catch (thrown) {
    const error = asTransferError(thrown);
    // Nothing has begun: what stands in the way of a whole side, a refusal of any kind, means that the job cannot run as it is written.
    if (ERROR_RULES[error.kind].reach === "job") throw error;
    throw new TransferError("config", error.message, { cause: error });
  }
}

async function open(place: Place, side: Side, options: OpenSideOptions): Promise<OpenSide> {
  const { ready, credentials } = place.store.type === "local"
    ? { ready: await prepareLocal(place, side, options), credentials: undefined }
    : await prepareBucket(place, side, options);
  const { onNote, followLinks, timeoutMs } = options;
  const store = await openStore(ready, credentials, { timeoutMs, onNote, followLinks });
  const second = place.store.type === "s3" ? place.store.listCredentials : undefined;
  if (second === undefined) return { ready, credentials, store };
  return { ready, credentials, store: withSecondKeys(store, await openStore(ready, () => Promise.resolve(second), { timeoutMs })) };
}

async function prepareLocal({ store, bucket, text }: Place, side: Side, { mayWrite, format }: OpenSideOptions): Promise<ReadyLocal> {
  const local = { type: "local", name: store.name, bucket } as const;
  if (store.type === "local" && store.archive) {
    const { prepareArchive } = await import("../disk/archive.ts");
    return { ...local, archive: await prepareArchive(bucket, text) };
  }
  const there = await prepareFolder(bucket, { create: side === "destination" && mayWrite, mustExist: side === "source", text });
  return { ...local, ...(format && { format }), ...(!there && { absent: true }) };
}

async function prepareBucket({ store, bucket, text, tree }: Place, side: Side, options: OpenSideOptions): Promise<Prepared<ReadyRemote>> {
  if (store.type === "local") throw new TransferError("bug", `${text} is not a bucket`);
  if (bucket === "") throw new TransferError("config", `The ${side} ${text} names no bucket: write NAME://bucket/prefix/`);
  const { host, signal, timeoutMs, onNote } = options;
  const spec = store.type === "embedded" ? embeddedRemote(store, await host.serve(store, bucket)) : store;
  try {
    return await prepareRemote(spec, bucket, { signal, timeoutMs, onNote });
  } catch (error) {
    if (side !== "source" || asTransferError(error).code !== NO_KEYS) throw error;
    // What is public needs none. Where that fails, the keys are what is missing.
    const unsigned = await prepareRemote({ ...spec, anonymous: true }, bucket, { signal, timeoutMs, mustList: tree }).catch(() => {
      throw error;
    });
    onNote?.(`${spec.name}://${bucket} is read without access keys, since none were found (anonymous = yes asks for that)`);
    return unsigned;
  }
}

function canCopyOnServer(source: ReadyStore, destination: ReadyStore): boolean {
  if (source.type === "local" || destination.type === "local" || source.type !== destination.type) return false;
  // Amazon copies between its regions; anybody else's endpoint is one region.
  const reachable = source.region === destination.region || (source.type === "s3" && source.endpoint === undefined);
  // Temporary keys of one role differ each time that they are asked for.
  const oneIdentity = source.name === destination.name || source.credentials.accessKeyId === destination.credentials.accessKeyId;
  return reachable && oneIdentity && destination.capabilities.serverSideCopy && source.endpoint === destination.endpoint;
}
