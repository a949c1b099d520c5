/**
 * Alibaba OSS as one of the dialects of the server, written from Alibaba's public documents: from a request to a response by the name of
 * its operation, and from any failure to the XML of OSS.
 */
import { Buffer } from "node:buffer";
import type { Dialect, ErrorScene } from "../dialect.ts";
import { diskFull } from "../disk/full.ts";
import { listObjects, listObjectsV2, listParts, listUploads } from "../listing.ts";
import { abortUpload } from "../parts.ts";
import { keyOf, readRequest, type StoreResponse } from "../request.ts";
import type { AccessKeys } from "../s3/auth.ts";
import { S3Error } from "../s3/errors.ts";
import { writeXml } from "../s3/xml.ts";
import { taggingHandlers } from "../tagging.ts";
import { type OssToken, verifyOss } from "./auth.ts";
import { readOssDocument } from "./body.ts";
import {
  ossCreateBucket,
  ossDeleteBucket,
  ossGetAcl,
  ossGetBucketInfo,
  ossGetBucketLocation,
  ossGetBucketVersioning,
  ossListBuckets,
} from "./bucket.ts";
import { ossCopyObject } from "./copy.ts";
import { OssError } from "./errors.ts";
import { ossCompleteUpload, ossCreateUpload, ossUploadPart, ossUploadPartCopy } from "./multipart.ts";
import { openOssObject, ossDeleteObject, ossDeleteObjects, ossGetObject, ossGetObjectMeta, ossHeadObject, ossPutObject } from "./object.ts";
import { ossRestoreObject } from "./restore.ts";
import { ossGetSymlink, ossPutSymlink } from "./symlink.ts";
import { OSS_WORDS, type OssContext } from "./words.ts";

/** "Limits" of multipart upload: every part but the last has at least 100 KB. */
const PART_SIZE_MIN_BYTES = 100 * 1024;

/** What an OSS endpoint can be besides its buckets. All absent: one in `cn-hangzhou` that takes both signatures. */
export interface OssOptions {
  /** Without `oss-` in front; V4 signatures of another region are refused. */
  region?: string;
  /** Signature versions that are taken. */
  signatures?: readonly ("v1" | "v4")[];
  /** Temporary keys, besides the store's own. */
  tokens?: readonly OssToken[];
  /** Buckets that are at another endpoint, with the host name of that endpoint. */
  otherEndpointBuckets?: Readonly<Record<string, string>>;
  /** How long an archived object takes to become readable once it was asked back, in milliseconds; none when absent. */
  restoreMs?: number;
  /** True for an endpoint without CRC-64 in its responses, as OSS does for objects from before it had them and may for copies. */
  withoutCrc64?: boolean;
}

const HANDLERS: Readonly<Record<string, (context: OssContext) => StoreResponse | Promise<StoreResponse>>> = {
  ListBuckets: ossListBuckets,
  CreateBucket: ossCreateBucket,
  DeleteBucket: ossDeleteBucket,
  GetBucketInfo: ossGetBucketInfo,
  GetBucketLocation: ossGetBucketLocation,
  GetBucketVersioning: ossGetBucketVersioning,
  GetBucketAcl: ossGetAcl,
  GetObjectAcl: ossGetAcl,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  PutObject: ossPutObject,
  GetObject: ossGetObject,
  HeadObject: ossHeadObject,
  GetObjectMeta: ossGetObjectMeta,
  DeleteObject: ossDeleteObject,
  DeleteObjects: ossDeleteObjects,
  CopyObject: ossCopyObject,
  CreateMultipartUpload: ossCreateUpload,
  UploadPart: ossUploadPart,
  UploadPartCopy: ossUploadPartCopy,
  CompleteMultipartUpload: ossCompleteUpload,
  AbortMultipartUpload: abortUpload,
  ListMultipartUploads: listUploads,
  ListParts: listParts,
  ...taggingHandlers<OssContext>(
    (context) => openOssObject(context, keyOf(context)),
    (context, most) => readOssDocument(context.request, most),
  ),
  PutSymlink: ossPutSymlink,
  GetSymlink: ossGetSymlink,
  RestoreObject: ossRestoreObject,
};

