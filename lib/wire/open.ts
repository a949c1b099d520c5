/** Opens the wire between two stores: picks the way that bytes travel, once, by the kinds of the two. Must never be asked what to send. */
import type { Credentials, Digests, ReadyStore, Side } from "../types.ts";
import { startDigests } from "../bytes/digest.ts";
import { Exchange, type ExchangeOptions } from "../remote/exchange.ts";
import { LocalFile } from "../disk/source_file.ts";
import { LocalReads } from "../disk/reads.ts";
import { keyToPath } from "../disk/path.ts";
import type { Meter } from "../bytes/sink.ts";
import { partialPath } from "../disk/working_name.ts";
import { digestStored, relayObject, relayPart } from "./relay.ts";
import { objectToFolder, partToFolder } from "./to_folder.ts";
import { uploadObject, uploadPart } from "./upload.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved, Wire } from "./wire.ts";

/** How a wire is opened. */
export interface WireOptions {
  /** Asked before each request to that store; undefined: its own credentials never change. */
  readonly sourceCredentials: (() => Promise<Credentials>) | undefined;
  readonly destinationCredentials: (() => Promise<Credentials>) | undefined;
  /** A movement without progress for this long has failed. */
  readonly timeoutMs: number;
  /** The clock for signing, in milliseconds since 1970. */
  readonly now: () => number;
  /** Connections that the stores use as well; absent for a local side, and where the wire has its own. */
  readonly exchanges?: Readonly<Partial<Record<Side, Exchange | undefined>>>;
}

/** The exchange of each side, opened when it is first asked for; undefined for a folder. */
export function sharedExchanges(
  options: Omit<ExchangeOptions, "credentials">,
): (store: ReadyStore, side: Side, credentials: () => Promise<Credentials>) => Exchange | undefined {
  const exchanges: Partial<Record<Side, Exchange>> = {};
  return (store, side, credentials) =>
    store.type === "local" ? undefined : exchanges[side] ??= new Exchange(store, { credentials, ...options });
}

type DigestRequest = Parameters<Wire["digest"]>[1];

/** One side: a store's connections, or a folder. */
type End = Exchange | LocalReads;

/** Opens the wire between two stores. Throws `config` when a CA file cannot be read or the proxy cannot be used. The caller closes it. */
export function openWire(source: ReadyStore, destination: ReadyStore, options: WireOptions): Wire {
  const meter: Meter = { bytes: 0 };
  const { timeoutMs, now, exchanges = {} } = options;
  const from = exchanges.source ?? openEnd(source, { credentials: options.sourceCredentials, now, timeoutMs });
  const to = exchanges.destination ?? openEnd(destination, { credentials: options.destinationCredentials, now, timeoutMs });
  const moves = chooseMoves(from, to, timeoutMs, meter);
  return {
    ...moves,
    get movedBytes(): number {
      return meter.bytes;
    },
    ...(from instanceof LocalReads && { questions: from }),
    digest(side: Side, request: DigestRequest, signal: AbortSignal): Promise<Digests> {
      return digestEnd(side === "source" ? from : to, request, timeoutMs, signal);
    },
    close(): void {
      for (const end of [from, to]) end.close();
    },
  };
}

function openEnd(store: ReadyStore, options: ExchangeOptions): End {
  return store.type === "local" ? new LocalReads(store) : new Exchange(store, options);
}

type Move<Pair, Wanted, Moved> = (pair: Pair, move: Wanted, signal: AbortSignal) => Promise<Moved>;

function chooseMoves(source: End, destination: End, timeoutMs: number, meter: Meter): Pick<Wire, "way" | "movePart" | "moveObject"> {
  const shared = { timeoutMs, meter };
  const joined = <Pair>(pair: Pair, part: Move<Pair, PartMove, PartMoved>, object: Move<Pair, ObjectMove, ObjectMoved>) => ({
    movePart: (move: PartMove, signal: AbortSignal) => part(pair, move, signal),
    moveObject: (move: ObjectMove, signal: AbortSignal) => object(pair, move, signal),
  });
  if (destination instanceof LocalReads) {
    const way = source instanceof Exchange ? "download" : "local copy";
    return { way, ...joined({ source, destination, ...shared }, partToFolder, objectToFolder) };
  }
  if (source instanceof LocalReads) return { way: "upload", ...joined({ source, destination, ...shared }, uploadPart, uploadObject) };
  return { way: "relay", ...joined({ source, destination, ...shared }, relayPart, relayObject) };
}

async function digestEnd(end: End, request: DigestRequest, timeoutMs: number, signal: AbortSignal): Promise<Digests> {
  const { key, uploadId, pin, range, algorithms } = request;
  if (range === undefined) return (await startDigests(algorithms)).finish();
  if (end instanceof Exchange) {
    return await digestStored({ source: end, timeoutMs }, { key, pin, range, sizeBytes: range.last - range.first + 1 }, algorithms, signal);
  }
  const target = keyToPath(end.root, key);
  const path = uploadId === undefined ? target : partialPath(target, uploadId);
  using watch = new Watch(signal, timeoutMs, `Cannot read ${path}`, key);
  const run = await startDigests(algorithms);
  using file = uploadId === undefined
    ? await end.open({ key, pin, sizeBytes: range.last + 1 })
    : await LocalFile.open(path, undefined, { changing: true });
  await file?.pump(range, (chunk) => {
    watch.check();
    watch.touch();
    run.update(chunk);
  });
  return run.finish();
}
