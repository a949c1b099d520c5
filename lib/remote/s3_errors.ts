/**
 * Whatever the SDK throws becomes a TransferError. Knows the shape of the SDK's errors; what a status and code mean is the business of
 * lib/remote/s3_failure.ts. Must never let a header or a secret into a message.
 */
import { TransferError } from "../errors.ts";
import { networkFailure } from "../bytes/network_failure.ts";
import { isRegion, s3Failure, type S3FailureFacts } from "./s3_failure.ts";

/** What was tried when the SDK threw. */
export interface Attempt extends Pick<S3FailureFacts, "what" | "key" | "condition" | "scope"> {
  signal?: AbortSignal | undefined;
}

/** The fields of the SDK's exceptions that tell what happened. */
interface SdkShape {
  name?: unknown;
  message?: unknown;
  Code?: unknown;
  Region?: unknown;
  Condition?: unknown;
  /** Only errors that the store told have it. */
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number; requestId?: unknown };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** Names that the SDK gives to an error whose answer had no body. */
const NAMELESS = new Set([
  "Error",
  "TypeError",
  "SyntaxError",
  "NotFound",
  "Forbidden",
  "Unknown",
  "UnknownError",
  "BadRequest",
  "S3ServiceException",
]);

/** The TransferError that an error of the SDK means. */
export function s3Error(error: unknown, attempt: Attempt): TransferError {
  if (error instanceof TransferError) return error;
  if (!(error instanceof Object)) return networkFailure(error, attempt.what, attempt.key, attempt.signal);
  const shape = error as SdkShape;
  if (shape.name === "CredentialsProviderError" || shape.name === "TokenProviderError") {
    return new TransferError("credentials", `${attempt.what}: ${firstLine(shape.message)}`, { cause: error });
  }
  const status = shape.$metadata?.httpStatusCode ?? shape.$response?.statusCode;
  if (status === undefined || attempt.signal?.aborted) return networkFailure(error, attempt.what, attempt.key, attempt.signal);
  // What the SDK throws over an answer that it cannot read tells of the SDK.
  const told = shape.$fault !== undefined;
  // Of an element that came twice the SDK makes a list.
  const requestId = textOf(shape.$metadata?.requestId);
  if (!told && status < 300) {
    const message = `${attempt.what}: the answer cannot be read`;
    const more = { ...(requestId !== undefined && { requestId }), ...(attempt.key !== undefined && { key: attempt.key }) };
    return new TransferError("server", message, { cause: error, status, ...more });
  }
  const failure = s3Failure({
    status,
    code: told ? errorCode(error) : undefined,
    message: told ? textOf(shape.message) : undefined,
    requestId,
    retryAfter: shape.$response?.headers?.["retry-after"],
    what: attempt.what,
    key: attempt.key,
    condition: blames(shape, attempt),
    scope: attempt.scope,
    region: errorRegion(error),
  });
  failure.cause = error;
  return failure;
}

/** The S3 error code, undefined when the answer had no body. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Object)) return undefined;
  const { name, Code } = error as SdkShape;
  if (typeof Code === "string") return Code;
  return typeof name === "string" && !NAMELESS.has(name) && !/^\d+$/.test(name) ? name : undefined;
}

/** The region that a redirect or a refusal named. */
export function errorRegion(error: unknown): string | undefined {
  if (!(error instanceof Object)) return undefined;
  const { Region, $response } = error as SdkShape;
  const region = $response?.headers?.["x-amz-bucket-region"] ?? textOf(Region);
  return isRegion(region) ? region : undefined;
}

/** A 412 to a copy may speak of either side; Amazon's `<Condition>` names the header that failed. */
function blames(shape: SdkShape, attempt: Attempt): "source" | "destination" | undefined {
  if (typeof shape.Condition === "string" && /copy-source/i.test(shape.Condition)) return "source";
  return attempt.condition;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function firstLine(message: unknown): string {
  return String(message).split("\n", 1)[0]!.replace(/\.$/, "");
}
