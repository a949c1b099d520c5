import { assert, assertEquals, assertThrows } from "@std/assert";
import { S3Client } from "@aws-sdk/client-s3";
import { TransferError } from "../../lib/errors.ts";
import { amazonUrl, bucketUrl, checkEndpoint, isPathStyle } from "../../lib/remote/s3_address.ts";

Deno.test("isPathStyle() puts the bucket into the path of given endpoints, and before the host of Amazon's", () => {
  assertEquals(isPathStyle({ addressing: "auto" }, "http://127.0.0.1:9000", "b"), true);
  assertEquals(isPathStyle({ addressing: "auto" }, "http://localhost", "b"), true);
  assertEquals(isPathStyle({ addressing: "auto" }, "https://abc.r2.cloudflarestorage.com", "b"), true);
  assertEquals(isPathStyle({ addressing: "auto" }, "https://oss-cn-hangzhou.aliyuncs.com", "b"), false);
  assertEquals(isPathStyle({ addressing: "auto" }, undefined, "bucket"), false);
  assertEquals(isPathStyle({ addressing: "auto" }, undefined, "bucket.with.dots"), true);
  assertEquals(isPathStyle({ addressing: "auto" }, "https://s3.eu-west-1.amazonaws.com", "bucket"), false);
  assertEquals(isPathStyle({ addressing: "path" }, undefined, "bucket"), true);
  assertEquals(isPathStyle({ addressing: "virtual" }, "http://127.0.0.1:9000", "bucket"), false);
});

Deno.test("bucketUrl() writes both addressing styles without a slash at the end", () => {
  assertEquals(bucketUrl("http://127.0.0.1:9000", "b", true), "http://127.0.0.1:9000/b");
  assertEquals(bucketUrl("https://host/base", "b", true), "https://host/base/b");
  assertEquals(bucketUrl("https://oss-cn-hangzhou.aliyuncs.com", "b", false), "https://b.oss-cn-hangzhou.aliyuncs.com");
});

Deno.test("checkEndpoint() takes base URLs and nothing else", () => {
  assertEquals(checkEndpoint("https://host:9000/"), "https://host:9000");
  assertEquals(checkEndpoint("http://host/base//"), "http://host/base");
  for (const text of ["host:9000", "", "ftp://host", "https://host/?a=b"]) {
    assertEquals(assertThrows(() => checkEndpoint(text), TransferError).kind, "config", text);
  }
  const leaky = assertThrows(() => checkEndpoint("https://me:topsecret@host"), TransferError);
  assert(!leaky.message.includes("topsecret"), leaky.message);
});

Deno.test("amazonUrl() follows Amazon's partitions", async () => {
  const client = new S3Client({ region: "us-east-1" });
  try {
    assertEquals(await amazonUrl(client, "us-east-1", "bucket", false), "https://bucket.s3.us-east-1.amazonaws.com");
    assertEquals(await amazonUrl(client, "cn-north-1", "bucket", false), "https://bucket.s3.cn-north-1.amazonaws.com.cn");
    assertEquals(await amazonUrl(client, "eu-west-1", "a.b", true), "https://s3.eu-west-1.amazonaws.com/a.b");
  } finally {
    client.destroy();
  }
});
