/** Each way in which a bucket of OSS cannot be used is one clear line that names the way out, and holds no secret. */
import { assert, assertEquals } from "@std/assert";
import { prepareOss } from "../../lib/remote/oss_prepare.ts";
import { ossAddress, regionOf } from "../../lib/remote/oss_address.ts";
import { TransferError } from "../../lib/errors.ts";
import type { OssSpec } from "../../lib/job_types.ts";
import type { ErrorKind } from "../../lib/types.ts";
import type { OssOptions } from "../../lib/embedded/oss/dialect.ts";
import { assertKind } from "../store/collect.ts";
import { startOss } from "./oss_under_test.ts";

const BARE: OssSpec = { type: "oss", name: "store", addressing: "auto", signature: "v4", requesterPays: false };
const TOKEN = { accessKeyId: "STS.testid", secretAccessKey: "sts-secret-text", securityToken: "token-text" };

interface Line {
  readonly says: string;
  readonly oss?: OssOptions;
  readonly spec?: Partial<OssSpec>;
  readonly keys?: { accessKeyId?: string; secretAccessKey?: string; sessionToken?: string };
  readonly bucket?: string;
  readonly kind: ErrorKind;
  readonly line: string;
}

const LINES: readonly Line[] = [
  {
    says: "a wrong secret",
    keys: { secretAccessKey: "wrong-secret-text" },
    kind: "credentials",
    line: "SignatureDoesNotMatch, the secret access key is wrong: check secret_access_key",
  },
  {
    says: "an unknown key",
    keys: { accessKeyId: "nobody" },
    kind: "credentials",
    line: "InvalidAccessKeyId, the store does not know this access key id: check access_key_id",
  },
  {
    says: "an expired token",
    oss: { tokens: [{ ...TOKEN, expiresAtMs: 0 }] },
    keys: { accessKeyId: TOKEN.accessKeyId, secretAccessKey: TOKEN.secretAccessKey, sessionToken: TOKEN.securityToken },
    kind: "credentials",
    line: "SecurityTokenExpired, the session token has expired: get new temporary keys and run again",
  },
  {
    says: "a wrong token",
    oss: { tokens: [{ ...TOKEN, expiresAtMs: 8e15 }] },
    keys: { accessKeyId: TOKEN.accessKeyId, secretAccessKey: TOKEN.secretAccessKey, sessionToken: "other-token" },
    kind: "credentials",
    line: "InvalidSecurityToken, the session token is wrong: check session_token",
  },
  {
    says: "a wrong region",
    spec: { region: "cn-beijing" },
    kind: "config",
    line: "InvalidArgument, the region that was signed is not the bucket's: set region",
  },
  {
    says: "a bucket at another endpoint",
    oss: { otherEndpointBuckets: { bucket: "oss-cn-shanghai.aliyuncs.com" } },
    kind: "config",
    line: "AccessDenied, the bucket is at another endpoint: set endpoint = https://oss-cn-shanghai.aliyuncs.com",
  },
  {
    says: "a server that takes V4 only",
    oss: { signatures: ["v4"] },
    spec: { signature: "v1" },
    kind: "credentials",
    line: "the store refuses V1 signatures: set signature = v4",
  },
  {
    says: "a server that takes V1 only",
    oss: { signatures: ["v1"] },
    kind: "credentials",
    line: "the store refuses V4 signatures: set signature = v1",
  },
  {
    says: "a bucket that is not there",
    bucket: "nothing-here",
    kind: "config",
    line: "NoSuchBucket, there is no such bucket: create it or check its name",
  },
];

for (const { says, oss, spec, keys, bucket = "bucket", kind, line } of LINES) {
  Deno.test(`prepareOss() tells ${says} in one line`, async () => {
    const { store, stop } = await startOss({ buckets: ["bucket"], ...(oss && { oss }) });
    try {
      const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey, ...keys };
      const error = await assertKind(
        () => prepareOss({ ...BARE, endpoint: store.endpoint, credentials, ...spec }, bucket, options()),
        kind,
      );
      assert(error.message.includes(line), error.message);
      assert(error.message.startsWith(`Cannot use oss bucket ${bucket} at http://127.0.0.1:`), error.message);
      assertEquals(error.message.split("\n").length, 1);
      for (const secret of [credentials.secretAccessKey, credentials.sessionToken]) {
        assert(secret === undefined || !error.message.includes(secret), "a secret is in the message");
      }
    } finally {
      await stop();
    }
  });
}

function options(environment: Record<string, string> = {}) {
  const services = { metadataUrl: "http://127.0.0.1:1" };
  return { signal: new AbortController().signal, timeoutMs: 10_000, environment, services };
}

