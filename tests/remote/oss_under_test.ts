/**
 * Makes stores under test out of the embedded store's OSS dialect: a fresh bucket each, filled by raw signed requests and none of sluice's
 * own client.
 */
import { type EmbeddedOptions, type EmbeddedStore, startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import type { ObjectHeaders, PartInfo, ReadyOss } from "../../lib/types.ts";
import { crc64Of, sendOss } from "../embedded/oss_client.ts";
import type { Answer } from "../embedded/raw_client.ts";
import { type PartToPut, type StoreMaker, type StoreUnderTest, SUITE_PAGE_ENTRIES } from "../store/under_test.ts";

/** A ready store on a bucket of a running embedded store. */
export function readyOss(store: EmbeddedStore, bucket: string, more: Partial<ReadyOss> = {}): ReadyOss {
  return {
    type: "oss",
    name: "test",
    bucket,
    endpoint: store.endpoint,
    baseUrl: `${store.endpoint}/${bucket}`,
    pathStyle: true,
    region: "cn-hangzhou",
    credentials: { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey },
    signature: "v4",
    requesterPays: false,
    capabilities: OSS_CAPABILITIES,
    ...more,
  };
}

/** Starts an embedded store on a new folder; `stop` clears it away. */
export async function startOss(options: Partial<EmbeddedOptions> = {}): Promise<{ store: EmbeddedStore; stop(): Promise<void> }> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-oss-" });
  const store = await startEmbeddedStore({ folder, ...options });
  return {
    store,
    async stop() {
      await store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Stores on fresh buckets of one embedded store. */
export async function ossMaker(signature: ReadyOss["signature"]): Promise<StoreMaker> {
  const { store, stop } = await startOss();
  let count = 0;
  return { make: () => makeOss(store, `suite-${++count}`, signature), stop };
}

async function makeOss(server: EmbeddedStore, bucket: string, signature: ReadyOss["signature"]): Promise<StoreUnderTest> {
  await server.addBucket(bucket);
  const ready = readyOss(server, bucket, { signature });
  const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 30_000, pageEntries: SUITE_PAGE_ENTRIES });
  return {
    store,
    bucket,
    put: async (key, bytes, headers = {}) => {
      right(await sendOss(server, "PUT", pathOf(bucket, key), { body: bytes, headers: headersOf(headers) }));
    },
    read: async (key) => new Uint8Array(right(await sendOss(server, "GET", pathOf(bucket, key))).bytes),
    putPart: (part) => putPart(server, bucket, part),
    close: () => {
      store.close();
      return Promise.resolve();
    },
  };
}

/** The path of an object, each byte of its key encoded once. */
export function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** The answer, when it is one of success. */
export function right(answer: Answer): Answer {
  if (answer.status >= 300) throw new Error(`The server answered ${answer.status}: ${answer.text}`);
  return answer;
}

function headersOf(headers: ObjectHeaders): Record<string, string> {
  const request: Record<string, string> = {};
  if (headers.contentType !== undefined) request["content-type"] = headers.contentType;
  if (headers.cacheControl !== undefined) request["cache-control"] = headers.cacheControl;
  if (headers.contentDisposition !== undefined) request["content-disposition"] = headers.contentDisposition;
  if (headers.contentLanguage !== undefined) request["content-language"] = headers.contentLanguage;
  if (headers.contentEncoding !== undefined) request["content-encoding"] = headers.contentEncoding;
  if (headers.expires !== undefined) request["expires"] = headers.expires;
  for (const [name, value] of Object.entries(headers.metadata ?? {})) request[`x-oss-meta-${name}`] = value;
  if (headers.tags !== undefined) request["x-oss-tagging"] = new URLSearchParams(headers.tags).toString();
  return request;
}

async function putPart(server: EmbeddedStore, bucket: string, { key, uploadId, partNumber, bytes }: PartToPut): Promise<PartInfo> {
  const path = `${pathOf(bucket, key)}?partNumber=${partNumber}&uploadId=${encodeURIComponent(uploadId)}`;
  const answer = right(await sendOss(server, "PUT", path, { body: bytes }));
  const etag = String(answer.headers.etag).replaceAll('"', "").toLowerCase();
  return { partNumber, sizeBytes: bytes.length, etag, checksums: [{ algorithm: "crc64ecma", value: crc64Of(answer), type: "full" }] };
}
