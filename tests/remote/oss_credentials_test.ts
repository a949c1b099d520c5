/**
 * Where keys of OSS come from: the places in their order, the modes of profiles, renewal in long runs. What goes wrong is in
 * oss_credentials_lost_test.ts.
 */
import { assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { renewed } from "../../lib/remote/oss_credentials.ts";
import type { Credentials, ErrorKind } from "../../lib/types.ts";
import { assertKind } from "../store/collect.ts";
import { ARN, type IdentityCase, OIDC, onCase, OSSUTIL, PAIR, SECRET } from "./identity_case.ts";

const OSS_KEYS = { OSS_ACCESS_KEY_ID: "oss", OSS_ACCESS_KEY_SECRET: SECRET };
const CLOUD_KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "cloud", ALIBABA_CLOUD_ACCESS_KEY_SECRET: SECRET };

const SERVICE = "/latest/meta-data/ram/security-credentials/";
const FOUND: readonly (IdentityCase & { readonly id: string; readonly token?: string; readonly asked?: readonly string[] })[] = [
  {
    says: "keys of the job file before all else",
    spec: { credentials: { accessKeyId: "job", secretAccessKey: "s" } },
    environment: CLOUD_KEYS,
    id: "job",
  },
  {
    says: "a profile of the job file before the environment",
    spec: { profile: "P" },
    environment: CLOUD_KEYS,
    config: [{ name: "p", ...PAIR }],
    id: "AK",
  },
  { says: "ALIBABA_CLOUD_ keys before OSS_ keys", environment: { ...OSS_KEYS, ...CLOUD_KEYS }, id: "cloud" },
  { says: "OSS_ keys with their token, before OIDC", environment: { ...OSS_KEYS, OSS_SESSION_TOKEN: "t", ...OIDC }, id: "oss", token: "t" },
  {
    says: "OIDC before profiles",
    environment: OIDC,
    files: { token: "\ufeffoidc-token\n" },
    config: [{ name: "p", ...PAIR }],
    id: "STS.fake1",
    token: "fake-token-text",
    asked: [`AssumeRoleWithOIDC ${ARN} oidc-token`],
  },
  {
    says: "the current profile of the aliyun CLI before ossutil's",
    config: [{ name: "p", mode: "AK", ...PAIR }],
    files: { ".ossutilconfig": OSSUTIL },
    id: "AK",
  },
  {
    says: "ALIBABA_CLOUD_PROFILE",
    environment: { ALIBABA_CLOUD_PROFILE: "q" },
    config: [{ name: "p", ...PAIR }, { name: "q", ...PAIR, access_key_id: "Q" }],
    id: "Q",
  },
  {
    says: "ossutil where the aliyun CLI's profile is empty",
    config: [{ name: "p", mode: "AK", access_key_id: "" }],
    files: { ".ossutilconfig": OSSUTIL },
    id: "util",
  },
  {
    says: "ossutil where the aliyun CLI's is switched off",
    environment: { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: "true" },
    config: [{ name: "p", ...PAIR }],
    files: { ".ossutilconfig": OSSUTIL },
    id: "util",
  },
  {
    says: "a profile of ossutil 2 that inherits, in UTF-16",
    spec: { profile: "dev" },
    files: {
      ".ossutilconfig": utf16(
        `[default]\naccess-key-secret = "${SECRET}"\n# no\n[profile dev]\nsource_profile=default\naccess_key_id=two\nsts-token=t\n`,
      ),
    },
    id: "two",
    token: "t",
  },
  { says: "OSSUTIL_CONFIG_FILE", environment: { OSSUTIL_CONFIG_FILE: "$HOME/own" }, files: { own: OSSUTIL }, id: "util" },
  { says: "StsToken", config: [{ name: "p", mode: "StsToken", ...PAIR, sts_token: "t" }], id: "AK", token: "t" },
  {
    says: "RamRoleArn",
    config: [{ name: "p", mode: "RamRoleArn", ...PAIR, ram_role_arn: ARN, expired_seconds: 900 }],
    id: "STS.fake1",
    asked: [`AssumeRole ${ARN} AK`],
  },
  {
    says: "RamRoleArn of ossutil",
    files: {
      ".ossutilconfig": `[default]\nmode=RamRoleArn\naccessKeyID=AK\naccessKeySecret=${SECRET}\nroleArn=${ARN}\nroleSessionName=a'(b)\n`,
    },
    id: "STS.fake1",
    asked: [`AssumeRole ${ARN} AK`],
  },
  {
    says: "ChainableRamRoleArn",
    config: [{ name: "p", mode: "ChainableRamRoleArn", source_profile: "q", ram_role_arn: `${ARN}2` }, {
      name: "q",
      mode: "RamRoleArn",
      ...PAIR,
      ram_role_arn: ARN,
    }],
    id: "STS.fake2",
    asked: [`AssumeRole ${ARN} AK`, `AssumeRole ${ARN}2 STS.fake1`],
  },
  {
    says: "OIDC of a profile",
    config: [{ name: "p", mode: "OIDC", ram_role_arn: ARN, oidc_provider_arn: "a", oidc_token_file: "$HOME/token" }],
    files: { token: "tok" },
    id: "STS.fake1",
    asked: [`AssumeRoleWithOIDC ${ARN} tok`],
  },
  {
    says: "EcsRamRole",
    config: [{ name: "p", mode: "EcsRamRole" }],
    habits: { role: "web" },
    id: "STS.fake1",
    asked: ["PUT /latest/api/token", `GET ${SERVICE}`, `GET ${SERVICE}web`],
  },
  {
    says: "Ali-EcsRamRole of ossutil",
    files: { ".ossutilconfig": "[default]\nmode = Ali-EcsRamRole\necsRoleName = web\n" },
    habits: { role: "web" },
    id: "STS.fake1",
  },
  {
    says: "RamRoleArnWithEcs",
    config: [{ name: "p", mode: "RamRoleArnWithEcs", ram_role_name: "web", ram_role_arn: ARN }],
    habits: { role: "web" },
    id: "STS.fake2",
  },
  {
    says: "CloudSSO that is logged in",
    config: [{ name: "p", mode: "CloudSSO", ...PAIR, sts_token: "t", sts_expiration: 32503680000 }],
    id: "AK",
    token: "t",
  },
  {
    says: "External, with words in quotes",
    config: [{
      name: "p",
      mode: "External",
      process_command:
        `sh -c 'printf "{\\"mode\\":\\"StsToken\\",\\"access_key_id\\":\\"ext\\",\\"access_key_secret\\":\\"s\\",\\"sts_token\\":\\"t\\"}"'`,
    }],
    id: "ext",
    token: "t",
  },
  {
    says: "Process of ossutil",
    files: { ".ossutilconfig": `[default]\nmode=Process\ncredentialProcess=echo '{"AccessKeyId":"pr","AccessKeySecret":"s"}'\n` },
    id: "pr",
  },
  {
    says: "CredentialsURI",
    config: [{ name: "p", mode: "CredentialsURI", credentials_uri: "$URL/keys" }],
    id: "STS.fake1",
    asked: ["GET /keys"],
  },
  { says: "the machine's role where nothing is said", habits: { role: "web" }, id: "STS.fake1" },
  { says: "the machine's role by the first version of the service", habits: { role: "web", first: true }, id: "STS.fake1" },
  {
    says: "a named role of the machine",
    environment: { ALIBABA_CLOUD_ECS_METADATA: "web" },
    habits: { role: "web" },
    id: "STS.fake1",
    asked: ["PUT /latest/api/token", `GET ${SERVICE}web`],
  },
  {
    says: "ALIBABA_CLOUD_CREDENTIALS_URI",
    environment: { ALIBABA_CLOUD_CREDENTIALS_URI: "$URL/keys" },
    id: "STS.fake1",
    asked: ["GET /keys"],
  },
];

