/** Alibaba's own clients, ali-oss and oss2, against the embedded store: the referees of its OSS, with both signatures. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import OSS from "ali-oss";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type EmbeddedStore, startEmbeddedStore } from "../../lib/embedded/embedded.ts";

const KEY = "dir/k\u00fc+ %&?#<>'\"\u76ee.txt";
const LARGE_BYTES = 350_001;
const PART_BYTES = 100 * 1024;

async function withOss(body: (store: EmbeddedStore, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-oss-peers-" });
  const oss = { tokens: [{ accessKeyId: "STS.a", secretAccessKey: "temporary", securityToken: "tok", expiresAtMs: Date.UTC(2100, 0, 1) }] };
  const store = await startEmbeddedStore({ folder: join(folder, "store"), buckets: ["peer"], oss });
  try {
    const large = Uint8Array.from({ length: LARGE_BYTES }, (_, index) => (index * 31 + (index >> 12)) & 255);
    await Deno.writeFile(join(folder, "large.bin"), large);
    await body(store, folder);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

interface Named {
  readonly name: string;
}

interface Listed {
  readonly objects: readonly Named[];
  readonly nextContinuationToken?: string;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** What these tests use of ali-oss, which brings no types. */
interface AliOss {
  put(name: string, body: Buffer, options?: object): Promise<unknown>;
  get(name: string, file?: undefined, options?: object): Promise<{ content: Buffer }>;
  head(name: string): Promise<{ meta: object }>;
  copy(name: string, source: string): Promise<unknown>;
  putSymlink(name: string, target: string, options: object): Promise<unknown>;
  getSymlink(name: string): Promise<{ targetName: string }>;
  list(query: Query): Promise<Listed>;
  listV2(query: Query): Promise<Listed>;
  deleteMulti(names: readonly string[]): Promise<{ deleted?: readonly unknown[] }>;
  multipartUpload(name: string, file: string, options: object): Promise<unknown>;
  initMultipartUpload(name: string): Promise<{ uploadId: string }>;
  uploadPart(name: string, uploadId: string, number: number, file: string, start: number, end: number): Promise<{ etag: string }>;
  uploadPartCopy(name: string, uploadId: string, number: number, range: string, source: object): Promise<{ etag: string }>;
  listParts(name: string, uploadId: string, query: Query): Promise<{ parts: readonly { Size: string }[] }>;
  listUploads(query: Query): Promise<{ uploads: readonly { uploadId: string }[] }>;
  completeMultipartUpload(name: string, uploadId: string, parts: readonly object[]): Promise<unknown>;
  abortMultipartUpload(name: string, uploadId: string): Promise<unknown>;
}

const AliOssClient = OSS as unknown as new (options: object) => AliOss;

function clientOf(store: EmbeddedStore, authorizationV4: boolean, change: object = {}): AliOss {
  return new AliOssClient({
    accessKeyId: store.accessKeyId,
    accessKeySecret: store.secretAccessKey,
    endpoint: store.endpoint.replace("127.0.0.1", "localhost"),
    region: "oss-cn-hangzhou",
    bucket: "peer",
    sldEnable: true,
    authorizationV4,
    ...change,
  });
}

for (const authorizationV4 of [true, false]) {
  const version = authorizationV4 ? "V4" : "V1";

  Deno.test(`ali-oss with ${version} puts, gets, lists, links, copies and deletes`, async () => {
    await withOss(async (store) => {
      const client = clientOf(store, authorizationV4);
      await client.put(KEY, Buffer.from("plain"), { meta: { uid: 7, pid: 8 }, headers: { "x-oss-tagging": "a=1" } });
      assertEquals(String((await client.get(KEY)).content), "plain");
      assertEquals((await client.head(KEY)).meta, { uid: "7", pid: "8" });
      assertEquals(String((await client.get(KEY, undefined, { headers: { Range: "bytes=1-3" } })).content), "lai");
      await client.copy("copy +.txt", KEY);
      await client.putSymlink("link", KEY, { storageClass: "IA", meta: { uid: "1", slus: "x" } });
      assertEquals((await client.getSymlink("link")).targetName, KEY);
      assertEquals(String((await client.get("link")).content), "plain");
      const listed = await client.list({ "max-keys": 10, prefix: "dir/", delimiter: "/" });
      assertEquals(listed.objects.map((object) => object.name), [KEY]);
      const first = await client.listV2({ "max-keys": "1" });
      assertEquals(first.objects.map((object) => object.name), ["copy +.txt"]);
      const second = await client.listV2({ "max-keys": "5", "continuation-token": first.nextContinuationToken });
      assertEquals(second.objects.map((object) => object.name), [KEY, "link"]);
      assertEquals((await client.deleteMulti([KEY, "link", "copy +.txt"])).deleted?.length, 3);
      const error = await assertRejects(() => client.get(KEY)) as Error & { code: string };
      assertEquals(error.code, "NoSuchKey");
    });
  });

  Deno.test(`ali-oss with ${version} uploads in parts, from a file and by hand`, async () => {
    await withOss(async (store, folder) => {
      const client = clientOf(store, authorizationV4);
      const file = join(folder, "large.bin");
      const bytes = await Deno.readFile(file);
      await client.multipartUpload("large", file, { partSize: PART_BYTES });
      assertEquals(Buffer.compare((await client.get("large")).content, bytes), 0);
      assertEquals(store.requests.byOperation["UploadPart"], 4);
      const { uploadId } = await client.initMultipartUpload("by hand");
      const one = await client.uploadPart("by hand", uploadId, 1, file, 0, PART_BYTES);
      const source = { sourceKey: "large", sourceBucketName: "peer" };
      const two = await client.uploadPartCopy("by hand", uploadId, 2, `${PART_BYTES}-${LARGE_BYTES - 1}`, source);
      assertEquals((await client.listUploads({ "max-uploads": 5 })).uploads.map((upload) => upload.uploadId), [
        uploadId,
      ]);
      const { parts } = await client.listParts("by hand", uploadId, { "max-parts": 5 });
      assertEquals(parts.map((part) => Number(part.Size)), [PART_BYTES, LARGE_BYTES - PART_BYTES]);
      const etags = [one, two].map((part, index) => ({ number: index + 1, etag: part.etag }));
      await client.completeMultipartUpload("by hand", uploadId, etags);
      assertEquals(Buffer.compare((await client.get("by hand")).content, bytes), 0);
      const other = await client.initMultipartUpload("other");
      await client.abortMultipartUpload("other", other.uploadId);
    });
  });

  Deno.test(`ali-oss with ${version} uses a token, and is told of a wrong secret, an unknown key and a wrong token`, async () => {
    await withOss(async (store) => {
      const keys = { accessKeyId: "STS.a", accessKeySecret: "temporary", stsToken: "tok" };
      await clientOf(store, authorizationV4, keys).put("k", Buffer.from("x"));
      const codeWith = async (change: object) => {
        const error = await assertRejects(() => clientOf(store, authorizationV4, change).listV2({})) as Error & { code: string };
        return error.code;
      };
      assertEquals(await codeWith({ accessKeySecret: "wrong" }), "SignatureDoesNotMatch");
      assertEquals(await codeWith({ accessKeyId: "nobody" }), "InvalidAccessKeyId");
      assertEquals(await codeWith({ ...keys, stsToken: "other" }), "InvalidSecurityToken");
      assertEquals(await codeWith({ bucket: "nowhere" }), "NoSuchBucket");
      if (authorizationV4) assertEquals(await codeWith({ region: "oss-cn-beijing" }), "InvalidArgument");
    });
  });
}

