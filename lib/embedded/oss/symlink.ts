/**
 * PutSymlink and GetSymlink of OSS. A link has no bytes; whether its target exists matters only when it is read.
 */
import { createHash } from "node:crypto";
import { wholeSeconds } from "../disk/records.ts";
import { bucketOf, headerOf, keyOf, type StoreResponse } from "../request.ts";
import { uriDecode, uriEncode } from "../s3/signature.ts";
import { OssError } from "./errors.ts";
import { ossEtag } from "./forms.ts";
import { ossHeadersAndTags } from "./headers.ts";
import { forbidOverwrite, openOssObject } from "./object.ts";
import type { OssContext } from "./words.ts";

/** PutSymlink. The target is percent-encoded in its header. */
export async function ossPutSymlink(context: OssContext): Promise<StoreResponse> {
  const { request } = context;
  const bucket = bucketOf(context);
  const target = headerOf(request, "x-oss-symlink-target");
  if (target === undefined) throw new OssError("MissingArgument", undefined, { details: { ArgumentName: "x-oss-symlink-target" } });
  const symlinkTarget = context.words.checkedKey(uriDecode(target));
  const record = await bucket.commit({
    key: keyOf(context),
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
export async function ossGetSymlink(context: OssContext): Promise<StoreResponse> {
  const held = await openOssObject(context, keyOf(context));
  held.release();
  const { symlinkTarget, etag, lastModifiedMs, headers } = held.record;
  if (symlinkTarget === undefined) throw new OssError("NotSymlink");
  const response: Record<string, string> = {
    "ETag": `"${ossEtag(etag)}"`,
    "Last-Modified": new Date(lastModifiedMs).toUTCString(),
    "x-oss-symlink-target": uriEncode(symlinkTarget),
  };
  for (const [name, value] of Object.entries(headers.metadata ?? {})) response[`x-oss-meta-${name}`] = value;
  return { status: 200, headers: response };
}
