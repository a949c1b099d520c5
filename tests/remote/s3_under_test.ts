/** Makes stores under test out of a running S3 server: a fresh bucket each, filled by the vendor's SDK and none of sluice's own code. */
import { UploadPartCommand } from "@aws-sdk/client-s3";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import { capabilitiesOf } from "../../lib/remote/capabilities.ts";
import type { Checksum, ObjectHeaders, PartInfo, ReadyS3 } from "../../lib/types.ts";
import { type Account, BucketAdmin, type PutExtras } from "../bucket_admin.ts";
import { type PartToPut, type StoreMaker, type StoreUnderTest, SUITE_PAGE_ENTRIES } from "../store/under_test.ts";
import { crc32Base64, digestPart } from "../store/digests.ts";

/** A ready store on a bucket of a server under test. */
export function readyS3(account: Account, bucket: string): ReadyS3 {
  return {
    type: "s3",
    name: "test",
    bucket,
    baseUrl: `${account.endpoint}/${bucket}`,
    endpoint: account.endpoint,
    pathStyle: true,
    region: account.region,
    credentials: { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey },
    requesterPays: false,
    capabilities: capabilitiesOf(account.endpoint),
  };
}

/** Stores on fresh buckets of a server; undefined when there is no server. */
export function s3Maker(server: (Account & { stop(): Promise<void> }) | undefined): StoreMaker | undefined {
  if (server === undefined) return undefined;
  let count = 0;
  return { make: () => makeS3(server, `suite-${++count}`), stop: () => server.stop() };
}

async function makeS3(account: Account, bucket: string): Promise<StoreUnderTest> {
  const admin = new BucketAdmin(account, bucket);
  await admin.create();
  const ready = readyS3(account, bucket);
  const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 30_000, pageEntries: SUITE_PAGE_ENTRIES });
  return {
    store,
    bucket,
    put: async (key, bytes, headers = {}) => {
      await admin.put(key, bytes, extrasOf(headers));
    },
    read: (key) => admin.read(key),
    putPart: (part) => putPart(admin, part),
    close: () => {
      store.close();
      admin.close();
      return Promise.resolve();
    },
  };
}

function extrasOf(headers: ObjectHeaders): PutExtras {
  return {
    ...(headers.contentType !== undefined && { ContentType: headers.contentType }),
    ...(headers.cacheControl !== undefined && { CacheControl: headers.cacheControl }),
    ...(headers.contentDisposition !== undefined && { ContentDisposition: headers.contentDisposition }),
    ...(headers.contentLanguage !== undefined && { ContentLanguage: headers.contentLanguage }),
    ...(headers.contentEncoding !== undefined && { ContentEncoding: headers.contentEncoding }),
    ...(headers.expires !== undefined && { Expires: new Date(headers.expires) }),
    ...(headers.metadata !== undefined && { Metadata: headers.metadata }),
    ...(headers.tags !== undefined && { Tagging: new URLSearchParams(headers.tags).toString() }),
  };
}

async function putPart(admin: BucketAdmin, { key, uploadId, partNumber, bytes, checksum }: PartToPut): Promise<PartInfo> {
  const answer = await admin.client.send(
    new UploadPartCommand({
      Bucket: admin.bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: partNumber,
      Body: bytes,
      ...(checksum === "crc32" && { ChecksumCRC32: crc32Base64(bytes) }),
      ...(checksum === "sha256" && { ChecksumSHA256: digestPart("sha256", bytes) }),
    }),
  );
  const checksums: Checksum[] = [];
  if (answer.ChecksumCRC32 !== undefined) checksums.push({ algorithm: "crc32", value: answer.ChecksumCRC32, type: "full" });
  if (answer.ChecksumSHA256 !== undefined) checksums.push({ algorithm: "sha256", value: answer.ChecksumSHA256, type: "full" });
  return { partNumber, sizeBytes: bytes.length, etag: (answer.ETag ?? "").replaceAll('"', ""), checksums };
}
