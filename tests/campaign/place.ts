/**
 * A store as a referee sees it: what stands there and what is unfinished there, read past sluice and past every proxy, and filled the same
 * way. Must never use sluice's own clients: a misreading of theirs is not to be repeated here.
 */
import { createHash } from "node:crypto";
import { BucketAdmin } from "../bucket_admin.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { sha256 } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { pathOf, right } from "../remote/oss_under_test.ts";

/** What stands in a place: by key the length and the SHA-256 of the bytes, `LENGTH SHA256`. */
export type Snapshot = ReadonlyMap<string, string>;

/** An upload that was begun and not ended; in a folder a partial file, whose name is its id. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** A part that lies in an {@link OpenUpload}. */
export interface LyingPart {
  /** From 1. */
  readonly partNumber: number;
  readonly sizeBytes: number;
  /** MD5 in lower-case hex as the store tells it; of a partial file worked out from its bytes. */
  readonly md5: string;
}

/** One bucket or folder. Keys are relative to it. */
export interface Place {
  /** `folder`, `minio`, … */
  readonly kind: string;
  /** Puts an object; with `partBytes` in parts of that size where the place has such a thing. */
  put(key: string, bytes: Uint8Array<ArrayBuffer>, partBytes?: number): Promise<void>;
  remove(key: string): Promise<void>;
  /** Reads everything. */
  snapshot(): Promise<Snapshot>;
  /** Unfinished uploads of these keys, or of any key below a folder. */
  openUploads(keys: Iterable<string>): Promise<OpenUpload[]>;
  /** The parts that an upload holds; of a partial file those that its marks tell. */
  parts(upload: OpenUpload, sizeBytes: number): Promise<LyingPart[]>;
  /** Begins an upload as a stranger would, with one part in it. */
  beginStranger(key: string, part: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): void;
}

/** The mark of the files that sluice leaves unfinished; spelled out here on purpose. */
const PARTIAL = /^\.(.+)\.sluice-/;

/** What a snapshot says of these bytes. */
export async function markOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `${bytes.length} ${await sha256(bytes)}`;
}

