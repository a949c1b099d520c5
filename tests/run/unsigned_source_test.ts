/** A source for which no access keys are found anywhere is read unsigned; never a destination, and never where keys were meant to be. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { failure } from "../campaign/odd_s3.ts";
import { OddStore } from "../campaign/odd_store.ts";
import { section } from "../campaign/sides.ts";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";

type Environment = Readonly<Record<string, string>>;

async function runWithoutKeys(store: OddStore, folder: string, toBucket: boolean, env: Environment = {}): Promise<SluiceRun> {
  const keys = { endpoint: store.endpoint, region: "us-east-1", addressing: "path" };
  await Deno.mkdir(`${folder}/up`, { recursive: true });
  const places = toBucket
    ? { source: `${folder}/up/`, destination: "one://bucket/" }
    : { source: "one://bucket/", destination: `${folder}/down/` };
  await Deno.writeTextFile(`${folder}/job.ini`, section("store.one", keys) + section("job.j", { ...places, progress: "none" }));
  return await runSluice([`${folder}/job.ini`], { env });
}

Deno.test("a public bucket is read unsigned where there are no keys at all, which one line says", async () => {
  const store = new OddStore();
  store.place("a.txt", new TextEncoder().encode("public"));
  try {
    await withFolder(async (folder) => {
      const { code, stdout, stderr } = await runWithoutKeys(store, folder, false);
      assertEquals(code, 0, stdout + stderr);
      assertEquals((stdout + stderr).match(/read without access keys/g)?.length, 1);
      assertEquals(await Deno.readTextFile(`${folder}/down/a.txt`), "public");
      assert(store.asked.length > 0 && store.asked.every(({ headers }) => !headers.has("authorization")));
    });
  } finally {
    await store.stop();
  }
});

const SHARED = "[default]\naws_access_key_id = AKIDHALF\n";
/** What stands in the way of reading unsigned: the environment, the text of a credentials file, whether the bucket is the destination. */
const MEANT: Readonly<Record<string, { env?: Environment; file?: string; toBucket?: true; private?: true }>> = {
  "half of a pair of keys is in the environment": { env: { AWS_ACCESS_KEY_ID: "AKIDHALF" } },
  "half of a pair of keys is in a shared file": { file: SHARED },
  "the bucket is the destination": { toBucket: true },
  "the bucket is not public": { private: true },
};

for (const [says, { env = {}, file, toBucket = false, private: isPrivate }] of Object.entries(MEANT)) {
  Deno.test(`keys that are missing are an error where ${says}`, async () => {
    const store = new OddStore(isPrivate ? [{ instead: () => failure(403, "AccessDenied", "Access Denied") }] : []);
    store.place("a.txt", new Uint8Array(3));
    try {
      await withFolder(async (folder) => {
        if (file !== undefined) await Deno.writeTextFile(`${folder}/credentials`, file);
        const shared: Environment = file === undefined ? {} : { AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials` };
        const { code, stdout, stderr } = await runWithoutKeys(store, folder, toBucket, { ...env, ...shared });
        assertEquals(code, 2, stdout + stderr);
        assertStringIncludes(stdout + stderr, "Cannot get credentials for one");
        if (!isPrivate) assertEquals(store.asked.length, 0);
      });
    } finally {
      await store.stop();
    }
  });
}
