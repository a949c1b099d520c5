/**
 * The SDK's client for one bucket, made when the first request needs it: timeouts, proxy, certificates and the habits that other stores
 * than Amazon's need. Must never import the SDK's code at load time, and never retry (the session does).
 */
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { TransferError } from "../errors.ts";
import type { ReadyS3 } from "../types.ts";
import { type NodeBody, readWhole, xmlFlaw } from "./answer_body.ts";
import { readCertificates } from "./certificates.ts";
import { encodeHeaderText } from "./header_text.ts";
import { UnreadableAnswer } from "../bytes/network_failure.ts";
import { sendOnce } from "./send_once.ts";
import type { CredentialSource } from "../store/store.ts";

/** The SDK's module, as its dynamic import gives it. */
export type Sdk = typeof import("@aws-sdk/client-s3");

/** The SDK and a client of it. */
export interface SdkClient {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** Where requests go through: the same for every client of a store. */
export type Passage = Pick<ReadyS3, "caFile" | "proxy">;

/** Sockets that control requests of one store may hold. */
const SOCKETS_MAX = 50;

/**
 * Loads the SDK and makes a client. Throws `config` when the CA file cannot be read. The client asks `credentials` before every request
 * that it signs, so that refreshed keys are taken over at once. `redirects`: to another region, followed or told as an error.
 */
export async function makeClient(
  ready: Omit<ReadyS3, "credentials">,
  credentials: CredentialSource,
  timeoutMs: number,
  redirects: "follow" | "tell" = "follow",
): Promise<SdkClient> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client({
    ...await transport(ready, timeoutMs),
    region: ready.region,
    ...(ready.endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : named(ready.endpoint)),
    forcePathStyle: ready.pathStyle || ready.ownDomain === true,
    credentials: async () => ({ ...identity(await credentials()) }),
    followRegionRedirects: redirects === "follow",
  });
  sendTextAsUtf8(client);
  boundAnswers(client, timeoutMs);
  if (ready.ownDomain) leaveBucketOut(client, ready.bucket);
  if (ready.requesterPays) addHeader(client, "x-amz-request-payer", "requester");
  return { sdk, client };
}

/** Amazon's variants of its own endpoints are looked for only where Amazon's own are meant. */
function named(endpoint: string): S3ClientConfig {
  return { endpoint, useFipsEndpoint: false, useDualstackEndpoint: false };
}

/** Settings that every client of sluice shares, be it for a ready store or while one is looked for. */
export async function transport(passage: Passage, timeoutMs: number): Promise<S3ClientConfig> {
  const agents = await makeAgents(passage);
  return {
    maxAttempts: 1,
    // What is not given here is looked for in the environment, the home folder and the operating system.
    retryMode: "standard",
    defaultsMode: "standard",
    defaultUserAgentProvider: () => Promise.resolve([["sluice"]]),
    userAgentAppId: () => Promise.resolve(undefined),
    authSchemePreference: [],
    sigv4aSigningRegionSet: [],
    useArnRegion: false,
    disableS3ExpressSessionAuth: false,
    disableClockSkewCorrection: false,
    // Trailers and aws-chunked bodies break stores that are not Amazon's.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      ...agents,
    },
  };
}

/**
 * The agents of a passage. The proxy is always asked for a tunnel (CONNECT), also for plain HTTP: a forwarding proxy would be sent the
 * URL, whose `..` segments it may fold.
 */
async function makeAgents(passage: Passage): Promise<{ httpAgent: HttpAgent; httpsAgent: HttpsAgent }> {
  const limits = { keepAlive: true, maxSockets: SOCKETS_MAX };
  const ca = passage.caFile === undefined ? undefined : await readAuthorities(passage.caFile);
  const trust = ca === undefined ? limits : { ...limits, ca };
  if (passage.proxy !== undefined) {
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = sendOnce(new HttpsProxyAgent(passage.proxy, trust)) as unknown as HttpsAgent;
    return { httpAgent: agent, httpsAgent: agent };
  }
  const [http, https] = await Promise.all([import("node:http"), import("node:https")]);
  return { httpAgent: sendOnce(new http.Agent(limits)), httpsAgent: sendOnce(new https.Agent(trust)) };
}

