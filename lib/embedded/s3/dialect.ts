/**
 * S3 as one of the dialects of the server: from a request to a response by the name of its operation, and from any failure to the XML of
 * S3. It never touches a socket.
 */
import type { Dialect } from "../dialect.ts";
import { diskFull } from "../disk/full.ts";
import { listObjects, listObjectsV2, listParts, listUploads } from "../listing.ts";
import { abortUpload } from "../parts.ts";
import { readRequest, type StoreResponse } from "../request.ts";
import { taggingHandlers } from "../tagging.ts";
import { getObjectAttributes } from "./attributes.ts";
import { type AccessKeys, verifyRequest } from "./auth.ts";
import { createBucket, deleteBucket, getAcl, getBucketLocation, getBucketVersioning, headBucket, listBuckets } from "./bucket.ts";
import { copyObject } from "./copy.ts";
import { S3Error } from "./errors.ts";
import { completeMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import { deleteObject, deleteObjects, getObject, headObject, openObject, putObject } from "./object.ts";
import { readDocument } from "./payload.ts";
import { S3_WORDS, type S3Context } from "./words.ts";
import { writeXml } from "./xml.ts";

const HANDLERS: Readonly<Record<string, (context: S3Context) => StoreResponse | Promise<StoreResponse>>> = {
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
  AbortMultipartUpload: abortUpload,
  ListMultipartUploads: listUploads,
  ListParts: listParts,
  ...taggingHandlers(openObject, readDocument),
  GetObjectAttributes: getObjectAttributes,
};

/** The S3 dialect for one pair of keys. `partSizeMinBytes` is that of every part but the last. */
export function s3Dialect(keys: AccessKeys, partSizeMinBytes: number): Dialect {
  return {
    commonHeaders: (requestId) => ({ "x-amz-request-id": requestId }),
    read: (raw) => readRequest(raw, S3_WORDS),
    accept: (request, nowMs) => {
      const verified = verifyRequest({ ...request, query: request.queryPairs }, keys, nowMs);
      return (work) => handle({ ...work, words: S3_WORDS, verified, partSizeMinBytes });
    },
    errorDocument: (code, message, scene) => errorXml({ code, message, details: {} }, scene.requestId),
    errorResponse: (error, scene) => errorResponse(error, scene.requestId),
  };
}

async function handle(context: S3Context): Promise<StoreResponse> {
  const { operation } = context.request;
  const handler = HANDLERS[operation];
  if (handler === undefined) throw new S3Error(operation === "MethodNotAllowed" ? "MethodNotAllowed" : "NotImplemented");
  return await handler(context);
}

function errorXml({ code, message, details }: Pick<S3Error, "message" | "details"> & { readonly code: string }, requestId: string): string {
  return writeXml("Error", { Code: code, Message: message, ...details, RequestId: requestId }, { namespace: false });
}

/** What is not an S3Error is a fault of the store: the one user of a store on loopback may read why. */
function errorResponse(error: unknown, requestId: string): StoreResponse {
  const known = error instanceof S3Error ? error : ownFailure(error);
  if (known.status === 304) return { status: 304, headers: known.headers };
  return { status: known.status, headers: known.headers, body: errorXml(known, requestId) };
}

function ownFailure(error: unknown): S3Error {
  const full = diskFull(error);
  if (full !== undefined) return new S3Error("InsufficientStorage", full);
  return new S3Error("InternalError", undefined, { details: { Cause: String(error) } });
}