Deno.test("prepareOss() works with V4, V1, a valid token, and keys of the environment", async () => {
  const { store, stop } = await startOss({ buckets: ["bucket"], oss: { tokens: [{ ...TOKEN, expiresAtMs: 8e15 }] } });
  const { accessKeyId, secretAccessKey, endpoint } = store;
  try {
    for (const signature of ["v4", "v1"] as const) {
      await prepareOss({ ...BARE, signature, endpoint, credentials: { accessKeyId, secretAccessKey } }, "bucket", options());
      const { securityToken: sessionToken, ...keys } = TOKEN;
      await prepareOss({ ...BARE, signature, endpoint, credentials: { ...keys, sessionToken } }, "bucket", options());
    }
    const names = [["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"], ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"]];
    for (const [id = "", secret = ""] of names) {
      await prepareOss(BARE, "bucket", options({ [id]: accessKeyId, [secret]: secretAccessKey, OSS_ENDPOINT: endpoint }));
    }
  } finally {
    await stop();
  }
});

Deno.test("prepareOss() takes keys and endpoint from a profile, and none of it where the job file has keys", async () => {
  const { store, stop } = await startOss({ buckets: ["bucket"] });
  const home = await Deno.makeTempDir({ prefix: "sluice-oss-home-" });
  try {
    const text = `[profile mine]\naccessKeyID=${store.accessKeyId}\naccessKeySecret=${store.secretAccessKey}\nendpoint=${store.endpoint}\n`;
    await Deno.writeTextFile(`${home}/.ossutilconfig`, text);
    const elsewhere = { HOME: home, OSS_ENDPOINT: "http://127.0.0.1:1" };
    const { ready } = await prepareOss({ ...BARE, profile: "mine" }, "bucket", options(elsewhere));
    assertEquals([ready.credentials.accessKeyId, ready.endpoint], [store.accessKeyId, store.endpoint]);
    await Deno.writeTextFile(`${home}/.ossutilconfig`, "broken");
    const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
    await prepareOss({ ...BARE, endpoint: store.endpoint, credentials }, "bucket", options(elsewhere));
  } finally {
    await stop();
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("prepareOss() says which keys and endpoints it looked for", async () => {
  const none = await assertKind(() => prepareOss({ ...BARE, region: "cn-beijing" }, "bucket", options()), "credentials");
  assert(none.message.includes("ALIBABA_CLOUD_ACCESS_KEY_ID"), none.message);
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const nowhere = await assertKind(() => prepareOss({ ...BARE, credentials }, "bucket", options()), "config");
  assert(nowhere.message.includes("set endpoint or region"), nowhere.message);
  const nobody = await assertKind(
    () => prepareOss({ ...BARE, credentials, endpoint: "http://127.0.0.1:1" }, "bucket", options()),
    "config",
  );
  assert(nobody.message.includes("connection refused: check endpoint and proxy"), nobody.message);
});

const ADDRESSES: [spec: Partial<OssSpec>, baseUrl: string, region: string][] = [
  [{ region: "cn-hangzhou" }, "https://b.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"],
  [{ region: "oss-cn-hangzhou" }, "https://b.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"],
  [{ endpoint: "https://oss-us-west-1.aliyuncs.com" }, "https://b.oss-us-west-1.aliyuncs.com", "us-west-1"],
  [{ endpoint: "https://oss-cn-beijing-internal.aliyuncs.com" }, "https://b.oss-cn-beijing-internal.aliyuncs.com", "cn-beijing"],
  [{ endpoint: "https://cn-beijing.oss.aliyuncs.com" }, "https://b.cn-beijing.oss.aliyuncs.com", "cn-beijing"],
  [{ endpoint: "https://oss-accelerate.aliyuncs.com", region: "cn-beijing" }, "https://b.oss-accelerate.aliyuncs.com", "cn-beijing"],
  [{ endpoint: "https://files.example.com", region: "cn-beijing" }, "https://files.example.com", "cn-beijing"],
  [{ endpoint: "https://b.oss-cn-beijing.aliyuncs.com" }, "https://b.oss-cn-beijing.aliyuncs.com", "cn-beijing"],
  [{ endpoint: "http://localhost:9000" }, "http://localhost:9000/b", "cn-hangzhou"],
  [{ endpoint: "http://127.0.0.1:9000", region: "eu-central-1" }, "http://127.0.0.1:9000/b", "eu-central-1"],
  [{ endpoint: "https://oss.private.example", region: "r", addressing: "virtual" }, "https://b.oss.private.example", "r"],
  [{ endpoint: "https://oss.private.example", region: "r", addressing: "path" }, "https://oss.private.example/b", "r"],
];

for (const [spec, baseUrl, region] of ADDRESSES) {
  Deno.test(`ossAddress() of ${JSON.stringify(spec)} is ${baseUrl}`, () => {
    const address = ossAddress({ ...BARE, ...spec }, "b", {});
    assertEquals([address.baseUrl, address.region], [baseUrl, region]);
  });
}

Deno.test("ossAddress() asks for the region where the endpoint names none, unless V1 needs none", () => {
  const spec: OssSpec = { ...BARE, endpoint: "https://oss-accelerate.aliyuncs.com" };
  let error: unknown;
  try {
    ossAddress(spec, "b", {});
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof TransferError && error.message.includes("set region"));
  assertEquals(ossAddress({ ...spec, signature: "v1" }, "b", {}).baseUrl, "https://b.oss-accelerate.aliyuncs.com");
  assertEquals(regionOf("oss-accelerate-overseas.aliyuncs.com"), undefined);
  assertEquals(regionOf("vpc100-oss-cn-shenzhen.aliyuncs.com"), "cn-shenzhen");
});
