/**
 * CopyObject and UploadPartCopy: bytes that never leave the folder. A whole object of one piece is linked, not copied.
 */
import { Buffer } from "node:buffer";
import type { ChecksumAlgorithm, ObjectHeaders, Range } from "../../types.ts";
import type { DiskBucket, OpenObject } from "../disk/bucket.ts";
import { linkData, readData, removeData, writeData } from "../disk/data.ts";
import { createDigester } from "../disk/digest.ts";
import type { BucketPaths, Piece } from "../disk/layout.ts";
import { type ObjectRecord, type StoredChecksum, wholeSeconds } from "../disk/records.ts";
import { bucketOf, headerOf, keyOf, type StoreRequest, type StoreResponse, xmlResponse } from "../request.ts";
import { algorithmNamed, base64, checksumElements, checksumTypeName } from "./checksum.ts";
import { checkCopySource, conditionsFrom } from "./conditions.ts";
import { S3Error } from "./errors.ts";
import { checkReadable, objectHeadersFrom, storageClassFrom, tagsFrom } from "./headers.ts";
import { refuseVersions, writeCheckFrom } from "./object.ts";
import { PAYLOAD_BYTES_MAX } from "./payload.ts";
import { uriDecode } from "./signature.ts";
import type { S3Context } from "./words.ts";
import type { XmlFields } from "./xml.ts";

/** A source of a copy, held for reading. */
export interface HeldSource {
  readonly bucket: DiskBucket;
  readonly held: OpenObject;
}

/** Bytes that were copied, with their digests. */
export interface CopiedBytes {
  readonly pieces: Piece[];
  /** The MD5 in lower-case hex. */
  readonly etag: string;
  readonly checksums: StoredChecksum[];
}

