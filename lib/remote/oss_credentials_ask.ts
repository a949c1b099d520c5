/**
 * Temporary keys from Alibaba's services: the security token service (STS), the metadata service of a machine, and any address that
 * responds in their form. Must never put anything of a response into a message but its status and its error code.
 */
import { Watch } from "../bytes/watch.ts";
import { hmac, hmacKey } from "../bytes/sha.ts";
import { TransferError } from "../errors.ts";
import type { Credentials } from "../types.ts";
import { encodeText } from "./encode_key.ts";
import { HttpClient } from "./http/client.ts";
import type { Passage } from "./http/dial.ts";
import { readWhole } from "./http/read_body.ts";
import { isRecord } from "./oss_credentials_files.ts";

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
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** An assumed role, as both questions of STS take it. */
export interface RoleRequest {
  readonly roleArn: string;
  readonly values: Readonly<Record<string, string>>;
  /** Keys that sign; absent: the OIDC token proves who asks. */
  readonly signer?: Credentials;
  readonly form: Readonly<Record<string, string>>;
}

const DIRECT: Passage = { caCerts: [], proxy: undefined };
const ROLE_SECONDS = "3600";
const METADATA_PATH = "/latest/meta-data/ram/security-credentials/";
/** Machines respond at once; where there is no such service, nobody does. */
const METADATA_MS_MAX = 2000;

interface Question {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: string;
}

async function send(question: Question, context: IdentityContext, passage: Passage): Promise<{ status: number; text: string }> {
  const { what, signal, timeoutMs } = context;
  const { method, form, headers } = question;
  const url = new URL(question.url);
  const client = new HttpClient(url, passage);
  using watch = new Watch(signal, timeoutMs, what);
  try {
    const body = form === undefined ? undefined : new TextEncoder().encode(form);
    const type = form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    const request = { what: `${what} from ${url.host}`, method, target: url.pathname + url.search, headers: { ...headers, ...type } };
    const response = await client.request(request, watch, body);
    const text = new TextDecoder().decode(await readWhole(response, { watch, timeoutMs }));
    return { status: response.head.status, text };
  } catch (error) {
    throw watch.failure(error);
  } finally {
    client.close();
  }
}

/** AssumeRole, or AssumeRoleWithOIDC where nobody signs. Throws `credentials` when STS refuses, `network` or `server` when it fails. */
export async function assumeRole(role: RoleRequest, context: IdentityContext): Promise<Credentials> {
  const { values, signer } = role;
  const { environment } = context;
  const form: Record<string, string> = {
    RoleArn: role.roleArn,
    RoleSessionName: values.ram_session_name ?? (environment.ALIBABA_CLOUD_ROLE_SESSION_NAME || "sluice"),
    DurationSeconds: values.expired_seconds ?? ROLE_SECONDS,
    ...(values.policy !== undefined && { Policy: values.policy }),
    ...(values.external_id !== undefined && { ExternalId: values.external_id }),
    ...role.form,
  };
  const query: Record<string, string> = {
    Action: signer === undefined ? "AssumeRoleWithOIDC" : "AssumeRole",
    Format: "JSON",
    Version: "2015-04-01",
    Timestamp: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  };
  if (signer !== undefined) {
    Object.assign(query, {
      AccessKeyId: signer.accessKeyId,
      SignatureMethod: "HMAC-SHA1",
      SignatureVersion: "1.0",
      SignatureNonce: crypto.randomUUID(),
      ...(signer.sessionToken !== undefined && { SecurityToken: signer.sessionToken }),
    });
    const text = `POST&%2F&${encodeText(encoded({ ...query, ...form }))}`;
    query.Signature = hmac(hmacKey("sha1", `${signer.secretAccessKey}&`), text).toBase64();
  }
  const url = `${context.stsUrl ?? stsOf(values, environment)}/?${encoded(query)}`;
  const { status, text } = await send({ method: "POST", url, form: encoded(form) }, context, context.passage(url));
  return keysFrom(text, { ...context, from: "STS", status });
}

function stsOf(values: Readonly<Record<string, string>>, environment: IdentityContext["environment"]): string {
  if (values.sts_endpoint !== undefined) return `https://${values.sts_endpoint.replace(/^https:\/\//, "").replace(/\/$/, "")}`;
  const region = values.sts_region ?? environment.ALIBABA_CLOUD_STS_REGION;
  const vpc = (values.enable_vpc ?? environment.ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED)?.toLowerCase() === "true" ? "-vpc" : "";
  return region ? `https://sts${vpc}.${region}.aliyuncs.com` : "https://sts.aliyuncs.com";
}

