import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { networkFailure } from "../../lib/bytes/network_failure.ts";
import { failureOf, refusalOf } from "../../lib/remote/failure.ts";
import { TransferError } from "../../lib/errors.ts";
import type { ErrorKind } from "../../lib/types.ts";

const TABLE: readonly (readonly [status: number, code: string | undefined, kind: ErrorKind])[] = [
  [403, "SignatureDoesNotMatch", "credentials"],
  [403, "InvalidAccessKeyId", "credentials"],
  [404, "InvalidAccessKeyId", "credentials"],
  [400, "ExpiredToken", "credentials"],
  [403, "RequestTimeTooSkewed", "credentials"],
  [401, undefined, "credentials"],
  [404, "NoSuchBucket", "config"],
  [301, "PermanentRedirect", "config"],
  [301, undefined, "config"],
  [400, "AuthorizationHeaderMalformed", "config"],
  [403, "AccessDenied", "denied"],
  [403, undefined, "denied"],
  [403, "InvalidObjectState", "archived"],
  [404, undefined, "notFound"],
  [404, "NoSuchKey", "notFound"],
  [404, "NoSuchUpload", "uploadLost"],
  [400, "BadDigest", "integrity"],
  [400, "XAmzContentSHA256Mismatch", "integrity"],
  [412, "PreconditionFailed", "sourceChanged"],
  [412, undefined, "sourceChanged"],
  [416, "InvalidRange", "sourceChanged"],
  [409, "ConditionalRequestConflict", "conflict"],
  [409, "OperationAborted", "server"],
  [503, "SlowDown", "throttled"],
  [429, undefined, "throttled"],
  [503, "ServiceUnavailable", "server"],
  [500, "InternalError", "server"],
  [502, undefined, "server"],
  [200, "InternalError", "server"],
  [400, "RequestTimeout", "network"],
  [501, "NotImplemented", "unsupported"],
  [400, "EntityTooLarge", "unsupported"],
  [400, "InvalidStorageClass", "unsupported"],
  [507, "XMinioStorageFull", "storage"],
  [400, "toString", "unsupported"],
  [418, "Teapot", "unsupported"],
];

Deno.test("failureOf() gives every known answer its kind", () => {
  for (const [status, code, kind] of TABLE) {
    const error = failureOf({ status, code, what: "Cannot read s3://bucket/key" });
    assertEquals(error.kind, kind, `${status} ${code}`);
    assertEquals(error.status, status);
    assertStringIncludes(error.message, "Cannot read s3://bucket/key: ");
    assert(!error.message.endsWith("."), error.message);
  }
});

Deno.test("failureOf() tells a conflict from a changed source", () => {
  assertEquals(failureOf({ status: 412, what: "x", condition: "destination" }).kind, "conflict");
  assertEquals(failureOf({ status: 412, what: "x", condition: "source" }).kind, "sourceChanged");
});

Deno.test("failureOf() ends the job when the bucket as a whole is denied or missing", () => {
  assertEquals(failureOf({ status: 403, code: "AccessDenied", what: "x", scope: "bucket" }).kind, "config");
  assertEquals(failureOf({ status: 404, what: "x", scope: "bucket" }).kind, "config");
});

Deno.test("failureOf() says what was refused, with the store's own words or without any", () => {
  assertEquals(failureOf({ status: 403, what: "Cannot look at k" }).message, "Cannot look at k: HTTP 403, these keys may not do this");
  const message = "A header you provided implies functionality that is not implemented";
  assertStringIncludes(failureOf({ status: 501, code: "NotImplemented", message, what: "x" }).message, message);
});

Deno.test("failureOf() names the region and never repeats a query string", () => {
  assertStringIncludes(failureOf({ status: 301, what: "x", region: "eu-west-1" }).message, "set region = eu-west-1");
  const leaky = failureOf({ status: 400, code: "InvalidRequest", message: "see http://host/key?X-Amz-Signature=abc\u0007", what: "x" });
  assert(!leaky.message.includes("abc"), leaky.message);
  assertStringIncludes(leaky.message, "see http://host/key");
});

Deno.test("failureOf() reads a checksum mismatch from the message where the code says little", () => {
  const message = "Value for x-amz-checksum-crc32 header is invalid: the checksum does not match";
  assertEquals(failureOf({ status: 400, code: "InvalidRequest", message, what: "x" }).kind, "integrity");
  assertEquals(failureOf({ status: 400, code: "InvalidRequest", message: "Missing required header", what: "x" }).kind, "unsupported");
});

Deno.test("failureOf() takes Retry-After in seconds, cuts the endless and ignores nonsense", () => {
  const waitOf = (retryAfter: string | null | undefined) =>
    failureOf({ status: 503, code: "SlowDown", retryAfter, what: "x" }).retryAfterMs;
  assertEquals(["2", "3", "999999"].map(waitOf), [2000, 3000, 120_000]);
  for (const text of [null, undefined, "", "-1", "soon", "Fri, 20 Nov 2026 10:00:00 GMT"]) assertEquals(waitOf(text), undefined);
});

Deno.test("refusalOf() reads code, message, region and request id and never throws", () => {
  const xml = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>a &lt;b&gt; &amp;amp;</Message><Region>eu</Region>' +
    "<RequestId>7</RequestId></Error>";
  const read = (text: string) => {
    const { code, message, region, requestId } = refusalOf({ status: 400, headers: new Headers(), text, what: "x" });
    return [code, message, region, requestId];
  };
  assertEquals(read(xml), ["NoSuchKey", "a <b> &amp;", "eu", "7"]);
  for (const text of ["", "<html>", "<Code>", "</Code><Code>", "\u0000"]) assertEquals(read(text), Array(4).fill(undefined));
});

Deno.test("networkFailure() knows how connections break", () => {
  const broken = (code: string) => Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });
  assertEquals(networkFailure(broken("ECONNREFUSED"), "x").kind, "network");
  assertStringIncludes(networkFailure(broken("ECONNREFUSED"), "x").message, "connection refused");
  assertEquals(networkFailure(broken("ECONNRESET"), "x").kind, "network");
  assertEquals(networkFailure(new DOMException("Signal timed out.", "TimeoutError"), "x").kind, "network");
  assertEquals(networkFailure(new DOMException("aborted", "AbortError"), "x").kind, "cancelled");
  assertEquals(networkFailure(new Error("invalid peer certificate: UnknownIssuer"), "x").kind, "config");
  assertEquals(networkFailure("nonsense", "x").kind, "network");
  const known = new TransferError("archived", "y");
  assertEquals(networkFailure(known, "x"), known);
});

Deno.test("networkFailure() is not led astray by a key, and repeats no URL", () => {
  const error = new TypeError("error sending request for url (http://h:1/b/certificate.pem?uploadId=secret): connection closed");
  const failure = networkFailure(error, "Cannot send part 1", "certificate.pem");
  assertEquals([failure.kind, failure.key], ["network", "certificate.pem"]);
  assert(!failure.message.includes("secret"), failure.message);
});

Deno.test("networkFailure() calls everything cancelled once the signal fired", () => {
  assertEquals(networkFailure(new Error("socket hang up"), "x", "k", AbortSignal.abort()).kind, "cancelled");
});
