/** Headers of answers and of requests. */
import { assertEquals } from "@std/assert";
import { readChecksums, readDetails, readEtag } from "../../lib/remote/answers.ts";
import { guardHeaders, objectHeaders } from "../../lib/remote/put_headers.ts";

Deno.test("readDetails() tells everything that the object carries and objectHeaders() sends the same again", () => {
  const carried = {
    "content-type": "text/plain",
    "cache-control": "no-cache",
    "content-encoding": "gzip",
    "content-disposition": "inline",
    "content-language": "de",
    expires: "Wed, 21 Oct 2026 07:28:00 GMT",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-meta-colour": "blue",
  };
  const headers = new Headers({
    ...carried,
    etag: '"900150983cd24fb0d6963f7d28e17f72"',
    "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT",
    "x-amz-version-id": "v1",
    "x-amz-tagging-count": "2",
  });
  const details = readDetails("k", 3, headers);
  assertEquals(details.etag, "900150983cd24fb0d6963f7d28e17f72");
  assertEquals([details.lastModifiedMs, details.versionId, details.tagCount], [Date.UTC(2015, 9, 21, 7, 28), "v1", 2]);
  assertEquals([details.etagMayBeMd5, details.archived, details.storageClass], [true, false, "STANDARD_IA"]);
  assertEquals(objectHeaders(details.headers, undefined), carried);
});

Deno.test("readDetails() does not take the ETag of an object under KMS for an MD5, nor the version null for a version", () => {
  const details = readDetails("k", 3, new Headers({ etag: '"x"', "x-amz-server-side-encryption": "aws:kms", "x-amz-version-id": "null" }));
  assertEquals([details.etagMayBeMd5, details.versionId], [false, undefined]);
});

Deno.test("readEtag() takes off quotes and the mark of weakness", () => {
  assertEquals(['"a"', 'W/"a"', "a"].map((etag) => readEtag(new Headers({ etag }))), ["a", "a", "a"]);
  assertEquals(readEtag(new Headers()), undefined);
});

Deno.test("readChecksums() tells composite values from full ones", () => {
  assertEquals(readChecksums(new Headers({ "x-amz-checksum-crc32": "AAAAAA==" }))[0]?.type, "full");
  assertEquals(readChecksums(new Headers({ "x-amz-checksum-crc32": "AAAAAA==-2" }))[0]?.type, "composite");
  assertEquals(readChecksums(new Headers({ "x-amz-checksum-crc32": "A", "x-amz-checksum-type": "COMPOSITE" }))[0]?.type, "composite");
});

Deno.test("objectHeaders() encodes tags and states conditions", () => {
  assertEquals(objectHeaders({ tags: { "a b": "c&d", é: "" } }, { absent: true }), {
    "x-amz-tagging": "a%20b=c%26d&%C3%A9=",
    "if-none-match": "*",
  });
  assertEquals(objectHeaders({ acl: "private", sse: "aws:kms", kmsKeyId: "id" }, { etag: "e" }), {
    "x-amz-acl": "private",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "id",
    "if-match": '"e"',
  });
});

Deno.test("guardHeaders() gives an MD5 as Content-MD5 and the others as checksum headers", () => {
  assertEquals(guardHeaders("md5", "900150983cd24fb0d6963f7d28e17f72"), { "content-md5": "kAFQmDzST7DWlj99KOF/cg==" });
  assertEquals(guardHeaders("crc32", "NSRBwg=="), { "x-amz-checksum-crc32": "NSRBwg==" });
});
