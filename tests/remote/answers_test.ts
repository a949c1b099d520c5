/** Headers of answers and of requests. */
import { assertEquals } from "@std/assert";
import { readChecksums, readDetails, readEtag } from "../../lib/remote/answers.ts";
import { guardHeaders, objectHeaders } from "../../lib/remote/put.ts";

const MD5S = { ownDigests: ["md5"] } as const;

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
  const details = readDetails({ key: "k", sizeBytes: 3 }, headers, MD5S);
  assertEquals(details.etag, "900150983cd24fb0d6963f7d28e17f72");
  assertEquals([details.lastModifiedMs, details.versionId, details.tagCount], [Date.UTC(2015, 9, 21, 7, 28), "v1", 2]);
  assertEquals([details.checksums, details.archived, details.storageClass], [
    [{ algorithm: "md5", value: "900150983cd24fb0d6963f7d28e17f72", type: "full" }],
    false,
    "STANDARD_IA",
  ]);
  assertEquals(objectHeaders(details.headers, undefined), carried);
});

Deno.test("readDetails() does not take the ETag of an object under KMS for an MD5, nor the version null for a version", () => {
  const etag = "900150983cd24fb0d6963f7d28e17f72";
  const headers = new Headers({ etag: `"${etag}"`, "x-amz-server-side-encryption": "aws:kms", "x-amz-version-id": "null" });
  const details = readDetails({ key: "k", sizeBytes: 3 }, headers, MD5S);
  assertEquals([details.etag, details.checksums, details.md5Doubtful, details.versionId], [etag, [], true, undefined]);
});

Deno.test("readEtag() takes off quotes and the mark of weakness", () => {
  assertEquals(['"a"', 'W/"a"', "a"].map((etag) => readEtag(new Headers({ etag }))), ["a", "a", "a"]);
  assertEquals(readEtag(new Headers()), undefined);
});

Deno.test("readChecksums() tells composite values from full ones", () => {
  const crc = { algorithm: "crc32", value: "AAAAAA==" } as const;
  const read = (headers: Record<string, string>) => readChecksums(new Headers(headers))[0];
  assertEquals(read({ "x-amz-checksum-crc32": "AAAAAA==" }), { ...crc, type: "full" });
  assertEquals(read({ "x-amz-checksum-crc32": "AAAAAA==-2" }), { ...crc, type: "composite", parts: 2 });
  assertEquals(read({ "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "COMPOSITE" }), { ...crc, type: "composite", parts: 0 });
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
  assertEquals(guardHeaders({ md5: "900150983cd24fb0d6963f7d28e17f72" }), { "content-md5": "kAFQmDzST7DWlj99KOF/cg==" });
  assertEquals(guardHeaders({ crc32: "NSRBwg==" }), { "x-amz-checksum-crc32": "NSRBwg==" });
});
