/**
 * One store as the data plane sees it: connections, signature, clock, and what its refusals mean. Requests and answers have S3's header
 * names on this side of it, whatever the store speaks. Holds the sockets of one store; must never look at bytes.
 */
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { TransferError } from "../errors.ts";
import type { Credentials, ReadyRemote } from "../types.ts";
import { readCertificates } from "./certificates.ts";
import type { HeaderView } from "./header_view.ts";
import { type FailureFacts, type Protocol, protocolOf } from "./protocol.ts";
import { sendOnce } from "./send_once.ts";

/** Idle connections kept for the next request; more than parts in flight are never needed for long. */
const IDLE_CONNECTIONS_MAX = 128;
/** A clock off by less than this is not why a store refuses (S3 allows 15 minutes). */
const CLOCK_STEP_MIN_MS = 60_000;

/** How an endpoint is opened. */
export interface EndpointOptions {
  /** Asked before each request; absent means that the store's own credentials never change. */
  readonly credentials: (() => Promise<Credentials>) | undefined;
  /** The clock for signing, in milliseconds. */
  readonly now: () => number;
}

/** A data request before it is signed. */
export interface DataRequest {
  readonly method: "GET" | "PUT";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case, values as text. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A data request ready to be sent. */
export interface SignedRequest {
  readonly method: "GET" | "PUT";
  /** Path and query as they must stand in the request line. */
  readonly path: string;
  /** Values as header bytes, one character each; without Host. */
  readonly headers: Record<string, string>;
}

/** See the file comment. */
export class Endpoint {
  readonly store: ReadyRemote;
  readonly url: URL;
  /** For fetch: no HTTP/2, which would put all parts on one connection. */
  readonly client: Deno.HttpClient;
  readonly #options: EndpointOptions;
  readonly #protocol: Protocol;
  #agent: http.Agent | https.Agent | undefined;
  #clockOffsetMs = 0;

  constructor(store: ReadyRemote, options: EndpointOptions) {
    this.store = store;
    this.url = new URL(store.baseUrl);
    this.#protocol = protocolOf(store);
    this.#options = options;
    this.client = Deno.createHttpClient({
      http2: false,
      http1: true,
      poolMaxIdlePerHost: IDLE_CONNECTIONS_MAX,
      ...(store.caFile !== undefined && { caCerts: readCertificates(store.caFile) }),
      ...(store.proxy !== undefined && { proxy: proxyOf(store.proxy) }),
    });
  }

  /** The agent for node:http(s): made at the first request that needs it. */
  get agent(): http.Agent | https.Agent {
    this.#agent ??= makeAgent(this.store, this.url);
    return this.#agent;
  }

  /** `NAME://bucket/key`, for messages. */
  label(key: string): string {
    return `${this.store.name}://${this.store.bucket}/${key}`;
  }

  /** Signs a request with the credentials and the clock of now. */
  async sign(request: DataRequest): Promise<SignedRequest> {
    const credentials = await this.#options.credentials?.() ?? this.store.credentials;
    const { target, headers } = this.#protocol.sign(request, credentials, this.#options.now() + this.#clockOffsetMs);
    return { method: request.method, path: target, headers };
  }

  /** Headers of a response under S3's names. */
  answered(headers: HeaderView): HeaderView {
    return this.#protocol.responseHeaders(headers);
  }

  /**
   * The error that a refusal means. A clock that is off is learnt from the answer's Date, once: then the error is `network`, so that the
   * request is made again with the right time.
   */
  failure(refusal: FailureFacts): TransferError {
    const error = this.#protocol.failure(refusal);
    if (error.code !== "RequestTimeTooSkewed" || !this.#learnClock(refusal.headers.get("date"))) return error;
    const message = `${refusal.what}: this machine's clock is off, the store's is used from now on`;
    const { status = refusal.status, code } = error;
    return new TransferError("network", message, { status, code, ...(refusal.key !== undefined && { key: refusal.key }) });
  }

  /** Closes all connections. */
  close(): void {
    this.client.close();
    this.#agent?.destroy();
  }

  #learnClock(date: string | null | undefined): boolean {
    const storeMs = Date.parse(date ?? "");
    if (Number.isNaN(storeMs)) return false;
    const offsetMs = storeMs - this.#options.now();
    if (Math.abs(offsetMs - this.#clockOffsetMs) < CLOCK_STEP_MIN_MS) return false;
    this.#clockOffsetMs = offsetMs;
    return true;
  }
}

function proxyOf(text: string): Deno.Proxy {
  const url = new URL(text);
  const { username, password } = url;
  url.username = url.password = "";
  const basicAuth = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return { url: url.href, ...(username !== "" && { basicAuth }) };
}

/** An agent for node:http(s) that goes through the store's proxy and trusts its authorities. Throws when the CA file cannot be read. */
export function makeAgent(store: Pick<ReadyRemote, "caFile" | "proxy">, url: URL): http.Agent | https.Agent {
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
