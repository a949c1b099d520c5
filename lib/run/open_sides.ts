/**
 * Opens both sides of a job on the main thread: folders are looked at, embedded stores started, buckets asked for. Every failure here is
 * job-wide and happens before anything moves.
 */
import { asTransferError, ERROR_RULES, NO_KEYS, TransferError } from "../errors.ts";
import { openStore } from "../store/open.ts";
import type { CredentialSource, Store } from "../store/store.ts";
import type { EmbeddedSpec, Job, OssSpec, Place, S3Spec } from "../job_types.ts";
import type { Prepared, PrepareOptions } from "../remote/probe.ts";
import type { ReadyLocal, ReadyRemote, ReadyStore, Side } from "../types.ts";
import { ignoresCase, prepareFolder } from "../disk/prepare.ts";
import { withSecondKeys } from "../store/second_keys.ts";
import type { EmbeddedHost, ServedStore } from "./embedded_host.ts";
import { retryingBy, type RetryOptions } from "../store/retrying.ts";
import { sleepingClock } from "./real_clock.ts";
import { REAL_CLOCK } from "./real_clock.ts";

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

/** Options of {@link openSides}. */
export interface OpenSidesOptions {
  readonly host: EmbeddedHost;
  /** Make the destination folder when it is missing: not in a dry run, nor for a check. */
  readonly mayWrite: boolean;
  /** Links of stores that have them are listed as what they lead to. */
  readonly followLinks?: true;
  /** How folders are listed and kept. */
  readonly format?: ReadyLocal["format"];
  readonly signal: AbortSignal;
  /** Requests to a store that is busy, or fails, are sent again; absent: they are not. */
  readonly retry?: RetryOptions;
  /** Called with a line for people, such as what a store refuses and what is lost by it. */
  readonly onNote?: (line: string) => void;
}

/** Opens both sides. Throws TransferError `config` or `credentials` that names the side's location and the way out. */
export async function openSides(job: Job, given: OpenSidesOptions): Promise<OpenSides> {
  const format = job.rules.treeFormat;
  const retry = { tuning: job.tuning, clock: sleepingClock(REAL_CLOCK), random: Math.random, onRetry: () => {} };
  const options = { retry, ...given, ...(format && { format }) };
  const followLinks = job.selection?.special === "follow";
  const source = await openSide(job.source, "source", job.tuning.timeoutMs, { ...options, ...(followLinks && { followLinks }) });
  const destination = await openSide(job.destination, "destination", job.tuning.timeoutMs, options);
  return {
    source,
    destination,
    serverSideCopy: canCopyOnServer(source.ready, destination.ready) && !(followLinks && source.store.capabilities.links),
    caseInsensitive: options.mayWrite && destination.ready.type === "local" && await ignoresCase(destination.ready.bucket),
    close() {
      source.store.close();
      destination.store.close();
    },
  };
}

/** Opens one location; {@link openSides} does so for both of a job. */
export async function openSide(place: Place, side: Side, timeoutMs: number, options: OpenSidesOptions): Promise<OpenSide> {
  try {
    const once = () => open(place, side, timeoutMs, options);
    return await (options.retry ? retryingBy(options.retry)(options.signal, once) : once());
  } catch (thrown) {
    const error = asTransferError(thrown);
    // Nothing has begun: what stands in the way of a whole side, a refusal of any kind, means that the job cannot run as it is written.
    if (ERROR_RULES[error.kind].reach === "job") throw error;
    throw new TransferError("config", error.message, { cause: error });
  }
}

async function open(place: Place, side: Side, timeoutMs: number, options: OpenSidesOptions): Promise<OpenSide> {
  const { ready, credentials } = await prepare(place, side, timeoutMs, options);
  const { onNote, followLinks } = options;
  const store = await openStore(ready, credentials, { timeoutMs, ...(onNote && { onNote }), ...(followLinks && { followLinks }) });
  const second = place.store.type === "s3" ? place.store.listCredentials : undefined;
  if (second === undefined) return { ready, credentials, store };
  return { ready, credentials, store: withSecondKeys(store, await openStore(ready, () => Promise.resolve(second), { timeoutMs })) };
}

async function prepare(
  place: Place,
  side: Side,
  timeoutMs: number,
  options: OpenSidesOptions,
): Promise<{ ready: ReadyStore; credentials: CredentialSource | undefined }> {
  const { store: spec, bucket } = place;
  if (spec.type === "local" && spec.archive) {
    const { prepareArchive } = await import("../disk/archive.ts");
    const archive = await prepareArchive(bucket, place.text);
    return { ready: { type: "local", name: spec.name, bucket, archive }, credentials: undefined };
  }
  if (spec.type === "local") {
    const create = side === "destination" && options.mayWrite;
    const there = await prepareFolder(bucket, { create, mustExist: side === "source", text: place.text });
    const format = options.format === undefined ? {} : { format: options.format };
    return { ready: { type: "local", name: spec.name, bucket, ...format, ...(!there && { absent: true }) }, credentials: undefined };
  }
  if (bucket === "") throw new TransferError("config", `The ${side} ${place.text} names no bucket: write NAME://bucket/prefix/`);
  const remote = spec.type === "embedded" ? embeddedRemote(spec, await options.host.serve(spec, bucket)) : spec;
  const { signal, onNote } = options;
  try {
    return await prepareRemote(remote, bucket, { signal, timeoutMs, ...(onNote && { onNote }) });
  } catch (error) {
    if (side !== "source" || asTransferError(error).code !== NO_KEYS) throw error;
    // What is public needs none. Where that fails, the keys are what is missing.
    const unsigned = await prepareRemote({ ...remote, anonymous: true }, bucket, { signal, timeoutMs, mustList: place.tree }).catch(() => {
      throw error;
    });
    onNote?.(`${spec.name}://${bucket} is read without access keys, since none were found (anonymous = yes asks for that)`);
    return unsigned;
  }
}

async function prepareRemote(spec: S3Spec | OssSpec, bucket: string, options: PrepareOptions): Promise<Prepared<ReadyRemote>> {
  if (spec.type === "oss") return await (await import("../remote/oss_prepare.ts")).prepareOss(spec, bucket, options);
  return await (await import("../remote/s3_prepare.ts")).prepareS3(spec, bucket, options);
}

/** An embedded store as the store that it plays. */
function embeddedRemote({ name, dialect }: EmbeddedSpec, { endpoint, accessKeyId, secretAccessKey }: ServedStore): S3Spec | OssSpec {
  const credentials = { accessKeyId, secretAccessKey };
  const remote = { name, endpoint, credentials, addressing: "path", requesterPays: false } as const;
  if (dialect === "oss") return { type: "oss", region: "cn-hangzhou", signature: "v4", ...remote };
  return { type: "s3", region: "us-east-1", ...remote };
}

function canCopyOnServer(source: ReadyStore, destination: ReadyStore): boolean {
  if (source.type === "local" || destination.type === "local" || source.type !== destination.type) return false;
  // Amazon copies between its regions; anybody else's endpoint is one region.
  const reachable = source.region === destination.region || (source.type === "s3" && source.endpoint === undefined);
  return reachable && destination.capabilities.serverSideCopy && source.endpoint === destination.endpoint &&
    source.credentials.accessKeyId === destination.credentials.accessKeyId;
}
