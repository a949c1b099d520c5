/**
 * An HTTP/1.1 server on loopback that writes every byte of a response itself, so that it can respond as real servers do and no library
 * would: in any framing, with any spelling of names, with heads in front of the head, cut anywhere. Knows nothing of S3.
 */

/** One request, read to its end. */
export interface Asked {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  /** Names in lower case; the last of equal ones. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** One response. */
export interface Reply {
  readonly status: number;
  /** In this order and spelling. Content-Length and Transfer-Encoding are added by the framing unless they are here. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
  /** How the end of the body is said: its length (the default), chunks, or the end of the connection. */
  readonly framing?: "length" | "chunked" | "close";
  /** The reason phrase; "OK" by default. */
  readonly reason?: string;
  /** HTTP/1.0 instead of HTTP/1.1. */
  readonly old?: boolean;
  /** Whole heads that are sent in front of this one, without their last empty line. */
  readonly interim?: readonly string[];
  /** The connection ends after so many bytes of the body. */
  readonly cutAfter?: number;
}

/** A running server. */
export interface OddServer {
  /** Without a slash at its end. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

const HEAD_BYTES_MAX = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;
const encoder = new TextEncoder();

/** Certificate and key of a server, as PEM. */
export interface OddTls {
  readonly cert: string;
  readonly key: string;
}

/** Starts a server that responds as `respond` says; with `tls` it speaks HTTPS. */
export function serveOdd(respond: (asked: Asked) => Reply | Promise<Reply>, tls?: OddTls): OddServer {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener: Deno.Listener = tls === undefined ? Deno.listen(address) : Deno.listenTls({ ...address, ...tls });
  const open = new Set<Deno.Conn>();
  const loops = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      const loop = serveConnection(connection, respond).catch(ignoreLost).finally(() => {
        open.delete(connection);
        loops.delete(loop);
        closeQuietly(connection);
      });
      loops.add(loop);
    }
  })();
  return {
    endpoint: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async stop() {
      listener.close();
      for (const connection of open) closeQuietly(connection);
      await accepting;
      await Promise.all(loops);
    },
  };
}

async function serveConnection(connection: Deno.Conn, respond: (asked: Asked) => Reply | Promise<Reply>): Promise<void> {
  const input = new Input(connection);
  for (;;) {
    const asked = await readRequest(input, connection);
    if (asked === undefined) return;
    const reply = await respond(asked);
    await writeAll(connection, encodeReply(reply, asked.method));
    const closes = reply.headers.some(([name, value]) => name.toLowerCase() === "connection" && value === "close");
    if (closes || reply.framing === "close" || reply.cutAfter !== undefined || reply.old) return;
  }
}

/** The bytes of one connection, taken in pieces. */
class Input {
  readonly #connection: Deno.Conn;
  #bytes = new Uint8Array(0);

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Everything up to and with an empty line; undefined when the connection ends before anything came. */
  async head(): Promise<string | undefined> {
    for (;;) {
      const end = endOfHead(this.#bytes);
      if (end > 0) return latin1(this.take(end));
      if (this.#bytes.length > HEAD_BYTES_MAX) throw new Error("A request head without an end");
      if (!await this.#more()) return undefined;
    }
  }

  /** Exactly so many bytes. */
  async bytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const whole = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      if (this.#bytes.length === 0 && !await this.#more()) throw new Deno.errors.UnexpectedEof("The request ended early");
      const piece = this.take(Math.min(count - at, this.#bytes.length));
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** One line without its end. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#bytes.indexOf(10);
      if (end >= 0) return latin1(this.take(end + 1)).trim();
      if (!await this.#more()) throw new Deno.errors.UnexpectedEof("The request ended early");
    }
  }

  take(count: number): Uint8Array<ArrayBuffer> {
    const piece = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return piece;
  }

  async #more(): Promise<boolean> {
    const room = new Uint8Array(CHUNK_BYTES);
    const count = await this.#connection.read(room);
    if (count === null) return false;
    const joined = new Uint8Array(this.#bytes.length + count);
    joined.set(this.#bytes);
    joined.set(room.subarray(0, count), this.#bytes.length);
    this.#bytes = joined;
    return true;
  }
}

async function readRequest(input: Input, connection: Deno.Conn): Promise<Asked | undefined> {
  const head = await input.head();
  if (head === undefined) return undefined;
  const [first = "", ...lines] = head.trimEnd().split("\r\n");
  const [method = "", target = ""] = first.split(" ");
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  }));
  if (headers.get("expect")?.toLowerCase() === "100-continue") await writeAll(connection, encoder.encode("HTTP/1.1 100 Continue\r\n\r\n"));
  const chunked = headers.get("transfer-encoding")?.toLowerCase() === "chunked";
  const body = chunked ? await readChunks(input) : await input.bytes(Number(headers.get("content-length") ?? 0));
  return { method, target, headers, body };
}

async function readChunks(input: Input): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const size = parseInt(await input.line(), 16);
    if (!(size > 0)) break;
    pieces.push(await input.bytes(size));
    await input.line();
  }
  while (await input.line() !== "") { /* Trailers say nothing here. */ }
  return join(pieces);
}

function encodeReply(reply: Reply, method: string): Uint8Array<ArrayBuffer> {
  const { status, headers, framing = "length", body, interim = [] } = reply;
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const own = named.has("content-length") || framing === "close" || status === 204
    ? ""
    : framing === "chunked"
    ? "Transfer-Encoding: chunked\r\n"
    : `Content-Length: ${body.length}\r\n`;
  const first = `HTTP/1.${reply.old ? 0 : 1} ${status} ${reply.reason ?? "OK"}\r\n`;
  const head = latin1Bytes(`${interim.map((text) => `${text}\r\n\r\n`).join("")}${first}${lines}${own}\r\n`);
  if (bodiless) return head;
  const whole = framing === "chunked" ? chunks(body) : body;
  return join([head, reply.cutAfter === undefined ? whole : whole.subarray(0, reply.cutAfter)]);
}

function chunks(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const piece = body.subarray(at, at + CHUNK_BYTES);
    pieces.push(encoder.encode(`${piece.length.toString(16)}\r\n`), piece, encoder.encode("\r\n"));
  }
  return join([...pieces, encoder.encode("0\r\n\r\n")]);
}

/** One array out of many. */
export function join(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at, at + 1024 * 1024));
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return -1;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** A client that goes away, or a server that is stopped, is an ordinary end. */
function ignoreLost(error: unknown): void {
  const lost = [
    Deno.errors.InvalidData,
    Deno.errors.UnexpectedEof,
    Deno.errors.ConnectionReset,
    Deno.errors.BrokenPipe,
    Deno.errors.BadResource,
    Deno.errors.Interrupted,
  ];
  if (!lost.some((kind) => error instanceof kind)) throw error;
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
