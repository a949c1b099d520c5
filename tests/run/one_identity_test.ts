/** Two sides of one store copy on the server, also where their temporary keys differ because each side asked for its own. */
import { assert } from "@std/assert";
import { OddStore } from "../campaign/odd_store.ts";
import { section } from "../campaign/sides.ts";
import { runSluice } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";

/** Prints other keys each time. */
const PROCESS = `#!/bin/sh
echo '{"Version": 1, "AccessKeyId": "AKID'$$'", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2099-01-01T00:00:00Z"}'
`;

Deno.test("a store whose role gives other keys each time is one identity: objects are copied on the server", async () => {
  const store = new OddStore();
  store.place("from/a.txt", new Uint8Array(3));
  try {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/keys.sh`, PROCESS, { mode: 0o755 });
      await Deno.writeTextFile(`${folder}/config`, `[profile role]\ncredential_process = ${folder}/keys.sh\n`);
      const keys = { endpoint: store.endpoint, region: "us-east-1", addressing: "path", profile: "role" };
      const job = { source: "one://bucket/from/", destination: "one://bucket/to/", progress: "none", retries: 0 };
      await Deno.writeTextFile(`${folder}/job.ini`, section("store.one", keys) + section("job.j", job));
      const { stdout, stderr } = await runSluice([`${folder}/job.ini`], { env: { AWS_CONFIG_FILE: `${folder}/config` } });
      assert(store.asked.some(({ question }) => question === "copy"), stdout + stderr);
      assert(store.asked.every(({ question }) => question !== "get"));
    });
  } finally {
    await store.stop();
  }
});
