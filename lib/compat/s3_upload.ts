/**
 * `s3_upload_config.ini` of s3_upload.py, every edition from 2020 on, to one job: local files, an S3 bucket or an Alibaba OSS bucket into
 * an S3 bucket. Rules of paths and defaults are those of the older program; see docs/switching.md.
 */
import { orList } from "../job/value.ts";
import type { CompatContext, CompatRun, FrontDoor } from "./compat_run.ts";
import { hostOf } from "./host.ts";
import { plainPath } from "./job_draft.ts";
import { below, type OldIni, openIni, posixPrefix } from "./old_ini.ts";
import { OWN_FLAGS_HELP } from "./own_flags.ts";

const JOB_TYPES = ["LOCAL_TO_S3", "S3_TO_S3", "ALIOSS_TO_S3"];

const KEYS = {
  Basic: ["JobType", "DesProfileName", "DesEndPointURL", "DesBucket", "S3Prefix", "SrcFileIndex"],
  LOCAL_TO_S3: ["SrcDir"],
  S3_TO_S3: ["SrcProfileName", "SrcEndPointURL", "SrcBucket"],
  ALIOSS_TO_S3: ["ali_SrcBucket", "ali_access_key_id", "ali_access_key_secret", "ali_endpoint"],
  Advanced: [
    "ChunkSize",
    "MaxRetry",
    "MaxThread",
    "MaxParallelFile",
    "StorageClass",
    "ifVerifyMD5",
    "DontAskMeToClean",
    "LoggingLevel",
    "IgnoreSmallFile",
  ],
};

const HELP = `sluice s3_upload_config.ini [--nogui]      the job of s3_upload.py; the file may lie anywhere and have any name

Flags of s3_upload.py
  --nogui              accepted: there is never a window
  --gui                a notice, and the file is run as it is

[Basic]
  JobType              LOCAL_TO_S3, S3_TO_S3 or ALIOSS_TO_S3
  DesProfileName       profile of the AWS configuration files for the destination; keys in the environment do not count
  DesEndPointURL       AWS, aws or empty: Amazon S3; anything else: an endpoint URL. Without the key: AWS
  DesBucket            bucket, without a prefix
  S3Prefix             LOCAL_TO_S3: destination prefix. S3_TO_S3 and ALIOSS_TO_S3: prefix of the source, kept at the destination;
                       with a slash at its end a folder, without one a plain text: pre also takes pre2/b
  SrcFileIndex         *: everything; else one file, by its literal name or relative path
[LOCAL_TO_S3]
  SrcDir               folder to upload
[S3_TO_S3]
  SrcProfileName, SrcEndPointURL, SrcBucket
                       as for the destination
[ALIOSS_TO_S3]
  ali_SrcBucket, ali_access_key_id, ali_access_key_secret, ali_endpoint
                       the OSS bucket; an endpoint of aliyuncs.com without a scheme is spoken to by https
[Advanced]
  ChunkSize            MiB: size of a part, and files of at least this size go in parts; raised to 5 MiB, and to what 10,000 parts need
  MaxRetry             further tries of each request; the n-th waits n x 5 s
  MaxThread, MaxParallelFile
                       parts of a file and files at a time; their product is what is in progress at most
  StorageClass         storage class of the new objects
  ifVerifyMD5          True: each object must be proved by a checksum; wrong bytes are sent again and never stay, nothing is deleted
  DontAskMeToClean     False: on a terminal, when there are unfinished uploads below the prefix, ask; only the word CLEAN aborts them
  LoggingLevel         INFO, DEBUG; anything else: warnings only. The log is kept in log/ below the working folder
  IgnoreSmallFile      True: files smaller than ChunkSize are skipped

${OWN_FLAGS_HELP}
`;

/** The front door of s3_upload.py. */
export const S3_UPLOAD: FrontDoor = { help: HELP, usageExit: 2, translate };

function translate(args: readonly string[], context: CompatContext): CompatRun {
  const { ini, flags, notices } = openIni(args, context, { job: "s3_upload", keys: KEYS });
  for (const section of ["Basic", "LOCAL_TO_S3", "S3_TO_S3", "Advanced"]) ini.require(section);
  const { draft } = ini;
  const type = ini.text("Basic", "JobType");
  if (!JOB_TYPES.includes(type) && ini.has("Basic", "JobType")) {
    draft.wrong(ini.origin("Basic", "JobType"), type, `write ${orList(JOB_TYPES)}, in capitals`);
  }
  const destination = ini.store("destination", "Basic", { profile: "DesProfileName", endpoint: "DesEndPointURL", bucket: "DesBucket" });
  if (type === "S3_TO_S3") {
    const keys = { profile: "SrcProfileName", endpoint: "SrcEndPointURL", bucket: "SrcBucket" };
    betweenBuckets(ini, ini.store("source", "S3_TO_S3", keys), destination);
  } else if (type === "ALIOSS_TO_S3") betweenBuckets(ini, ossStore(ini), destination);
  else fromFolder(ini, destination, context);
  notices.push(...ini.advanced(context.cores));
  behaviour(ini);
  return { kind: "jobs", jobs: [draft.check({ ...context, overrides: flags.overrides })], notices, json: flags.json };
}

