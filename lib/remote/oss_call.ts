/**
 * One control request to OSS: made by the vendor's SDK (address, signature, XML), sent over a line of our own, its failure translated.
 * Requests whose answer has nothing to be read (HEAD above all) are signed here: the SDK costs each thread 30 MB and a tenth of a
 * second. The SDK's methods per operation are passed by: they guess content types, fold leading slashes and hide answers; what they
 * build on is its `request`. Must never repeat a request, but once when it learns that this machine's clock is off.
 */
import { Buffer } from "node:buffer";
import { TransferError } from "../errors.ts";
import type { ReadyOss } from "../types.ts";
import { ossFailure, type OssFailureFacts } from "./oss_failure.ts";
import { networkFailure } from "../bytes/network_failure.ts";
import { parseS3Error } from "./s3_failure.ts";
import { OssProtocol } from "./oss_protocol.ts";
import type { OssClient, Sent } from "./oss_client.ts";
import type { LineAnswer, OssLine } from "./oss_line.ts";
import type { CredentialSource } from "../store/store.ts";

/** What requests to one bucket share. */
export interface OssBucket {
  readonly ready: Omit<ReadyOss, "credentials">;
  readonly label: string;
  /** Entries of a listing page; 1 to 1,000. */
  readonly pageEntries: number;
  readonly timeoutMs: number;
  readonly credentials: CredentialSource;
  readonly line: OssLine;
  /** How far the store's clock is ahead, once that was learnt. */
  readonly clock: { offsetMs: number };
  /** The SDK: loaded by the first request that needs it. */
  client(): Promise<OssClient>;
}

/** What was tried, for messages. */
export interface OssAttempt extends Pick<OssFailureFacts, "what" | "condition" | "scope"> {
  readonly signal: AbortSignal | undefined;
}

/** One request. */
export interface OssRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Absent: the bucket itself. */
  readonly key?: string;
  /** Parameters that V1 signs; an empty value stands without `=`. */
  readonly subresources?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case, values as text. */
  readonly headers?: Readonly<Record<string, string>>;
  /** XML. */
  readonly content?: string;
  /** Only whether it worked is asked: signed here, nothing of the answer's body is read. */
  readonly bare?: boolean;
  /** The answer may take minutes, with nothing before: copies and Complete. */
  readonly patient?: boolean;
}

/** An answer: its headers, and its XML as the SDK reads it. */
export interface OssAnswer {
  readonly headers: Headers;
  readonly xml: XmlElement;
}

/** An element as the SDK reads it: a text, an element, or several of one name as a list. */
export interface XmlElement {
  readonly [name: string]: string | XmlElement | readonly (string | XmlElement)[] | undefined;
}

/** Complete and copies may work for minutes before they answer. */
const PATIENCE = 10;

/** Keeps the SDK from guessing a content type from the key: no type has this name. */
const NO_MIME = "-";

/** Sends one request. Throws only TransferError. */
export async function ossCall(bucket: OssBucket, attempt: OssAttempt, request: OssRequest): Promise<OssAnswer> {
  for (let knowsClock = false;; knowsClock = true) {
    const sent = await send(bucket, attempt, request);
    if (sent.failure !== undefined) throw networkFailure(sent.failure, attempt.what, request.key, attempt.signal);
    const { answer } = sent;
    if (answer === undefined) throw new TransferError("bug", `${attempt.what}: the SDK sent nothing`);
    const text = answer.text !== "" ? answer.text : errorInHeader(answer.headers);
    // Complete may say 200 before it knows, and put the error into the body.
    if (answer.status < 300 && !/^(<\?xml[^>]*>)?\s*<Error>/.test(text)) {
      return await read(bucket, attempt, answer.headers, isBare(request) ? "" : answer.text);
    }
    const said = parseS3Error(text);
    if (said.code === "RequestTimeTooSkewed" && !knowsClock && learnClock(bucket, answer.headers.get("date"))) continue;
    throw ossFailure({
      ...attempt,
      status: answer.status,
      code: said.code ?? (answer.status === 404 && request.key !== undefined ? "NoSuchKey" : undefined),
      message: said.message,
      requestId: said.requestId ?? answer.headers.get("x-oss-request-id") ?? undefined,
      retryAfter: answer.headers.get("retry-after"),
      endpoint: said.endpoint,
      signature: bucket.ready.signature,
      key: request.key,
    });
  }
}

