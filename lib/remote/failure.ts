/**
 * What a refusal by a store means: one table for all stores, and what Alibaba OSS says in words of its own. Pure; must never put headers,
 * signed URLs or secrets into a message.
 */
import { safeText } from "../bytes/network_failure.ts";
import { TransferError } from "../errors.ts";
import { RETRY_AFTER_MAX_MS } from "../limits.ts";
import type { ErrorKind, OssSignature } from "../types.ts";
import type { FailureFacts } from "./protocol.ts";

/** What is known of a refusal. */
export interface Refusal extends Pick<FailureFacts, "status" | "what" | "key" | "condition" | "scope"> {
  /** `<Code>` of the error body; responses to HEAD have none. */
  readonly code?: string | undefined;
  /** `<Message>` of the error body. */
  readonly message?: string | undefined;
  readonly requestId?: string | undefined;
  /** The Retry-After header, verbatim. */
  readonly retryAfter?: string | null | undefined;
  /** The region that the response named (x-amz-bucket-region, `<Region>`). */
  readonly region?: string | undefined;
  /** `<Endpoint>` of the error body: where the bucket is. */
  readonly endpoint?: string | undefined;
  /** The Location header of a redirect. */
  readonly location?: string | undefined;
}

/** What a refusal means, and the way out where there is one. */
type Meaning = readonly [kind: ErrorKind, hint?: string];

/** The bucket is in another region, which the store named. */
export class ElsewhereError extends TransferError {
  readonly region: string;

  constructor(region: string, error: TransferError) {
    super(error.kind, error.message, error);
    this.region = region;
  }
}

/** What the table needs of a response. `text` may be put in place of a body that did not come. */
export function refusalOf(facts: FailureFacts, text = facts.text): Refusal {
  const said = parseError(text);
  const { headers, condition } = facts;
  return {
    ...facts,
    ...said,
    requestId: said.requestId ?? headers.get("x-amz-request-id") ?? undefined,
    retryAfter: headers.get("retry-after"),
    region: headers.get("x-amz-bucket-region") ?? said.region,
    location: headers.get("location") ?? undefined,
    // A 412 to a copy may speak of either side; Amazon names the header that failed.
    condition: /copy-source/i.test(said.condition ?? "") ? "source" : condition,
  };
}

const BAD_KEYS = "the access keys are wrong: check access_key_id and secret_access_key";
const REGION = "the bucket lives in another region: set region";
const REDIRECT = "the store redirects this request: check endpoint";
const DIGEST = "the store received other bytes than were sent";
const REFUSED = "the store refuses this request";
const FULL = "the store has no room left";
const NOT_OFFERED = "the store does not offer this";
const SHORTER = "the object is shorter than planned";
const NO_BUCKET = "there is no such bucket: create it or check its name";
const BAD_PART = "a part is not what was sent";

