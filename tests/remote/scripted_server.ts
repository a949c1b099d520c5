/** An HTTP server on loopback that answers by script and remembers what it was asked: for faults that no real server shows. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What was asked: the raw request target, never a parsed URL. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What is answered. `hang`: nothing, for ever; `cut`: the connection is destroyed. */
export type Answer = { status?: number; headers?: Record<string, string>; body?: string } | "hang" | "cut";

/** A running scripted server. */
export interface ScriptedServer {
  readonly endpoint: string;
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

/** Starts a server that answers each request as `script` says; `count` counts requests from 1. */
export async function startScripted(script: (asked: Asked, count: number) => Answer): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const question = { method: request.method ?? "", target: request.url ?? "", headers, body };
      asked.push(question);
      const answer = script(question, asked.length);
      if (answer === "hang") return;
      if (answer === "cut") return response.destroy();
      response.writeHead(answer.status ?? 200, { "content-type": "application/xml", ...answer.headers });
      response.end(request.method === "HEAD" ? undefined : answer.body ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The body of an S3 error. */
export function errorXml(code: string, message = "text", more = ""): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
}
