/**
 * Decides whether a request in the OSS dialect is who it says it is: V1 and V4, in the Authorization header or in a signed URL; STS tokens;
 * the clock. Nothing passes unsigned.
 */
import { Buffer } from "node:buffer";
import type { AccessKeys } from "../s3/auth.ts";
import { sameSignature } from "../s3/signature.ts";
import { OssError } from "./errors.ts";
import {
  canonicalRequestV4,
  OSS_V4_ALGORITHM,
  type OssSignedParts,
  signatureV1,
  signatureV4,
  stringToSignV1,
  stringToSignV4,
  UNSIGNED_PAYLOAD,
} from "./signature.ts";

/** Clocks may differ by 15 minutes (RequestTimeTooSkewed). */
const CLOCK_SKEW_MAX_MS = 15 * 60_000;
/** Longest life of a URL signed with V4: seven days. */
const SIGNED_URL_SECONDS_MAX = 604_800;

/** Temporary keys as STS gives them out. */
export interface OssToken extends AccessKeys {
  readonly securityToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** Whom the store knows and what it takes. */
export interface OssAdmission {
  readonly keys: AccessKeys;
  readonly tokens: readonly OssToken[];
  readonly signatures: readonly ("v1" | "v4")[];
  /** Without `oss-` in front. */
  readonly region: string;
}

interface Claim {
  readonly version: "v1" | "v4";
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly signature: string;
  readonly stringToSign: string;
  readonly signedMs: number | undefined;
  /** Set for signed URLs. */
  readonly expiresMs?: number;
  readonly sign: (secret: string) => string;
}

/** Whether a request is in the OSS dialect, by its Authorization header or the parameters of a signed URL. */
export function speaksOss(authorization: string | undefined, url: string): boolean {
  if (authorization !== undefined) return authorization.startsWith("OSS ") || authorization.startsWith(OSS_V4_ALGORITHM);
  return /[?&](x-oss-signature-version|x-oss-signature|OSSAccessKeyId)=/.test(url);
}

/** Verifies a request. Throws OssError with the code of OSS. */
export function verifyOss(parts: OssSignedParts, admission: OssAdmission, nowMs: number): void {
  const claim = claimOf(parts, admission);
  if (!admission.signatures.includes(claim.version)) refuseVersion(claim.version);
  const secret = secretOf(claim, admission, nowMs);
  checkClock(claim, nowMs);
  const expected = claim.sign(secret);
  if (sameSignature(expected, claim.signature)) return;
  const text = Buffer.from(claim.stringToSign, "latin1");
  throw new OssError("SignatureDoesNotMatch", undefined, {
    ec: claim.version === "v4" ? "0002-00000201" : "0002-00000040",
    details: {
      OSSAccessKeyId: claim.accessKeyId,
      SignatureProvided: claim.signature,
      StringToSign: text.toString("utf8"),
      StringToSignBytes: text.toString("hex").toUpperCase().replace(/../g, "$& "),
    },
  });
}

/** V1 is closed to new accounts since 2025-03-01 and to new buckets since 2025-09-01; a store from before V4 does not know its form. */
function refuseVersion(version: "v1" | "v4"): never {
  if (version === "v4") throw new OssError("InvalidArgument", "Authorization header is invalid.", { ec: "0002-00000063" });
  throw new OssError("AccessDenied", "The V1 signature is not allowed. Please use the V4 signature.", { ec: "0002-00000080" });
}

function header(parts: OssSignedParts, name: string): string | undefined {
  return parts.headers.get(name)?.join(",");
}

function claimOf(parts: OssSignedParts, admission: OssAdmission): Claim {
  const authorization = header(parts, "authorization");
  const query = new Map(parts.query);
  if (authorization?.startsWith(OSS_V4_ALGORITHM)) return headerClaimV4(parts, authorization, admission.region);
  if (authorization !== undefined) return headerClaimV1(parts, authorization);
  if (query.has("x-oss-signature-version") || query.has("x-oss-signature")) return queryClaimV4(parts, query, admission.region);
  if (query.has("OSSAccessKeyId")) return queryClaimV1(parts, query);
  throw new OssError("AccessDenied", "Anonymous user has no right to access this bucket.");
}

function headerClaimV1(parts: OssSignedParts, authorization: string): Claim {
  const found = /^OSS ([^:\s]+):(\S+)$/.exec(authorization);
  if (found === null) throw new OssError("InvalidArgument", "Authorization header is invalid.", { ec: "0002-00000062" });
  const date = header(parts, "x-oss-date") ?? header(parts, "date") ?? "";
  const stringToSign = stringToSignV1(parts, date);
  return {
    version: "v1",
    accessKeyId: found[1] ?? "",
    securityToken: header(parts, "x-oss-security-token"),
    signature: found[2] ?? "",
    stringToSign,
    signedMs: httpTimeOf(date),
    sign: (secret) => signatureV1(secret, stringToSign),
  };
}

function queryClaimV1(parts: OssSignedParts, query: ReadonlyMap<string, string>): Claim {
  const [expires, signature] = [query.get("Expires"), query.get("Signature")];
  if (expires === undefined || signature === undefined || !/^\d{1,12}$/.test(expires)) {
    throw new OssError("AccessDenied", "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters");
  }
  if (parts.key === undefined) {
    throw new OssError("AccessDenied", "Operations on buckets do not support signed URLs of V1.", { ec: "0002-00000079" });
  }
  const stringToSign = stringToSignV1(parts, expires);
  return {
    version: "v1",
    accessKeyId: query.get("OSSAccessKeyId") ?? "",
    securityToken: query.get("security-token"),
    signature,
    stringToSign,
    signedMs: undefined,
    expiresMs: Number(expires) * 1000,
    sign: (secret) => signatureV1(secret, stringToSign),
  };
}

function headerClaimV4(parts: OssSignedParts, authorization: string, region: string): Claim {
  const where = "Authorization header";
  const fields = new Map(
    authorization.slice(OSS_V4_ALGORITHM.length).split(",").map((field): [string, string] => {
      const equals = field.indexOf("=");
      return [field.slice(0, Math.max(equals, 0)).trim(), field.slice(equals + 1).trim()];
    }),
  );
  const [credential, signature] = [fields.get("Credential"), fields.get("Signature")];
  const known = ["Credential", "AdditionalHeaders", "Signature"];
  if (!credential || !signature || Array.from(fields.keys()).some((name) => !known.includes(name))) {
    throw new OssError("InvalidArgument", `Invalid ${where}.`, { ec: "0002-00000202" });
  }
  const payload = header(parts, "x-oss-content-sha256");
  if (payload !== UNSIGNED_PAYLOAD) throw new OssError("InvalidArgument", `x-oss-content-sha256 must be ${UNSIGNED_PAYLOAD}.`);
  const date = header(parts, "x-oss-date") ?? header(parts, "date") ?? "";
  const claim = claimV4(parts, { credential, signature, additional: fields.get("AdditionalHeaders"), date, region, where });
  return { ...claim, securityToken: header(parts, "x-oss-security-token") };
}

function queryClaimV4(parts: OssSignedParts, query: ReadonlyMap<string, string>, region: string): Claim {
  const where = "query parameters";
  const fields = ["signature-version", "credential", "signature", "date", "expires"].map((name) => query.get(`x-oss-${name}`));
  const [version, credential, signature, date, expires] = fields;
  if (version !== OSS_V4_ALGORITHM || !credential || !signature || !date || !expires) {
    throw new OssError("InvalidArgument", `Invalid ${where}.`, { ec: "0002-00000202" });
  }
  const seconds = /^\d{1,7}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > SIGNED_URL_SECONDS_MAX) throw new OssError("InvalidArgument", "Invalid x-oss-expires in query parameters.");
  const unsigned = { ...parts, query: parts.query.filter(([name]) => name !== "x-oss-signature") };
  const additional = query.get("x-oss-additional-headers");
  const claim = claimV4(unsigned, { credential, signature, additional, date, region, where });
  return { ...claim, securityToken: query.get("x-oss-security-token"), expiresMs: (claim.signedMs ?? 0) + seconds * 1000 };
}

