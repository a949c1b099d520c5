/**
 * The embedded store: S3 and Alibaba OSS on a folder, on loopback only; each request is in the dialect in which it is signed. It is the
 * demo's store and the tests' double with a fault script. One process per folder; an object is stored whole or not at all, even after
 * kill -9. Built on node:http because Deno.serve takes ever more CPU on chunked bodies.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PART_SIZE_MIN_BYTES } from "../limits.ts";
import { Connection } from "./connection.ts";
import type { Dialect, ErrorScene, Worker } from "./dialect.ts";
import { wholeSeconds } from "./disk/records.ts";
import { DiskStore } from "./disk/store.ts";
import { type FaultAction, FaultPlayer, type FaultScript, flipIn } from "./faults.ts";
import { speaksOss } from "./oss/auth.ts";
import { ossDialect, type OssOptions } from "./oss/dialect.ts";
import { headersFrom, type StoreRequest, type StoreResponse, type Work } from "./request.ts";
import type { AccessKeys } from "./s3/auth.ts";
import { isBucketName } from "./s3/bucket.ts";
import { s3Dialect } from "./s3/dialect.ts";

const LOOPBACK = "127.0.0.1";
/** Longer than clients keep idle connections, so that the client closes first. */
const KEEP_ALIVE_MS = 120_000;
const HEADER_BYTES_MAX = 32 * 1024;
const MARKERS = ["marker", "continuation-token", "start-after", "key-marker", "upload-id-marker", "part-number-marker"];

/** One finished request, for tests. */
export interface RequestRecord {
  readonly method: string;
  /** As sent, with the query. */
  readonly path: string;
  /** S3 operation, or that of OSS where S3 has none such; `Unreadable` when the request could not be read. */
  readonly operation: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly status: number;
  /** Body bytes as they came over the wire, framing included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Names in lower case, without `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sums over all requests so far. */
export interface RequestCounters {
  readonly total: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

/** Options of {@link startEmbeddedStore}. */
export interface EmbeddedOptions {
  /** Made when missing. */
  folder: string;
  /** A free port when absent. */
  port?: number;
  /** Fresh keys when absent. */
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Made when missing. */
  buckets?: readonly string[];
  /** Smallest part but the last; when absent 5 MiB for S3 and 100 KiB for OSS, as they have it. */
  partSizeMinBytes?: number;
  /** What it is as an OSS endpoint. */
  oss?: OssOptions;
  faults?: FaultScript;
  /** Called after each request. */
  onRequest?: (record: RequestRecord) => void;
  /** The clock; milliseconds since 1970. */
  now?: () => number;
}

/** A running store. */
export interface EmbeddedStore extends AccessKeys {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly requests: RequestCounters;
  /** Makes a bucket when it is missing. Throws when its name is not valid. */
  addBucket(name: string): Promise<void>;
  /** Replaces the script; its counts start anew. */
  setFaults(script: FaultScript): void;
  /** Drops all connections, waits for what is being written, and gives the folder back. */
  close(): Promise<void>;
}

/** Starts a store. Throws when the folder or the port is taken, or a bucket's name is not valid. */
export async function startEmbeddedStore(options: EmbeddedOptions): Promise<EmbeddedStore> {
  const disk = await DiskStore.open(options.folder);
  try {
    const running = new RunningStore(disk, options);
    for (const name of options.buckets ?? []) await running.addBucket(name);
    await running.listen(options.port ?? 0);
    return running;
  } catch (error) {
    disk.close();
    throw error;
  }
}

/** A request whose response was sent or given up. */
interface Finished {
  readonly incoming: IncomingMessage;
  readonly request: StoreRequest | undefined;
  readonly connection: Connection;
  readonly status: number;
}

/** A request that the dialect has accepted. */
interface Accepted {
  readonly dialect: Dialect;
  readonly worker: Worker;
  readonly work: Work;
  readonly fault: FaultAction | undefined;
  readonly scene: ErrorScene;
}

class RunningStore implements EmbeddedStore {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly now: () => number;
  endpoint = "";
  readonly #disk: DiskStore;
  readonly #server: Server;
  readonly #s3: Dialect;
  readonly #oss: Dialect;
  readonly #onRequest: ((record: RequestRecord) => void) | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #inFlight = new Set<Promise<void>>();
  readonly #byOperation: Record<string, number> = {};
  #counts = { total: 0, bytesIn: 0, bytesOut: 0 };
  #faults: FaultPlayer;

