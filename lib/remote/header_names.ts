/**
 * The one table of header names: which header carries which field of an object, and what Alibaba OSS calls it. Requests and responses have
 * S3's names on this side of the protocol; what OSS has no word for is dropped and must not be asked for (capabilities say so). Pure.
 */
import type { ObjectHeaders } from "../types.ts";
import { plainEtag } from "./documents.ts";
import type { HeaderView } from "./http/head.ts";
import { fromOssClass, toOssClass } from "./storage_class.ts";

/** Fields of an object that one header carries as it is. */
export type HeaderField = Exclude<keyof ObjectHeaders, "metadata" | "tags" | "grants" | "other">;

interface Row {
  readonly field?: HeaderField;
  /** S3's name, in lower case. */
  readonly s3: string;
  /** The name of Alibaba OSS, where it is another one. */
  readonly oss?: string;
  /** The header belongs to requests only: no response describes an object by it. */
  readonly requestOnly?: true;
}

const ROWS: readonly Row[] = [
  { field: "contentType", s3: "content-type" },
  { field: "cacheControl", s3: "cache-control" },
  { field: "contentEncoding", s3: "content-encoding" },
  { field: "contentDisposition", s3: "content-disposition" },
  { field: "contentLanguage", s3: "content-language" },
  { field: "expires", s3: "expires" },
  { field: "websiteRedirectLocation", s3: "x-amz-website-redirect-location" },
  { field: "storageClass", s3: "x-amz-storage-class", oss: "x-oss-storage-class" },
  { field: "acl", s3: "x-amz-acl", oss: "x-oss-object-acl", requestOnly: true },
  { field: "sse", s3: "x-amz-server-side-encryption", oss: "x-oss-server-side-encryption" },
  { field: "kmsKeyId", s3: "x-amz-server-side-encryption-aws-kms-key-id", oss: "x-oss-server-side-encryption-key-id" },
  { s3: "x-amz-tagging", oss: "x-oss-tagging" },
  { s3: "x-amz-tagging-count", oss: "x-oss-tagging-count" },
  { s3: "x-amz-version-id", oss: "x-oss-version-id" },
  { s3: "x-amz-request-id", oss: "x-oss-request-id" },
  { s3: "x-amz-request-payer", oss: "x-oss-request-payer" },
  // S3 has no such two: the names are ours.
  { s3: "x-amz-checksum-crc64ecma", oss: "x-oss-hash-crc64ecma" },
  { s3: "x-amz-object-type", oss: "x-oss-object-type" },
  { s3: "x-amz-restore", oss: "x-oss-restore" },
  { s3: "x-amz-copy-source", oss: "x-oss-copy-source" },
  { s3: "x-amz-copy-source-if-match", oss: "x-oss-copy-source-if-match" },
  { s3: "x-amz-copy-source-range", oss: "x-oss-copy-source-range" },
  { s3: "x-amz-metadata-directive", oss: "x-oss-metadata-directive" },
  { s3: "x-amz-tagging-directive", oss: "x-oss-tagging-directive" },
];

/** S3's header of each field. */
export const HEADER_OF_FIELD: ReadonlyMap<HeaderField, string> = new Map(
  ROWS.flatMap(({ field, s3 }) => field === undefined ? [] : [[field, s3]]),
);

/** The field that a response header fills, by S3's name. */
export const FIELD_OF_HEADER: ReadonlyMap<string, HeaderField> = new Map(
  ROWS.flatMap(({ field, s3, requestOnly }) => field === undefined || requestOnly ? [] : [[s3, field]]),
);

/** OSS's name by S3's, where they differ. */
const OSS_NAMES: ReadonlyMap<string, string> = new Map(ROWS.flatMap(({ s3, oss }) => oss === undefined ? [] : [[s3, oss]]));

/** S3's name by OSS's, where they differ. */
const S3_NAMES: ReadonlyMap<string, string> = new Map([...OSS_NAMES].map(([s3, oss]) => [oss, s3]));

/** User metadata: what stands before its name. */
export const METADATA_PREFIX = { s3: "x-amz-meta-", oss: "x-oss-meta-" } as const;

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

const toOssMark = (value: string) => `"${toOssEtag(value.replaceAll('"', ""))}"`;

/** What OSS writes in another way, by S3's name. */
const OSS_VALUES: ReadonlyMap<string, (value: string) => string> = new Map([
  ["x-amz-storage-class", toOssClass],
  ["x-amz-server-side-encryption", (value) => value.replace(/^aws:kms(:dsse)?$/, "KMS")],
  ["if-match", toOssMark],
  ["x-amz-copy-source-if-match", toOssMark],
  ["x-amz-copy-source", (value) => `/${value}`],
  ["x-amz-tagging-directive", (value) => value === "REPLACE" ? "Replace" : value],
]);

function toOssName(name: string): string {
  if (name.startsWith(METADATA_PREFIX.s3)) return METADATA_PREFIX.oss + name.slice(METADATA_PREFIX.s3.length);
  return OSS_NAMES.get(name) ?? name;
}

/** Request headers (lower case, S3's names) as OSS takes them. `method` decides what conditions mean. */
export function toOssHeaders(method: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const request: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith("x-amz-checksum-")) continue;
    if (name === "if-none-match" && method !== "GET" && method !== "HEAD") request["x-oss-forbid-overwrite"] = "true";
    else request[toOssName(name)] = OSS_VALUES.get(name)?.(value) ?? value;
  }
  // Without it OSS responds to a range that is out of bounds with 200 and everything (OSS API reference, "GetObject").
  if (request.range !== undefined) request["x-oss-range-behavior"] = "standard";
  return request;
}

/** Headers of a response of OSS with S3's names beside OSS's own. */
export class OssHeaders implements HeaderView {
  readonly #response: HeaderView;

  constructor(response: HeaderView) {
    this.#response = response;
  }

  get(name: string): string | undefined {
    return this.#translated(name, this.#response.get(toOssName(name)) ?? this.#response.get(name) ?? undefined);
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

  #translated(name: string, value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    if (name === "etag") return `"${fromOssEtag(value, this.#response.get("x-oss-object-type"))}"`;
    if (name === "x-amz-storage-class") return fromOssClass(value);
    return name === "x-amz-server-side-encryption" && value === "KMS" ? "aws:kms" : value;
  }
}