interface FieldsV4 {
  readonly credential: string;
  readonly signature: string;
  readonly additional: string | undefined;
  readonly date: string;
  readonly region: string;
  readonly where: string;
}

function claimV4(parts: OssSignedParts, fields: FieldsV4): Omit<Claim, "securityToken"> {
  const steps = fields.credential.split("/");
  const [signDate, region, product, end] = steps.slice(-4);
  if (steps.length < 5 || end !== "aliyun_v4_request") {
    throw new OssError("InvalidArgument", `Invalid Credential in ${fields.where}.`, { ec: "0002-00000213" });
  }
  if (product !== "oss") throw new OssError("InvalidArgument", `Invalid signing product in ${fields.where}.`, { ec: "0002-00000227" });
  if (region !== fields.region) {
    throw new OssError("InvalidArgument", `Invalid signing region in ${fields.where}.`, { ec: "0002-00000226" });
  }
  const signedMs = isoTimeOf(fields.date) ?? httpTimeOf(fields.date);
  const timestamp = new Date(signedMs ?? 0).toISOString().replace(/[-:]|\.\d+/g, "");
  if (signedMs !== undefined && signDate !== timestamp.slice(0, 8)) {
    throw new OssError("InvalidArgument", `Invalid signing date in ${fields.where}.`, { ec: "0002-00000223" });
  }
  const scope = steps.slice(-4).join("/");
  const additional = (fields.additional ?? "").toLowerCase().split(";").filter((name) => name !== "");
  const canonical = canonicalRequestV4(parts, additional, header(parts, "x-oss-content-sha256") ?? UNSIGNED_PAYLOAD);
  const stringToSign = stringToSignV4(timestamp, scope, canonical);
  return {
    version: "v4",
    accessKeyId: steps.slice(0, -4).join("/"),
    signature: fields.signature,
    stringToSign,
    signedMs,
    sign: (secret) => signatureV4(secret, scope, stringToSign),
  };
}

