/**
 * What all dialects do with the parts of an upload: find them, keep one, read the list of a Complete, abort.
 */
import type { DiskBucket } from "./disk/bucket.ts";
import { removeData } from "./disk/data.ts";
import { type PartRecord, wholeSeconds } from "./disk/records.ts";
import type { OpenUpload } from "./disk/upload.ts";
import { bucketOf, type Context, keyOf, type StoreResponse, type Words } from "./request.ts";
import { unquoted } from "./s3/conditions.ts";
import { requiredText, type XmlElement } from "./s3/xml.ts";

/** "Multipart upload limits" of S3 and "Limits" of OSS: part numbers 1 to 10,000. */
const PART_NUMBER_MAX = 10_000;

/** Where a part goes. */
export interface PartTarget {
  readonly bucket: DiskBucket;
  readonly upload: OpenUpload;
  readonly partNumber: number;
}

/** The part that a request writes. Throws InvalidArgument or NoSuchUpload. */
export function partTarget(context: Context): PartTarget {
  const bucket = bucketOf(context);
  const text = context.request.query.get("partNumber") ?? "";
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > PART_NUMBER_MAX) {
    const message = `Part number must be an integer between 1 and ${PART_NUMBER_MAX}, inclusive`;
    throw context.words.refusal("InvalidArgument", message, { ArgumentName: "partNumber", ArgumentValue: text });
  }
  return { bucket, upload: uploadOf(context, bucket), partNumber };
}

/** The upload of the request. Throws NoSuchUpload. */
export function uploadOf(context: Context, bucket: DiskBucket): OpenUpload {
  const uploadId = context.request.query.get("uploadId") ?? "";
  const upload = bucket.uploads.get(keyOf(context), uploadId);
  if (upload === undefined) throw context.words.refusal("NoSuchUpload", undefined, { UploadId: uploadId });
  return upload;
}

/** Keeps a part whose bytes are on disk. Throws NoSuchUpload when its upload has ended meanwhile. */
export async function keepPart(
  context: Context,
  { bucket, upload, partNumber }: PartTarget,
  bytes: Omit<PartRecord, "partNumber" | "lastModifiedMs">,
): Promise<PartRecord> {
  const { key, uploadId } = upload.record;
  const part = { ...bytes, partNumber, lastModifiedMs: wholeSeconds(context.nowMs) };
  try {
    if (await bucket.uploads.addPart(key, uploadId, part)) return part;
  } catch (error) {
    await removeData(bucket.paths, part.pieces);
    throw error;
  }
  throw context.words.refusal("NoSuchUpload", undefined, { UploadId: uploadId });
}

/** AbortMultipartUpload. */
export async function abortUpload(context: Context): Promise<StoreResponse> {
  const bucket = bucketOf(context);
  const { uploadId } = uploadOf(context, bucket).record;
  await bucket.uploads.exclusively(uploadId, () => bucket.uploads.forget(uploadOf(context, bucket), new Set()));
  return { status: 204, headers: {} };
}

/** A part as a Complete names it. */
export interface WantedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly element: XmlElement;
}

/** The parts that a Complete names, in ascending order. */
export function wantedParts(root: XmlElement, words: Words): WantedPart[] {
  const wanted = (root.children["Part"] ?? []).map((element) => {
    const text = requiredText(element, "PartNumber").trim();
    if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > PART_NUMBER_MAX) throw words.refusal(words.badPartNumber);
    return { partNumber: Number(text), etag: unquoted(requiredText(element, "ETag").trim()), element };
  });
  if (wanted.length === 0 || wanted.length > PART_NUMBER_MAX) throw words.refusal("MalformedXML");
  wanted.forEach((part, index) => {
    if (index > 0 && part.partNumber <= (wanted[index - 1]?.partNumber ?? 0)) throw words.refusal("InvalidPartOrder");
  });
  return wanted;
}
