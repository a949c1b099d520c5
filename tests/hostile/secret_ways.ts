/**
 * The ways in which a run can end with secrets at hand: what the program is given in each, and how it must end. Runs nothing.
 */
import type { TestServer } from "../servers.ts";

/** The id of the keys; no secret. */
export const KEY_ID = "AKIAHOSTILETEST";
/** Its secret. */
export const SECRET_KEY = "wJ4lrXU7nFEMI+K7MDENG/bPxRf1CYzEXAMPLEkey=";
/** A session token. */
export const TOKEN = `FwoGZXIvYXdzEBYaDH${"tK9mQ2xV".repeat(12)}+/w==`;
/** The password of a proxy. */
export const PROXY_PASSWORD = "pr0xy-Passw0rd-9f";
/** All that must never be said. */
export const SECRETS = [SECRET_KEY, TOKEN, PROXY_PASSWORD];
/** The parts of a secret key that a careless reader of lines might cut it into. */
export const PIECES = ["wJ4lrXU7nFEMI", "bPxRf1CYzEXAMPLEkey", "K7MDENG"];

/** What a row works with. */
export interface Place {
  readonly folder: string;
  /** Refuses everything, and says back all that it was sent and more. */
  readonly echo: string;
  readonly store: TestServer;
}

/** A way in which a run ends. */
export interface Row {
  readonly way: string;
  readonly code: number;
  readonly args: (place: Place) => string[];
  readonly files?: (place: Place) => Readonly<Record<string, string>>;
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
  /** Something that must be said, so that the row is known to have gone its way. */
  readonly says: RegExp;
}

const STORE_FLAGS = ["--source-access-key-id", KEY_ID, "--source-secret-access-key", SECRET_KEY, "--source-session-token", TOKEN];
const QUICK = ["--retries", "1", "--retry-delay", "1ms", "--log-level", "debug"];
const KEPT = ["--log-file", "run.log", "--manifest", "run.ndjson"];

/** A job file with a store, and one job that copies from it. */
function jobFile(store: Readonly<Record<string, string>>, job: Readonly<Record<string, string>> = {}, between = ""): string {
  const lines = (keys: Readonly<Record<string, string>>) => Object.entries(keys).map(([key, value]) => `${key} = ${value}`).join("\n");
  const given = { endpoint: "http://127.0.0.1:9", region: "us-east-1", access_key_id: KEY_ID, secret_access_key: SECRET_KEY, ...store };
  const jobKeys = { source: "from://bucket/", destination: "got/", retries: "1", retry_delay: "1 ms", ...job };
  return `[store.from]\n${lines(given)}\n${between}\n[job.one]\n${lines(jobKeys)}\n`;
}

const badFile = (way: string, text: string): Row => ({
  way,
  code: 2,
  args: () => ["bad.ini"],
  files: () => ({ "bad.ini": text }),
  says: /bad\.ini:\d/,
});

const BAD_FILES: readonly Row[] = [
  badFile("a colon in place of the sign", jobFile({}, {}, `secret_access_key: ${SECRET_KEY}`)),
  badFile("a colon, without spaces", jobFile({}, {}, `secret_key:${SECRET_KEY}`)),
  badFile("the second line of a wrapped secret", jobFile({}, {}, SECRET_KEY)),
  badFile("a mistyped key beside it", jobFile({ secret_acess_key: SECRET_KEY, session_tokn: TOKEN })),
  badFile("no sign at all", jobFile({}, {}, `secret_access_key ${SECRET_KEY}`)),
  badFile("a key of a store in a job", jobFile({}, { secret_access_key: SECRET_KEY, session_token: TOKEN })),
  badFile("a secret given twice", jobFile({}, {}, `secret_access_key = ${SECRET_KEY}`)),
  badFile("a secret without its id", jobFile({ access_key_id: "" })),
  badFile("a control character in a secret", jobFile({ secret_access_key: `${SECRET_KEY}\u0007` })),
  badFile("a password in the endpoint", jobFile({ endpoint: `http://user:${PROXY_PASSWORD}@127.0.0.1:9` })),
  badFile("a password with a slash in the proxy", jobFile({ proxy: `http://user:x/${PROXY_PASSWORD}@127.0.0.1:9` })),
  badFile("a proxy of another kind", jobFile({ proxy: `socks5://user:${PROXY_PASSWORD}@127.0.0.1:9` })),
  badFile("keys in the location", jobFile({}, { source: `from://${KEY_ID}:${encodeURIComponent(SECRET_KEY)}@bucket/` })),
  badFile(
    "a signed URL as location",
    jobFile({}, { source: `https://bucket.s3.amazonaws.com/key?X-Amz-Security-Token=${encodeURIComponent(TOKEN)}` }),
  ),
  badFile("a secret before any section", `${SECRET_KEY}\n${jobFile({})}`),
];

