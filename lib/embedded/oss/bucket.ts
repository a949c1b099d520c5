/**
 * Operations on buckets of OSS: ListBuckets, PutBucket, DeleteBucket, and the questions to which this store has one fixed answer.
 */
import type { DiskBucket } from "../disk/bucket.ts";
import { OssError } from "./errors.ts";
import { OSS_OWNER } from "./list.ts";
import { openOssObject } from "./object.ts";
import { ossBucketOf, type OssContext, ossKeyOf } from "./request.ts";
import { wholeSeconds } from "../s3/object.ts";
import type { S3Answer } from "../s3/request.ts";
import { writeXml, type XmlFields } from "../s3/xml.ts";

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

function answer(rootName: string, fields: XmlFields): S3Answer {
  return { status: 200, headers: {}, body: writeXml(rootName, fields, { namespace: false }) };
}

/** ListBuckets (GetService), all of them on one page. */
export function ossListBuckets(context: OssContext): S3Answer {
  const prefix = context.request.query.get("prefix") ?? "";
  const buckets = context.store.buckets().filter((bucket) => bucket.name.startsWith(prefix));
  return answer("ListAllMyBucketsResult", {
    Owner: OSS_OWNER,
    Buckets: { Bucket: buckets.map((bucket) => describeBucket(context, bucket)) },
  });
}

/** PutBucket. Making one's own bucket again changes nothing. */
export async function ossCreateBucket(context: OssContext): Promise<S3Answer> {
  const name = context.request.bucket ?? "";
  if (!BUCKET_NAME.test(name)) throw new OssError("InvalidBucketName", undefined, { details: { BucketName: name } });
  await context.store.createBucket(name, wholeSeconds(context.nowMs));
  return { status: 200, headers: { "Location": `/${name}` } };
}

/** DeleteBucket: neither objects nor unfinished uploads may be left. */
export async function ossDeleteBucket(context: OssContext): Promise<S3Answer> {
  const { name, uploads } = ossBucketOf(context);
  if (uploads.size > 0 || await context.store.deleteBucket(name) === "notEmpty") {
    throw new OssError("BucketNotEmpty", undefined, { details: { BucketName: name } });
  }
  return { status: 204, headers: {} };
}

/** GetBucketInfo. */
export function ossGetBucketInfo(context: OssContext): S3Answer {
  const bucket = describeBucket(context, ossBucketOf(context));
  const fields = { ...bucket, Owner: OSS_OWNER, AccessControlList: { Grant: "private" }, DataRedundancyType: "LRS" };
  return answer("BucketInfo", { Bucket: fields });
}

/** GetBucketLocation. */
export function ossGetBucketLocation(context: OssContext): S3Answer {
  ossBucketOf(context);
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-${context.region}</LocationConstraint>`;
  return { status: 200, headers: {}, body: text };
}

/** GetBucketVersioning: never switched on. */
export function ossGetBucketVersioning(context: OssContext): S3Answer {
  ossBucketOf(context);
  return answer("VersioningConfiguration", {});
}

/** GetBucketAcl and GetObjectAcl. */
export async function ossGetAcl(context: OssContext): Promise<S3Answer> {
  ossBucketOf(context);
  const isObject = context.request.key !== undefined;
  if (isObject) (await openOssObject(context, ossKeyOf(context))).release();
  return answer("AccessControlPolicy", { Owner: OSS_OWNER, AccessControlList: { Grant: isObject ? "default" : "private" } });
}
