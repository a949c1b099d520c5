/** The settings of `[store.NAME]`, by the types of store that have them. */
import { matching, meaning, oneOf, onlyYes, path, text, url, yesNo } from "./kinds.ts";
import { each, setting, type ValueKind } from "./setting.ts";

/** Types of store that a job file may name. */
const STORE_TYPES = ["s3", "oss", "local", "embedded"] as const;

/** Providers of S3 stores whose habits are known: the rows of the table of capabilities. `generic` is a store of unknown habits. */
export const PROVIDER_NAMES = [
  "generic",
  ...["aws", "r2", "gcs", "oss", "wasabi", "b2", "scaleway", "digitalocean", "storj", "fastly", "tencent", "huawei", "ibm"] as const,
  ...["qiniu", "linode", "ovh", "hetzner", "idrive", "yandex", "exoscale", "oracle"] as const,
] as const;
/** See {@link PROVIDER_NAMES}. */
export type ProviderName = typeof PROVIDER_NAMES[number];

/** Types that have buckets at an endpoint; without a section each is also the name of a ready-made store. */
export const REMOTE_TYPES = ["s3", "oss"] as const;
/** See {@link REMOTE_TYPES}. */
export type RemoteType = typeof REMOTE_TYPES[number];

const providers: ValueKind<ProviderName | undefined> = {
  ...meaning({ auto: undefined, ...Object.fromEntries(PROVIDER_NAMES.map((name) => [name, name])) as Record<ProviderName, ProviderName> }),
  input: `"auto" | ProviderName`,
};

/** Every store has a type. */
export const TYPE = { type: setting("type", oneOf(STORE_TYPES), { default: "s3", help: "Kind of store" }) };

/** Fields of the specs of s3 and oss. */
export const REMOTE = each({ stores: REMOTE_TYPES }, {
  endpoint: setting("endpoint", url({ login: false }), {
    help: "Base URL; without it Amazon S3, or Alibaba OSS, in the region",
    example: "https://s3.example.com",
  }),
  region: setting("region", matching(/^[A-Za-z0-9-]+$/, "a region has letters, digits and dashes only"), {
    help: "Region; without it the profile's, the endpoint's or the bucket's own",
    example: "eu-central-1",
  }),
  addressing: setting("addressing", oneOf(["auto", "path", "virtual", "own"]), {
    default: "auto",
    help: "Bucket in the path or in the host name; own: the endpoint is the bucket's own domain",
  }),
  profile: setting("profile", text(), {
    help: "Profile of the AWS configuration files; oss: of ~/.aliyun/config.json or ~/.ossutilconfig",
    example: "backup",
  }),
  caFile: setting("ca_file", path(), {
    help: "PEM file, or folder of them, with further certificate authorities",
    example: "/etc/ssl/own-ca.pem",
  }),
  proxy: setting("proxy", url({ login: true }), { help: "URL of an HTTP proxy", example: "http://proxy.example.com:8080" }),
  requesterPays: setting("requester_pays", yesNo(), { default: "no", help: "Accept the costs of reading" }),
  anonymous: setting("anonymous", onlyYes(), { default: "no", help: "Do not sign requests: a public bucket" }),
});

/** Access keys of s3 and oss; together they are the spec's credentials. */
export const KEYS = each({ stores: REMOTE_TYPES }, {
  accessKeyId: setting("access_key_id", text(), {
    help: "Access key; without it the environment, the tools' own profiles, OIDC, the machine's role",
    example: "${BACKUP_KEY_ID}",
  }),
  secretAccessKey: setting("secret_access_key", text(), {
    secret: true,
    help: "Secret of the access key; better ${NAME} than the secret itself",
    example: "${BACKUP_SECRET}",
  }),
  sessionToken: setting("session_token", text(), { secret: true, help: "Token of temporary access keys", example: "${BACKUP_TOKEN}" }),
});

/** Second keys of s3; together they are the spec's list credentials. */
export const LIST_KEYS = each({ stores: ["s3"] }, {
  listAccessKeyId: setting("list_access_key_id", text(), {
    help: "Second access key, used only to list and to look, and only where the first may not",
    example: "${AUDIT_KEY_ID}",
  }),
  listSecretAccessKey: setting("list_secret_access_key", text(), {
    secret: true,
    help: "Secret of the second access key",
    example: "${AUDIT_SECRET}",
  }),
});

/** Fields of the spec of s3 alone. */
export const S3_ONLY = each({ stores: ["s3"] }, {
  provider: setting("provider", providers, {
    default: "auto",
    help: "Treat the store as this provider's, when its host does not say so: gateways, own domains",
  }),
  checksums: setting("checksums", meaning({ auto: undefined, all: "all", none: "none" }), {
    default: "auto",
    help: "Checksum headers: auto sends those that the provider is known to take",
  }),
  conditionalWrites: setting("conditional_writes", meaning({ auto: undefined, yes: true, no: false }), {
    default: "auto",
    help: "Send If-Match and If-None-Match with writes; auto: where the provider is known to take them",
  }),
  listing: setting("listing", meaning({ auto: undefined, v2: "v2", v1: "v1" }), {
    default: "auto",
    help: "Version of the ListObjects request; auto: v2 unless the store refuses it",
  }),
});

/** Fields of the spec of oss alone. */
export const OSS_ONLY = each({ stores: ["oss"] }, {
  signature: setting("signature", oneOf(["v4", "v1"]), {
    default: "v4",
    help: "Signature of OSS requests; v1 only for buckets and accounts from before 2025",
  }),
});

/** Stores on a folder. */
export const FOLDER = each({ stores: ["local", "embedded"] }, {
  folder: setting("folder", path(), { help: "Folder of the store; required there. local: NAME://a/b is a/b in it", example: "./store" }),
});

/** Fields of the spec of an embedded store. */
export const EMBEDDED_ONLY = each({ stores: ["embedded"] }, {
  dialect: setting("dialect", oneOf(["s3", "oss"]), { default: "s3", help: "Protocol that the embedded store speaks" }),
});
