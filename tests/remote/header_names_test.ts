import { assertEquals } from "@std/assert";
import { readChecksums, readDetails } from "../../lib/remote/answers.ts";
import { OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import { fromOssEtag, OssHeaders, toOssEtag, toOssHeaders } from "../../lib/remote/header_names.ts";
import { isArchive, toOssClass, toS3Class } from "../../lib/remote/storage_class.ts";

const MD5 = "0cc175b9c0f1b6a831c399e269772661";

Deno.test("toOssHeaders() gives each header of a write its name at OSS", () => {
  const request = toOssHeaders("PUT", {
    "content-type": "text/plain",
    "x-amz-meta-colour": "red",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-tagging": "a=1",
    "x-amz-acl": "private",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "key",
    "if-none-match": "*",
  });
  assertEquals(request, {
    "content-type": "text/plain",
    "x-oss-meta-colour": "red",
    "x-oss-storage-class": "IA",
    "x-oss-tagging": "a=1",
    "x-oss-object-acl": "private",
    "x-oss-server-side-encryption": "KMS",
    "x-oss-server-side-encryption-key-id": "key",
    "x-oss-forbid-overwrite": "true",
  });
});

Deno.test("toOssHeaders() asks for standard ranges and pins the ETag in OSS's case", () => {
  const request = toOssHeaders("GET", { range: "bytes=0-4", "if-match": `"${MD5}"`, "x-amz-checksum-mode": "ENABLED" });
  assertEquals(request, { range: "bytes=0-4", "if-match": `"${MD5.toUpperCase()}"`, "x-oss-range-behavior": "standard" });
});

Deno.test("OssHeaders tells an object as any other store would, with its CRC64", () => {
  const headers = new OssHeaders(
    new Headers({
      etag: `"${MD5.toUpperCase()}"`,
      "last-modified": "Wed, 28 Dec 2022 10:27:41 GMT",
      "x-oss-meta-colour": "red",
      "x-oss-storage-class": "IA",
      "x-oss-object-type": "Normal",
      "x-oss-hash-crc64ecma": "11051210869376104954",
      "x-oss-tagging-count": "2",
      "x-oss-version-id": "v1",
    }),
  );
  const details = readDetails({ key: "key", sizeBytes: 1 }, headers, OSS_CAPABILITIES);
  assertEquals([details.etag, details.storageClass, details.versionId, details.tagCount], [MD5, "IA", "v1", 2]);
  assertEquals(details.headers.metadata, { colour: "red" });
  assertEquals(details.checksums, [
    { algorithm: "crc64ecma", value: "11051210869376104954", type: "full" },
    { algorithm: "md5", value: MD5, type: "full" },
  ]);
});

Deno.test("OssHeaders calls the default class by one name", () => {
  const headers = new OssHeaders(new Headers({ "x-oss-storage-class": "Standard" }));
  assertEquals(readDetails({ key: "key", sizeBytes: 1 }, headers, OSS_CAPABILITIES).storageClass, "STANDARD");
});

Deno.test("fromOssEtag() takes only what one PUT wrote for an MD5", () => {
  const upper = MD5.toUpperCase();
  assertEquals(fromOssEtag(`"${upper}"`, "Normal"), MD5);
  assertEquals(fromOssEtag(`"${upper}"`, null), MD5);
  assertEquals(fromOssEtag(`"${upper}"`, "Multipart"), upper);
  assertEquals(fromOssEtag(`"${upper}-3"`, "Multipart"), `${upper}-3`);
  for (const etag of [MD5, upper, `${upper}-3`]) assertEquals(toOssEtag(etag), etag.toUpperCase());
});

Deno.test("readChecksums() gives S3's checksums and OSS's side by side", () => {
  assertEquals(readChecksums(new OssHeaders(new Headers({ "x-amz-checksum-crc32": "AAAAAA==", "x-oss-hash-crc64ecma": "0" }))).length, 2);
});

Deno.test("storage classes go both ways by the table; what nobody knows stays", () => {
  const toOss = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE", "ColdArchive", "NEW"].map(toOssClass);
  assertEquals(toOss, ["Standard", "IA", "IA", "IA", "Archive", "ColdArchive", "ColdArchive", "NEW"]);
  const toS3 = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive", "GLACIER_IR", "NEW"].map(toS3Class);
  assertEquals(toS3, ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "DEEP_ARCHIVE", "GLACIER_IR", "NEW"]);
  assertEquals(["Archive", "ColdArchive", "DeepColdArchive", "IA", "STANDARD"].map(isArchive), [true, true, true, false, false]);
});
