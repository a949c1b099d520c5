import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { prepareS3 } from "../../lib/remote/s3_prepare.ts";
import type { S3Spec } from "../../lib/job_types.ts";
import { assertKind } from "../store/collect.ts";
import type { Probed } from "./prepare_probe.ts";
import { type Answer, type Asked, errorXml, type ScriptedServer, startScripted } from "./scripted_server.ts";

const KEYS = { accessKeyId: "id", secretAccessKey: "topsecret" };
const SPEC: S3Spec = { type: "s3", name: "store", addressing: "auto", requesterPays: false };

type Script = (asked: Asked, count: number) => Answer;

async function withServer(script: Script, run: (server: ScriptedServer) => Promise<void>): Promise<void> {
  const server = await startScripted(script);
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

/** Prepares with keys and region of the job file, so that the environment has no say. */
function prepareAt(endpoint: string, more: Partial<S3Spec> = {}, signal = new AbortController().signal) {
  const spec = { ...SPEC, endpoint, region: "us-east-1", credentials: KEYS, ...more };
  return prepareS3(spec, "bucket", { signal, timeoutMs: 10_000 });
}

/** Answers HEAD with a bare status, and GET with a body that tells the reason. */
function refuse(status: number, code: string, more = ""): Script {
  return () => ({ status, body: errorXml(code, "text", more) });
}

/** Prepares in a process whose environment holds nothing but `env` and an empty home. */
async function probeWith(spec: Partial<S3Spec>, env: Record<string, string>, files: Record<string, string> = {}): Promise<Probed> {
  const home = await Deno.makeTempDir({ prefix: "sluice-prepare-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${home}/${name}`, text.replaceAll("HOME", home));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL("prepare_probe.ts", import.meta.url).href, JSON.stringify({ ...SPEC, ...spec })],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: home,
        ...denoCache(),
        AWS_CONFIG_FILE: `${home}/config`,
        AWS_SHARED_CREDENTIALS_FILE: `${home}/credentials`,
        AWS_EC2_METADATA_DISABLED: "true",
        ...env,
      },
    }).output();
    const line = new TextDecoder().decode(stdout).trim();
    if (line === "") throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(line);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** With another home Deno would look for its packages there. */
function denoCache(): Record<string, string> {
  const home = Deno.env.get("DENO_DIR") ?? (Deno.env.get("HOME") === undefined ? undefined : `${Deno.env.get("HOME")}/.cache/deno`);
  return home === undefined ? {} : { DENO_DIR: home };
}

Deno.test("prepareS3() answers a bucket that can be reached, with one request", async () => {
  await withServer(() => ({}), async ({ endpoint, asked }) => {
    const { ready, credentials } = await prepareAt(endpoint);
    assertEquals([ready.baseUrl, ready.endpoint, ready.pathStyle], [`${endpoint}/bucket`, endpoint, true]);
    assertEquals([ready.region, ready.capabilities.provider, ready.credentials], ["us-east-1", "generic", KEYS]);
    assertEquals(await credentials(), KEYS);
    assertEquals(asked.map(({ method, target }) => `${method} ${target}`), ["HEAD /bucket/"]);
  });
});

const REFUSALS: readonly (readonly [status: number, code: string, kind: "credentials" | "config", says: string])[] = [
  [403, "SignatureDoesNotMatch", "credentials", "secret_access_key"],
  [403, "InvalidAccessKeyId", "credentials", "access_key_id"],
  [404, "InvalidAccessKeyId", "credentials", "access_key_id"],
  [400, "ExpiredToken", "credentials", "expired"],
  [403, "RequestTimeTooSkewed", "credentials", "clock"],
  [404, "NoSuchBucket", "config", "no such bucket"],
  [404, "", "config", "no such bucket"],
];

Deno.test("prepareS3() says in one line what is wrong with keys or bucket, and never the secret", async () => {
  for (const [status, code, kind, says] of REFUSALS) {
    await withServer(refuse(status, code), async ({ endpoint }) => {
      const error = await assertKind(() => prepareAt(endpoint), kind);
      assertStringIncludes(error.message, says);
      assertStringIncludes(error.message, "Cannot use bucket bucket at http://127.0.0.1");
      assert(!error.message.includes("topsecret") && !error.message.includes("\n"), error.message);
    });
  }
});

Deno.test("prepareS3() accepts keys that may not list", async () => {
  await withServer(refuse(403, "AccessDenied"), async ({ endpoint }) => {
    assertEquals((await prepareAt(endpoint)).ready.bucket, "bucket");
  });
});

Deno.test("prepareS3() doubts the endpoint when nobody is there, or no TLS", async () => {
  const { endpoint, stop } = await startScripted(() => ({}));
  const secure = await assertKind(() => prepareAt(endpoint.replace("http:", "https:")), "config");
  assertStringIncludes(secure.message, "http");
  await stop();
  const error = await assertKind(() => prepareAt(endpoint), "config");
  assertStringIncludes(error.message, "connection refused: check endpoint");
});

Deno.test("prepareS3() names the right region when the job file has the wrong one", async () => {
  await withServer(refuse(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"), async ({ endpoint }) => {
    const error = await assertKind(() => prepareAt(endpoint), "config");
    assertStringIncludes(error.message, "set region = eu-west-3");
  });
});

Deno.test("prepareS3() ends when the signal has fired", async () => {
  await withServer(() => "hang", async ({ endpoint }) => {
    const controller = new AbortController();
    const preparing = prepareAt(endpoint, {}, controller.signal);
    controller.abort();
    await assertKind(() => preparing, "cancelled");
  });
});

Deno.test("prepareS3() finds the region that the store names when nobody else does", async () => {
  const script: Script = ({ headers }) =>
    headers["authorization"]?.includes("/eu-west-3/s3/") ? {} : { status: 301, headers: { "x-amz-bucket-region": "eu-west-3" } };
  await withServer(script, async ({ endpoint }) => {
    const probed = await probeWith({ endpoint, credentials: KEYS }, {});
    assertEquals([probed.region, probed.baseUrl], ["eu-west-3", `${endpoint}/bucket`], probed.message);
  });
});

Deno.test("prepareS3() takes keys, region and endpoint from the environment", async () => {
  await withServer(() => ({}), async ({ endpoint }) => {
    const env = { AWS_ACCESS_KEY_ID: "envid", AWS_SECRET_ACCESS_KEY: "s", AWS_REGION: "eu-north-1", AWS_ENDPOINT_URL_S3: endpoint };
    const probed = await probeWith({}, env);
    assertEquals(probed, { accessKeyIds: ["envid", "envid"], region: "eu-north-1", baseUrl: `${endpoint}/bucket`, endpoint });
    const named = await probeWith({ credentials: KEYS, region: "us-east-1" }, env);
    assertEquals([named.accessKeyIds?.[0], named.region], ["id", "us-east-1"], "the job file wins");
  });
});

Deno.test("prepareS3() takes keys and region from a profile, which wins over the environment", async () => {
  await withServer(() => ({}), async ({ endpoint }) => {
    const files = {
      credentials: "[mine]\naws_access_key_id = profileid\naws_secret_access_key = s\n",
      config: "[profile mine]\nregion = ap-south-1\n",
    };
    const env = { AWS_ACCESS_KEY_ID: "envid", AWS_SECRET_ACCESS_KEY: "s" };
    const probed = await probeWith({ endpoint, profile: "mine" }, env, files);
    assertEquals([probed.accessKeyIds?.[0], probed.region], ["profileid", "ap-south-1"], probed.message);
  });
});

Deno.test("prepareS3() names a profile that is not there, and the ways to give keys when there are none", async () => {
  const env = { AWS_ACCESS_KEY_ID: "envid", AWS_SECRET_ACCESS_KEY: "s" };
  const unknown = await probeWith({ endpoint: "http://127.0.0.1:1", profile: "nosuch" }, env);
  assertEquals(unknown.kind, "credentials");
  assertStringIncludes(unknown.message ?? "", "profile nosuch is not in the shared files");
  const none = await probeWith({ endpoint: "http://127.0.0.1:1" }, {});
  assertEquals(none.kind, "credentials");
  assertStringIncludes(none.message ?? "", "set access_key_id and secret_access_key");
});

/** A credential_process that counts its runs in a file and puts the count into the key id. */
function countingProcess(expires: string): Record<string, string> {
  const count = "$(wc -l <HOME/runs | tr -d ' ')";
  const json = JSON.stringify({ Version: 1, AccessKeyId: `id${count}`, SecretAccessKey: "s", Expiration: expires }).replaceAll('"', '\\"');
  return {
    config: "[profile mine]\ncredential_process = sh HOME/keys.sh\n",
    "keys.sh": `echo run >> HOME/runs\necho "${json}"\n`,
    runs: "",
  };
}

Deno.test("the credential source remembers keys until shortly before they expire", async () => {
  await withServer(() => ({}), async ({ endpoint }) => {
    const lasting = await probeWith({ endpoint, region: "x", profile: "mine" }, {}, countingProcess("2999-01-01T00:00:00Z"));
    assertEquals(lasting.accessKeyIds, ["id1", "id1"], lasting.message);
    assertEquals(lasting.expiresAtMs, Date.parse("2999-01-01T00:00:00Z"));
    const soon = new Date(Date.now() + 60_000).toISOString();
    const expiring = await probeWith({ endpoint, region: "x", profile: "mine" }, {}, countingProcess(soon));
    assert(expiring.accessKeyIds?.[0] !== expiring.accessKeyIds?.[1], JSON.stringify(expiring));
  });
});

Deno.test("prepareS3() takes keys from a container's endpoint", async () => {
  const script: Script = ({ target }) =>
    target === "/keys"
      ? {
        headers: { "content-type": "application/json" },
        body: `{"AccessKeyId":"boxid","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}`,
      }
      : {};
  await withServer(script, async ({ endpoint }) => {
    const probed = await probeWith({ endpoint, region: "x" }, { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint}/keys` });
    assertEquals(probed.accessKeyIds?.[0], "boxid", probed.message);
  });
});