/** The object that `x-amz-copy-source` names, conditions checked. The caller releases it. */
export async function openCopySource(context: S3Context): Promise<HeldSource> {
  const { request } = context;
  // Clients encode this like a query: s5cmd sends a space as a plus, and a plus as %2B.
  const header = (headerOf(request, "x-amz-copy-source") ?? "").replace(/^\//, "").replaceAll("+", " ");
  const [path = "", versionId] = header.split("?versionId=");
  refuseVersions(versionId);
  // Some clients encode the slash between bucket and key as well.
  const readable = path.includes("/") ? path : uriDecode(path).replace(/^\//, "");
  const slash = readable.indexOf("/");
  if (slash < 1 || slash === readable.length - 1) {
    throw new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  const bucket = bucketOf(context, readable.slice(0, slash));
  const key = path.includes("/") ? uriDecode(readable.slice(slash + 1)) : readable.slice(slash + 1);
  const held = await bucket.open(key);
  if (held === undefined) throw new S3Error("NoSuchKey", undefined, { details: { Key: key } });
  try {
    checkCopySource(conditionsFrom((name) => headerOf(request, name), "x-amz-copy-source-if-"), held.record);
    checkReadable(held.record);
    return { bucket, held };
  } catch (error) {
    held.release();
    throw error;
  }
}

/** CopyObject. */
export async function copyObject(context: S3Context): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const key = keyOf(context);
  const check = writeCheckFrom(request);
  const source = await openCopySource(context);
  try {
    const from = source.held.record;
    if (from.sizeBytes > PAYLOAD_BYTES_MAX) {
      throw new S3Error("InvalidRequest", `The specified copy source is larger than the maximum allowable size: ${PAYLOAD_BYTES_MAX}`);
    }
    const headers = copiedHeaders(request, from, source.bucket === bucket && from.key === key);
    check(bucket.index.get(key));
    const wanted = headerOf(request, "x-amz-checksum-algorithm");
    const bytes = await copyBytes(source, bucket.paths, wanted === undefined ? undefined : algorithmNamed(wanted));
    try {
      const record = await bucket.commit({
        key,
        sizeBytes: from.sizeBytes,
        lastModifiedMs: wholeSeconds(context.nowMs),
        headers,
        ...bytes,
      }, check);
      const [checksum] = record.checksums;
      const type = checksum && checksumTypeName(checksum.type);
      return xmlResponse(context, "CopyObjectResult", { ...copiedFields(record), ChecksumType: type });
    } catch (error) {
      await removeData(bucket.paths, bytes.pieces);
      throw error;
    }
  } finally {
    source.held.release();
  }
}

/** The elements of the response to a copy. */
export function copiedFields({ etag, lastModifiedMs, checksums }: Pick<ObjectRecord, "etag" | "lastModifiedMs" | "checksums">): XmlFields {
  return { LastModified: new Date(lastModifiedMs).toISOString(), ETag: `"${etag}"`, ...checksumElements(checksums) };
}

/** Headers, tags and storage class of the copy: the class is never taken over ("CopyObject", x-amz-storage-class). */
function copiedHeaders(request: StoreRequest, from: ObjectRecord, ontoItself: boolean): ObjectHeaders {
  const replaceHeaders = directive(request, "x-amz-metadata-directive");
  const replaceTags = directive(request, "x-amz-tagging-directive");
  const said = objectHeadersFrom(request);
  const storageClass = storageClassFrom(request);
  const changed = replaceHeaders || storageClass !== from.headers.storageClass || said.websiteRedirectLocation !== undefined;
  if (ontoItself && !changed) {
    throw new S3Error(
      "InvalidRequest",
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, " +
        "storage class, website redirect location or encryption attributes",
    );
  }
  const { tags: fromTags, storageClass: _notCopied, websiteRedirectLocation: _norThis, ...carried } = from.headers;
  const tags = replaceTags ? tagsFrom(request) : fromTags;
  const redirect = said.websiteRedirectLocation;
  return {
    ...(replaceHeaders ? said : carried),
    ...(redirect !== undefined && { websiteRedirectLocation: redirect }),
    ...(tags !== undefined && Object.keys(tags).length > 0 && { tags }),
    ...(storageClass !== undefined && { storageClass }),
  };
}

/** True for REPLACE, false for COPY and nothing. */
function directive(request: StoreRequest, name: string): boolean {
  const value = headerOf(request, name);
  if (value === undefined || value === "COPY") return false;
  if (value === "REPLACE") return true;
  throw new S3Error("InvalidArgument", `Unknown value of ${name}`);
}

/** A whole object copied: linked when it is one piece whose MD5 and checksum are known, else read and written. */
async function copyBytes(source: HeldSource, to: BucketPaths, wanted: ChecksumAlgorithm | undefined): Promise<CopiedBytes> {
  const { record } = source.held;
  const known = record.checksums.find((checksum) => checksum.type === "full" && (wanted ?? checksum.algorithm) === checksum.algorithm);
  const [piece] = record.pieces;
  if (record.parts === undefined && piece !== undefined && (known !== undefined || wanted === undefined)) {
    return {
      pieces: [await linkData(source.bucket.paths, to, piece)],
      etag: record.etag,
      checksums: known === undefined ? [] : [known],
    };
  }
  // Like S3: a copy of a multipart object is not a multipart object, and its checksum covers the whole.
  const algorithm = wanted ?? record.checksums.find((checksum) => checksum.algorithm !== "md5")?.algorithm;
  return await copySpan(source, to, { algorithm: algorithm as ChecksumAlgorithm | undefined });
}

/** A span copied (all of it when absent), with its MD5 and the checksum wanted. */
export async function copySpan(
  source: HeldSource,
  to: BucketPaths,
  { range, algorithm }: { readonly range?: Range | undefined; readonly algorithm: ChecksumAlgorithm | undefined },
): Promise<CopiedBytes> {
  const { record } = source.held;
  const md5 = await createDigester("md5");
  const digester = algorithm && await createDigester(algorithm);
  const { paths } = source.bucket;
  async function* digested(): AsyncGenerator<Uint8Array> {
    for await (const chunk of readData(paths, record.pieces, range)) {
      md5.update(chunk);
      digester?.update(chunk);
      yield chunk;
    }
  }
  const pieces = await writeData(to, digested());
  return {
    pieces,
    etag: Buffer.from(md5.finish()).toString("hex"),
    checksums: algorithm && digester ? [{ algorithm, value: base64(digester.finish()), type: "full" }] : [],
  };
}
