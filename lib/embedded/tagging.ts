/**
 * Object tags: their rules ("Categorizing your storage using tags") and the three tagging operations.
 */
import type { OpenObject } from "./disk/bucket.ts";
import { bucketOf, type Context, keyOf, type StoreResponse, xmlResponse } from "./request.ts";
import { S3Error } from "./s3/errors.ts";
import { parseXml, requiredText } from "./s3/xml.ts";

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

/** The tagging operations, for a dialect that opens objects and reads small bodies in its own way. */
export function taggingHandlers<Own extends Context>(
  open: (context: Own) => Promise<OpenObject>,
  readDocument: (context: Own, mostBytes: number) => Promise<Uint8Array>,
): Readonly<Record<string, (context: Own) => Promise<StoreResponse>>> {
  return {
    async GetObjectTagging(context) {
      const held = await open(context);
      held.release();
      const Tag = Object.entries(held.record.headers.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
      return xmlResponse(context, "Tagging", { TagSet: { Tag } });
    },
    /** Replaces all tags. */
    async PutObjectTagging(context) {
      const root = parseXml(await readDocument(context, DOCUMENT_BYTES_MAX), "Tagging");
      const [set] = root.children["TagSet"] ?? [];
      if (set === undefined) throw context.words.refusal("MalformedXML");
      const pairs = (set.children["Tag"] ?? []).map((tag): [string, string] => [requiredText(tag, "Key"), requiredText(tag, "Value")]);
      await setTags(context, checkedTags(pairs));
      return { status: 200, headers: {} };
    },
    async DeleteObjectTagging(context) {
      await setTags(context, {});
      return { status: 204, headers: {} };
    },
  };
}

async function setTags(context: Context, tags: Record<string, string>): Promise<void> {
  const changed = await bucketOf(context).change(keyOf(context), (record) => {
    const { tags: _replaced, ...headers } = record.headers;
    return { ...record, headers: Object.keys(tags).length > 0 ? { ...headers, tags } : headers };
  });
  if (changed === undefined) throw context.words.refusal("NoSuchKey");
}
