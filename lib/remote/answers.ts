/** What the headers of responses say: a GET's as ObjectDetails, a PUT's as ETag and checksums. Pure. */
import type { Capabilities, Checksum, ObjectDetails, ObjectHeaders } from "../types.ts";
import { plainEtag, timeOf } from "./entries.ts";
import { CHECKSUM_ALGORITHMS, checksumFrom, etagIsOpaque, objectDigests, withEtagDigest } from "./etag_digest.ts";
import { FIELD_OF_HEADER, METADATA_PREFIX } from "./header_names.ts";
import { decodeHeaderText } from "./header_text.ts";
import type { HeaderView } from "./http/head.ts";

/** The ETag of a response without quotes. */
export function readEtag(headers: HeaderView): string | undefined {
  return plainEtag(headers.get("etag"));
}

/** The checksums that a response names itself; not the MD5 that its ETag may be. */
export function readChecksums(headers: HeaderView): Checksum[] {
  const checksums: Checksum[] = [];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(`x-amz-checksum-${algorithm}`);
    if (value != null) checksums.push(checksumFrom(algorithm, value, headers.get("x-amz-checksum-type")));
  }
  return checksums;
}

/** What a destination responded to a write. */
export interface PutAnswer {
  readonly etag?: string;
  /** Digests of the bytes that were sent, the MD5 that the ETag is among them. */
  readonly checksums: readonly Checksum[];
}

/** What was written, by its ETag and the headers of the response; `named` are checksums that its document names. */
export function readWritten(
  headers: HeaderView,
  etag: string | undefined,
  { capabilities, named = [] }: { readonly capabilities: Pick<Capabilities, "ownDigests">; readonly named?: Checksum[] },
): PutAnswer {
  const checksums = named.length > 0 ? named : readChecksums(headers);
  const digests = withEtagDigest(checksums, etag, { capabilities, opaque: etagIsOpaque(headers) });
  return { ...(etag !== undefined && { etag }), checksums: digests };
}

/** The object that a HEAD or the GET of a whole object describes. */
export function readDetails(
  { key, sizeBytes }: { readonly key: string; readonly sizeBytes: number },
  headers: HeaderView,
  capabilities: Pick<Capabilities, "ownDigests">,
): ObjectDetails {
  const etag = readEtag(headers);
  const lastModifiedMs = timeOf(headers.get("last-modified"));
  const { storageClass, ...carried } = readObjectHeaders(headers);
  const versionId = headers.get("x-amz-version-id");
  return {
    key,
    sizeBytes,
    ...(etag !== undefined && { etag }),
    ...(lastModifiedMs !== undefined && { lastModifiedMs }),
    ...(storageClass !== undefined && { storageClass }),
    // Buckets that never had versions name none, those where versioning was switched off "null".
    ...(versionId != null && versionId !== "null" && { versionId }),
    // Amazon does not name the default class, others do: unnamed here, so that details of two stores compare.
    headers: storageClass === undefined || storageClass === "STANDARD" ? carried : { ...carried, storageClass },
    ...objectDigests(readChecksums(headers), etag, { capabilities, sizeBytes, opaque: etagIsOpaque(headers) }),
    tagCount: readCount(headers.get("x-amz-tagging-count")),
    archived: false,
  };
}

/** Where it is not a number, the tags are asked for. */
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
    if (field === "contentEncoding") carryEncoding(carried, decodeHeaderText(value));
    else if (field !== undefined) carried[field] = decodeHeaderText(value);
    else if (name.startsWith(METADATA_PREFIX.s3)) (metadata ??= []).push([name.slice(METADATA_PREFIX.s3.length), decodeHeaderText(value)]);
  }
  // Not one by one: a name like __proto__ would be lost.
  if (metadata !== undefined) carried.metadata = Object.fromEntries(metadata);
  return carried;
}

/** Some stores keep the framing of the upload as if it were an encoding of the object. */
function carryEncoding(carried: ObjectHeaders, value: string): void {
  const names = value.split(",").map((name) => name.trim()).filter((name) => name !== "" && name.toLowerCase() !== "aws-chunked");
  if (names.length > 0) carried.contentEncoding = names.join(",");
}
