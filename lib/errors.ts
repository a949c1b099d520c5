/** The one error class and the one table of behaviour. Stores decide the kind; retry, session and main read the table. */
import type { ErrorKind, WireError } from "./types.ts";

/** Exit codes of the command line, as documented in the README. */
export const EXIT = { ok: 0, failed: 1, usage: 2, bug: 3, interrupted: 130 } as const;

/** What a kind of failure means. */
export interface ErrorRule {
  /** `backoff`: again after a jittered wait. `slower`: so, and all workers slow down. `once`: once more, at once. `never`: final. */
  readonly retry: "backoff" | "slower" | "once" | "never";
  /** What ends: the part (then, retries used up, its object), the object, or the whole job. */
  readonly reach: "part" | "object" | "job";
  /**
   * After a write that failed: `look` at the destination, because it may have happened; `restart`, the upload is gone; `taken`, see whether
   * what is there is ours; `resend` the parts in doubt; `reduce`, again without what the job can do without; or `fail`.
   */
  readonly afterWrite: "look" | "restart" | "taken" | "resend" | "reduce" | "fail";
  /** Of a question: nothing (`no`), that its subject is `missing`, that the question is `refused`, or either of these, `perhaps`. */
  readonly refusal: "no" | "missing" | "refused" | "perhaps";
  /** Exit code of a job that this stops. */
  readonly exitCode: number;
  /** The kind in words for people: what follows a count, and what stands in brackets behind a failure. */
  readonly words: string;
}

const { failed, usage, bug, interrupted } = EXIT;

/** The table, a column for each field of {@link ErrorRule} in its order. */
const TABLE = {
  network: ["backoff", "part", "look", "no", failed, "connection failed"],
  server: ["backoff", "part", "look", "perhaps", failed, "store failed"],
  throttled: ["slower", "part", "look", "no", failed, "store busy"],
  integrity: ["once", "part", "resend", "no", failed, "bytes differ"],
  uploadLost: ["never", "object", "restart", "missing", failed, "upload gone"],
  sourceChanged: ["never", "object", "fail", "no", failed, "source changed"],
  conflict: ["never", "object", "taken", "no", failed, "in conflict"],
  notFound: ["never", "object", "fail", "missing", failed, "not found"],
  archived: ["never", "object", "fail", "no", failed, "archived"],
  denied: ["never", "object", "fail", "refused", failed, "access denied"],
  unsupported: ["never", "object", "reduce", "refused", failed, "not supported"],
  disorder: ["never", "job", "fail", "no", failed, "listing out of order"],
  disk: ["never", "object", "fail", "no", failed, "disk failed"],
  storage: ["never", "job", "fail", "no", usage, "storage failed"],
  credentials: ["never", "job", "fail", "no", usage, "credentials"],
  config: ["never", "job", "fail", "no", usage, "settings"],
  crash: ["never", "object", "fail", "no", bug, "worker died"],
  cancelled: ["never", "job", "fail", "no", interrupted, "interrupted"],
  bug: ["never", "job", "fail", "no", bug, "internal error"],
} as const satisfies Readonly<
  Record<ErrorKind, readonly [ErrorRule["retry"], ErrorRule["reach"], ErrorRule["afterWrite"], ErrorRule["refusal"], number, string]>
>;

/** What each kind of failure means. */
export const ERROR_RULES: Readonly<Record<ErrorKind, ErrorRule>> = Object.fromEntries(
  Object.entries(TABLE).map(([kind, [retry, reach, afterWrite, refusal, exitCode, words]]) => [
    kind,
    { retry, reach, afterWrite, refusal, exitCode, words },
  ]),
) as Record<ErrorKind, ErrorRule>;

/** Fields of a {@link TransferError} besides its kind and message. */
export interface TransferErrorOptions extends Omit<WireError, "kind" | "message"> {
  /** What was thrown below. */
  readonly cause?: unknown;
}

