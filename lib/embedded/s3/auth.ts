/**
 * Decides whether a request is who it says it is: the Authorization header or the query of a presigned URL, the clock, and the headers that
 * must be signed. Nothing passes unsigned, for a store that takes any signature hides the bugs of its clients.
 */
import { S3Error } from "./errors.ts";
import {
  canonicalRequest,
  ChunkSigner,
  sameSignature,
  SIGNATURE_ALGORITHM,
  signatureOf,
  type SignedParts,
  signingKey,
  stringToSign,
} from "./signature.ts";

/** Clocks may differ by this (RequestTimeTooSkewed in the API reference). */
const CLOCK_SKEW_MAX_MS = 15 * 60_000;
/** Longest life of a presigned URL: seven days ("Authenticating Requests: Using Query Parameters"). */
const PRESIGNED_SECONDS_MAX = 604_800;

/** The only keys that this store knows. */
export interface AccessKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a verified request said of its payload. */
export interface Verified {
  /** `x-amz-content-sha256`, or `UNSIGNED-PAYLOAD` for a presigned URL that says nothing. */
  readonly payload: string;
  /** Continues the signature over the chunks of a signed stream. */
  readonly chunks: ChunkSigner;
}

interface Claim {
  readonly accessKeyId: string;
  /** `date/region/s3/aws4_request` */
  readonly scope: string;
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payload: string;
  /** Set for presigned URLs. */
  readonly expiresSeconds?: number;
  /** The query without the signature itself. */
  readonly query: SignedParts["query"];
}

/** Verifies a request. Throws S3Error with the code of S3. */
export function verifyRequest(parts: SignedParts, keys: AccessKeys, nowMs: number): Verified {
  const claim = claimOf(parts);
  checkScope(claim);
  if (claim.accessKeyId !== keys.accessKeyId) throw new S3Error("InvalidAccessKeyId");
  checkClock(claim, nowMs);
  checkSignedHeaders(parts, claim);
  const key = signingKey(keys.secretAccessKey, claim.scope);
  const canonical = canonicalRequest({ ...parts, query: claim.query }, claim.signedHeaders, claim.payload);
  const expected = signatureOf(key, stringToSign(claim.timestamp, claim.scope, canonical));
  if (!sameSignature(expected, claim.signature)) {
    // S3 shows the canonical request as well: nothing in it is secret, and it is what the author of a client needs to see.
    throw new S3Error("SignatureDoesNotMatch", undefined, { details: { CanonicalRequest: canonical } });
  }
  return { payload: claim.payload, chunks: new ChunkSigner(key, claim) };
}

function claimOf(parts: SignedParts): Claim {
  const authorization = header(parts, "authorization");
  if (authorization !== undefined) return headerClaim(parts, authorization);
  if (parts.query.some(([name]) => name === "X-Amz-Algorithm" || name === "X-Amz-Signature")) return queryClaim(parts);
  throw new S3Error("AccessDenied");
}

function header(parts: SignedParts, name: string): string | undefined {
  return parts.headers.get(name)?.join(",");
}

function headerClaim(parts: SignedParts, authorization: string): Claim {
  if (!authorization.startsWith(`${SIGNATURE_ALGORITHM} `)) {
    throw new S3Error(
      "InvalidRequest",
      `The authorization mechanism you have provided is not supported. Please use ${SIGNATURE_ALGORITHM}`,
    );
  }
  const fields = new Map<string, string>();
  for (const field of authorization.slice(SIGNATURE_ALGORITHM.length).split(",")) {
    const equals = field.indexOf("=");
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  const [credential, signedHeaders, signature] = [fields.get("Credential"), fields.get("SignedHeaders"), fields.get("Signature")];
  if (!credential || !signedHeaders || !signature) throw new S3Error("AuthorizationHeaderMalformed");
  const payload = header(parts, "x-amz-content-sha256");
  if (payload === undefined) throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  return {
    ...credentialOf(credential),
    timestamp: timestampOf(parts),
    signedHeaders: signedHeaders.split(";"),
    signature,
    payload,
    query: parts.query,
  };
}

function queryClaim(parts: SignedParts): Claim {
  const query = new Map(parts.query);
  const fields = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map((name) => query.get(`X-Amz-${name}`));
  const [algorithm, credential, timestamp, expires, signedHeaders, signature] = fields;
  if (algorithm !== SIGNATURE_ALGORITHM || !credential || !timestamp || !signedHeaders || !signature) {
    throw new S3Error("AuthorizationQueryParametersError");
  }
  const expiresSeconds = /^\d{1,7}$/.test(expires ?? "") ? Number(expires) : 0;
  if (expiresSeconds < 1 || expiresSeconds > PRESIGNED_SECONDS_MAX) throw new S3Error("AuthorizationQueryParametersError");
  return {
    ...credentialOf(credential),
    timestamp,
    signedHeaders: signedHeaders.split(";"),
    signature,
    payload: header(parts, "x-amz-content-sha256") ?? query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    expiresSeconds,
    query: parts.query.filter(([name]) => name !== "X-Amz-Signature"),
  };
}

function credentialOf(credential: string): { accessKeyId: string; scope: string } {
  const steps = credential.split("/");
  return { accessKeyId: steps.slice(0, -4).join("/"), scope: steps.slice(-4).join("/") };
}

/** `x-amz-date`, or the Date header in the same form. */
function timestampOf(parts: SignedParts): string {
  const own = header(parts, "x-amz-date");
  if (own !== undefined) return own;
  const dateMs = Date.parse(header(parts, "date") ?? "");
  if (Number.isNaN(dateMs)) throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  return new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Any region is taken: a store on loopback is in none, and its clients bring the region of their other work along. */
function checkScope(claim: Claim): void {
  const [date, region, service, end] = claim.scope.split("/");
  const whole = date === claim.timestamp.slice(0, 8) && region !== undefined && region !== "" && service === "s3" && end === "aws4_request";
  if (whole) return;
  throw new S3Error(claim.expiresSeconds === undefined ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError");
}

function checkClock(claim: Claim, nowMs: number): void {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(claim.timestamp);
  const [year, month, day, hour, minute, second] = (found?.slice(1) ?? []).map(Number);
  const signedMs = Date.UTC(year ?? NaN, (month ?? NaN) - 1, day, hour, minute, second);
  if (Number.isNaN(signedMs)) throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  const aheadMs = signedMs - nowMs;
  if (claim.expiresSeconds !== undefined) {
    if (aheadMs > CLOCK_SKEW_MAX_MS) throw new S3Error("AccessDenied", "Request is not yet valid");
    if (nowMs > signedMs + claim.expiresSeconds * 1000) throw new S3Error("AccessDenied", "Request has expired");
  } else if (Math.abs(aheadMs) > CLOCK_SKEW_MAX_MS) {
    throw new S3Error("RequestTimeTooSkewed", undefined, { details: { ServerTime: new Date(nowMs).toISOString() } });
  }
}

/** The host and every `x-amz-` header that is sent must be signed. */
function checkSignedHeaders(parts: SignedParts, claim: Claim): void {
  const signed = new Set(claim.signedHeaders);
  const unsigned = Array.from(parts.headers.keys()).filter((name) => (name === "host" || name.startsWith("x-amz-")) && !signed.has(name));
  if (unsigned.length === 0) return;
  throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
    details: { HeadersNotSigned: unsigned.join(", ") },
  });
}
