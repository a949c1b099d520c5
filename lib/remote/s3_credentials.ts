/**
 * Access keys by the SDK's own provider chain. Main thread only: workers are given keys. Must never print, log or keep a secret anywhere
 * but in the answer.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { NO_KEYS, notAllowed, reasonOf, TransferError } from "../errors.ts";
import type { S3Spec } from "../job_types.ts";
import type { CredentialSource } from "../store/store.ts";

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
export async function ambientClient(spec: S3Spec): Promise<S3Client> {
  const [{ S3Client }, { shareAwsFiles }] = await Promise.all([import("@aws-sdk/client-s3"), import("./aws_files.ts")]);
  shareAwsFiles();
  const known = { ...STILL, ...(spec.region !== undefined && { region: spec.region }) };
  if (spec.profile === undefined) return new S3Client(known);
  // The chain would pass over an unknown profile and end at the instance's own keys; this provider says so.
  const { fromIni } = await import("@aws-sdk/credential-providers");
  return new S3Client({ ...known, profile: spec.profile, credentials: fromIni({ profile: spec.profile }) });
}

/**
 * Keys of a store that the job file does not name: those of its profile, else the SDK's chain (environment, shared files, SSO, process, web
 * identity, container, instance). Asked again shortly before they expire, else remembered. Throws `credentials`.
 */
export function credentialSource(spec: S3Spec, ambient: S3Client): CredentialSource {
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
  // The SDK tells the whole command line, which may hold a password.
  if (/^Command failed/.test(message)) {
    return `the credential_process of ${spec.profile ?? "the profile"} failed: run it by hand to see why`;
  }
  return message;
}
