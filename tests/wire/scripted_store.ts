/**
 * A store that does exactly what a test says, over plain sockets of node:http: it records each request as it stood on the wire and lets
 * the test answer it. Checks nothing by itself.
 */
import { Buffer } from "node:buffer";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { openWire } from "../../lib/wire/open.ts";
import type { Wire } from "../../lib/wire/wire.ts";
import type { Capabilities, ObjectInfo, ReadyS3, ReadyStore } from "../../lib/types.ts";

/** A request as it stood on the wire. */
export interface Seen {
  readonly method: string;
  /** Raw, as in the request line. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Grows while the body comes. */
  bytes: number;
  /** The whole body, once it has come. */
  body: Promise<Buffer>;
  /** Ends when the connection of this request is over or its answer is sent. */
  closed: Promise<void>;
}

/** Answers one request. The default reads the body and answers 200 with an ETag. */
export type Answer = (request: http.IncomingMessage, response: http.ServerResponse, seen: Seen) => void | Promise<void>;

/** A running scripted store. */
export interface ScriptedStore extends AsyncDisposable {
  readonly ready: ReadyS3;
  readonly seen: Seen[];
}

/** Starts a store that answers every request by `answer`. */
export async function scriptedStore(answer: Answer, ready: Partial<ReadyS3> = {}): Promise<ScriptedStore> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    const one: Seen = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      bytes: 0,
      body: Promise.resolve(Buffer.alloc(0)),
      closed: new Promise((resolve) => response.once("close", resolve)),
    };
    // Lazily, so that a test may leave a body unread.
    Object.defineProperty(one, "body", {
      get: () =>
        new Promise<Buffer>((resolve) => {
          request.on("data", (chunk: Buffer) => {
            one.bytes += chunk.length;
            chunks.push(chunk);
          });
          request.on("end", () => resolve(Buffer.concat(chunks)));
        }),
    });
    request.on("error", () => {});
    response.on("error", () => {});
    seen.push(one);
    void answer(request, response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ready: readyS3(`http://127.0.0.1:${port}`, ready),
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A destination that reads what comes, keeps it, and answers 200. */
export function keeper(kept: Map<string, { body: Buffer; headers: http.IncomingHttpHeaders }>): Answer {
  return async (_request, response, seen) => {
    const body = await seen.body;
    kept.set(seen.path, { body, headers: seen.headers });
    response.writeHead(200, { etag: '"kept"', "content-length": 0 });
    response.end();
  };
}

/** A source that holds one object under every key and answers ranges and whole reads as S3 does. */
export function holder(bytes: Uint8Array, headers: http.OutgoingHttpHeaders = {}): Answer {
  return (request, response) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const first = match === null ? 0 : Number(match[1]);
    const last = match === null ? bytes.length - 1 : Number(match[2]);
    const content = match === null ? {} : { "content-range": `bytes ${first}-${last}/${bytes.length}` };
    response.writeHead(match === null ? 200 : 206, { etag: '"held"', "content-length": last - first + 1, ...content, ...headers });
    response.end(bytes.subarray(first, last + 1));
  };
}

/** Everything allowed. */
export const CAPABILITIES: Capabilities = {
  provider: "generic",
  ownDigests: ["md5"],
  checksums: ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"],
  conditionalWrites: true,
  serverSideCopy: true,
  tags: true,
  partSizeMinBytes: 1,
  partSizeMaxBytes: 2 ** 40,
  partCountMax: 10_000,
  putSizeMaxBytes: 2 ** 40,
};

/** A resolved bucket named `bucket` at an endpoint. */
export function readyS3(endpoint: string, more: Partial<ReadyS3> = {}): ReadyS3 {
  return {
    type: "s3",
    name: "s3",
    bucket: "bucket",
    baseUrl: `${endpoint}/${more.bucket ?? "bucket"}`,
    endpoint,
    pathStyle: true,
    region: "us-east-1",
    credentials: { accessKeyId: "testkey", secretAccessKey: "test-secret" },
    requesterPays: false,
    capabilities: CAPABILITIES,
    ...more,
  };
}

/** Runs a test on a wire and closes it. */
export async function withWire<T>(
  source: ReadyStore,
  destination: ReadyStore,
  run: (wire: Wire) => Promise<T>,
  options: { timeoutMs?: number; now?: () => number } = {},
): Promise<T> {
  const wire = openWire(source, destination, {
    sourceCredentials: undefined,
    destinationCredentials: undefined,
    timeoutMs: options.timeoutMs ?? 10_000,
    now: options.now ?? Date.now,
  });
  try {
    return await run(wire);
  } finally {
    wire.close();
  }
}

/** Moves the first bytes of an object as part 1 of an upload. */
export function partOf(
  key: string,
  sizeBytes: number,
  more: Partial<Parameters<Wire["movePart"]>[0]> = {},
): Parameters<Wire["movePart"]>[0] {
  return {
    sourceKey: key,
    pin: { etag: "held" },
    range: { first: 0, last: sizeBytes - 1 },
    destinationKey: key,
    uploadId: "upload/1",
    partNumber: 1,
    layout: { sizeBytes, partSizeBytes: sizeBytes, partCount: 1 },
    digests: [],
    ...more,
  };
}

/** Moves a whole object under its own key, with the headers that its source carries. */
export function objectOf(source: ObjectInfo, more: Partial<Parameters<Wire["moveObject"]>[0]> = {}): Parameters<Wire["moveObject"]>[0] {
  return {
    source,
    destinationKey: source.key,
    headers: (details) => Promise.resolve(details.headers),
    guard: "auto",
    digests: [],
    ...more,
  };
}

/** Bytes that look random and are the same each time. */
export function sampleBytes(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let index = 0; index < sizeBytes; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A temporary folder that is removed at the end. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-wire-" });
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
