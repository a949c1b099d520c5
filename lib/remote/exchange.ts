/**
 * One signed request to one bucket and its checked response, for control requests and for bytes alike: one opinion about connections, TLS,
 * proxies, the clock, redirects and time limits. Requests and responses have S3's header names on this side, whatever the store speaks.
 * Throws only TransferErrors. Must never repeat a request that a store may have carried out.
 */
import { reasonOf, TransferError } from "../errors.ts";
import { ANSWER_PATIENCE } from "../limits.ts";
import type { Credentials, ReadyRemote } from "../types.ts";
import { networkFailure } from "../bytes/network_failure.ts";
import { Watch } from "../bytes/watch.ts";
import { type OnNote, type OnRefused, OptionalHeaders, withoutHeaders } from "./optional.ts";
import { BodySigning, type Declared, inSignedChunks, signedLength, speaksOfPayload } from "./signed_chunks.ts";
import { authoritiesOf } from "./certificates.ts";
import type { HeaderView } from "./http/head.ts";
import { HttpClient } from "./http/client.ts";
import { proxyRefused } from "./http/dial.ts";
import { type HttpResponse, readStart, readWhole } from "./http/response.ts";
import type { Body } from "./http/upload.ts";
import type { FailureFacts, Protocol, RemoteRequest } from "./protocol.ts";
import { protocolOf } from "./protocol_of.ts";
import { redirected } from "./redirect.ts";

/** A clock off by less than this is not why a store refuses (S3 allows 15 minutes). */
const CLOCK_STEP_MIN_MS = 60_000;
/** Redirects of one request. */
const REDIRECTS_MAX = 5;
/** Other addresses of the bucket that are remembered with their connections. */
const ROUTES_MAX = 16;

/** A body that nobody wants is read up to this size, which costs less than another connection. */
const HEAD_ONLY_BYTES_MAX = 1024;
const NOTHING = new Uint8Array(0);

const NEVER = new AbortController().signal;

/** How an exchange is opened. */
export interface ExchangeOptions {
  /** Called before each request; absent: the store's own credentials never change. */
  readonly credentials?: (() => Promise<Credentials>) | undefined;
  /** The clock for signing, in milliseconds since 1970. */
  readonly now?: () => number;
  /** A control request without progress for this long has failed. */
  readonly timeoutMs: number;
  /** Called with a line for people when the store refuses what a job can do without. Default: nothing is said. */
  readonly onNote?: OnNote | undefined;
}

/** What a control request is for. */
export interface Attempt extends Pick<FailureFacts, "what" | "key" | "condition" | "scope"> {
  readonly signal?: AbortSignal | undefined;
  /** The response may take minutes with nothing before: copies and Complete. */
  readonly patient?: boolean;
  /** The body of the response is of no interest, and not read when it is more than a few bytes. */
  readonly headOnly?: boolean;
}

/** What a data request is for; its time limit is the watch's. */
export interface DataAttempt extends Pick<FailureFacts, "what" | "key" | "condition"> {
  readonly watch: Watch;
}

/** A response whose body is still unread: it must be read to its end or cancelled. */
export interface OpenResponse {
  readonly status: number;
  /** Under S3's names. */
  readonly headers: HeaderView;
  readonly body: HttpResponse;
}

/** A request with the whole of a small body. */
export type ControlRequest = RemoteRequest & { readonly body?: Uint8Array };

/** One address of the bucket. */
interface Route {
  readonly baseUrl: string;
  readonly client: HttpClient;
  readonly protocol: Protocol;
}

/** A refusal after which requests are signed by the store's clock. */
class ClockLearnt extends TransferError {}

/** See the file comment. */
export class Exchange {
  readonly store: ReadyRemote;
  /** The store unpacks what it holds compressed, unless a request says that packed bytes are welcome. */
  unpacks = false;
  readonly #options: ExchangeOptions;
  readonly #caCerts: readonly string[];
  readonly #home: Route;
  /** By base URL. */
  readonly #routes = new Map<string, Route>();
  readonly #optional: OptionalHeaders;
  /** Of objects and of parts: a store may take with one what it refuses with the other. */
  readonly #signing: { readonly object: BodySigning; readonly part: BodySigning };
  #clockOffsetMs = 0;

  /** Throws `config` when the CA file cannot be read or the proxy cannot be used. */
  constructor(store: ReadyRemote, options: ExchangeOptions) {
    this.store = store;
    this.#options = options;
    this.#optional = new OptionalHeaders(store.capabilities, this.noteRefused);
    this.#signing = { object: new BodySigning(store, this.noteRefused), part: new BodySigning(store, this.noteRefused) };
    this.#caCerts = authoritiesOf(store);
    this.#home = this.#makeRoute(store.baseUrl);
  }