/** Every failure that sluice knows how to treat. Before the colon is what was tried: `Cannot list bucket photos: SlowDown`. No secrets. */
export class TransferError extends Error {
  /** Always `TransferError`. */
  override readonly name = "TransferError";
  /** What kind of failure it is. */
  readonly kind: ErrorKind;
  /** HTTP status, when a store responded. */
  readonly status: number | undefined;
  /** The store's own error code, such as `SlowDown`. */
  readonly code: string | undefined;
  /** The store's own number of the request. */
  readonly requestId: string | undefined;
  /** The key that the failure is about. */
  readonly key: string | undefined;
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  /** Makes a failure of this kind. */
  constructor(kind: ErrorKind, message: string, { cause, status, code, requestId, key, retryAfterMs }: TransferErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.key = key;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Code of the failure to find access keys where nothing was configured that could have had some. */
export const NO_KEYS = "NoKeys";

/** `Requires read access to "/data", run again with the --allow-read flag`, as Deno says it of every permission. */
const NOT_ALLOWED = /(?:^|: )Requires \w+ access(?: to "?([^"]*?)"?)?, run again with the (--allow-\w+) flag/;
/** Links of a chain of causes that are looked at. */
const CAUSES_MAX = 5;

/** A permission that Deno was not given, as the `config` failure that it is, with the flag that is missing; undefined for other errors. */
export function notAllowed(error: unknown, tried = "Cannot go on"): TransferError | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < CAUSES_MAX; link = link.cause, depth++) {
    const flag = missingFlag(link.message) ?? missingHost(link);
    if (flag !== undefined) {
      return new TransferError("config", `${tried}: Deno was not allowed to, run again with ${flag}`, { cause: error });
    }
  }
  return undefined;
}

/** What could not begin, as the `config` failure that it is: a permission that is missing, or the reason. */
export function cannotBegin(tried: string, error: unknown): TransferError {
  return notAllowed(error, tried) ?? new TransferError("config", `${tried}: ${reasonOf(error)}`, { cause: error });
}

/** Node's look-up of a host name reports the same in its own way. */
function missingHost(error: Error): string | undefined {
  const { code, syscall, hostname } = error as { code?: unknown; syscall?: unknown; hostname?: unknown };
  return code === "EPERM" && syscall === "getaddrinfo" ? `--allow-net=${hostname}` : undefined;
}

/** The flag that a refusal of Deno's asks for, by its text: across threads nothing else of it arrives. */
export function missingFlag(message: string): string | undefined {
  const [, what, flag] = NOT_ALLOWED.exec(message) ?? [];
  // Deno asks for `ca`, further authorities of Node's, and takes no flag of that name.
  return flag === undefined || what === undefined || what === "ca" ? flag : `${flag}=${what}`;
}

/** Of a foreign text, this much is repeated in a message. */
const SHOWN_CHARS_MAX = 2000;

/** A foreign text for a message: not endless. */
export function shortly(text: string): string {
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}

/** What a thrown value says of itself, whatever it is. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a kind of failure means for whoever caught this. */
export function ruleOf(error: unknown): ErrorRule {
  return ERROR_RULES[asTransferError(error).kind];
}

/** What was asked about is missing. */
export function isMissing(error: unknown): boolean {
  return ruleOf(error).refusal === "missing";
}

/** The store does not know this question, or does not allow it. */
export function isRefused(error: unknown): boolean {
  return ruleOf(error).refusal === "refused";
}

/** The store responded, and will respond the same again: it does not take this request, whoever sends it. */
export function isLastingRefusal(error: unknown): boolean {
  const { kind, status = 0 } = asTransferError(error);
  return status >= 400 && status < 500 && status !== 401 && status !== 403 && ERROR_RULES[kind].retry === "never";
}

/** Any thrown value as a {@link TransferError}: abort reasons are `cancelled`, missing permissions `config`, the unknown is a `bug`. */
export function asTransferError(error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  const refused = notAllowed(error);
  if (refused !== undefined) return refused;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new TransferError("cancelled", "Interrupted", { cause: error });
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new TransferError("bug", `Unexpected failure: ${message}`, { cause: error });
}

/** The plain form of an error, for messages between threads and for the manifest. */
export function toWireError(error: unknown): WireError {
  const { kind, message, status, code, requestId, key, retryAfterMs } = asTransferError(error);
  const facts = Object.entries({ status, code, requestId, key, retryAfterMs }).filter(([, value]) => value !== undefined);
  return { kind, message, ...Object.fromEntries(facts) };
}
