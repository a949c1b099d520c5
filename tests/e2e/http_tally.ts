/**
 * Reads one direction of an HTTP/1.1 connection as it flies by and says where requests begin and how long their bodies are. Pure; it
 * never changes a byte. Knows Content-Length and chunked framing, which is all that S3 clients send.
 */

/** What a request's head says. */
export interface RequestHead {
  readonly method: string;
  /** The raw request target, not decoded. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Told what the tally sees. */
export interface TallyListener {
  head(head: RequestHead): void;
  /** Bytes of the current request's body, framing of chunks included. */
  body(bytes: number): void;
}

const HEAD_BYTES_MAX = 256 * 1024;

/** Follows the requests on one connection. */
export class RequestTally {
  #head: number[] = [];
  #bodyLeft = 0;
  #chunks: ChunkWalk | undefined;
  readonly #listener: TallyListener;

  constructor(listener: TallyListener) {
    this.#listener = listener;
  }

  /** Takes the next bytes of the connection. Throws on what is not HTTP/1.1. */
  push(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, bytes.length - offset);
        this.#bodyLeft -= taken;
        offset += taken;
        this.#listener.body(taken);
      } else if (this.#chunks !== undefined) {
        const taken = this.#chunks.push(bytes.subarray(offset));
        offset += taken;
        this.#listener.body(taken);
        if (this.#chunks.ended) this.#chunks = undefined;
      } else {
        offset = this.#pushHead(bytes, offset);
      }
    }
  }

  #pushHead(bytes: Uint8Array, begin: number): number {
    const head = this.#head;
    for (let offset = begin; offset < bytes.length; offset++) {
      head.push(bytes[offset] ?? 0);
      const end = head.length;
      if (end > HEAD_BYTES_MAX) throw new Error("A request head without an end");
      if (head[end - 1] === 10 && head[end - 2] === 13 && head[end - 3] === 10 && head[end - 4] === 13) {
        this.#head = [];
        this.#begin(parseHead(new TextDecoder("latin1").decode(Uint8Array.from(head))));
        return offset + 1;
      }
    }
    return bytes.length;
  }

  #begin(head: RequestHead): void {
    this.#bodyLeft = Number(head.headers.get("content-length") ?? 0);
    if (head.headers.get("transfer-encoding")?.toLowerCase() === "chunked") this.#chunks = new ChunkWalk();
    this.#listener.head(head);
  }
}

/** Walks a chunked body to its end, trailers included. */
class ChunkWalk {
  ended = false;
  #line = "";
  #dataLeft = 0;
  #inTrailer = false;

  /** Answers how many of the bytes belong to the body. */
  push(bytes: Uint8Array): number {
    let offset = 0;
    while (offset < bytes.length && !this.ended) {
      if (this.#dataLeft > 0) {
        const taken = Math.min(this.#dataLeft, bytes.length - offset);
        this.#dataLeft -= taken;
        offset += taken;
        continue;
      }
      const byte = bytes[offset++] ?? 0;
      if (byte !== 10) this.#line += String.fromCharCode(byte);
      else this.#endLine();
    }
    return offset;
  }

  #endLine(): void {
    const line = this.#line.trimEnd();
    this.#line = "";
    if (this.#inTrailer) {
      if (line === "") this.ended = true;
      return;
    }
    const size = parseInt(line.split(";")[0] ?? "", 16);
    if (Number.isNaN(size)) throw new Error(`A chunk without a size: ${line}`);
    if (size === 0) this.#inTrailer = true;
    else this.#dataLeft = size + 2;
  }
}

function parseHead(text: string): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  const [method = "", target = "", version = ""] = first.split(" ");
  if (!version.startsWith("HTTP/1.")) throw new Error(`Not a request line: ${first}`);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, target, headers };
}
