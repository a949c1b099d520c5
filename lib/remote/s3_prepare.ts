/**
 * Turns a store of the job file into a bucket that can be reached: keys, region, address, and one request that proves them. Main thread
 * only, once per side of a job. Each way in which that fails is one clear line; must never let a secret into it.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { NO_KEYS, notAllowed, reasonOf, TransferError } from "../errors.ts";
import type { S3Spec } from "../job_types.ts";
import type { CredentialSource } from "../store/store.ts";
import type { ReadyS3 } from "../types.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { NOBODY, type Prepared, type PrepareOptions, probeBucket, readyBucket, untilAborted } from "./probe.ts";
import { amazonUrl, bucketUrl, checkEndpoint, isPathStyle } from "./s3_address.ts";

/** Where Amazon's buckets are asked for when nobody names a region. */
const DEFAULT_REGION = "us-east-1";

/**
 * Resolves and proves one bucket. Throws `credentials` (none, unknown, wrong, expired keys), `config` (no such bucket, profile, endpoint;
 * another region than the one in the job file; nobody there) or `cancelled`. That the keys may not list is not an error here: a job of
 * single objects needs no listing.
 */
export async function prepareS3(spec: S3Spec, bucket: string, options: PrepareOptions): Promise<Prepared<ReadyS3>> {
  // Loaded when the job file leaves something open.
  let client: Promise<S3Client> | undefined;
  const ambient = () => client ??= ambientClient(spec);
  const written = spec.anonymous ? NOBODY : spec.credentials;
  const credentials = written === undefined ? credentialSource(spec, await ambient()) : () => Promise.resolve(written);
  const keys = await untilAborted(credentials(), options.signal);
  const endpoint = spec.endpoint === undefined ? await ambientEndpoint(await ambient()) : checkEndpoint(spec.endpoint);
  if (spec.addressing === "own" && endpoint === undefined) {
    throw new TransferError("config", `Store ${spec.name} has addressing = own, but no endpoint: write the bucket's own domain`);
  }
  const pathStyle = isPathStyle(spec, endpoint, bucket);
  const common = readyBucket(spec, { bucket, keys, url: endpoint ?? "https://s3.amazonaws.com" });
  const readyIn = async (region: string): Promise<ReadyS3> => ({
    ...common,
    type: "s3",
    baseUrl: endpoint === undefined
      ? await amazonUrl(await ambientClient({ ...spec, region }), region, bucket, pathStyle)
      : spec.addressing === "own"
      ? endpoint
      : bucketUrl(endpoint, bucket, pathStyle),
    ...(spec.addressing === "own" && { ownDomain: true }),
    ...(endpoint !== undefined && { endpoint }),
    pathStyle,
    region,
    ...(spec.listing !== undefined && { listing: spec.listing }),
    capabilities: capabilitiesOf(endpoint, spec),
  });
  const region = spec.region ?? await (await ambient()).config.region().catch(() => undefined);
  let ready = await readyIn(region ?? DEFAULT_REGION);
  const elsewhere = await probeBucket(ready, credentials, options);
  if (elsewhere !== undefined) {
    if (spec.region !== undefined) {
      const message = `Cannot use s3 bucket ${bucket} in region ${spec.region}: it lives in another region, set region = ${elsewhere}`;
      throw new TransferError("config", message);
    }
    ready = await readyIn(elsewhere);
    const again = await probeBucket(ready, credentials, options);
    if (again !== undefined) throw new TransferError("config", `Cannot find the region of bucket ${bucket}: set region`);
  }
  return { ready, credentials };
}

const NONE = "none found";
/** Ways to name keys, for the message when there are none. */
const WAYS =
  "set access_key_id and secret_access_key or profile in the job file, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE";

/** What would else be looked for on this machine while the client is made, where a refusal could not be caught. */
const STILL = { defaultsMode: "standard" } as const;

/**
 * A client whose settings (endpoint, keys, and the region unless the store has one) come from the environment and the shared files alone;
 * it sends nothing.
 */
async function ambientClient(spec: S3Spec): Promise<S3Client> {
  const [{ S3Client }, { shareAwsFiles }] = await Promise.all([import("@aws-sdk/client-s3"), import("./aws_files.ts")]);
  shareAwsFiles();
  const known = { ...STILL, ...(spec.region !== undefined && { region: spec.region }) };
  if (spec.profile === undefined) return new S3Client(known);
  // The chain would pass over an unknown profile and end at the instance's own keys; this provider says so.
  const { fromIni } = await import("@aws-sdk/credential-providers");
  return new S3Client({ ...known, profile: spec.profile, credentials: fromIni({ profile: spec.profile }) });
}

/** AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or `endpoint_url` of the shared files. */
async function ambientEndpoint(client: S3Client): Promise<string | undefined> {
  const config = client.config as { serviceConfiguredEndpoint?: () => Promise<string | undefined> };
  const found = await config.serviceConfiguredEndpoint?.();
  return found === undefined || found === "" ? undefined : checkEndpoint(found);
}

/**
 * Keys of a store that the job file does not name: those of its profile, else the SDK's chain (environment, shared files, SSO, process, web
 * identity, container, instance). Asked again shortly before they expire, else remembered. Throws `credentials`.
 */
function credentialSource(spec: S3Spec, ambient: S3Client): CredentialSource {
  return async () => {
    try {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await ambient.config.credentials();
      return {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== undefined && { sessionToken }),
        ...(expiration !== undefined && { expiresAtMs: expiration.getTime() }),
      };
    } catch (error) {
      throw notAllowedKeys(error, spec) ?? await noKeys(error, spec);
    }
  };
}

async function noKeys(error: unknown, spec: S3Spec): Promise<TransferError> {
  const why = explain(spec, error);
  const { speaksOfKeys } = await import("./aws_files.ts");
  const code = why.startsWith(NONE) && !speaksOfKeys() ? { code: NO_KEYS } : {};
  return new TransferError("credentials", `Cannot get credentials for ${spec.name}: ${why}`, { cause: error, ...code });
}

/** What asks for the user's number or name seeks the home folder, after the environment had no keys: then those are what is missing. */
function notAllowedKeys(error: unknown, spec: S3Spec): TransferError | undefined {
  const what = `Cannot get credentials for ${spec.name}`;
  const refused = notAllowed(error, what);
  if (refused === undefined || !refused.message.includes("--allow-sys")) return refused;
  const ways = "--allow-env=AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY, or --allow-env=HOME and --allow-read of ~/.aws";
  return new TransferError("config", `${what}: Deno was not allowed to, run again with ${ways}`, { cause: error });
}

function explain(spec: S3Spec, error: unknown): string {
  const message = reasonOf(error).split("\n", 1)[0]!.replace(/\.$/, "");
  if (/from any providers/.test(message)) return `${NONE}, ${WAYS}`;
  if (/Could not resolve credentials using profile/.test(message)) {
    return `profile ${spec.profile} is not in the shared files, or has no keys: check profile`;
  }
  // The SDK names the whole command line, which may hold a password.
  if (/^Command failed/.test(message)) {
    return `the credential_process of ${spec.profile ?? "the profile"} failed: run it by hand to see why`;
  }
  return message;
}