async function send(bucket: OssBucket, attempt: OssAttempt, request: OssRequest): Promise<Sent> {
  const sent: Sent = {
    signal: attempt.signal,
    timeoutMs: request.patient === true ? bucket.timeoutMs * PATIENCE : bucket.timeoutMs,
    answer: undefined,
    failure: undefined,
  };
  try {
    attempt.signal?.throwIfAborted();
    if (isBare(request)) {
      sent.answer = await sendBare(bucket, request, sent);
      return sent;
    }
    const client = await bucket.client();
    await client.request(
      {
        method: request.method,
        bucket: bucket.ready.bucket,
        ...(request.key !== undefined && { object: request.key }),
        ...(request.subresources !== undefined && { subres: { ...request.subresources } }),
        ...(request.query !== undefined && { query: { ...request.query } }),
        headers: { ...request.headers },
        ...(request.content !== undefined && { content: request.content }),
        mime: request.content === undefined ? NO_MIME : "application/xml",
      },
      await bucket.credentials(),
      bucket.clock.offsetMs,
      sent,
    );
  } catch (error) {
    if (error instanceof TransferError) throw error;
    if (sent.answer === undefined) sent.failure ??= error;
  }
  return sent;
}

function isBare(request: OssRequest): request is OssRequest & { readonly method: "HEAD" | "GET" } {
  return request.method === "HEAD" || (request.method === "GET" && request.bare === true);
}

/** A request without anything to be read, signed as requests for bytes are. */
async function sendBare(
  bucket: OssBucket,
  request: OssRequest & { readonly method: "HEAD" | "GET" },
  { signal, timeoutMs }: Sent,
): Promise<LineAnswer> {
  const { ready, line } = bucket;
  const { method, key = "" } = request;
  const query = { ...request.query, ...request.subresources };
  const nowMs = Date.now() + bucket.clock.offsetMs;
  const signed = new OssProtocol(ready).sign({ method, key, query, headers: request.headers ?? {} }, await bucket.credentials(), nowMs);
  const { target: path, headers } = signed;
  return await line.exchange({ method, path, headers, signal, timeoutMs });
}

function learnClock(bucket: OssBucket, date: string | null): boolean {
  const storeMs = Date.parse(date ?? "");
  if (Number.isNaN(storeMs)) return false;
  bucket.clock.offsetMs = storeMs - Date.now();
  return true;
}

async function read(bucket: OssBucket, attempt: OssAttempt, headers: Headers, text: string): Promise<OssAnswer> {
  if (text === "") return { headers, xml: {} };
  try {
    const xml = await (await bucket.client()).parse(text);
    return { headers, xml: typeof xml === "object" && xml !== null ? xml as XmlElement : {} };
  } catch (error) {
    throw new TransferError("server", `${attempt.what}: the answer is not XML`, { cause: error });
  }
}

/** Answers to HEAD have no body: OSS tells the error in a header, in base64. */
function errorInHeader(headers: Headers): string {
  return Buffer.from(headers.get("x-oss-err") ?? "", "base64").toString("utf8");
}

/** The text of an element; empty when it is not there. */
export function textOf(element: XmlElement, name: string): string {
  const value = element[name];
  return typeof value === "string" ? value : "";
}

/** Elements of one name: the SDK gives one as it is and several as a list. */
export function elementsOf(element: XmlElement, name: string): XmlElement[] {
  const value = element[name];
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((item): item is XmlElement => typeof item === "object" && item !== null);
}