const BAD_FLAGS: readonly Row[] = ([
  ["a mistyped flag with its value", ["cp", "a/", "b/", `--source-secret-acess-key=${SECRET_KEY}`]],
  ["a mistyped flag before its value", ["cp", "a/", "b/", "--source-secret-acess-key", SECRET_KEY]],
  ["a flag of another command", ["check", "bad.ini", "--secret-access-key", SECRET_KEY]],
  ["one dash", ["cp", "a/", "b/", `-secret=${SECRET_KEY}`]],
  ["too many words", ["cp", "a/", "b/", SECRET_KEY]],
  ["--set with a colon", ["good.ini", "--set", `store.from.secret_access_key:${SECRET_KEY}`]],
  ["--set of an unknown key", ["good.ini", "--set", `store.from.secret_acess_key=${SECRET_KEY}`]],
  ["--set of nothing but the secret", ["good.ini", "--set", SECRET_KEY]],
  ["a secret alone", ["cp", "s3://bucket/", "b/", "--source-secret-access-key", SECRET_KEY]],
  ["a secret for a folder", ["cp", "a/", "b/", ...STORE_FLAGS]],
  ["keys for the embedded store, one missing", ["serve", "a", "--secret-access-key", SECRET_KEY]],
  ["uploads with a secret and no store", ["uploads", "a/", "--secret-access-key", SECRET_KEY]],
] as const).map(([way, args]) => ({ way, code: 2, args: () => [...args], files: () => ({ "good.ini": jobFile({}) }), says: /error: / }));

const profile = (text: string) => ({
  files: () => ({ "aws.ini": text }),
  env: ({ folder }: Place) => ({ AWS_SHARED_CREDENTIALS_FILE: `${folder}/aws.ini`, AWS_PROFILE: "p" }),
});
const KEYS_TEXT = `aws_access_key_id = ${KEY_ID}\naws_secret_access_key = ${SECRET_KEY}\naws_session_token = ${TOKEN}\n`;
const DOWN = ["cp", "s3://bucket/", "got/", ...QUICK, ...KEPT];

const BAD_STORES: readonly Row[] = [
  {
    way: "nobody listens, keys as flags",
    code: 2,
    args: () => [...DOWN, ...STORE_FLAGS, "--source-endpoint", "http://127.0.0.1:9"],
    says: /connection refused/,
  },
  {
    way: "a refusal that says everything back, keys as flags",
    code: 2,
    args: ({ echo }) => [...DOWN, ...STORE_FLAGS, "--source-endpoint", echo],
    says: /SignatureDoesNotMatch|AccessDenied|EchoedSecrets/,
  },
  {
    way: "the same as JSON",
    code: 2,
    args: ({ echo }) => [...DOWN, ...STORE_FLAGS, "--source-endpoint", echo, "--json"],
    says: /EchoedSecrets/,
  },
  {
    way: "the same for uploads",
    code: 2,
    args: ({ echo }) => ["uploads", "s3://bucket/", "--endpoint", echo, ...STORE_FLAGS.map((flag) => flag.replace("--source-", "--"))],
    says: /policy/,
  },
  {
    way: "the same, keys from the environment",
    code: 2,
    args: ({ echo }) => [...DOWN, "--source-endpoint", echo],
    env: () => ({ AWS_ACCESS_KEY_ID: KEY_ID, AWS_SECRET_ACCESS_KEY: SECRET_KEY, AWS_SESSION_TOKEN: TOKEN }),
    says: /EchoedSecrets/,
  },
  {
    way: "the same, keys from a profile",
    code: 2,
    args: ({ echo }) => [...DOWN, "--source-endpoint", echo],
    ...profile(`[p]\n${KEYS_TEXT}`),
    says: /EchoedSecrets/,
  },
  {
    way: "a process for credentials that fails",
    code: 2,
    args: ({ echo }) => [...DOWN, "--source-endpoint", echo, "--source-profile", "p"],
    ...profile(`[p]\ncredential_process = sh -c "echo ${TOKEN} >&2; exit 3" ${PROXY_PASSWORD}\n`),
    says: /credential_process/,
  },
  {
    way: "a process for credentials that writes no JSON",
    code: 2,
    args: ({ echo }) => [...DOWN, "--source-endpoint", echo, "--source-profile", "p"],
    ...profile(`[p]\ncredential_process = echo ${TOKEN} ${PROXY_PASSWORD}\n`),
    says: /credential_process/,
  },
  {
    way: "a process for credentials that gives them, and a refusal that says them back",
    code: 2,
    args: ({ echo }) => [...DOWN, "--source-endpoint", echo, "--source-profile", "p"],
    ...profile(
      `[p]\ncredential_process = printf '{"Version":1,"AccessKeyId":"${KEY_ID}","SecretAccessKey":"${SECRET_KEY}","SessionToken":"${TOKEN}"}'\n`,
    ),
    says: /EchoedSecrets/,
  },
  {
    way: "a proxy with a password where nobody listens",
    code: 2,
    args: ({ echo }) => [...DOWN, ...STORE_FLAGS, "--source-endpoint", echo, "--source-proxy", `http://user:${PROXY_PASSWORD}@127.0.0.1:9`],
    says: /proxy/,
  },
  {
    way: "a proxy that says its password back",
    code: 2,
    args: (
      { echo },
    ) => [
      ...DOWN,
      ...STORE_FLAGS,
      "--source-endpoint",
      "http://10.255.255.1",
      "--source-proxy",
      echo.replace("//", `//user:${PROXY_PASSWORD}@`),
    ],
    says: /EchoedSecrets|proxy/,
  },
  {
    way: "a proxy of the environment with a password where nobody listens",
    code: 2,
    args: () => [...DOWN, ...STORE_FLAGS, "--source-endpoint", "http://10.255.255.1"],
    env: () => ({ http_proxy: `http://user:${PROXY_PASSWORD}@127.0.0.1:9`, no_proxy: "" }),
    says: /proxy/,
  },
  {
    way: "a proxy whose password has a percent sign",
    code: 2,
    args: () => [
      ...DOWN,
      ...STORE_FLAGS,
      "--source-endpoint",
      "http://10.255.255.1",
      "--source-proxy",
      `http://user:%zz${PROXY_PASSWORD}@127.0.0.1:9`,
    ],
    says: /proxy/,
  },
];