/** A folder that is there. */
export function folderPlace(folder: string): Place {
  return {
    kind: "folder",
    async put(key, bytes) {
      const path = `${folder}/${key}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, bytes);
    },
    remove: (key) => Deno.remove(`${folder}/${key}`),
    async snapshot() {
      const found = new Map<string, string>();
      for await (const key of filesBelow(folder)) {
        if (!PARTIAL.test(nameOf(key))) found.set(key, await markOf(await Deno.readFile(`${folder}/${key}`)));
      }
      return found;
    },
    async openUploads() {
      const open: OpenUpload[] = [];
      for await (const key of filesBelow(folder)) {
        const name = nameOf(key);
        const target = PARTIAL.exec(name)?.[1];
        if (target === undefined) continue;
        const whole = key.slice(0, key.length - name.length) + target;
        // A run that died between the file's two names has finished it.
        if (!await isSameFile(`${folder}/${key}`, `${folder}/${whole}`)) open.push({ key: whole, uploadId: name });
      }
      return open;
    },
    parts: async ({ key, uploadId }, sizeBytes) =>
      await markedParts(`${folder}/${key.slice(0, key.length - nameOf(key).length)}${uploadId}`, sizeBytes),
    async beginStranger(key, part) {
      const name = nameOf(key);
      await this.put(`${key.slice(0, key.length - name.length)}.${name}.sluice-stranger-${part.length.toString(36)}`, part);
    },
    close() {},
  };
}

/** A bucket of an S3 server that is there. */
export function s3Place(server: TestServer, bucket: string): Place {
  const admin = new BucketAdmin(server, bucket);
  return {
    kind: server.name,
    async put(key, bytes, partBytes) {
      if (partBytes !== undefined && bytes.length > 0) await admin.putParts(key, bytes, partBytes);
      else await admin.put(key, bytes);
    },
    remove: (key) => admin.remove(key),
    snapshot: async () => await readAll(await admin.keys(), async (key) => new Uint8Array(await admin.read(key))),
    // Each key by itself: MinIO lists the uploads of one key only.
    openUploads: async (keys) => await uploadsOf(keys, (key) => admin.uploads(key)),
    parts: async ({ key, uploadId }) =>
      (await admin.parts(key, uploadId)).map(({ partNumber, sizeBytes, etag }) => ({ partNumber, sizeBytes, md5: etag })),
    async beginStranger(key, part) {
      await admin.putPart(key, await admin.beginUpload(key), 1, part);
    },
    close: () => admin.close(),
  };
}

/** A bucket of an OSS server that is there. */
export function ossPlace(server: TestServer, bucket: string): Place {
  const call = async (method: string, path: string, body?: Uint8Array | string) =>
    right(await sendOss(server, method, path, body === undefined ? {} : { body }));
  const begin = async (key: string) => firstText((await call("POST", `${pathOf(bucket, key)}?uploads`)).text, "UploadId");
  const putPart = async (key: string, uploadId: string, partNumber: number, part: Uint8Array) =>
    String((await call("PUT", `${pathOf(bucket, key)}?partNumber=${partNumber}&uploadId=${uploadId}`, part)).headers.etag);
  return {
    kind: "oss",
    async put(key, bytes, partBytes) {
      if (partBytes === undefined || bytes.length === 0) {
        await call("PUT", pathOf(bucket, key), bytes);
        return;
      }
      const uploadId = await begin(key);
      let parts = "";
      for (let offset = 0, number = 1; offset < bytes.length; offset += partBytes, number++) {
        const etag = await putPart(key, uploadId, number, bytes.subarray(offset, offset + partBytes));
        parts += `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`;
      }
      const list = `<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`;
      await call("POST", `${pathOf(bucket, key)}?uploadId=${uploadId}`, list);
    },
    remove: async (key) => void await call("DELETE", pathOf(bucket, key)),
    async snapshot() {
      const { text } = await call("GET", `/${bucket}/?list-type=2&max-keys=1000&encoding-type=url`);
      const keys = textsOf(text, "Key").map(decodeURIComponent);
      return await readAll(keys, async (key) => new Uint8Array((await call("GET", pathOf(bucket, key))).bytes));
    },
    openUploads: async (keys) =>
      await uploadsOf(keys, async (key) => {
        const { text } = await call("GET", `/${bucket}/?uploads&encoding-type=url&prefix=${encodeURIComponent(key)}`);
        return textsOf(text, "Upload")
          .filter((upload) => decodeURIComponent(firstText(upload, "Key")) === key)
          .map((upload) => firstText(upload, "UploadId"));
      }),
    async parts({ key, uploadId }) {
      const { text } = await call("GET", `${pathOf(bucket, key)}?uploadId=${uploadId}`);
      return textsOf(text, "Part").map((part) => ({
        partNumber: Number(firstText(part, "PartNumber")),
        sizeBytes: Number(firstText(part, "Size")),
        md5: firstText(part, "ETag").replace(/&quot;|"/g, "").toLowerCase(),
      }));
    },
    async beginStranger(key, part) {
      await putPart(key, await begin(key), 1, part);
    },
    close() {},
  };
}

/** Byte i behind the object's own bytes says whether part i is there; without that tail all of them are. */
async function markedParts(path: string, sizeBytes: number): Promise<LyingPart[]> {
  const partBytes = parseInt(/\.sluice-.*-([0-9a-z]+)$/.exec(path)?.[1] ?? "", 36);
  const bytes = await Deno.readFile(path);
  const count = Math.ceil(sizeBytes / partBytes);
  if (!(partBytes > 0) || (bytes.length !== sizeBytes && bytes.length !== sizeBytes + count)) return [];
  const parts: LyingPart[] = [];
  for (let at = 0; at < count; at++) {
    if (bytes.length > sizeBytes && bytes[sizeBytes + at] !== 1) continue;
    const part = bytes.subarray(at * partBytes, Math.min(sizeBytes, (at + 1) * partBytes));
    parts.push({ partNumber: at + 1, sizeBytes: part.length, md5: md5Of(part) });
  }
  return parts;
}

/** MD5 in lower-case hex. */
export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

async function readAll(keys: readonly string[], read: (key: string) => Promise<Uint8Array<ArrayBuffer>>): Promise<Snapshot> {
  const found = new Map<string, string>();
  for (const key of keys) found.set(key, await markOf(await read(key)));
  return found;
}

async function uploadsOf(keys: Iterable<string>, list: (key: string) => Promise<readonly string[]>): Promise<OpenUpload[]> {
  const open: OpenUpload[] = [];
  for (const key of new Set(keys)) {
    for (const uploadId of await list(key)) open.push({ key, uploadId });
  }
  return open;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => Deno.lstat(path).catch(() => undefined)));
  return first !== undefined && first.ino === second?.ino && first.dev === second?.dev;
}

async function* filesBelow(folder: string, prefix = ""): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    if (entry.isDirectory) yield* filesBelow(folder, `${prefix}${entry.name}/`);
    else yield `${prefix}${entry.name}`;
  }
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

/** What stands in each element of this name, however deep it goes. */
function textsOf(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, "g")), (found) => found[1] ?? "");
}

function firstText(xml: string, name: string): string {
  const text = textsOf(xml, name)[0];
  if (text === undefined) throw new Error(`The server answered without ${name}: ${xml.slice(0, 300)}`);
  return text;
}
