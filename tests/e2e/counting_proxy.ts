/**
 * A TCP relay in front of a server that counts what is said over each request, and can hold everything still at a given byte: so a test
 * may kill a program "at half" without looking at a clock. Forwards bytes as they are; signatures stay good because Host stays.
 */
import { type RequestHead, RequestTally } from "./http_tally.ts";

/** One request and its answer, as counted so far. */
export interface Exchange {
  readonly head: RequestHead;
  /** Bytes of the request's body. */
  sentBytes: number;
  /** Bytes of the answer, head included. */
  answeredBytes: number;
  /** Bytes of the answer's head, as far as they stand in its first packet. */
  answeredHeadBytes: number;
  /** Status of the answer; undefined while there is none. */
  status: number | undefined;
}

/** Which of the two directions is meant. */
export type Direction = "sent" | "answered";

/** What is noticed of a request: its head has come and has not gone on yet, or the first bytes of its answer have. */
export type Notice = "asked" | "answered";

/** As far as an answer's head is looked for. */
const HEAD_BYTES_MAX = 16 * 1024;

interface Hold {
  /** Looked at before each packet goes on. */
  readonly meets: (moved: Direction) => boolean;
  readonly notice?: (exchange: Exchange, what: Notice) => void;
  readonly reached: () => void;
}

/** The relay. Everything it opened is closed by `close`. */
export class CountingProxy {
  readonly exchanges: Exchange[] = [];
  readonly endpoint: string;
  readonly #listener: Deno.TcpListener;
  readonly #upstream: URL;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #handlers = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #held: Hold | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.endpoint = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#accepting = this.#accept();
  }

  /** Resolves when so many bytes went by in one direction since the last `reset`; from then on nothing passes until `release`. */
  holdAfter(direction: Direction, bytes: number): Promise<void> {
    return this.#hold((moved) => moved === direction && this.total(direction) >= bytes);
  }

  /** Resolves when a request or its answer is the one that is meant; it is not forwarded, and nothing passes until `release` or `letGo`. */
  holdWhen(isMeant: (exchange: Exchange, what: Notice) => boolean): Promise<void> {
    let met = false;
    return this.#hold(() => met, (exchange, what) => met ||= isMeant(exchange, what));
  }

  /** Lets go what is held, and ends every connection that is open: their program is dead. */
  release(): void {
    for (const connection of this.#connections) closeQuietly(connection);
    this.#connections.clear();
    this.letGo();
  }

  /** Lets go what is held, dead programs' last words included, and breaks no connection. */
  letGo(): void {
    this.#held = undefined;
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Waits until every connection has ended: that of a dead program, when all it had sent is with the server. */
  async quiet(): Promise<void> {
    while (this.#handlers.size > 0) await Promise.all(this.#handlers);
  }

  /** Forgets what was counted. */
  reset(): void {
    this.exchanges.length = 0;
  }

  /** Sum over the exchanges that `select` takes. */
  total(direction: Direction, select: (exchange: Exchange) => boolean = () => true): number {
    let bytes = 0;
    for (const exchange of this.exchanges) {
      if (select(exchange)) bytes += direction === "sent" ? exchange.sentBytes : exchange.answeredBytes;
    }
    return bytes;
  }

  /** Ends the relay and waits until every connection is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    this.release();
    await Promise.all([this.#accepting, ...this.#handlers]);
  }

  #hold(meets: (moved: Direction) => boolean, notice?: Hold["notice"]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { meets, reached: resolve, ...(notice && { notice }) };
    return promise;
  }

  async #accept(): Promise<void> {
    while (true) {
      let client: Deno.TcpConn;
      try {
        client = await this.#listener.accept();
      } catch (error) {
        if (this.#closed) return;
        throw error;
      }
      const handler = this.#serve(client).finally(() => this.#handlers.delete(handler));
      this.#handlers.add(handler);
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    this.#connections.add(client);
    let server: Deno.TcpConn | undefined;
    try {
      server = await Deno.connect({ hostname: this.#upstream.hostname, port: Number(this.#upstream.port) });
      this.#connections.add(server);
      const line = new ConnectionLog(this.exchanges, (exchange, what) => this.#held?.notice?.(exchange, what));
      await Promise.all([
        this.#pump(client, server, "sent", (bytes) => line.sent(bytes)),
        this.#pump(server, client, "answered", (bytes) => line.answered(bytes)),
      ]);
    } finally {
      for (const connection of [client, server]) {
        if (connection === undefined) continue;
        this.#connections.delete(connection);
        closeQuietly(connection);
      }
    }
  }

  /** Moves one direction to its end. A cut on one side cuts both: that is how a dead program looks from the server. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction, count: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(128 * 1024);
    try {
      while (true) {
        const length = await from.read(buffer);
        if (length === null) break;
        const bytes = buffer.subarray(0, length);
        await this.#gate?.promise;
        // Cut off by `release` meanwhile: these bytes go nowhere, and count for nobody.
        if (!this.#connections.has(from)) break;
        count(bytes);
        if (this.#held?.meets(direction)) {
          this.#gate = Promise.withResolvers<void>();
          this.#held.reached();
          this.#held = undefined;
          await this.#gate.promise;
        }
        let written = 0;
        while (written < length) written += await to.write(bytes.subarray(written));
      }
    } catch {
      // A reset is an end like any other here.
    }
    closeQuietly(from);
    closeQuietly(to);
  }
}

/** Puts what is said on one connection under its requests. */
class ConnectionLog {
  readonly #exchanges: Exchange[];
  readonly #tally: RequestTally;
  readonly #notice: (exchange: Exchange, what: Notice) => void;
  #current: Exchange | undefined;

  constructor(exchanges: Exchange[], notice: (exchange: Exchange, what: Notice) => void) {
    this.#exchanges = exchanges;
    this.#notice = notice;
    this.#tally = new RequestTally({
      head: (head) => {
        this.#current = { head, sentBytes: 0, answeredBytes: 0, answeredHeadBytes: 0, status: undefined };
        this.#exchanges.push(this.#current);
        this.#notice(this.#current, "asked");
      },
      body: (bytes) => {
        if (this.#current !== undefined) this.#current.sentBytes += bytes;
      },
    });
  }

  sent(bytes: Uint8Array): void {
    this.#tally.push(bytes);
  }

  answered(bytes: Uint8Array): void {
    const current = this.#current;
    if (current === undefined) return;
    current.answeredBytes += bytes.length;
    if (current.status !== undefined) return;
    const text = new TextDecoder("latin1").decode(bytes.subarray(0, HEAD_BYTES_MAX));
    const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
    if (status === undefined || status.startsWith("1")) return;
    current.status = Number(status);
    current.answeredHeadBytes = text.indexOf("\r\n\r\n") + 4;
    this.#notice(current, "answered");
  }
}

/** True for the upload of an object or part: the requests that carry object bytes to a store. */
export function carriesObject(exchange: Exchange): boolean {
  return exchange.head.method === "PUT" && !exchange.head.headers.has("x-amz-copy-source");
}

/** True for the reading of an object: GET on a key without a question about the bucket or an upload. */
export function readsObject(exchange: Exchange): boolean {
  const [path = "", query = ""] = exchange.head.target.split("?");
  return exchange.head.method === "GET" && path.split("/").length > 2 && path.split("/")[2] !== "" &&
    !/(^|&)(uploads|uploadId|list-type|tagging|attributes)/.test(query);
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
