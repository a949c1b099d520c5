/**
 * PutSymlink and GetSymlink of OSS. A link has no bytes; whether its target is there is nobody's question before it is read.
 */
import { createHash } from "node:crypto";
import { OssError } from "./errors.ts";
import { ossEtag, ossHeadersAndTags } from "./headers.ts";
import { forbidOverwrite, openOssObject } from "./object.ts";
import { checkedOssKey, ossBucketOf, type OssContext, ossKeyOf } from "./request.ts";
import { wholeSeconds } from "../s3/object.ts";
import { headerOf } from "../request_line.ts";
import type { S3Answer } from "../s3/request.ts";
import { uriDecode, uriEncode } from "../s3/signature.ts";

/** PutSymlink. The target is percent-encoded in its header. */
export async function ossPutSymlink(context: OssContext): Promise<S3Answer> {
  const { request } = context;
  const bucket = ossBucketOf(context);
  const target = headerOf(request, "x-oss-symlink-target");
  if (target === undefined) throw new OssError("MissingArgument", undefined, { details: { ArgumentName: "x-oss-symlink-target" } });
  const symlinkTarget = checkedOssKey(uriDecode(target));
  const record = await bucket.commit({
    key: ossKeyOf(context),
    sizeBytes: 0,
    etag: createHash("md5").update(symlinkTarget).digest("hex"),
    lastModifiedMs: wholeSeconds(context.nowMs),
    headers: ossHeadersAndTags(request),
    checksums: [],
    pieces: [],
    crc64ecma: "0",
    symlinkTarget,
  }, forbidOverwrite(request));
  return { status: 200, headers: { "ETag": `"${ossEtag(record.etag)}"` } };
}

/** GetSymlink. Throws NotSymlink for an object. */
export async function ossGetSymlink(context: OssContext): Promise<S3Answer> {
  const held = await openOssObject(context, ossKeyOf(context));
  held.release();
  const { symlinkTarget, etag, lastModifiedMs, headers } = held.record;
  if (symlinkTarget === undefined) throw new OssError("NotSymlink");
  const answer: Record<string, string> = {
    "ETag": `"${ossEtag(etag)}"`,
    "Last-Modified": new Date(lastModifiedMs).toUTCString(),
    "x-oss-symlink-target": uriEncode(symlinkTarget),
  };
  for (const [name, value] of Object.entries(headers.metadata ?? {})) answer[`x-oss-meta-${name}`] = value;
  return { status: 200, headers: answer };
}
