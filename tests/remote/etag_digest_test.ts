import { assertEquals } from "@std/assert";
import { plainEtag } from "../../lib/remote/documents.ts";
import { checksumFrom, type EtagContext, etagIsOpaque, listedMd5, withEtagDigest } from "../../lib/remote/answers.ts";

const MD5 = "0123456789abcdef0123456789abcdef";
const NOTHING = "d41d8cd98f00b204e9800998ecf8427e";
const PROMISED: EtagContext = { capabilities: { ownDigests: ["md5"] } };
const NOT_PROMISED: EtagContext = { capabilities: { ownDigests: [] } };

type Row = readonly [says: string, etag: string | undefined, context: EtagContext, md5: string | undefined, doubtful?: true];

const ROWS: readonly Row[] = [
  ["an MD5 where the store promises it", MD5, PROMISED, MD5],
  ["the MD5 of part MD5s", `${MD5}-7`, PROMISED, `${MD5}-7`],
  ["no ETag", undefined, PROMISED, undefined],
  ["a mark of another form", "v1", PROMISED, undefined],
  ["a mark as long as an MD5", "z".repeat(32), PROMISED, undefined],
  ["the form without the promise", MD5, NOT_PROMISED, MD5, true],
  ["the form under KMS keys", MD5, { ...PROMISED, opaque: true }, MD5, true],
  ["capitals", MD5.toUpperCase(), PROMISED, MD5, true],
  ["the MD5 of nothing for an empty object", NOTHING, { ...PROMISED, sizeBytes: 0 }, NOTHING],
  ["the MD5 of nothing for an object with bytes", NOTHING, { ...PROMISED, sizeBytes: 1 }, undefined],
];

Deno.test("plainEtag() takes off quotes and the mark of weakness, however it is written", () => {
  assertEquals(['"x"', 'W/"x"', 'w/"x"', "x"].map(plainEtag), Array(4).fill("x"));
});

for (const [says, etag, context, md5, doubtful] of ROWS) {
  Deno.test(`an ETag as a digest: ${says}`, () => {
    const listed = listedMd5(etag, context);
    assertEquals([listed.md5, listed.md5Doubtful], [md5, doubtful]);
    const crc = { algorithm: "crc32", value: "AAAAAA==", type: "full" } as const;
    const digests = withEtagDigest([crc], etag, context);
    assertEquals(digests.length, md5 === undefined || doubtful ? 1 : 2);
    assertEquals(digests[0], crc);
  });
}

Deno.test("responses name what makes an ETag no MD5: KMS keys, keys of the customer's own, objects of OSS that no single PUT wrote", () => {
  const opaque = (headers: Record<string, string>) => etagIsOpaque(new Headers(headers));
  assertEquals([opaque({}), opaque({ "x-amz-server-side-encryption": "AES256" }), opaque({ "x-amz-object-type": "Normal" })], [
    false,
    false,
    false,
  ]);
  assertEquals(
    [
      opaque({ "x-amz-server-side-encryption": "aws:kms" }),
      opaque({ "x-amz-server-side-encryption-customer-algorithm": "AES256" }),
      opaque({ "x-amz-object-type": "Multipart" }),
    ],
    [true, true, true],
  );
});

Deno.test("checksumFrom() takes the count of parts out of the value", () => {
  const crc = { algorithm: "crc32", value: "AAAAAA==" } as const;
  assertEquals(checksumFrom("crc32", "AAAAAA==", undefined), { ...crc, type: "full" });
  assertEquals(checksumFrom("crc32", "AAAAAA==-3", undefined), { ...crc, type: "composite", parts: 3 });
  assertEquals(checksumFrom("crc32", "AAAAAA==", "COMPOSITE"), { ...crc, type: "composite", parts: 0 });
});
