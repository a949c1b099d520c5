/**
 * Writing to a store: one signed PUT of an object or a part, whose body is another answer's untouched body (the relay) or bytes that pass
 * through JavaScript. Must always send a Content-Length: S3 refuses a body without one.
 */
import type { Checksum } from "../types.ts";
import { readNodeStart, readStart } from "./answer_body.ts";
import { etagMayBeMd5, readChecksums, readEtag } from "./answers.ts";
import { ChunkedBody, chunkedHeaders, chunkedLength } from "./chunked_body.ts";
import type { HeaderView } from "./header_view.ts";
import { needsRawPath } from "./encode_key.ts";
import type { Endpoint } from "./endpoint.ts";
import { headersOf, putNode } from "./node_request.ts";
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";

/** What is to be written. */
export interface PutRequest {
  readonly key: string;
  /** `partNumber` and `uploadId` for parts. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Answers the CRC32 of all bytes in base64 once they have been written; it is sent behind them. Never for an empty body. */
  readonly trailer?: () => string;
}

/** What a destination answered to a PUT. */
export interface PutAnswer {
  readonly etag?: string;
  /** False when the answer names an encryption under which ETags are no MD5. */
  readonly etagIsMd5?: false;
  readonly checksums: readonly Checksum[];
}

/** The start of every message about writing this object. */
export function whatOfPut(endpoint: Endpoint, key: string): string {
  return `Cannot write ${endpoint.label(key)}`;
}

/** True where {@link putRelay} may be used for this key. */
export function canRelayTo(key: string): boolean {
  return !needsRawPath(key);
}

/** The source's connection broke: fetch tells it as an error of the body that it was to send (hyper's own words). */
const SOURCE_BROKE = /reading a body from connection|error from user's body stream/;

/** The relay failed because its source did. */
export class SourceBroke extends Error {}

/**
 * Passes on the untouched body of another answer: Deno moves the bytes from socket to socket, with back-pressure and with the source's
 * Content-Length. Throws {@link SourceBroke} when the source's connection broke, else TransferErrors.
 */
export async function putRelay(
  endpoint: Endpoint,
  request: PutRequest,
  stream: ReadableStream<Uint8Array> | undefined,
  watch: Watch,
): Promise<PutAnswer> {
  const signed = await endpoint.sign({ method: "PUT", ...request, headers: { ...request.headers, ...lengthOf(request.sizeBytes) } });
  // It goes by the stream's own length, which was compared when the source was opened.
  delete signed.headers["content-length"];
  watch.check();
  let response: Response;
  try {
    response = await fetch(endpoint.url.origin + signed.path, {
      method: "PUT",
      headers: signed.headers,
      // An empty stream would be sent chunked.
      body: stream ?? new Uint8Array(0),
      redirect: "manual",
      client: endpoint.client,
      signal: watch.signal,
    });
  } catch (error) {
    if (!watch.signal.aborted && sourceBroke(error)) throw new SourceBroke("The source's connection broke", { cause: error });
    throw watch.failure(error, whatOfPut(endpoint, request.key));
  }
  let text = "";
  try {
    // Nearly always empty, and reading nothing costs a small object too much.
    if (response.headers.get("content-length") === "0") await response.body?.cancel();
    else text = await readStart(response.body);
  } catch (error) {
    throw watch.failure(error, whatOfPut(endpoint, request.key));
  }
  return judge(endpoint, request, response.status, response.headers, text);
}

/** Sends the bytes that `write` hands over, exactly `sizeBytes` of them. Errors of `write` itself pass unchanged. */
export async function putBytes(
  endpoint: Endpoint,
  request: PutRequest,
  watch: Watch,
  write: (sink: Sink) => Promise<void>,
): Promise<PutAnswer> {
  const { trailer, sizeBytes } = request;
  const bodyBytes = trailer === undefined ? sizeBytes : chunkedLength(sizeBytes);
  const framing = trailer === undefined ? {} : chunkedHeaders(sizeBytes);
  const signed = await endpoint.sign({ method: "PUT", ...request, headers: { ...request.headers, ...framing, ...lengthOf(bodyBytes) } });
  watch.check();
  const what = whatOfPut(endpoint, request.key);
  const message = trailer === undefined
    ? await putNode(endpoint, signed, bodyBytes, watch, what, write)
    : await putNode(endpoint, signed, bodyBytes, watch, what, async (sink) => {
      const body = new ChunkedBody(sizeBytes, sink);
      await write((chunk) => body.write(chunk));
      await body.end(trailer());
    });
  let text: string;
  try {
    text = await readNodeStart(message);
  } catch (error) {
    throw watch.failure(error, what);
  }
  return judge(endpoint, request, message.statusCode ?? 0, headersOf(message), text);
}

/** To be signed. Not that of an empty body: some servers leave it out when they check. */
function lengthOf(bodyBytes: number): Record<string, string> {
  return bodyBytes === 0 ? {} : { "content-length": String(bodyBytes) };
}

function judge(endpoint: Endpoint, request: PutRequest, status: number, answered: HeaderView, text: string): PutAnswer {
  const headers = endpoint.answered(answered);
  if (status !== 200) {
    const what = whatOfPut(endpoint, request.key);
    throw endpoint.failure({ status, headers, text, what, key: request.key, condition: "destination" });
  }
  const etag = readEtag(headers);
  return { ...(etag !== undefined && { etag }), ...(!etagMayBeMd5(headers) && { etagIsMd5: false }), checksums: readChecksums(headers) };
}

function sourceBroke(error: unknown): boolean {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (SOURCE_BROKE.test(link.message)) return true;
  }
  return false;
}
