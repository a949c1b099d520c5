/**
 * Operations on buckets of OSS: ListBuckets, PutBucket, DeleteBucket, and the questions to which this store has one fixed response.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import { wholeSeconds } from "../disk/records.ts";
import { bucketOf, keyOf, type StoreResponse, xmlResponse } from "../request.ts";
import type { XmlFields } from "../s3/xml.ts";
import { OssError } from "./errors.ts";
import { openOssObject } from "./object.ts";
import type { OssContext } from "./words.ts";

/** "Bucket naming conventions": lower-case letters, digits and hyphens, 3 to 63 of them. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

function describeBucket(context: OssContext, bucket: DiskBucket): XmlFields {
  const { region } = context;
  return {
    CreationDate: new Date(bucket.createdMs).toISOString(),
    ExtranetEndpoint: `oss-${region}.aliyuncs.com`,
    IntranetEndpoint: `oss-${region}-internal.aliyuncs.com`,
    Location: `oss-${region}`,
    Name: bucket.name,
    Region: region,
    StorageClass: "Standard",
  };
}

/** ListBuckets (GetService), all of them on one page. */
export function ossListBuckets(context: OssContext): StoreResponse {
  const prefix = context.request.query.get("prefix") ?? "";
  const buckets = context.store.buckets().filter((bucket) => bucket.name.startsWith(prefix));
  return xmlResponse(context, "ListAllMyBucketsResult", {
    Owner: context.words.owner,
    Buckets: { Bucket: buckets.map((bucket) => describeBucket(context, bucket)) },
  });
}

/** PutBucket. Making one's own bucket again changes nothing. */
export async function ossCreateBucket(context: OssContext): Promise<StoreResponse> {
  const name = context.request.bucket ?? "";
  if (!BUCKET_NAME.test(name)) throw new OssError("InvalidBucketName", undefined, { details: { BucketName: name } });
  await context.store.createBucket(name, wholeSeconds(context.nowMs));
  return { status: 200, headers: { "Location": `/${name}` } };
}

/** DeleteBucket: neither objects nor unfinished uploads may be left. */
export async function ossDeleteBucket(context: OssContext): Promise<StoreResponse> {
  const { name, uploads } = bucketOf(context);
  if (uploads.size > 0 || await context.store.deleteBucket(name) === "notEmpty") {
    throw new OssError("BucketNotEmpty", undefined, { details: { BucketName: name } });
  }
  return { status: 204, headers: {} };
}

/** GetBucketInfo. */
export function ossGetBucketInfo(context: OssContext): StoreResponse {
  const bucket = describeBucket(context, bucketOf(context));
  const fields = { ...bucket, Owner: context.words.owner, AccessControlList: { Grant: "private" }, DataRedundancyType: "LRS" };
  return xmlResponse(context, "BucketInfo", { Bucket: fields });
}

/** GetBucketLocation. */
export function ossGetBucketLocation(context: OssContext): StoreResponse {
  bucketOf(context);
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-${context.region}</LocationConstraint>`;
  return { status: 200, headers: {}, body: text };
}

/** GetBucketVersioning: never switched on. */
export function ossGetBucketVersioning(context: OssContext): StoreResponse {
  bucketOf(context);
  return xmlResponse(context, "VersioningConfiguration", {});
}

/** GetBucketAcl and GetObjectAcl. */
export async function ossGetAcl(context: OssContext): Promise<StoreResponse> {
  bucketOf(context);
  const isObject = context.request.key !== undefined;
  if (isObject) (await openOssObject(context, keyOf(context))).release();
  return xmlResponse(context, "AccessControlPolicy", {
    Owner: context.words.owner,
    AccessControlList: { Grant: isObject ? "default" : "private" },
  });
}