function fromFolder(ini: OldIni, destination: string, context: CompatContext): void {
  const { draft } = ini;
  const folder = ini.text("LOCAL_TO_S3", "SrcDir");
  const prefix = posixPrefix(ini.text("Basic", "S3Prefix"));
  const name = ini.filled("Basic", "SrcFileIndex");
  const origin = ini.origin("LOCAL_TO_S3", "SrcDir");
  if (folder === "" && ini.has("LOCAL_TO_S3", "SrcDir")) draft.wrong(origin, undefined, "no value; write the folder to upload");
  const root = plainPath(folder === "" ? "." : folder);
  const outside = /^(?:[\\/]|[A-Za-z]:[\\/])|(?:^|[\\/])\.\.(?:[\\/]|$)/.test(name);
  if (name === "*" || !outside) {
    draft.set("source", `${root}/`, origin);
    draft.set("special", "skip");
    draft.set("destination", `${destination}${prefix === "" ? "" : `${prefix}/`}`, ini.origin("Basic", "S3Prefix"));
    if (name !== "*") draft.set("files", [posixPrefix(name)], ini.origin("Basic", "SrcFileIndex"));
    return;
  }
  const path = /^(?:[\\/]|[A-Za-z]:)/.test(name) ? name : `${root}/${name}`;
  if (context.isFolder(path) === true) draft.wrong(ini.origin("Basic", "SrcFileIndex"), name, "this is a folder, and one file is wanted");
  draft.set("source", path, ini.origin("Basic", "SrcFileIndex"));
  draft.set(
    "destination",
    destination + below(prefix, name.replace(/^[A-Za-z]:/, "").replaceAll("\\", "/")),
    ini.origin("Basic", "S3Prefix"),
  );
}

/** Keys stay as they are: both sides are seen from the root of the bucket, or from the same folder. */
function betweenBuckets(ini: OldIni, source: string, destination: string): void {
  const { draft } = ini;
  const written = ini.text("Basic", "S3Prefix");
  const prefix = posixPrefix(written);
  const name = ini.filled("Basic", "SrcFileIndex");
  const origin = ini.origin("Basic", "S3Prefix");
  const folder = prefix !== "" && written.endsWith("/") ? `${prefix}/` : "";
  draft.set("source", source + folder, origin);
  draft.set("destination", destination + folder, origin);
  if (name !== "*") draft.set("files", [below(folder === "" ? prefix : "", posixPrefix(name))], ini.origin("Basic", "SrcFileIndex"));
  else if (folder === "" && prefix !== "") draft.set("prefixes", [prefix], origin);
}

function ossStore(ini: OldIni): string {
  const section = "ALIOSS_TO_S3";
  ini.require(section);
  const { draft } = ini;
  const bucket = ini.filled(section, "ali_SrcBucket");
  const endpoint = ini.filled(section, "ali_endpoint");
  const id = ini.filled(section, "ali_access_key_id");
  const secret = ini.filled(section, "ali_access_key_secret");
  draft.setStore("source", "type", "oss");
  if (endpoint !== "") draft.setStore("source", "endpoint", withScheme(endpoint), ini.origin(section, "ali_endpoint"));
  if (id !== "") draft.setStore("source", "access_key_id", id, ini.origin(section, "ali_access_key_id"));
  if (secret !== "") draft.setStore("source", "secret_access_key", secret, ini.origin(section, "ali_access_key_secret"));
  return `source://${ini.bucketOnly(section, "ali_SrcBucket", bucket)}/`;
}

/** The older program spoke http where no scheme was written; Alibaba's own endpoints take https. */
function withScheme(endpoint: string): string {
  if (/^https?:\/\//i.test(endpoint)) return endpoint;
  return `${/(?:^|\.)aliyuncs\.com$/.test(hostOf(endpoint)) ? "https" : "http"}://${endpoint}`;
}

function behaviour(ini: OldIni): void {
  const { draft } = ini;
  const at = (key: string) => ini.origin("Advanced", key);
  const small = ini.yesNo("Advanced", "IgnoreSmallFile", false);
  draft.set("compare", "size");
  draft.set("final_check", "yes");
  draft.set("retry_delay", "5s", at("MaxRetry"));
  draft.set("retry_growth", "linear", at("MaxRetry"));
  draft.set("log_file", "log/s3_upload-{time}.log");
  const storageClass = ini.filled("Advanced", "StorageClass");
  if (storageClass !== "") draft.set("storage_class", storageClass, at("StorageClass"));
  if (ini.yesNo("Advanced", "ifVerifyMD5")) draft.set("verify", "checksum", at("ifVerifyMD5"));
  if (!ini.yesNo("Advanced", "DontAskMeToClean")) draft.set("ask_to_clean", "yes", at("DontAskMeToClean"));
  if (small) draft.set("min_size", `${ini.count("Advanced", "ChunkSize", 1)} MiB`, at("IgnoreSmallFile"));
}
