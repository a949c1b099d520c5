/**
 * Turns a store of type oss into a bucket that can be reached: keys, endpoint, region, and one request that proves them. Main thread only,
 * once per side of a job. Each way in which that fails is one clear line; must never let a secret into it.
 */
import { env } from "node:process";
import type { OssSpec } from "../job_types.ts";
import type { ReadyOss } from "../types.ts";
import { OSS_CAPABILITIES } from "./capabilities.ts";
import { authoritiesOf } from "./certificates.ts";
import { ossAddress, type OssSurroundings } from "./oss_address.ts";
import { type OssIdentity, ossIdentity } from "./oss_credentials.ts";
import type { Environment } from "./oss_profiles.ts";
import { NOBODY, type Prepared, type PrepareOptions, probeBucket, proxyOf, readyBucket, untilAborted } from "./probe.ts";

/** Where Alibaba's machines ask for the keys of their role. */
const METADATA_URL = "http://100.100.100.200";

/** Options of {@link prepareOss}. */
export interface PrepareOssOptions extends PrepareOptions {
  /** Default: that of the process. */
  readonly environment?: Environment;
  /** Base URLs of the services that give temporary keys. Default: Alibaba's. */
  readonly services?: { readonly metadataUrl?: string; readonly stsUrl?: string };
}

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys, another signature wanted), `config` (no such
 * bucket, another endpoint or region, nobody there) or `cancelled`. That the keys may not list is not an error here.
 */
export async function prepareOss(spec: OssSpec, bucket: string, options: PrepareOssOptions): Promise<Prepared<ReadyOss>> {
  const environment = options.environment ?? env;
  const identity: OssIdentity = spec.anonymous
    ? { credentials: () => Promise.resolve(NOBODY) }
    : await identityOf(spec, options, environment);
  const keys = await untilAborted(identity.credentials(), options.signal);
  const address = ossAddress(spec, bucket, placeOf(spec, identity, environment));
  const common = readyBucket(spec, { bucket, keys, url: address.baseUrl });
  const ready: ReadyOss = { ...common, ...address, type: "oss", signature: spec.signature, capabilities: OSS_CAPABILITIES };
  const { credentials } = identity;
  await probeBucket(ready, credentials, options);
  return { ready, credentials };
}

/** Endpoint and region belong together: of a profile that the job file names, else of the environment, else of a profile that was found. */
function placeOf(spec: OssSpec, { endpoint, region }: OssIdentity, { OSS_ENDPOINT, OSS_REGION }: Environment): OssSurroundings {
  const [ofProfile, ofEnvironment] = [{ endpoint, region }, { endpoint: OSS_ENDPOINT || undefined, region: OSS_REGION }];
  const [first, second] = spec.profile === undefined ? [ofEnvironment, ofProfile] : [ofProfile, ofEnvironment];
  return first.endpoint || first.region ? first : second;
}

function identityOf(spec: OssSpec, options: PrepareOssOptions, environment: Environment): Promise<OssIdentity> {
  const { signal, timeoutMs, services } = options;
  return ossIdentity(spec, {
    what: `Cannot get credentials for ${spec.name}`,
    signal,
    timeoutMs,
    environment,
    passage: (url) => ({ caCerts: authoritiesOf(spec), proxy: spec.proxy ?? proxyOf(url) }),
    metadataUrl: METADATA_URL,
    ...services,
  });
}
