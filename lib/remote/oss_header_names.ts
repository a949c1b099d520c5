/**
 * Headers of data requests and answers, S3's names to those of Alibaba OSS and back, so that one data plane speaks to both. Pure. What OSS
 * has no word for is left out here and must not be asked for elsewhere (capabilities say so).
 */
import { plainEtag } from "./entries.ts";
import { METADATA_PREFIX, OSS_NAMES, S3_NAMES } from "./header_names.ts";
import type { HeaderView } from "./header_view.ts";
import { fromOssClass, toOssClass } from "./storage_class.ts";

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
  const plain = plainEtag(etag) ?? "";
  const mayBeMd5 = objectType === null || objectType === undefined || objectType === "Normal";
  return mayBeMd5 && /^[0-9A-F]{32}$/.test(plain) ? plain.toLowerCase() : plain;
}

/** Request headers (lower case, S3's names) as OSS takes them. `method` decides what conditions mean. */
export function toOssHeaders(method: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const request: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("x-amz-checksum-")) continue;
    if (name.startsWith(METADATA_PREFIX.s3)) request[METADATA_PREFIX.oss + name.slice(METADATA_PREFIX.s3.length)] = value;
    else if (name === "x-amz-storage-class") request["x-oss-storage-class"] = toOssClass(value);
    else if (name === "x-amz-server-side-encryption") request["x-oss-server-side-encryption"] = toOssEncryption(value);
    else if (name === "if-none-match" && method !== "GET" && method !== "HEAD") request["x-oss-forbid-overwrite"] = "true";
    else if (name === "if-match" || name === "x-amz-copy-source-if-match") {
      request[OSS_NAMES.get(name) ?? name] = `"${toOssEtag(value.replaceAll('"', ""))}"`;
    } else if (name === "x-amz-copy-source") request["x-oss-copy-source"] = `/${value}`;
    else if (name === "x-amz-tagging-directive") request["x-oss-tagging-directive"] = value === "REPLACE" ? "Replace" : value;
    else request[OSS_NAMES.get(name) ?? name] = value;
  }
  // Without it OSS answers a range that is out of bounds with 200 and everything (OSS API reference, "GetObject").
  if (request.range !== undefined) request["x-oss-range-behavior"] = "standard";
  return request;
}

/** Encryption in OSS's words. */
export function toOssEncryption(sse: string): string {
  return Object.hasOwn(ENCRYPTIONS, sse) ? ENCRYPTIONS[sse as keyof typeof ENCRYPTIONS] : sse;
}

/** Headers of a response of OSS with S3's names beside OSS's own. */
export function fromOssHeaders(response: HeaderView): HeaderView {
  return new OssHeaders(response);
}

class OssHeaders implements HeaderView {
  readonly #response: HeaderView;

  constructor(response: HeaderView) {
    this.#response = response;
  }

  get(name: string): string | undefined {
    return this.#translated(name, this.#response.get(this.#ossName(name)) ?? this.#response.get(name) ?? undefined);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *entries(): Generator<[string, string]> {
    for (const [name, value] of this.#response.entries()) {
      const s3 = name.startsWith(METADATA_PREFIX.oss) ? METADATA_PREFIX.s3 + name.slice(METADATA_PREFIX.oss.length) : S3_NAMES.get(name);
      yield [s3 ?? name, this.#translated(s3 ?? name, value) ?? value];
    }
  }

  #ossName(name: string): string {
    if (name.startsWith(METADATA_PREFIX.s3)) return METADATA_PREFIX.oss + name.slice(METADATA_PREFIX.s3.length);
    return OSS_NAMES.get(name) ?? name;
  }

  #translated(name: string, value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    if (name === "etag") return `"${fromOssEtag(value, this.#response.get("x-oss-object-type"))}"`;
    if (name === "x-amz-storage-class") return fromOssClass(value);
    return name === "x-amz-server-side-encryption" && value === "KMS" ? "aws:kms" : value;
  }
}
