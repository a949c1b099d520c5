/**
 * Access keys of a store of type oss, from the places where Alibaba's own tools look, in their order. Main thread only: workers are given
 * keys. The npm package @alicloud/credentials returns keys without the time at which they expire, so that nobody could renew them in time,
 * and repeats files and responses in its messages. Here a message holds nothing of them but names, paths, a status and an error code.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Watch } from "../bytes/watch.ts";
import { NO_KEYS, notAllowed, ruleOf, TransferError } from "../errors.ts";
import type { OssSpec } from "../job_types.ts";
import { CREDENTIALS_EARLY_MS } from "../limits.ts";
import { nodeCrypto } from "../node.ts";
import type { CredentialSource } from "../store/store.ts";
import type { Credentials } from "../types.ts";
import { encodeText } from "./encode.ts";
import { HttpClient } from "./http/client.ts";
import type { Passage } from "./http/dial.ts";
import { readWhole } from "./http/response.ts";
import { type Environment, findProfile, isRecord, type OssProfile, readConfig } from "./oss_profiles.ts";

/** Where questions about keys are asked, and how long. */
export interface IdentityContext {
  /** Start of every message: `Cannot get credentials for NAME`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** A question without any progress for this long has failed. */
  readonly timeoutMs: number;
  /** What lies between here and STS. */
  passage(url: string): Passage;
  /** Base URL of the metadata service. */
  readonly metadataUrl: string;
  /** Base URL of STS; absent: Alibaba's in the region. */
  readonly stsUrl?: string;
  readonly environment: Environment;
}

