/**
 * The line to one bucket of OSS: signed requests by node:http, which sends paths as they stand (`.` and `..` are no folders in keys),
 * with an idle time limit, proxy and certificates. Must never sign, retry or follow.
 */
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { TransferError } from "../errors.ts";
import type { ReadyOss, ReadyRemote } from "../types.ts";
import { readWhole, xmlFlaw } from "./answer_body.ts";
import { readCertificates } from "./certificates.ts";
import { encodeHeaderText } from "./header_text.ts";
import { sendOnce } from "./send_once.ts";
import { UnreadableAnswer } from "../bytes/network_failure.ts";

/** Idle connections kept for the next request. */
const IDLE_CONNECTIONS_MAX = 128;

/** A request as it shall stand on the wire. */
export interface LineRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Text; Host is added. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content?: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Without any progress for this long it has failed. */
  readonly timeoutMs: number;
}

/** An answer, read to its end. */
export interface LineAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** See the file comment. */
export class OssLine {
  readonly url: URL;
  readonly #agent: http.Agent | https.Agent;

  /** Throws TransferError `config` when the CA file cannot be read. */
  constructor(ready: Pick<ReadyOss, "baseUrl" | "caFile" | "proxy">) {
    this.url = new URL(ready.baseUrl);
    this.#agent = agentFor(ready, this.url);
  }

  /** Sends one request. Throws what node:http throws. */
  exchange(request: LineRequest): Promise<LineAnswer> {
    return exchange(this.url, this.#agent, request);
  }

  /** Frees sockets. */
  close(): void {
    this.#agent.destroy();
  }
}

function agentFor(ready: Pick<ReadyOss, "caFile" | "proxy">, url: URL): http.Agent | https.Agent {
  try {
    return makeAgent(ready, url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransferError("config", `Cannot read ca_file ${ready.caFile}: ${reason}`, { cause: error });
  }
}

function exchange(url: URL, agent: http.Agent | https.Agent, params: LineRequest): Promise<LineAnswer> {
  const { signal, timeoutMs } = params;
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
      path: params.path,
      headers,
      agent,
    });
    const onAbort = () => request.destroy(new Error("aborted"));
    const late = () => request.destroy(new Error("no answer in time: timed out"));
    signal?.addEventListener("abort", onAbort, { once: true });
    request.setTimeout(timeoutMs, late);
    // Interim answers keep the socket busy and are no answer.
    const timer = setTimeout(late, timeoutMs);
    request.once("close", () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
    request.once("error", reject);
    request.once("response", (message) => {
      clearTimeout(timer);
      readWhole(message, timeoutMs).then((bytes) => {
        const status = message.statusCode ?? 0;
        // A refusal may be a page of a proxy: then its status speaks, and no parser sees the text.
        const flaw = status < 300 ? xmlFlaw(bytes) : undefined;
        if (flaw !== undefined) throw new UnreadableAnswer(flaw);
        resolve({ status, headers: headersOf(message), text: new TextDecoder().decode(bytes) });
      }).catch(reject);
    });
    request.end(params.content);
  });
}

/** The headers of an answer in the form that fetch gives. */
function headersOf(message: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? "", message.rawHeaders[index + 1] ?? "");
  }
  return headers;
}

/** An agent for node:http(s) that goes through the store's proxy and trusts its authorities. Throws when the CA file cannot be read. */
function makeAgent(store: Pick<ReadyRemote, "caFile" | "proxy">, url: URL): http.Agent | https.Agent {
  const options = {
    keepAlive: true,
    maxFreeSockets: IDLE_CONNECTIONS_MAX,
    ...(store.proxy !== undefined && { proxyEnv: { http_proxy: store.proxy, https_proxy: store.proxy, no_proxy: "" } }),
  };
  if (url.protocol === "http:") return sendOnce(new http.Agent(options));
  // node:tls takes these instead of its own authorities, fetch in addition to them.
  const ca = store.caFile === undefined ? undefined : [...tls.rootCertificates, ...readCertificates(store.caFile)];
  return sendOnce(new https.Agent({ ...options, ...(ca !== undefined && { ca }) }));
}