const hooks = (code: string): Partial<Row> => ({
  files: ({ store }) => ({
    "hooks.ts": code,
    "hooked.ini": `[store.to]\nendpoint = ${store.endpoint}\nregion = us-east-1\naccess_key_id = ${store.accessKeyId}\n` +
      `secret_access_key = ${store.secretAccessKey}\n` +
      `[job.one]\nsource = data/\ndestination = to://real/\nhooks = hooks.ts\nlog_level = debug\nmanifest = run.ndjson\nlog_file = run.log\n`,
  }),
  args: () => ["hooked.ini"],
});

/** The embedded store's own secret is what is looked for here. */
const BUGS: readonly Row[] = [
  {
    way: "a hook that throws the secret",
    code: 2,
    ...hooks("export function select() { throw new Error('tried embedded-test-secret-0123456789'); }"),
    says: /hook/,
  } as Row,
  {
    way: "a failure that nobody catches, with the secret in it",
    code: 3,
    ...hooks("export function select() { Promise.reject(new Error('tried embedded-test-secret-0123456789')); return true; }"),
    says: /tried/,
  } as Row,
  {
    way: "an error that nobody catches, with the secret in it",
    code: 3,
    ...hooks(
      "export function select() { queueMicrotask(() => { throw new Error('tried embedded-test-secret-0123456789'); }); return true; }",
    ),
    says: /tried/,
  } as Row,
];

const stored = (store: TestServer) => ["--destination-endpoint", store.endpoint, "--destination-region", "us-east-1"];
const storeEnv = ({ store }: Place) => ({ AWS_ACCESS_KEY_ID: store.accessKeyId, AWS_SECRET_ACCESS_KEY: store.secretAccessKey });
const WELL: readonly Row[] = [
  {
    way: "a run that ends well",
    code: 0,
    args: ({ store }) => ["cp", "data/", "s3://real/", ...stored(store), ...KEPT, "--log-level", "debug"],
    env: storeEnv,
    says: /moved/,
  },
  {
    way: "a dry run",
    code: 0,
    args: ({ store }) => ["cp", "data/", "s3://real/new/", ...stored(store), "--dry-run"],
    env: storeEnv,
    says: /copy/,
  },
  {
    way: "a dry run as JSON",
    code: 0,
    args: ({ store }) => ["cp", "data/", "s3://real/new/", ...stored(store), "--dry-run", "--json"],
    env: storeEnv,
    says: /"copy"/,
  },
  {
    way: "unfinished uploads",
    code: 0,
    args: ({ store }) => ["uploads", "s3://real/", "--endpoint", store.endpoint],
    env: storeEnv,
    says: /0 unfinished/,
  },
  {
    way: "a check",
    code: 1,
    args: () => ["check", "check.ini"],
    files: ({ store }) => ({
      "check.ini": `[store.to]\nendpoint = ${store.endpoint}\naccess_key_id = ${store.accessKeyId}\n` +
        `secret_access_key = ${store.secretAccessKey}\n` +
        "[job.one]\nsource = data/\ndestination = to://real/nothing/\n",
    }),
    says: /missing/,
  },
];

