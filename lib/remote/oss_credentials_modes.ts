/**
 * A profile to keys: one function for each mode in which Alibaba's tools get them. Must never put a value of a profile into a message but
 * its name, its mode and paths.
 */
import { notAllowed, TransferError } from "../errors.ts";
import type { Credentials } from "../types.ts";
import { assumeRole, type IdentityContext, keysAt, keysFrom, machineKeys } from "./oss_credentials_ask.ts";
import { type OssProfile, readConfig } from "./oss_credentials_files.ts";

type Mode = (profile: OssProfile, context: IdentityContext, depth: number) => Promise<Credentials>;

/** Profiles that lead to one another. */
const CHAIN_MAX = 10;

/** By their names in lower case, without `ali-` in front. */
const MODES: Readonly<Record<string, Mode>> = {
  ak: writtenKeys,
  ststoken: writtenKeys,
  cloudsso: cachedKeys,
  oauth: cachedKeys,
  ramrolearn: async (profile, context) => assumeWith(await writtenKeys(profile, context), profile, context),
  ecsramrole: (profile, context) => machineKeys(profile.values.ram_role_name, context),
  ramrolearnwithecs: async (profile, context) => assumeWith(await machineKeys(profile.values.ram_role_name, context), profile, context),
  chainableramrolearn: async (profile, context, depth) => {
    const source = profile.sibling(need(profile, context, "source_profile"));
    return assumeWith(await keysOfProfile(source, context, depth + 1), profile, context);
  },
  oidc: oidcKeys,
  oidcrolearn: oidcKeys,
  external: programKeys,
  process: programKeys,
  credentialsuri: (profile, context) => keysAt(need(profile, context, "credentials_uri"), context),
};

/** Keys as the profile's mode gets them. Throws `credentials` or `config` with the profile's name and the way out, `network`, `server`. */
export async function keysOfProfile(profile: OssProfile, context: IdentityContext, depth = 0): Promise<Credentials> {
  const { values, label } = profile;
  if (depth > CHAIN_MAX) throw refused(context, `${label}: source_profile leads in a circle`);
  const written = values.mode ?? (values.ram_role_arn !== undefined && values.access_key_id !== undefined ? "RamRoleArn" : "AK");
  const mode = MODES[written.toLowerCase().replace(/^ali-/, "")];
  if (mode !== undefined) return await mode(profile, context, depth);
  if (written.toLowerCase() === "anonymous") throw refused(context, `${label} is anonymous: set anonymous = yes`);
  throw refused(
    context,
    `${label} has mode ${written}, which is not supported: use another profile, or access_key_id and secret_access_key`,
  );
}

/** Keys by a role that a token file proves. Throws as {@link keysOfProfile} does. */
export function oidcKeys(profile: OssProfile, context: IdentityContext): Promise<Credentials> {
  const file = need(profile, context, "oidc_token_file");
  const token = readConfig(file)?.trim();
  if (!token) throw refused(context, `the OIDC token file ${file} of ${profile.label} is ${token === "" ? "empty" : "missing"}`);
  return assumeRole({
    roleArn: need(profile, context, "ram_role_arn"),
    values: profile.values,
    form: { OIDCProviderArn: need(profile, context, "oidc_provider_arn"), OIDCToken: token },
  }, context);
}

function assumeWith(signer: Credentials, profile: OssProfile, context: IdentityContext): Promise<Credentials> {
  return assumeRole({ roleArn: need(profile, context, "ram_role_arn"), values: profile.values, signer, form: {} }, context);
}

// deno-lint-ignore require-await -- what is missing is a rejected promise, as in the other modes
async function writtenKeys(profile: OssProfile, context: IdentityContext): Promise<Credentials> {
  const { sts_token: sessionToken, mode = "" } = profile.values;
  if (mode.toLowerCase() === "ststoken") need(profile, context, "sts_token");
  return {
    accessKeyId: need(profile, context, "access_key_id"),
    secretAccessKey: need(profile, context, "access_key_secret"),
    ...(sessionToken !== undefined && { sessionToken }),
  };
}

/** What a browser log-in of the aliyun CLI left behind. Only the CLI renews it, by any command. */
async function cachedKeys(profile: OssProfile, context: IdentityContext): Promise<Credentials> {
  const expiresAtMs = Number(profile.values.sts_expiration ?? 0) * 1000;
  if (profile.values.sts_token === undefined || expiresAtMs <= Date.now()) {
    throw refused(context, `the log-in of ${profile.label} has expired: run aliyun sts GetCallerIdentity with it, then run again`);
  }
  return { ...await writtenKeys(profile, context), expiresAtMs };
}

/** Keys that a program writes to its standard output as JSON. */
async function programKeys(profile: OssProfile, context: IdentityContext): Promise<Credentials> {
  const { label } = profile;
  const [program = "", ...args] = wordsOf(need(profile, context, "process_command"));
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(context.timeoutMs)]);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "null", signal }).output();
  } catch (error) {
    throw notAllowed(error, context.what) ?? refused(context, `the program of ${label} cannot be started: check its path`, error);
  }
  if (context.signal.aborted) throw new TransferError("cancelled", `${context.what}: interrupted`);
  // The command line may hold a password, its output a secret.
  if (!output.success) throw refused(context, `the program of ${label} failed: run it by hand to see why`);
  return keysFrom(new TextDecoder().decode(output.stdout), { what: context.what, from: `the program of ${label}` });
}

/** A command line cut at blanks; quotes hold words together. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

function need({ values, label }: OssProfile, context: IdentityContext, name: string): string {
  const value = values[name];
  if (value === undefined) throw refused(context, `${label} has no ${name}: add it, or run aliyun configure or ossutil config`);
  return value;
}

function refused({ what }: IdentityContext, why: string, cause?: unknown): TransferError {
  return new TransferError("credentials", `${what}: ${why}`, cause === undefined ? {} : { cause });
}
