/**
 * The vendor's SDK for one bucket, made when the first request needs it, over our own transport: raw paths (its own folds `.` and `..`),
 * idle time limits, proxy and certificates. It only ever hears of the bucket's base URL, so that where a bucket is stays decided in
 * oss_address.ts. Must never import the SDK at load time, and never retry.
 */
import http from "node:http";
import https from "node:https";
import { TransferError } from "../errors.ts";
import type { Credentials, ReadyOss } from "../types.ts";
import { makeAgent } from "../wire/endpoint.ts";
import { encodeHeaderText } from "../wire/header_text.ts";
import { headersOf } from "../wire/node_request.ts";

/** What became of one request: the SDK's own errors keep too little of it. */
export interface Sent {
  readonly signal: AbortSignal | undefined;
  /** Without any progress for this long it has failed. */
  readonly timeoutMs: number;
  answer: { readonly status: number; readonly headers: Headers; readonly text: string } | undefined;
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
  readonly #agent: http.Agent | https.Agent;

  constructor(sdk: Sdk, agent: http.Agent | https.Agent) {
    this.#sdk = sdk;
    this.#agent = agent;
  }

  /** Signs with these keys and sends. Throws what the SDK makes of a failure; `sent` knows better. */
  async request(request: SdkRequest, keys: Credentials, sent: Sent): Promise<void> {
    const { options } = this.#sdk;
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

  /** Takes over the store's clock; false when the date is none. */
  learnClock(date: string | null): boolean {
    const storeMs = Date.parse(date ?? "");
    if (Number.isNaN(storeMs)) return false;
    this.#sdk.options.amendTimeSkewed = storeMs - Date.now();
    return true;
  }

  /** Frees sockets. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Loads the SDK and makes a client. Throws TransferError `config` when the CA file cannot be read. */
export async function loadClient(ready: Omit<ReadyOss, "credentials">): Promise<OssClient> {
  const { default: Oss } = await import("ali-oss") as unknown as { default: new (options: Record<string, unknown>) => Sdk };
  const url = new URL(ready.baseUrl);
  const agent = agentFor(ready, url);
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
    urllib: { request: (target: string, params: TransportParams) => transport(url, agent, target, params) },
  });
  return new OssClient(sdk, agent);
}

function agentFor(ready: Pick<ReadyOss, "caFile" | "proxy">, url: URL): http.Agent | https.Agent {
  try {
    return makeAgent(ready, url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransferError("config", `Cannot read ca_file ${ready.caFile}: ${reason}`, { cause: error });
  }
}

/** Sends what the SDK has signed and tells `params.ctx` what came of it. */
async function transport(url: URL, agent: http.Agent | https.Agent, target: string, params: TransportParams) {
  const sent = params.ctx;
  try {
    sent.answer = await exchange(url, agent, target, params);
  } catch (error) {
    sent.failure = error;
    throw error;
  }
  const { status, headers, text } = sent.answer;
  const plain = Object.fromEntries(headers);
  return { status, headers: plain, data: text, res: { status, headers: plain } };
}

function exchange(
  url: URL,
  agent: http.Agent | https.Agent,
  target: string,
  params: TransportParams,
): Promise<NonNullable<Sent["answer"]>> {
  const { signal, timeoutMs } = params.ctx;
  // The SDK makes up a Host for IP addresses, which nobody signs.
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(params.headers)) {
    if (value !== undefined && value !== null) headers[name.toLowerCase()] = encodeHeaderText(String(value));
  }
  headers.host = url.host;
  if (params.content !== undefined) headers["content-length"] = String(new TextEncoder().encode(params.content).length);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? https : http).request({
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
      method: params.method,
      // As it stands: a URL object would fold `.` and `..`.
      path: target.replace(/^[a-z]+:\/\/[^/]*/i, ""),
      headers,
      agent,
    });
    const onAbort = () => request.destroy(new Error("aborted"));
    signal?.addEventListener("abort", onAbort, { once: true });
    request.once("close", () => signal?.removeEventListener("abort", onAbort));
    request.setTimeout(timeoutMs, () => request.destroy(new Error("no answer in time: timed out")));
    request.once("error", reject);
    request.once("response", (message) => {
      const chunks: Uint8Array[] = [];
      message.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      message.once("error", reject);
      message.once("aborted", () => reject(new Error("the connection broke: aborted")));
      message.once("end", () => {
        const text = new TextDecoder().decode(joined(chunks));
        resolve({ status: message.statusCode ?? 0, headers: headersOf(message), text });
      });
    });
    request.end(params.content);
  });
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
