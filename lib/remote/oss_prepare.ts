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
import { type Prepared, type PrepareOptions, probeBucket, proxyOf } from "./probe.ts";

const NO_KEYS: Credentials = { accessKeyId: "", secretAccessKey: "" };

/** Variables that hold keys, as Alibaba's own tools name them; the first set that is there counts. */
const KEY_NAMES = [
  ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
  ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
] as const;

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Options of {@link prepareOss}. */
export interface PrepareOssOptions extends PrepareOptions {
  /** Default: that of the process. */
  readonly environment?: Environment;
}

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys, another signature wanted), `config` (no such
 * bucket, another endpoint or region, nobody there) or `cancelled`. That the keys may not list is no error here.
 */
export async function prepareOss(spec: OssSpec, bucket: string, options: PrepareOssOptions): Promise<Prepared<ReadyOss>> {
  const environment = options.environment ?? env;
  const keys = spec.anonymous ? NO_KEYS : spec.credentials ?? keysOf(environment);
  if (keys === undefined) {
    const ways = KEY_NAMES.map(([id, secret]) => `${id} and ${secret}`).join(", or ");
    throw new TransferError(
      "credentials",
      `Cannot get credentials for ${spec.name}: none found, set access_key_id and secret_access_key in the job file, or ${ways}`,
    );
  }
  const address = ossAddress(spec, bucket, { endpoint: environment.OSS_ENDPOINT, region: environment.OSS_REGION });
  const proxy = spec.proxy ?? proxyOf(address.baseUrl);
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
    ...(spec.anonymous && { anonymous: true }),
    capabilities: OSS_CAPABILITIES,
  };
  const credentials = () => Promise.resolve(keys);
  await probeBucket(ready, credentials, options);
  return { ready, credentials };
}

function keysOf(environment: Environment): Credentials | undefined {
  for (const [id, secret, token] of KEY_NAMES) {
    const [accessKeyId, secretAccessKey, sessionToken] = [environment[id], environment[secret], environment[token]];
    if (!accessKeyId || !secretAccessKey) continue;
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  return undefined;
}
