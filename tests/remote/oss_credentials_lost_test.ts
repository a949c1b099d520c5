/** Each way in which keys of OSS cannot be had is one line that names the way out, and holds no secret. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ErrorKind } from "../../lib/types.ts";
import { assertKind } from "../store/collect.ts";
import { ARN, type IdentityCase, OIDC, onCase, OSSUTIL, PAIR, SECRET } from "./identity_case.ts";

const LOST: readonly (IdentityCase & { readonly kind: ErrorKind; readonly line: string })[] = [
  {
    says: "nothing at all",
    kind: "credentials",
    line: "none found, set access_key_id and secret_access_key or profile in the job file, or ALIBABA_CLOUD_ACCESS_KEY_ID",
  },
  {
    says: "a role that may not be asked for",
    environment: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: "true" },
    habits: { role: "web" },
    kind: "credentials",
    line: "none found",
  },
  {
    says: "an unknown profile without files",
    spec: { profile: "x" },
    kind: "config",
    line: "Cannot find profile x: there is neither ~/.aliyun/config.json nor ~/.ossutilconfig; check profile",
  },
  {
    says: "an unknown profile",
    environment: { ALIBABA_CLOUD_PROFILE: "x" },
    config: [{ name: "p" }, { name: "q" }],
    kind: "config",
    line: "config.json has p, q; check profile",
  },
  {
    says: "JSON that is cut off",
    files: { ".aliyun/config.json": `{\n"profiles": [\n{"access_key_secret": "${SECRET}"` },
    kind: "config",
    line: "config.json: line 3 is not JSON",
  },
  { says: "JSON without profiles", files: { ".aliyun/config.json": "[]" }, kind: "config", line: "it holds no list of profiles" },
  {
    says: "a file that is not text",
    files: { ".aliyun/config.json": new Uint8Array([0x7b, 0x0a, 0xe9, 0x0a]) },
    kind: "config",
    line: "line 2, byte 3 of the file (0xE9) is not UTF-8",
  },
  {
    says: "a broken line of ossutil",
    files: { ".ossutilconfig": `[default]\n${SECRET}\n` },
    kind: "config",
    line: ".ossutilconfig: line 2 is not [SECTION], key = value or # comment",
  },
  {
    says: "a missing OSSUTIL_CONFIG_FILE",
    environment: { OSSUTIL_CONFIG_FILE: "$HOME/none" },
    kind: "config",
    line: "check OSSUTIL_CONFIG_FILE",
  },
  {
    says: "a missing OSSUTIL_PROFILE",
    environment: { OSSUTIL_PROFILE: "x" },
    files: { ".ossutilconfig": OSSUTIL },
    kind: "config",
    line: "it has no profile x",
  },
  {
    says: "source profiles in a circle",
    config: [{ name: "p", mode: "ChainableRamRoleArn", source_profile: "p", ram_role_arn: ARN }],
    kind: "credentials",
    line: "in a circle",
  },
  {
    says: "a missing source profile",
    config: [{ name: "p", mode: "ChainableRamRoleArn", source_profile: "x", ram_role_arn: ARN }],
    kind: "config",
    line: "its source_profile x is missing",
  },
  {
    says: "half a pair of keys",
    config: [{ name: "p", mode: "AK", access_key_id: "AK" }],
    kind: "credentials",
    line: "has no access_key_secret",
  },
  {
    says: "a mode of tomorrow",
    config: [{ name: "p", mode: "BearerToken", access_key_id: "x" }],
    kind: "credentials",
    line: "has mode BearerToken, which is not supported",
  },
  {
    says: "an anonymous profile",
    spec: { profile: "default" },
    files: { ".ossutilconfig": "[default]\nmode=Anonymous\n" },
    kind: "credentials",
    line: "set anonymous = yes",
  },
  {
    says: "a log-in that has expired",
    config: [{ name: "p", mode: "OAuth", ...PAIR, sts_token: "t", sts_expiration: 1 }],
    kind: "credentials",
    line: "has expired: run aliyun",
  },
  {
    says: "half of OIDC",
    environment: { ALIBABA_CLOUD_OIDC_TOKEN_FILE: "$HOME/token", ALIBABA_CLOUD_ROLE_ARN: ARN },
    kind: "credentials",
    line: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN is missing",
  },
  { says: "a missing OIDC token", environment: OIDC, kind: "credentials", line: "/token of the environment is missing" },
  {
    says: "an OIDC token that STS refuses",
    environment: OIDC,
    files: { token: SECRET },
    habits: { refuses: { status: 400, code: "AuthenticationFail.OIDCToken.Expired" } },
    kind: "credentials",
    line: "STS responds AuthenticationFail.OIDCToken.Expired, check the OIDC token file",
  },
  {
    says: "a role that does not trust the keys",
    config: [{ name: "p", ...PAIR, ram_role_arn: ARN }],
    habits: { refuses: { status: 403, code: "NoPermission" } },
    kind: "credentials",
    line: "STS responds NoPermission, these keys may not assume the role",
  },
  {
    says: "a wrong signing secret",
    config: [{ name: "p", access_key_id: "AK", access_key_secret: "other-secret-text", ram_role_arn: ARN }],
    kind: "credentials",
    line: "SignatureDoesNotMatch, the keys that sign are wrong",
  },
  {
    says: "an STS that fails",
    config: [{ name: "p", ...PAIR, ram_role_arn: ARN }],
    habits: { refuses: { status: 503, code: "ServiceUnavailable" } },
    kind: "server",
    line: "STS responds ServiceUnavailable",
  },
  {
    says: "keys that come expired",
    environment: { ALIBABA_CLOUD_ECS_METADATA: "web" },
    habits: { role: "web", lastSeconds: -9 },
    kind: "credentials",
    line: "have expired already; check the clock",
  },
  {
    says: "a role that the machine does not have",
    environment: { ALIBABA_CLOUD_ECS_METADATA: "other" },
    habits: { role: "web" },
    kind: "credentials",
    line: "this machine has no RAM role other",
  },
  {
    says: "a machine without a role",
    config: [{ name: "p", mode: "EcsRamRole" }],
    kind: "credentials",
    line: "no RAM role is attached to this machine (HTTP 404)",
  },
  {
    says: "a first version that is forbidden",
    environment: { ALIBABA_CLOUD_ECS_METADATA: "web", ALIBABA_CLOUD_IMDSV1_DISABLED: "true" },
    habits: { role: "web", first: true },
    kind: "credentials",
    line: "ALIBABA_CLOUD_IMDSV1_DISABLED forbids",
  },
  {
    says: "a program that fails",
    config: [{ name: "p", mode: "External", process_command: `sh -c "exit 3" ${SECRET}` }],
    kind: "credentials",
    line: "the program of profile p of",
  },
  {
    says: "a program that is missing",
    config: [{ name: "p", mode: "External", process_command: `/no/such ${SECRET}` }],
    kind: "credentials",
    line: "cannot be started: check its path",
  },
  {
    says: "a program that says nothing useful",
    config: [{ name: "p", mode: "External", process_command: `echo ${SECRET}` }],
    kind: "credentials",
    line: "responds the response holds no keys",
  },
];

for (const { kind, line, ...given } of LOST) {
  Deno.test(`keys of OSS are missing in one line: ${given.says}`, async () => {
    await onCase(given, async (identity) => {
      const error = await assertKind(async () => await (await identity).credentials(), kind);
      assertStringIncludes(error.message, line);
      assertEquals(error.message.split("\n").length, 1);
      for (const secret of [SECRET, "fake-secret-text", "other-secret-text"]) assert(!error.message.includes(secret), error.message);
    });
  });
}
