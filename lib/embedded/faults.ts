/**
 * The fault script: what the store does wrong on purpose, so that clients can be tested. Rules are data; each fault found in the field
 * becomes one line of a script. Decides only *which* fault a request meets, and holds no socket.
 */

/** What goes wrong with one request. Requests with a wrong signature meet no fault. */
export type FaultAction =
  /** Responds with an error and does no work. */
  | {
    readonly type: "answer";
    readonly status: number;
    readonly code: string;
    readonly message?: string;
    readonly retryAfterSeconds?: number;
  }
  /** Responds 200 with an error document; with `afterWork`, although the work was done. */
  | { readonly type: "errorIn200"; readonly code: string; readonly afterWork?: boolean }
  /** Sends this many bytes of the response's body, then drops the connection. */
  | { readonly type: "cut"; readonly afterBytes: number }
  /** Sends this many bytes of the response's body, then nothing until the client gives up. */
  | { readonly type: "stall"; readonly afterBytes: number }
  /** Reads this many bytes of the request's body, then drops the connection. */
  | { readonly type: "cutRequest"; readonly afterBytes: number }
  /** Reads this many bytes of the request's body, then nothing until the client gives up. */
  | { readonly type: "stallRequest"; readonly afterBytes: number }
  /** Waits before doing anything. */
  | { readonly type: "delay"; readonly ms: number }
  /** Flips the lowest bit of one byte of the response's body; counted from the start of the body. */
  | { readonly type: "flipAnswerByte"; readonly offset: number }
  /** Flips the lowest bit of one byte of what is stored, after it was checked. PutObject and UploadPart only. */
  | { readonly type: "flipStoredByte"; readonly offset: number }
  /** Does the work and drops the connection without a response. */
  | { readonly type: "dropAfterWork" }
  /** Announces a length that is off by this and drops the connection after the body. */
  | { readonly type: "wrongContentLength"; readonly add: number }
  /** Gives another ETag than the object's, in headers and documents. */
  | { readonly type: "wrongEtag" }
  /** Sends only the first half of a document, with the right length for that half. */
  | { readonly type: "tornPage" }
  /** Ignores the markers of a listing: the first page comes again. */
  | { readonly type: "repeatedPage" };

/** One line of a script. All that is given must fit the request. */
export interface FaultRule {
  /** Name of the S3 operation, such as `UploadPart`. */
  readonly operation?: string;
  readonly method?: string;
  readonly keyIncludes?: string;
  /** Fitting requests that pass before the fault starts; 0 when absent. */
  readonly skip?: number;
  /** Fitting requests that meet the fault; all when absent. */
  readonly times?: number;
  readonly action: FaultAction;
}

/** Rules in order; the first that fits and is not used up decides. */
export type FaultScript = readonly FaultRule[];

/** What a rule looks at. */
export interface FaultSubject {
  readonly operation: string;
  readonly method: string;
  readonly key: string | undefined;
}

/** A script being played. */
export class FaultPlayer {
  readonly #rules: { rule: FaultRule; seen: number }[];

  constructor(script: FaultScript) {
    this.#rules = script.map((rule) => ({ rule, seen: 0 }));
  }

  /** The fault that this request meets. Counts the request for every rule that it fits, up to the one that decides. */
  next(subject: FaultSubject): FaultAction | undefined {
    for (const entry of this.#rules) {
      if (!fits(entry.rule, subject)) continue;
      const turn = entry.seen++ - (entry.rule.skip ?? 0);
      if (turn >= 0 && turn < (entry.rule.times ?? Infinity)) return entry.rule.action;
    }
    return undefined;
  }
}

function fits(rule: FaultRule, subject: FaultSubject): boolean {
  return (rule.operation === undefined || rule.operation === subject.operation) &&
    (rule.method === undefined || rule.method === subject.method) &&
    (rule.keyIncludes === undefined || subject.key?.includes(rule.keyIncludes) === true);
}

/** A stream with the lowest bit of one byte flipped. */
export async function* flipInStream(chunks: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of chunks) {
    yield flipIn(chunk, offset - position);
    position += chunk.length;
  }
}

/** A chunk, copied with the lowest bit of the byte at `offset` flipped when that lies within. */
export function flipIn(chunk: Uint8Array, offset: number): Uint8Array {
  if (offset < 0 || offset >= chunk.length) return chunk;
  const copy = chunk.slice();
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return copy;
}

/** The first bytes of a stream. */
export async function* firstBytes(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let rest = count;
  if (rest <= 0) return;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, rest);
    rest -= chunk.length;
    if (rest <= 0) return;
  }
}
