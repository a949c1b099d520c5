/**
 * From a verified request to an answer, by the name of its operation; and from any failure to the XML that S3 answers. It never touches
 * a socket.
 */
import { diskFull } from "../disk/full.ts";
import { createBucket, deleteBucket, getAcl, getBucketLocation, getBucketVersioning, headBucket, listBuckets } from "./bucket.ts";
import { copyObject } from "./copy.ts";
import { S3Error } from "./errors.ts";
import { listObjects, listObjectsV2 } from "./list.ts";
import { getObjectAttributes, listMultipartUploads, listParts } from "./list_uploads.ts";
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import { deleteObject, deleteObjects, getObject, headObject, putObject } from "./object.ts";
import type { S3Answer, S3Context } from "./request.ts";
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from "./tagging.ts";
import { writeXml } from "./xml.ts";

const HANDLERS: Readonly<Record<string, (context: S3Context) => S3Answer | Promise<S3Answer>>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  GetBucketAcl: getAcl,
  GetObjectAcl: getAcl,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CopyObject: copyObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListMultipartUploads: listMultipartUploads,
  ListParts: listParts,
  GetObjectTagging: getObjectTagging,
  PutObjectTagging: putObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  GetObjectAttributes: getObjectAttributes,
};

/** Runs the operation of a request. Throws S3Error for what S3 refuses. */
export async function handleRequest(context: S3Context): Promise<S3Answer> {
  const { operation } = context.request;
  const handler = HANDLERS[operation];
  if (handler === undefined) throw new S3Error(operation === "MethodNotAllowed" ? "MethodNotAllowed" : "NotImplemented");
  return await handler(context);
}

/** The document of an error. */
export function errorDocument(code: string, message: string, requestId: string, details: Readonly<Record<string, string>> = {}): string {
  return writeXml("Error", { Code: code, Message: message, ...details, RequestId: requestId }, { namespace: false });
}

/** The answer for a failure. What is no S3Error is ours: the one user of a store on loopback may read why. */
export function answerForError(error: unknown, requestId: string): S3Answer {
  const known = error instanceof S3Error ? error : ourFailure(error);
  if (known.status === 304) return { status: 304, headers: known.headers };
  return { status: known.status, headers: known.headers, body: errorDocument(known.code, known.message, requestId, known.details) };
}

function ourFailure(error: unknown): S3Error {
  const full = diskFull(error);
  if (full !== undefined) return new S3Error("InsufficientStorage", full);
  return new S3Error("InternalError", undefined, { details: { Cause: String(error) } });
}
