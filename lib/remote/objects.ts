/** Questions about one object, and copies on the server. Must never decide what is copied. */
import { asTransferError, isMissing, isRefused, TransferError } from "../errors.ts";
import type { CopySource, Store, WriteAnswer } from "../store/store.ts";
import type { ObjectDetails, ObjectHeaders, WriteCondition } from "../types.ts";
import { checksumsFrom, readDetails, readWritten } from "./answers.ts";
import { ask, type Asked, type Bucket } from "./bucket.ts";
import { TAGS, WRITTEN } from "./documents.ts";
import { encodeKey, encodeText } from "./encode.ts";
import { listedSize } from "./listing.ts";
import type { Query } from "./protocol.ts";
import { objectHeaders } from "./put.ts";
import type { HeaderView } from "./http/head.ts";
import { isArchive } from "./storage_class.ts";

/** What HEAD says of an object, or a GET of its first byte where HEAD is refused; undefined when there is none. */
export async function headObject(
  bucket: Bucket,
  key: string,
  options: NonNullable<Parameters<Store["head"]>[1]>,
): Promise<ObjectDetails | undefined> {
  const { versionId, partNumber, optional, signal } = options;
  const what = `Cannot look at ${bucket.label}/${key}`;
  if (partNumber !== undefined && !bucket.protocol.partNumbers) {
    throw new TransferError("unsupported", `${what}: this store does not say what the parts of an object are`, { key });
  }
  const asked = { what, key, signal };
  const query = { versionId, partNumber: partNumber?.toString() };
  const look = async () => {
    if (bucket.optional.isRefused("head")) return await lookByGet(bucket, query, asked);
    const request = { method: "HEAD", key, query, headers: { "x-amz-checksum-mode": "ENABLED" } } as const;
    try {
      const { headers } = await bucket.exchange.call(request, asked);
      return await detailsOf(bucket, headers, asked, headers.get("content-length"));
    } catch (error) {
      const refusal = asTransferError(error);
      if (!isRefused(refusal)) throw error;
      const details = await lookByGet(bucket, query, asked).catch((second) => {
        throw isRefused(second) ? refusal : second;
      });
      bucket.optional.refuse("head", refusal);
      return details;
    }
  };
  try {
    return await (optional ? bucket.optional.note("headBeforeWrite", look) : look());
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What was asked for, as the start of messages. */
interface Asking {
  readonly what: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
}

/** The headers of a GET of the first byte, or of a part, whose body is not read. */
async function lookByGet(bucket: Bucket, query: Query, asked: Asking): Promise<ObjectDetails> {
  const get = (headers: Readonly<Record<string, string>>) =>
    bucket.exchange.call({ method: "GET", key: asked.key, query, headers: { "accept-encoding": "identity", ...headers } }, {
      ...asked,
      headOnly: true,
    });
  const ofPart = query.partNumber !== undefined;
  const { headers } = await get(ofPart ? {} : { range: "bytes=0-0" }).catch((error) => {
    // An empty object has no first byte.
    if (ofPart || asTransferError(error).status !== 416) throw error;
    return get({});
  });
  const total = ofPart ? undefined : /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
  return await detailsOf(bucket, headers, asked, total ?? headers.get("content-length"));
}

async function detailsOf(
  bucket: Bucket,
  headers: HeaderView,
  { what, key, signal }: Asking,
  length: string | null | undefined,
): Promise<ObjectDetails> {
  const sizeBytes = length == null ? await listedSize(bucket, key, signal) : Number(length);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new TransferError("unsupported", `${what}: the store names a length of ${length}`, { key });
  }
  const details = readDetails({ key, sizeBytes }, headers, bucket.capabilities);
  const restored = headers.get("x-amz-restore")?.includes('ongoing-request="false"') ?? false;
  return {
    ...details,
    archived: !restored && (isArchive(details.storageClass) || headers.has("x-amz-archive-status")),
    restoreWith: bucket.protocol.restoreWith,
  };
}

/** Tags of an object; empty where the store has none. */
export async function readTags(
  bucket: Bucket,
  key: string,
  { versionId, signal }: NonNullable<Parameters<Store["readTags"]>[1]>,
): Promise<Record<string, string>> {
  if (!bucket.capabilities.tags) return {};
  const what = `Cannot read the tags of ${bucket.label}/${key}`;
  const query = { tagging: "", versionId };
  try {
    const request = () => ask(bucket, { what, key, signal }, { method: "GET", key, query }, TAGS);
    const { document } = await bucket.optional.note("tags", request);
    if (!document.seen.has("TagSet")) throw new TransferError("server", `${what}: the answer holds no tags`, { key });
    return Object.fromEntries((document.records["TagSet/Tag"] ?? []).map(([name = "", value = ""]) => [name, value]));
  } catch (error) {
    if (error instanceof TransferError && error.code === "NoSuchTagSet") return {};
    throw error;
  }
}

/** Copies an object in one request. With `headers`, they and their tags replace what the source carries. */
export async function copyObject(
  bucket: Bucket,
  source: CopySource,
  key: string,
  options: Parameters<Store["copyObject"]>[2],
): Promise<WriteAnswer> {
  const { headers, condition, signal } = options;
  const what = `Cannot copy ${source.bucket}/${source.key} to ${bucket.label}/${key}`;
  refuseEtagCondition(bucket, condition, what, key);
  const blame = condition === undefined || source.pin.etag !== undefined ? "source" : "destination";
  const request = {
    method: "PUT",
    key,
    headers: {
      ...copySource(source),
      ...objectHeaders(headers === undefined ? {} : carriedBy(bucket, headers), condition),
      ...(headers !== undefined && { "x-amz-metadata-directive": "REPLACE" }),
      ...(headers !== undefined && bucket.capabilities.tags && { "x-amz-tagging-directive": "REPLACE" }),
    },
  } as const;
  const asked = await ask(bucket, { what, key, condition: blame, signal, patient: true }, request, WRITTEN);
  const written = writeAnswer(bucket, asked, asked.headers.get("x-amz-object-type"));
  if (asked.document.fields[0] === undefined || written.etag === undefined) {
    throw new TransferError("server", `${what}: the answer names no ETag`, { key });
  }
  return written;
}

/** Throws `unsupported` for a condition that names a version where the store knows only "nothing is there". */
export function refuseEtagCondition(bucket: Bucket, condition: WriteCondition | undefined, what: string, key: string): void {
  if (condition === undefined || "absent" in condition || bucket.capabilities.conditionalWrites !== "absent") return;
  throw new TransferError("unsupported", `${what}: this store cannot make a write depend on the version that is there`, { key });
}

/** Headers without what the store cannot keep. */
export function carriedBy(bucket: Bucket, headers: ObjectHeaders): ObjectHeaders {
  if (bucket.capabilities.tags) return headers;
  const { tags: _tags, ...rest } = headers;
  return rest;
}

/** The source as the copy headers want it: URL-encoded but for slashes, pinned to the version that was planned. */
export function copySource({ bucket, key, pin }: CopySource): Record<string, string> {
  const path = `${encodeText(bucket)}/${encodeKey(key)}`;
  return {
    "x-amz-copy-source": pin.versionId === undefined ? path : `${path}?versionId=${encodeText(pin.versionId)}`,
    ...(pin.etag !== undefined && { "x-amz-copy-source-if-match": `"${pin.etag}"` }),
  };
}

/** What a write responded, in its document or, where that is empty, in its headers. */
export function writeAnswer(bucket: Bucket, { headers, document }: Asked, objectType: string | null | undefined): WriteAnswer {
  const { protocol, capabilities } = bucket;
  const [text, type, ...values] = document.fields;
  const etag = protocol.etagFrom(text ?? headers.get("etag"), objectType);
  const versionId = headers.get("x-amz-version-id");
  const written = readWritten(headers, etag, { capabilities, named: checksumsFrom(values, type) });
  return versionId == null || versionId === "null" ? written : { ...written, versionId };
}