for (const { id, token, asked, ...given } of FOUND) {
  Deno.test(`keys of OSS come from ${given.says}`, async () => {
    await onCase(given, async (identity, fake) => {
      const { credentials } = await identity;
      const keys = await credentials();
      assertEquals(keys.accessKeyId, id);
      if (token !== undefined) assertEquals(keys.sessionToken, token);
      if (asked !== undefined) assertEquals(fake.asked, asked);
    });
  });
}

Deno.test("a profile names endpoint and region besides keys", async () => {
  await onCase({ says: "", files: { ".ossutilconfig": `${OSSUTIL}region=cn-beijing\n` } }, async (identity) => {
    const { endpoint, region } = await identity;
    assertEquals([endpoint, region], ["oss-cn-beijing.aliyuncs.com", "cn-beijing"]);
  });
});

Deno.test("keys are renewed before they expire, by one question at a time, and a rotated token file is read anew", async () => {
  await onCase({ says: "", environment: OIDC, files: { token: "one" }, habits: { lastSeconds: 120 } }, async (identity, fake) => {
    const { credentials } = await identity;
    assertEquals((await credentials()).accessKeyId, "STS.fake1");
    fake.write("token", "two");
    fake.habits.lastSeconds = 3600;
    const both = await Promise.all([credentials(), credentials()]);
    assertEquals(both.map(({ accessKeyId }) => accessKeyId), ["STS.fake2", "STS.fake2"]);
    assertEquals((await credentials()).accessKeyId, "STS.fake2");
    assertEquals(fake.asked, [`AssumeRoleWithOIDC ${ARN} one`, `AssumeRoleWithOIDC ${ARN} two`]);
  });
});

Deno.test("the keys of the machine that were found first are not asked for twice", async () => {
  await onCase({ says: "", habits: { role: "web" } }, async (identity, fake) => {
    const { credentials } = await identity;
    assertEquals([(await credentials()).accessKeyId, (await credentials()).accessKeyId], ["STS.fake1", "STS.fake1"]);
    assertEquals(fake.asked.length, 3);
  });
});

Deno.test("a renewal that fails is tried again; the old keys serve while they hold, then the failure is reported", async () => {
  const keys = (seconds: number): Credentials => ({ accessKeyId: "old", secretAccessKey: "s", expiresAtMs: Date.now() + seconds * 1000 });
  let asked = 0;
  const failing = (kind: ErrorKind) => () => Promise.reject(new TransferError(kind, `Cannot renew, question ${++asked}`));
  assertEquals((await renewed(failing("credentials"), keys(150))()).accessKeyId, "old");
  assertEquals(asked, 1);
  const error = await assertKind(renewed(failing("network"), keys(50)), "network");
  assertEquals([error.message, asked], ["Cannot renew, question 4", 4]);
});

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  bytes.set([0xff, 0xfe]);
  for (let at = 0; at < text.length; at++) bytes[2 + at * 2] = text.charCodeAt(at);
  return bytes;
}
