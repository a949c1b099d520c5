/**
 * Multipart uploads of a bucket: beginning and ending them, their listings, copies of parts on the server. Must never be clever after an
 * error: whether a Complete worked in spite of it is asked by the session. Must never hold more than a page (or one key's uploads).
 */
import { compareKeys } from "../bytes/key_order.ts";
import { asTransferError, isMissing, TransferError } from "../errors.ts";
import type { CompleteUploadOptions, CopySource, CreateUploadOptions, Store, WriteAnswer } from "../store/store.ts";
import type { Checksum, ChecksumAlgorithm, DeclaredChecksum, PartInfo, UploadInfo } from "../types.ts";
import { ask, type Bucket, escapeXml, moreFollows, xmlBody } from "./bucket.ts";
import { decodeKey, INITIATED, partNumberOf, PARTS, sizeOf, timeOf, UPLOADS, WRITTEN } from "./documents.ts";
import { CHECKSUM_ALGORITHMS, checksumsFrom, withEtagDigest } from "./answers.ts";
import { carriedBy, copySource, refuseEtagCondition, writeAnswer } from "./objects.ts";
import { circular, EMPTY_PAGES_MAX } from "./pages.ts";
import type { Attempt } from "./exchange.ts";
import { objectHeaders } from "./put.ts";

/** Begins an upload and returns its id. */
export async function createUpload(bucket: Bucket, key: string, options: CreateUploadOptions): Promise<string> {
  const { headers, checksum, signal } = options;
  const what = `Cannot begin an upload to ${bucket.label}/${key}`;
  const declared = checksum === undefined || !takes(bucket, checksum.algorithm) ? {} : {
    "x-amz-checksum-algorithm": checksum.algorithm.toUpperCase(),
    "x-amz-checksum-type": typeName(checksum.type),
  };
  const request = {
    method: "POST",
    key,
    query: { uploads: "" },
    headers: { ...objectHeaders(carriedBy(bucket, headers), undefined), ...declared },
  } as const;
  const { document } = await ask(bucket, { what, key, signal }, request, INITIATED);
  const [uploadId = ""] = document.fields;
  if (uploadId === "") throw new TransferError("server", `${what}: the answer names no upload id`, { key });
  return uploadId;
}

function takes(bucket: Bucket, algorithm: Checksum["algorithm"]): algorithm is ChecksumAlgorithm {
  return bucket.capabilities.checksums.includes(algorithm as ChecksumAlgorithm);
}

function typeName(type: Checksum["type"]): string {
  return type === "full" ? "FULL_OBJECT" : "COMPOSITE";
}

