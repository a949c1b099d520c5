/**
 * The stage of the end-to-end tests with Alibaba OSS: the embedded store as `oss://`, MinIO (or another embedded store where there is none)
 * as `s3://`, each behind a counting relay, and hands on both that are none of sluice's own.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { startMinio, type TestServer } from "../servers.ts";
import { pathOf, right } from "../remote/oss_under_test.ts";
import { CountingProxy } from "./counting_proxy.ts";
import { startEmbedded } from "./scene.ts";
import { withFolder } from "./trees.ts";

/** How a job file differs from the usual one: its name, and further keys of a store. */
export interface JobOptions {
  readonly name?: string;
  readonly oss?: Readonly<Record<string, string>>;
  readonly s3?: Readonly<Record<string, string>>;
}

/** Everything a test works with. */
export interface OssScene {
  readonly folder: string;
  readonly oss: { readonly server: TestServer; readonly proxy: CountingProxy; readonly bucket: string };
  readonly s3: { readonly server: TestServer; readonly proxy: CountingProxy; readonly admin: BucketAdmin; readonly bucket: string };
  /** `oss://BUCKET/KEY` and `s3://BUCKET/KEY`. */
  ossUrl(key?: string): string;
  s3Url(key?: string): string;
  /** Writes a job file with both stores and one job of these keys; answers its path. */
  job(
    keys: Readonly<Record<string, string | number>>,
    options?: JobOptions,
  ): Promise<string>;
  putOss(key: string, bytes: Uint8Array): Promise<void>;
  /** In parts, as Alibaba's own tools would. */
  putOssParts(key: string, bytes: Uint8Array, partBytes: number): Promise<void>;
  readOss(key: string): Promise<Uint8Array<ArrayBuffer>>;
}

let servers: { oss: TestServer; s3: TestServer } | undefined;
let bucketCount = 0;

/** Starts the servers before the tests of the calling file and stops them after. Call once, at the top. */
export function useOssServers(): void {
  Deno.test.beforeAll(async () => {
    const minio = await startMinio();
    if (minio === undefined) console.warn("NOT RUN against minio: it was not found; the embedded store stands in for it");
    servers = { oss: await startEmbedded(), s3: minio ?? await startEmbedded() };
  });
  Deno.test.afterAll(async () => {
    await servers?.oss.stop();
    await servers?.s3.stop();
    servers = undefined;
  });
}

/** Runs a test on fresh buckets and clears away what it opened. */
export async function withOssScene(body: (scene: OssScene) => Promise<void>): Promise<void> {
  if (servers === undefined) throw new Error("useOssServers() was not called");
  const bucket = `oss-${++bucketCount}`;
  const oss = { server: servers.oss, proxy: new CountingProxy(servers.oss.endpoint), bucket };
  const s3 = {
    server: servers.s3,
    proxy: new CountingProxy(servers.s3.endpoint),
    admin: new BucketAdmin(servers.s3, `s3-${bucket}`),
    bucket: `s3-${bucket}`,
  };
  try {
    right(await sendOss(oss.server, "PUT", `/${bucket}/`));
    await s3.admin.create();
    await withFolder((folder) => body(sceneOf(folder, oss, s3)));
  } finally {
    s3.admin.close();
    await oss.proxy.close();
    await s3.proxy.close();
  }
}

function sceneOf(folder: string, oss: OssScene["oss"], s3: OssScene["s3"]): OssScene {
  const { server, bucket } = oss;
  return {
    folder,
    oss,
    s3,
    ossUrl: (key = "") => `oss://${bucket}/${key}`,
    s3Url: (key = "") => `s3://${s3.bucket}/${key}`,
    async job(keys, options = {}) {
      const path = `${folder}/${options.name ?? "job.ini"}`;
      const stores = storeText("oss", { endpoint: oss.proxy.endpoint, ...keysOf(server), ...options.oss }) +
        storeText("s3", { endpoint: s3.proxy.endpoint, region: s3.server.region, addressing: "path", ...keysOf(s3.server), ...options.s3 });
      const job = { workers: 2, parts_in_flight: 2, progress: "none", retry_delay: "100 ms", ...keys };
      await Deno.writeTextFile(path, `${stores}[job.move]\n${lines(job)}`);
      return path;
    },
    async putOss(key, bytes) {
      right(await sendOss(server, "PUT", pathOf(bucket, key), { body: bytes }));
    },
    async putOssParts(key, bytes, partBytes) {
      const path = pathOf(bucket, key);
      const uploadId = /<UploadId>([^<]+)</.exec(right(await sendOss(server, "POST", `${path}?uploads`)).text)?.[1] ?? "";
      let parts = "";
      for (let offset = 0, number = 1; offset < bytes.length; offset += partBytes, number++) {
        const body = bytes.subarray(offset, offset + partBytes);
        const answer = right(await sendOss(server, "PUT", `${path}?partNumber=${number}&uploadId=${uploadId}`, { body }));
        parts += `<Part><PartNumber>${number}</PartNumber><ETag>${answer.headers.etag}</ETag></Part>`;
      }
      const body = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
      right(await sendOss(server, "POST", `${path}?uploadId=${uploadId}`, { body }));
    },
    async readOss(key) {
      return new Uint8Array(right(await sendOss(server, "GET", pathOf(bucket, key))).bytes);
    },
  };
}

function keysOf(server: TestServer): Record<string, string> {
  return { access_key_id: server.accessKeyId, secret_access_key: server.secretAccessKey };
}

function storeText(type: "oss" | "s3", keys: Readonly<Record<string, string>>): string {
  return `[store.${type}]\n${lines({ type, ...keys })}\n`;
}

function lines(keys: Readonly<Record<string, string | number>>): string {
  return Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("");
}