/** Where keys come from, and what is said there of the store's place. */
export interface OssIdentity {
  readonly credentials: CredentialSource;
  /** Of the profile, when the keys are a profile's. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** Variables that hold keys, as Alibaba's own tools name them; the first set that is there counts. */
const KEY_NAMES = [
  ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
  ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
] as const;

const OIDC_NAMES = [
  ["ram_role_arn", "ALIBABA_CLOUD_ROLE_ARN"],
  ["oidc_provider_arn", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"],
  ["oidc_token_file", "ALIBABA_CLOUD_OIDC_TOKEN_FILE"],
] as const;

/** A role that nobody named is asked for so long: most machines have none, and their users wait. */
const UNNAMED_ROLE_MS_MAX = 500;

/** Keys are renewed this long before they expire: more than what workers leave, so that these never get keys that are about to end. */
const EARLY_MS = 180_000;
/** A renewal is tried so often, with this wait in between and a multiple of it after each further failure. */
const RENEWALS = 3;
const RENEWAL_WAIT_MS = 1000;
/** Machines respond at once; where there is no such service, nobody does. */
const METADATA_MS_MAX = 2000;
/** Profiles that lead to one another. */
const CHAIN_MAX = 10;

/**
 * Finds where the keys of a store are. Only the machine's role, which nobody named, is asked for at once. Throws `config` for a profile or
 * a file that cannot be used, `credentials` when there are no keys.
 */
export async function ossIdentity(spec: OssSpec, context: IdentityContext): Promise<OssIdentity> {
  const { environment, what, signal } = context;
  const written = spec.credentials ?? (spec.profile === undefined ? environmentKeys(environment) : undefined);
  if (written !== undefined) return { credentials: () => Promise.resolve(written) };
  const oidc = spec.profile === undefined ? oidcOf(context) : undefined;
  if (oidc !== undefined) return { credentials: renewed(() => oidcKeys(oidc, context)) };
  const name = spec.profile ?? (environment.ALIBABA_CLOUD_PROFILE || undefined);
  const profile = findProfile(name, environment);
  if (profile !== undefined) {
    // The file is read anew for each renewal: other programs write fresh tokens into it.
    const credentials = renewed(() => keysOfProfile(findProfile(name, environment) ?? profile, context));
    return { credentials, endpoint: profile.values.endpoint, region: profile.values.region_id };
  }
  const { ALIBABA_CLOUD_ECS_METADATA: role, ALIBABA_CLOUD_CREDENTIALS_URI: uri } = environment;
  const machine = () => machineKeys(role || undefined, context);
  if (environment.ALIBABA_CLOUD_ECS_METADATA_DISABLED?.toLowerCase() !== "true") {
    if (role) return { credentials: renewed(machine) };
    // Nobody said that this machine has a role: that none was found is not a failure, an interrupt is.
    const hurried = { ...context, timeoutMs: Math.min(context.timeoutMs, UNNAMED_ROLE_MS_MAX) };
    const first = uri ? undefined : await machineKeys(undefined, hurried).catch((error) => {
      if (signal.aborted || !(error instanceof TransferError)) throw error;
      return undefined;
    });
    if (first !== undefined) return { credentials: renewed(machine, first) };
  }
  if (uri) return { credentials: renewed(() => keysAt(uri, context)) };
  const ways = KEY_NAMES.map(([id, secret]) => `${id} and ${secret}`).join(", or ");
  const hint = `set access_key_id and secret_access_key or profile in the job file, or ${ways}, or attach a RAM role`;
  const begun = KEY_NAMES.flat().some((name) => environment[name]);
  throw new TransferError("credentials", `${what}: none found, ${hint}`, begun ? {} : { code: NO_KEYS });
}

function environmentKeys(environment: Environment): Credentials | undefined {
  for (const [id, secret, token] of KEY_NAMES) {
    const [accessKeyId, secretAccessKey, sessionToken] = [environment[id], environment[secret], environment[token]];
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  return undefined;
}

/** What the environment says of OIDC, as a profile would. */
function oidcOf(context: IdentityContext): Profile | undefined {
  const { environment } = context;
  const named = OIDC_NAMES.flatMap(([key, name]) => environment[name] ? [[key, environment[name]] as const] : []);
  const values: Profile["values"] = Object.fromEntries(named);
  if (values.oidc_provider_arn === undefined && values.oidc_token_file === undefined) return undefined;
  const missing = OIDC_NAMES.filter(([key]) => values[key] === undefined).map(([, name]) => name).join(" and ");
  if (missing !== "") throw refused(context, `the environment names OIDC, but ${missing} is missing`);
  return { label: "the environment", values };
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

type Profile = Pick<OssProfile, "label" | "values">;

/** How each mode of a profile gets its keys, by its name in lower case without `ali-` in front. */
const MODES: Readonly<Record<string, (profile: OssProfile, context: IdentityContext, depth: number) => Promise<Credentials>>> = {
  ak: writtenKeys,
  ststoken: writtenKeys,
  cloudsso: cachedKeys,
  oauth: cachedKeys,
  ramrolearn: async (profile, context) => assumeRole(profile, context, await writtenKeys(profile, context)),
  ecsramrole: ({ values }, context) => machineKeys(values.ram_role_name, context),
  ramrolearnwithecs: async (profile, context) => assumeRole(profile, context, await machineKeys(profile.values.ram_role_name, context)),
  chainableramrolearn: async (profile, context, depth) => {
    const source = profile.sibling(need(profile, context, "source_profile"));
    return assumeRole(profile, context, await keysOfProfile(source, context, depth + 1));
  },
  oidc: oidcKeys,
  oidcrolearn: oidcKeys,
  external: programKeys,
  process: programKeys,
  credentialsuri: (profile, context) => keysAt(need(profile, context, "credentials_uri"), context),
};

async function keysOfProfile(profile: OssProfile, context: IdentityContext, depth = 0): Promise<Credentials> {
  const { values, label } = profile;
  if (depth > CHAIN_MAX) throw refused(context, `${label}: source_profile leads in a circle`);
  const written = values.mode ?? (values.ram_role_arn !== undefined && values.access_key_id !== undefined ? "RamRoleArn" : "AK");
  const mode = MODES[written.toLowerCase().replace(/^ali-/, "")];
  if (mode !== undefined) return await mode(profile, context, depth);
  if (written.toLowerCase() === "anonymous") throw refused(context, `${label} is anonymous: set anonymous = yes`);
  const hint = "use another profile, or access_key_id and secret_access_key";
  throw refused(context, `${label} has mode ${written}, which is not supported: ${hint}`);
}

function oidcKeys(profile: Profile, context: IdentityContext): Promise<Credentials> {
  const file = need(profile, context, "oidc_token_file");
  const token = readConfig(file)?.trim();
  if (!token) throw refused(context, `the OIDC token file ${file} of ${profile.label} is ${token === "" ? "empty" : "missing"}`);
  return assumeRole(profile, context, token);
}

// deno-lint-ignore require-await -- what is missing is a rejected promise, as in the other modes
async function writtenKeys(profile: Profile, context: IdentityContext): Promise<Credentials> {
  const { sts_token: sessionToken, mode = "" } = profile.values;
  if (mode.toLowerCase() === "ststoken") need(profile, context, "sts_token");
  const accessKeyId = need(profile, context, "access_key_id");
  return { accessKeyId, secretAccessKey: need(profile, context, "access_key_secret"), ...(sessionToken && { sessionToken }) };
}

/** What a browser log-in of the aliyun CLI left behind. Only the CLI renews it, by any command. */
async function cachedKeys(profile: Profile, context: IdentityContext): Promise<Credentials> {
  const expiresAtMs = Number(profile.values.sts_expiration ?? 0) * 1000;
  if (profile.values.sts_token === undefined || expiresAtMs <= Date.now()) {
    throw refused(context, `the log-in of ${profile.label} has expired: run aliyun sts GetCallerIdentity with it, then run again`);
  }
  return { ...await writtenKeys(profile, context), expiresAtMs };
}

/** Keys that a program writes to its standard output as JSON. */
async function programKeys(profile: Profile, context: IdentityContext): Promise<Credentials> {
  const { what } = context;
  const from = `the program of ${profile.label}`;
  // Cut at blanks; quotes hold words together.
  const words = need(profile, context, "process_command").matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  const [program = "", ...args] = [...words].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(context.timeoutMs)]);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "null", signal }).output();
  } catch (error) {
    throw notAllowed(error, what) ?? refused(context, `${from} cannot be started: check its path`, error);
  }
  if (context.signal.aborted) throw new TransferError("cancelled", `${what}: interrupted`);
  // The command line may hold a password, its output a secret.
  if (!output.success) throw refused(context, `${from} failed: run it by hand to see why`);
  return keysFrom(new TextDecoder().decode(output.stdout), { what, from });
}

