/**
 * `s3_download_config.ini` of s3_download.py to one job: an S3 bucket into a folder, with the prefix kept in the local paths. Rules of
 * paths and defaults are those of the older program; see docs/switching.md.
 */
import type { CompatContext, CompatRun, FrontDoor } from "./compat_run.ts";
import { plainPath } from "./job_draft.ts";
import { openIni } from "./old_ini.ts";
import { OWN_FLAGS_HELP } from "./own_flags.ts";

const KEYS = {
  Basic: ["SrcProfileName", "EndPointURL", "SrcBucket", "S3Prefix", "SrcFileIndex", "DesDir"],
  Advanced: ["ChunkSize", "MaxRetry", "MaxThread", "MaxParallelFile", "LoggingLevel"],
};

const HELP = `sluice s3_download_config.ini [--nogui]    the job of s3_download.py; the file may lie anywhere and have any name

Flags of s3_download.py
  --nogui              accepted: there is never a window
  --gui                a notice, and the file is run as it is

[Basic]
  SrcProfileName       profile of the AWS configuration files; keys in the environment do not count
  EndPointURL          AWS, aws or empty: Amazon S3; anything else: an endpoint URL. Without the key: AWS
  SrcBucket            bucket, without a prefix
  S3Prefix             plain text that keys begin with, used as it is: pre also takes pre2/b, pre/ does not; / is the same as empty
  SrcFileIndex         *: everything; else one object, by its literal name below the prefix
  DesDir               folder to write to; the whole key, prefix included, is the path below it, and no key leads out of it
[Advanced]
  ChunkSize            MiB: size of a part, and objects of at least this size go in parts; raised to 5 MiB
  MaxRetry             further tries of each request
  MaxThread, MaxParallelFile
                       parts of an object and objects at a time; their product is what is in progress at most
  LoggingLevel         INFO, DEBUG; anything else: warnings only. The log is kept in log/ below the working folder

${OWN_FLAGS_HELP}
`;

/** The front door of s3_download.py. */
export const S3_DOWNLOAD: FrontDoor = { help: HELP, usageExit: 2, translate };

function translate(args: readonly string[], context: CompatContext): CompatRun {
  const { ini, flags, notices } = openIni(args, context, { job: "s3_download", keys: KEYS });
  for (const section of ["Basic", "Advanced"]) ini.require(section);
  const { draft } = ini;
  const source = ini.store("source", "Basic", { profile: "SrcProfileName", endpoint: "EndPointURL", bucket: "SrcBucket" });
  const written = ini.text("Basic", "S3Prefix");
  const prefix = written === "/" ? "" : written;
  const name = ini.filled("Basic", "SrcFileIndex");
  const folder = ini.filled("Basic", "DesDir");
  draft.set("source", source, ini.origin("Basic", "SrcBucket"));
  draft.set("destination", `${plainPath(folder === "" ? "." : folder)}/`, ini.origin("Basic", "DesDir"));
  if (name !== "*") {
    draft.set("files", [prefix === "" || prefix.endsWith("/") ? prefix + name : `${prefix}/${name}`], ini.origin("Basic", "SrcFileIndex"));
  } else if (prefix !== "") draft.set("prefixes", [prefix], ini.origin("Basic", "S3Prefix"));
  notices.push(...ini.advanced(context.cores));
  draft.set("compare", "size");
  draft.set("final_check", "yes");
  draft.set("log_file", "log/s3_download-{time}.log");
  return { kind: "jobs", jobs: [draft.check({ ...context, overrides: flags.overrides })], notices, json: flags.json };
}
