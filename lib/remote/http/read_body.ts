/**
 * Bodies of responses that are read into memory: a server may make them as long and as slow as it likes. Must never hold more than the
 * limit and never wait for ever.
 */
import { ANSWER_BYTES_MAX, ANSWER_PATIENCE, MIB, REFUSAL_BYTES_MAX } from "../../limits.ts";
import { UnreadableAnswer } from "../../bytes/network_failure.ts";
import type { Watch } from "../../bytes/watch.ts";
import type { HttpResponse } from "./response.ts";

/** Of a refusal that goes on, this much more is read so that its connection can be used again; then it is closed. */
const READ_AWAY_BYTES_MAX = MIB;

const EMPTY = new Uint8Array(0);

/** How a body is read. */
export interface ReadOptions {
  /** Ends the reading when nothing comes any more. */
  readonly watch: Watch;
  /** Time limit of a request; a body that drips is over after a multiple of it. */
  readonly timeoutMs: number;
}

/** All of a body. Throws {@link UnreadableAnswer} where it is longer than any store's or never ends, else what sockets throw. */
export async function readWhole(response: HttpResponse, options: ReadOptions): Promise<Uint8Array> {
  const { chunks, bytes } = await readChunks(response, options, ANSWER_BYTES_MAX);
  if (bytes > ANSWER_BYTES_MAX) {
    response.cancel();
    throw new UnreadableAnswer(`the answer is longer than ${ANSWER_BYTES_MAX / MIB} MiB`);
  }
  return joined(chunks);
}

/** The first part of a body as text; the connection can be used again unless the body is long. Throws as {@link readWhole}. */
export async function readStart(response: HttpResponse, options: ReadOptions): Promise<string> {
  const { chunks, bytes } = await readChunks(response, options, READ_AWAY_BYTES_MAX, REFUSAL_BYTES_MAX);
  if (bytes > READ_AWAY_BYTES_MAX) response.cancel();
  return new TextDecoder().decode(joined(chunks));
}

/** Reads until the end or until more than `readMax` bytes have come; keeps the first `keepMax` of them. */
async function readChunks(
  response: HttpResponse,
  { watch, timeoutMs }: ReadOptions,
  readMax: number,
  keepMax = readMax,
): Promise<{ readonly chunks: readonly Uint8Array[]; readonly bytes: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const limitMs = timeoutMs * ANSWER_PATIENCE;
  const endMs = performance.now() + limitMs;
  watch.guard(response.connection);
  try {
    while (bytes <= readMax) {
      const chunk = await response.next();
      if (chunk === undefined) break;
      if (performance.now() > endMs) throw new UnreadableAnswer(`the answer is not over after ${Math.round(limitMs / 1000)} s`);
      watch.touch();
      if (bytes < keepMax) chunks.push(chunk.slice(0, keepMax - bytes));
      bytes += chunk.length;
    }
  } catch (error) {
    response.cancel();
    throw error;
  } finally {
    watch.release(response.connection);
  }
  return { chunks, bytes };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = EMPTY] = chunks;
  if (chunks.length < 2) return first;
  const all = new Uint8Array(chunks.reduce((bytes, chunk) => bytes + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