function need({ values, label }: Profile, context: IdentityContext, name: string): string {
  const value = values[name];
  if (value === undefined) throw refused(context, `${label} has no ${name}: add it, or run aliyun configure or ossutil config`);
  return value;
}

function refused({ what }: IdentityContext, why: string, cause?: unknown): TransferError {
  return new TransferError("credentials", `${what}: ${why}`, { cause });
}

/** Temporary keys of a role by STS; `proof` signs the question (AssumeRole), or is the token of OIDC (AssumeRoleWithOIDC). */
async function assumeRole(profile: Profile, context: IdentityContext, proof: Credentials | string): Promise<Credentials> {
  const { values } = profile;
  const { environment } = context;
  const form: Parameters = {
    RoleArn: need(profile, context, "ram_role_arn"),
    RoleSessionName: values.ram_session_name ?? (environment.ALIBABA_CLOUD_ROLE_SESSION_NAME || "sluice"),
    DurationSeconds: values.expired_seconds ?? "3600",
    Policy: values.policy,
    ExternalId: values.external_id,
  };
  const query: Parameters = { Format: "JSON", Version: "2015-04-01", Timestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z") };
  if (typeof proof === "string") {
    query.Action = "AssumeRoleWithOIDC";
    Object.assign(form, { OIDCProviderArn: need(profile, context, "oidc_provider_arn"), OIDCToken: proof });
  } else {
    const method = { SignatureMethod: "HMAC-SHA1", SignatureVersion: "1.0", SignatureNonce: crypto.randomUUID() };
    Object.assign(query, { Action: "AssumeRole", AccessKeyId: proof.accessKeyId, SecurityToken: proof.sessionToken, ...method });
    const text = `POST&%2F&${encodeText(encoded({ ...query, ...form }))}`;
    query.Signature = nodeCrypto().createHmac("sha1", `${proof.secretAccessKey}&`).update(text).digest("base64");
  }
  const url = `${context.stsUrl ?? stsOf(values, environment)}/?${encoded(query)}`;
  const { status, text } = await send({ method: "POST", url, form: encoded(form), passage: context.passage(url) }, context);
  return keysFrom(text, { what: context.what, from: "STS", status });
}

type Parameters = Record<string, string | undefined>;

/** Parameters that have a value, sorted and percent-encoded, as they are signed and as they are sent. */
function encoded(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined).sort(([a], [b]) => a < b ? -1 : 1);
  return given.map(([name, value = ""]) => `${encodeText(name)}=${encodeText(value)}`).join("&");
}

