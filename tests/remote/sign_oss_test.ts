import { assertEquals } from "@std/assert";
import { signOssRequest, type UnsignedOss } from "../../lib/remote/sign_oss.ts";

/** The request of the published V4 vectors (Alibaba Cloud OSS Go SDK v2, tests of its signer). */
const PUBLISHED: UnsignedOss = {
  method: "PUT",
  bucket: "bucket",
  key: "1234+-/123/1.txt",
  query: { param1: "value1", "+param1": "value3", "|param1": "value4", "+param2": "", "|param2": "", param2: "" },
  region: "cn-hangzhou",
  headers: { "x-oss-head1": "value", abc: "value", zabc: "value", xyz: "value", "content-type": "text/plain" },
};
const KEYS = { accessKeyId: "ak", secretAccessKey: "sk" };

Deno.test("signOssRequest() V4 agrees with the published vector", () => {
  const { authorization } = signOssRequest(PUBLISHED, "v4", KEYS, 1702743657_000);
  assertEquals(
    authorization,
    "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request," +
      "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
  );
});

Deno.test("signOssRequest() V4 signs the token of temporary keys, as published", () => {
  const headers = signOssRequest(PUBLISHED, "v4", { ...KEYS, sessionToken: "token" }, 1702784856_000);
  assertEquals(
    headers.authorization,
    "OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request," +
      "Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
  );
  assertEquals(headers["x-oss-security-token"], "token");
});

Deno.test("signOssRequest() V1 agrees with the published vector", () => {
  const request: UnsignedOss = {
    method: "PUT",
    bucket: "examplebucket",
    key: "nelson",
    query: {},
    region: "cn-hangzhou",
    headers: {
      "content-md5": "eB5eJF1ptWaXm4bijSPyxw==",
      "content-type": "text/html",
      "x-oss-meta-author": "alice",
      "x-oss-meta-magic": "abracadabra",
    },
  };
  const { authorization } = signOssRequest(request, "v1", KEYS, Date.parse("Wed, 28 Dec 2022 10:27:41 GMT"));
  assertEquals(authorization, "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
});

Deno.test("signOssRequest() V1 signs part number, upload id and version, and no other parameter", () => {
  const request: UnsignedOss = { ...PUBLISHED, query: { uploadId: "id", partNumber: "7", prefix: "p" }, headers: {} };
  const again: UnsignedOss = { ...request, query: { partNumber: "7", uploadId: "id" } };
  const other: UnsignedOss = { ...request, query: { partNumber: "8", uploadId: "id" } };
  const sign = (one: UnsignedOss) => signOssRequest(one, "v1", KEYS, 0).authorization;
  assertEquals(sign(request), sign(again));
  assertEquals(sign(request) === sign(other), false);
});
