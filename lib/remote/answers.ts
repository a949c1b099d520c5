/**
 * What the headers of data answers tell: a GET's as ObjectDetails, a PUT's as ETag and checksums. Pure.
 */
import type { Capabilities, Checksum, ChecksumAlgorithm, ObjectDetails, ObjectHeaders } from "../types.ts";
import { checksumFrom, etagIsOpaque, objectDigests } from "./etag_digest.ts";
import { FIELD_OF_HEADER, METADATA_PREFIX } from "./header_names.ts";
import { decodeHeaderText } from "./header_text.ts";
import type { HeaderView } from "./header_view.ts";

const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/** The ETag of an answer without quotes. */
export function readEtag(headers: HeaderView): string | undefined {
  return headers.get("etag")?.replace(/^(?:W\/)?"(.*)"$/, "$1") || undefined;
}

/** The checksums that an answer names itself; not the MD5 that its ETag may be. */
export function readChecksums(headers: HeaderView): Checksum[] {
  const checksums: Checksum[] = [];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(`x-amz-checksum-${algorithm}`);
    if (value != null) checksums.push(checksumFrom(algorithm, value, headers.get("x-amz-checksum-type")));
  }
  // Alibaba OSS answers it for every object and part, of the whole even where a range was read.
  const own = headers.get("x-oss-hash-crc64ecma");
  if (own != null) checksums.push({ algorithm: "crc64ecma", value: own, type: "full" });
  return checksums;
}

/** The object that a whole-object GET answered, or a HEAD. */
export function readDetails(
  { key, sizeBytes }: { readonly key: string; readonly sizeBytes: number },
  headers: HeaderView,
  capabilities: Pick<Capabilities, "ownDigests">,
): ObjectDetails {
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
    ...(versionId != null && versionId !== "null" && { versionId }),
    headers: carried,
    ...objectDigests(readChecksums(headers), etag, { capabilities, sizeBytes, opaque: etagIsOpaque(headers) }),
    tagCount: readCount(headers.get("x-amz-tagging-count")),
    archived: false,
  };
}

/** What is no number is no reason to leave the tags behind: they are asked for. */
function readCount(text: string | null | undefined): number {
  if (text == null) return 0;
  return /^\d{1,9}$/.test(text) ? Number(text) : 1;
}

function readObjectHeaders(headers: HeaderView): ObjectHeaders {
  const carried: ObjectHeaders = {};
  let metadata: [string, string][] | undefined;
  // One walk: asking for each name costs a small object more than its bytes do.
  for (const [name, value] of headers.entries()) {
    const field = FIELD_OF_HEADER.get(name);
    if (field !== undefined) carried[field] = decodeHeaderText(value);
    else if (name.startsWith(METADATA_PREFIX.s3)) (metadata ??= []).push([name.slice(METADATA_PREFIX.s3.length), decodeHeaderText(value)]);
  }
  // Not one by one: a name like __proto__ would be lost.
  if (metadata !== undefined) carried.metadata = Object.fromEntries(metadata);
  return carried;
}
