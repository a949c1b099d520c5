/** The signatures of OSS against what Alibaba publishes: its pages' examples and the tests of its Go SDK v2; and what must be refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { type OssAdmission, speaksOss, verifyOss } from "../../lib/embedded/oss/auth.ts";
import { OssError } from "../../lib/embedded/oss/errors.ts";
import { canonicalRequestV4, type OssSignedParts, stringToSignV4 } from "../../lib/embedded/oss/signature.ts";
import { parseQuery } from "../../lib/embedded/s3/signature.ts";

const KEYS = { accessKeyId: "ak", secretAccessKey: "sk" };
const TOKEN = { ...KEYS, securityToken: "token", expiresAtMs: Date.UTC(2030, 0, 1) };
const MINUTE_MS = 60_000;

function admission(change: Partial<OssAdmission> = {}): OssAdmission {
  return { keys: KEYS, tokens: [TOKEN], signatures: ["v1", "v4"], region: "cn-hangzhou", ...change };
}

interface Vector {
  method: string;
  bucket: string;
  key?: string;
  query?: string;
  headers: Record<string, string>;
}

function partsOf(vector: Vector): OssSignedParts {
  return {
    method: vector.method,
    bucket: vector.bucket,
    key: vector.key,
    query: parseQuery(vector.query ?? ""),
    headers: new Map(Object.entries(vector.headers).map(([name, value]): [string, string[]] => [name.toLowerCase(), [value]])),
  };
}

function refusal(action: () => unknown): { code: string; ec: string; status: number } {
  const { code, ec, status } = assertThrows(action, OssError) as OssError;
  return { code, ec, status };
}

/** "Include a V1 signature in the Authorization header", the example; its Content-MD5 is the one of the sample code. */
const PAGE_V1: Vector = {
  method: "PUT",
  bucket: "oss-example",
  key: "nelson",
  headers: {
    "Content-MD5": "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM=",
    "Content-Type": "text/html",
    "Date": "Thu, 17 Nov 2005 18:49:58 GMT",
    "X-OSS-Meta-Author": "foo@bar.com",
    "X-OSS-Magic": "abracadabra",
    "Authorization": "OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=",
  },
};
const PAGE_V1_KEYS = { accessKeyId: "44CF9590006BF252F707", secretAccessKey: "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV" };
const PAGE_V1_MS = Date.UTC(2005, 10, 17, 18, 49, 58);

const GO_V1_DATE = "Wed, 28 Dec 2022 10:27:41 GMT";
const GO_V1_MS = Date.UTC(2022, 11, 28, 10, 27, 41);
const GO_V1_PUT = {
  "Content-MD5": "eB5eJF1ptWaXm4bijSPyxw==",
  "Content-Type": "text/html",
  "x-oss-meta-author": "alice",
  "x-oss-meta-magic": "abracadabra",
  "x-oss-date": GO_V1_DATE,
};
/** Go SDK v2, TestV1AuthHeader. */
const GO_V1: Vector[] = [
  {
    method: "PUT",
    bucket: "examplebucket",
    key: "nelson",
    headers: { ...GO_V1_PUT, Authorization: "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=" },
  },
  {
    method: "PUT",
    bucket: "examplebucket",
    key: "nelson",
    query: "acl",
    headers: { ...GO_V1_PUT, Authorization: "OSS ak:/afkugFbmWDQ967j1vr6zygBLQk=" },
  },
  {
    method: "GET",
    bucket: "examplebucket",
    query: "resourceGroup&non-resousce=null",
    headers: { "x-oss-date": GO_V1_DATE, "Authorization": "OSS ak:vkQmfuUDyi1uDi3bKt67oemssIs=" },
  },
  {
    method: "GET",
    bucket: "examplebucket",
    query: "resourceGroup&acl",
    headers: { "x-oss-date": GO_V1_DATE, "Authorization": "OSS ak:x3E5TgOvl/i7PN618s5mEvpJDYk=" },
  },
];

Deno.test("verifyOss() accepts the published V1 signatures", () => {
  verifyOss(partsOf(PAGE_V1), admission({ keys: PAGE_V1_KEYS }), PAGE_V1_MS);
  for (const vector of GO_V1) verifyOss(partsOf(vector), admission(), GO_V1_MS);
});

Deno.test("verifyOss() accepts the published URLs signed with V1, and tokens in them, until they expire", () => {
  const query = "Expires=1699807420&OSSAccessKeyId=ak&Signature=dcLTea%2BYh9ApirQ8o8dOPqtvJXQ%3D&versionId=versionId";
  const plain = partsOf({ method: "GET", bucket: "bucket", key: "key", query, headers: {} });
  verifyOss(plain, admission(), 1_699_807_420_000);
  assertEquals(refusal(() => verifyOss(plain, admission(), 1_699_807_420_001)).code, "AccessDenied");
  const withToken =
    "Expires=1699808204&OSSAccessKeyId=ak&Signature=jzKYRrM5y6Br0dRFPaTGOsbrDhY%3D&security-token=token&versionId=versionId";
  verifyOss(partsOf({ method: "GET", bucket: "bucket", key: "key+123", query: withToken, headers: {} }), admission(), 1_699_808_000_000);
});

