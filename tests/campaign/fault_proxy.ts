/**
 * A TCP relay between the real program and a real server that does, by a script, what lines, routers and servers do at their worst. Knows
 * where requests begin and how long they are; forwards every other byte as it is. A request that a fault cuts or holds never reaches the
 * server whole, so that nothing is done there after its sender has given up, but where the fault is just that: a lost answer.
 */
import { Buffer } from "node:buffer";
import net from "node:net";
import { type RequestHead, RequestTally } from "../e2e/http_tally.ts";
import { FaultyExchange } from "./faulty_exchange.ts";
import { headLength, kindOf, type RequestKind } from "./http_exchange.ts";
import type { Fault, FaultKind } from "./wire_fault.ts";

/** A fault of a script with what is left of it. */
interface Pending {
  readonly fault: Fault;
  skip: number;
  times: number;
}

/** How long a listener that was closed may need to get its port back. */
const LISTEN_AGAIN_MS = 10_000;

/** The relay. Everything it opened is closed by `close`. */
export class FaultProxy {
  /** Faults that took effect, with the request that they hit. */
  readonly fired: { readonly kind: FaultKind; readonly request: RequestKind; readonly target: string }[] = [];
  readonly #upstream: URL;
  readonly #lines = new Set<Line>();
  #server: net.Server;
  #port = 0;
  #script: Pending[] = [];
  #refusing: Promise<void> | undefined;
  #closed = false;

  private constructor(upstream: string) {
    this.#upstream = new URL(upstream);
    this.#server = this.#makeServer();
  }

  /** Starts a relay in front of `upstream`, through which everything passes until there is a script. */
  static async start(upstream: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream);
    await proxy.#listen();
    return proxy;
  }

  /** `http://127.0.0.1:PORT` */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on these faults happen, each when its request comes; what is left of an earlier script is forgotten. */
  play(script: readonly Fault[]): void {
    this.#script = script.map((fault) => ({ fault, skip: fault.skip, times: fault.times }));
  }

  /** Ends what the last run left open, and waits until whoever comes is let in. */
  async calm(): Promise<void> {
    this.play([]);
    await this.#refusing;
    for (const line of this.#lines) line.end();
  }

  /** Ends the relay and every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#refusing;
    for (const line of this.#lines) line.end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** The fault for this request, if its time has come. */
  take(kind: RequestKind, bytes: number): Fault | undefined {
    for (const pending of this.#script) {
      const { fault } = pending;
      if (pending.times === 0 || !fault.aim.includes(kind) || bytes > fault.bytesMax) continue;
      if (pending.skip-- > 0) continue;
      pending.times--;
      return fault;
    }
    return undefined;
  }

  /** Lets nobody in for a while, and throws out who is in. */
  refuse(ms: number): void {
    if (this.#refusing !== undefined || this.#closed) return;
    this.#refusing = this.#refuse(ms).finally(() => this.#refusing = undefined);
  }

  async #refuse(ms: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const line of this.#lines) line.end();
    await closed;
    await new Promise((resolve) => setTimeout(resolve, ms));
    const deadline = performance.now() + LISTEN_AGAIN_MS;
    for (;;) {
      try {
        this.#server = this.#makeServer();
        return await this.#listen();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        // Somebody's own end of a connection has the port for the moment.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  #makeServer(): net.Server {
    return net.createServer((client) => {
      const line = new Line(this, client, this.#upstream, () => this.#lines.delete(line));
      this.#lines.add(line);
    });
  }

  async #listen(): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as net.AddressInfo).port;
  }
}

/** One connection of the program, and the one to the server that belongs to it. Requests do not overlap on it. */
class Line {
  readonly #proxy: FaultProxy;
  readonly #client: net.Socket;
  readonly #server: net.Socket;
  readonly #tally: RequestTally;
  #head: RequestHead | undefined;
  #exchange: FaultyExchange | undefined;
  /** Bytes of a head that is not whole yet. */
  #waiting: Uint8Array[] = [];
  #ended = false;
  /** One thing after the other in each direction, in the order in which it came. */
  #requests = Promise.resolve();
  #answers = Promise.resolve();

  constructor(proxy: FaultProxy, client: net.Socket, upstream: URL, onEnd: () => void) {
    this.#proxy = proxy;
    this.#client = client;
    this.#server = net.connect({ host: upstream.hostname, port: Number(upstream.port) });
    this.#tally = new RequestTally({ head: (head) => void (this.#head = head), body: () => {} });
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.end());
    }
    client.on("close", () => {
      onEnd();
      this.end();
    });
    // What came before an end still passes.
    this.#server.on("close", () => void (this.#answers = this.#answers.then(() => this.end())));
    client.on("data", (bytes: Uint8Array) => {
      client.pause();
      this.#requests = this.#requests.then(() => this.#onRequest(bytes)).then(() => void client.resume());
    });
    this.#server.on("data", (bytes: Uint8Array) => {
      this.#server.pause();
      this.#answers = this.#answers.then(() => this.#onAnswer(bytes)).then(() => void this.#server.resume());
    });
  }

  /** Cuts both connections. */
  end(): void {
    this.#ended = true;
    this.#client.destroy();
    this.#server.destroy();
  }

  /** Cuts both connections, the program's with a reset. */
  reset(): void {
    this.#ended = true;
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  toServer = (bytes: Uint8Array): Promise<void> => this.#write(this.#server, bytes);
  toClient = (bytes: Uint8Array): Promise<void> => this.#write(this.#client, bytes);

  async #onRequest(bytes: Uint8Array): Promise<void> {
    if (this.#exchange === undefined || this.#exchange.asked) {
      this.#waiting.push(bytes);
      this.#head = undefined;
      this.#tally.push(bytes);
      if (this.#head === undefined) return;
      bytes = Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#exchange = this.#begin(this.#head, headLength(bytes));
    } else {
      this.#tally.push(bytes);
    }
    await this.#exchange.onRequest(bytes);
  }

  #begin(head: RequestHead, headBytes: number): FaultyExchange {
    if (head.headers.has("transfer-encoding")) throw new Error(`A request without a length: ${head.method} ${head.target}`);
    const kind = kindOf(head);
    const bodyBytes = Number(head.headers.get("content-length") ?? 0);
    const range = /^bytes=(\d+)-(\d+)$/.exec(head.headers.get("range") ?? "");
    const readBytes = range === null ? 0 : Number(range[2]) - Number(range[1]) + 1;
    const fault = this.#proxy.take(kind, Math.max(bodyBytes, readBytes));
    return new FaultyExchange({
      method: head.method,
      requestBytes: headBytes + bodyBytes,
      headBytes,
      fault,
      line: this,
      refuse: (ms) => this.#proxy.refuse(ms),
      onFired: (fired) => this.#proxy.fired.push({ kind: fired.kind, request: kind, target: head.target }),
    });
  }

  async #onAnswer(bytes: Uint8Array): Promise<void> {
    if (this.#exchange === undefined) await this.toClient(bytes);
    else await this.#exchange.onAnswer(bytes);
  }

  #write(socket: net.Socket, bytes: Uint8Array): Promise<void> {
    if (this.#ended || bytes.length === 0 || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        socket.off("close", done);
        resolve();
      };
      socket.once("close", done);
      socket.write(bytes, done);
    });
  }
}
