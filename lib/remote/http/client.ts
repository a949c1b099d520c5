/**
 * HTTP/1.1 to one server: connections that are kept and watched, one request at a time on each, each request sent once. Knows nothing of
 * what it carries. Must never repeat a request, follow a redirect, or let bytes of one response into another.
 */
import type { Watch } from "../../bytes/watch.ts";
import type { Connection } from "./connection.ts";
import { Dialer, type Passage, proxyLogin } from "./dial.ts";
import { type HttpRequest, requestHead, writeText } from "./head.ts";
import { HttpResponse } from "./response.ts";
import { type Body, Stop, Upload, type WriteBody } from "./upload.ts";

/** Connections kept for the next request; more than parts in flight are never needed for long. */
const IDLE_MAX = 128;
/** Older ones are closed: something between here and the server may have forgotten them without a word. */
const IDLE_MS_MAX = 60_000;
/** Room for the head of a request without a body; longer ones get room of their own. */
const HEAD_BYTES = 4096;

/** See the file comment. */
export class HttpClient {
  readonly #dialer: Dialer;
  /** Header lines of every request. */
  readonly #more: string;
  /** What stands before the path where a proxy takes whole URLs. */
  readonly #before: string;
  /** The one that was used last is at the end. */
  readonly #idle: Connection[] = [];
  #heads: Uint8Array[] = [];
  #closed = false;

  /** Throws `config` where the proxy cannot be used for this server. */
  constructor(server: URL, passage: Passage) {
    this.#dialer = new Dialer(server, passage);
    const proxy = this.#dialer.forwardingProxy;
    const login = proxy === undefined ? undefined : proxyLogin(proxy);
    this.#more = `host: ${server.host}\r\nuser-agent: sluice\r\n${login === undefined ? "" : `proxy-authorization: ${login}\r\n`}`;
    this.#before = proxy === undefined ? "" : server.origin;
  }

  /**
   * Sends a request with no body or a small one, in one write, and returns the response with its body unread. `watch` ends it until the
   * head of the response has come. Throws only TransferErrors.
   */
  async request(request: HttpRequest, watch: Watch, body?: Uint8Array): Promise<HttpResponse> {
    const text = this.#headText(request, body?.length ?? 0);
    const sizeBytes = text.length + (body?.length ?? 0);
    return await this.#use(request, watch, async (connection) => {
      const bytes = this.#takeHead(sizeBytes);
      writeText(text, bytes);
      if (body !== undefined) bytes.set(body, text.length);
      await connection.write(bytes.subarray(0, sizeBytes));
      this.#giveHead(bytes);
      return new HttpResponse(await connection.readHead(), connection, request.method, this.#onOver);
    });
  }

  /**
   * Sends a request whose body is handed over by `body.write`, exactly `body.sizeBytes` of it, and returns the response with its body
   * unread, also where a refusal came before the whole body was sent. Errors of `write` itself pass unchanged; all others are
   * TransferErrors.
   */
  async upload(request: HttpRequest, body: Body, watch: Watch): Promise<HttpResponse> {
    const text = this.#headText(request, body.sizeBytes);
    let failure: { readonly error: unknown } | undefined;
    const write: WriteBody = async (sink) => {
      try {
        await body.write(sink);
      } catch (error) {
        if (!(error instanceof Stop)) failure = { error };
        throw error;
      }
    };
    try {
      return await this.#use(request, watch, async (connection) => {
        const upload = new Upload(connection, { text, what: request.what }, { sizeBytes: body.sizeBytes, write }, watch);
        const head = await upload.send();
        return new HttpResponse(head, connection, request.method, upload.isWhole ? this.#onOver : this.#onBroken);
      });
    } catch (error) {
      throw failure === undefined ? error : failure.error;
    }
  }

  /** Takes a connection for one request; closes it unless a response comes of it. */
  async #use(request: HttpRequest, watch: Watch, run: (connection: Connection) => Promise<HttpResponse>): Promise<HttpResponse> {
    watch.check();
    let connection: Connection | undefined;
    let response: HttpResponse | undefined;
    try {
      connection = await this.#connect(watch);
      watch.guard(connection);
      response = await run(connection);
      return response;
    } catch (error) {
      throw watch.failure(error, request.what);
    } finally {
      if (connection !== undefined) watch.release(connection);
      if (response === undefined) connection?.close();
    }
  }

  #headText(request: HttpRequest, sizeBytes: number): string {
    return requestHead(request, { target: this.#before + request.target, more: this.#more, sizeBytes });
  }

  #takeHead(bytes: number): Uint8Array {
    return bytes <= HEAD_BYTES ? this.#heads.pop() ?? new Uint8Array(HEAD_BYTES) : new Uint8Array(bytes);
  }

  #giveHead(bytes: Uint8Array): void {
    if (bytes.length === HEAD_BYTES) this.#heads.push(bytes);
  }

  async #connect(watch: Watch): Promise<Connection> {
    const nowMs = performance.now();
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.isClean && nowMs - kept.idleSinceMs < IDLE_MS_MAX) return kept;
      kept.close();
    }
    return await this.#dialer.dial(watch);
  }

  readonly #onOver = (connection: Connection, usable: boolean): void => {
    if (!usable || this.#closed || !connection.isClean || this.#idle.length >= IDLE_MAX) return connection.close();
    this.#idle.push(connection);
    connection.watchIdle(() => {
      const at = this.#idle.indexOf(connection);
      if (at < 0) return;
      this.#idle.splice(at, 1);
      connection.close();
    });
  };

  /** The request was not sent to its end: what follows on this connection would be taken for the rest of it. */
  readonly #onBroken = (connection: Connection): void => connection.close();

  /** Closes idle connections now, and those in use when their response is over. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