const GO_V4_QUERY = "%2Bparam1=value3&%2Bparam2=&%7Cparam1=value4&%7Cparam2=&param1=value1&param2=";

function goV4(date: string, rest: string, headers: Record<string, string> = {}): Vector {
  return {
    method: "PUT",
    bucket: "bucket",
    key: "1234+-/123/1.txt",
    query: GO_V4_QUERY,
    headers: {
      "x-oss-head1": "value",
      "abc": "value",
      "ZAbc": "value",
      "XYZ": "value",
      "content-type": "text/plain",
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": date,
      "Authorization": `OSS4-HMAC-SHA256 Credential=ak/${date.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request,${rest}`,
      ...headers,
    },
  };
}

const GO_V4_PLAIN = goV4("20231216T162057Z", "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
const GO_V4_PLAIN_MS = 1_702_743_657_000;

Deno.test("verifyOss() accepts the published V4 signatures: plain, with a token, with additional headers", () => {
  verifyOss(partsOf(GO_V4_PLAIN), admission(), GO_V4_PLAIN_MS);
  const withToken = goV4("20231217T034736Z", "Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea", {
    "x-oss-security-token": "token",
  });
  verifyOss(partsOf(withToken), admission(), 1_702_784_856_000);
  const additional = "AdditionalHeaders=abc;zabc,Signature=4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f";
  verifyOss(partsOf(goV4("20231216T172512Z", additional)), admission(), 1_702_747_512_000);
});

Deno.test("verifyOss() accepts the published URLs signed with V4 until they expire", () => {
  const vector = (date: string, signature: string, more: string): Vector => ({
    method: "PUT",
    bucket: "bucket",
    key: "1234+-/123/1.txt",
    query: `${GO_V4_QUERY}&x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=${date}&x-oss-expires=599` +
      `&x-oss-credential=ak%2F${date.slice(0, 8)}%2Fcn-hangzhou%2Foss%2Faliyun_v4_request${more}&x-oss-signature=${signature}`,
    headers: { "x-oss-head1": "value", "abc": "value", "ZAbc": "value", "XYZ": "value", "content-type": "application/octet-stream" },
  });
  const plain = partsOf(vector("20231217T025437Z", "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe", ""));
  verifyOss(plain, admission(), 1_702_782_276_000);
  assertEquals(refusal(() => verifyOss(plain, admission(), 1_702_782_276_001)).code, "AccessDenied");
  const token = "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5";
  verifyOss(partsOf(vector("20231217T035628Z", token, "&x-oss-security-token=token")), admission(), 1_702_785_400_000);
  const additional = "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7";
  verifyOss(partsOf(vector("20231217T033009Z", additional, "&x-oss-additional-headers=abc%3Bzabc")), admission(), 1_702_783_900_000);
});

Deno.test("stringToSignV4() is the one of the published example", () => {
  const headers = {
    "content-disposition": "attachment",
    "content-length": "3",
    "content-md5": "ICy5YqxZB1uWSwcVLSNLcA==",
    "content-type": "text/plain",
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": "20250411T064124Z",
  };
  const parts = partsOf({ method: "PUT", bucket: "examplebucket", key: "exampleobject", headers });
  const canonical = canonicalRequestV4(parts, ["content-disposition", "content-length"], "UNSIGNED-PAYLOAD");
  const hash = "c46d96390bdbc2d739ac9363293ae9d710b14e48081fcb22cd8ad54b63136eca";
  assertEquals(createHash("sha256").update(canonical).digest("hex"), hash);
  const scope = "20250411/cn-hangzhou/oss/aliyun_v4_request";
  assertEquals(stringToSignV4("20250411T064124Z", scope, canonical), `OSS4-HMAC-SHA256\n20250411T064124Z\n${scope}\n${hash}`);
});

Deno.test("verifyOss() refuses any change to a signed request", () => {
  const [, v1] = GO_V1;
  assert(v1 !== undefined);
  for (const [vector, nowMs] of [[v1, GO_V1_MS], [GO_V4_PLAIN, GO_V4_PLAIN_MS]] as const) {
    const parts = partsOf(vector);
    const changed: OssSignedParts[] = [
      { ...parts, method: "GET" },
      { ...parts, bucket: "other" },
      { ...parts, key: `${vector.key}x` },
      { ...parts, query: [...parts.query, ["uploads", ""]] },
      { ...parts, headers: new Map([...parts.headers, ["content-type", ["text/other"]]]) },
      { ...parts, headers: new Map([...parts.headers, ["x-oss-more", ["1"]]]) },
    ];
    const codes = changed.map((change) => refusal(() => verifyOss(change, admission(), nowMs)).code);
    assertEquals(codes, changed.map(() => "SignatureDoesNotMatch"));
    const keys = { ...KEYS, secretAccessKey: "other" };
    const { code, status } = refusal(() => verifyOss(parts, admission({ keys }), nowMs));
    assertEquals({ code, status }, { code: "SignatureDoesNotMatch", status: 403 });
  }
});

Deno.test("verifyOss() names what is wrong with key, token, clock, region and version", () => {
  const v4 = partsOf(GO_V4_PLAIN);
  const refused = (change: Partial<OssAdmission>, nowMs = GO_V4_PLAIN_MS, parts = v4) => {
    const { code, ec, status } = refusal(() => verifyOss(parts, admission(change), nowMs));
    return `${status} ${code} ${ec}`;
  };
  assertEquals(refused({ keys: { ...KEYS, accessKeyId: "other" } }), "403 InvalidAccessKeyId 0002-00000902");
  verifyOss(v4, admission(), GO_V4_PLAIN_MS + 15 * MINUTE_MS);
  verifyOss(v4, admission(), GO_V4_PLAIN_MS - 15 * MINUTE_MS);
  assertEquals(refused({}, GO_V4_PLAIN_MS + 15 * MINUTE_MS + 1), "403 RequestTimeTooSkewed 0002-00000504");
  assertEquals(refused({}, GO_V4_PLAIN_MS - 15 * MINUTE_MS - 1), "403 RequestTimeTooSkewed 0002-00000504");
  assertEquals(refused({ region: "cn-beijing" }), "400 InvalidArgument 0002-00000226");
  assertEquals(refused({ signatures: ["v1"] }), "400 InvalidArgument 0002-00000063");
  const [v1] = GO_V1;
  assert(v1 !== undefined);
  assertEquals(refused({ signatures: ["v4"] }, GO_V1_MS, partsOf(v1)), "403 AccessDenied 0002-00000080");
  const token = partsOf(goV4("20231217T034736Z", "Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea", {
    "x-oss-security-token": "token",
  }));
  const tokenMs = 1_702_784_856_000;
  assertEquals(refused({ tokens: [] }, tokenMs, token), "403 InvalidAccessKeyId 0002-00000002");
  assertEquals(refused({ tokens: [{ ...TOKEN, securityToken: "old" }] }, tokenMs, token), "403 InvalidSecurityToken 0002-00000006");
  verifyOss(token, admission({ tokens: [{ ...TOKEN, expiresAtMs: tokenMs + 1 }] }), tokenMs);
  assertEquals(refused({ tokens: [{ ...TOKEN, expiresAtMs: tokenMs }] }, tokenMs, token), "403 SecurityTokenExpired 0002-00000007");
});

Deno.test("verifyOss() refuses forms that the documents do not have", () => {
  const code = (change: Record<string, string>, vector = GO_V4_PLAIN, nowMs = GO_V4_PLAIN_MS) => {
    const { code, ec } = refusal(() => verifyOss(partsOf({ ...vector, headers: { ...vector.headers, ...change } }), admission(), nowMs));
    return `${code} ${ec}`.trim();
  };
  assertEquals(code({ Authorization: "OSS4-HMAC-SHA256 Signature=18" }), "InvalidArgument 0002-00000202");
  assertEquals(
    code({ Authorization: "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/abc,Signature=18" }),
    "InvalidArgument 0002-00000213",
  );
  assertEquals(
    code({ Authorization: "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/s3/aliyun_v4_request,Signature=18" }),
    "InvalidArgument 0002-00000227",
  );
  assertEquals(
    code({ Authorization: "OSS4-HMAC-SHA256 Credential=ak/20231215/cn-hangzhou/oss/aliyun_v4_request,Signature=18" }),
    "InvalidArgument 0002-00000223",
  );
  assertEquals(code({ "x-oss-content-sha256": "abc" }), "InvalidArgument");
  const [v1] = GO_V1;
  assert(v1 !== undefined);
  assertEquals(code({ Authorization: "OSS ak77Dv" }, v1, GO_V1_MS), "InvalidArgument 0002-00000062");
  assertEquals(code({ "x-oss-date": "Wed, 8 Dec 2022 10:27:41 GMT" }, v1, GO_V1_MS), "AccessDenied");
  const anonymous = partsOf({ method: "GET", bucket: "bucket", key: "key", headers: {} });
  assertEquals(refusal(() => verifyOss(anonymous, admission(), 0)).code, "AccessDenied");
  const bucketUrl = partsOf({ method: "GET", bucket: "bucket", query: "OSSAccessKeyId=ak&Expires=2000000000&Signature=x", headers: {} });
  assertEquals(refusal(() => verifyOss(bucketUrl, admission(), 0)).ec, "0002-00000079");
});

Deno.test("speaksOss() tells the dialects apart by the signature", () => {
  assertEquals(speaksOss("OSS ak:x", "/"), true);
  assertEquals(speaksOss("OSS4-HMAC-SHA256 Credential=x", "/"), true);
  assertEquals(speaksOss("AWS4-HMAC-SHA256 Credential=x", "/?x-oss-signature=1"), false);
  assertEquals(speaksOss(undefined, "/b/k?x-oss-signature-version=OSS4-HMAC-SHA256"), true);
  assertEquals(speaksOss(undefined, "/b/k?a=b&OSSAccessKeyId=ak"), true);
  assertEquals(speaksOss(undefined, "/b/k?X-Amz-Signature=1"), false);
});
