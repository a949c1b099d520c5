/**
 * The job of a script, field by field. Written by tools/write_settings.ts from the tables in settings/: change them, not this file.
 */
import type { ProviderName } from "./settings/store.ts";

/** A store of a {@link JobInput}; each field is the key of `[store.NAME]` with the same name. */
export interface StoreInput {
  /** Kind of store. Default: s3 */
  type?: "s3" | "oss" | "local" | "embedded";
  /** Base URL; without it Amazon S3, or Alibaba OSS, in the region (s3, oss). */
  endpoint?: string;
  /** Region; without it the profile's, the endpoint's or the bucket's own (s3, oss). */
  region?: string;
  /** Bucket in the path or in the host name; own: the endpoint is the bucket's own domain (s3, oss). Default: auto */
  addressing?: "auto" | "path" | "virtual" | "own";
  /** Profile of the AWS configuration files; oss: of ~/.aliyun/config.json or ~/.ossutilconfig (s3, oss). */
  profile?: string;
  /** PEM file, or folder of them, with further certificate authorities (s3, oss). */
  caFile?: string;
  /** URL of an HTTP proxy (s3, oss). */
  proxy?: string;
  /** Accept the costs of reading (s3, oss). Default: no */
  requesterPays?: boolean;
  /** Do not sign requests: a public bucket (s3, oss). Default: no */
  anonymous?: boolean;
  /** Access key; without it the environment, the tools' own profiles, OIDC, the machine's role (s3, oss). */
  accessKeyId?: string;
  /** Secret of the access key; better ${NAME} than the secret itself (s3, oss). */
  secretAccessKey?: string;
  /** Token of temporary access keys (s3, oss). */
  sessionToken?: string;
  /** Second access key, used only to list and to look, and only where the first may not (s3). */
  listAccessKeyId?: string;
  /** Secret of the second access key (s3). */
  listSecretAccessKey?: string;
  /** Treat the store as this provider's, when its host does not say so: gateways, own domains (s3). Default: auto */
  provider?: "auto" | ProviderName;
  /** Checksum headers: auto sends those that the provider is known to take (s3). Default: auto */
  checksums?: "auto" | "all" | "none";
  /** Send If-Match and If-None-Match with writes; auto: where the provider is known to take them (s3). Default: auto */
  conditionalWrites?: "auto" | "yes" | "no";
  /** Version of the ListObjects request; auto: v2 unless the store refuses it (s3). Default: auto */
  listing?: "auto" | "v2" | "v1";
  /** Signature of OSS requests; v1 only for buckets and accounts from before 2025 (oss). Default: v4 */
  signature?: "v4" | "v1";
  /** Folder of the store; required there. local: NAME://a/b is a/b in it (local, embedded). */
  folder?: string;
  /** Protocol that the embedded store speaks (embedded). Default: s3 */
  dialect?: "s3" | "oss";
}

/**
 * A job as a script writes it; each field is the key of `[job.NAME]` with the same name. Sizes and rates are bytes, times milliseconds,
 * when given as numbers; as texts they have their unit: `"64 MiB"`, `"30s"`.
 */
