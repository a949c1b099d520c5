import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { errorCode, errorRegion, s3Error } from "../../lib/remote/s3_errors.ts";

/** An error of the store as the SDK throws it. */
function sdkError(name: string, status: number, more: Record<string, unknown> = {}): Error {
  return Object.assign(new Error("text"), { name, $fault: "client", $metadata: { httpStatusCode: status, requestId: "r1" }, ...more });
}

Deno.test("s3Error() takes code, status and request id over", () => {
  const error = s3Error(sdkError("NoSuchKey", 404), { what: "Cannot look at b/k", key: "k" });
  assertEquals([error.kind, error.code, error.status, error.requestId, error.key], ["notFound", "NoSuchKey", 404, "r1", "k"]);
  assertStringIncludes(error.message, "Cannot look at b/k: NoSuchKey");
});

Deno.test("s3Error() does not take the SDK's own names for codes of the store", () => {
  for (const name of ["NotFound", "Unknown", "403", "S3ServiceException", "SyntaxError"]) {
    assertEquals(errorCode(sdkError(name, 403)), undefined, name);
  }
  assertEquals(errorCode(sdkError("Error", 403, { Code: "AccessDenied" })), "AccessDenied");
});

Deno.test("s3Error() blames the side that a failed condition names", () => {
  const pinned = sdkError("PreconditionFailed", 412, { Condition: "x-amz-copy-source-If-Match" });
  assertEquals(s3Error(pinned, { what: "x", condition: "destination" }).kind, "sourceChanged");
  assertEquals(
    s3Error(sdkError("PreconditionFailed", 412, { Condition: "If-None-Match" }), { what: "x", condition: "destination" }).kind,
    "conflict",
  );
  assertEquals(s3Error(sdkError("PreconditionFailed", 412), { what: "x" }).kind, "sourceChanged");
});

Deno.test("s3Error() reads the region from header or body", () => {
  const header = sdkError("301", 301, { $response: { statusCode: 301, headers: { "x-amz-bucket-region": "eu-west-1" } } });
  assertEquals(errorRegion(header), "eu-west-1");
  assertStringIncludes(s3Error(header, { what: "x" }).message, "set region = eu-west-1");
  assertEquals(errorRegion(sdkError("AuthorizationHeaderMalformed", 400, { Region: "eu-west-2" })), "eu-west-2");
});

Deno.test("s3Error() keeps what is known already, and calls the rest network trouble", () => {
  const known = new TransferError("archived", "y");
  assertEquals(s3Error(known, { what: "x" }), known);
  assertEquals(s3Error(new Error("socket hang up"), { what: "x" }).kind, "network");
  assertEquals(s3Error("nonsense", { what: "x" }).kind, "network");
  assertEquals(s3Error(sdkError("SlowDown", 503), { what: "x", signal: AbortSignal.abort() }).kind, "cancelled");
  const expired = Object.assign(new Error("Token is expired.\nsecond line"), { name: "CredentialsProviderError" });
  assertEquals(s3Error(expired, { what: "Cannot list b" }).message, "Cannot list b: Token is expired");
});

Deno.test("s3Error() repeats nothing of what the SDK says over an answer that it cannot read", () => {
  const text = "unhandled schema; to see the raw response, inspect the hidden field {error}.$response";
  const error = Object.assign(new TypeError(text), { $metadata: { httpStatusCode: 200, requestId: "r1" } });
  const told = s3Error(error, { what: "Cannot list b", key: "k" });
  assertEquals([told.kind, told.message, told.code, told.requestId], [
    "server",
    "Cannot list b: the answer cannot be read",
    undefined,
    "r1",
  ]);
  const refused = s3Error(Object.assign(error, { $metadata: { httpStatusCode: 403 } }), { what: "Cannot list b" });
  assertEquals([refused.kind, refused.message], ["denied", "Cannot list b: HTTP 403"]);
});

Deno.test("s3Error() passes over what the SDK makes of an element that came twice", () => {
  const twice = ["r1", "r2"];
  const error = Object.assign(new Error("text"), {
    name: "AccessDenied",
    Code: twice,
    Region: { "#text": "x" },
    $fault: "client",
    $metadata: { httpStatusCode: 403, requestId: twice },
  });
  const { kind, code, requestId } = s3Error(error, { what: "Cannot list b" });
  assertEquals([kind, code, requestId, errorRegion(error)], ["denied", "AccessDenied", undefined, undefined]);
});

Deno.test("s3Error() never repeats headers", () => {
  const error = sdkError("InvalidRequest", 400, { $response: { statusCode: 400, headers: { authorization: "topsecret" } } });
  const { message, code, key } = s3Error(error, { what: "x", key: "k" });
  assert(!JSON.stringify([message, code, key]).includes("topsecret"));
});
