/** Stores of both kinds on a scripted server, and one that says what it likes on a bare socket. */
import { createServer, type Socket } from "node:net";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import type { Store } from "../../lib/store/store.ts";
import type { ReadyOss, ReadyRemote } from "../../lib/types.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import { readyS3 } from "../remote/s3_under_test.ts";
import { CANARY } from "./chance.ts";

/** Kinds of store that speak over a socket. */
export const KINDS = ["s3", "oss"] as const;
/** One of them. */
export type Kind = typeof KINDS[number];

/** A bucket at this endpoint. */
export function readyAt(kind: Kind, endpoint: string): ReadyRemote {
  const account = { endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: CANARY };
  const s3 = readyS3(account, "bucket");
  if (kind === "s3") return s3;
  const { baseUrl, credentials, region } = s3;
  const oss: ReadyOss = {
    type: "oss",
    name: "test",
    bucket: "bucket",
    endpoint,
    baseUrl,
    pathStyle: true,
    region,
    credentials,
    signature: "v4",
    requesterPays: false,
    capabilities: OSS_CAPABILITIES,
  };
  return oss;
}

/** A store at this endpoint. */
export function storeAt(kind: Kind, endpoint: string, timeoutMs = 10_000): Store {
  const ready = readyAt(kind, endpoint);
  const credentials = () => Promise.resolve(ready.credentials);
  return openRemoteStore(ready, credentials, { timeoutMs });
}

/** A listener on a bare socket. */
export interface BareServer extends AsyncDisposable {
  readonly endpoint: string;
  /** Bytes that were written to clients. */
  sentBytes(): number;
}

/** What a bare server says: a text once (which may depend on the request), and after it another one for ever. */
export interface Saying {
  readonly first: string | Uint8Array | ((request: string) => string);
  readonly forEver?: string;
}

/** More than this is never sent: a client that still listens has no limit. */
export const ENDLESS_BYTES = 256 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** Starts a server that answers the first request of each connection with this, whatever was asked. */
export async function startBare(saying: Saying): Promise<BareServer> {
  let sent = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", (request) => {
      const first = typeof saying.first === "function" ? saying.first(request.toString()) : saying.first;
      if (saying.forEver === undefined) return void socket.end(first);
      socket.write(first);
      sayForEver(socket, saying.forEver, (bytes) => (sent += bytes));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    sentBytes: () => sent,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function sayForEver(socket: Socket, text: string, count: (bytes: number) => number): void {
  const chunk = text.repeat(Math.ceil(CHUNK_BYTES / text.length));
  const go = () => {
    while (!socket.destroyed) {
      if (count(chunk.length) > ENDLESS_BYTES) return void socket.destroy();
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", go);
  go();
}
