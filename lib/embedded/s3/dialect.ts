/**
 * S3 as one of the dialects of the server.
 */
import type { Dialect } from "../dialect.ts";
import { type AccessKeys, verifyRequest } from "./auth.ts";
import { answerForError, errorDocument, handleRequest } from "./handler.ts";
import { readRequest } from "./request.ts";

/** The S3 dialect for one pair of keys. `partSizeMinBytes` is that of every part but the last. */
export function s3Dialect(keys: AccessKeys, partSizeMinBytes: number): Dialect {
  return {
    commonHeaders: (requestId) => ({ "x-amz-request-id": requestId }),
    read: readRequest,
    accept: (request, nowMs) => {
      const verified = verifyRequest({ ...request, query: request.queryPairs }, keys, nowMs);
      return (work) => handleRequest({ ...work, verified, partSizeMinBytes });
    },
    errorDocument: (code, message, scene) => errorDocument(code, message, scene.requestId),
    answerForError: (error, scene) => answerForError(error, scene.requestId),
  };
}
