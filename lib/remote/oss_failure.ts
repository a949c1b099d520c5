/**
 * What a refusal of Alibaba OSS means: its own codes and messages first, the rest is said as S3 says it. Pure; must never let a header, a
 * signed URL or a secret into a message.
 */
import { TransferError } from "../errors.ts";
import type { ErrorKind, OssSignature } from "../types.ts";
import { s3Failure, type S3FailureFacts } from "./s3_failure.ts";

/** What is known of a failed answer. */
export interface OssFailureFacts extends S3FailureFacts {
  /** How the request was signed: what a refusal of "the header" means depends on it. */
  signature?: OssSignature | undefined;
}

const EXPIRED = "the session token has expired: get new temporary keys and run again";
const WRONG_TOKEN = "the session token is wrong: check session_token";

/** Codes that only OSS has (OSS API reference, "HTTP status code" and "Error codes"). */
const CODES: Readonly<Record<string, readonly [ErrorKind, string?]>> = {
  SecurityTokenExpired: ["credentials", EXPIRED],
  InvalidSecurityToken: ["credentials", WRONG_TOKEN],
  SecurityTokenNotSupported: ["credentials", "the store takes no session token here: leave session_token out"],
  UserDisable: ["credentials", "the account or its access key is disabled"],
  FileAlreadyExists: ["conflict", "something is there already"],
  ObjectAlreadyExists: ["conflict", "something is there already"],
  FileImmutable: ["denied", "the bucket's retention policy protects the object"],
  PartNotSequential: ["unsupported", "the upload takes its parts in order only"],
  FilePartNotExist: ["integrity", "a part is not what was sent"],
  FilePartStale: ["integrity", "a part is not what was sent"],
  InvalidObjectName: ["unsupported", "the store cannot keep this key"],
  KeyTooLong: ["unsupported", "the store cannot keep a key of this length"],
  ObjectNotAppendable: ["unsupported"],
  SymlinkTargetNotExist: ["notFound", "the symbolic link points to nothing"],
  InvalidTargetType: ["unsupported", "the symbolic link points to another symbolic link"],
  NoSuchSymLinkTarget: ["notFound", "the symbolic link points to nothing"],
  TooManyBuckets: ["unsupported"],
  QpsLimitExceeded: ["throttled"],
  TrafficRateLimitExceeded: ["throttled"],
  DownloadTrafficRateLimitExceeded: ["throttled"],
  UploadTrafficRateLimitExceeded: ["throttled"],
  ConnectionTimeout: ["network"],
  CallbackFailed: ["server"],
};

/** The error that a failed answer of OSS means. */
export function ossFailure(facts: OssFailureFacts): TransferError {
  const told = tellOss(facts);
  if (told === undefined) return s3Failure(facts);
  const [kind, hint] = told;
  const plain = s3Failure(facts);
  const message = `${facts.what}: ${plain.code ?? `HTTP ${facts.status}`}${hint === undefined ? "" : `, ${hint}`}`;
  return new TransferError(kind, message, {
    status: facts.status,
    ...(plain.code !== undefined && { code: plain.code }),
    ...(plain.requestId !== undefined && { requestId: plain.requestId }),
    ...(plain.key !== undefined && { key: plain.key }),
    ...(plain.retryAfterMs !== undefined && { retryAfterMs: plain.retryAfterMs }),
  });
}

function tellOss(facts: OssFailureFacts): readonly [ErrorKind, string?] | undefined {
  const { code = "", message = "", status } = facts;
  if (status === 403 && (facts.endpoint !== undefined || /must be addressed using the specified endpoint/i.test(message))) {
    const host = /^(?:https?:\/\/)?([\w.:-]{1,253})$/.exec(facts.endpoint ?? "")?.[1];
    const where = host === undefined ? "set endpoint" : `set endpoint = https://${host}`;
    return ["config", `the bucket is at another endpoint: ${where}`];
  }
  if (status === 400 || status === 403) {
    const signature = tellSignature(code, message, facts.signature);
    if (signature !== undefined) return signature;
  }
  if (code === "InvalidObjectState" || (status === 403 && /not.*restored|archive/i.test(message))) {
    return ["archived", "the object must be restored first: ossutil restore oss://BUCKET/KEY, or Restore in the console"];
  }
  return Object.hasOwn(CODES, code) ? CODES[code] : undefined;
}

/** Messages about the signature have codes that mean many other things too. */
function tellSignature(code: string, message: string, signature: OssSignature | undefined): readonly [ErrorKind, string?] | undefined {
  if (/signing region|region.*(authorization|credential)|(authorization|credential).*region/i.test(message)) {
    const named = /'(?:oss-)?([a-z]{2}-[a-z0-9-]+)'[^']*$/.exec(message)?.[1];
    return ["config", `the region that was signed is not the bucket's: set region${named === undefined ? "" : ` = ${named}`}`];
  }
  if (/\bv(ersion )?1\b.*signature|signature.*\bv(ersion )?1\b/i.test(message)) {
    return ["credentials", "the store refuses V1 signatures: set signature = v4"];
  }
  if (
    /\bv(ersion )?4\b.*signature|signature.*\bv(ersion )?4\b|OSS4-HMAC/i.test(message) ||
    (signature === "v4" && /^authorization header is invalid/i.test(message))
  ) {
    return ["credentials", "the store refuses V4 signatures: set signature = v1"];
  }
  if (code === "InvalidAccessKeyId" && /inactive|disabled/i.test(message)) return ["credentials", "the access key is disabled"];
  return undefined;
}