  /** `NAME://bucket/key`, for messages. */
  label(key: string): string {
    return `${this.store.name}://${this.store.bucket}/${key}`;
  }

  /** Says that the store refuses `thing`; the same line whoever finds out, and whatever the request was for. */
  readonly noteRefused: OnRefused = (thing, { code, status = 0 }, lost) => {
    const reason = code ?? (status >= 300 ? `HTTP ${status}` : "its response cannot be read");
    this.#options.onNote?.(`${this.store.name}://${this.store.bucket} refuses ${thing} (${reason}): ${lost}`);
  };

  /** A control request: the whole response, its body bounded. A 200 whose body is an `<Error>` is a failure, too. */
  async call(
    request: ControlRequest,
    attempt: Attempt,
  ): Promise<{ readonly status: number; readonly headers: HeaderView; readonly body: Uint8Array }> {
    const timeoutMs = this.#options.timeoutMs * (attempt.patient === true ? ANSWER_PATIENCE : 1);
    using watch = new Watch(attempt.signal ?? NEVER, timeoutMs, attempt.what, attempt.key);
    const { status, headers, body: unread } = await this.#send(request, { ...attempt, watch });
    let body: Uint8Array = NOTHING;
    try {
      if (attempt.headOnly && (unread.sizeBytes ?? Infinity) > HEAD_ONLY_BYTES_MAX) unread.cancel();
      else body = await readWhole(unread, { watch, timeoutMs });
    } catch (error) {
      throw watch.failure(error);
    }
    if (isErrorBody(body)) throw this.#home.protocol.failure({ ...attempt, status, headers, text: new TextDecoder().decode(body) });
    return { status, headers, body };
  }

  /** A request for bytes: the response with its body unread. `attempt.watch` ends it until then. */
  open(request: RemoteRequest, attempt: DataAttempt): Promise<OpenResponse> {
    return this.#send(request, attempt);
  }

  /**
   * Sends a body of exactly `body.sizeBytes` that `body.write` hands over; returns the headers of the response. Errors of `write` itself
   * pass unchanged.
   */
  async put(wanted: RemoteRequest, body: Body, attempt: DataAttempt): Promise<HeaderView> {
    const { watch, what } = attempt;
    const signing = wanted.query?.uploadId === undefined ? this.#signing.object : this.#signing.part;
    const declared = await signing.declare(this.#optional.allowed(wanted), body);
    const offsetMs = this.#clockOffsetMs;
    const { sizeBytes } = declared.body;
    const sentBytes = declared.way === "chunks" ? signedLength(sizeBytes) : sizeBytes;
    const { signChunk, ...signed } = await this.#sign(this.#home, withLength(declared.request, sentBytes), what);
    const sent = signChunk === undefined ? declared.body : inSignedChunks(declared.body, signChunk);
    const response = await this.#home.client.upload({ ...signed, what }, sent, watch);
    const { status } = response.head;
    const text = await this.#readText(response, watch, what);
    const headers = this.#home.protocol.responseHeaders(response.head);
    if (status === 200 && !isErrorText(text)) {
      this.#optional.accept(declared.request);
      signing.accept(declared);
      return headers;
    }
    throw this.#refusedPut(signing, declared, this.#failure(this.#home, { ...attempt, status, headers, text }, offsetMs));
  }

  /** What a refused body means: an error that is retried where the next attempt goes otherwise. */
  #refusedPut(signing: BodySigning, declared: Declared, error: TransferError): TransferError {
    const { status = 0, message } = error;
    const again = (how: string) => new TransferError("network", `${message}: sent again ${how}`, { cause: error, status });
    const ofPayload = speaksOfPayload(error);
    if (ofPayload && signing.doubt(declared, error)) return again("signed");
    const names = this.#optional.tryWithout(declared.request, error);
    if (names.length > 0) return again(`without ${names.join(", ")}`);
    return !ofPayload && signing.doubt(declared, error) ? again("signed") : error;
  }

