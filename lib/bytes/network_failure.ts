/**
 * What a broken connection means: pure classification of what the runtime throws. Must never put headers, signed URLs or secrets into a
 * message.
 */
import { notAllowed, TransferError } from "../errors.ts";
import type { ErrorKind } from "../types.ts";

/** A response came and cannot be used; the message says why, in words of our own. */
export class UnreadableAnswer extends Error {
  override readonly name = "UnreadableAnswer";
}

/** The other side does not speak HTTP/1.1, or in a way that two readers could understand differently. */
export class InvalidResponse extends Error {
  override readonly name = "InvalidResponse";

  /** `flaw` names the piece that is wrong. */
  constructor(flaw: string) {
    super(`invalid HTTP: ${flaw}`);
  }
}

/** A connection could not be made, for a reason that is known; the message says it and the way out, in words of our own. */
export class ConnectFailure extends Error {
  override readonly name = "ConnectFailure";
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Longest piece of a foreign message that is passed on, and that is looked at. */
const FOREIGN_TEXT_MAX = 300;
const FOREIGN_TEXT_READ_MAX = 4096;

/** What a store may echo of a request: tokens and signatures are as long as this, words are not. */
const ECHO = /[\w+/=%-]{40,}/g;

/** A foreign message fit to print: nothing as long as a signature or a token, no query strings, no control characters, not endless. */
export function safeText(text: string | undefined): string | undefined {
  // deno-lint-ignore no-control-regex -- taking them out is the purpose
  const line = text?.slice(0, FOREIGN_TEXT_READ_MAX).replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
  return line?.replace(/(https?:\/\/[^\s?]*)\?\S*/g, "$1").replace(ECHO, "***").trim().slice(0, FOREIGN_TEXT_MAX);
}

const FILES = "too many open files in this process: raise the limit (ulimit -n), or lower workers, parts_in_flight or objects_in_flight";

/** What a broken connection looks like, by the texts of node's error codes and of Deno's fetch. */
const BREAKS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [
    /not valid for name|NotValidForName|ERR_TLS_CERT_ALTNAME/i,
    "config",
    "the TLS certificate is for another host name: write the endpoint with a name that the certificate holds",
  ],
  [/certificate.*expired|CERT_HAS_EXPIRED/i, "config", "the TLS certificate has expired: renew it on the server"],
  [
    /certificate|UnknownIssuer|SELF_SIGNED|ERR_TLS|CERT_|UNABLE_TO_(VERIFY|GET_ISSUER)/i,
    "config",
    "the TLS certificate is not trusted: set ca_file, or check the endpoint",
  ],
  [/EMFILE|ENFILE|too many open files/i, "storage", FILES],
  [/HPE_|invalid HTTP|message head is too large|too many headers/i, "network", "the answer is not HTTP that can be read"],
  [/EPROTO|InvalidContentType|corrupt message|wrong version number/i, "config", "this is not a TLS endpoint: check http or https"],
  [/ECONNREFUSED|connection refused/i, "network", "connection refused"],
  [/ENOTFOUND|EAI_|dns error|failed to lookup/i, "network", "the host name cannot be resolved"],
  [/EHOSTUNREACH|ENETUNREACH|unreachable/i, "network", "the host cannot be reached"],
  [/ETIMEDOUT|timed? ?out/i, "network", "no answer in time"],
  [
    /ECONNRESET|EPIPE|reset|aborted|broken pipe|socket hang up|closed|terminated|unexpected eof|incomplete/i,
    "network",
    "the connection broke",
  ],
];

/**
 * The error that a broken connection means. An abort by `signal` is `cancelled`, a timeout is `network`; a certificate that is not
 * trusted is `config`, as no repetition helps. A TransferError passes unchanged.
 */
export function networkFailure(error: unknown, what: string, key?: string, signal?: AbortSignal): TransferError {
  if (error instanceof TransferError) return error;
  const options = { cause: error, key };
  const text = chainText(error);
  const isAbort = error instanceof Error && error.name === "AbortError" && !/timeout/i.test(text);
  if (signal?.aborted || isAbort) {
    return new TransferError("cancelled", `${what}: interrupted`, options);
  }
  if (error instanceof ConnectFailure) return new TransferError(error.kind, `${what}: ${error.message}`, options);
  if (error instanceof UnreadableAnswer) return new TransferError("server", `${what}: ${error.message}`, options);
  const refused = notAllowed(error, what);
  if (refused !== undefined) return refused;
  for (const [pattern, kind, meaning] of BREAKS) {
    if (pattern.test(text)) return new TransferError(kind, `${what}: ${meaning}`, options);
  }
  return new TransferError("network", `${what}: ${safeText(text) ?? "the connection broke"}`, options);
}

/** Links of a chain of causes that are looked at. */
const CAUSES_MAX = 5;

function chainText(error: unknown): string {
  const texts: string[] = [];
  let link = error;
  for (let depth = 0; depth < CAUSES_MAX && link instanceof Object; depth++) {
    const { code, message, name, cause } = link as { code?: unknown; message?: unknown; name?: unknown; cause?: unknown };
    for (const text of [code, name, message]) if (typeof text === "string") texts.push(text);
    link = cause;
  }
  const text = texts.length > 0 ? texts.join(" ") : String(error);
  // A key may be named like a failure, and a URL is nothing for a message.
  return text.replace(/( for url)? ?\(?https?:\/\/\S+/g, "");
}
