/** The request that proves a bucket before a job begins, and the proxy that all requests to it go through. Main thread only. */
import { TransferError } from "../errors.ts";
import type { OssSpec, S3Spec } from "../job_types.ts";
import type { CredentialSource } from "../store/store.ts";
import type { Credentials, ReadyRemote } from "../types.ts";
import { Exchange } from "./exchange.ts";
import { proxyFor } from "./proxy_choice.ts";
import { ElsewhereError } from "./failure.ts";
import { type OnNote, OPTIONAL_QUESTIONS } from "./optional.ts";

/** Options of a preparation. */
export interface PrepareOptions {
  readonly signal: AbortSignal;
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** A bucket that may not be listed is an error. */
  readonly mustList?: boolean;
  /** Called with a line for people. Default: nothing is said. */
  readonly onNote?: OnNote | undefined;
}

/** A bucket that can be reached. */
export interface Prepared<Ready extends ReadyRemote> {
  readonly ready: Ready;
  /** Returns fresh keys at any time; cheap when the last ones still hold. */
  readonly credentials: CredentialSource;
}

/**
 * Asks for the bucket. Returns its region where that is another one than was signed for; throws what is wrong; undefined means that all is
 * well. That the keys may not list, or not ask for the bucket, is not an error: a job of single objects needs neither.
 */
export async function probeBucket(
  ready: ReadyRemote,
  credentials: CredentialSource,
  { signal, timeoutMs, mustList = false, onNote }: PrepareOptions,
): Promise<string | undefined> {
  const what = `Cannot use ${ready.type === "s3" ? "" : `${ready.type} `}bucket ${ready.bucket} at ${new URL(ready.baseUrl).origin}`;
  const exchange = new Exchange(ready, { credentials, timeoutMs, onNote });
  try {
    try {
      await exchange.call({ method: "HEAD" }, { what, signal });
    } catch (error) {
      // Responses to HEAD have no body; a listing of one key names the reason of the refusal.
      if (!(error instanceof TransferError) || error.status === undefined || error instanceof ElsewhereError) throw error;
      // Its first version: every store knows that one.
      await exchange.call({ method: "GET", query: { "max-keys": "1" } }, { what, signal });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    if (error instanceof ElsewhereError) return error.region;
    // The keys are known and signed well, or may only write at a store that says so in its own way: that is all that can be learnt.
    const takesNoQuestion = error.code === "MethodNotAllowed" || error.code === "NotImplemented";
    if (!mustList && (error.kind === "denied" || takesNoQuestion)) {
      const [thing, lost] = OPTIONAL_QUESTIONS.bucket;
      exchange.noteRefused(thing, error, lost);
      return undefined;
    }
    if (error.kind === "notFound") throw withoutBucket(error, what);
    // Nothing was ever reached, so it is the configuration that is doubted and nothing is tried again.
    if (error.kind === "network" && error.status === undefined) {
      throw new TransferError("config", `${error.message}: check endpoint and proxy`, { cause: error });
    }
    throw error;
  } finally {
    exchange.close();
  }
}

function withoutBucket(error: TransferError, what: string): TransferError {
  const message = `${what}: ${error.code ?? `HTTP ${error.status}`}, there is no such bucket: create it or check its name`;
  return new TransferError("config", message, { cause: error, status: error.status });
}

/** The keys of an anonymous store. */
export const NOBODY: Credentials = { accessKeyId: "", secretAccessKey: "" };

/** What a bucket of either kind has; `url` is where it is. */
export function readyBucket(spec: S3Spec | OssSpec, { bucket, keys, url }: { bucket: string; keys: Credentials; url: string }) {
  const { name, caFile, requesterPays, anonymous } = spec;
  const proxy = spec.proxy ?? proxyOf(url);
  return {
    name,
    bucket,
    credentials: keys,
    ...(caFile !== undefined && { caFile }),
    ...(proxy !== undefined && { proxy }),
    requesterPays,
    ...(anonymous && { anonymous }),
  };
}

/** HTTPS_PROXY and its kin, decided once for a store and handed down with it. */
export function proxyOf(url: string): string | undefined {
  return proxyFor(new URL(url), (name) => Deno.env.get(name));
}

/** Ends a wait for keys that cannot be ended itself. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new TransferError("cancelled", "Interrupted while waiting for credentials"));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
