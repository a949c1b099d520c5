/** A home folder, an environment and Alibaba's services, laid out for one question: where do keys of OSS come from? */
import type { OssSpec } from "../../lib/job_types.ts";
import { ossIdentity } from "../../lib/remote/oss_credentials.ts";
import { type FakeIdentity, type Habits, startFakeIdentity } from "./fake_identity.ts";

const BARE: OssSpec = { type: "oss", name: "store", addressing: "auto", signature: "v4", requesterPays: false };
/** Secret of the keys that may sign. */
export const SECRET = "signer-secret-text";
/** A role. */
export const ARN = "acs:ram::1:role/r";
/** Keys that may sign, as the aliyun CLI writes them. */
export const PAIR = { access_key_id: "AK", access_key_secret: SECRET };
/** The environment of a pod. */
export const OIDC = {
  ALIBABA_CLOUD_ROLE_ARN: ARN,
  ALIBABA_CLOUD_OIDC_PROVIDER_ARN: "acs:ram::1:oidc-provider/p",
  ALIBABA_CLOUD_OIDC_TOKEN_FILE: "$HOME/token",
};
/** A file of ossutil 1. */
export const OSSUTIL = `[Credentials]\nlanguage=EN\nendpoint=oss-cn-beijing.aliyuncs.com\naccessKeyID=util\naccessKeySecret=${SECRET}\n`;

/** One way to lay keys out. */
export interface IdentityCase {
  readonly says: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly spec?: Partial<OssSpec>;
  readonly habits?: Habits;
  /** Files of the home folder; `config` is `.aliyun/config.json`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly config?: readonly Readonly<Record<string, unknown>>[];
  readonly current?: string;
}

/** Lays a case out, hands its identity and the fake services to `work`, and clears away. `$HOME` and `$URL` are filled in. */
export async function onCase<T>(
  given: IdentityCase,
  work: (identity: ReturnType<typeof ossIdentity>, fake: FakeIdentity) => Promise<T>,
): Promise<T> {
  await using fake = startFakeIdentity(given.habits ?? {}, { AK: SECRET, "STS.fake1": "fake-secret-text" });
  const fill = (text: string) => text.replaceAll("$HOME", fake.home).replaceAll("$URL", fake.url);
  for (const [name, content] of Object.entries(given.files ?? {})) fake.write(name, typeof content === "string" ? fill(content) : content);
  if (given.config) fake.write(".aliyun/config.json", fill(JSON.stringify({ current: given.current ?? "p", profiles: given.config })));
  const environment = Object.fromEntries(Object.entries(given.environment ?? {}).map(([name, value]) => [name, fill(value)]));
  const identity = ossIdentity({ ...BARE, ...given.spec }, {
    what: "Cannot get credentials for store",
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    environment: { HOME: fake.home, ...environment },
    passage: () => ({ caCerts: [], proxy: undefined }),
    metadataUrl: fake.url,
    stsUrl: fake.url,
  });
  return await work(identity, fake);
}
