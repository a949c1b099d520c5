/**
 * Requests by node:http(s): for bodies that pass through JavaScript with a known length (fetch would send them chunked, which S3 refuses)
 * and for keys whose path fetch would change. Must never retry and never follow a redirect.
 */
import http from "node:http";
import https from "node:https";
import { TransferError } from "../errors.ts";
import type { Endpoint, SignedRequest } from "./endpoint.ts";
import type { Sink } from "../bytes/sink.ts";
import type { Watch } from "../bytes/watch.ts";

/** The request was answered before its body was sent: nothing is wrong with the source of the bytes. */
class AnsweredEarly extends Error {}

/** Sends a request without a body; answers as soon as the headers are there. The caller reads or destroys the message. */
export function sendNode(endpoint: Endpoint, signed: SignedRequest, watch: Watch): Promise<http.IncomingMessage> {
  const request = openRequest(endpoint, signed, signed.headers);
  return new Promise((resolve, reject) => {
    abortWith(request, watch.signal);
    request.once("response", (message) => {
      abortWith(message, watch.signal);
      resolve(message);
    });
    request.once("error", reject);
    request.end();
  });
}

/**
 * Sends a request whose body `write` hands over, exactly `sizeBytes` of it. Answers when the headers of the answer are there, also when
 * they came before the whole body was sent. Errors of `write` itself pass unchanged; those of the connection are what `watch` says,
 * told as failures of `what`.
 */
export async function putNode(
  endpoint: Endpoint,
  signed: SignedRequest,
  sizeBytes: number,
  watch: Watch,
  what: string,
  write: (sink: Sink) => Promise<void>,
): Promise<http.IncomingMessage> {
  const request = openRequest(endpoint, signed, { ...signed.headers, "content-length": String(sizeBytes) });
  abortWith(request, watch.signal);
  let early: ((error: Error) => void) | undefined;
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", (message) => {
      abortWith(message, watch.signal);
      resolve(message);
      early?.(new AnsweredEarly());
    });
    request.on("error", (error) => {
      reject(error);
      early?.(error);
    });
  });
  // Looked at below; an error between two chunks must not count as unhandled.
  answered.catch(() => {});
  let over = false;
  answered.finally(() => over = true).catch(() => {});
  const sink = (chunk: Uint8Array): Promise<void> => {
    if (over) return answered.then(() => Promise.reject(new AnsweredEarly()), (error) => Promise.reject(watch.failure(error, what)));
    return new Promise((resolve, reject) => {
      early = (error) => reject(error instanceof AnsweredEarly ? error : watch.failure(error, what));
      request.write(chunk, (error) => {
        early = undefined;
        if (error) {
          reject(watch.failure(error, what));
        } else {
          watch.touch();
          resolve();
        }
      });
    });
  };
  try {
    await write(sink);
    request.end();
  } catch (error) {
    if (!(error instanceof AnsweredEarly)) {
      request.destroy();
      throw error;
    }
  }
  try {
    return await answered;
  } catch (error) {
    throw watch.failure(error, what);
  }
}

/** The headers of an answer in the form that fetch gives. */
export function headersOf(message: http.IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? "", message.rawHeaders[index + 1] ?? "");
  }
  return headers;
}

function openRequest(endpoint: Endpoint, signed: SignedRequest, headers: Record<string, string>): http.ClientRequest {
  const { url, store } = endpoint;
  if (url.protocol === "http:" && store.proxy !== undefined && /\/\.{1,2}(?:\/|\?|$)/.test(signed.path)) {
    throw new TransferError("unsupported", "A key with . or .. between slashes cannot pass an HTTP proxy without TLS");
  }
  return (url.protocol === "https:" ? https : http).request({
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    method: signed.method,
    path: signed.path,
    headers: { ...headers, host: url.host },
    agent: endpoint.agent,
  });
}

function abortWith(
  stream: { destroy(error?: Error): unknown; once(event: "close", listener: () => void): unknown },
  signal: AbortSignal,
): void {
  const onAbort = () => stream.destroy(new Error("aborted"));
  if (signal.aborted) {
    onAbort();
    return;
  }
  signal.addEventListener("abort", onAbort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", onAbort));
}
