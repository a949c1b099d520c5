/**
 * Every kind of job in the table of docs/permissions.md: how it is started, and how one sees that it did its work. It knows nothing of
 * flags: those stand on that page alone. `$NAME` is filled in by the stage.
 */

/** One kind of job. */
export interface Kind {
  /** As the table names it. */
  readonly kind: string;
  /** The job file, if there is one. */
  readonly job?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whose fresh bucket `$BUCKET` is. */
  readonly bucketOn?: "one" | "two";
  /** It goes on until it is interrupted. */
  readonly serves?: true;
  /** Its folder is held by one process at a time. */
  readonly alone?: true;
  /** Both files stand in that place afterwards, or the output says this. */
  readonly proof: "bucket" | "folder" | "demo" | RegExp;
  /** Exit code of a refusal, 2 when absent: older tools have their own. */
  readonly refusedWith?: number;
  /** What is said where something that is not allowed looks as if it were not there. */
  readonly unseen?: Readonly<Record<string, RegExp>>;
}

const FILE = ["$FILE"];
const AWS_KEYS = { AWS_ACCESS_KEY_ID: "$KEY_ID", AWS_SECRET_ACCESS_KEY: "$SECRET" };
/** With `--ignore-env` a variable that is not allowed is not set. */
const NO_KEYS = { "--allow-env": /Cannot get credentials for (s3|destination): .*--allow-env=AWS_ACCESS_KEY_ID/ };

function job(source: string, destination: string, more = ""): string {
  return `[job.move]\nsource = ${source}\ndestination = ${destination}\nworkers = 1\n${more}`;
}

/** See {@link Kind}. */
export const KINDS: readonly Kind[] = [
  { kind: "--help, --version", args: ["--help"], proof: /sluice serve/ },
  { kind: "folder to S3", job: `$S3_ONE${job("$SOURCE/", "one://$BUCKET/")}`, args: FILE, bucketOn: "one", proof: "bucket" },
  { kind: "S3 to folder", job: `$S3_ONE${job("one://full/", "$DESTINATION/")}`, args: FILE, proof: "folder" },
  { kind: "S3 to S3", job: `$S3_ONE$S3_TWO${job("one://full/", "two://$BUCKET/")}`, args: FILE, bucketOn: "two", proof: "bucket" },
  { kind: "folder to folder", job: job("$SOURCE/", "$DESTINATION/"), args: FILE, proof: "folder" },
  { kind: "folder to OSS", job: `$OSS_TWO${job("$SOURCE/", "two://$BUCKET/")}`, args: FILE, bucketOn: "two", proof: "bucket" },
  { kind: "OSS to folder", job: `$OSS_TWO${job("two://full/", "$DESTINATION/")}`, args: FILE, proof: "folder" },
  { kind: "S3 to OSS", job: `$S3_ONE$OSS_TWO${job("one://full/", "two://$BUCKET/")}`, args: FILE, bucketOn: "two", proof: "bucket" },
  {
    kind: "check, folder against S3",
    job: `$S3_ONE${job("$SOURCE/", "one://full/", "compare = size\n")}`,
    args: ["check", ...FILE],
    proof: /2 the same/,
  },
  { kind: "dry run, S3 to folder", job: `$S3_ONE${job("one://full/", "$DESTINATION/", "dry_run = yes\n")}`, args: FILE, proof: /a\.txt/ },
  {
    kind: "with manifest and log_file",
    job: job("$SOURCE/", "$DESTINATION/", "manifest = $MANIFEST\nlog_file = $LOG\n"),
    args: FILE,
    proof: "folder",
  },
  {
    kind: "keys as ${KEY_ID}, ${SECRET} in the job file",
    job: `[store.one]\nendpoint = $ENDPOINT\nregion = us-east-1\naccess_key_id = \${KEY_ID}\nsecret_access_key = \${SECRET}\n` +
      job("$SOURCE/", "one://$BUCKET/"),
    args: FILE,
    env: { KEY_ID: "$KEY_ID", SECRET: "$SECRET" },
    bucketOn: "one",
    proof: "bucket",
    unseen: { "--allow-env": /environment variable (KEY_ID|SECRET)/ },
  },
  {
    kind: "cp, keys from the environment",
    args: ["cp", "$SOURCE/", "s3://$BUCKET/", "--destination-endpoint", "$ENDPOINT", "--destination-region", "us-east-1"],
    env: AWS_KEYS,
    bucketOn: "one",
    proof: "bucket",
    unseen: NO_KEYS,
  },
  {
    kind: "uploads, keys from the environment",
    args: ["uploads", "s3://full/", "--endpoint", "$ENDPOINT", "--region", "us-east-1"],
    env: AWS_KEYS,
    proof: /0 unfinished uploads/,
    unseen: NO_KEYS,
  },
  {
    kind: "uploads, keys from ~/.aws",
    args: ["uploads", "s3://full/", "--endpoint", "$ENDPOINT", "--region", "us-east-1"],
    env: { HOME: "$HOME", AWS_CONFIG_FILE: "", AWS_SHARED_CREDENTIALS_FILE: "" },
    proof: /0 unfinished uploads/,
    unseen: { "--allow-read": /Cannot get credentials for s3/ },
  },
  {
    kind: "uploads of OSS, keys from ~/.ossutilconfig",
    args: ["uploads", "oss://full/"],
    env: { HOME: "$HOME", OSS_ENDPOINT: "", OSSUTIL_CONFIG_FILE: "", ALIBABA_CLOUD_ECS_METADATA_DISABLED: "true" },
    proof: /0 unfinished uploads/,
    unseen: { "--allow-env": /Cannot get credentials for oss: none found/ },
  },
  {
    kind: "through proxy of a store",
    job: `$S3_ONEproxy = $PROXY_URL\n${job("$SOURCE/", "one://$BUCKET/")}`,
    args: FILE,
    bucketOn: "one",
    proof: "bucket",
  },
  {
    kind: "s3copy, keys from ~/.s3cfg",
    args: ["s3copy", "s3://full/*", "s3://$BUCKET/"],
    env: { HOME: "$HOME", AWS_ENDPOINT_URL_S3: "$ENDPOINT" },
    bucketOn: "one",
    proof: "bucket",
    // Without HOME another file is looked at, without the endpoint another store.
    unseen: { "--allow-env": /run again with --allow-(read|net|sys|env)/ },
    refusedWith: 1,
  },
  { kind: "serve", args: ["serve", "$STORE"], serves: true, alone: true, proof: /^http:\/\/127\.0\.0\.1:\d+ / },
  { kind: "embedded stores: jobs.example.ini", args: ["$CLONE/jobs.example.ini"], proof: "demo", alone: true },
];