export interface JobInput {
  /** Shown in messages. Default: job */
  name?: string;
  /** What `NAME://` means. */
  stores?: Readonly<Record<string, StoreInput>>;
  /** What is copied: path, NAME://bucket/prefix/ (s3, oss) or tar://FILE; a tree if it ends in / or is a bucket or folder. */
  source: string;
  /** Where it goes; one object keeps its name when this ends in / or is a bucket or folder. */
  destination: string;
  /** Globs of keys relative to the source; without them all. */
  include?: string | readonly string[];
  /** Globs of keys to skip, stronger than include. */
  exclude?: string | readonly string[];
  /** Only keys of the tree that begin with one of these texts; only they are listed, and they keep their names. */
  prefixes?: string | readonly string[];
  /** Only these objects of the tree, by their literal names; a missing one fails. They add to prefixes. */
  files?: string | readonly string[];
  /** Only these names of the tree: objects, folders with all they hold, or both; a missing one does not fail. */
  names?: string | readonly string[];
  /** File with further prefixes, one a line; blank lines and lines that begin with # do not count. */
  prefixesFrom?: string;
  /** File with further files, likewise. */
  filesFrom?: string;
  /** no: cut off at the destination what stands before the last slash of each prefix, file or name. Default: yes */
  keepPath?: boolean;
  /** Text behind the source that its keys must begin with, a slash or not; it is cut off like the source itself. */
  cutPrefix?: string;
  /** Text put in front of each key of the tree at the destination, without a slash of its own. */
  keyPrefix?: string;
  /** Skip smaller objects. Takes 0 B to 1 TiB. Default: 0 B */
  minSize?: number | string;
  /** Skip larger objects. Takes none or 0 B to 1 TiB. Default: none */
  maxSize?: number | string;
  /** With tree_format = s3sync: the tree's root has an object too, named like the prefix without its slash. Default: no */
  rootNode?: boolean;
  /** Regular expressions (RE2) found in keys to skip; found in a folder's path, one skips all below it. */
  excludeRegex?: string | readonly string[];
  /** +PATTERN and -PATTERN, whose * and ? match a slash too: the first that matches keeps or skips; else kept. */
  filter?: string | readonly string[];
  /** What the filter looks at: the key, or its folder and its name, which must both be kept. Default: key */
  filterBy?: "key" | "parts";
  /** Path put in front of keys and folders before the filter looks at them. */
  filterBase?: string;
  /** Skip objects last modified longer ago than this. Takes none or 1s to 100000d. Default: none */
  maxAge?: number | string;
  /** Links to folders or to nothing, devices, sockets, links of OSS: fail, skip them, or follow those of OSS. Default: fail */
  special?: "fail" | "skip" | "follow";
  /** Levels below the source: 1 is what lies in it, 0 the root alone (with root_node). Takes all or 0 to 1000. Default: all */
  depth?: number | "all";
  /** Plan at most so many objects, skipped ones included; jobs of one run share it. Takes none or 0 to 1000000000. Default: none */
  limit?: number | "none";
  /** Manifests and logs of earlier runs, s3-parallel-put's too: skip what they report as done. */
  skipKeysFrom?: string | readonly string[];
  /** What is equal; auto: size and ETag where comparable, else size, time; absent: all that exists; always: nothing. Default: auto */
  compare?: "auto" | "size" | "mtime" | "checksum" | "absent" | "always";
  /** Delete at the destination what the source does not have. Default: no */
  delete?: boolean;
  /** With more deletes than this, delete nothing. Takes 0 to 1000000000. Default: 1000 */
  maxDelete?: number;
  /** With delete: a source that holds no object at all empties the destination; otherwise such a job is refused. Default: no */
  allowEmptySource?: boolean;
  /** Print the plan, copy nothing. Default: no */
  dryRun?: boolean;
  /** List and compare both sides again after the run. Default: no */
  finalCheck?: boolean;
  /** On a terminal, when there are unfinished uploads below the destination, ask whether to abort them first. Default: no */
  askToClean?: boolean;
  /** Module that exports select, rename, headers or onResult. */
  hooks?: string;
  /** Evidence wanted for each object; full reads the destination again. Default: auto */
  verify?: "auto" | "size" | "checksum" | "full";
  /** Size of a part; auto: 8 MiB, doubled until 10,000 parts suffice, or the source's own. Takes auto or 5 MiB to 5 GiB. Default: auto */
  partSize?: number | string;
  /** Objects of at least this size are copied in parts. Takes 1 B to 5 GiB. Default: 16 MiB */
  multipartThreshold?: number | string;
  /** Larger plain objects are copied on the server in parts, others in one request: the same ETag. Takes 5 MiB to 5 GiB. Default: 5 GiB */
  copyThreshold?: number | string;
  /** Unfinished uploads: resume continues what fits; abort also aborts what does not; keep starts anew. Default: resume */
  unfinished?: "resume" | "abort" | "keep";
  /** Content types of local files that are sent compressed, with Content-Encoding gzip; all: every file. */
  gzip?: string | readonly string[];
  /** s3sync: between disk and store, folders and links are objects too, and owners and modes are kept, as s3sync does. Default: plain */
  treeFormat?: "plain" | "s3sync";
  /** keep: downloaded files get the source's time; skip: they keep the time of writing, for file systems that refuse it. Default: keep */
  times?: "keep" | "skip";
  /** Content type to set; guess: by the name; magic: by name, then first bytes; without it the source's. */
  contentType?: string;
  /** File like /etc/mime.types: content types by extension, before the built-in ones. */
  mimeTypes?: string;
  /** Storage class to set; without it the source's. */
  storageClass?: string;
  /** Canned ACL to set, such as bucket-owner-full-control. */
  acl?: string;
  /** Cache control to set; without it the source's. */
  cacheControl?: string;
  /** Expires header to set, as it is; without it the source's. */
  expires?: string;
  /** Server-side encryption to ask for. */
  sse?: "AES256" | "aws:kms";
  /** KMS key; needs sse = aws:kms. */
  kmsKeyId?: string;
  /** PERMISSION:GRANTEE, …: READ, READ_ACP, WRITE_ACP, FULL_CONTROL; to an email address, a user id or a group URI. */
  grant?: string | readonly string[];
  /** NAME:VALUE, …: further headers to set, the last of equal names; a content type found by guess or magic is stronger. */
  headers?: string | readonly string[];
  /** copy: the source's headers and metadata; replace: none; KEY=VALUE: set as well. Takes copy, replace or KEY=VALUE, …. Default: copy */
  metadata?: string | Readonly<Record<string, string>>;
  /** copy: the source's tags; none; or exactly KEY=VALUE, …. Takes copy, none or KEY=VALUE, …. Default: copy */
  tags?: string | Readonly<Record<string, string>>;
  /** Threads that copy objects; auto: one less than the cores, at least one. Takes auto or 1 to 64. Default: auto */
  workers?: number | "auto";
  /** Parts in progress, per worker. Takes 1 to 256. Default: 8 */
  partsInFlight?: number;
  /** Small objects in progress, per worker. Takes 1 to 1024. Default: 32 */
  objectsInFlight?: number;
  /** Limit for all workers together, such as 50 MiB/s. Takes none or bytes per second. Default: none */
  bandwidth?: number | string;
  /** Further attempts at a request after the first. Takes 0 to 100. Default: 8 */
  retries?: number;
  /** Base of the wait between attempts. Takes 1ms to 30s. Default: 500ms */
  retryDelay?: number | string;
  /** double: each wait up to twice the last, jittered; linear: the n-th is n times retry_delay; constant: retry_delay. Default: double */
  retryGrowth?: "double" | "linear" | "constant";
  /** A request without any progress for this long has failed. Takes 1s to 1d. Default: 1m */
  timeout?: number | string;
  /** Limit of the whole process; fewer requests are in progress at a time to stay below it. Takes none or 64 MiB to 1 TiB. Default: none */
  memory?: number | string;
  /** Least important messages that are printed. Default: info */
  logLevel?: "error" | "warn" | "info" | "debug";
  /** json: one object a line. Default: text */
  logFormat?: "text" | "json";
  /** auto: a bar on a terminal, lines elsewhere. Default: auto */
  progress?: "auto" | "bar" | "lines" | "none";
  /** Log each object at info: put PATH -> KEY, z> when compressed, or skipping PATH -> KEY. Default: no */
  logObjects?: boolean;
  /** File that gets the log as well; {time} in its name is the time of the start, and its folder is made. */
  logFile?: string;
  /** File that gets one line of JSON per object. */
  manifest?: string;
}