const OSS2_SCRIPT = `
import sys, oss2
from oss2.models import PartInfo
endpoint, key_id, secret, version = sys.argv[1:5]
if version == "v4":
    auth = oss2.AuthV4(key_id, secret)
else:
    auth = oss2.Auth(key_id, secret)
bucket = oss2.Bucket(auth, endpoint, "peer", region="cn-hangzhou", is_path_style=True, enable_crc=True)
large = open("large.bin", "rb").read()
key = "dir/k\\u00fc+ %&?#<>'\\u76ee.txt"
put = bucket.put_object(key, b"plain", headers={"x-oss-meta-a": "b", "x-oss-tagging": "t=1"})
assert str(put.crc) == bucket.get_object_meta(key).headers["x-oss-hash-crc64ecma"]
assert bucket.get_object(key).read() == b"plain"
assert bucket.get_object(key, byte_range=(1, 3)).read() == b"lai"
assert bucket.head_object(key).headers["x-oss-meta-a"] == "b"
upload_id = bucket.init_multipart_upload("large").upload_id
parts = []
for number in range(4):
    data = large[number * 102400:(number + 1) * 102400]
    result = bucket.upload_part("large", upload_id, number + 1, data)
    parts.append(PartInfo(number + 1, result.etag, size=len(data), part_crc=result.crc))
assert [(p.etag, p.size) for p in bucket.list_parts("large", upload_id).parts] == [(p.etag, p.size) for p in parts]
bucket.complete_multipart_upload("large", upload_id, parts)
assert bucket.get_object("large").read() == large
bucket.copy_object("peer", key, "copy")
bucket.put_symlink(key, "link")
assert bucket.get_symlink("link").target_key == key
names = [o.key for o in oss2.ObjectIteratorV2(bucket, max_keys=2)]
assert names == ["copy", key, "large", "link"], names
assert [o.key for o in oss2.ObjectIterator(bucket, max_keys=2)] == names
url = bucket.sign_url("GET", key, 60, slash_safe=True)
import urllib.request
assert urllib.request.urlopen(url).read() == b"plain"
assert bucket.get_object_tagging(key).tag_set.tagging_rule == {"t": "1"}
assert bucket.get_bucket_info().location == "oss-cn-hangzhou"
assert sorted(bucket.batch_delete_objects(names).deleted_keys) == sorted(names)
try:
    bucket.get_object("none")
    raise SystemExit("was there")
except oss2.exceptions.NoSuchKey as error:
    assert error.status == 404 and error.request_id
try:
    bucket.head_object("none")
    raise SystemExit("was there")
except oss2.exceptions.NotFound:
    pass
`;

Deno.test("oss2 checks CRC-64, uploads in parts, lists, links and deletes with both signatures", async () => {
  const program = Deno.env.get("SLUICE_PYTHON") ?? "python3";
  const run = async (args: readonly string[], cwd?: string) => {
    const env = { ...Deno.env.toObject(), NO_PROXY: "*" };
    return await new Deno.Command(program, { args: [...args], env, ...(cwd !== undefined && { cwd }) }).output();
  };
  const there = await run(["-c", "import oss2"]).then((output) => output.success, () => false);
  if (!there) {
    const text = "\n!!! NOT CHECKED: python3 on PATH, or what SLUICE_PYTHON names, does not have oss2\n";
    await Deno.stderr.write(new TextEncoder().encode(text));
    return;
  }
  for (const version of ["v4", "v1"]) {
    await withOss(async (store, folder) => {
      const endpoint = store.endpoint.replace("127.0.0.1", "localhost");
      const output = await run(["-c", OSS2_SCRIPT, endpoint, store.accessKeyId, store.secretAccessKey, version], folder);
      assert(output.success, new TextDecoder().decode(output.stderr));
    });
  }
});
