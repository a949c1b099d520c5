/**
 * A referee's small hands on a bucket: make it, put into it, read, list and abort, through the vendor's SDK and none of sluice's own
 * code, so that a misreading of the protocol in sluice is not repeated here.
 */
import { Agent } from "node:https";
import {
  type _Object,
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { TestServer } from "./servers.ts";

/** What a test may lay on an object besides its bytes. */
export type PutExtras = Partial<Omit<PutObjectCommandInput, "Bucket" | "Key" | "Body">>;

/** Where a server is and who may use it; a {@link TestServer} is one. */
export type Account = Pick<TestServer, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">;

/** A bucket under test, driven by the vendor's SDK. Call `close` at the end. */
export class BucketAdmin {
  readonly client: S3Client;
  readonly bucket: string;

  /** `caFile` (PEM) names the authority of a server over TLS. */
  constructor(account: Account, bucket: string, caFile?: string) {
    this.bucket = bucket;
    this.client = new S3Client({
      endpoint: account.endpoint,
      region: account.region,
      credentials: { accessKeyId: account.accessKeyId, secretAccessKey: account.secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(caFile !== undefined && { requestHandler: { httpsAgent: new Agent({ ca: Deno.readTextFileSync(caFile) }) } }),
    });
  }

  /** Makes the bucket. */
  async create(): Promise<void> {
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
  }

  /** Puts one object in one request and answers its ETag without quotes. */
  async put(key: string, body: Uint8Array, extras: PutExtras = {}): Promise<string> {
    const answer = await this.client.send(new PutObjectCommand({ ...extras, Bucket: this.bucket, Key: key, Body: body }));
    return unquoted(answer.ETag);
  }

  /** Puts one object in parts of `partSizeBytes` and answers its ETag without quotes. */
  async putParts(key: string, body: Uint8Array, partSizeBytes: number, extras: PutExtras = {}): Promise<string> {
    const uploadId = await this.beginUpload(key, extras);
    const parts: { PartNumber: number; ETag: string }[] = [];
    for (let offset = 0; offset < body.length; offset += partSizeBytes) {
      const partNumber = parts.length + 1;
      const etag = await this.putPart(key, uploadId, partNumber, body.subarray(offset, offset + partSizeBytes));
      parts.push({ PartNumber: partNumber, ETag: etag });
    }
    const answer = await this.client.send(
      new CompleteMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, MultipartUpload: { Parts: parts } }),
    );
    return unquoted(answer.ETag);
  }

  /** Begins a multipart upload and answers its upload id. */
  async beginUpload(key: string, extras: PutExtras = {}): Promise<string> {
    const answer = await this.client.send(new CreateMultipartUploadCommand({ ...extras, Bucket: this.bucket, Key: key }));
    return required(answer.UploadId, "upload id");
  }

  /** Sends one part and answers its ETag without quotes. */
  async putPart(key: string, uploadId: string, partNumber: number, body: Uint8Array): Promise<string> {
    const answer = await this.client.send(
      new UploadPartCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumber: partNumber, Body: body }),
    );
    return unquoted(answer.ETag);
  }

  /** Reads a whole object, its stored bytes untouched. */
  async read(key: string): Promise<Uint8Array> {
    const answer = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return await required(answer.Body, "body").transformToByteArray();
  }

  /** The headers of an object; undefined when there is none. */
  async head(key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
    } catch (error) {
      if (error instanceof Error && (error.name === "NotFound" || error.name === "NoSuchKey")) return undefined;
      throw error;
    }
  }

  /** Removes an object. */
  async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  /** Removes every object, a page of them in one request. */
  async removeAll(): Promise<void> {
    for (let keys = await this.keys(); keys.length > 0; keys = await this.keys()) {
      for (let begin = 0; begin < keys.length; begin += 1000) {
        const objects = keys.slice(begin, begin + 1000).map((key) => ({ Key: key }));
        await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: objects, Quiet: true } }));
      }
    }
  }

  /** Every key, in the server's order. */
  async keys(prefix = ""): Promise<string[]> {
    return (await this.#objects(prefix)).map(({ Key }) => required(Key, "key"));
  }

  /** The size of every object, in the server's order. */
  async sizes(): Promise<number[]> {
    return (await this.#objects("")).map(({ Size }) => required(Size, "size"));
  }

  async #objects(prefix: string): Promise<_Object[]> {
    const objects: _Object[] = [];
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ...(token !== undefined && { ContinuationToken: token }) }),
      );
      objects.push(...page.Contents ?? []);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return objects;
  }

  /** Upload ids of the unfinished uploads of exactly this key. */
  async uploads(key: string): Promise<string[]> {
    const page = await this.client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: key }));
    return (page.Uploads ?? []).filter((upload) => upload.Key === key).map((upload) => required(upload.UploadId, "upload id"));
  }

  /** Part numbers and sizes that an unfinished upload holds. At most 1,000 are asked for. */
  async parts(key: string, uploadId: string): Promise<{ partNumber: number; sizeBytes: number; etag: string }[]> {
    const page = await this.client.send(new ListPartsCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }));
    return (page.Parts ?? []).map((part) => ({ partNumber: part.PartNumber ?? 0, sizeBytes: part.Size ?? 0, etag: unquoted(part.ETag) }));
  }

  /** Gives up an unfinished upload. */
  async abort(key: string, uploadId: string): Promise<void> {
    await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }));
  }

  /** Ends the client's connections. */
  close(): void {
    this.client.destroy();
  }
}

function unquoted(etag: string | undefined): string {
  return required(etag, "ETag").replaceAll('"', "");
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The server answered without ${what}`);
  return value;
}
