/**
 * Turns a store of the job file into a bucket that can be reached: keys, region, address, and one request that proves them. Main thread
 * only, once per side of a job. Each way in which that fails is one clear line; must never let a secret into it.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { TransferError } from "../errors.ts";
import type { S3Spec } from "../job_types.ts";
import type { CredentialSource } from "../store/store.ts";
import type { Credentials, ReadyS3 } from "../types.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { type Prepared, type PrepareOptions, probeBucket, proxyOf, untilAborted } from "./probe.ts";
import { amazonUrl, bucketUrl, checkEndpoint, isPathStyle } from "./s3_address.ts";
import { ambientClient, credentialSource } from "./s3_credentials.ts";

/** Where Amazon's buckets are asked for when nobody names a region. */
const DEFAULT_REGION = "us-east-1";

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys), `config` (no such bucket, profile, endpoint;
 * another region than the one in the job file; nobody there) or `cancelled`. That the keys may not list is no error here: a job of single
 * objects needs no listing.
 */
export async function prepareS3(spec: S3Spec, bucket: string, options: PrepareOptions): Promise<Prepared<ReadyS3>> {
  const surroundings = new Surroundings(spec);
  const credentials = spec.anonymous ? () => Promise.resolve(NO_KEYS) : await credentialsOf(spec, surroundings);
  const keys = await untilAborted(credentials(), options.signal);
  const endpoint = spec.endpoint === undefined ? await surroundings.endpoint() : checkEndpoint(spec.endpoint);
  if (spec.addressing === "own" && endpoint === undefined) {
    throw new TransferError("config", `Store ${spec.name} has addressing = own, but no endpoint: write the bucket's own domain`);
  }
  const proxy = spec.proxy ?? proxyOf(endpoint ?? "https://s3.amazonaws.com");
  const found = { ...spec, bucket, keys, surroundings, ...(endpoint !== undefined && { endpoint }), ...(proxy !== undefined && { proxy }) };
  let ready = await readyIn(found, await surroundings.region() ?? DEFAULT_REGION);
  const elsewhere = await probeBucket(ready, credentials, options);
  if (elsewhere !== undefined) {
    if (spec.region !== undefined) {
      const message = `Cannot use s3 bucket ${bucket} in region ${spec.region}: it lives in another region, set region = ${elsewhere}`;
      throw new TransferError("config", message);
    }
    ready = await readyIn(found, elsewhere);
    const again = await probeBucket(ready, credentials, options);
    if (again !== undefined) throw new TransferError("config", `Cannot find the region of bucket ${bucket}: set region`);
  }
  return { ready, credentials };
}

const NO_KEYS: Credentials = { accessKeyId: "", secretAccessKey: "" };

/** What is known of a bucket but for its region. */
interface Found extends Omit<S3Spec, "type" | "region"> {
  readonly bucket: string;
  readonly keys: Credentials;
  readonly surroundings: Surroundings;
}

async function readyIn(found: Found, region: string): Promise<ReadyS3> {
  const { endpoint, bucket, addressing } = found;
  const pathStyle = isPathStyle(found, endpoint, bucket);
  return {
    type: "s3",
    name: found.name,
    bucket,
    baseUrl: endpoint === undefined
      ? await amazonUrl(await found.surroundings.client(region), region, bucket, pathStyle)
      : addressing === "own"
      ? endpoint
      : bucketUrl(endpoint, bucket, pathStyle),
    ...(addressing === "own" && { ownDomain: true }),
    ...(endpoint !== undefined && { endpoint }),
    pathStyle,
    region,
    credentials: found.keys,
    ...(found.caFile !== undefined && { caFile: found.caFile }),
    ...(found.proxy !== undefined && { proxy: found.proxy }),
    requesterPays: found.requesterPays,
    ...(found.anonymous && { anonymous: true }),
    ...(found.listing !== undefined && { listing: found.listing }),
    capabilities: capabilitiesOf(endpoint, found),
  };
}

async function credentialsOf(spec: S3Spec, surroundings: Surroundings): Promise<CredentialSource> {
  const { credentials } = spec;
  if (credentials !== undefined) return () => Promise.resolve(credentials);
  return credentialSource(spec, await surroundings.client());
}

/** What the environment and the shared files say, read by the SDK; that is loaded when the job file leaves something open. */
class Surroundings {
  readonly #spec: S3Spec;
  #client: Promise<S3Client> | undefined;

  constructor(spec: S3Spec) {
    this.#spec = spec;
  }

  client(region?: string): Promise<S3Client> {
    if (region !== undefined) return ambientClient({ ...this.#spec, region });
    return this.#client ??= ambientClient(this.#spec);
  }

  async region(): Promise<string | undefined> {
    return this.#spec.region ?? await (await this.client()).config.region().catch(() => undefined);
  }

  /** AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or `endpoint_url` of the shared files. */
  async endpoint(): Promise<string | undefined> {
    const config = (await this.client()).config as { serviceConfiguredEndpoint?: () => Promise<string | undefined> };
    const found = await config.serviceConfiguredEndpoint?.();
    return found === undefined || found === "" ? undefined : checkEndpoint(found);
  }
}
