/**
 * Other people's clients against the embedded store: they are the referees of its S3. A client that is not on PATH (or named by its
 * environment variable) is reported aloud on stderr.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type EmbeddedStore, startEmbeddedStore } from "../../lib/embedded/embedded.ts";

const MIB = 1024 * 1024;
const PLAIN_BYTES = 300_001;
const LARGE_BYTES = 17 * MIB + 12_345;

interface Bench {
  readonly store: EmbeddedStore;
  readonly folder: string;
  readonly program: string;
  readonly env: Record<string, string>;
}

async function runs(program: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Runs the body with a store and two files, when the peer is there; says aloud when it is not. */
async function withPeer(name: string, variable: string, probe: readonly string[], body: (bench: Bench) => Promise<void>): Promise<void> {
  const program = Deno.env.get(variable) ?? name;
  if (!await runs(program, probe)) {
    await Deno.stderr.write(new TextEncoder().encode(`\n!!! NOT CHECKED: ${name} is not on PATH and ${variable} does not name it\n`));
    return;
  }
  const folder = await Deno.makeTempDir({ prefix: "sluice-peers-" });
  const store = await startEmbeddedStore({ folder: join(folder, "store"), buckets: ["peer"] });
  const env = {
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: join(folder, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    HOME: folder,
  };
  try {
    await Deno.writeFile(join(folder, "plain.bin"), pattern(PLAIN_BYTES));
    await Deno.writeFile(join(folder, "large.bin"), pattern(LARGE_BYTES));
    await body({ store, folder, program, env });
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function pattern(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) bytes[index] = (index * 31 + (index >> 12)) & 255;
  return bytes;
}

async function run(bench: Bench, args: readonly string[], expect: "works" | "fails" = "works"): Promise<string> {
  const env = { ...Deno.env.toObject(), ...bench.env };
  delete env["AWS_CA_BUNDLE"];
  const output = await new Deno.Command(bench.program, { args: [...args], env, clearEnv: true, cwd: bench.folder }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(output.success ? "works" : "fails", expect, `${bench.program} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout ?? "";
}

async function assertSame(bench: Bench, left: string, right: string): Promise<void> {
  const [a, b] = await Promise.all([Deno.readFile(join(bench.folder, left)), Deno.readFile(join(bench.folder, right))]);
  assertEquals(a.length, b.length);
  assertEquals(a.every((byte, index) => byte === b[index]), true, `${left} and ${right} differ`);
}

Deno.test("s5cmd puts, lists, gets, copies and deletes, large objects in parts", async () => {
  await withPeer("s5cmd", "SLUICE_S5CMD", ["version"], async (bench) => {
    const base = ["--endpoint-url", bench.store.endpoint];
    await run(bench, [...base, "cp", "plain.bin", "s3://peer/a b/plain+1.bin"]);
    await run(bench, [...base, "cp", "-p", "5", "large.bin", "s3://peer/large.bin"]);
    const listed = await run(bench, [...base, "ls", "s3://peer/*"]);
    assertStringIncludes(listed, "a b/plain+1.bin");
    assertStringIncludes(listed, String(LARGE_BYTES));
    await run(bench, [...base, "cp", "s3://peer/large.bin", "back.bin"]);
    await assertSame(bench, "large.bin", "back.bin");
    await run(bench, [...base, "cp", "s3://peer/a b/plain+1.bin", "s3://peer/copy.bin"]);
    await run(bench, [...base, "cp", "s3://peer/copy.bin", "copy.bin"]);
    await assertSame(bench, "plain.bin", "copy.bin");
    await run(bench, [...base, "rm", "s3://peer/*"]);
    await run(bench, [...base, "ls", "s3://peer/*"], "fails");
    assertEquals((bench.store.requests.byOperation["UploadPart"] ?? 0) > 2, true, "nothing was uploaded in parts");
  });
});

Deno.test("rclone puts, lists, checks, gets, copies and deletes, large objects in parts", async () => {
  await withPeer("rclone", "SLUICE_RCLONE", ["version"], async (bench) => {
    const { endpoint, accessKeyId, secretAccessKey } = bench.store;
    const remote = `:s3,provider=Other,endpoint="${endpoint}",access_key_id=${accessKeyId},secret_access_key="${secretAccessKey}",` +
      `region=us-east-1,upload_cutoff=8Mi,chunk_size=5Mi,copy_cutoff=8Mi:peer`;
    await Deno.mkdir(join(bench.folder, "tree/Ünï 目录"), { recursive: true });
    await Deno.rename(join(bench.folder, "large.bin"), join(bench.folder, "tree/large.bin"));
    await Deno.rename(join(bench.folder, "plain.bin"), join(bench.folder, "tree/Ünï 目录/plain & <1>.bin"));
    await Deno.writeFile(join(bench.folder, "tree/empty"), new Uint8Array());
    await run(bench, ["copy", "tree", `${remote}/t`]);
    await run(bench, ["check", "--download", "tree", `${remote}/t`]);
    await run(bench, ["copy", `${remote}/t`, `${remote}/u`]);
    await run(bench, ["copy", `${remote}/u`, "back"]);
    await assertSame(bench, "tree/large.bin", "back/large.bin");
    await assertSame(bench, "tree/Ünï 目录/plain & <1>.bin", "back/Ünï 目录/plain & <1>.bin");
    assertStringIncludes(await run(bench, ["lsf", "-R", `${remote}/u`]), "Ünï 目录/plain & <1>.bin");
    await run(bench, ["purge", `${remote}/t`]);
    await run(bench, ["delete", `${remote}/u`]);
    assertEquals((await run(bench, ["lsf", "-R", "--files-only", remote])).trim(), "");
    assertEquals((bench.store.requests.byOperation["UploadPartCopy"] ?? 0) > 1, true, "nothing was copied in parts");
  });
});

Deno.test("aws-cli puts, lists, gets, copies and deletes, large objects in parts", async () => {
  await withPeer("aws", "SLUICE_AWS", ["--version"], async (bench) => {
    const base = ["--endpoint-url", bench.store.endpoint];
    await run(bench, [...base, "s3", "mb", "s3://second"]);
    await run(bench, [...base, "s3", "cp", "plain.bin", "s3://peer/dir/plain.bin", "--metadata", "colour=blue"]);
    await run(bench, [...base, "s3", "cp", "large.bin", "s3://peer/dir/large.bin"]);
    assertStringIncludes(await run(bench, [...base, "s3", "ls", "s3://peer/"]), "PRE dir/");
    assertStringIncludes(await run(bench, [...base, "s3api", "head-object", "--bucket", "peer", "--key", "dir/plain.bin"]), "blue");
    await run(bench, [...base, "s3", "sync", "s3://peer/dir", "s3://second/dir"]);
    await run(bench, [...base, "s3", "sync", "s3://second/dir", "back"]);
    await assertSame(bench, "large.bin", "back/large.bin");
    await assertSame(bench, "plain.bin", "back/plain.bin");
    const attributes = ["s3api", "get-object-attributes", "--bucket", "peer", "--key", "dir/large.bin"];
    const told = await run(bench, [...base, ...attributes, "--object-attributes", "ETag", "Checksum", "ObjectParts", "ObjectSize"]);
    assertStringIncludes(told, String(LARGE_BYTES));
    await run(bench, [...base, "s3", "rm", "--recursive", "s3://peer/"]);
    await run(bench, [...base, "s3", "rb", "--force", "s3://second"]);
    assertEquals((await run(bench, [...base, "s3", "ls", "s3://peer/"], "works")).trim(), "");
    await run({ ...bench, env: { ...bench.env, AWS_SECRET_ACCESS_KEY: "wrong" } }, [...base, "s3", "ls", "s3://peer/"], "fails");
  });
});

const BOTO3_SCRIPT = `
import io, os, sys, hashlib, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
s3 = boto3.client("s3", endpoint_url=sys.argv[1], config=Config(retries={"max_attempts": 1}, signature_version="s3v4"))
plain, large = open("plain.bin", "rb").read(), open("large.bin", "rb").read()
key = "k\\u00fc/\\u76ee+ %#?&<>'\\"~\\t.bin"
s3.put_object(Bucket="peer", Key=key, Body=plain, Metadata={"a": "b"}, Tagging="x=1&y=%20z", ContentType="text/x")
head = s3.head_object(Bucket="peer", Key=key)
assert head["Metadata"] == {"a": "b"} and head["ContentType"] == "text/x" and head["ETag"] == '"%s"' % hashlib.md5(plain).hexdigest(), head
assert s3.get_object_tagging(Bucket="peer", Key=key)["TagSet"] == [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": " z"}]
for algorithm in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
    try:
        answer = s3.put_object(Bucket="peer", Key="sum", Body=plain, ChecksumAlgorithm=algorithm)
    except Exception as error:
        if "crt" not in str(error).lower(): raise
        continue
    assert answer["Checksum" + algorithm], answer
    s3.get_object(Bucket="peer", Key="sum", ChecksumMode="ENABLED")["Body"].read()
config = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=5 << 20)
s3.upload_fileobj(io.BytesIO(large), "peer", "large", Config=config)
s3.copy({"Bucket": "peer", "Key": "large"}, "peer", "large copy", Config=config)
out = io.BytesIO()
s3.download_fileobj("peer", "large copy", out, Config=config)
assert out.getvalue() == large
listed = [o["Key"] for o in s3.list_objects_v2(Bucket="peer")["Contents"]]
assert listed == sorted([key, "sum", "large", "large copy"], key=lambda k: k.encode()), listed
assert s3.get_object(Bucket="peer", Key="large", Range="bytes=-7")["Body"].read() == large[-7:]
url = s3.generate_presigned_url("get_object", Params={"Bucket": "peer", "Key": key}, ExpiresIn=60)
import urllib.request
assert urllib.request.urlopen(url).read() == plain
try:
    s3.put_object(Bucket="peer", Key="sum", Body=b"", IfNoneMatch="*")
    raise SystemExit("was overwritten")
except ClientError as error:
    assert error.response["Error"]["Code"] == "PreconditionFailed", error
s3.delete_objects(Bucket="peer", Delete={"Objects": [{"Key": k} for k in [key, "sum", "large", "large copy"]]})
assert s3.list_objects_v2(Bucket="peer")["KeyCount"] == 0
`;

Deno.test("boto3 puts, tags, checks, lists, gets, copies and deletes, large objects in parts", async () => {
  await withPeer("python3", "SLUICE_PYTHON", ["-c", "import boto3"], async (bench) => {
    await run(bench, ["-c", BOTO3_SCRIPT, bench.store.endpoint]);
    assertEquals((bench.store.requests.byOperation["UploadPartCopy"] ?? 0) > 1, true, "nothing was copied in parts");
  });
});
