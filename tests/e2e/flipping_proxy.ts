/**
 * A relay in front of a server that flips one bit of one byte on the wire, in the body of a request or of an answer, as a bad line or a bad
 * memory would. Says how often it did.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { flipIn } from "../../lib/embedded/faults.ts";

/** Which bodies are touched. */
export interface FlipRule {
  readonly direction: "request" | "answer";
  readonly method: "GET" | "PUT";
  /** Part of the path. */
  readonly pathIncludes: string;
  /** Byte of the body, framing of chunks counted. */
  readonly offset: number;
  /** Bodies that are touched; later ones pass. */
  readonly times: number;
}

/** A running relay. */
export interface FlippingProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Bodies that were touched so far. */
  readonly flipped: number;
}

/** Starts a relay in front of `upstream`. */
export async function startFlippingProxy(upstream: string, rule: FlipRule): Promise<FlippingProxy> {
  const { hostname, port } = new URL(upstream);
  let flipped = 0;
  /** Answers what passes a chunk on, flipping the byte when it comes by. */
  const passing = (method: string | undefined, path: string | undefined, direction: FlipRule["direction"]) => {
    const touched = direction === rule.direction && method === rule.method && (path ?? "").includes(rule.pathIncludes) &&
      flipped < rule.times;
    if (touched) flipped++;
    let at = 0;
    return (chunk: Uint8Array) => {
      const passed = touched ? flipIn(chunk, rule.offset - at) : chunk;
      at += chunk.length;
      return passed;
    };
  };
  const server = http.createServer((request, response) => {
    const { method, url, headers } = request;
    const forward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      const pass = passing(method, url, "answer");
      answer.on("data", (chunk: Uint8Array) => void response.write(pass(chunk)));
      answer.on("end", () => response.end());
      answer.on("error", () => response.destroy());
    });
    const pass = passing(method, url, "request");
    request.on("data", (chunk: Uint8Array) => void forward.write(pass(chunk)));
    request.on("end", () => forward.end());
    request.on("error", () => forward.destroy());
    request.on("aborted", () => forward.destroy());
    forward.on("error", () => response.destroy());
    response.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get flipped() {
      return flipped;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