/** Codes by what they mean; from the S3 API reference ("Error responses"), MinIO's own list, and the OSS API reference ("Error codes"). */
const TABLE: readonly (readonly [kind: ErrorKind, hint: string | undefined, codes: string])[] = [
  ["credentials", "the secret access key is wrong: check secret_access_key", "SignatureDoesNotMatch"],
  ["credentials", "the store does not know this access key id: check access_key_id", "InvalidAccessKeyId XAdminUserNotFound"],
  ["credentials", BAD_KEYS, "InvalidSecurity NotSignedUp Unauthorized MissingSecurityHeader MissingAuthenticationToken"],
  ["credentials", BAD_KEYS, "InvalidClientTokenId UnrecognizedClientException"],
  ["credentials", "the session token is wrong: check session_token", "InvalidToken InvalidSecurityToken"],
  [
    "credentials",
    "the credentials have expired: renew the session (for example `aws sso login`) and run again",
    "ExpiredToken ExpiredTokenException TokenRefreshRequired",
  ],
  ["credentials", "the session token has expired: get new temporary keys and run again", "SecurityTokenExpired"],
  ["credentials", "the store takes no session token here: leave session_token out", "SecurityTokenNotSupported"],
  ["credentials", "the account or its access key is disabled", "UserDisable"],
  ["credentials", "this machine's clock differs too much from the store's: set the clock", "RequestTimeTooSkewed RequestExpired"],
  ["config", NO_BUCKET, "NoSuchBucket"],
  ["config", "this is not a valid bucket name", "InvalidBucketName"],
  ["config", REGION, "PermanentRedirect TemporaryRedirect AuthorizationHeaderMalformed AuthorizationQueryParametersError"],
  ["config", REGION, "IllegalLocationConstraintException"],
  ["config", "there is no such KMS key: check kms_key_id", "KMS.NotFoundException"],
  ["config", "the KMS key is disabled", "KMS.DisabledException"],
  ["config", "the KMS key cannot be used now", "KMS.KMSInvalidStateException"],
  ["denied", undefined, "AccessDenied AllAccessDisabled AccountProblem"],
  ["denied", "the bucket's retention policy protects the object", "FileImmutable"],
  ["unsupported", REFUSED, "MethodNotAllowed InvalidRequest InvalidArgument InvalidTag MetadataTooLarge MissingContentLength"],
  ["unsupported", NOT_OFFERED, "NotImplemented"],
  ["unsupported", "too large for one request: use a smaller part_size or multipart_threshold", "EntityTooLarge"],
  ["unsupported", "the store wants larger parts: raise part_size", "EntityTooSmall"],
  ["unsupported", "the upload takes its parts in order only", "PartNotSequential"],
  ["unsupported", "the store does not know this storage_class", "InvalidStorageClass"],
  ["unsupported", "the store cannot keep this key", "InvalidURI XMinioInvalidObjectName InvalidObjectName"],
  ["unsupported", "the store cannot keep a key of this length", "KeyTooLongError KeyTooLong"],
  ["unsupported", "the symbolic link points to another symbolic link", "InvalidTargetType"],
  ["unsupported", undefined, "ObjectNotAppendable TooManyBuckets"],
  ["uploadLost", undefined, "NoSuchUpload"],
  ["notFound", undefined, "NoSuchKey NoSuchVersion NotFound"],
  ["notFound", "the symbolic link points to nothing", "SymlinkTargetNotExist NoSuchSymLinkTarget"],
  ["archived", "the object must be restored from its storage class first", "InvalidObjectState"],
  ["integrity", DIGEST, "BadDigest InvalidDigest XAmzContentSHA256Mismatch XAmzContentChecksumMismatch"],
  ["integrity", BAD_PART, "InvalidPart FilePartNotExist FilePartStale"],
  ["integrity", undefined, "InvalidPartOrder"],
  ["sourceChanged", SHORTER, "InvalidRange"],
  ["conflict", "another writer was faster", "ConditionalRequestConflict"],
  ["conflict", "something is there already", "FileAlreadyExists ObjectAlreadyExists"],
  ["throttled", undefined, "SlowDown SlowDownRead SlowDownWrite TooManyRequests TooManyRequestsException RequestLimitExceeded"],
  ["throttled", undefined, "RequestThrottled RequestThrottledException Throttling ThrottlingException ThrottledException"],
  ["throttled", undefined, "BandwidthLimitExceeded Busy QpsLimitExceeded TrafficRateLimitExceeded"],
  ["throttled", undefined, "DownloadTrafficRateLimitExceeded UploadTrafficRateLimitExceeded"],
  ["server", undefined, "InternalError OperationAborted ServiceUnavailable CallbackFailed"],
  ["network", undefined, "RequestTimeout IncompleteBody ConnectionTimeout"],
  ["storage", FULL, "XMinioStorageFull InsufficientStorage"],
  ["storage", "the quota is used up", "XMinioAdminBucketQuotaExceeded QuotaExceeded EntityQuotaExceeded"],
];

const CODES: ReadonlyMap<string, Meaning> = new Map(
  TABLE.flatMap(([kind, hint, codes]) => codes.split(" ").map((code) => [code, hint === undefined ? [kind] : [kind, hint]])),
);

/** Where the response has no code or one that the table does not know. */
const STATUSES: Readonly<Record<number, Meaning>> = {
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
  416: ["sourceChanged", SHORTER],
  429: ["throttled"],
  501: ["unsupported", NOT_OFFERED],
  507: ["storage", FULL],
};

/** The error that a refusal means, with its place in the table of lib/errors.ts; `known` is what the store's own words mean. */
export function failureOf(refusal: Refusal, known?: Meaning): TransferError {
  const { status, what, key, region, requestId, message } = refusal;
  const [kind, hint] = known ?? redirectMeaning(refusal) ?? meaningOf(refusal);
  const code = isErrorCode(refusal.code) ? refusal.code : undefined;
  const way = hint === REGION && isRegion(region) ? `${hint} = ${region}` : hint;
  const said = hint === undefined || (kind === "unsupported" && known === undefined) ? safeText(message) : undefined;
  const detail = [way, said].filter((text) => text !== undefined && text !== "").join(": ");
  return new TransferError(kind, `${what}: ${code ?? `HTTP ${status}`}${detail === "" ? "" : `, ${detail}`}`, {
    status,
    code,
    requestId: safeText(requestId),
    key,
    retryAfterMs: parseRetryAfter(refusal.retryAfter),
  });
}

/** A redirect without a code: to another region where the response names one, else to wherever it leads. */
function redirectMeaning({ code, status, region, location }: Refusal): Meaning | undefined {
  if (code !== undefined || STATUSES[status]?.[1] !== REDIRECT) return undefined;
  if (isRegion(region)) return ["config", REGION];
  const host = /^https?:\/\/[\w.:[\]-]{1,253}(?=\/|$)/i.exec(location ?? "")?.[0];
  return ["config", host === undefined ? REDIRECT : `the store redirects to ${host}: check endpoint`];
}

