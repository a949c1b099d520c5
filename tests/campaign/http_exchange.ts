/**
 * What a fault needs to know of one request and its answer: what kind of request it is, how long both are, and where heads end. Pure.
 */
import type { RequestHead } from "../e2e/http_tally.ts";

/** What is asked of a store. `bucket`: anything about a bucket as a whole; `other`: tags, deletes and the like. */
export type RequestKind =
  | "bucket"
  | "list"
  | "head"
  | "get"
  | "put"
  | "create"
  | "part"
  | "complete"
  | "abort"
  | "copy"
  | "list uploads"
  | "list parts"
  | "other";

/** The kind of a request to S3 or OSS with the bucket in the path. */
export function kindOf({ method, target, headers }: RequestHead): RequestKind {
  const [path = "", query = ""] = target.split("?");
  const asked = new URLSearchParams(query);
  const key = path.split("/").slice(2).join("/");
  if (key === "") {
    if (method === "POST") return "other";
    if (asked.has("list-type")) return "list";
    return asked.has("uploads") ? "list uploads" : "bucket";
  }
  const copies = headers.has("x-amz-copy-source") || headers.has("x-oss-copy-source");
  if (method === "PUT" && copies) return "copy";
  if (asked.has("uploads")) return method === "POST" ? "create" : "other";
  if (asked.has("uploadId")) {
    return ({ PUT: "part", POST: "complete", DELETE: "abort", GET: "list parts" } as const)[method] ?? "other";
  }
  if ([...asked.keys()].some((name) => name !== "versionId" && name !== "x-id")) return "other";
  return ({ HEAD: "head", GET: "get", PUT: "put" } as const)[method] ?? "other";
}

/** Index behind the empty line that ends a head; -1 while it has not come. */
export function headLength(bytes: Uint8Array): number {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) return at + 1;
  }
  return -1;
}

/** One answer, as far as it must be known while it comes in pieces. */
export interface AnswerHead {
  readonly status: number;
  readonly headBytes: number;
  /** Undefined where the answer does not say how long it is. */
  readonly bodyBytes: number | undefined;
}

/** Reads the head of an answer that begins `bytes`; undefined while it is not whole. */
export function readAnswerHead(bytes: Uint8Array, method: string): AnswerHead | undefined {
  const headBytes = headLength(bytes);
  if (headBytes < 0) return undefined;
  const text = latin1(bytes.subarray(0, headBytes));
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  const empty = method === "HEAD" || status === 204 || status === 304 || status < 200;
  return { status, headBytes, bodyBytes: empty ? 0 : length === undefined ? undefined : Number(length) };
}

/** Has all of an answer come? One without a length is chunked here, and ends as such. */
export function isWholeAnswer(bytes: Uint8Array, head: AnswerHead): boolean {
  if (head.bodyBytes !== undefined) return bytes.length >= head.headBytes + head.bodyBytes;
  return latin1(bytes.subarray(-5)) === "0\r\n\r\n";
}

/** The same bytes with another Content-Length in the head that begins them; the same object where there is none. */
export function withLength(bytes: Uint8Array, headBytes: number, change: (length: number) => number): Uint8Array {
  const text = latin1(bytes.subarray(0, headBytes));
  const changed = text.replace(/(\r\ncontent-length: *)(\d+)/i, (_, name, length) => name + change(Number(length)));
  if (changed === text) return bytes;
  const head = Uint8Array.from(changed, (char) => char.charCodeAt(0));
  const whole = new Uint8Array(head.length + bytes.length - headBytes);
  whole.set(head);
  whole.set(bytes.subarray(headBytes), head.length);
  return whole;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
