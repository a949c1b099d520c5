import { assertEquals, assertInstanceOf } from "@std/assert";
import type { FailureFacts } from "../../lib/remote/protocol.ts";
import { protocolOf } from "../../lib/remote/protocol_of.ts";
import { ElsewhereError } from "../../lib/remote/failure.ts";
import type { ReadyOss, ReadyS3 } from "../../lib/types.ts";
import { readyS3 } from "./s3_under_test.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";

const KEYS = { accessKeyId: "ak", secretAccessKey: "sk" };
const S3: ReadyS3 = readyS3({ endpoint: "http://127.0.0.1:9000", region: "us-east-1", ...KEYS }, "bucket");
const OSS: ReadyOss = {
  type: "oss",
  name: "test",
  bucket: "bucket",
  endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
  baseUrl: "https://bucket.oss-cn-hangzhou.aliyuncs.com",
  pathStyle: false,
  region: "cn-hangzhou",
  credentials: KEYS,
  signature: "v4",
  requesterPays: true,
  capabilities: OSS_CAPABILITIES,
};

Deno.test("sign() writes the request line once for all protocols, keys and parameters encoded", () => {
  const request = { method: "GET", key: "a/../ä b", query: { uploads: "", prefix: "x/y" } } as const;
  assertEquals(protocolOf(S3).sign(request, KEYS, 0).target, "/bucket/a/../%C3%A4%20b?prefix=x%2Fy&uploads");
  assertEquals(protocolOf(OSS).sign(request, KEYS, 0).target, "/a/../%C3%A4%20b?prefix=x%2Fy&uploads");
  assertEquals(protocolOf(S3).sign({ method: "GET" }, KEYS, 0).target, "/bucket/");
  assertEquals(
    protocolOf({ ...S3, baseUrl: "https://host/storage/v1/s3/bucket" }).sign(request, KEYS, 0).target.slice(0, 22),
    "/storage/v1/s3/bucket/",
  );
});

Deno.test("sign() without credentials sends neither a signature nor a date", () => {
  const headers = { "x-amz-meta-name": "é" };
  assertEquals(protocolOf(S3).sign({ method: "PUT", key: "k", headers }, undefined, 0).headers, { "x-amz-meta-name": "Ã©" });
  assertEquals(protocolOf(OSS).sign({ method: "PUT", key: "k", headers }, undefined, 0).headers, {
    "x-oss-meta-name": "Ã©",
    "x-oss-request-payer": "requester",
  });
});

Deno.test("sign() translates the storage class into the store's own words", () => {
  const headers = (name: string) => ({ method: "PUT", key: "k", headers: { "x-amz-storage-class": name } }) as const;
  assertEquals(protocolOf(S3).sign(headers("ColdArchive"), KEYS, 0).headers["x-amz-storage-class"], "DEEP_ARCHIVE");
  assertEquals(protocolOf(OSS).sign(headers("GLACIER"), KEYS, 0).headers["x-oss-storage-class"], "Archive");
});

const REFUSED: FailureFacts = { status: 400, headers: new Headers(), text: "", what: "Cannot list s3://bucket/" };

Deno.test("failure() of a bucket elsewhere names its region", () => {
  const text = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>";
  const error = protocolOf(S3).failure({ ...REFUSED, text });
  assertInstanceOf(error, ElsewhereError);
  assertEquals([error.region, error.kind], ["eu-west-1", "config"]);
  assertEquals(
    error.message,
    "Cannot list s3://bucket/: AuthorizationHeaderMalformed, the bucket lives in another region: set region = eu-west-1",
  );
});

Deno.test("failure() reads the error of OSS from a header where there is no body", () => {
  const said = "<Error><Code>InvalidObjectState</Code><Message>m</Message><RequestId>R</RequestId></Error>";
  const error = protocolOf(OSS).failure({ ...REFUSED, status: 403, key: "k", headers: new Headers({ "x-oss-err": btoa(said) }) });
  assertEquals([error.kind, error.code, error.requestId, error.key], ["archived", "InvalidObjectState", "R", "k"]);
});

Deno.test("failure() blames the source where a copy's condition on the source failed", () => {
  const text = "<Error><Code>PreconditionFailed</Code><Condition>x-amz-copy-source-If-Match</Condition></Error>";
  assertEquals(protocolOf(S3).failure({ ...REFUSED, status: 412, text, condition: "destination" }).kind, "sourceChanged");
});

Deno.test("failure() of a redirect says where it leads and names no region that nobody said", () => {
  const headers = new Headers({ location: "https://other.example.org/bucket?X-Amz-Signature=secret" });
  const error = protocolOf(S3).failure({ ...REFUSED, status: 307, headers });
  assertEquals(error.message, "Cannot list s3://bucket/: HTTP 307, the store redirects to https://other.example.org: check endpoint");
  const elsewhere = protocolOf(S3).failure({ ...REFUSED, status: 301, headers: new Headers({ "x-amz-bucket-region": "eu-west-1" }) });
  assertEquals(elsewhere.message, "Cannot list s3://bucket/: HTTP 301, the bucket lives in another region: set region = eu-west-1");
});