/** ISO 8601 in its basic form, which x-oss-date has in V4. */
function isoTimeOf(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  const ms = found === null
    ? Number.NaN
    : Date.parse(text.replace(found[0], found.slice(1, 4).join("-") + `T${found.slice(4).join(":")}Z`));
  return Number.isNaN(ms) ? undefined : ms;
}

/** The date of HTTP, with two digits for the day: other forms are refused ("Detail analysis" of the V1 page). */
function httpTimeOf(text: string): number | undefined {
  const ms = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The secret of the key id that the request names. A token makes it a request of STS, whose key ids are others. */
function secretOf(claim: Claim, admission: OssAdmission, nowMs: number): string {
  const { accessKeyId, securityToken } = claim;
  if (securityToken === undefined) {
    if (accessKeyId === admission.keys.accessKeyId) return admission.keys.secretAccessKey;
    throw new OssError("InvalidAccessKeyId", undefined, { details: { OSSAccessKeyId: accessKeyId } });
  }
  const token = admission.tokens.find((known) => known.accessKeyId === accessKeyId);
  if (token === undefined) {
    throw new OssError("InvalidAccessKeyId", undefined, { ec: "0002-00000002", details: { OSSAccessKeyId: accessKeyId } });
  }
  if (!sameSignature(token.securityToken, securityToken)) throw new OssError("InvalidSecurityToken");
  if (nowMs >= token.expiresAtMs) throw new OssError("SecurityTokenExpired");
  return token.secretAccessKey;
}

function checkClock(claim: Claim, nowMs: number): void {
  const serverTime = new Date(nowMs).toISOString();
  if (claim.expiresMs !== undefined) {
    if (nowMs <= claim.expiresMs && (claim.signedMs ?? 0) <= nowMs + CLOCK_SKEW_MAX_MS) return;
    const details = { Expires: new Date(claim.expiresMs).toISOString(), ServerTime: serverTime };
    throw new OssError("AccessDenied", "Request has expired.", { details });
  }
  if (claim.signedMs === undefined) throw new OssError("AccessDenied", "OSS authentication requires a valid Date.");
  if (Math.abs(claim.signedMs - nowMs) <= CLOCK_SKEW_MAX_MS) return;
  const details = {
    MaxAllowedSkewMilliseconds: String(CLOCK_SKEW_MAX_MS),
    RequestTime: new Date(claim.signedMs).toISOString(),
    ServerTime: serverTime,
  };
  throw new OssError("RequestTimeTooSkewed", undefined, { details });
}