function stsOf(values: Profile["values"], environment: Environment): string {
  if (values.sts_endpoint !== undefined) return `https://${values.sts_endpoint.replace(/^https:\/\//, "").replace(/\/$/, "")}`;
  const region = values.sts_region ?? environment.ALIBABA_CLOUD_STS_REGION;
  const vpc = (values.enable_vpc ?? environment.ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED)?.toLowerCase() === "true" ? "-vpc" : "";
  return region ? `https://sts${vpc}.${region}.aliyuncs.com` : "https://sts.aliyuncs.com";
}

/** Keys of the role that is attached to this machine; `role` absent: the metadata service names it. */
async function machineKeys(role: string | undefined, given: IdentityContext): Promise<Credentials> {
  const context = { ...given, timeoutMs: Math.min(given.timeoutMs, METADATA_MS_MAX) };
  const { metadataUrl, what, environment } = context;
  const token = await metadataToken(context);
  if (token === undefined && environment.ALIBABA_CLOUD_IMDSV1_DISABLED?.toLowerCase() === "true") {
    throw refused(context, "the metadata service gives no token, and ALIBABA_CLOUD_IMDSV1_DISABLED forbids to go without");
  }
  const ask = (name: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { "x-aliyun-ecs-metadata-token": token };
    return send({ method: "GET", url: `${metadataUrl}/latest/meta-data/ram/security-credentials/${name}`, headers }, context);
  };
  let name = role;
  if (name === undefined) {
    const { status, text } = await ask("");
    name = text.trim();
    if (status !== 200 || !/^[\w.@-]+$/.test(name)) {
      throw refused(context, `no RAM role is attached to this machine (HTTP ${status}): attach one, or name other keys`);
    }
  }
  const { status, text } = await ask(encodeText(name));
  if (status === 404) throw refused(context, `this machine has no RAM role ${name}: check its name`);
  return keysFrom(text, { what, from: "the metadata service", status });
}

/** The token of the second version of the service; undefined where only the first is spoken, or its response is lost on the way. */
async function metadataToken(context: IdentityContext): Promise<string | undefined> {
  const headers = { "x-aliyun-ecs-metadata-token-ttl-seconds": "21600" };
  try {
    const { status, text } = await send({ method: "PUT", url: `${context.metadataUrl}/latest/api/token`, headers }, context);
    return status === 200 && /^[\x21-\x7e]+$/.test(text.trim()) ? text.trim() : undefined;
  } catch (error) {
    if (error instanceof TransferError && error.kind === "network") return undefined;
    throw error;
  }
}

