/**
 * The older tools' own documents, followed as they are written but for the one word that changes: credentials file, settings file,
 * command. The real program against a real server, its result listed by a tool that is not ours.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { foundKinds, type Scene, type ServerKind, useServers, withScene } from "../e2e/scene.ts";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";
import { randomBytes } from "../e2e/trees.ts";
import { runPeer } from "../peers.ts";
import { findTool } from "../tools.ts";
import { treeOf, writeFiles } from "./stage.ts";

const MIB = 1024 * 1024;

const [kind] = foundKinds(["minio"]);
const servers: readonly ServerKind[] = kind === undefined ? foundKinds(["embedded"]) : [kind];
useServers(servers);

/** The working folder with `.aws/credentials` as the documents say, and the program run in it. */
async function withHome(
  body: (scene: Scene, run: (...args: string[]) => Promise<SluiceRun>) => Promise<void>,
  wrongKeys = true,
): Promise<void> {
  for (const kind of servers) {
    await withScene(kind, async (scene) => {
      const { accessKeyId, secretAccessKey, region } = scene.left.server;
      const profile = (name: string) =>
        `[${name}]\nregion=${region}\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n\n`;
      await Deno.mkdir(`${scene.folder}/.aws`);
      await Deno.writeTextFile(`${scene.folder}/.aws/credentials`, ["default", "beijing", "oregon"].map(profile).join(""));
      const env = {
        AWS_SHARED_CREDENTIALS_FILE: `${scene.folder}/.aws/credentials`,
        AWS_ENDPOINT_URL_S3: scene.left.server.endpoint,
        // Keys in the environment do not count where a profile is named.
        ...(wrongKeys && { AWS_ACCESS_KEY_ID: "nobody", AWS_SECRET_ACCESS_KEY: "nothing" }),
      };
      await body(scene, (...args) => runSluice(args, { cwd: scene.folder, env }));
    }, { sameServer: true });
  }
}

/** Keys and sizes of a bucket, as s5cmd tells them; the vendor's SDK where it is not found. */
async function listed({ right }: Scene): Promise<string[]> {
  if (findTool("s5cmd") === undefined) {
    return await Promise.all((await right.admin.keys()).map(async (key) => `${(await right.admin.head(key))?.ContentLength} ${key}`));
  }
  const run = await runPeer("s5cmd", ["ls", `s3://${right.bucket}/*`], right.server);
  return (run?.stdout ?? "").split("\n").filter((line) => line !== "").map((line) => line.split(/\s+/).slice(-2).join(" "));
}

function uploadIni(keys: { type?: string; from?: string; to: string; prefix?: string; name?: string }): string {
  return `[Basic]
JobType = ${keys.type ?? "LOCAL_TO_S3"}
DesProfileName = oregon
DesEndPointURL = AWS
DesBucket = ${keys.to}
S3Prefix = ${keys.prefix ?? "my-prefix"}
SrcFileIndex = ${keys.name ?? "*"}
[LOCAL_TO_S3]
SrcDir = data
[S3_TO_S3]
SrcProfileName = beijing
SrcEndPointURL = AWS
SrcBucket = ${keys.from ?? "none"}
[ALIOSS_TO_S3]
ali_SrcBucket = your-bucket-name
ali_access_key_id = xxxxxxxxxxx
ali_access_key_secret = xxxxxxxxxxxx
ali_endpoint = oss-cn-beijing.aliyuncs.com
[Advanced]
ChunkSize = 5
MaxRetry = 20
MaxThread = 5
MaxParallelFile = 5
StorageClass = STANDARD
ifVerifyMD5 = True
DontAskMeToClean = False
LoggingLevel = INFO
`;
}

async function makeData(folder: string): Promise<void> {
  await writeFiles(`${folder}/data`, ["one.txt", "sub/two.txt"]);
  await Deno.writeFile(`${folder}/data/large.bin`, randomBytes(12 * MIB));
}

Deno.test("s3_upload.py --nogui: a folder, its log, its second run, and the job file that does the same", async () => {
  await withHome(async (scene, run) => {
    await makeData(scene.folder);
    await Deno.writeTextFile(`${scene.folder}/s3_upload_config.ini`, uploadIni({ to: scene.right.bucket }));
    const first = await run("s3_upload_config.ini", "--nogui");
    assertEquals(first.code, 0, first.stderr);
    assertEquals(
      await listed(scene),
      [`${12 * MIB} large.bin`, "7 one.txt", "11 sub/two.txt"].map((line) => line.replace(" ", " my-prefix/")),
    );
    assertStringIncludes(first.stderr, "Final check: both sides are the same");
    const logs = treeOf(`${scene.folder}/log`);
    assertMatch(logs.join(), /^s3_upload-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.log$/);
    assertStringIncludes(await Deno.readTextFile(`${scene.folder}/log/${logs[0]}`), "Final check: both sides are the same");

    const printed = await run("s3_upload_config.ini", "--print-job");
    assertEquals([printed.code, printed.stderr], [0, ""]);
    await Deno.writeTextFile(`${scene.folder}/native.ini`, printed.stdout);
    const native = await run("native.ini", "--json");
    assertEquals([native.code, native.stdout.match(/"reason":"same size"/g)?.length], [0, 3], native.stderr);

    const planned = await run("s3_upload_config.ini", "--dry-run", "--set", "compare=always");
    assertEquals([planned.code, planned.stdout.trim().split("\n").length], [0, 3], planned.stderr);
  });
});

