/**
 * Local file to store. The digest that guards the bytes travels in a header *before* them, so that the destination refuses others: small
 * ranges are read once into a buffer, large ones twice, the second time out of the page cache.
 */
import { detailsOf } from "../bytes/local_source.ts";
import type { ChecksumAlgorithm, DigestAlgorithm, Digests, Range } from "../types.ts";
import { wholeRange } from "../bytes/part_layout.ts";
import { startDigests } from "../bytes/digest.ts";
import type { PutAnswer } from "../remote/answers.ts";
import type { Exchange } from "../remote/exchange.ts";
import { TransferError } from "../errors.ts";
import { MIB } from "../limits.ts";
import { pumpBytes, type SourceBytes, WHOLE_BYTES_MAX } from "../disk/source_file.ts";
import type { LocalReads } from "../disk/reads.ts";
import type { Meter } from "../bytes/sink.ts";
import { guardHeaders, objectHeaders, putBytes, type PutRequest, whatOfPut } from "../remote/put.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** A folder, a store, and what their movements share. */
export interface UploadPair {
  readonly source: LocalReads;
  readonly destination: Exchange;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Sources that are read in order are never read twice up to this size: a second pass would begin at their first byte. */
const IN_ORDER_BYTES_MAX = 64 * MIB;

/** What is sent of an open file. */
interface Sending {
  readonly range: Range | undefined;
  readonly put: PutRequest;
  readonly guard: ChecksumAlgorithm | "md5" | undefined;
  readonly digests: readonly DigestAlgorithm[];
}

/** Sends one part. Throws `sourceChanged` when the file is not the pinned one or changes meanwhile. */
export async function uploadPart(pair: UploadPair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const sizeBytes = move.range.last - move.range.first + 1;
  const query = { partNumber: String(move.partNumber), uploadId: move.uploadId };
  const put = { key: move.destinationKey, query, headers: {}, sizeBytes };
  using file = await pair.source.open({ key: move.sourceKey, pin: move.pin, sizeBytes: move.layout.sizeBytes });
  if (file === undefined) throw new TransferError("sourceChanged", `${move.sourceKey} became a folder while it was read`);
  const sent = await send(pair, file, { range: move.range, put, guard: move.guard, digests: move.digests }, signal);
  return { ...sent.answer, sizeBytes, digests: sent.digests, way: "upload" };
}

/** Sends one whole file by one PUT. A key that ends in a slash and names a folder is an empty object. */
export async function uploadObject(pair: UploadPair, move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
  const { key, sizeBytes } = move.source;
  using file = await pair.source.open({ key, pin: move.source, sizeBytes });
  const details = detailsOf(move.source, file);
  const headers = objectHeaders(await move.headers(details), move.condition);
  const guard = move.guard === "none" ? undefined : pair.destination.store.capabilities.checksums.includes("crc32") ? "crc32" : "md5";
  const put = { key: move.destinationKey, headers, sizeBytes: details.sizeBytes };
  const sent = await send(pair, file, { range: wholeRange(details.sizeBytes), put, guard, digests: move.digests }, signal);
  move.confirm?.(details, sent.digests);
  return { ...sent.answer, sizeBytes: details.sizeBytes, digests: sent.digests, way: "upload", details, ...(guard && { guard }) };
}

async function send(
  pair: UploadPair,
  file: SourceBytes | undefined,
  sending: Sending,
  signal: AbortSignal,
): Promise<{ answer: PutAnswer; digests: Digests }> {
  const { range, put, guard } = sending;
  const run = await startDigests(guard === undefined ? sending.digests : [...sending.digests, guard]);
  using watch = new Watch(signal, pair.timeoutMs, whatOfPut(pair.destination, put.key), put.key);
  watch.check();
  const guarded = (digests: Digests): PutRequest =>
    guard === undefined ? put : { ...put, headers: { ...put.headers, ...guardHeaders({ [guard]: digests[guard] ?? "" }) } };
  const counted = (sink: (chunk: Uint8Array) => Promise<void> | void) => async (chunk: Uint8Array) => {
    await sink(chunk);
    pair.meter.bytes += chunk.length;
  };
  if (file === undefined || range === undefined) {
    await file?.check();
    const digests = run.finish();
    return { answer: await putBytes(pair.destination, guarded(digests), watch, async () => {}), digests };
  }
  if (put.sizeBytes <= (file.inOrder ? IN_ORDER_BYTES_MAX : WHOLE_BYTES_MAX)) {
    return await file.withBytes(range, async (bytes) => {
      run.update(bytes);
      const digests = run.finish();
      watch.touch();
      return { answer: await putBytes(pair.destination, guarded(digests), watch, (sink) => pumpBytes(bytes, counted(sink))), digests };
    });
  }
  let digests: Digests | undefined;
  if (guard !== undefined) {
    await file.pump(range, (chunk) => {
      run.update(chunk);
      watch.touch();
      watch.check();
    });
    digests = run.finish();
  }
  const answer = await putBytes(pair.destination, guarded(digests ?? {}), watch, async (sink) => {
    const forward = counted(sink);
    await file.pump(range, async (chunk) => {
      if (digests === undefined) run.update(chunk);
      await forward(chunk);
    });
  });
  return { answer, digests: digests ?? run.finish() };
}
