/**
 * What an answer or a broken connection of an S3 store means: pure classification for the control plane and the data plane alike.
 * Must never send anything, and never put headers, signed URLs or secrets into a message.
 */
import { RETRY_AFTER_MAX_MS } from "../limits.ts";
import type { ErrorKind } from "../types.ts";
import { TransferError } from "../errors.ts";
import { safeText } from "../bytes/network_failure.ts";
import type { FailureFacts } from "./protocol.ts";

/** What is known of a failed answer. */
export interface S3FailureFacts {
  status: number;
  /** `<Code>` of the error body; HEAD answers have none. */
  code?: string | undefined;
  /** `<Message>` of the error body. */
  message?: string | undefined;
  requestId?: string | undefined;
  /** The Retry-After header, verbatim. */
  retryAfter?: string | null | undefined;
  /** What was tried, as the start of a message: `Cannot read s3://bucket/key`. */
  what: string;
  key?: string | undefined;
  /** Whom a 412 speaks of: the pinned source (the default) or a conditional write. */
  condition?: "source" | "destination" | undefined;
  /** `bucket` when the request is about the bucket as a whole: then a 403 or 404 ends the job. `object` is the default. */
  scope?: "object" | "bucket" | undefined;
  /** The region that the response named (x-amz-bucket-region, `<Region>`). */
  region?: string | undefined;
  /** `<Endpoint>` of the error body: where the bucket is. */
  endpoint?: string | undefined;
  /** The Location header of a redirect. */
  location?: string | undefined;
}

/** The bucket is in another region, which the store named. */
export class ElsewhereError extends TransferError {
  readonly region: string;

