/**
 * What the headers of data answers tell: a GET's as ObjectDetails, a PUT's as ETag and checksums. Pure.
 */
import type { Checksum, ChecksumAlgorithm, ObjectDetails, ObjectHeaders } from "../types.ts";
import { decodeHeaderText } from "./header_text.ts";

const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
const METADATA_PREFIX = "x-amz-meta-";

/** Header fields that map one to one. */
const FIELDS = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentEncoding: "content-encoding",
  contentDisposition: "content-disposition",
  contentLanguage: "content-language",
  expires: "expires",
  websiteRedirectLocation: "x-amz-website-redirect-location",
  storageClass: "x-amz-storage-class",
  sse: "x-amz-server-side-encryption",
  kmsKeyId: "x-amz-server-side-encryption-aws-kms-key-id",
} as const satisfies Partial<Record<keyof ObjectHeaders, string>>;

/** The ETag of an answer without quotes. */
export function readEtag(headers: Headers): string | undefined {
  return headers.get("etag")?.replace(/^(?:W\/)?"(.*)"$/, "$1") || undefined;
}

/** `x-amz-checksum-*` of an answer. Composite values are told by their type, where a store names none by the `-N` at their end. */
export function readChecksums(headers: Headers): Checksum[] {
  const checksums: Checksum[] = [];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(`x-amz-checksum-${algorithm}`);
    if (value === null) continue;
    const composite = value.includes("-") || headers.get("x-amz-checksum-type") === "COMPOSITE";
    checksums.push({ algorithm, value, type: composite ? "composite" : "full" });
  }
  return checksums;
}

/** The object that a whole-object GET answered. */
export function readDetails(key: string, sizeBytes: number, headers: Headers): ObjectDetails {
  const etag = readEtag(headers);
  const lastModifiedMs = Date.parse(headers.get("last-modified") ?? "");
  const carried = readObjectHeaders(headers);
  const versionId = headers.get("x-amz-version-id");
  return {
    key,
    sizeBytes,
    ...(etag !== undefined && { etag }),
    ...(!Number.isNaN(lastModifiedMs) && { lastModifiedMs }),
    ...(carried.storageClass !== undefined && { storageClass: carried.storageClass }),
    // Buckets that never had versions answer none, those where versioning was switched off "null".
    ...(versionId !== null && versionId !== "null" && { versionId }),
    headers: carried,
    checksums: readChecksums(headers),
    tagCount: Number(headers.get("x-amz-tagging-count") ?? 0),
    etagMayBeMd5: !(carried.sse?.startsWith("aws:") ?? false) && !headers.has("x-amz-server-side-encryption-customer-algorithm"),
    archived: false,
  };
}

function readObjectHeaders(headers: Headers): ObjectHeaders {
  const carried: ObjectHeaders = {};
  for (const [field, name] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][]) {
    const value = headers.get(name);
    if (value !== null) carried[field] = decodeHeaderText(value);
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(METADATA_PREFIX)) metadata[name.slice(METADATA_PREFIX.length)] = decodeHeaderText(value);
  }
  if (Object.keys(metadata).length > 0) carried.metadata = metadata;
  return carried;
}
