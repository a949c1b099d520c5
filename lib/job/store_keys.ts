/**
 * The keys of a store: part of the one table in keys.ts.
 */
import { PROVIDER_NAMES } from "../job_types.ts";
import type { KeyRule } from "./key_rule.ts";

/** Types of store that a job file may name. */
export const STORE_TYPES = ["s3", "oss", "local", "embedded"] as const;

const REMOTE = ["s3", "oss"];

/** Keys of `[store.NAME]`. */
export const STORE_KEYS = [
  { key: "type", group: "store", type: { is: "choice", of: STORE_TYPES }, fallback: "s3", help: "Kind of store" },
  {
    key: "endpoint",
    group: "store",
    type: { is: "url" },
    fallback: "",
    stores: REMOTE,
    help: "Base URL; without it Amazon S3, or Alibaba OSS, in the region",
  },
  {
    key: "region",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: REMOTE,
    help: "Region; without it the profile's, the endpoint's or the bucket's own",
  },
  { key: "profile", group: "store", type: { is: "text" }, fallback: "", stores: ["s3"], help: "Profile of the AWS configuration files" },
  {
    key: "access_key_id",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: REMOTE,
    help: "Access key; without it the environment, and for S3 the SDK's chain: profile, SSO, process, instance",
  },
  {
    key: "secret_access_key",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: REMOTE,
    secret: true,
    help: "Secret of the access key; better ${NAME} than the secret itself",
  },
  {
    key: "session_token",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: REMOTE,
    secret: true,
    help: "Token of temporary access keys",
  },
  {
    key: "list_access_key_id",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: ["s3"],
    help: "Second access key, used only to list and to look, and only where the first may not",
  },
  {
    key: "list_secret_access_key",
    group: "store",
    type: { is: "text" },
    fallback: "",
    stores: ["s3"],
    secret: true,
    help: "Secret of the second access key",
  },
  {
    key: "addressing",
    group: "store",
    type: { is: "choice", of: ["auto", "path", "virtual", "own"] },
    fallback: "auto",
    stores: REMOTE,
    help: "Bucket in the path or in the host name; own: the endpoint is the bucket's own domain",
  },
  {
    key: "ca_file",
    group: "store",
    type: { is: "path" },
    fallback: "",
    stores: REMOTE,
    help: "PEM file, or folder of them, with further certificate authorities",
  },
  { key: "proxy", group: "store", type: { is: "url" }, fallback: "", stores: REMOTE, help: "URL of an HTTP proxy" },
  { key: "requester_pays", group: "store", type: { is: "yesNo" }, fallback: "no", stores: REMOTE, help: "Accept the costs of reading" },
  {
    key: "anonymous",
    group: "store",
    type: { is: "yesNo" },
    fallback: "no",
    stores: REMOTE,
    help: "Do not sign requests: a public bucket",
  },
  {
    key: "provider",
    group: "store",
    type: { is: "choice", of: ["auto", ...PROVIDER_NAMES] },
    fallback: "auto",
    stores: ["s3"],
    help: "Treat the store as this provider's, when its host does not say so: gateways, own domains",
  },
  {
    key: "checksums",
    group: "store",
    type: { is: "choice", of: ["auto", "all", "none"] },
    fallback: "auto",
    stores: ["s3"],
    help: "Checksum headers: auto sends those that the provider is known to take",
  },
  {
    key: "conditional_writes",
    group: "store",
    type: { is: "choice", of: ["auto", "yes", "no"] },
    fallback: "auto",
    stores: ["s3"],
    help: "Send If-Match and If-None-Match with writes; auto: where the provider is known to take them",
  },
  {
    key: "listing",
    group: "store",
    type: { is: "choice", of: ["auto", "v2", "v1"] },
    fallback: "auto",
    stores: ["s3"],
    help: "Version of the ListObjects request; auto: v2 unless the store refuses it",
  },
  {
    key: "signature",
    group: "store",
    type: { is: "choice", of: ["v4", "v1"] },
    fallback: "v4",
    stores: ["oss"],
    help: "Signature of OSS requests; v1 only for buckets and accounts from before 2025",
  },
  {
    key: "folder",
    group: "store",
    type: { is: "path" },
    fallback: "",
    stores: ["local", "embedded"],
    help: "Folder of the store; required there. local: NAME://a/b is a/b in it",
  },
  {
    key: "dialect",
    group: "store",
    type: { is: "choice", of: ["s3", "oss"] },
    fallback: "s3",
    stores: ["embedded"],
    help: "Protocol that the embedded store speaks",
  },
] as const satisfies readonly KeyRule[];
