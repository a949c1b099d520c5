/**
 * Access keys of a store of type oss, from the places where Alibaba's own tools look, in their order. Main thread only: workers are given
 * keys. Written here because the npm package @alicloud/credentials returns keys without saying when they expire, so that nobody could renew
 * them in time, repeats whole files and responses in its messages, and brings 7 MB. Must never print, log or keep a secret anywhere but in
 * the answer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ruleOf, TransferError } from "../errors.ts";
import type { OssSpec } from "../job_types.ts";
import { CREDENTIALS_EARLY_MS } from "../limits.ts";
import type { CredentialSource } from "../store/store.ts";
import type { Credentials } from "../types.ts";
import { type IdentityContext, keysAt, machineKeys } from "./oss_credentials_ask.ts";
import { findProfile } from "./oss_credentials_files.ts";
import { keysOfProfile, oidcKeys } from "./oss_credentials_modes.ts";

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where keys come from, and what is said there of the store's place. */
export interface OssIdentity {
  readonly credentials: CredentialSource;
  /** Of the profile, when the keys are a profile's. */
  readonly endpoint?: string;
  readonly region?: string;
}

/** Variables that hold keys, as Alibaba's own tools name them; the first set that is there counts. */
const KEY_NAMES = [
  ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
  ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
] as const;

const OIDC_NAMES = {
  ram_role_arn: "ALIBABA_CLOUD_ROLE_ARN",
  oidc_provider_arn: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
  oidc_token_file: "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
} as const;

/** Keys are renewed this long before they expire: more than what workers leave, so that these never get keys that are about to end. */
const EARLY_MS = 180_000;
/** A renewal is tried so often, with this wait in between and a multiple of it after each further failure. */
const RENEWALS = 3;
const RENEWAL_WAIT_MS = 1000;

/**
 * Finds where the keys of a store are. Only the machine's role, which nobody named, is asked for at once. Throws `config` for a profile or
 * a file that cannot be used, `credentials` when there are no keys.
 */
export async function ossIdentity(spec: OssSpec, context: IdentityContext): Promise<OssIdentity> {
  const { environment } = context;
  const { credentials } = spec;
  if (credentials !== undefined) return { credentials: () => Promise.resolve(credentials) };
  if (spec.profile !== undefined) return profileIdentity(spec.profile, context)!;
  const found = environmentKeys(environment);
  if (found !== undefined) return { credentials: () => Promise.resolve(found) };
  const oidc = oidcProfile(context);
  if (oidc !== undefined) return { credentials: renewed(() => oidcKeys(oidc, context)) };
  const profile = profileIdentity(environment.ALIBABA_CLOUD_PROFILE || undefined, context);
  if (profile !== undefined) return profile;
  const role = environment.ALIBABA_CLOUD_ECS_METADATA || undefined;
  const uri = environment.ALIBABA_CLOUD_CREDENTIALS_URI || undefined;
  const machine = () => machineKeys(role, context);
  if (environment.ALIBABA_CLOUD_ECS_METADATA_DISABLED?.toLowerCase() !== "true") {
    if (role !== undefined) return { credentials: renewed(machine) };
    const first = uri === undefined ? await machine().catch((error) => passed(error, context)) : undefined;
    if (first !== undefined) return { credentials: renewed(machine, first) };
  }
  if (uri !== undefined) return { credentials: renewed(() => keysAt(uri, context)) };
  const ways = KEY_NAMES.map(([id, secret]) => `${id} and ${secret}`).join(", or ");
  throw new TransferError(
    "credentials",
    `${context.what}: none found, set access_key_id and secret_access_key or profile in the job file, or ${ways}, or attach a RAM role`,
  );
}

/** Nobody said that this machine has a role: that none was found is not a failure, an interrupt is. */
function passed(error: unknown, { signal }: IdentityContext): undefined {
  if (signal.aborted || !(error instanceof TransferError)) throw error;
  return undefined;
}

function environmentKeys(environment: Environment): Credentials | undefined {
  for (const [id, secret, token] of KEY_NAMES) {
    const [accessKeyId, secretAccessKey, sessionToken] = [environment[id], environment[secret], environment[token]];
    if (!accessKeyId || !secretAccessKey) continue;
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  return undefined;
}

function oidcProfile({ environment, what }: IdentityContext) {
  const values = Object.fromEntries(
    Object.entries(OIDC_NAMES).flatMap(([key, name]) => environment[name] ? [[key, environment[name]]] : []),
  );
  if (values.oidc_provider_arn === undefined && values.oidc_token_file === undefined) return undefined;
  const missing = Object.entries(OIDC_NAMES).filter(([key]) => values[key] === undefined).map(([, name]) => name);
  if (missing.length > 0) {
    throw new TransferError("credentials", `${what}: the environment names OIDC, but ${missing.join(" and ")} is missing`);
  }
  return {
    label: "the environment",
    values,
    sibling(): never {
      throw new TransferError("bug", "The environment has no profiles");
    },
  };
}

/** The file is read anew for each renewal: other programs write fresh tokens into it. */
function profileIdentity(name: string | undefined, context: IdentityContext): OssIdentity | undefined {
  const found = findProfile(name, context.environment);
  if (found === undefined) return undefined;
  const { endpoint, region_id: region } = found.values;
  return {
    credentials: renewed(() => keysOfProfile(findProfile(name, context.environment) ?? found, context)),
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
  };
}

/**
 * Keys that are asked for again shortly before they expire, by one question at a time. While a renewal fails, the old ones serve as long as
 * they hold.
 */
export function renewed(ask: () => Promise<Credentials>, first?: Credentials): CredentialSource {
  let current = first;
  let asking: Promise<Credentials> | undefined;
  const leftMs = () => current === undefined ? 0 : (current.expiresAtMs ?? Infinity) - Date.now();
  const renew = async (): Promise<Credentials> => {
    for (let attempt = 1;; attempt++) {
      try {
        return current = await ask();
      } catch (error) {
        // The first question is retried by whoever opens the store.
        if (current === undefined) throw error;
        if (ruleOf(error).retry !== "never" && attempt < RENEWALS) await sleep(RENEWAL_WAIT_MS * attempt);
        else if (leftMs() > CREDENTIALS_EARLY_MS) return current;
        else throw error;
      }
    }
  };
  return () => {
    if (current !== undefined && leftMs() > EARLY_MS) return Promise.resolve(current);
    return asking ??= renew().finally(() => asking = undefined);
  };
}
