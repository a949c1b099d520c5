/**
 * Reading from a store: one signed GET, checked against what was asked for. The body is read chunk by chunk; either that or
 * its disposal must happen to every Incoming.
 */
import { TransferError } from "../errors.ts";
import { sameMark } from "../evidence/digest.ts";
import type { Range, SourcePin } from "../types.ts";
import { networkFailure } from "../bytes/network_failure.ts";
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";
import { readEtag } from "./answers.ts";
import type { Exchange, OpenResponse } from "./exchange.ts";
import type { HeaderView } from "./http/head.ts";
import type { HttpResponse } from "./http/response.ts";

/** What is to be read. */
export interface ReadRequest {
  readonly key: string;
  readonly pin: SourcePin;
  /** Absent: the whole object, as for empty ones, which have no range. */
  readonly range: Range | undefined;
  /** Bytes that must come. */
  readonly sizeBytes: number;
}

/** The start of every message about reading this object. */
export function whatOf(exchange: Exchange, key: string): string {
  return `Cannot read ${exchange.label(key)}`;
}

/**
 * Opens an object or a range of it; `watch` ends that until the head of the response is there. Throws `sourceChanged` (412, other size, a
 * refusal that may be of If-Match), `notFound`, `archived`, `unsupported` (a store that ignores ranges), `integrity` (another range than
 * asked for), and what the table in failure.ts says.
 */
export async function openIncoming(exchange: Exchange, request: ReadRequest, watch: Watch): Promise<Incoming> {
  const { key, pin, range } = request;
  const what = whatOf(exchange, key);
  const acceptsPacked = exchange.unpacks;
  const matches = pin.etag !== undefined && !pin.unmatched;
  const response = await exchange.open({
    method: "GET",
    key,
    query: { versionId: pin.versionId },
    headers: {
      // Packed bytes are asked for only where a store unpacks others: with this header some would pack what they hold plain.
      "accept-encoding": acceptsPacked ? "gzip" : "identity",
      ...(matches && { "if-match": `"${pin.etag}"` }),
      ...(range === undefined ? { "x-amz-checksum-mode": "ENABLED" } : { range: `bytes=${range.first}-${range.last}` }),
    },
  }, { what, key, watch, condition: "source" }).catch((error) => {
    throw matches ? asMatchRefused(error) : error;
  });
  try {
    checkResponse(request, response, what);
  } catch (error) {
    response.body.cancel();
    throw error;
  }
  return new Incoming(request, response, { what, ...(!acceptsPacked && { onUnpacked: () => exchange.unpacks = true }) });
}

/** A store that does not know If-Match may refuse the whole request: treated as a failed condition, since a look shows which it was. */
function asMatchRefused(error: unknown): unknown {
  if (!(error instanceof TransferError) || error.kind !== "unsupported") return error;
  return new TransferError("sourceChanged", error.message, { ...error, cause: error });
}

function checkResponse(request: ReadRequest, response: OpenResponse, what: string): void {
  const { key, pin, range, sizeBytes } = request;
  const { status, headers } = response;
  if (pin.unmatched && !sameMark(readEtag(headers), pin.etag)) {
    throw new TransferError("sourceChanged", `${what}: the source object changed, its ETag is another`, { status, key });
  }
  const length = response.body.sizeBytes;
  if (range === undefined) {
    if (status !== 200) {
      throw new TransferError("integrity", `${what}: HTTP ${status} to a request for the whole object`, { status, key });
    }
  } else if (status === 200) {
    // Some stores respond so to a range that covers the whole object.
    if (range.first !== 0 || (length !== undefined && length !== sizeBytes)) {
      throw new TransferError("unsupported", `${what}: the store ignores ranges (HTTP ${status} to a range request)`, { status, key });
    }
  } else {
    const named = headers.get("content-range") ?? "none";
    if (status !== 206 || !named.startsWith(`bytes ${range.first}-${range.last}/`)) {
      throw new TransferError("integrity", `${what}: asked for bytes ${range.first}-${range.last}, got ${named}`, { status, key });
    }
  }
  // Where no length is announced the bytes are counted when they have come.
  if (length !== undefined && length !== sizeBytes) throw wrongLength(request, `${what}: ${length} bytes are announced`);
}

function wrongLength({ key, range, sizeBytes }: ReadRequest, found: string): TransferError {
  return new TransferError(range === undefined ? "sourceChanged" : "integrity", `${found} where ${sizeBytes} are right`, { key });
}

/** A response that is what was asked for, its body still unread. */
export class Incoming {
  readonly headers: HeaderView;
  readonly #request: ReadRequest;
  readonly #body: HttpResponse;
  readonly #what: string;
  readonly #onUnpacked: (() => void) | undefined;

  /** `onUnpacked` is called when the body was perhaps unpacked on the way; absent where packed bytes were asked for. */
  constructor(request: ReadRequest, response: OpenResponse, context: { readonly what: string; readonly onUnpacked?: () => void }) {
    this.headers = response.headers;
    this.#request = request;
    this.#body = response.body;
    this.#what = context.what;
    this.#onUnpacked = context.onUnpacked;
  }

  /**
   * Reads all bytes into `sink`, exactly as many as were asked for; each chunk may be reused when the sink's promise has ended. Errors of
   * the sink pass unchanged, those of the source are what `watch` makes of them.
   */
  async pump(sink: Sink, watch: Watch): Promise<void> {
    const { sizeBytes } = this.#request;
    const body = this.#body;
    watch.guard(body.connection);
    let bytes = 0;
    try {
      for (let chunk = await this.#next(watch); chunk !== undefined; chunk = await this.#next(watch)) {
        watch.touch();
        bytes += chunk.length;
        // Where no length was announced, the last bytes are kept back until the end has come: with them a destination would have it all.
        const held = body.sizeBytes === undefined && bytes === sizeBytes ? chunk.slice() : chunk;
        if (held !== chunk) bytes += (await this.#next(watch))?.length ?? 0;
        if (bytes > sizeBytes) throw this.#otherLength(bytes);
        await sink(held);
      }
      if (bytes !== sizeBytes) throw this.#otherLength(bytes);
    } finally {
      watch.release(body.connection);
      // Only what was not read to its end is left to let go.
      body.cancel();
    }
  }

  /** A body that ended with another length than was asked for: where none was announced, it may have been unpacked on the way. */
  #otherLength(bytes: number): TransferError {
    const { key, sizeBytes } = this.#request;
    const { framing } = this.#body;
    if (framing === "close" && bytes < sizeBytes) return networkFailure(new Error("unexpected eof"), this.#what, key);
    const found = `${this.#what}: ${bytes > sizeBytes ? "more" : bytes} bytes came`;
    if ((framing !== "chunked" && framing !== "close") || this.#onUnpacked === undefined) return wrongLength(this.#request, found);
    this.#onUnpacked();
    return new TransferError("network", `${found}; the store seems to unpack it and is asked not to from now on`, { key });
  }

  async #next(watch: Watch): Promise<Uint8Array | undefined> {
    try {
      return await this.#body.next();
    } catch (error) {
      throw watch.failure(error, this.#what);
    }
  }

  /** Lets go of a body that was not read to its end. */
  [Symbol.dispose](): void {
    this.#body.cancel();
  }
}