  constructor(disk: DiskStore, options: EmbeddedOptions) {
    this.accessKeyId = options.accessKeyId ?? `SLUICE${randomBytes(7).toString("hex").toUpperCase()}`;
    this.secretAccessKey = options.secretAccessKey ?? randomBytes(30).toString("base64url");
    this.now = options.now ?? Date.now;
    this.#disk = disk;
    this.#s3 = s3Dialect(this, options.partSizeMinBytes ?? PART_SIZE_MIN_BYTES);
    this.#oss = ossDialect(this, options.oss ?? {}, options.partSizeMinBytes);
    this.#onRequest = options.onRequest;
    this.#faults = new FaultPlayer(options.faults ?? []);
    this.#server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => this.#take(request, response));
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  get requests(): RequestCounters {
    return { ...this.#counts, byOperation: { ...this.#byOperation } };
  }

  async addBucket(name: string): Promise<void> {
    if (!isBucketName(name)) throw new Error(`Cannot make bucket ${name}: not a valid bucket name`);
    await this.#disk.createBucket(name, wholeSeconds(this.now()));
  }

  setFaults(script: FaultScript): void {
    this.#faults = new FaultPlayer(script);
  }

  async listen(port: number): Promise<void> {
    const host = `${LOOPBACK}:${port}`;
    // In Deno's words, because node's listen() throws this where nobody can catch it.
    const { state } = await Deno.permissions.query({ name: "net", host });
    if (state !== "granted") throw new Deno.errors.NotCapable(`Requires net access to "${host}", run again with the --allow-net flag`);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, LOOPBACK, resolve);
    });
    this.endpoint = `http://${LOOPBACK}:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.allSettled(this.#inFlight);
    await closed;
    this.#disk.close();
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = new Connection(incoming, outgoing);
    const work = this.#serve(connection, incoming, outgoing).catch(() => connection.drop());
    this.#inFlight.add(work);
    work.then(() => this.#inFlight.delete(work));
  }

  /** Throws when the connection broke: then nobody waits for a response. */
  async #serve(connection: Connection, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = randomBytes(12).toString("hex").toUpperCase();
    const { method = "GET", url = "/", headers: { authorization, host = "localhost" } } = incoming;
    const dialect = speaksOss(authorization, url) ? this.#oss : this.#s3;
    for (const [name, value] of Object.entries(dialect.commonHeaders(requestId))) outgoing.setHeader(name, value);
    const scene: ErrorScene = { requestId, host, headOnly: method === "HEAD" };
    let request: StoreRequest | undefined;
    let fault: FaultAction | undefined;
    let response: StoreResponse | undefined;
    try {
      try {
        request = dialect.read({ method, url, rawHeaders: incoming.rawHeaders, body: connection.body() });
        const worker = dialect.accept(request, this.now());
        fault = this.#faults.next({ operation: request.operation, method: request.method, key: request.key });
        const work: Work = {
          store: this.#disk,
          request: withFault(request, connection, fault),
          nowMs: this.now(),
          ...(fault?.type === "flipStoredByte" && { alter: alterAt(fault.offset) }),
        };
        response = await respond({ dialect, worker, work, fault, scene });
      } catch (error) {
        if (incoming.socket.destroyed) throw error;
        response = dialect.errorResponse(error, scene);
      }
      if (fault?.type === "dropAfterWork") connection.drop();
      else await connection.send(response, scene.headOnly, fault);
    } finally {
      response?.release?.();
      this.#note({ incoming, request, connection, status: response?.status ?? 0 });
    }
  }

  #note({ incoming, request, connection, status }: Finished): void {
    const { bytesIn, bytesOut } = connection;
    const operation = request?.operation ?? "Unreadable";
    const { total, bytesIn: allIn, bytesOut: allOut } = this.#counts;
    this.#counts = { total: total + 1, bytesIn: allIn + bytesIn, bytesOut: allOut + bytesOut };
    this.#byOperation[operation] = (this.#byOperation[operation] ?? 0) + 1;
    if (this.#onRequest === undefined) return;
    const headers = new Map(Array.from(headersFrom(incoming.rawHeaders), ([name, values]) => [name, values.join(",")]));
    headers.delete("authorization");
    this.#onRequest({
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      operation,
      ...(request?.bucket !== undefined && { bucket: request.bucket }),
      ...(request?.key !== undefined && { key: request.key }),
      status,
      bytesIn,
      bytesOut,
      headers: Object.fromEntries(headers),
    });
  }
}

/** The request with the faults that lie before the work. */
function withFault(request: StoreRequest, connection: Connection, fault: FaultAction | undefined): StoreRequest {
  if (fault?.type === "cutRequest" || fault?.type === "stallRequest") return { ...request, body: connection.brokenBody(fault) };
  if (fault?.type === "repeatedPage") {
    return { ...request, query: new Map(Array.from(request.query).filter(([name]) => !MARKERS.includes(name))) };
  }
  return request;
}

function alterAt(position: number): NonNullable<Work["alter"]> {
  return (chunk, offset) => flipIn(chunk, position - offset);
}

/** Does the work, or what the fault does in its place. */
async function respond({ dialect, worker, work, fault, scene }: Accepted): Promise<StoreResponse> {
  if (fault?.type === "delay") await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (fault?.type === "answer") {
    const retryAfter = fault.retryAfterSeconds;
    return {
      status: fault.status,
      headers: retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) },
      body: dialect.errorDocument(fault.code, fault.message ?? "The fault script says so", scene),
    };
  }
  if (fault?.type === "errorIn200") {
    if (fault.afterWork) (await worker(work)).release?.();
    return { status: 200, headers: {}, body: dialect.errorDocument(fault.code, "The fault script says so", scene) };
  }
  return await worker(work);
}
