/**
 * The vendor's SDK for one bucket, made when the first request needs it, over a line of our own (oss_line.ts). It only ever hears of the
 * bucket's base URL, so that where a bucket is stays decided in oss_address.ts. Must never import the SDK at load time, and never retry.
 */
import type { Credentials, ReadyOss } from "../types.ts";
import type { LineAnswer, OssLine } from "./oss_line.ts";

/** What became of one request: the SDK's own errors keep too little of it. */
export interface Sent {
  readonly signal: AbortSignal | undefined;
  /** Without any progress for this long it has failed. */
  readonly timeoutMs: number;
  answer: LineAnswer | undefined;
  failure: unknown;
}

/** A request as the SDK takes it. */
export interface SdkRequest {
  readonly method: string;
  readonly bucket: string;
  readonly object?: string;
  readonly subres?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly content?: string;
  readonly mime: string;
}

/** The SDK's client as far as it is used here; it brings no types. */
interface Sdk {
  readonly options: { accessKeyId: string; accessKeySecret: string; stsToken?: string; amendTimeSkewed?: number };
  request(params: SdkRequest & { ctx: Sent }): Promise<unknown>;
  parseXML(text: string): Promise<unknown>;
}

/** What the SDK hands to its transport. */
interface TransportParams {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content?: string;
  readonly ctx: Sent;
}

/** A client, the SDK behind it. */
export class OssClient {
  readonly #sdk: Sdk;

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
  }

  /** Signs with these keys and sends. Throws what the SDK makes of a failure; `sent` knows better. */
  async request(request: SdkRequest, keys: Credentials, clockOffsetMs: number, sent: Sent): Promise<void> {
    const { options } = this.#sdk;
    options.amendTimeSkewed = clockOffsetMs;
    options.accessKeyId = keys.accessKeyId;
    options.accessKeySecret = keys.secretAccessKey;
    if (keys.sessionToken === undefined) delete options.stsToken;
    else options.stsToken = keys.sessionToken;
    // It signs before it waits for anything: two requests never mix their keys.
    await this.#sdk.request({ ...request, ctx: sent });
  }

  /** XML as objects: elements of one name become a list only when there are several. */
  parse(text: string): Promise<unknown> {
    return this.#sdk.parseXML(text);
  }
}

/** Loads the SDK and makes a client that sends over `line`. */
export async function loadClient(ready: Omit<ReadyOss, "credentials">, line: OssLine): Promise<OssClient> {
  const { default: Oss } = await import("ali-oss") as unknown as { default: new (options: Record<string, unknown>) => Sdk };
  const { url } = line;
  const sdk = new Oss({
    // Given by each request; the SDK wants to see some.
    accessKeyId: "-",
    accessKeySecret: "-",
    endpoint: url.origin,
    // With path style the SDK puts the bucket before the key; else the host stands for it already.
    sldEnable: ready.pathStyle,
    cname: !ready.pathStyle,
    secure: url.protocol === "https:",
    region: `oss-${ready.region}`,
    authorizationV4: ready.signature === "v4",
    isRequestPay: ready.requesterPays,
    retryMax: 0,
    urllib: { request: (target: string, params: TransportParams) => transport(line, target, params) },
  });
  return new OssClient(sdk);
}

/** Sends what the SDK has signed and tells `params.ctx` what came of it. */
async function transport(line: OssLine, target: string, params: TransportParams) {
  const sent = params.ctx;
  try {
    const { method, headers, content } = params;
    const { signal, timeoutMs } = sent;
    // As it stands: a URL object would fold `.` and `..`.
    const path = target.replace(/^[a-z]+:\/\/[^/]*/i, "");
    sent.answer = await line.exchange({ method, path, headers, content, signal, timeoutMs });
  } catch (error) {
    sent.failure = error;
    throw error;
  }
  const { status, headers, text } = sent.answer;
  const plain = Object.fromEntries(headers);
  return { status, headers: plain, data: text, res: { status, headers: plain } };
}
