/** Writing to a store: one signed PUT of an object or a part. Must always send a Content-Length: S3 refuses a body without one. */
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";
import { type PutAnswer, readEtag, readWritten } from "./answers.ts";
import { ChunkedBody, chunkedHeaders, chunkedLength } from "./chunked_body.ts";
import type { Exchange } from "./exchange.ts";
import type { Query } from "./protocol.ts";

/** What is to be written. */
export interface PutRequest {
  readonly key: string;
  /** `partNumber` and `uploadId` for parts. */
  readonly query?: Query;
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Returns the CRC32 of all bytes in base64 once they have been written; it is sent behind them. Never for an empty body. */
  readonly trailer?: () => string;
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
  return readWritten(headers, readEtag(headers), { capabilities: exchange.store.capabilities });
}
