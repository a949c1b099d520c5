/**
 * Turns a store of type oss into a bucket that can be reached: keys, endpoint, region, and one request that proves them. Main thread only,
 * once per side of a job. Each way in which that fails is one clear line; must never let a secret into it.
 */
import { env } from "node:process";
import { TransferError } from "../errors.ts";
import type { OssSpec } from "../job_types.ts";
import type { Credentials, ReadyOss } from "../types.ts";
import { OSS_CAPABILITIES } from "./capabilities.ts";
import { ossAddress } from "./oss_address.ts";
import { type OssBucket, ossCall } from "./oss_call.ts";
import { loadClient } from "./oss_client.ts";
import { OssLine } from "./oss_line.ts";
import type { CredentialSource } from "../store/store.ts";

/** Variables that hold keys, as Alibaba's own tools name them; the first set that is there counts. */
const KEY_NAMES = [
  ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
  ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
] as const;

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Options of {@link prepareOss}. */
export interface PrepareOssOptions {
  readonly signal: AbortSignal;
  /** A request without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** Default: that of the process. */
  readonly environment?: Environment;
}

/** What {@link prepareOss} found. */
export interface PreparedOss {
  readonly ready: ReadyOss;
  readonly credentials: CredentialSource;
}

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys, another signature wanted), `config` (no such
 * bucket, another endpoint or region, nobody there) or `cancelled`. That the keys may not list is no error here.
 */
export async function prepareOss(spec: OssSpec, bucket: string, options: PrepareOssOptions): Promise<PreparedOss> {
  const environment = options.environment ?? env;
  const keys = spec.credentials ?? keysOf(environment);
  if (keys === undefined) {
    const ways = KEY_NAMES.map(([id, secret]) => `${id} and ${secret}`).join(", or ");
    throw new TransferError(
      "credentials",
      `Cannot get credentials for ${spec.name}: none found, set access_key_id and secret_access_key in the job file, or ${ways}`,
    );
  }
  const address = ossAddress(spec, bucket, { endpoint: environment.OSS_ENDPOINT, region: environment.OSS_REGION });
  const proxy = spec.proxy ?? await proxyOf(address.baseUrl);
  const ready: ReadyOss = {
    type: "oss",
    name: spec.name,
    bucket,
    ...address,
    credentials: keys,
    signature: spec.signature,
    ...(spec.caFile !== undefined && { caFile: spec.caFile }),
    ...(proxy !== undefined && { proxy }),
    requesterPays: spec.requesterPays,
    capabilities: OSS_CAPABILITIES,
  };
  await probe(ready, options);
  return { ready, credentials: () => Promise.resolve(keys) };
}

function keysOf(environment: Environment): Credentials | undefined {
  for (const [id, secret, token] of KEY_NAMES) {
    const [accessKeyId, secretAccessKey, sessionToken] = [environment[id], environment[secret], environment[token]];
    if (!accessKeyId || !secretAccessKey) continue;
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  return undefined;
}

/** HTTPS_PROXY and its kin, as for every other store. */
async function proxyOf(url: string): Promise<string | undefined> {
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxy = getProxyForUrl(url);
  return proxy === "" ? undefined : proxy;
}

/** Lists one key. Nothing was ever reached before, so it is the configuration that is doubted and nothing is tried again. */
async function probe(ready: ReadyOss, options: PrepareOssOptions): Promise<void> {
  const line = new OssLine(ready);
  const bucket: OssBucket = {
    ready,
    label: `${ready.name}://${ready.bucket}`,
    pageEntries: 1,
    timeoutMs: options.timeoutMs,
    credentials: () => Promise.resolve(ready.credentials),
    line,
    clock: { offsetMs: 0 },
    client: () => loadClient(ready, line),
  };
  const what = `Cannot use oss bucket ${ready.bucket} at ${new URL(ready.baseUrl).origin}`;
  try {
    await ossCall(bucket, { what, signal: options.signal }, {
      method: "GET",
      query: { "list-type": "2", "max-keys": "1" },
      bare: true,
    });
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    // The keys are known and signed well, which is all that can be learnt.
    if (error.kind === "denied") return;
    if (error.kind !== "network") throw error;
    throw new TransferError("config", `${error.message}: check endpoint and proxy`, { cause: error });
  } finally {
    line.close();
  }
}