/** The OSS dialect for one pair of keys. `partSizeMinBytes` absent means 100 KiB. */
export function ossDialect(keys: AccessKeys, options: OssOptions, partSizeMinBytes = PART_SIZE_MIN_BYTES): Dialect {
  const region = options.region ?? "cn-hangzhou";
  const admission = { keys, region, tokens: options.tokens ?? [], signatures: options.signatures ?? ["v1", "v4"] as const };
  return {
    commonHeaders: (requestId) => ({ "x-oss-request-id": requestId, "Server": "AliyunOSS" }),
    read: (raw) => readRequest(raw, OSS_WORDS),
    accept: (request, nowMs) => {
      verifyOss({ ...request, query: request.queryPairs }, admission, nowMs);
      const endpoint = options.otherEndpointBuckets?.[request.bucket ?? ""];
      if (endpoint !== undefined) refuseOtherEndpoint(request.bucket ?? "", endpoint);
      return async (work) => {
        const response = await handle({ ...work, words: OSS_WORDS, region, partSizeMinBytes, restoreMs: options.restoreMs ?? 0 });
        return options.withoutCrc64 === true ? withoutCrc64(response) : response;
      };
    },
    errorDocument,
    errorResponse,
  };
}

async function handle(context: OssContext): Promise<StoreResponse> {
  const { operation } = context.request;
  const handler = HANDLERS[operation];
  if (handler === undefined) throw new OssError(operation === "MethodNotAllowed" ? "MethodNotAllowed" : "NotImplemented");
  return await handler(context);
}

function withoutCrc64(response: StoreResponse): StoreResponse {
  const { "x-oss-hash-crc64ecma": _crc64, ...headers } = response.headers;
  if (typeof response.body !== "string") return { ...response, headers };
  return { ...response, headers, body: response.body.replace(/<HashCrc64ecma>\d*<\/HashCrc64ecma>/g, "") };
}

function refuseOtherEndpoint(bucket: string, endpoint: string): never {
  throw new OssError(
    "AccessDenied",
    "The bucket you are attempting to access must be addressed using the specified endpoint. " +
      "Please send all future requests to this endpoint.",
    { ec: "0003-00001403", details: { Bucket: bucket, Endpoint: endpoint } },
  );
}

function errorDocument(code: string, message: string, scene: ErrorScene): string {
  return errorXml({ code, message, details: {}, ec: "" }, scene);
}

function errorXml(error: Pick<OssError, "message" | "details" | "ec"> & { readonly code: string }, scene: ErrorScene): string {
  return writeXml("Error", {
    Code: error.code,
    Message: error.message,
    RequestId: scene.requestId,
    HostId: scene.host,
    ...error.details,
    EC: error.ec === "" ? undefined : error.ec,
  }, { namespace: false });
}

/** What is neither an OssError nor one of the shared parts' errors is a fault of the store and does not say what it is. */
function errorResponse(error: unknown, scene: ErrorScene): StoreResponse {
  const known = error instanceof OssError || error instanceof S3Error ? error : ownFailure(error);
  if (known.status === 304) return { status: 304, headers: known.headers };
  const ec = known instanceof OssError ? known.ec : "";
  const text = errorXml({ code: known.code, message: known.message, details: known.details, ec }, scene);
  const headers: Record<string, string> = { ...known.headers };
  if (ec !== "") headers["x-oss-ec"] = ec;
  // A response to HEAD has no body: OSS puts the error into a header.
  if (scene.headOnly) headers["x-oss-err"] = Buffer.from(text, "utf8").toString("base64");
  return { status: known.status, headers, body: text };
}

function ownFailure(error: unknown): OssError {
  const full = diskFull(error);
  return full === undefined ? new OssError("InternalError") : new OssError("InsufficientStorage", full);
}