const OLD_INI = "[Basic]\nJobType = ALIOSS_TO_S3\nDesProfileName = p\nDesEndPointURL = AWS\nDesBucket = b\nS3Prefix =\nSrcFileIndex = *\n" +
  `[LOCAL_TO_S3]\nSrcDir = data\n[S3_TO_S3]\nSrcProfileName = p\nSrcEndPointURL = AWS\nSrcBucket = sb\n` +
  `[ALIOSS_TO_S3]\nali_SrcBucket = ob\nali_access_key_id = ${KEY_ID}\nali_access_key_secret = ${SECRET_KEY}\n` +
  `ali_endpoint = oss-cn-beijing.aliyuncs.com\n` +
  "[Advanced]\nChunkSize = 5\nMaxRetry = 20\nMaxThread = 5\n" +
  "MaxParallelFile = 5\nStorageClass = STANDARD\nifVerifyMD5 = False\nDontAskMeToClean = True\nLoggingLevel = INFO\n";
const PYTHON = `srcdir = "data"\nsrcfileIndex = "*"\nchunksize = 10*1024*1024\n` +
  `s3bucket = "b"\ns3key = "k/"\nMaxRetry = 3\nMaxThread = 3\nIgnoreSmallFile = 0\n`;

const FRONT_DOORS: readonly Row[] = [
  {
    way: "s3_upload_config.ini --print-job",
    code: 0,
    args: () => ["s3_upload_config.ini", "--print-job"],
    files: () => ({ "s3_upload_config.ini": OLD_INI }),
    says: /\[job\./,
  },
  {
    way: "s3_upload_config.ini with mistakes beside the keys",
    code: 0,
    args: () => ["s3_upload_config.ini", "--print-job"],
    files: () => ({
      "s3_upload_config.ini":
        `${OLD_INI}${SECRET_KEY}\naliaccesskeysecret : ${SECRET_KEY}\n${TOKEN}\nali_access_key_secret ${SECRET_KEY}\n`,
    }),
    says: /error|Not used/,
  },
  {
    way: "multi2s3 --print-job",
    code: 0,
    args: () => ["multi2s3", "config.py", "--print-job"],
    files: () => ({ "config.py": PYTHON }),
    says: /\[job\./,
  },
  {
    way: "multi2s3 with keys and mistakes in its module",
    code: 2,
    args: () => ["multi2s3", "config.py"],
    files: () => ({ "config.py": `${PYTHON}aws_secret = ${SECRET_KEY}\nkey = "${SECRET_KEY}\nos.environ["X"] = "${TOKEN}"\n` }),
    says: /error/,
  },
  {
    way: "s3copy --print-job, keys of s3cmd",
    code: 0,
    args: () => ["s3copy", "-c", "s3cfg", "--print-job", "s3://a/x/", "s3://b/"],
    files: () => ({ s3cfg: `[default]\naccess_key = ${KEY_ID}\nsecret_key = ${SECRET_KEY}\n` }),
    says: /\[job\./,
  },
  {
    way: "s3copy with a file of s3cmd that cannot be used",
    code: 1,
    args: () => ["s3copy", "-c", "s3cfg", "s3://a/x/", "s3://b/"],
    files: () => ({ s3cfg: `[default]\nsecret_key = ${SECRET_KEY}\nsecret_key: ${TOKEN}\n` }),
    says: /error|s3cfg/,
  },
  {
    way: "s3-parallel-put --print-job, keys of the environment",
    code: 0,
    args: () => ["s3-parallel-put", "--bucket=b", "--print-job", "data"],
    env: () => ({ AWS_ACCESS_KEY_ID: KEY_ID, AWS_SECRET_ACCESS_KEY: SECRET_KEY }),
    says: /\[job\./,
  },
  {
    way: "paras3 --print-job, keys and a proxy of its settings",
    code: 0,
    args: () => ["paras3", "--print-job", "-r", "data", "b:pre"],
    env: ({ folder }) => ({
      HOME: folder,
      AWS_ACCESS_KEY_ID: KEY_ID,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
      HTTP_PROXY_HOST: "127.0.0.1",
      HTTP_PROXY_PORT: "9",
      HTTP_PROXY_USER: "user",
      HTTP_PROXY_PASSWORD: PROXY_PASSWORD,
    }),
    says: /\[job\./,
  },
];

/** Every way. */
export const WAYS: readonly Row[] = [...BAD_FILES, ...BAD_FLAGS, ...BAD_STORES, ...BUGS, ...WELL, ...FRONT_DOORS];