/** Unfinished uploads of exactly one key (all in one page), or of every key under a prefix; newest first within one key. */
export async function* listUploads(
  bucket: Bucket,
  query: { key: string } | { prefix: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly UploadInfo[]> {
  if (!("key" in query)) {
    const pages = uploadPages(bucket, bucket.habits.uploadsByPrefix ? query.prefix : "", { scope: "bucket", signal });
    return yield* groupUploads(pages, (key) => key.startsWith(query.prefix));
  }
  // Only to find what can be resumed.
  const pages = groupUploads(uploadPages(bucket, query.key, { signal }), (key) => key === query.key);
  const found = await bucket.optional.ask("uploads", async () => (await Array.fromAsync(pages)).flat(), () => []);
  if (found.length > 0) yield found;
}

/** Those of the uploads in `pages` (in key order) that are asked for; uploads of one key stay together, newest first. */
async function* groupUploads(
  pages: AsyncIterable<readonly UploadInfo[]>,
  wants: (key: string) => boolean,
): AsyncGenerator<readonly UploadInfo[]> {
  let sameKey: UploadInfo[] = [];
  for await (const page of pages) {
    const ready: UploadInfo[] = [];
    for (const upload of page) {
      if (!wants(upload.key)) continue;
      if (sameKey.length > 0 && sameKey[0]!.key !== upload.key) {
        ready.push(...sameKey.sort(newestFirst));
        sameKey = [];
      }
      sameKey.push(upload);
    }
    if (ready.length > 0) yield ready;
  }
  if (sameKey.length > 0) yield sameKey.sort(newestFirst);
}

function newestFirst(a: UploadInfo, b: UploadInfo): number {
  return b.initiatedMs - a.initiatedMs;
}

async function* uploadPages(bucket: Bucket, prefix: string, attempt: Pick<Attempt, "scope" | "signal">): AsyncGenerator<UploadInfo[]> {
  const what = `Cannot list the unfinished uploads of ${bucket.label}/${prefix}`;
  let markers: Record<string, string | undefined> = {};
  for (let emptyPages = 0;;) {
    const query = {
      uploads: "",
      "max-uploads": String(bucket.pageEntries),
      "encoding-type": "url",
      prefix: prefix || undefined,
      ...markers,
    };
    const { document } = await ask(bucket, { what, ...attempt }, { method: "GET", query }, UPLOADS);
    const [truncated, encoding, nextKey, nextId] = document.fields;
    const uploads: UploadInfo[] = [];
    for (const [name, uploadId = "", initiated] of document.records.Upload ?? []) {
      if (uploadId !== "") uploads.push({ key: decodeKey(name, encoding), uploadId, initiatedMs: timeOf(initiated) ?? 0 });
    }
    // MinIO lists a whole bucket in one page, in no order.
    yield uploads.sort((a, b) => compareKeys(a.key, b.key));
    if (!moreFollows(what, truncated)) return;
    emptyPages = uploads.length > 0 ? 0 : emptyPages + 1;
    // MinIO names an upload id alone when it lists one key.
    const key = decodeKey(nextKey, encoding);
    const next = { "key-marker": key || undefined, "upload-id-marker": nextId || undefined };
    const stuck = next["key-marker"] === markers["key-marker"] && next["upload-id-marker"] === markers["upload-id-marker"];
    if (stuck || emptyPages > EMPTY_PAGES_MAX) throw circular(what);
    markers = next;
  }
}

/** Parts of an upload, in number order. */
export async function* listParts(
  bucket: Bucket,
  key: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): ReturnType<Store["listParts"]> & AsyncGenerator {
  const what = `Cannot list the parts of an upload to ${bucket.label}/${key}`;
  let last = 0;
  while (true) {
    const query = { uploadId, "max-parts": String(bucket.pageEntries), "part-number-marker": last > 0 ? String(last) : undefined };
    const request = () => ask(bucket, { what, key, signal }, { method: "GET", key, query }, PARTS);
    const { document } = await bucket.optional.note("parts", request).catch(lostIfMissing);
    const [truncated, algorithmName, type] = document.fields;
    const parts: PartInfo[] = [];
    for (const [number, mark, size, ...values] of document.records.Part ?? []) {
      last = partNumberOf(what, number, last);
      const etag = bucket.protocol.etagFrom(mark, undefined);
      // A part's own checksum covers its bytes, whatever the object's will be made of.
      parts.push({
        partNumber: last,
        sizeBytes: sizeOf(what, size, `part ${last}`),
        ...(etag !== undefined && { etag }),
        checksums: withEtagDigest(checksumsFrom(values, "FULL_OBJECT"), etag, bucket),
      });
    }
    const checksum = declaredBy(algorithmName, type);
    yield { parts, ...(checksum !== undefined && { checksum }) };
    if (!moreFollows(what, truncated)) return;
    if (parts.length === 0) throw circular(what);
  }
}

/** The checksum that was declared when the upload began; undefined for none, and for algorithms that sluice does not know. */
function declaredBy(name: string | undefined, type: string | undefined): DeclaredChecksum | undefined {
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name?.toLowerCase());
  if (algorithm === undefined || algorithm === "crc64ecma") return undefined;
  if (type === "FULL_OBJECT") return { algorithm, type: "full" };
  return type === "COMPOSITE" ? { algorithm, type: "composite" } : { algorithm };
}

/** To a question about an upload, a 404 of any name means that the upload is gone. */
function lostIfMissing(error: unknown): never {
  if (!isMissing(error)) throw error;
  const missing = asTransferError(error);
  throw new TransferError("uploadLost", missing.message, { ...missing, cause: error });
}

/** Puts the parts together. */
export async function completeUpload(bucket: Bucket, key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
  const { checksum, condition, signal } = options;
  const what = `Cannot complete the upload to ${bucket.label}/${key}`;
  refuseEtagCondition(bucket, condition, what, key);
  const marked = await withMarks(bucket, key, uploadId, options);
  const parts = marked.map((part) => completedPart(bucket, part, options.partChecksums)).join("");
  const { body, headers } = xmlBody(`<CompleteMultipartUpload${bucket.protocol.namespace}>${parts}</CompleteMultipartUpload>`);
  const request = {
    method: "POST",
    key,
    query: { uploadId },
    headers: {
      ...headers,
      ...(bucket.habits.sizeOnComplete && { "x-amz-mp-object-size": String(options.sizeBytes) }),
      ...(checksum !== undefined && takes(bucket, checksum.algorithm) && {
        [`x-amz-checksum-${checksum.algorithm}`]: checksum.value + (checksum.type === "composite" ? `-${checksum.parts}` : ""),
        "x-amz-checksum-type": typeName(checksum.type),
      }),
      ...objectHeaders({}, condition),
    },
    body,
  } as const;
  const asked = await ask(bucket, { what, key, condition: "destination", signal, patient: true }, request, WRITTEN);
  return writeAnswer(bucket, asked, "Multipart");
}

/** The parts with their ETags: a store that names none when it takes a part may name them in its list. Throws `unsupported` where not. */
async function withMarks(bucket: Bucket, key: string, uploadId: string, options: CompleteUploadOptions): Promise<readonly MarkedPart[]> {
  const { parts, signal } = options;
  if (parts.every(isMarked)) return parts;
  const listed = new Map<number, PartInfo>();
  for await (const page of listParts(bucket, key, uploadId, signal)) for (const part of page.parts) listed.set(part.partNumber, part);
  return parts.map((part) => {
    const there = listed.get(part.partNumber);
    const marked = there?.sizeBytes === part.sizeBytes && there.etag !== undefined ? { ...part, etag: part.etag ?? there.etag } : part;
    if (isMarked(marked)) return marked;
    const what = `Cannot complete the upload to ${bucket.label}/${key}: the store names no ETag of part ${part.partNumber}`;
    throw new TransferError("unsupported", what, { key });
  });
}

type MarkedPart = PartInfo & { readonly etag: string };

function isMarked(part: PartInfo): part is MarkedPart {
  return part.etag !== undefined;
}

function completedPart(bucket: Bucket, part: MarkedPart, algorithm: CompleteUploadOptions["partChecksums"]): string {
  const value = algorithm !== undefined && takes(bucket, algorithm)
    ? part.checksums.find((checksum) => checksum.algorithm === algorithm)?.value
    : undefined;
  const name = `Checksum${algorithm?.toUpperCase()}`;
  const checksum = value === undefined ? "" : `<${name}>${escapeXml(value)}</${name}>`;
  const etag = `&quot;${escapeXml(bucket.protocol.etagTo(part.etag))}&quot;`;
  return `<Part><PartNumber>${part.partNumber}</PartNumber><ETag>${etag}</ETag>${checksum}</Part>`;
}

/** Ends an upload; that it is gone already is not an error. */
export async function abortUpload(bucket: Bucket, key: string, uploadId: string, signal: AbortSignal | undefined): Promise<void> {
  const what = `Cannot abort an upload to ${bucket.label}/${key}`;
  try {
    await bucket.exchange.call({ method: "DELETE", key, query: { uploadId } }, { what, key, signal });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Copies a range of an object into a part. */
export async function copyPart(
  bucket: Bucket,
  source: CopySource,
  key: string,
  options: Parameters<Store["copyPart"]>[2],
): Promise<PartInfo> {
  const { uploadId, partNumber, first, last, signal } = options;
  const what = `Cannot copy bytes ${first}-${last} of ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  const request = {
    method: "PUT",
    key,
    query: { partNumber: String(partNumber), uploadId },
    headers: { ...copySource(source), "x-amz-copy-source-range": `bytes=${first}-${last}` },
  } as const;
  const asked = await ask(bucket, { what, key, signal, patient: true }, request, WRITTEN);
  const { etag, checksums } = writeAnswer(bucket, asked, undefined);
  if (etag === undefined) throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  return { partNumber, sizeBytes: last - first + 1, etag, checksums };
}
