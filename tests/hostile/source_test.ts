/**
 * Source folders that are hostile or change under the reader's hands: no link to a folder is entered, nothing is sent as one object that
 * was not one version of a file, nothing is waited for that never comes, and what could not be read forbids every delete.
 */
import { assert, assertEquals } from "@std/assert";
import { BucketAdmin } from "../bucket_admin.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { withFolder } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { runAndListen, type SpokenRun } from "./spoken.ts";

let bucketCount = 0;

/** What a test works with. */
interface Scene {
  readonly folder: string;
  /** `${folder}/data` */
  readonly data: string;
  readonly admin: BucketAdmin;
  /** `shell`: a line put in front of the program. */
  run(keys: Readonly<Record<string, string>>, shell?: string): Promise<SpokenRun>;
}

let server: TestServer | undefined;
Deno.test.beforeAll(async () => {
  server = await startEmbedded();
});
Deno.test.afterAll(async () => {
  await server?.stop();
});

async function withScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  if (server === undefined) throw new Error("The store was not started");
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const bucket = `source-${++bucketCount}`;
  const admin = new BucketAdmin(server, bucket);
  try {
    await admin.create();
    await withFolder(async (folder) => {
      const data = `${folder}/data`;
      await Deno.mkdir(data);
      await Deno.writeTextFile(`${folder}/secret`, "not yours");
      const run = async (keys: Readonly<Record<string, string>>, shell?: string) => {
        const lines = Object.entries({ retries: "1", retry_delay: "1 ms", progress: "none", ...keys }).map(([key, value]) =>
          `${key} = ${value}`
        );
        const store = `[store.to]\nendpoint = ${endpoint}\naccess_key_id = ${accessKeyId}\nsecret_access_key = ${secretAccessKey}\n`;
        const ini = `${store}[job.one]\nsource = data/\ndestination = to://${bucket}/\n${lines.join("\n")}\n`;
        await Deno.writeTextFile(`${folder}/job.ini`, ini);
        return await runAndListen(["job.ini"], { cwd: folder, ...(shell !== undefined && { shell }) });
      };
      await body({ folder, data, admin, run });
    });
  } finally {
    admin.close();
  }
}

async function textOf(admin: BucketAdmin, key: string): Promise<string> {
  return new TextDecoder().decode(await admin.read(key));
}

Deno.test("links to folders, to nothing and in circles, pipes, sockets and devices are told and not entered, and forbid every delete", () =>
  withScene(async ({ folder, data, admin, run }) => {
    await Deno.mkdir(`${folder}/outside`);
    await Deno.writeTextFile(`${folder}/outside/private`, "not yours");
    await Deno.writeTextFile(`${data}/good`, "good");
    await Deno.symlink("..", `${data}/parent`);
    await Deno.symlink(".", `${data}/self`);
    await Deno.symlink(`${folder}/outside`, `${data}/out`);
    await Deno.symlink("nothing", `${data}/broken`);
    await Deno.symlink("round2", `${data}/round1`);
    await Deno.symlink("round1", `${data}/round2`);
    await Deno.symlink("/dev/zero", `${data}/zero`);
    await new Deno.Command("mkfifo", { args: [`${data}/pipe`] }).output();
    using _socket = Deno.listen({ transport: "unix", path: `${data}/socket` });
    await admin.put("extra", new TextEncoder().encode("extra"));
    const { run: { code, stderr } } = await run({ delete: "yes" });
    assertEquals(code, 1, stderr);
    for (const name of ["parent/", "self/", "out/", "broken", "round1", "round2", "zero", "pipe", "socket"]) {
      assert(stderr.includes(`error: Failed ${name}: Cannot read the source: `), `${name}\n${stderr}`);
    }
    assertEquals((await admin.keys()).sort(), ["extra", "good"]);
    await Deno.remove(`${data}/socket`);
  }));

/** Root reads whatever is locked, unless it does without the right to. */
const AS_OTHERS = "command -v setpriv > /dev/null || exit 99; " +
  'exec setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search "$@";';

Deno.test("a folder that may not be read forbids every delete", () =>
  withScene(async ({ data, admin, run }) => {
    await Deno.mkdir(`${data}/locked`);
    await Deno.writeTextFile(`${data}/locked/inside`, "x");
    await Deno.writeTextFile(`${data}/good`, "good");
    await admin.put("locked/inside", new TextEncoder().encode("older"));
    await admin.put("extra", new TextEncoder().encode("extra"));
    await Deno.chmod(`${data}/locked`, 0);
    try {
      const { run: { code, stderr } } = await run({ delete: "yes" }, Deno.uid() === 0 ? AS_OTHERS : undefined);
      if (code === 99) return console.warn("NOT RUN: root reads what is locked, and there is no setpriv; plan_job_test plays it");
      assertEquals(code, 1, stderr);
      assert(stderr.includes("error: Failed locked/: Cannot read the source: permission denied"), stderr);
      assertEquals((await admin.keys()).sort(), ["extra", "good", "locked/inside"]);
    } finally {
      await Deno.chmod(`${data}/locked`, 0o700);
    }
  }));

Deno.test("files that grow, shrink, vanish and are replaced while they are read are one version or no object at all", () =>
  withScene(async ({ data, admin, run }) => {
    const size = 200_000;
    const names = Array.from({ length: 60 }, (_, at) => `f${at}`);
    const versions = new Map(names.map((name) => [name, new Set<string>()]));
    const write = (name: string, version: number, bytes = size) => {
      const text = `${version % 10}`.repeat(bytes);
      versions.get(name)?.add(text);
      Deno.writeTextFileSync(`${data}/new`, text);
      Deno.renameSync(`${data}/new`, `${data}/${name}`);
    };
    for (const name of names) write(name, 0);
    let over = false;
    const meddling = (async () => {
      for (let version = 1; !over; version++) {
        for (const [at, name] of names.entries()) {
          if (over) break;
          // Replaced by files of the same size and of others, removed, turned into a folder and back.
          if (at % 4 === 0) write(name, version);
          else if (at % 4 === 1) write(name, version, size - version % 100);
          else if (at % 4 === 2) {
            try {
              Deno.removeSync(`${data}/${name}`);
              Deno.mkdirSync(`${data}/${name}`);
            } catch {
              Deno.removeSync(`${data}/${name}`);
              write(name, version);
            }
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }
    })();
    let told: SpokenRun;
    try {
      told = await run({ workers: "2", exclude: "new", multipart_threshold: "100 KiB" });
    } finally {
      over = true;
      await meddling;
    }
    const { code, stderr } = told.run;
    assert(code === 0 || code === 1, stderr);
    const keys = await admin.keys();
    assert(keys.length > 0, stderr);
    for (const key of keys) assert(versions.get(key)?.has(await textOf(admin, key)), `${key} is no version of its file`);
    // Those that nobody touched are there.
    for (const [at, name] of names.entries()) if (at % 4 === 3) assert(keys.includes(name), name);
  }));
