/**
 * Reading from a store: one signed GET, checked against what was asked for. The body is either handed on untouched (the relay) or read
 * chunk by chunk; one of the two, or {@link Incoming.cancel}, must happen to every Incoming.
 */
import type http from "node:http";
import { TransferError } from "../errors.ts";
import type { Range, SourcePin } from "../types.ts";
import { readNodeStart, readStart } from "./answer_body.ts";
import type { HeaderView } from "./header_view.ts";
import { needsRawPath } from "./encode_key.ts";
import type { Endpoint, SignedRequest } from "./endpoint.ts";
import { headersOf, sendNode } from "./node_request.ts";
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";

/** Chunks of a body that is read are at most this long: larger ones cost memory, smaller ones CPU (docs/architecture.md). */
const CHUNK_BYTES = 256 * 1024;

/** What is to be read. */
export interface ReadRequest {
  readonly key: string;
  readonly pin: SourcePin;
  /** Absent: the whole object, as for empty ones, which have no range. */
  readonly range: Range | undefined;
  /** Bytes that must come. */
  readonly sizeBytes: number;
}

/** An answer that is what was asked for, its body still unread. */
export interface Incoming {
  readonly headers: HeaderView;
  /** The untouched body, for fetch to pass on; absent where it came by node:http and where there are no bytes. */
  readonly stream: ReadableStream<Uint8Array> | undefined;
  /** Reads all bytes into `sink`. Errors of the sink pass unchanged, those of the source are what `watch` says. */
  pump(sink: Sink, watch: Watch): Promise<void>;
  /** Lets go of the body. */
  cancel(): void;
}

/**
 * Opens an object or a range of it. Before its untouched stream is handed on, `watch` must be closed: if it fired then, the error of the
 * stream would be an unhandled rejection. Throws `sourceChanged` (412, other size), `notFound`, `archived`, `unsupported` (a store that
 * ignores ranges or names no length), `integrity` (another range than asked for), and what the table in s3_failure.ts says.
 */
export async function openIncoming(endpoint: Endpoint, request: ReadRequest, watch: Watch): Promise<Incoming> {
  const signed = await endpoint.sign({ method: "GET", ...readHeaders(request) });
  watch.check();
  return needsRawPath(request.key)
    ? await openByNode(endpoint, request, signed, watch)
    : await openByFetch(endpoint, request, signed, watch);
}

function readHeaders(request: ReadRequest): { key: string; query?: Record<string, string>; headers: Record<string, string> } {
  const { key, pin, range } = request;
  return {
    key,
    ...(pin.versionId !== undefined && { query: { versionId: pin.versionId } }),
    headers: {
      // fetch unpacks what a store calls compressed unless it is told not to.
      "accept-encoding": "identity",
      ...(pin.etag !== undefined && { "if-match": `"${pin.etag}"` }),
      ...(range === undefined ? { "x-amz-checksum-mode": "ENABLED" } : { range: `bytes=${range.first}-${range.last}` }),
    },
  };
}

async function openByFetch(endpoint: Endpoint, request: ReadRequest, signed: SignedRequest, watch: Watch): Promise<Incoming> {
  let response: Response;
  try {
    response = await fetch(endpoint.url.origin + signed.path, {
      method: "GET",
      headers: signed.headers,
      redirect: "manual",
      client: endpoint.client,
      signal: watch.signal,
    });
  } catch (error) {
    throw watch.failure(error);
  }
  const { status, body } = response;
  const headers = endpoint.answered(response.headers);
  const cancel = () => void body?.cancel().catch(() => {});
  if (status !== 200 && status !== 206) {
    const text = await readRefusal(response);
    throw endpoint.failure({ status, headers, text, what: whatOf(endpoint, request), key: request.key, condition: "source" });
  }
  try {
    checkAnswer(endpoint, request, status, headers);
  } catch (error) {
    cancel();
    throw error;
  }
  return {
    headers,
    stream: request.sizeBytes === 0 ? undefined : body ?? undefined,
    pump: (sink, reading) => pumpStream(body, request.sizeBytes, sink, reading, whatOf(endpoint, request)),
    cancel,
  };
}

