/**
 * No secret is said, on any way in which a run can end: each row is a way to fail (or to succeed) with secrets at hand, run with the real
 * program; whatever it says is searched for every one of them.
 */
import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../e2e/scene.ts";
import { startSluice } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { errorXml, type ScriptedServer, startScripted } from "../remote/scripted_server.ts";
import { KEY_ID, PIECES, PROXY_PASSWORD, SECRET_KEY, SECRETS, TOKEN, WAYS } from "./secret_ways.ts";
import { findSecrets, runAndListen } from "./spoken.ts";

/** A refusal that holds all headers that came, and a secret that only the store knows. */
function startEcho(): Promise<ScriptedServer> {
  return startScripted(({ headers, target }) => {
    const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("; ").replace(/[<&]/g, " ");
    // The program cuts long messages: what matters comes first.
    const { authorization, "x-amz-security-token": token, "proxy-authorization": proxy } = headers;
    const message = `${SECRET_KEY} ${token} ${PROXY_PASSWORD} ${proxy} ${authorization} ${target} ${sent}`;
    const headersBack = { "x-amz-request-id": TOKEN, "x-amz-id-2": SECRET_KEY };
    return { status: 403, headers: headersBack, body: errorXml("EchoedSecrets", message, `<RequestId>${TOKEN}</RequestId>`) };
  });
}

Deno.test("no secret is said on any way in which a run can end", async (test) => {
  const [echo, store] = await Promise.all([startEcho(), startEmbedded()]);
  const admin = new BucketAdmin(store, "real");
  try {
    await admin.create();
    for (const row of WAYS) {
      await test.step(row.way, () =>
        withFolder(async (folder) => {
          const place = { folder, echo: echo.endpoint, store };
          await Deno.mkdir(`${folder}/data`);
          await Deno.writeTextFile(`${folder}/data/file.txt`, "bytes");
          for (const [name, text] of Object.entries(row.files?.(place) ?? {})) await Deno.writeTextFile(`${folder}/${name}`, text);
          const env = { AWS_REGION: "us-east-1", no_proxy: "", ...row.env?.(place) };
          const { run, spoken } = await runAndListen(row.args(place), { cwd: folder, env, files: ["run.log", "run.ndjson"] });
          const all = Object.entries(spoken).map(([where, text]) => `--- ${where}\n${text}`).join("\n");
          assertEquals(findSecrets(spoken, [...SECRETS, ...PIECES, store.secretAccessKey]), [], all);
          assertEquals(run.code, row.code, all);
          assert(row.says.test(all), `It does not say ${row.says}:\n${all}`);
        }));
    }
  } finally {
    admin.close();
    await Promise.all([echo.stop(), store.stop()]);
  }
});

Deno.test("serve tells the keys that it made in its one line on stdout, and nowhere the secret that it was given", async () => {
  await withFolder(async (folder) => {
    for (const given of [true, false]) {
      const keys = given ? ["--access-key-id", KEY_ID, "--secret-access-key", SECRET_KEY] : [];
      const started = startSluice(["serve", folder, ...keys]);
      const [endpoint, , made] = (await started.firstLine).split(" ");
      await fetch(`${endpoint}/bucket/key?X-Amz-Security-Token=${encodeURIComponent(TOKEN)}`, {
        headers: { authorization: `AWS4-HMAC-SHA256 Credential=${KEY_ID}/x, Signature=${SECRET_KEY}` },
      }).then((answer) => answer.text());
      started.child.kill("SIGINT");
      const { stdout, stderr } = await started.finished;
      assertEquals(findSecrets({ stderr }, [SECRET_KEY, TOKEN, made ?? SECRET_KEY]), []);
      if (given) assertEquals(findSecrets({ stdout }, [SECRET_KEY]), []);
      else assert(made !== undefined && made.length > 10, stdout);
    }
  });
});
