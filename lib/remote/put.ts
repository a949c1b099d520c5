/** Writing to a store: one signed PUT of an object or a part. Must always send a Content-Length: S3 refuses a body without one. */
import type { Checksum } from "../types.ts";
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";
import { readChecksums, readEtag } from "./answers.ts";
import { ChunkedBody, chunkedHeaders, chunkedLength } from "./chunked_body.ts";
import { etagIsOpaque, withEtagDigest } from "./etag_digest.ts";
import type { Exchange } from "./exchange.ts";

/** What is to be written. */
export interface PutRequest {
  readonly key: string;
  /** `partNumber` and `uploadId` for parts. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Returns the CRC32 of all bytes in base64 once they have been written; it is sent behind them. Never for an empty body. */
  readonly trailer?: () => string;
}

/** What a destination responded to a PUT. */
export interface PutAnswer {
  readonly etag?: string;
  /** Digests of the bytes that were sent, the MD5 that the ETag is among them. */
  readonly checksums: readonly Checksum[];
}

/** The start of every message about writing this object. */
export function whatOfPut(exchange: Exchange, key: string): string {
  return `Cannot write ${exchange.label(key)}`;
}

/** Sends the bytes that `write` hands over, exactly `sizeBytes` of them. Errors of `write` itself pass unchanged. */
export async function putBytes(
  exchange: Exchange,
  request: PutRequest,
  watch: Watch,
  write: (sink: Sink) => Promise<void>,
): Promise<PutAnswer> {
  const { key, query = {}, trailer, sizeBytes } = request;
  const framing = trailer === undefined ? {} : chunkedHeaders(sizeBytes);
  const body = trailer === undefined ? { sizeBytes, write } : {
    sizeBytes: chunkedLength(sizeBytes),
    write: async (sink: Sink) => {
      const chunked = new ChunkedBody(sizeBytes, sink);
      await write((chunk) => chunked.write(chunk));
      await chunked.end(trailer());
    },
  };
  const headers = await exchange.put({ method: "PUT", key, query, headers: { ...request.headers, ...framing } }, body, {
    what: whatOfPut(exchange, key),
    key,
    watch,
    condition: "destination",
  });
  const etag = readEtag(headers);
  const context = { capabilities: exchange.store.capabilities, opaque: etagIsOpaque(headers) };
  return { ...(etag !== undefined && { etag }), checksums: withEtagDigest(readChecksums(headers), etag, context) };
}