Deno.test("s3_upload.py: S3_TO_S3 between two profiles; a missing object and a wrong file have their exit codes", async () => {
  await withHome(async (scene, run) => {
    for (const key of ["pre/a", "pre/b c", "pre2/d", "other"]) await scene.left.admin.put(key, new TextEncoder().encode(key));
    const write = (keys: Parameters<typeof uploadIni>[0]) => Deno.writeTextFile(`${scene.folder}/my.ini`, uploadIni(keys));
    const buckets = { type: "S3_TO_S3", from: scene.left.bucket, to: scene.right.bucket };
    await write({ ...buckets, prefix: "pre" });
    const copied = await run("my.ini");
    assertEquals(copied.code, 0, copied.stderr);
    assertEquals(await scene.right.admin.keys(), ["pre/a", "pre/b c", "pre2/d"]);
    await write({ ...buckets, name: "nowhere" });
    const missing = await run("my.ini");
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, "Failed my-prefix/nowhere: There is no such source object");
    await write({ ...buckets, to: "a/b" });
    const wrong = await run("my.ini");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.stderr, "DesBucket = a/b: the name of a bucket only");
  });
});

Deno.test("s3_download.py --nogui", async () => {
  await withHome(async (scene, run) => {
    await scene.left.admin.put("pre/large.bin", randomBytes(12 * MIB));
    await scene.left.admin.put("pre/dir/", new Uint8Array());
    await Deno.writeTextFile(
      `${scene.folder}/s3_download_config.ini`,
      `[Basic]\nSrcProfileName = default\nEndPointURL = AWS\nSrcBucket = ${scene.left.bucket}\nS3Prefix = pre\nSrcFileIndex = *\n` +
        `DesDir = out\n[Advanced]\nChunkSize = 5\nMaxRetry = 20\nMaxThread = 5\nMaxParallelFile = 5\nLoggingLevel = DEBUG\n`,
    );
    const end = await run("s3_download_config.ini", "--nogui");
    assertEquals(end.code, 0, end.stderr);
    assertEquals(treeOf(`${scene.folder}/out`), ["pre/dir/", "pre/large.bin"]);
    assertEquals(await Deno.readFile(`${scene.folder}/out/pre/large.bin`), randomBytes(12 * MIB));
    assertMatch(treeOf(`${scene.folder}/log`).join(), /^s3_download-.*\.log$/);
  });
});

Deno.test("multi2s3.py with the Config.py of its README", async () => {
  await withHome(async (scene, run) => {
    await makeData(scene.folder);
    await Deno.writeTextFile(
      `${scene.folder}/Config.py`,
      `# -*- coding: utf-8 -*-\nsrcdir = "data"\nsrcfileIndex = "*"\nMegabytes = 1024*1024\nchunksize = 10*Megabytes\nsplitdir = "/tmp"\n` +
        `s3bucket = "${scene.right.bucket}"\ns3key = "multipart/"\nMaxRetry = 30\nMaxThread = 3\nIgnoreSmallFile = 0\n`,
    );
    const first = await run("multi2s3");
    assertEquals(first.code, 0, first.stderr);
    assertEquals(await listed(scene), [`${12 * MIB} multipart/large.bin`, "7 multipart/one.txt"]);
    assertEquals((await scene.right.admin.head("multipart/large.bin"))?.ETag?.slice(-3), '-2"');
    await Deno.writeTextFile(`${scene.folder}/Config.py`, (await Deno.readTextFile(`${scene.folder}/Config.py`)) + "import os\n");
    const refused = await run("multi2s3", "Config.py");
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.stderr, "Config.py:12: not a plain assignment");
  }, false);
});

Deno.test("each front door has its help, without a file and by help NAME", async () => {
  await withHome(async (scene, run) => {
    await Deno.writeTextFile(`${scene.folder}/s3_upload_config.ini`, "[Basic]\n");
    for (const [words, text] of [[["multi2s3", "--help"], "srcfileIndex"], [["help", "multi2s3"], "srcfileIndex"]] as const) {
      const { code, stdout } = await run(...words);
      assert(code === 0 && stdout.includes(text), stdout);
    }
    assertStringIncludes((await run("s3_upload_config.ini", "--help")).stdout, "DontAskMeToClean");
  });
});
