/**
 * One request and its answer on their way through the relay, and what one fault does to them. Decides only what passes, changed or not;
 * opens and closes no connection itself.
 */
import { Buffer } from "node:buffer";
import { type AnswerHead, isWholeAnswer, readAnswerHead, withLength } from "./http_exchange.ts";
import type { Fault } from "./wire_fault.ts";

/** The two ends of a connection, as an exchange uses them. */
export interface Ends {
  toServer(bytes: Uint8Array): Promise<void>;
  toClient(bytes: Uint8Array): Promise<void>;
  /** Cuts both connections. */
  end(): void;
  /** Cuts both, the program's with a reset. */
  reset(): void;
}

/** Everything an exchange begins with. */
export interface ExchangeStart {
  readonly method: string;
  readonly requestBytes: number;
  readonly headBytes: number;
  readonly fault: Fault | undefined;
  readonly line: Ends;
  refuse(ms: number): void;
  /** The fault has taken effect. */
  onFired(fault: Fault): void;
}

const BODY_503 = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ServiceUnavailable</Code><Message>Busy</Message></Error>';

/** See the file comment. */
export class FaultyExchange {
  readonly #start: ExchangeStart;
  readonly #fault: Fault | undefined;
  #sentBytes = 0;
  #answeredBytes = 0;
  #answerHead: AnswerHead | undefined;
  /** An answer of which the head is not whole, or which is swallowed. */
  #held: Uint8Array = new Uint8Array(0);
  #fired = false;

  constructor(start: ExchangeStart) {
    this.#start = start;
    this.#fault = start.fault;
  }

  /** The whole request has come by. */
  get asked(): boolean {
    return this.#sentBytes >= this.#start.requestBytes;
  }

