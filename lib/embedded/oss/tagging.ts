/**
 * GetObjectTagging, PutObjectTagging and DeleteObjectTagging of OSS.
 */
import { bucketOf, keyOf, type StoreResponse, xmlResponse } from "../request.ts";
import { checkedTags } from "../s3/tagging.ts";
import { parseXml, requiredText } from "../s3/xml.ts";
import { readOssDocument } from "./body.ts";
import { OssError } from "./errors.ts";
import { openOssObject } from "./object.ts";
import type { OssContext } from "./words.ts";

const DOCUMENT_BYTES_MAX = 64 * 1024;

/** GetObjectTagging. */
export async function ossGetTagging(context: OssContext): Promise<StoreResponse> {
  const held = await openOssObject(context, keyOf(context));
  held.release();
  const Tag = Object.entries(held.record.headers.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  return xmlResponse(context, "Tagging", { TagSet: { Tag } });
}

/** PutObjectTagging: replaces all tags. */
export async function ossPutTagging(context: OssContext): Promise<StoreResponse> {
  const root = parseXml(await readOssDocument(context.request, DOCUMENT_BYTES_MAX), "Tagging");
  const [set] = root.children["TagSet"] ?? [];
  if (set === undefined) throw new OssError("MalformedXML");
  const pairs = (set.children["Tag"] ?? []).map((tag): [string, string] => [requiredText(tag, "Key"), requiredText(tag, "Value")]);
  await setTags(context, checkedTags(pairs));
  return { status: 200, headers: {} };
}

/** DeleteObjectTagging. */
export async function ossDeleteTagging(context: OssContext): Promise<StoreResponse> {
  await setTags(context, {});
  return { status: 204, headers: {} };
}

async function setTags(context: OssContext, tags: Record<string, string>): Promise<void> {
  const changed = await bucketOf(context).change(keyOf(context), (record) => {
    const { tags: _replaced, ...headers } = record.headers;
    return { ...record, headers: Object.keys(tags).length > 0 ? { ...headers, tags } : headers };
  });
  if (changed === undefined) throw new OssError("NoSuchKey");
}