async function readAuthorities(caFile: string): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  try {
    return [...rootCertificates, ...readCertificates(caFile)];
  } catch (error) {
    throw new TransferError("config", `Cannot read ca_file ${caFile}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** An expiry in the past makes the SDK ask again each time: whether keys are fresh is known to the source alone. */
function identity(keys: Awaited<ReturnType<CredentialSource>>) {
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { sessionToken: keys.sessionToken }),
    expiration: new Date(0),
  };
}

/** Servers read the signed headers as UTF-8, node sends one byte per character: what was signed as text goes out as its UTF-8 bytes. */
function sendTextAsUtf8(client: S3Client): void {
  const middleware = (next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string> } }) => {
    const { headers } = args.request;
    for (const [name, value] of Object.entries(headers)) headers[name] = encodeHeaderText(value);
    return next(args);
  };
  const place = { relation: "after", toMiddleware: "httpSigningMiddleware", name: "sluice header text" } as const;
  client.middlewareStack.addRelativeTo(middleware as never, place);
}

/** The SDK reads answers to their end, however far that is, and its XML reader makes something of everything. */
function boundAnswers(client: S3Client, timeoutMs: number): void {
  type Next = (args: unknown) => Promise<{ response: { statusCode: number; body?: unknown } }>;
  const middleware = (next: Next, context: { commandName?: string }) => async (args: unknown) => {
    const result = await next(args);
    const { response } = result;
    if (response.body instanceof Object && Symbol.asyncIterator in response.body) {
      const bytes = await readWhole(response.body as NodeBody, timeoutMs);
      const flaw = xmlFlaw(bytes) ?? (context.commandName === "DeleteObjectsCommand" ? notOfDeletes(bytes) : undefined);
      if (flaw !== undefined && response.statusCode < 300) throw new UnreadableAnswer(flaw);
      // A refusal may be a page of a proxy: then its status alone speaks.
      response.body = flaw === undefined ? bytes : new Uint8Array(0);
    }
    return result;
  };
  // Before the SDK's own reader, which is one step further from the wire.
  client.middlewareStack.add(middleware as never, { step: "deserialize", priority: "low", name: "sluice bounded answers" });
}

/** What names no failure says that all is deleted: an empty answer of something in between must not. */
function notOfDeletes(xml: Uint8Array): string | undefined {
  return /<(?:\w+:)?(?:DeleteResult|Error)[\s/>]/.test(Buffer.from(xml).toString("latin1"))
    ? undefined
    : "the answer does not speak of deletes";
}

/** At a bucket's own domain its name stands nowhere; the SDK puts it into the path, before it signs. */
function leaveBucketOut(client: S3Client, bucket: string): void {
  const middleware = (next: (args: unknown) => unknown) => (args: { request: { path: string } }) => {
    const { request } = args;
    const prefix = `/${bucket}`;
    if (request.path === prefix || request.path.startsWith(`${prefix}/`)) request.path = request.path.slice(prefix.length) || "/";
    return next(args);
  };
  client.middlewareStack.add(middleware as never, { step: "build", name: "sluice own domain" });
}

/** Something that has a middleware stack: a client or a command. */
interface HasStack {
  readonly middlewareStack: { add(middleware: never, options: { step: "build"; name: string }): void };
}

/** Adds a header to every request of a client or to the one of a command, before it is signed. */
export function addHeader(target: HasStack, name: string, value: string): void {
  const middleware = (next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string> } }) => {
    args.request.headers[name] = value;
    return next(args);
  };
  target.middlewareStack.add(middleware as never, { step: "build", name: `sluice ${name}` });
}

/** Adds Content-MD5 of the body to the request of a command. */
export function addContentMd5(target: HasStack): void {
  const middleware =
    (next: (args: unknown) => unknown) => (args: { request: { headers: Record<string, string>; body?: string | Uint8Array } }) => {
      const body = Buffer.from(args.request.body as string ?? "");
      args.request.headers["content-md5"] = createHash("md5").update(body).digest("base64");
      return next(args);
    };
  target.middlewareStack.add(middleware as never, { step: "build", name: "sluice content-md5" });
}