/** Keys from an address of somebody's own (`credentials_uri`), which responds as the metadata service does. */
async function keysAt(uri: string, context: IdentityContext): Promise<Credentials> {
  const { what } = context;
  if (!/^https?:$/.test(URL.parse(uri)?.protocol ?? "")) {
    throw new TransferError("config", `${what}: the credentials URI is not an http URL`);
  }
  const { status, text } = await send({ method: "GET", url: uri }, context);
  return keysFrom(text, { what, from: "the credentials URI", status });
}

interface Question {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: string;
  /** Default: direct. */
  readonly passage?: Passage;
}

async function send(question: Question, { what, signal, timeoutMs }: IdentityContext): Promise<{ status: number; text: string }> {
  const { method, form, passage = { caCerts: [], proxy: undefined } } = question;
  const url = new URL(question.url);
  const client = new HttpClient(url, passage);
  using watch = new Watch(signal, timeoutMs, what);
  try {
    const body = form === undefined ? undefined : new TextEncoder().encode(form);
    const headers = form === undefined ? question.headers ?? {} : { "content-type": "application/x-www-form-urlencoded" };
    const request = { what: `${what} from ${url.host}`, method, target: url.pathname + url.search, headers };
    const response = await client.request(request, watch, body);
    return { status: response.head.status, text: new TextDecoder().decode(await readWhole(response, { watch, timeoutMs })) };
  } catch (error) {
    throw watch.failure(error);
  } finally {
    client.close();
  }
}

/**
 * Keys in the JSON of STS, of the metadata service, or of a program, which has no status. Throws `credentials` for a refusal, a response
 * without keys and keys that have expired, `server` for a response that is worth another attempt.
 */
function keysFrom(text: string, origin: { readonly what: string; readonly from: string; readonly status?: number }): Credentials {
  const { what, from, status = 200 } = origin;
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = undefined;
  }
  const reply = isRecord(said) ? said : {};
  const keys = isRecord(reply.Credentials) ? reply.Credentials : reply;
  const field = (...names: string[]) =>
    names.map((name) => keys[name]).find((value) => typeof value === "string" && value !== "") as string;
  const [accessKeyId, secretAccessKey] = [field("AccessKeyId", "access_key_id"), field("AccessKeySecret", "access_key_secret")];
  if (status !== 200 || !accessKeyId || !secretAccessKey) {
    const code = typeof reply.Code === "string" && /^(?!Success$)[\w.-]{1,80}$/.test(reply.Code) ? reply.Code : undefined;
    const why = code ?? (status === 200 ? "the response holds no keys" : `HTTP ${status}`);
    const advice = ADVICE.find(([pattern]) => pattern.test(code ?? ""))?.[1];
    const kind = status >= 500 || /^Throttling|^ServiceUnavailable|^InternalError/.test(code ?? "") ? "server" : "credentials";
    throw new TransferError(kind, `${what}: ${from} responds ${why}${advice ? `, ${advice}` : ""}`, { status: origin.status, code });
  }
  const sessionToken = field("SecurityToken", "sts_token");
  const expiresAtMs = Date.parse(field("Expiration", "expiration") ?? "");
  if (expiresAtMs <= Date.now()) {
    throw new TransferError("credentials", `${what}: the keys of ${from} have expired already; check the clock`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), ...(!Number.isNaN(expiresAtMs) && { expiresAtMs }) };
}

/** Refusals of STS, and the way out. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(EntityNotExist\.Role|NoPermission)/, "these keys may not assume the role: check its ARN and who it trusts"],
  [/OIDCToken|OIDCProvider|^AuthenticationFail\.OIDC/i, "check the OIDC token file, the provider's ARN and the role's ARN"],
  [/^InvalidAccessKeyId|^SignatureDoesNotMatch|^InvalidSecurityToken/, "the keys that sign are wrong: check them"],
  [/^InvalidParameter|^MissingParameter/, "check role ARN, session name and duration of the profile"],
];
