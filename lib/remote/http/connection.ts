/**
 * One connection: a socket with one buffer for what comes in. It serves one request at a time. While it is idle a read is already in
 * progress, so that its end is noticed at once and so that no byte that nobody asked for can become part of a response.
 */
import { RESPONSE_HEAD_BYTES_MAX } from "../../limits.ts";
import { InvalidResponse } from "../../bytes/network_failure.ts";
import { readText, ResponseHead } from "./head.ts";

/** Takes a head and a small body in one read; bodies that are larger are read into other buffers. */
const BUFFER_BYTES = 16 * 1024;
/** Interim responses (1xx) before the final one. */
const INTERIM_MAX = 16;

const CR = 0x0d;
const LF = 0x0a;

/** The other side closed the connection. */
export class ConnectionClosed extends Error {
  constructor() {
    super("connection closed by the other side");
  }
}

/** What a connection needs of a socket. */
export type Socket = Pick<Deno.Conn, "read" | "write" | "close">;

/** See the file comment. */
export class Connection {
  /** When it became idle, on the clock of `performance.now()`. */
  idleSinceMs = 0;
  readonly #socket: Socket;
  #buffer = new Uint8Array(BUFFER_BYTES);
  /** What has come and is not taken yet lies from `#first` to before `#end`. */
  #first = 0;
  #end = 0;
  #reading: Promise<void> | undefined;
  #ended = false;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that have come and are not taken yet. */
  get bufferedBytes(): number {
    return this.#end - this.#first;
  }

  /** Nothing has come that nobody asked for, not even the end. */
  get isClean(): boolean {
    return !this.#closed && !this.#ended && this.#first === this.#end;
  }

  /** Takes up to `countMax` of the buffered bytes; the view holds until the next read. */
  take(countMax: number): Uint8Array {
    const first = this.#first;
    this.#first = Math.min(this.#end, first + countMax);
    return this.#buffer.subarray(first, this.#first);
  }

  /** Waits until more bytes are buffered; false at the end of the connection. */
  async fill(): Promise<boolean> {
    if (!this.#ended) await (this.#reading ??= this.#read());
    return !this.#ended;
  }

  async #read(): Promise<void> {
    try {
      this.#makeRoom();
      const count = await this.#socket.read(this.#buffer.subarray(this.#end));
      if (count === null) this.#ended = true;
      else this.#end += count;
    } catch (error) {
      this.#ended = true;
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  #makeRoom(): void {
    if (this.#first === this.#end) {
      this.#first = this.#end = 0;
    } else if (this.#end === this.#buffer.length) {
      const kept = this.#buffer.subarray(this.#first, this.#end);
      const larger = kept.length * 2 > this.#buffer.length ? new Uint8Array(this.#buffer.length * 2) : this.#buffer;
      larger.set(kept);
      this.#buffer = larger;
      this.#end -= this.#first;
      this.#first = 0;
    }
  }

  /** Reads straight into `bytes`; only while nothing is buffered. Zero is the end of the connection. */
  async readInto(bytes: Uint8Array): Promise<number> {
    return await this.#socket.read(bytes) ?? 0;
  }

  /** Sends all of `bytes`. */
  async write(bytes: Uint8Array): Promise<void> {
    let sent = await this.#socket.write(bytes);
    while (sent < bytes.length) sent += await this.#socket.write(bytes.subarray(sent));
  }

  /** The head of the final response; interim ones are passed over. Throws {@link InvalidResponse} and {@link ConnectionClosed}. */
  async readHead(): Promise<ResponseHead> {
    for (let interim = 0; interim <= INTERIM_MAX; interim++) {
      const head = new ResponseHead(await this.#readHeadText());
      if (head.status >= 200) return head;
      if (head.status === 101) throw new InvalidResponse("a switch to another protocol");
    }
    throw new InvalidResponse("interim responses without end");
  }

  async #readHeadText(): Promise<string> {
    // Where the search goes on, from the first byte on.
    let searched = 0;
    for (;;) {
      const end = this.#findHeadEnd(this.#first + searched);
      if (end >= 0) {
        const text = readText(this.#buffer.subarray(this.#first, end));
        this.#first = end + 4;
        return text;
      }
      const bytes = this.#end - this.#first;
      if (bytes > RESPONSE_HEAD_BYTES_MAX) throw new InvalidResponse("message head is too large");
      searched = Math.max(0, bytes - 3);
      if (!await this.fill()) throw new ConnectionClosed();
    }
  }

  #findHeadEnd(from: number): number {
    const buffer = this.#buffer;
    const last = this.#end - 4;
    for (let at = buffer.indexOf(CR, from); at >= 0 && at <= last; at = buffer.indexOf(CR, at + 1)) {
      if (buffer[at + 1] === LF && buffer[at + 2] === CR && buffer[at + 3] === LF) return at;
    }
    return -1;
  }

  /** Starts to watch the idle connection; `onSpoilt` is called when it ends or when anything comes before {@link fill} is called again. */
  watchIdle(onSpoilt: () => void): void {
    this.idleSinceMs = performance.now();
    this.#reading = this.#read();
    this.#reading.then(onSpoilt, onSpoilt);
  }

  /** Closes the socket; whoever reads or writes gets an error. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#socket.close();
    } catch {
      // It is closed already, which is what was wanted.
    }
  }
}