  /** Closes idle connections, and those in use when their response is over. */
  close(): void {
    for (const { client } of [this.#home, ...this.#routes.values()]) client.close();
  }

  /** Sends what can be sent again when a store points elsewhere or refuses it because of the clock. */
  async #send(request: ControlRequest, attempt: DataAttempt & Pick<Attempt, "scope">): Promise<OpenResponse> {
    const { watch, what } = attempt;
    let route = this.#home;
    let asked = this.#optional.allowed(request);
    let knowsClock = false;
    let doubt: { readonly names: readonly string[]; readonly refusal: TransferError } | undefined;
    for (let redirects = 0;;) {
      const offsetMs = this.#clockOffsetMs;
      const signed = await this.#sign(route, withLength(asked, request.body?.length ?? 0), what);
      const response = await route.client.request({ ...signed, what }, watch, request.body);
      const { status } = response.head;
      const headers = route.protocol.responseHeaders(response.head);
      if (status < 300) {
        this.#optional.accept(asked);
        if (doubt !== undefined) this.#optional.refuse(doubt.names, doubt.refusal);
        return { status, headers, body: response };
      }
      const text = await this.#readText(response, watch, what);
      const next = redirects < REDIRECTS_MAX ? redirected(asked, status, headers, route.baseUrl) : undefined;
      if (next !== undefined) {
        redirects++;
        route = this.#routeTo(next.baseUrl);
        asked = { ...asked, query: next.query };
        continue;
      }
      const error = this.#failure(route, { ...attempt, status, headers, text }, offsetMs);
      if (error instanceof ClockLearnt && !knowsClock) {
        knowsClock = true;
        continue;
      }
      const names = doubt === undefined ? this.#optional.suspects(asked, error) : [];
      if (names.length === 0) throw doubt?.refusal ?? error;
      doubt = { names, refusal: error };
      asked = withoutHeaders(asked, names);
    }
  }

  async #sign(route: Route, request: RemoteRequest, what: string) {
    const { credentials, now = Date.now } = this.#options;
    const keys = credentials === undefined ? this.store.credentials : await credentials().catch((error) => {
      throw error instanceof TransferError ? error : new TransferError("credentials", `${what}: ${reasonOf(error)}`, { cause: error });
    });
    return route.protocol.sign(request, keys, now() + this.#clockOffsetMs);
  }

  /** The first part of a refusal, or of what a store says of a PUT. */
  async #readText(response: HttpResponse, watch: Watch, what: string): Promise<string> {
    // Nearly always nothing, and reading nothing costs a small object too much.
    if (response.sizeBytes === 0) return "";
    try {
      return await readStart(response, { watch, timeoutMs: this.#options.timeoutMs });
    } catch (error) {
      // The status of a refusal alone says enough.
      if (response.head.status < 300 || watch.ended) throw watch.failure(error, what);
      return "";
    }
  }

  #failure(route: Route, facts: FailureFacts, offsetMs: number): TransferError {
    const { status, headers, what, key } = facts;
    if (status === 407) return networkFailure(proxyRefused(), what, key);
    const error = route.protocol.failure(facts);
    // A refused HEAD has no body that could name the reason: a clock that is far off is one.
    const mayBeSkewed = error.code === "RequestTimeTooSkewed" || (status === 403 && error.code === undefined && facts.text === "");
    if (mayBeSkewed && this.#learnClock(headers.get("date") ?? "", offsetMs)) {
      const message = `${what}: this machine's clock is off, the store's is used from now on`;
      return new ClockLearnt("network", message, { status, code: error.code, key });
    }
    return error;
  }

  /** True when a request that was signed with `offsetMs` is worth another attempt. */
  #learnClock(date: string, offsetMs: number): boolean {
    // Another request has learnt it meanwhile.
    if (Math.abs(this.#clockOffsetMs - offsetMs) >= CLOCK_STEP_MIN_MS) return true;
    const learntMs = Date.parse(date) - (this.#options.now ?? Date.now)();
    if (Number.isNaN(learntMs) || Math.abs(learntMs - offsetMs) < CLOCK_STEP_MIN_MS) return false;
    this.#clockOffsetMs = learntMs;
    return true;
  }

  #makeRoute(baseUrl: string): Route {
    const { store } = this;
    const client = new HttpClient(new URL(baseUrl), { caCerts: this.#caCerts, proxy: store.proxy });
    return { baseUrl, client, protocol: protocolOf({ ...store, baseUrl }) };
  }

  #routeTo(baseUrl: string): Route {
    const known = this.#routes.get(baseUrl);
    if (known !== undefined) return known;
    const [oldest] = this.#routes.values();
    if (oldest !== undefined && this.#routes.size >= ROUTES_MAX) {
      oldest.client.close();
      this.#routes.delete(oldest.baseUrl);
    }
    const route = this.#makeRoute(baseUrl);
    this.#routes.set(baseUrl, route);
    return route;
  }
}

/**
 * The length of a body is signed: a store that reads another one would keep a piece and call it whole. Not that of an empty body: some
 * servers leave it out when they check.
 */
function withLength(request: RemoteRequest, sizeBytes: number): RemoteRequest {
  return sizeBytes === 0 ? request : { ...request, headers: { ...request.headers, "content-length": String(sizeBytes) } };
}

const ERROR_BODY = /^\s*(?:<\?xml[^>]*>)?\s*<Error[\s/>]/;

function isErrorText(text: string): boolean {
  return ERROR_BODY.test(text);
}

function isErrorBody(body: Uint8Array): boolean {
  return body.length > 0 && isErrorText(new TextDecoder().decode(body.subarray(0, 512)));
}