function meaningOf({ status, code = "", message = "", condition, scope, retryAfter }: Refusal): Meaning {
  if (status === 412 || code === "PreconditionFailed") {
    return condition === "destination"
      ? ["conflict", "the destination object is not the one expected"]
      : ["sourceChanged", "the source object changed while it was read"];
  }
  if (status === 400 && /checksum|digest/i.test(`${code} ${message}`) && /match|invalid.*value/i.test(message)) {
    return ["integrity", DIGEST];
  }
  // A word in place of the digest of the payload, which the store does not know.
  if (code === "InvalidDigest" && /sha-?256/i.test(message)) return ["unsupported", REFUSED];
  const found = CODES.get(code) ?? STATUSES[status] ??
    (status >= 500 || status < 400 ? ["server"] as const : ["unsupported", REFUSED] as const);
  const [kind] = found;
  if (kind === "server" && status === 503 && (retryAfter || /reduce|slow down|rate/i.test(message))) return ["throttled"];
  if (scope === "bucket" && kind === "denied") return ["config", "these keys may not do this on the bucket: check its policy"];
  if (scope === "bucket" && kind === "notFound") return ["config", NO_BUCKET];
  return found;
}

/** What Alibaba OSS says in words of its own; `signature` is how the request was signed. */
export function ossMeaning({ code = "", message = "", status, endpoint }: Refusal, signature: OssSignature): Meaning | undefined {
  if (status === 403 && (endpoint !== undefined || /must be addressed using the specified endpoint/i.test(message))) {
    const host = /^(?:https?:\/\/)?([\w.:-]{1,253})$/.exec(endpoint ?? "")?.[1];
    return ["config", `the bucket is at another endpoint: set endpoint${host === undefined ? "" : ` = https://${host}`}`];
  }
  const ofSignature = status === 400 || status === 403 ? signatureMeaning(code, message, signature) : undefined;
  if (ofSignature !== undefined) return ofSignature;
  if (code === "InvalidObjectState" || (status === 403 && /not.*restored|archive/i.test(message))) {
    return ["archived", "the object must be restored first: ossutil restore oss://BUCKET/KEY, or Restore in the console"];
  }
  return undefined;
}

/** Messages about the signature have codes that mean many other things too. */
function signatureMeaning(code: string, message: string, signature: OssSignature): Meaning | undefined {
  if (/signing region|region.*(authorization|credential)|(authorization|credential).*region/i.test(message)) {
    const named = /'(?:oss-)?([a-z]{2}-[a-z0-9-]+)'[^']*$/.exec(message)?.[1];
    return ["config", `the region that was signed is not the bucket's: set region${named === undefined ? "" : ` = ${named}`}`];
  }
  if (/\bv(ersion )?1\b.*signature|signature.*\bv(ersion )?1\b/i.test(message)) {
    return ["credentials", "the store refuses V1 signatures: set signature = v4"];
  }
  const speaksOfV4 = /\bv(ersion )?4\b.*signature|signature.*\bv(ersion )?4\b|OSS4-HMAC/i.test(message);
  if (speaksOfV4 || (signature === "v4" && /^authorization header is invalid/i.test(message))) {
    return ["credentials", "the store refuses V4 signatures: set signature = v1"];
  }
  if (code === "InvalidAccessKeyId" && /inactive|disabled/i.test(message)) return ["credentials", "the access key is disabled"];
  return undefined;
}

/** A word that a store may have for a failure; anything else that stands in its place is not repeated. */
function isErrorCode(code: string | undefined): code is string {
  return code !== undefined && /^[A-Za-z][\w.:-]{0,99}$/.test(code);
}

/** What may be a region's name. */
export function isRegion(region: string | undefined): region is string {
  return region !== undefined && /^[A-Za-z0-9-]{1,64}$/.test(region);
}

/** Milliseconds of a Retry-After header in seconds, cut to the limit; dates and nonsense are undefined (they would need a clock). */
function parseRetryAfter(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || !/^\d+(\.\d+)?$/.test(text.trim())) return undefined;
  return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
}

/** Elements of an error body: `Endpoint` is where the bucket is, `Condition` the header whose condition did not hold. */
const ELEMENTS = {
  code: "Code",
  message: "Message",
  region: "Region",
  requestId: "RequestId",
  endpoint: "Endpoint",
  condition: "Condition",
} as const;

/** What an error body says; unreadable text says nothing. Never throws. */
function parseError(xml: string): Partial<Record<keyof typeof ELEMENTS, string>> {
  const texts = Object.entries(ELEMENTS).map(([field, name]) => [field, element(xml, name)] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

function element(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
  if (end < 0) return undefined;
  const text = xml.slice(start + name.length + 2, end);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
}
