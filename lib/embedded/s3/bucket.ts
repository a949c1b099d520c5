/**
 * Operations on buckets: ListBuckets, CreateBucket, HeadBucket, DeleteBucket, and the questions to which this store has one fixed response.
 */
import { bucketOf, headerOf, type StoreResponse, xmlResponse } from "../request.ts";
import { S3Error } from "./errors.ts";
import { openObject } from "./object.ts";
import type { S3Context } from "./words.ts";
import { wholeSeconds } from "../disk/records.ts";

/** For clients that ask; signatures of any region are taken. */
const REGION = "us-east-1";

/** "General purpose bucket naming rules", the ones that a name can break by its form. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") && !/^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

/** ListBuckets. */
export function listBuckets(context: S3Context): StoreResponse {
  const prefix = context.request.query.get("prefix") ?? "";
  const buckets = context.store.buckets().filter((bucket) => bucket.name.startsWith(prefix));
  const Bucket = buckets.map((bucket) => ({ Name: bucket.name, CreationDate: new Date(bucket.createdMs).toISOString() }));
  return xmlResponse(context, "ListAllMyBucketsResult", { Buckets: { Bucket }, Owner: context.words.owner });
}

/** CreateBucket. A location in the body is not read: there is one place. */
export async function createBucket(context: S3Context): Promise<StoreResponse> {
  const name = context.request.bucket ?? "";
  if (!isBucketName(name)) throw new S3Error("InvalidBucketName", undefined, { details: { BucketName: name } });
  if (headerOf(context.request, "x-amz-bucket-object-lock-enabled") === "true") throw new S3Error("NotImplemented");
  if (!await context.store.createBucket(name, wholeSeconds(context.nowMs))) {
    throw new S3Error("BucketAlreadyOwnedByYou", undefined, { details: { BucketName: name } });
  }
  return { status: 200, headers: { "Location": `/${name}` } };
}

/** HeadBucket. */
export function headBucket(context: S3Context): StoreResponse {
  bucketOf(context);
  return { status: 200, headers: { "x-amz-bucket-region": REGION, "Content-Length": "0" } };
}

/** DeleteBucket. */
export async function deleteBucket(context: S3Context): Promise<StoreResponse> {
  const { name } = bucketOf(context);
  if (await context.store.deleteBucket(name) === "notEmpty") {
    throw new S3Error("BucketNotEmpty", undefined, { details: { BucketName: name } });
  }
  return { status: 204, headers: {} };
}

/** GetBucketLocation: an empty constraint means us-east-1. */
export function getBucketLocation(context: S3Context): StoreResponse {
  bucketOf(context);
  return xmlResponse(context, "LocationConstraint", {});
}

/** GetBucketVersioning: never switched on. */
export function getBucketVersioning(context: S3Context): StoreResponse {
  bucketOf(context);
  return xmlResponse(context, "VersioningConfiguration", {});
}

/** GetBucketAcl and GetObjectAcl: everything belongs to the one owner. */
export async function getAcl(context: S3Context): Promise<StoreResponse> {
  bucketOf(context);
  if (context.request.key !== undefined) (await openObject(context)).release();
  const { owner } = context.words;
  const grant = { Grantee: owner, Permission: "FULL_CONTROL" };
  const response = xmlResponse(context, "AccessControlPolicy", { Owner: owner, AccessControlList: { Grant: grant } });
  const body = response.body.replace(
    "<Grantee>",
    '<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">',
  );
  return { ...response, body };
}
