/**
 * Turns a store of the job file into a bucket that can be reached: keys, region, address, and one request that proves them. Main thread
 * only, once per side of a job. Each way in which that fails is one clear line; must never let a secret into it.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { TransferError } from "../errors.ts";
import type { S3Spec } from "../job_types.ts";
import type { ReadyS3 } from "../types.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { amazonUrl, bucketUrl, checkEndpoint, isPathStyle } from "./s3_address.ts";
import { makeClient } from "./s3_client.ts";
import { ambientClient, credentialSource } from "./s3_credentials.ts";
import { errorRegion, s3Error } from "./s3_errors.ts";
import type { CredentialSource } from "../store/store.ts";

/** Options of {@link prepareS3}. */
export interface PrepareOptions {
  signal: AbortSignal;
  /** A request without any progress for this long has failed. */
  timeoutMs: number;
}

/** What {@link prepareS3} found. */
export interface PreparedS3 {
  readonly ready: ReadyS3;
  /** Answers fresh keys at any time; cheap when the last ones still hold. */
  readonly credentials: CredentialSource;
}

/** Where Amazon's buckets are asked for when nobody names a region. */
const DEFAULT_REGION = "us-east-1";

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys), `config` (no such bucket, profile, endpoint;
 * another region than the one in the job file; nobody there) or `cancelled`. That the keys may not list is no error here: a job of single
 * objects needs no listing.
 */
export async function prepareS3(spec: S3Spec, bucket: string, options: PrepareOptions): Promise<PreparedS3> {
  const ambient = await ambientClient(spec);
  const credentials = credentialSource(spec, ambient);
  const keys = await untilAborted(credentials(), options.signal);
  const endpoint = await findEndpoint(spec, ambient);
  const proxy = spec.proxy ?? await proxyOf(endpoint ?? "https://s3.amazonaws.com");
  const ownDomain = spec.addressing === "own";
  if (ownDomain && endpoint === undefined) {
    throw new TransferError("config", `Store ${spec.name} has addressing = own, but no endpoint: write the bucket's own domain`);
  }
  const pathStyle = isPathStyle(spec.addressing, endpoint, bucket);
  const named = spec.region ?? await ambient.config.region().catch(() => undefined);
  const makeReady = async (region: string): Promise<ReadyS3> => ({
    type: "s3",
    name: spec.name,
    bucket,
    baseUrl: endpoint === undefined
      ? await amazonUrl(await ambientClient({ ...spec, region }), region, bucket, pathStyle)
      : ownDomain
      ? endpoint
      : bucketUrl(endpoint, bucket, pathStyle),
    ...(ownDomain && { ownDomain }),
    ...(endpoint !== undefined && { endpoint }),
    pathStyle,
    region,
    credentials: keys,
    ...(spec.caFile !== undefined && { caFile: spec.caFile }),
    ...(proxy !== undefined && { proxy }),
    requesterPays: spec.requesterPays,
    capabilities: capabilitiesOf(endpoint),
  });
  let ready = await makeReady(named ?? DEFAULT_REGION);
  const elsewhere = await probe(ready, credentials, options);
  if (elsewhere !== undefined) {
    if (spec.region !== undefined) {
      const message = `Cannot use s3 bucket ${bucket} in region ${spec.region}: it lives in another region, set region = ${elsewhere}`;
      throw new TransferError("config", message);
    }
    ready = await makeReady(elsewhere);
    const again = await probe(ready, credentials, options);
    if (again !== undefined) throw new TransferError("config", `Cannot find the region of bucket ${bucket}: set region`);
  }
  return { ready, credentials };
}

/** The job file's endpoint, else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or `endpoint_url` of the shared files, as the SDK reads them. */
async function findEndpoint(spec: S3Spec, ambient: S3Client): Promise<string | undefined> {
  if (spec.endpoint !== undefined) return checkEndpoint(spec.endpoint);
  const config = ambient.config as { serviceConfiguredEndpoint?: () => Promise<string | undefined> };
  const found = await config.serviceConfiguredEndpoint?.();
  return found === undefined || found === "" ? undefined : checkEndpoint(found);
}

/** HTTPS_PROXY and its kin; they hold for every request of a process, so the data plane needs no rule of its own. */
async function proxyOf(url: string): Promise<string | undefined> {
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxy = getProxyForUrl(url);
  return proxy === "" ? undefined : proxy;
}

/** Answers the bucket's region when it is another one; throws what is wrong; undefined means that all is well. */
async function probe(ready: ReadyS3, credentials: CredentialSource, options: PrepareOptions): Promise<string | undefined> {
  const { sdk, client } = await makeClient(ready, credentials, options.timeoutMs, "tell");
  const what = `Cannot use bucket ${ready.bucket} at ${new URL(ready.baseUrl).origin}`;
  const send = { abortSignal: options.signal };
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket: ready.bucket }), send);
    return undefined;
  } catch (error) {
    const region = errorRegion(error);
    if (region !== undefined && region !== ready.region) return region;
    if (s3Error(error, { what, signal: options.signal }).status === undefined) throw unreachable(error, what, options.signal);
  } finally {
    client.destroy();
  }
  return await probeByListing(ready, credentials, options, what);
}

/** HEAD answers have no body; a listing of one key tells the reason of the refusal. */
async function probeByListing(
  ready: ReadyS3,
  credentials: CredentialSource,
  options: PrepareOptions,
  what: string,
): Promise<string | undefined> {
  const { sdk, client } = await makeClient(ready, credentials, options.timeoutMs, "tell");
  try {
    await client.send(new sdk.ListObjectsV2Command({ Bucket: ready.bucket, MaxKeys: 1 }), { abortSignal: options.signal });
    return undefined;
  } catch (error) {
    const region = errorRegion(error);
    if (region !== undefined && region !== ready.region) return region;
    const failure = s3Error(error, { what, signal: options.signal });
    // The keys are known and signed well, which is all that can be learnt.
    if (failure.kind === "denied") return undefined;
    if (failure.status === undefined) throw unreachable(error, what, options.signal);
    throw failure.kind === "notFound" ? s3Error(error, { what, scope: "bucket" }) : failure;
  } finally {
    client.destroy();
  }
}

/** Nothing was ever reached, so it is the configuration that is doubted and nothing is tried again. */
function unreachable(error: unknown, what: string, signal: AbortSignal): TransferError {
  const failure = s3Error(error, { what, signal });
  if (failure.kind !== "network") return failure;
  return new TransferError("config", `${failure.message}: check endpoint and proxy`, { cause: error });
}

/** Ends a wait for keys that cannot be ended itself. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new TransferError("cancelled", "Interrupted while waiting for credentials"));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