  /** Takes the next bytes of the request. */
  async onRequest(bytes: Uint8Array): Promise<void> {
    const { line, headBytes, requestBytes } = this.#start;
    const begin = this.#sentBytes;
    this.#sentBytes += bytes.length;
    const fault = this.#fault;
    if (fault === undefined) return await line.toServer(bytes);
    switch (fault.kind) {
      case "refuse":
        this.#fire();
        return this.#start.refuse(fault.ms);
      case "early 503":
        return await this.#refuseEarly(fault);
      case "delay":
        if (begin === 0 && fault.way === "request") await this.#wait(fault.ms);
        return await line.toServer(bytes);
      case "cut request":
      case "stall":
      case "reset":
        if (fault.kind !== "cut request" && fault.way === "answer") return await line.toServer(bytes);
        return await this.#passUpTo(bytes, begin, Math.floor(fault.at * requestBytes), line.toServer);
      case "flip request":
        return await line.toServer(this.#flip(bytes, begin, headBytes, requestBytes));
      case "short length":
      case "long length":
        if (begin > 0 || fault.way === "answer") return await line.toServer(bytes);
        return await line.toServer(this.#withOtherLength(bytes, headBytes));
      default:
        return await line.toServer(bytes);
    }
  }

  /** Takes the next bytes of the answer. */
  async onAnswer(bytes: Uint8Array): Promise<void> {
    const { line, method } = this.#start;
    const fault = this.#fault;
    if (fault === undefined || !concernsAnswer(fault)) return await line.toClient(bytes);
    if (fault.kind === "delay") {
      if (!this.#fired) await this.#wait(fault.ms);
      return await line.toClient(bytes);
    }
    const known = this.#answerHead;
    if (known !== undefined && fault.kind !== "lost answer") return await this.#spoilAnswer(fault, known, bytes);
    this.#held = Buffer.concat([this.#held, bytes]);
    const head = readAnswerHead(this.#held, method);
    if (head === undefined) return;
    if (head.status < 200) return await this.#passBetween(head);
    this.#answerHead = head;
    if (fault.kind === "lost answer") this.#lose(head);
    else await this.#spoilAnswer(fault, head, this.#held);
  }

  /** A word in between: the answer is still to come. */
  async #passBetween({ headBytes }: AnswerHead): Promise<void> {
    const rest = this.#held.subarray(headBytes);
    await this.#start.line.toClient(this.#held.subarray(0, headBytes));
    this.#held = new Uint8Array(0);
    if (rest.length > 0) await this.onAnswer(rest);
  }

  async #spoilAnswer(fault: Fault, { headBytes, bodyBytes }: AnswerHead, bytes: Uint8Array): Promise<void> {
    const { line } = this.#start;
    const begin = this.#answeredBytes;
    this.#answeredBytes += bytes.length;
    const whole = headBytes + (bodyBytes ?? Math.max(0, bytes.length - headBytes));
    switch (fault.kind) {
      case "flip answer":
        return await line.toClient(this.#flip(bytes, begin, headBytes, whole));
      case "short length":
      case "long length":
        return await line.toClient(begin === 0 ? this.#withOtherLength(bytes, headBytes) : bytes);
      default:
        return await this.#passUpTo(bytes, begin, Math.floor(fault.at * whole), line.toClient);
    }
  }

  /** The server has done its work once its answer is whole; nobody hears of it. */
  #lose(head: AnswerHead): void {
    if (!isWholeAnswer(this.#held, head)) return;
    this.#fire();
    this.#start.line.end();
  }

  /** Lets bytes through up to `limit` of the message; then nothing more, and the connection ends as the fault says. */
  async #passUpTo(bytes: Uint8Array, begin: number, limit: number, pass: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    if (begin + bytes.length <= limit) return await pass(bytes);
    const already = this.#fired;
    if (begin < limit) await pass(bytes.subarray(0, limit - begin));
    this.#fire();
    if (already || this.#fault?.kind === "stall") return;
    if (this.#fault?.kind === "reset") this.#start.line.reset();
    else this.#start.line.end();
  }

  #flip(bytes: Uint8Array, begin: number, headBytes: number, wholeBytes: number): Uint8Array {
    const { at, place, mask } = this.#fault ?? { at: 0, place: "head", mask: 1 };
    const inHead = place === "head" || wholeBytes <= headBytes;
    const target = inHead ? Math.floor(at * headBytes) : headBytes + Math.floor(at * (wholeBytes - headBytes));
    const index = target - begin;
    if (index < 0 || index >= bytes.length || this.#fired) return bytes;
    this.#fire();
    const flipped = Uint8Array.from(bytes);
    flipped[index] = (flipped[index] ?? 0) ^ mask;
    return flipped;
  }

  #withOtherLength(bytes: Uint8Array, headBytes: number): Uint8Array {
    const { kind, at } = this.#fault ?? { kind: "long length", at: 0 };
    const changed = withLength(bytes, headBytes, (length) => {
      if (kind === "long length") return length + 1 + Math.floor(at * 1000);
      return Math.floor(at * length);
    });
    if (changed !== bytes) this.#fire();
    return changed;
  }

  /** Answers before the body was read; then reads it without a use for it, or hangs up. */
  async #refuseEarly(fault: Fault): Promise<void> {
    if (this.#fired) return;
    this.#fire();
    const { line } = this.#start;
    const connection = fault.keeps ? "keep-alive" : "close";
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/xml\r\nConnection: ${connection}\r\n` +
      `Content-Length: ${BODY_503.length}\r\n\r\n`;
    await line.toClient(new TextEncoder().encode(this.#start.method === "HEAD" ? head : head + BODY_503));
    if (!fault.keeps) line.end();
  }

  #wait(ms: number): Promise<void> {
    this.#fire();
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  #fire(): void {
    if (!this.#fired && this.#fault !== undefined) this.#start.onFired(this.#fault);
    this.#fired = true;
  }
}

/** Does this fault look at answers at all? */
function concernsAnswer(fault: Fault): boolean {
  switch (fault.kind) {
    case "cut answer":
    case "flip answer":
    case "lost answer":
      return true;
    case "stall":
    case "reset":
    case "delay":
    case "short length":
    case "long length":
      return fault.way === "answer";
    default:
      return false;
  }
}
