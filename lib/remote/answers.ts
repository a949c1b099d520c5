/**
 * What the headers of responses say: a GET's as ObjectDetails, a PUT's as ETag and checksums. The one place that knows when an ETag is a
 * digest: from the ETag, what the store promises of its ETags, and what else the response says. Everybody else takes an ETag for an opaque
 * mark. Pure.
 */
import { md5Digest } from "../evidence/digest.ts";
import type { Capabilities, Checksum, ObjectDetails, ObjectHeaders, ObjectInfo } from "../types.ts";
import { CHECKSUM_ELEMENTS, plainEtag, timeOf } from "./documents.ts";
import { FIELD_OF_HEADER, METADATA_PREFIX } from "./header_names.ts";
import { decodeHeaderText } from "./encode.ts";
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

/** What a response says besides the ETag. */
export interface EtagContext {
  readonly capabilities: Pick<Capabilities, "ownDigests">;
  /** Size of the object, for HEAD and listings: some stores name the MD5 of no bytes for objects that they did not write themselves. */
  readonly sizeBytes?: number;
  /** The response says that the ETag is not an MD5; see {@link etagIsOpaque}. */
  readonly opaque?: boolean;
}

const MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e";

/**
 * The MD5 that an ETag (without quotes) shows, as a listed object holds it: the very text of the ETag, so that it costs no memory. An ETag
 * that has the form of one without the store's promise is doubtful; so is one in capitals, which Alibaba OSS writes for objects whose ETag
 * is not an MD5.
 */
export function listedMd5(etag: string | undefined, context: EtagContext): Pick<ObjectInfo, "md5" | "md5Doubtful"> {
  if (etag === undefined || etag.length < 32 || etag.length > 38) return {};
  const md5 = etag.toLowerCase();
  if (md5Digest(md5) === undefined || (md5 === MD5_OF_NOTHING && context.sizeBytes !== undefined && context.sizeBytes > 0)) return {};
  const promised = md5 === etag && context.opaque !== true && context.capabilities.ownDigests.includes("md5");
  return promised ? { md5 } : { md5, md5Doubtful: true };
}

/** The checksums that a response names, and the MD5 that its ETag is behind them. */
export function withEtagDigest(checksums: Checksum[], etag: string | undefined, context: EtagContext): Checksum[] {
  const { md5, md5Doubtful } = listedMd5(etag, context);
  const digest = md5 === undefined || md5Doubtful ? undefined : md5Digest(md5);
  return digest === undefined ? checksums : [...checksums, digest];
}

/** What a HEAD (or the headers of a GET) says of digests; `checksums` are those that it names itself. */
export function objectDigests(
  checksums: Checksum[],
  etag: string | undefined,
  context: EtagContext,
): Pick<ObjectInfo, "md5" | "md5Doubtful"> & { readonly checksums: Checksum[] } {
  return { ...listedMd5(etag, context), checksums: withEtagDigest(checksums, etag, context) };
}

/**
 * True when the headers name what makes an ETag another thing than an MD5: an encryption with KMS keys or with the customer's own (S3 API
 * reference, "Object"), an object of OSS that was not written by one PUT.
 */
export function etagIsOpaque(headers: HeaderView): boolean {
  const type = headers.get("x-amz-object-type");
  return isKeyed(headers.get("x-amz-server-side-encryption")) || headers.has("x-amz-server-side-encryption-customer-algorithm") ||
    (type != null && type !== "Normal");
}

/** True for encryptions under which ETags are not MD5s. */
function isKeyed(sse: string | null | undefined): boolean {
  return sse?.startsWith("aws:") ?? false;
}

/** A checksum of `x-amz-checksum-*` in our form. Composite ones end in `-N`; where only the type says so, N is not known. */
export function checksumFrom(algorithm: Checksum["algorithm"], text: string, type: string | null | undefined): Checksum {
  const [value = "", parts] = text.split("-", 2);
  if (parts === undefined && type !== "COMPOSITE") return { algorithm, value, type: "full" };
  return { algorithm, value, type: "composite", parts: /^\d{1,5}$/.test(parts ?? "") ? Number(parts) : 0 };
}

/** Algorithms that headers and documents carry, in the order of {@link CHECKSUM_ELEMENTS}. */
export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_ELEMENTS) as (keyof typeof CHECKSUM_ELEMENTS)[];

/** The checksums of a document, from the texts of its CHECKSUM_ELEMENTS and of its ChecksumType. */
export function checksumsFrom(values: readonly (string | undefined)[], type: string | undefined): Checksum[] {
  const checksums: Checksum[] = [];
  for (const [index, algorithm] of CHECKSUM_ALGORITHMS.entries()) {
    const value = values[index];
    if (value !== undefined && value !== "") checksums.push(checksumFrom(algorithm, value, type));
  }
  return checksums;
}