/** Parameters sorted and percent-encoded, as they are signed and as they are sent. */
function encoded(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters).sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`)
    .join("&");
}

/** Keys of the role that is attached to this machine; `role` absent: the metadata service names it. Throws as {@link assumeRole} does. */
export async function machineKeys(role: string | undefined, given: IdentityContext): Promise<Credentials> {
  const context = { ...given, timeoutMs: Math.min(given.timeoutMs, METADATA_MS_MAX) };
  const { metadataUrl, what, environment } = context;
  const token = await metadataToken(context);
  const ask = (path: string) => {
    const headers = token === undefined ? {} : { "x-aliyun-ecs-metadata-token": token };
    return send({ method: "GET", url: `${metadataUrl}${METADATA_PATH}${path}`, headers }, context, DIRECT);
  };
  if (token === undefined && environment.ALIBABA_CLOUD_IMDSV1_DISABLED?.toLowerCase() === "true") {
    throw new TransferError(
      "credentials",
      `${what}: the metadata service gives no token, and ALIBABA_CLOUD_IMDSV1_DISABLED forbids to go without`,
    );
  }
  let name = role;
  if (name === undefined) {
    const { status, text } = await ask("");
    name = text.trim();
    if (status !== 200 || !/^[\w.@-]+$/.test(name)) {
      throw new TransferError(
        "credentials",
        `${what}: no RAM role is attached to this machine (HTTP ${status}): attach one, or name other keys`,
      );
    }
  }
  const { status, text } = await ask(encodeText(name));
  if (status === 404) throw new TransferError("credentials", `${what}: this machine has no RAM role ${name}: check its name`);
  return keysFrom(text, { what, from: "the metadata service", status });
}

/** The token of the second version of the service; undefined where only the first is spoken, or its response is lost on the way. */
async function metadataToken(context: IdentityContext): Promise<string | undefined> {
  const headers = { "x-aliyun-ecs-metadata-token-ttl-seconds": "21600" };
  try {
    const { status, text } = await send({ method: "PUT", url: `${context.metadataUrl}/latest/api/token`, headers }, context, DIRECT);
    return status === 200 && /^[\x21-\x7e]+$/.test(text.trim()) ? text.trim() : undefined;
  } catch (error) {
    if (error instanceof TransferError && error.kind === "network") return undefined;
    throw error;
  }
}

/** Keys from an address of somebody's own (`credentials_uri`), which responds as the metadata service does. */
export async function keysAt(uri: string, context: IdentityContext): Promise<Credentials> {
  if (!/^https?:$/.test(URL.parse(uri)?.protocol ?? "")) {
    throw new TransferError("config", `${context.what}: the credentials URI is not an http URL`);
  }
  const { status, text } = await send({ method: "GET", url: uri }, context, DIRECT);
  return keysFrom(text, { what: context.what, from: "the credentials URI", status });
}

/** Whom keys come from, for messages. */
interface Origin {
  readonly what: string;
  readonly from: string;
  /** HTTP status; programs have none. */
  readonly status?: number;
}

/**
 * Keys in the JSON of STS, of the metadata service, or of a program. Throws `credentials` for a refusal, a response without keys and keys
 * that have expired, `server` for a response that is worth another attempt.
 */
export function keysFrom(text: string, { what, from, status }: Origin): Credentials {
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
  if ((status !== undefined && status !== 200) || !accessKeyId || !secretAccessKey) {
    const code = typeof reply.Code === "string" && /^[\w.-]{1,80}$/.test(reply.Code) && reply.Code !== "Success" ? `${reply.Code}` : "";
    const why = code || (status === undefined || status === 200 ? "the response holds no keys" : `HTTP ${status}`);
    const passing = (status ?? 0) >= 500 || /^Throttling|^ServiceUnavailable|^InternalError/.test(code);
    const advice = ADVICE.find(([pattern]) => pattern.test(code))?.[1];
    throw new TransferError(passing ? "server" : "credentials", `${what}: ${from} responds ${why}${advice ? `, ${advice}` : ""}`, {
      ...(status !== undefined && { status }),
      ...(code !== "" && { code }),
    });
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
