/**
 * Writing to a store: one signed PUT of an object or a part, and the headers that say what the object shall carry, when the write may
 * happen and which bytes the store shall insist on. Must always send a Content-Length: S3 refuses a body without one.
 */
import type { Digests, Grant, ObjectHeaders, WriteCondition } from "../types.ts";
import { md5ToBase64 } from "../bytes/digest.ts";
import { encodeText } from "./encode.ts";
import { HEADER_OF_FIELD, METADATA_PREFIX } from "./header_names.ts";
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

/** The headers that make an object carry `headers`, written only under `condition`. Values are text. */
export function objectHeaders(headers: ObjectHeaders, condition: WriteCondition | undefined): Record<string, string> {
  const request: Record<string, string> = {};
  for (const [field, name] of HEADER_OF_FIELD) {
    const value = headers[field];
    if (value !== undefined) request[name] = value;
  }
  for (const [name, value] of Object.entries(headers.metadata ?? {})) request[METADATA_PREFIX.s3 + name.toLowerCase()] = value;
  const tags = Object.entries(headers.tags ?? {});
  if (tags.length > 0) request["x-amz-tagging"] = tags.map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`).join("&");
  Object.assign(request, headers.other);
  if (headers.grants !== undefined) Object.assign(request, grantHeaders(headers.grants));
  if (condition !== undefined) Object.assign(request, conditionHeaders(condition));
  return request;
}

/** The headers by which a destination refuses other bytes than those of the digests. */
export function guardHeaders(digests: Digests): Record<string, string> {
  return Object.fromEntries(
    Object.entries(digests).map(([name, value]) =>
      name === "md5" ? ["content-md5", md5ToBase64(value)] : [`x-amz-checksum-${name}`, value]
    ),
  );
}

function conditionHeaders(condition: WriteCondition): Record<string, string> {
  return "absent" in condition ? { "if-none-match": "*" } : { "if-match": `"${condition.etag}"` };
}

/** "Access control list (ACL) overview" in the S3 user guide. */
const GRANT_HEADERS = {
  READ: "x-amz-grant-read",
  READ_ACP: "x-amz-grant-read-acp",
  WRITE_ACP: "x-amz-grant-write-acp",
  FULL_CONTROL: "x-amz-grant-full-control",
} as const satisfies Record<Grant["permission"], string>;

/** One header for each permission, its grantees separated by commas. */
function grantHeaders(grants: readonly Grant[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { permission, by, grantee } of grants) {
    const name = GRANT_HEADERS[permission];
    const one = `${by}="${grantee}"`;
    headers[name] = headers[name] === undefined ? one : `${headers[name]}, ${one}`;
  }
  return headers;
}
