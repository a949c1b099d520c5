/**
 * Object tags: their rules ("Categorizing your storage using tags") and the three tagging operations.
 */
import { bucketOf, keyOf, type StoreResponse, xmlResponse } from "../request.ts";
import { S3Error } from "./errors.ts";
import { readDocument } from "./payload.ts";
import type { S3Context } from "./words.ts";
import { parseXml, requiredText } from "./xml.ts";

const TAGS_MAX = 10;
const TAG_NAME_UNITS_MAX = 128;
const TAG_VALUE_UNITS_MAX = 256;
const DOCUMENT_BYTES_MAX = 64 * 1024;

/** Tags from pairs. Throws InvalidTag for repeated, empty, too long or too many ones. */
export function checkedTags(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const tags = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (name === "" || name.length > TAG_NAME_UNITS_MAX) throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    if (value.length > TAG_VALUE_UNITS_MAX) throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
    if (tags.has(name)) throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
    tags.set(name, value);
  }
  if (tags.size > TAGS_MAX) throw new S3Error("InvalidTag", `Object tags cannot be greater than ${TAGS_MAX}`);
  return Object.fromEntries(tags);
}

/** GetObjectTagging. */
export async function getObjectTagging(context: S3Context): Promise<StoreResponse> {
  const held = await bucketOf(context).open(keyOf(context));
  if (held === undefined) throw new S3Error("NoSuchKey");
  held.release();
  const tags = Object.entries(held.record.headers.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  return xmlResponse(context, "Tagging", { TagSet: { Tag: tags } });
}

/** PutObjectTagging: replaces all tags. */
export async function putObjectTagging(context: S3Context): Promise<StoreResponse> {
  const root = parseXml(await readDocument(context, DOCUMENT_BYTES_MAX), "Tagging");
  const [set] = root.children["TagSet"] ?? [];
  if (set === undefined) throw new S3Error("MalformedXML");
  const pairs = (set.children["Tag"] ?? []).map((tag): [string, string] => [requiredText(tag, "Key"), requiredText(tag, "Value")]);
  await setTags(context, checkedTags(pairs));
  return { status: 200, headers: {} };
}

/** DeleteObjectTagging. */
export async function deleteObjectTagging(context: S3Context): Promise<StoreResponse> {
  await setTags(context, {});
  return { status: 204, headers: {} };
}

async function setTags(context: S3Context, tags: Record<string, string>): Promise<void> {
  const changed = await bucketOf(context).change(keyOf(context), (record) => {
    const { tags: _replaced, ...headers } = record.headers;
    return { ...record, headers: Object.keys(tags).length > 0 ? { ...headers, tags } : headers };
  });
  if (changed === undefined) throw new S3Error("NoSuchKey");
}
