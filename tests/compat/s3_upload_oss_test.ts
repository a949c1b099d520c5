/** ALIOSS_TO_S3 of s3_upload.py by the real program: a bucket that speaks OSS into one that speaks S3. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { useOssServers, withOssScene } from "../e2e/oss_scene.ts";
import { runSluice } from "../e2e/run_sluice.ts";
import { randomBytes } from "../e2e/trees.ts";

const MIB = 1024 * 1024;

useOssServers();

Deno.test("ALIOSS_TO_S3 keeps keys, takes a text or a folder as prefix, and resumes by size and name", async () => {
  await withOssScene(async (scene) => {
    const { folder, oss, s3 } = scene;
    const small = (text: string) => new TextEncoder().encode(text);
    for (const key of ["pre/a", "pre2/b", "other"]) await scene.putOss(key, small(key));
    await scene.putOss("pre/large.bin", randomBytes(11 * MIB));
    await Deno.writeTextFile(
      `${folder}/credentials`,
      `[oregon]\naws_access_key_id = ${s3.server.accessKeyId}\naws_secret_access_key = ${s3.server.secretAccessKey}\n` +
        `region = ${s3.server.region}\n`,
    );
    const run = async (prefix: string, name: string) => {
      await Deno.writeTextFile(
        `${folder}/s3_upload_config.ini`,
        `[Basic]\nJobType = ALIOSS_TO_S3\nDesProfileName = oregon\nDesEndPointURL = ${s3.proxy.endpoint}\nDesBucket = ${s3.bucket}\n` +
          `S3Prefix = ${prefix}\nSrcFileIndex = ${name}\n[LOCAL_TO_S3]\nSrcDir = x\n[S3_TO_S3]\n[ALIOSS_TO_S3]\n` +
          `ali_SrcBucket = ${oss.bucket}\nali_access_key_id = ${oss.server.accessKeyId}\n` +
          `ali_access_key_secret = ${oss.server.secretAccessKey}\nali_endpoint = ${oss.proxy.endpoint.replace("http://", "")}\n` +
          `[Advanced]\nChunkSize = 5\nMaxRetry = 2\nMaxThread = 5\nMaxParallelFile = 5\nStorageClass = STANDARD\nifVerifyMD5 = True\n` +
          `DontAskMeToClean = True\nLoggingLevel = INFO\n`,
      );
      // An endpoint of aliyuncs.com names its region; this one does not.
      const args = ["s3_upload_config.ini", "--nogui", "--set", "store.source.region=cn-hangzhou"];
      return await runSluice(args, { cwd: folder, env: { AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials` } });
    };
    const folderRun = await run("pre/", "*");
    assertEquals(folderRun.code, 0, folderRun.stderr);
    assertEquals(await s3.admin.keys(), ["pre/a", "pre/large.bin"]);
    assertEquals(await s3.admin.read("pre/large.bin"), randomBytes(11 * MIB));
    const textRun = await run("pre", "*");
    assertEquals(textRun.code, 0, textRun.stderr);
    assertStringIncludes(textRun.stderr, "Final check: both sides are the same");
    assertEquals(await s3.admin.keys(), ["pre/a", "pre/large.bin", "pre2/b"]);
    const nameRun = await run("", "other");
    assertEquals(nameRun.code, 0, nameRun.stderr);
    assertEquals(await s3.admin.keys(), ["other", "pre/a", "pre/large.bin", "pre2/b"]);
  });
});