async function openByNode(endpoint: Endpoint, request: ReadRequest, signed: SignedRequest, watch: Watch): Promise<Incoming> {
  let message: http.IncomingMessage;
  let headers: HeaderView;
  const status = () => message.statusCode ?? 0;
  try {
    message = await sendNode(endpoint, signed, watch);
    headers = endpoint.answered(headersOf(message));
    if (status() !== 200 && status() !== 206) {
      const text = await readNodeStart(message);
      throw endpoint.failure({ status: status(), headers, text, what: whatOf(endpoint, request), key: request.key, condition: "source" });
    }
  } catch (error) {
    throw watch.failure(error);
  }
  try {
    checkAnswer(endpoint, request, status(), headers);
  } catch (error) {
    message.destroy();
    throw error;
  }
  return {
    headers,
    stream: undefined,
    pump: (sink, reading) => pumpMessage(message, request.sizeBytes, sink, reading, whatOf(endpoint, request)),
    cancel: () => void message.destroy(),
  };
}

/** The start of every message about reading this object. */
export function whatOf(endpoint: Endpoint, request: { readonly key: string }): string {
  return `Cannot read ${endpoint.label(request.key)}`;
}

async function readRefusal(response: Response): Promise<string> {
  try {
    return await readStart(response.body);
  } catch {
    // The status alone says enough.
    return "";
  }
}

function checkAnswer(endpoint: Endpoint, request: ReadRequest, status: number, headers: HeaderView): void {
  const { key, range, sizeBytes } = request;
  const what = whatOf(endpoint, request);
  if (range !== undefined) {
    if (status !== 206) {
      throw new TransferError("unsupported", `${what}: the store ignores ranges (HTTP ${status} to a range request)`, { status, key });
    }
    const answered = headers.get("content-range") ?? "none";
    if (!answered.startsWith(`bytes ${range.first}-${range.last}/`)) {
      throw new TransferError("integrity", `${what}: asked for bytes ${range.first}-${range.last}, got ${answered}`, { status, key });
    }
  } else if (status !== 200) {
    throw new TransferError("integrity", `${what}: HTTP ${status} to a request for the whole object`, { status, key });
  }
  const length = headers.get("content-length");
  if (length == null) throw new TransferError("unsupported", `${what}: the store names no length`, { status, key });
  if (Number(length) !== sizeBytes) {
    const kind = range === undefined ? "sourceChanged" : "integrity";
    throw new TransferError(kind, `${what}: ${length} bytes are announced where ${sizeBytes} are right`, { status, key });
  }
}

/** Reads with a buffer of our own, so that no garbage is made; cancels the body when `watch` fires or the sink fails. */
async function pumpStream(
  body: ReadableStream<Uint8Array> | null,
  sizeBytes: number,
  sink: Sink,
  watch: Watch,
  what: string,
): Promise<void> {
  if (body === null || sizeBytes === 0) {
    await body?.cancel();
    return;
  }
  const reader = body.getReader({ mode: "byob" });
  const letGo = () => void reader.cancel().catch(() => {});
  watch.signal.addEventListener("abort", letGo, { once: true });
  let buffer = new ArrayBuffer(Math.min(sizeBytes, CHUNK_BYTES));
  let bytes = 0;
  let ended = false;
  try {
    while (!ended) {
      const { value, done } = await readChunk(reader, buffer, watch, what);
      watch.check();
      ended = done;
      if (value === undefined || value.length === 0) continue;
      watch.touch();
      bytes += value.length;
      await sink(value);
      buffer = value.buffer;
    }
  } finally {
    watch.signal.removeEventListener("abort", letGo);
    if (!ended) letGo();
  }
  if (bytes !== sizeBytes) throw watch.failure(shortBody(bytes, sizeBytes), what);
}

async function readChunk(
  reader: ReadableStreamBYOBReader,
  buffer: ArrayBuffer,
  watch: Watch,
  what: string,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  try {
    return await reader.read(new Uint8Array(buffer));
  } catch (error) {
    throw watch.failure(error, what);
  }
}

async function pumpMessage(message: http.IncomingMessage, sizeBytes: number, sink: Sink, watch: Watch, what: string): Promise<void> {
  let bytes = 0;
  let fromSink = false;
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      watch.touch();
      bytes += chunk.length;
      fromSink = true;
      await sink(chunk);
      fromSink = false;
    }
  } catch (error) {
    message.destroy();
    throw fromSink ? error : watch.failure(error, what);
  }
  if (bytes !== sizeBytes) throw watch.failure(shortBody(bytes, sizeBytes), what);
}

function shortBody(bytes: number, sizeBytes: number): Error {
  return new Error(`unexpected eof: ${bytes} of ${sizeBytes} bytes came`);
}
