/**
 * Store to store. Bytes are read from one socket into a buffer and written from it to the other; JavaScript looks at them only where their
 * digest is wanted.
 */
import type { ChecksumAlgorithm, DigestAlgorithm, Digests, ObjectDetails } from "../types.ts";
import { type PutAnswer, readDetails } from "../remote/answers.ts";
import { type DigestRun, startDigests } from "../bytes/digest.ts";
import { fullValue } from "../evidence/digest.ts";
import type { Exchange } from "../remote/exchange.ts";
import { type Incoming, openIncoming, type ReadRequest, whatOf } from "../remote/incoming.ts";
import type { Meter } from "../bytes/sink.ts";
import { guardHeaders, objectHeaders, putBytes, type PutRequest } from "../remote/put.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** Two stores and what their movements share. */
export interface StorePair {
  readonly source: Exchange;
  readonly destination: Exchange;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Moves one part. A guard costs a reading of its own before: its value is needed before the first byte is sent. */
export async function relayPart(pair: StorePair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const { range, guard } = move;
  const sizeBytes = range.last - range.first + 1;
  const read: ReadRequest = { key: move.sourceKey, pin: move.pin, range, sizeBytes };
  const known = guard === undefined ? {} : await digestStored(pair, read, [...move.digests, guard], signal);
  const passing = guard === undefined && move.digests.length > 0 ? new Passing(await startDigests(move.digests), sizeBytes) : undefined;
  const put: PutRequest = {
    key: move.destinationKey,
    query: { partNumber: String(move.partNumber), uploadId: move.uploadId },
    headers: guard === undefined ? {} : guardHeaders({ [guard]: known[guard] ?? "" }),
    sizeBytes,
    ...(move.trailer !== undefined && passing !== undefined && { trailer: () => passing.digests[move.trailer ?? "crc32"] ?? "" }),
  };
  using incoming = await openQuickly(pair, read, signal);
  const answer = await passOn(pair, read, incoming, put, passing, signal);
  const touched = guard !== undefined || passing !== undefined;
  return { ...answer, sizeBytes, digests: passing?.digests ?? known, way: touched ? "hashed relay" : "relay" };
}

/** Moves one whole object by one PUT, which insists on the source's own digest where there is one. */
export async function relayObject(pair: StorePair, move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
  const { key, sizeBytes } = move.source;
  const read: ReadRequest = { key, pin: move.source, range: undefined, sizeBytes };
  const passing = move.digests.length > 0 ? new Passing(await startDigests(move.digests), sizeBytes) : undefined;
  using incoming = await openQuickly(pair, read, signal);
  const details = readDetails(move.source, incoming.headers, pair.source.store.capabilities);
  // The caller may have to ask the source for more, within limits of its own.
  const headers = objectHeaders(await move.headers(details), move.condition);
  let guard = move.guard === "none" ? undefined : sourceDigest(pair, details);
  const must = move.guard === "always" || (move.guard === "auto" && passing !== undefined && sizeBytes > 0);
  if (must && guard === undefined) {
    // The source says nothing that can be insisted on (keys of KMS hide its MD5): reading it once more does.
    const known = await digestStored(pair, read, ["md5"], signal);
    guard = { algorithm: "md5", digests: known };
  }
  const put: PutRequest = { key: move.destinationKey, headers: { ...headers, ...guardHeaders(guard?.digests ?? {}) }, sizeBytes };
  // Bytes that are not the source's own must not become an object: the last ones are held back until their digest is known.
  if (passing !== undefined) passing.onDigests = (digests) => move.confirm?.(details, { ...guard?.digests, ...digests });
  const answer = await passOn(pair, read, incoming, put, passing, signal);
  const digests = { ...guard?.digests, ...passing?.digests };
  if (passing === undefined || sizeBytes === 0) move.confirm?.(details, digests);
  const way = passing === undefined ? "relay" : "hashed relay";
  return { ...answer, sizeBytes, digests, way, details, ...(guard !== undefined && { guard: guard.algorithm }) };
}

/** Opens the source under a time limit of its own, which is over when the headers are there. */
async function openQuickly(pair: StorePair, read: ReadRequest, signal: AbortSignal): Promise<Incoming> {
  using watch = new Watch(signal, pair.timeoutMs, whatOf(pair.source, read.key), read.key);
  return await openIncoming(pair.source, read, watch);
}

/** Reads a stored range and digests it; sends nothing. */
export async function digestStored(
  { source, timeoutMs }: Pick<StorePair, "source" | "timeoutMs">,
  read: ReadRequest,
  algorithms: readonly DigestAlgorithm[],
  signal: AbortSignal,
): Promise<Digests> {
  const run = await startDigests(algorithms);
  using watch = new Watch(signal, timeoutMs, whatOf(source, read.key), read.key);
  const incoming = await openIncoming(source, read, watch);
  await incoming.pump((chunk) => run.update(chunk), watch);
  return run.finish();
}

/** Digests of bytes on their way; ready as soon as the last one has come, before it is sent. */
class Passing {
  digests: Digests = {};
  /** Called with the digests before the last bytes are sent; throws to keep them back. */
  onDigests: (digests: Digests) => void = () => {};
  readonly #run: DigestRun;
  #leftBytes: number;

  constructor(run: DigestRun, sizeBytes: number) {
    this.#run = run;
    this.#leftBytes = sizeBytes;
    if (sizeBytes === 0) this.#finish();
  }

  update(chunk: Uint8Array): void {
    this.#run.update(chunk);
    this.#leftBytes -= chunk.length;
    if (this.#leftBytes === 0) this.#finish();
  }

  #finish(): void {
    this.digests = this.#run.finish();
    this.onDigests(this.digests);
  }
}

/** Sends an open body on with its length declared. */
async function passOn(
  pair: StorePair,
  read: ReadRequest,
  incoming: Incoming,
  put: PutRequest,
  passing: Passing | undefined,
  signal: AbortSignal,
): Promise<PutAnswer> {
  const what = `Cannot copy ${pair.source.label(read.key)} to ${pair.destination.label(put.key)}`;
  using watch = new Watch(signal, pair.timeoutMs, what, put.key);
  return await putBytes(pair.destination, put, watch, (sink) =>
    incoming.pump(async (chunk) => {
      passing?.update(chunk);
      await sink(chunk);
      pair.meter.bytes += chunk.length;
    }, watch));
}

/**
 * What the source itself says of its bytes, for the destination to refuse others: its MD5 where its ETag is one, its stored checksum where
 * the destination takes that kind (then the destination stores it too). Both are sent where both are there.
 */
function sourceDigest(
  pair: StorePair,
  { checksums }: ObjectDetails,
): { readonly algorithm: ChecksumAlgorithm | "md5"; readonly digests: Digests } | undefined {
  const taken: readonly string[] = pair.destination.store.capabilities.checksums;
  const stored = checksums.find(({ algorithm, type }) => type === "full" && taken.includes(algorithm));
  const md5 = fullValue(checksums, "md5");
  const algorithm = md5 !== undefined ? "md5" : stored?.algorithm as ChecksumAlgorithm | undefined;
  if (algorithm === undefined) return undefined;
  return { algorithm, digests: { ...(md5 !== undefined && { md5 }), ...(stored !== undefined && { [stored.algorithm]: stored.value }) } };
}
