/** The vendor's own client with its own defaults: aws-chunked bodies with trailers, checksums checked on the way back, odd keys. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Readable } from "node:stream";
import type { EmbeddedStore, RequestRecord } from "../../lib/embedded/embedded.ts";
import { md5Hex, withStore } from "./raw_client.ts";

async function withClient(store: EmbeddedStore, test: (client: S3Client) => Promise<void>): Promise<void> {
  const { endpoint, accessKeyId, secretAccessKey } = store;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
    requestStreamBufferSize: 65536,
  });
  try {
    await test(client);
  } finally {
    client.destroy();
  }
}

Deno.test("a streamed upload with a checksum trailer is stored without its framing, and checked", async () => {
  const records: RequestRecord[] = [];
  await withStore({ onRequest: (record) => void records.push(record) }, async (store) => {
    await withClient(store, async (client) => {
      const text = "0123456789".repeat(50_000);
      for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
        const Key = `x/../${ChecksumAlgorithm}//./+ é`;
        const Body = Readable.from([new TextEncoder().encode(text)]);
        const put = await client.send(new PutObjectCommand({ Bucket: "bkt", Key, Body, ContentLength: text.length, ChecksumAlgorithm }));
        assertEquals(put.ETag, `"${md5Hex(text)}"`);
        const sent = records.at(-1)?.headers ?? {};
        assertEquals([sent["x-amz-content-sha256"], sent["transfer-encoding"]], ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "chunked"]);
        const got = await client.send(new GetObjectCommand({ Bucket: "bkt", Key, ChecksumMode: "ENABLED" }));
        assert(got[`Checksum${ChecksumAlgorithm}`] !== undefined);
        assertEquals([await got.Body?.transformToString() === text, got.ContentEncoding], [true, undefined]);
      }
      assertEquals((await client.send(new ListObjectsV2Command({ Bucket: "bkt", Prefix: "x/../" }))).KeyCount, 5);
      store.setFaults([{ operation: "GetObject", times: 1, action: { type: "flipAnswerByte", offset: 1000 } }]);
      const flipped = await client.send(new GetObjectCommand({ Bucket: "bkt", Key: "x/../CRC32//./+ é", ChecksumMode: "ENABLED" }));
      await assertRejects(async () => await flipped.Body?.transformToString(), Error, "Checksum mismatch");
    });
  });
});

Deno.test("a multipart upload with composite checksums tells its parts to GetObjectAttributes", async () => {
  await withStore({}, async (store) => {
    await withClient(store, async (client) => {
      const target = { Bucket: "bkt", Key: "k" };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256" }));
      const Parts = [];
      for (const PartNumber of [1, 2]) {
        const part = { ...target, UploadId, PartNumber, Body: `part ${PartNumber}`, ChecksumAlgorithm: "SHA256" } as const;
        const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand(part));
        Parts.push({ PartNumber, ETag, ChecksumSHA256 });
      }
      const done = await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
      assertEquals(done.ChecksumType, "COMPOSITE");
      const told = await client.send(
        new GetObjectAttributesCommand({ ...target, ObjectAttributes: ["ETag", "Checksum", "ObjectParts", "ObjectSize"] }),
      );
      assertEquals([told.ObjectSize, told.ObjectParts?.TotalPartsCount, told.ETag], [12, 2, done.ETag?.replaceAll('"', "")]);
      assertEquals(told.ObjectParts?.Parts?.map((part) => part.ChecksumSHA256), Parts.map((part) => part.ChecksumSHA256));
    });
  });
});
