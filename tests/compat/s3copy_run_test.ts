/** s3copy's documented examples and its ends, with the real program; rights of several accounts with MinIO's own policies. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { assertCode, assertNoSecret } from "../e2e/claims.ts";
import { foundKinds, type Scene, useServers, withScene } from "../e2e/scene.ts";
import { withFolder } from "../e2e/trees.ts";
import { cleanEnv } from "../servers.ts";
import { findTool } from "../tools.ts";
import { runAtHome, runS3copy, setUp, TABLE_KEYS, writeConfig } from "./s3copy_scene.ts";

const KINDS = foundKinds(["embedded", "minio"]);
useServers(KINDS);

for (const kind of KINDS) {
  Deno.test(`the documented examples of s3copy run as written (${kind}), with the keys of ~/.s3cfg`, () =>
    onScene(kind, async (scene) => {
      await writeConfig(`${scene.folder}/.s3cfg`, scene.left.server);
      const [source, dest] = [`s3://${scene.left.bucket}`, `s3://${scene.right.bucket}`];
      const dry = await runS3copy(scene, [`${source}/folder-001`, `${dest}/path`, "-n"]);
      assertCode(dry, 0);
      assertEquals(dry.stdout.trim().split("\n").length, 3);
      assertStringIncludes(dry.stdout, "copy folder-001/sub/x -> path/folder-001/sub/x (missing");
      assertEquals(await scene.right.admin.keys(), []);
      const threads = ["-t", "20", "-l", "DEBUG", "-L", "log.txt"];
      assertCode(await runS3copy(scene, [`${source}/folder-001`, `${dest}/path`, ...threads]), 0);
      assertEquals(await listed(scene), ["path/folder-001/sub/x", "path/folder-001/test-001", "path/folder-001/test-002"]);
      const log = await Deno.readTextFile(`${scene.folder}/log.txt`);
      assertStringIncludes(log, "Copied folder-001/test-001");
      assertCode(await runS3copy(scene, [`${source}/folder-001`, `${dest}/path`, ...threads]), 0);
      const both = await Deno.readTextFile(`${scene.folder}/log.txt`);
      assert(both.startsWith(log) && both.length > log.length, "The log is appended to");
      const again = await runS3copy(scene, [`${source}/folder-001`, `${dest}/path`, "-n"]);
      assertEquals(again.stdout, "", "What matches is not told");
      assertCode(await runS3copy(scene, [source, dest]), 0);
      assertEquals((await listed(scene)).filter((key) => !key.startsWith("path/")), TABLE_KEYS);
    }));

  Deno.test(`what is wrong ends s3copy with its own codes (${kind}), and says no secret`, () =>
    onScene(kind, async (scene, config) => {
      const [source, dest] = [`s3://${scene.left.bucket}`, `s3://${scene.right.bucket}`];
      const ends = async (code: number, message: string, ...args: string[]) => {
        const run = await runS3copy(scene, args);
        assertCode(run, code);
        assertStringIncludes(run.stderr, message);
        assertNoSecret(run, scene.left.server.secretAccessKey);
      };
      await ends(2, "Unknown option --frob", "-c", config, source, dest, "--frob");
      await ends(1, "the source must be s3://bucket[/path]", "-c", config, "bucket", dest);
      await ends(1, "no-such-bucket", "-c", config, source, "s3://no-such-bucket");
      await ends(1, "missing", "-c", config, source, dest, "-f", "missing");
      await ends(1, "no such s3cmd configuration file", "-c", "nowhere", "-a", "A", "-k", "K", source, dest);
      await ends(1, "Cannot use bucket", "-a", scene.left.server.accessKeyId, "-k", "wrong", source, dest);
      await ends(0, "source and destination are the same place", "-c", config, source);
      assertEquals(await scene.right.admin.keys(), []);
      assertCode(await runS3copy(scene, ["-a", scene.left.server.accessKeyId, "-k", scene.left.server.secretAccessKey, source, dest]), 0);
    }));

  Deno.test(`--clean-mpcopies ends unfinished uploads of the source bucket and nothing else (${kind})`, () =>
    onScene(kind, async (scene, config) => {
      await scene.left.admin.beginUpload("left/over");
      await scene.right.admin.beginUpload("left/over");
      assertCode(await runS3copy(scene, ["-c", config, `s3://${scene.left.bucket}/folder-001`, "--clean-mpcopies"]), 0);
      assertEquals(await scene.left.admin.uploads("left/over"), []);
      assertEquals((await scene.right.admin.uploads("left/over")).length, 1);
      assertEquals(await scene.left.admin.keys(), TABLE_KEYS);
    }));
}

Deno.test("a grant goes with the write itself, on plain copies and on uploads; a store that refuses it makes the exit code 1", async () => {
  await withFolder(async (folder) => {
    const grants: (string | undefined)[] = [];
    await using store = await embedded(folder, (operation, headers) => {
      if (operation === "CopyObject" || operation === "CreateMultipartUpload") grants.push(headers["x-amz-grant-read"]);
    });
    await store.admin.put("plain", new Uint8Array([1]));
    await store.admin.putParts("parts", new Uint8Array(6 << 20), 5 << 20);
    grants.length = 0;
    const run = await store.run(["s3://src", "s3://dst", "--acl-grant", "read:someone@example.com"]);
    assertCode(run, 1);
    assertStringIncludes(run.stderr, "AccessControlListNotSupported");
    assertEquals(new Set(grants), new Set(['emailAddress="someone@example.com"']));
    assert(grants.length >= 2);
  });
});

Deno.test("objects are copied by their names where listing is refused, and nothing is copied where a listing is needed", async () => {
  await withFolder(async (folder) => {
    await using store = await embedded(folder);
    await store.admin.put("a/b", new Uint8Array([1]));
    store.deny("ListObjectsV2");
    assertCode(await store.run(["s3://src/a/", "s3://dst", "-f", "b"]), 0);
    assertCode(await store.run(["s3://src", "s3://dst/all"]), 1);
    store.deny("HeadObject");
    assertCode(await store.run(["s3://src/a/", "s3://dst", "-f", "b"]), 0);
    store.deny("HeadObject", "GetObject");
    const run = await store.run(["s3://src/a/", "s3://dst", "-f", "b"]);
    assertCode(run, 1);
    assertStringIncludes(run.stderr, "a/b");
    store.deny();
    const admin = new BucketAdmin({ ...store.keys, region: "us-east-1" }, "dst");
    assertEquals(await admin.keys(), ["b"]);
    admin.close();
  });
});

const MC = findTool("mc");
if (MC === undefined) console.warn("NOT RUN: mc was not found; rights of several accounts are not tested. Put it on PATH or set SLUICE_MC");

if (MC !== undefined && KINDS.includes("minio")) {
  Deno.test("rights by MinIO's policies: prefixes that may be listed, names that may be read, a second account that lists", () =>
    onScene("minio", async (scene) => {
      const [s, d] = [scene.left.bucket, scene.right.bucket];
      const objects = (bucket: string, ...actions: string[]) => rule(actions, `${bucket}/*`);
      const list = (bucket: string, prefix?: string) => ({
        ...rule(["s3:ListBucket"], bucket),
        ...(prefix !== undefined && { Condition: { StringLike: { "s3:prefix": [prefix] } } }),
      });
      const write = objects(d, "s3:GetObject", "s3:PutObject");
      const named = await account(scene, "named", [objects(s, "s3:GetObject"), list(s, "folder-002/*"), list(d), write]);
      const blind = await account(scene, "blind", [objects(s, "s3:GetObject"), list(s), objects(d, "s3:PutObject")]);
      const lister = await account(scene, "lister", [list(d), objects(d, "s3:GetObject")]);
      await Deno.writeTextFile(`${scene.folder}/prefixes`, "folder-002\n");
      const [source, dest] = [`s3://${s}`, `s3://${d}`];
      assertCode(await runS3copy(scene, ["-c", named, source, dest]), 1);
      assertEquals(await scene.right.admin.keys(), []);
      assertCode(await runS3copy(scene, ["-c", named, source, dest, "-P", "prefixes"]), 0);
      assertEquals(await scene.right.admin.keys(), ["folder-002/test-003"]);
      assertCode(await runS3copy(scene, ["-c", named, source, dest, "-f", "top"]), 0);
      assertEquals(await scene.right.admin.keys(), ["folder-002/test-003", "top"]);
      assertCode(await runS3copy(scene, ["-c", blind, source, `${dest}/blind`]), 1);
      scene.left.proxy.reset();
      assertCode(await runS3copy(scene, ["-c", blind, "-d", lister, source, dest]), 0);
      assertEquals(await scene.right.admin.keys(), TABLE_KEYS);
      const written = scene.left.proxy.exchanges.filter(({ head: { method } }) => method === "PUT").length;
      assertEquals(written, TABLE_KEYS.length - 2, "What is there is left alone, because the second account sees it");
    }));
}

async function onScene(kind: Parameters<typeof withScene>[0], body: (scene: Scene, config: string) => Promise<void>): Promise<void> {
  await withScene(kind, async (scene) => await body(scene, await setUp(scene)), { sameServer: true });
}

/** The destination as s5cmd lists it where it is found, else as the vendor's SDK does. */
async function listed({ folder, right: { server, bucket, admin } }: Scene): Promise<string[]> {
  const command = findTool("s5cmd");
  if (command === undefined) return await admin.keys();
  const keys = { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey, AWS_REGION: server.region };
  const args = ["--endpoint-url", server.endpoint, "ls", `s3://${bucket}/*`];
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: cleanEnv(folder, keys), clearEnv: true }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`s5cmd failed: ${new TextDecoder().decode(stderr)}`);
  return text.trim().split("\n").map((line) => line.trim().split(/\s+/).slice(3).join(" ")).sort();
}

