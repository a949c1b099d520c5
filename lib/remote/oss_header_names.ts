/**
 * Headers of data requests and answers, S3's names to those of Alibaba OSS and back, so that one data plane speaks to both. Pure. What OSS
 * has no word for is left out here and must not be asked for elsewhere (capabilities say so).
 */
import { fromOssClass, toOssClass } from "./storage_class.ts";

/** Names that differ by more than their prefix. */
const NAMES: Readonly<Record<string, string>> = {
  "x-amz-storage-class": "x-oss-storage-class",
  "x-amz-tagging": "x-oss-tagging",
  "x-amz-tagging-count": "x-oss-tagging-count",
  "x-amz-acl": "x-oss-object-acl",
  "x-amz-server-side-encryption": "x-oss-server-side-encryption",
  "x-amz-server-side-encryption-aws-kms-key-id": "x-oss-server-side-encryption-key-id",
  "x-amz-version-id": "x-oss-version-id",
  "x-amz-request-id": "x-oss-request-id",
  "x-amz-request-payer": "x-oss-request-payer",
};

const META = { s3: "x-amz-meta-", oss: "x-oss-meta-" } as const;

/** Canned ACLs that both have. S3's others have no counterpart and are refused by OSS in clear words. */
const ENCRYPTIONS = { "aws:kms": "KMS", "aws:kms:dsse": "KMS" } as const;

/** A plain MD5 in the case in which OSS writes its ETags; anything else is a text of its own and stays. */
export function toOssEtag(etag: string): string {
  return /^[0-9a-f]{32}$/.test(etag) ? etag.toUpperCase() : etag;
}

/**
 * An ETag of OSS as sluice's nouns have it. Only objects written by one PUT (`Normal`) and parts have an MD5 there: it is written in lower
 * case as everywhere else. ETags of other objects stay in upper case, so that nobody takes them for MD5s.
 */
export function fromOssEtag(etag: string, objectType: string | null | undefined): string {
  const plain = etag.replace(/^(?:W\/)?"(.*)"$/, "$1");
  const mayBeMd5 = objectType === null || objectType === undefined || objectType === "Normal";
  return mayBeMd5 && /^[0-9A-F]{32}$/.test(plain) ? plain.toLowerCase() : plain;
}

/** Request headers (lower case, S3's names) as OSS takes them. `method` decides what conditions mean. */
export function toOssHeaders(method: "GET" | "PUT", headers: Readonly<Record<string, string>>): Record<string, string> {
  const request: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name === "x-amz-checksum-mode") continue;
    if (name.startsWith(META.s3)) request[META.oss + name.slice(META.s3.length)] = value;
    else if (name === "x-amz-storage-class") request["x-oss-storage-class"] = toOssClass(value);
    else if (name === "x-amz-server-side-encryption") request["x-oss-server-side-encryption"] = toOssEncryption(value);
    else if (name === "if-none-match" && method === "PUT") request["x-oss-forbid-overwrite"] = "true";
    else if (name === "if-match") request[name] = `"${toOssEtag(value.replaceAll('"', ""))}"`;
    else request[NAMES[name] ?? name] = value;
  }
  // Without it OSS answers a range that is out of bounds with 200 and everything (OSS API reference, "GetObject").
  if (request.range !== undefined) request["x-oss-range-behavior"] = "standard";
  return request;
}

/** Encryption in OSS's words. */
export function toOssEncryption(sse: string): string {
  return Object.hasOwn(ENCRYPTIONS, sse) ? ENCRYPTIONS[sse as keyof typeof ENCRYPTIONS] : sse;
}

/** Headers of an answer of OSS with S3's names beside OSS's own. */
export function fromOssHeaders(answer: Headers): Headers {
  const headers = new Headers(answer);
  for (const [s3, oss] of Object.entries(NAMES)) {
    const value = answer.get(oss);
    if (value !== null) headers.set(s3, value);
  }
  for (const [name, value] of answer) {
    if (name.startsWith(META.oss)) headers.set(META.s3 + name.slice(META.oss.length), value);
  }
  const etag = answer.get("etag");
  if (etag !== null) headers.set("etag", `"${fromOssEtag(etag, answer.get("x-oss-object-type"))}"`);
  const storageClass = answer.get("x-oss-storage-class");
  if (storageClass !== null) headers.set("x-amz-storage-class", fromOssClass(storageClass));
  if (answer.get("x-oss-server-side-encryption") === "KMS") headers.set("x-amz-server-side-encryption", "aws:kms");
  return headers;
}
