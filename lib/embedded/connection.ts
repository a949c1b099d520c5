/**
 * One request and its response on a socket of node:http: bytes in, bytes out, back-pressure, and the ways in which a fault script breaks
 * them. It does not know operations.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type FaultAction, firstBytes, flipInStream } from "./faults.ts";
import type { StoreResponse } from "./request.ts";

/** A body that nobody wants is read up to this, so that the connection can be kept; then the connection is dropped. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
/** Lets what was written reach the other side before the socket is destroyed. */
const FLUSH_MS = 20;
const WRONG_ETAG = "00000000000000000000000000000000";

/** Counts what passes a socket in both directions, bodies only. */
export class Connection {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  /** Body bytes read so far, as they came over the wire. */
  bytesIn = 0;
  /** Body bytes written so far. */
  bytesOut = 0;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  /** The request's body, as sent. Leaving it early keeps the connection. */
  async *body(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#request.iterator({ destroyOnReturn: false })) {
      this.bytesIn += chunk.length;
      yield chunk;
    }
  }

  /** The request's body, broken as the fault says. */
  async *brokenBody(fault: FaultAction & { type: "cutRequest" | "stallRequest" }): AsyncGenerator<Uint8Array> {
    yield* firstBytes(this.body(), fault.afterBytes);
    if (fault.type === "cutRequest") this.drop();
    await this.closed();
    throw new Error("The connection was broken by the fault script");
  }

  /** Drops the connection at once. */
  drop(): void {
    this.#request.socket.destroy();
  }

  /** Settles when the client is gone. */
  async closed(): Promise<void> {
    if (this.#response.destroyed || this.#request.socket.destroyed) return;
    await new Promise<void>((resolve) => this.#response.once("close", () => resolve()));
  }

  /** Sends a response, then reads away what the client still sends. */
  async send(sent: StoreResponse, headOnly: boolean, fault: FaultAction | undefined): Promise<void> {
    const { lengthBytes, chunks, headers } = prepare(sent, fault);
    const response = this.#response;
    const hasBody = sent.body !== undefined && sent.status !== 204 && sent.status !== 304;
    if (typeof sent.body === "string") response.setHeader("Content-Type", "application/xml");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (hasBody && !headOnly) {
      response.setHeader("Content-Length", String(lengthBytes + (fault?.type === "wrongContentLength" ? fault.add : 0)));
    } else if (!response.hasHeader("Content-Length") && sent.status !== 204 && sent.status !== 304) {
      response.setHeader("Content-Length", "0");
    }
    response.writeHead(sent.status);
    if (hasBody && !headOnly) await this.#write(chunks);
    if (fault?.type === "cut" || fault?.type === "wrongContentLength") {
      response.flushHeaders();
      await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
      this.drop();
    } else if (fault?.type === "stall") {
      response.flushHeaders();
      await this.closed();
    } else {
      response.end();
      await this.#readAway();
    }
  }

  async #write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const response = this.#response;
    for await (const chunk of chunks) {
      if (response.destroyed) return;
      this.bytesOut += chunk.length;
      if (!response.write(chunk)) await drained(response);
    }
  }

  /** Ends with the connection at the latest: a request gets no event when its connection closes before it was read. */
  async #readAway(): Promise<void> {
    await Promise.race([this.#readRest().catch(() => undefined), this.closed()]);
  }

  async #readRest(): Promise<void> {
    const known = this.bytesIn;
    for await (const _chunk of this.body()) {
      if (this.bytesIn - known > UNREAD_BYTES_MAX) return this.drop();
    }
  }
}

/** The response with the fault in it. */
function prepare(
  sent: StoreResponse,
  fault: FaultAction | undefined,
): { lengthBytes: number; chunks: AsyncIterable<Uint8Array>; headers: Record<string, string> } {
  const headers = { ...sent.headers };
  let body = sent.body ?? "";
  if (fault?.type === "wrongEtag") {
    if (headers["ETag"] !== undefined) headers["ETag"] = `"${WRONG_ETAG}"`;
    if (typeof body === "string") body = body.replace(/<ETag>[^<]*<\/ETag>/g, `<ETag>&quot;${WRONG_ETAG}&quot;</ETag>`);
  }
  if (fault?.type === "tornPage" && typeof body === "string") body = body.slice(0, body.length >> 1);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : undefined;
  const lengthBytes = typeof body === "string" ? bytes?.length ?? 0 : body.lengthBytes;
  let chunks = typeof body === "string" ? oneChunk(bytes ?? new Uint8Array()) : body.chunks;
  if (fault?.type === "flipAnswerByte") chunks = flipInStream(chunks, fault.offset);
  if (fault?.type === "cut" || fault?.type === "stall") chunks = firstBytes(chunks, fault.afterBytes);
  return { lengthBytes, chunks, headers };
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Settles when the response takes more, or never will. */
async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    function settle(): void {
      response.off("drain", settle);
      response.off("close", settle);
      resolve();
    }
    response.on("drain", settle);
    response.on("close", settle);
    if (response.destroyed) settle();
  });
}