/** One statement of a policy. */
function rule(Action: readonly string[], resource: string) {
  return { Effect: "Allow", Action, Resource: [`arn:aws:s3:::${resource}`] };
}

/** Makes an account with these rights and answers its s3cmd file. */
async function account(scene: Scene, name: string, Statement: readonly unknown[]): Promise<string> {
  const { server } = scene.left;
  const [accessKeyId, secretAccessKey] = [`${scene.left.bucket}-${name}`, `secret-of-${name}-0123456789`];
  const policy = `${scene.folder}/${name}.json`;
  await Deno.writeTextFile(policy, JSON.stringify({ Version: "2012-10-17", Statement }));
  for (
    const args of [
      ["alias", "set", "m", server.endpoint, server.accessKeyId, server.secretAccessKey],
      ["admin", "user", "add", "m", accessKeyId, secretAccessKey],
      ["admin", "policy", "create", "m", accessKeyId, policy],
      ["admin", "policy", "attach", "m", accessKeyId, "--user", accessKeyId],
    ]
  ) {
    const all = ["--config-dir", `${scene.folder}/mc`, "--quiet", ...args];
    const { success, stderr } = await new Deno.Command(MC ?? "", { args: all, env: cleanEnv(scene.folder), clearEnv: true }).output();
    if (!success) throw new Error(`mc ${args[0]} ${args[1]} failed: ${new TextDecoder().decode(stderr)}`);
  }
  return await writeConfig(`${scene.folder}/${name}.cfg`, { accessKeyId, secretAccessKey });
}

/** An embedded store of this process with the buckets `src` and `dst`, its s3cmd file, and a switch that refuses operations. */
async function embedded(folder: string, onRequest?: (operation: string, headers: Readonly<Record<string, string>>) => void) {
  const store = await startEmbeddedStore({
    folder: `${folder}/store`,
    buckets: ["src", "dst"],
    onRequest: ({ operation, headers }) => onRequest?.(operation, headers),
  });
  const { endpoint, accessKeyId, secretAccessKey } = store;
  const admin = new BucketAdmin({ endpoint, accessKeyId, secretAccessKey, region: "us-east-1" }, "src");
  const config = await writeConfig(`${folder}/s3cfg`, store);
  return {
    admin,
    keys: { endpoint, accessKeyId, secretAccessKey },
    run: (args: readonly string[]) => runAtHome(folder, endpoint, ["-c", config, ...args]),
    deny(...operations: readonly string[]) {
      const action = { type: "answer", status: 403, code: "AccessDenied" } as const;
      store.setFaults(operations.map((operation) => ({ operation, action })));
    },
    async [Symbol.asyncDispose]() {
      admin.close();
      await store.close();
    },
  };
}
