/**
 * Operations on buckets: ListBuckets, CreateBucket, HeadBucket, DeleteBucket, and the questions to which this store has one fixed answer.
 */
import { S3Error } from "./errors.ts";
import { OWNER } from "./list.ts";
import { headerOf } from "../request_line.ts";
import { bucketOf, keyOf, type S3Answer, type S3Context } from "./request.ts";
import { writeXml } from "./xml.ts";

/** Told to clients that ask; signatures of any region are taken. */
const REGION = "us-east-1";

/** "General purpose bucket naming rules", the ones that a name can break by its form. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") && !/^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

/** ListBuckets. */
export function listBuckets(context: S3Context): S3Answer {
  const prefix = context.request.query.get("prefix") ?? "";
  const buckets = context.store.buckets().filter((bucket) => bucket.name.startsWith(prefix));
  const Bucket = buckets.map((bucket) => ({ Name: bucket.name, CreationDate: new Date(bucket.createdMs).toISOString() }));
  return { status: 200, headers: {}, body: writeXml("ListAllMyBucketsResult", { Buckets: { Bucket }, Owner: OWNER }) };
}

/** CreateBucket. A location in the body is not read: there is one place. */
export async function createBucket(context: S3Context): Promise<S3Answer> {
  const name = context.request.bucket ?? "";
  if (!isBucketName(name)) throw new S3Error("InvalidBucketName", undefined, { details: { BucketName: name } });
  if (headerOf(context.request, "x-amz-bucket-object-lock-enabled") === "true") throw new S3Error("NotImplemented");
  if (!await context.store.createBucket(name, Math.floor(context.nowMs / 1000) * 1000)) {
    throw new S3Error("BucketAlreadyOwnedByYou", undefined, { details: { BucketName: name } });
  }
  return { status: 200, headers: { "Location": `/${name}` } };
}

/** HeadBucket. */
export function headBucket(context: S3Context): S3Answer {
  bucketOf(context);
  return { status: 200, headers: { "x-amz-bucket-region": REGION, "Content-Length": "0" } };
}

/** DeleteBucket. */
export async function deleteBucket(context: S3Context): Promise<S3Answer> {
  const { name } = bucketOf(context);
  if (await context.store.deleteBucket(name) === "notEmpty") {
    throw new S3Error("BucketNotEmpty", undefined, { details: { BucketName: name } });
  }
  return { status: 204, headers: {} };
}

/** GetBucketLocation: an empty constraint means us-east-1. */
export function getBucketLocation(context: S3Context): S3Answer {
  bucketOf(context);
  return { status: 200, headers: {}, body: writeXml("LocationConstraint", {}) };
}

/** GetBucketVersioning: never switched on. */
export function getBucketVersioning(context: S3Context): S3Answer {
  bucketOf(context);
  return { status: 200, headers: {}, body: writeXml("VersioningConfiguration", {}) };
}

/** GetBucketAcl and GetObjectAcl: everything belongs to the one owner. */
export async function getAcl(context: S3Context): Promise<S3Answer> {
  const bucket = bucketOf(context);
  if (context.request.key !== undefined) {
    const held = await bucket.open(keyOf(context));
    if (held === undefined) throw new S3Error("NoSuchKey");
    held.release();
  }
  const grant = { Grantee: { ID: OWNER.ID, DisplayName: OWNER.DisplayName }, Permission: "FULL_CONTROL" };
  const xml = writeXml("AccessControlPolicy", { Owner: OWNER, AccessControlList: { Grant: grant } });
  const typed = xml.replace("<Grantee>", '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">');
  return { status: 200, headers: {}, body: typed };
}
