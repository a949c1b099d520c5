/** A server of bare sockets that sends exactly the bytes that a test writes, and remembers what it received. Checks nothing by itself. */
import { type HttpRequest, readText, writeText } from "../../../lib/remote/http/head.ts";
import { HttpClient } from "../../../lib/remote/http/client.ts";
import type { HttpResponse } from "../../../lib/remote/http/response.ts";
import type { Passage } from "../../../lib/remote/http/dial.ts";
import { Watch } from "../../../lib/bytes/watch.ts";

/** One connection as the server sees it. */
export class Talk {
  /** Everything received so far, one character per byte, by read: each entry is what one read of the socket gave. */
  readonly reads: string[] = [];
  /** How much that is. */
  bytes = 0;
  readonly #socket: Deno.Conn;
  /** Bytes and reads of requests that were returned. */
  #takenBytes = 0;
  #takenReads = 0;

  constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** The next request, its body included where it has a Content-Length; undefined when the client has closed the connection. */
  async request(): Promise<string | undefined> {
    let headEnd = -1;
    let bodyBytes = 0;
    for (;;) {
      if (headEnd < 0) {
        const text = this.reads.slice(this.#takenReads).join("");
        headEnd = text.indexOf("\r\n\r\n");
        bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, Math.max(0, headEnd)))?.[1] ?? 0);
      }
      if (headEnd >= 0 && this.bytes - this.#takenBytes >= headEnd + 4 + bodyBytes) {
        // The client sends a request only when it has read the response before, so that no read holds two.
        const text = this.reads.slice(this.#takenReads).join("");
        this.#takenReads = this.reads.length;
        this.#takenBytes = this.bytes;
        return text;
      }
      if (!await this.readMore()) return undefined;
    }
  }

  /** Reads once; false at the end. */
  async readMore(): Promise<boolean> {
    const bytes = new Uint8Array(65_536);
    const count = await this.#socket.read(bytes).catch(() => null);
    if (count === null) return false;
    this.bytes += count;
    this.reads.push(readText(bytes.subarray(0, count)));
    return true;
  }

  /** Sends text, one character per byte. */
  async send(text: string): Promise<void> {
    const bytes = new Uint8Array(text.length);
    writeText(text, bytes);
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at)).catch(() => bytes.length);
  }

  /** Passes bytes on in both directions until either side ends. */
  async join(onward: Deno.Conn): Promise<void> {
    const both = [this.#socket.readable.pipeTo(onward.writable), onward.readable.pipeTo(this.#socket.writable)];
    await Promise.all(both).catch(() => {});
  }

  close(): void {
    try {
      this.#socket.close();
    } catch {
      // Closed already.
    }
  }
}

/** A running server. */
export interface RawServer extends AsyncDisposable {
  readonly url: URL;
  /** Connections so far. */
  readonly talks: readonly Talk[];
}

/** Starts a server that handles each connection by `handle`, with its number from 0; `tls` makes it one with a certificate. */
export function startRaw(
  handle: (talk: Talk, index: number) => Promise<void>,
  tls?: { readonly cert: string; readonly key: string },
): RawServer {
  const listener = tls === undefined
    ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
    : Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...tls });
  const talks: Talk[] = [];
  const running: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const socket of listener) {
      const talk = new Talk(socket);
      running.push(handle(talk, talks.push(talk) - 1).catch(() => {}).finally(() => talk.close()));
    }
  })();
  return {
    url: new URL(`http${tls === undefined ? "" : "s"}://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`),
    talks,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const talk of talks) talk.close();
      await Promise.all([accepting, ...running]);
    },
  };
}

/** Serves each connection a list of responses, one to each request; then reads until the client closes. */
export function responses(...texts: readonly string[]): (talk: Talk) => Promise<void> {
  return async (talk) => {
    for (const text of texts) {
      if (await talk.request() === undefined) return;
      await talk.send(text);
    }
    while (await talk.readMore());
  };
}

/** A GET. */
export const GET: HttpRequest = { what: "Cannot read s3://b/k", method: "GET", target: "/b/k", headers: {} };

/** Runs a test with a client and a watch and closes both. */
export async function withClient<T>(
  server: URL,
  run: (client: HttpClient, watch: Watch) => Promise<T>,
  more: Partial<Passage> & { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const client = new HttpClient(server, { caCerts: more.caCerts ?? [], proxy: more.proxy });
  using watch = new Watch(more.signal ?? new AbortController().signal, more.timeoutMs ?? 2000, "Cannot go on");
  try {
    return await run(client, watch);
  } finally {
    client.close();
  }
}

/** The whole body as text, one character per byte. */
export async function bodyOf(response: HttpResponse): Promise<string> {
  let text = "";
  for (let chunk = await response.next(); chunk !== undefined; chunk = await response.next()) text += readText(chunk);
  return text;
}
