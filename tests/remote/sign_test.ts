/** The signer against the vectors that Amazon and Alibaba publish, and against two signers of others on random requests. */
import { assert, assertEquals } from "@std/assert";
import { SignatureV4 } from "@smithy/signature-v4";
import aws4 from "aws4";
import { createHash, createHmac } from "node:crypto";
import { canonicalQuery, OSS_SCHEME, S3_SCHEME, Signer, signOssV1, type Unsigned, type UnsignedOssV1 } from "../../lib/remote/sign.ts";
import { encodeKey } from "../../lib/remote/encode.ts";
import type { Chance } from "../fuzz/chance.ts";
import { fuzz } from "../fuzz/rounds.ts";

const AMAZON = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function amazonExample(query: Record<string, string>): string {
  const signer = new Signer(S3_SCHEME, "us-east-1");
  const headers = { "x-amz-content-sha256": EMPTY_HASH };
  const request = { method: "GET", host: "examplebucket.s3.amazonaws.com", path: "/", query, headers };
  return signer.sign(request, AMAZON, Date.UTC(2013, 4, 24)).authorization ?? "";
}

Deno.test("Signer agrees with the examples of Amazon's S3 API reference", () => {
  const scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=";
  assertEquals(amazonExample({ lifecycle: "" }), `${scope}fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543`);
  assertEquals(
    amazonExample({ prefix: "J", "max-keys": "2" }),
    `${scope}34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7`,
  );
});

/** The request of the published V4 vectors (Alibaba Cloud OSS Go SDK v2, tests of its signer). */
const ALIBABA: Unsigned = {
  method: "PUT",
  host: "bucket.oss-cn-hangzhou.aliyuncs.com",
  path: `/bucket/${encodeKey("1234+-/123/1.txt")}`,
  query: { param1: "value1", "+param1": "value3", "|param1": "value4", "+param2": "", "|param2": "", param2: "" },
  headers: { "x-oss-head1": "value", abc: "value", zabc: "value", xyz: "value", "content-type": "text/plain" },
};
const KEYS = { accessKeyId: "ak", secretAccessKey: "sk" };

Deno.test("Signer agrees with Alibaba's published vector", () => {
  const { authorization } = new Signer(OSS_SCHEME, "cn-hangzhou").sign(ALIBABA, KEYS, 1702743657_000);
  assertEquals(
    authorization,
    "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request," +
      "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
  );
});

Deno.test("Signer signs the token of temporary keys, as Alibaba publishes it, with the key of another day", () => {
  const signer = new Signer(OSS_SCHEME, "cn-hangzhou");
  signer.sign(ALIBABA, KEYS, 1702743657_000);
  const headers = signer.sign(ALIBABA, { ...KEYS, sessionToken: "token" }, 1702784856_000);
  assertEquals(
    headers.authorization,
    "OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request," +
      "Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
  );
  assertEquals(headers["x-oss-security-token"], "token");
});

Deno.test("signOssV1() agrees with the published vector", () => {
  const headers = {
    "content-md5": "eB5eJF1ptWaXm4bijSPyxw==",
    "content-type": "text/html",
    "x-oss-meta-author": "alice",
    "x-oss-meta-magic": "abracadabra",
  };
  const request: UnsignedOssV1 = { method: "PUT", bucket: "examplebucket", key: "nelson", query: {}, headers };
  const { authorization } = signOssV1(request, KEYS, Date.parse("Wed, 28 Dec 2022 10:27:41 GMT"));
  assertEquals(authorization, "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
});

Deno.test("signOssV1() signs part number, upload id and version, and no other parameter", () => {
  const sign = (query: Record<string, string>) =>
    signOssV1({ method: "PUT", bucket: "b", key: "k", query, headers: {} }, KEYS, 0).authorization;
  assertEquals(sign({ uploadId: "id", partNumber: "7", prefix: "p" }), sign({ partNumber: "7", uploadId: "id" }));
  assert(sign({ partNumber: "7", uploadId: "id" }) !== sign({ partNumber: "8", uploadId: "id" }));
});

/** What @smithy wants of a hash: one of the platform's. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string | Uint8Array);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(data as string | Uint8Array);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}

const NAMES = ["x-amz-meta-colour", "x-amz-copy-source", "content-type", "content-md5", "content-length", "x-amz-tagging", "x-amz-acl"];

/** A text of the characters that are encoded in different ways by different signers. */
function text(chance: Chance, pieces = 6): string {
  const alphabet = [
    "a",
    "Z",
    "0",
    "~",
    "-",
    "_",
    ".",
    "!",
    "'",
    "(",
    ")",
    "*",
    " ",
    "+",
    "&",
    "=",
    "/",
    "%",
    "é",
    "空",
    "😀",
    '"',
    ";",
    ":",
  ];
  return Array.from({ length: chance.below(pieces) }, () => chance.pick(alphabet)).join("");
}

fuzz("Signer agrees with aws4 and the SDK's own signer on random requests", 2000, async (chance) => {
  const query: Record<string, string> = {};
  for (let count = chance.below(5); count > 0; count--) query[`q${text(chance)}`] = chance.oneIn(3) ? "" : text(chance, 12);
  const headers: Record<string, string> = { "x-amz-content-sha256": chance.pick(["UNSIGNED-PAYLOAD", EMPTY_HASH]) };
  for (const name of NAMES) if (chance.oneIn(3)) headers[name] = ` ${text(chance, 9)}  ${text(chance)}x`;
  const credentials = {
    accessKeyId: `AK${text(chance)}`,
    secretAccessKey: `${text(chance, 90)}x`,
    ...(chance.oneIn(2) && { sessionToken: `t${text(chance).trim()}` }),
  };
  const method = chance.pick(["GET", "PUT", "POST", "DELETE", "HEAD"]);
  const host = chance.pick(["s3.amazonaws.com", "127.0.0.1:9000", "b.example.org"]);
  const path = `/${encodeKey(text(chance, 12))}`;
  const nowMs = Date.UTC(2020 + chance.below(10), chance.below(12), 1 + chance.below(28), chance.below(24), chance.below(60));
  const region = chance.pick(["us-east-1", "auto", "cn-north-1"]);
  const ours = new Signer(S3_SCHEME, region).sign({ method, host, path, query, headers }, credentials, nowMs);

  const asked = canonicalQuery(query, "=");
  const time = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const theirs = aws4.sign({
    ...{ service: "s3", region, method, host, path: asked === "" ? path : `${path}?${asked}` },
    headers: { ...headers, host, "x-amz-date": time },
  }, { ...credentials });
  assertEquals(ours.authorization, (theirs.headers as Record<string, string>).Authorization);

  const sdk = new SignatureV4({ service: "s3", region, credentials, sha256: Sha256, uriEscapePath: false });
  const request = { method, protocol: "https:", hostname: host, path, query, headers: { ...headers, host } };
  const signed = await sdk.sign(request, { signingDate: new Date(nowMs) });
  assertEquals(ours.authorization, signed.headers.authorization);
});