  constructor(region: string, error: TransferError) {
    const { kind, message, status, code, requestId, key, retryAfterMs } = error;
    super(kind, message, {
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
      ...(requestId !== undefined && { requestId }),
      ...(key !== undefined && { key }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.region = region;
  }
}

/** What the table needs of a refusal. `text` may be put in place of a body that did not come. */
export function factsOf(facts: FailureFacts, text = facts.text): S3FailureFacts {
  const said = parseS3Error(text);
  const { status, headers, what, key, condition, scope } = facts;
  return {
    status,
    code: said.code,
    message: said.message,
    requestId: said.requestId ?? headers.get("x-amz-request-id") ?? undefined,
    retryAfter: headers.get("retry-after"),
    region: headers.get("x-amz-bucket-region") ?? said.region,
    endpoint: said.endpoint,
    location: headers.get("location") ?? undefined,
    what,
    key,
    // A 412 to a copy may speak of either side; Amazon names the header that failed.
    condition: /copy-source/i.test(said.condition ?? "") ? "source" : condition,
    scope,
  };
}

const BAD_KEYS = "the access keys are wrong: check access_key_id and secret_access_key";
const EXPIRED = "the credentials have expired: renew the session (for example `aws sso login`) and run again";
const CLOCK = "this machine's clock differs too much from the store's: set the clock";
const REGION = "the bucket lives in another region: set region";
const REDIRECT = "the store redirects this request: check endpoint";
const DIGEST = "the store received other bytes than were sent";
const REFUSED = "the store refuses this request";
const FULL = "the store has no room left";

/** Error codes by kind, each with the way out where there is one; from the S3 API reference ("Error responses") and MinIO's own list. */
const CODES: Readonly<Record<string, readonly [ErrorKind, string?]>> = {
  SignatureDoesNotMatch: ["credentials", "the secret access key is wrong: check secret_access_key"],
  InvalidAccessKeyId: ["credentials", "the store does not know this access key id: check access_key_id"],
  XAdminUserNotFound: ["credentials", "the store does not know this access key id: check access_key_id"],
  InvalidSecurity: ["credentials", BAD_KEYS],
  NotSignedUp: ["credentials", BAD_KEYS],
  Unauthorized: ["credentials", BAD_KEYS],
  MissingSecurityHeader: ["credentials", BAD_KEYS],
  MissingAuthenticationToken: ["credentials", BAD_KEYS],
  InvalidClientTokenId: ["credentials", BAD_KEYS],
  UnrecognizedClientException: ["credentials", BAD_KEYS],
  InvalidToken: ["credentials", "the session token is wrong: check session_token"],
  ExpiredToken: ["credentials", EXPIRED],
  ExpiredTokenException: ["credentials", EXPIRED],
  TokenRefreshRequired: ["credentials", EXPIRED],
  RequestTimeTooSkewed: ["credentials", CLOCK],
  RequestExpired: ["credentials", CLOCK],
  NoSuchBucket: ["config", "there is no such bucket: create it or check its name"],
  InvalidBucketName: ["config", "this is not a valid bucket name"],
  PermanentRedirect: ["config", REGION],
  TemporaryRedirect: ["config", REGION],
  AuthorizationHeaderMalformed: ["config", REGION],
  AuthorizationQueryParametersError: ["config", REGION],
  IllegalLocationConstraintException: ["config", REGION],
  "KMS.NotFoundException": ["config", "there is no such KMS key: check kms_key_id"],
  "KMS.DisabledException": ["config", "the KMS key is disabled"],
  "KMS.KMSInvalidStateException": ["config", "the KMS key cannot be used now"],
  AccessDenied: ["denied"],
  AllAccessDisabled: ["denied"],
  AccountProblem: ["denied"],
  MethodNotAllowed: ["unsupported", REFUSED],
  NotImplemented: ["unsupported", "the store does not offer this"],
  EntityTooLarge: ["unsupported", "too large for one request: use a smaller part_size or multipart_threshold"],
  EntityTooSmall: ["unsupported", "the store wants larger parts: raise part_size"],
  InvalidStorageClass: ["unsupported", "the store does not know this storage_class"],
  InvalidRequest: ["unsupported", REFUSED],
  InvalidArgument: ["unsupported", REFUSED],
  InvalidTag: ["unsupported", REFUSED],
  InvalidURI: ["unsupported", "the store cannot keep this key"],
  KeyTooLongError: ["unsupported", "the store cannot keep a key of this length"],
  XMinioInvalidObjectName: ["unsupported", "the store cannot keep this key"],
  MetadataTooLarge: ["unsupported", REFUSED],
  MissingContentLength: ["unsupported", REFUSED],
  NoSuchUpload: ["uploadLost"],
  NoSuchKey: ["notFound"],
  NoSuchVersion: ["notFound"],
  NotFound: ["notFound"],
  InvalidObjectState: ["archived", "the object must be restored from its storage class first"],
  BadDigest: ["integrity", DIGEST],
  InvalidDigest: ["integrity", DIGEST],
  XAmzContentSHA256Mismatch: ["integrity", DIGEST],
  XAmzContentChecksumMismatch: ["integrity", DIGEST],
  InvalidPart: ["integrity", "a part is not what was sent"],
  InvalidPartOrder: ["integrity"],
  InvalidRange: ["sourceChanged", "the object is shorter than planned"],
  ConditionalRequestConflict: ["conflict", "another writer was faster"],
  SlowDown: ["throttled"],
  SlowDownRead: ["throttled"],
  SlowDownWrite: ["throttled"],
  TooManyRequests: ["throttled"],
  TooManyRequestsException: ["throttled"],
  RequestLimitExceeded: ["throttled"],
  RequestThrottled: ["throttled"],
  RequestThrottledException: ["throttled"],
  Throttling: ["throttled"],
  ThrottlingException: ["throttled"],
  ThrottledException: ["throttled"],
  BandwidthLimitExceeded: ["throttled"],
  Busy: ["throttled"],
  InternalError: ["server"],
  OperationAborted: ["server"],
  ServiceUnavailable: ["server"],
  RequestTimeout: ["network"],
  IncompleteBody: ["network"],
  XMinioStorageFull: ["storage", FULL],
  XMinioAdminBucketQuotaExceeded: ["storage", "the bucket's quota is used up"],
  QuotaExceeded: ["storage", "the quota is used up"],
  InsufficientStorage: ["storage", FULL],
  EntityQuotaExceeded: ["storage", "the quota is used up"],
};

/** Kinds where the answer has no code or one that the table does not know. */
const STATUSES: Readonly<Record<number, readonly [ErrorKind, string?]>> = {
  301: ["config", REDIRECT],
  307: ["config", REDIRECT],
  308: ["config", REDIRECT],
  401: ["credentials", BAD_KEYS],
  403: ["denied", "these keys may not do this"],
  404: ["notFound"],
  405: ["unsupported", REFUSED],
  408: ["network"],
  409: ["conflict"],
  411: ["unsupported", REFUSED],
  413: ["unsupported", "too large for one request"],
  416: ["sourceChanged", "the object is shorter than planned"],
  429: ["throttled"],
  501: ["unsupported", "the store does not offer this"],
  507: ["storage", FULL],
};

/** The error that a failed S3 answer means, with its place in the table of lib/errors.ts. */
export function s3Failure(facts: S3FailureFacts): TransferError {
  const [kind, hint] = redirected(facts) ?? kindOf(facts);
  const retryAfterMs = parseRetryAfter(facts.retryAfter);
  const code = isErrorCode(facts.code) ? facts.code : undefined;
  const region = hint === REGION && isRegion(facts.region) ? ` = ${facts.region}` : "";
  const said = hint === undefined || kind === "unsupported" ? safeText(facts.message) : undefined;
  const detail = [hint === undefined ? undefined : hint + region, said].filter((text) => text !== undefined && text !== "");
  const message = `${facts.what}: ${code ?? `HTTP ${facts.status}`}${detail.length > 0 ? `, ${detail.join(": ")}` : ""}`;
  return new TransferError(kind, message, {
    status: facts.status,
    ...(code !== undefined && { code }),
    ...(facts.requestId !== undefined && { requestId: safeText(facts.requestId) ?? "" }),
    ...(facts.key !== undefined && { key: facts.key }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** A redirect without a code: to another region where the response names one, else to wherever it leads. */
function redirected(facts: S3FailureFacts): readonly [ErrorKind, string] | undefined {
  if (facts.code !== undefined || STATUSES[facts.status]?.[1] !== REDIRECT) return undefined;
  if (isRegion(facts.region)) return ["config", REGION];
  const host = /^https?:\/\/[\w.:[\]-]{1,253}(?=\/|$)/i.exec(facts.location ?? "")?.[0];
  return ["config", host === undefined ? REDIRECT : `the store redirects to ${host}: check endpoint`];
}

/** A word that a store may have for a failure; anything else that stands in its place is not repeated. */
export function isErrorCode(code: string | undefined): code is string {
  return code !== undefined && /^[A-Za-z][\w.:-]{0,99}$/.test(code);
}

/** What may be a region's name. */
export function isRegion(region: string | undefined): region is string {
  return region !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(region);
}

function kindOf(facts: S3FailureFacts): readonly [ErrorKind, string?] {
  const { status, code, message = "" } = facts;
  if (status === 412 || code === "PreconditionFailed") {
    return facts.condition === "destination"
      ? ["conflict", "the destination object is not the one expected"]
      : ["sourceChanged", "the source object changed while it was read"];
  }
  if (status === 400 && /checksum|digest/i.test(`${code} ${message}`) && /match|invalid.*value/i.test(message)) {
    return ["integrity", DIGEST];
  }
  // A word in place of the digest of the payload, which the store does not know.
  if (code === "InvalidDigest" && /sha-?256/i.test(message)) return ["unsupported", REFUSED];
  const known = code !== undefined && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  const [kind, hint] = known ?? STATUSES[status] ?? (status >= 500 ? ["server"] : status < 400 ? ["server"] : ["unsupported", REFUSED]);
  if (kind === "server" && status === 503 && (facts.retryAfter || /reduce|slow down|rate/i.test(message))) return ["throttled"];
  if (facts.scope === "bucket" && kind === "denied") return ["config", "these keys may not do this on the bucket: check its policy"];
  if (facts.scope === "bucket" && kind === "notFound") return ["config", "there is no such bucket: create it or check its name"];
  return hint === undefined ? [kind] : [kind, hint];
}

/** Milliseconds of a Retry-After header in seconds, cut to the limit; dates and nonsense are undefined (they would need a clock). */
export function parseRetryAfter(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || !/^\d+(\.\d+)?$/.test(text.trim())) return undefined;
  return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
}

/** Elements of an error body. */
export interface S3ErrorText {
  code?: string;
  message?: string;
  region?: string;
  requestId?: string;
  /** Where the bucket is: redirects of S3 and refusals of OSS name it. */
  endpoint?: string;
  /** The header whose condition did not hold. */
  condition?: string;
}

/** What an S3 error body says; unreadable text gives an empty result. Never throws. */
export function parseS3Error(xml: string): S3ErrorText {
  const said: S3ErrorText = {};
  const names = {
    code: "Code",
    message: "Message",
    region: "Region",
    requestId: "RequestId",
    endpoint: "Endpoint",
    condition: "Condition",
  };
  for (const [field, name] of Object.entries(names) as [keyof S3ErrorText, string][]) {
    const text = element(xml, name);
    if (text !== undefined) said[field] = text;
  }
  return said;
}

function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
  if (end < 0) return undefined;
  const text = xml.slice(start + name.length + 2, end);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
