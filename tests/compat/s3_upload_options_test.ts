/** Every row of the option table of s3_upload.py, without a store. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { S3_UPLOAD } from "../../lib/compat/s3_upload.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { GIB, MIB } from "../../lib/limits.ts";
import type { Job } from "../../lib/job_types.ts";
import { FILE, iniText, SHIPPED } from "./s3_upload_ini.ts";
import { contextOf, jobOf } from "./stage.ts";

function translate(text: string, args: readonly string[] = [FILE]): Job {
  return jobOf(S3_UPLOAD, args, contextOf("/work", { [FILE]: text }));
}

function mistakes(text: string): string[] {
  return assertThrows(() => translate(text), JobFileError).mistakes.map(mistakeText);
}

function notices(text: string, args: readonly string[] = [FILE]): readonly string[] {
  const answer = S3_UPLOAD.translate(args, contextOf("/work", { [FILE]: text }));
  return answer.kind === "jobs" ? answer.notices : [];
}

Deno.test("the shipped template is the job that the older program ran", () => {
  assertEquals(
    jobToIni(translate(iniText())),
    `[store.destination]
profile = default

[job.s3_upload]
source = /data/in/
destination = destination://my-bucket/
special = skip
compare = size
final_check = yes
part_size = 5 MiB
multipart_threshold = 5 MiB
storage_class = STANDARD
workers = 2
parts_in_flight = 12
objects_in_flight = 3
retries = 20
retry_delay = 5s
retry_growth = linear
log_file = /work/log/s3_upload-{time}.log
`,
  );
});

const OPTIONS: [string, Readonly<Record<string, string | undefined>>, (job: Job) => unknown, unknown][] = [
  ["DesProfileName", { "Basic.DesProfileName": "oregon" }, ({ destination: { store } }) => store.type === "s3" && store.profile, "oregon"],
  ["DesEndPointURL = AWS is Amazon", {}, ({ destination: { store } }) => store.type === "s3" && store.endpoint, undefined],
  ["DesEndPointURL = aws is Amazon", { "Basic.DesEndPointURL": "aws" }, ({ destination: { store } }) => "endpoint" in store, false],
  ["DesEndPointURL empty is Amazon", { "Basic.DesEndPointURL": "" }, ({ destination: { store } }) => "endpoint" in store, false],
  [
    "DesEndPointURL missing (2020) is Amazon",
    { "Basic.DesEndPointURL": undefined },
    ({ destination: { store } }) => "endpoint" in store,
    false,
  ],
  [
    "DesEndPointURL as a URL",
    { "Basic.DesEndPointURL": "http://127.0.0.1:9000" },
    ({ destination: { store } }) => store.type === "s3" && store.endpoint,
    "http://127.0.0.1:9000",
  ],
  ["DesBucket", { "Basic.DesBucket": "other" }, (job) => job.destination.bucket, "other"],
  ["SrcDir loses its slash", { "LOCAL_TO_S3.SrcDir": "/d//x/" }, (job) => job.source.bucket, "/d/x"],
  ["SrcDir may be relative", { "LOCAL_TO_S3.SrcDir": "in" }, (job) => job.source.bucket, "/work/in"],
  ["SrcDir may be the root", { "LOCAL_TO_S3.SrcDir": "/" }, (job) => job.source.bucket, "/"],
  ["a tilde in SrcDir is no home folder", { "LOCAL_TO_S3.SrcDir": "~/x" }, (job) => job.source.bucket, "/work/~/x"],
  [
    "ChunkSize is part size and threshold",
    { "Advanced.ChunkSize": "64" },
    ({ rules }) => [rules.partSizeBytes, rules.multipartThresholdBytes],
    [
      64 * MIB,
      64 * MIB,
    ],
  ],
  ["ChunkSize below S3's minimum", { "Advanced.ChunkSize": "1" }, ({ rules }) => [rules.partSizeBytes, rules.multipartThresholdBytes], [
    5 * MIB,
    MIB,
  ]],
  ["ChunkSize at S3's maximum", { "Advanced.ChunkSize": "5120" }, ({ rules }) => rules.partSizeBytes, 5 * GIB],
  ["MaxRetry is a ladder of 5 s", { "Advanced.MaxRetry": "3" }, ({ tuning }) => [tuning.retries, tuning.retryDelayMs, tuning.retryGrowth], [
    3,
    5000,
    "linear",
  ]],
  ["MaxRetry without end", { "Advanced.MaxRetry": "100000" }, ({ tuning }) => tuning.retries, 100],
  [
    "MaxThread x MaxParallelFile is the most that is under way",
    { "Advanced.MaxThread": "7", "Advanced.MaxParallelFile": "4" },
    ({ tuning }) => [tuning.workers, tuning.partsInFlight, tuning.objectsInFlight],
    [2, 14, 2],
  ],
  ["one file at a time, one thread", { "Advanced.MaxThread": "1", "Advanced.MaxParallelFile": "1" }, ({ tuning }) => [
    tuning.workers,
    tuning.partsInFlight,
    tuning.objectsInFlight,
  ], [1, 1, 1]],
  ["StorageClass", { "Advanced.StorageClass": "DEEP_ARCHIVE" }, ({ rules }) => rules.headers.set.storageClass, "DEEP_ARCHIVE"],
  [
    "StorageClass is passed through unchecked",
    { "Advanced.StorageClass": "NONSENSE" },
    ({ rules }) => rules.headers.set.storageClass,
    "NONSENSE",
  ],
  ["ifVerifyMD5 = False", {}, ({ rules }) => rules.verify, "auto"],
  ["ifVerifyMD5 = True", { "Advanced.ifVerifyMD5": "True" }, ({ rules }) => rules.verify, "checksum"],
  ["ifVerifyMD5 = on", { "Advanced.ifVerifyMD5": "On" }, ({ rules }) => rules.verify, "checksum"],
  ["DontAskMeToClean = True", {}, (job) => [job.askToClean, job.rules.unfinished], [false, "resume"]],
  ["DontAskMeToClean = False", { "Advanced.DontAskMeToClean": "no" }, (job) => [job.askToClean, job.rules.unfinished], [true, "resume"]],
  ["LoggingLevel = INFO", {}, ({ report }) => report.logLevel, "info"],
  ["LoggingLevel = DEBUG", { "Advanced.LoggingLevel": "DEBUG" }, ({ report }) => report.logLevel, "debug"],
  ["LoggingLevel = anything", { "Advanced.LoggingLevel": "info" }, ({ report }) => report.logLevel, "warn"],
  ["IgnoreSmallFile of old files", { "Advanced.IgnoreSmallFile": "True", "Advanced.ChunkSize": "10" }, (job) => job.minSizeBytes, 10 * MIB],
  ["IgnoreSmallFile = False", { "Advanced.IgnoreSmallFile": "False" }, (job) => job.minSizeBytes, 0],
  ["the closing comparison", {}, (job) => [job.compare, job.finalCheck], ["size", true]],
  ["the log file", {}, ({ report }) => report.logFile, "/work/log/s3_upload-{time}.log"],
  ["%% is a percent sign", { "Basic.S3Prefix": "50%%" }, (job) => job.destination.key, "50%/"],
  ["%(key)s is another value", { "Basic.S3Prefix": "%(desbucket)s/x" }, (job) => job.destination.key, "my-bucket/x/"],
  ["S3_TO_S3: SrcProfileName", { "Basic.JobType": "S3_TO_S3" }, ({ source: { store } }) => store.type === "s3" && store.profile, "iad"],
  [
    "S3_TO_S3: SrcEndPointURL missing (2020)",
    { "Basic.JobType": "S3_TO_S3", "S3_TO_S3.SrcEndPointURL": undefined },
    (job) => job.source.bucket,
    "src-bucket",
  ],
  [
    "S3_TO_S3: SrcEndPointURL",
    { "Basic.JobType": "S3_TO_S3", "S3_TO_S3.SrcEndPointURL": "http://localhost:1" },
    ({ source: { store } }) => store.type === "s3" && store.endpoint,
    "http://localhost:1",
  ],
  ["ALIOSS_TO_S3: the bucket", { "Basic.JobType": "ALIOSS_TO_S3" }, (job) => [job.source.store.type, job.source.bucket], [
    "oss",
    "oss-bucket",
  ]],
  [
    "ALIOSS_TO_S3: keys and endpoint",
    { "Basic.JobType": "ALIOSS_TO_S3" },
    ({ source: { store } }) => store.type === "oss" && [store.credentials, store.endpoint],
    [
      { accessKeyId: "LTAI", secretAccessKey: "oss-secret" },
      "https://oss-cn-beijing.aliyuncs.com",
    ],
  ],
  [
    "ALIOSS_TO_S3: an endpoint with a scheme",
    { "Basic.JobType": "ALIOSS_TO_S3", "ALIOSS_TO_S3.ali_endpoint": "http://oss-cn-beijing.aliyuncs.com" },
    ({ source: { store } }) => store.type === "oss" && store.endpoint,
    "http://oss-cn-beijing.aliyuncs.com",
  ],
  [
    "ALIOSS_TO_S3: an endpoint that only ends like Alibaba's",
    { "Basic.JobType": "ALIOSS_TO_S3", "ALIOSS_TO_S3.ali_endpoint": "notaliyuncs.com" },
    ({ source: { store } }) => store.type === "oss" && store.endpoint,
    "http://notaliyuncs.com",
  ],
  [
    "ALIOSS_TO_S3: an endpoint with a port",
    { "Basic.JobType": "ALIOSS_TO_S3", "ALIOSS_TO_S3.ali_endpoint": "OSS-cn-beijing.aliyuncs.com:443" },
    ({ source: { store } }) => store.type === "oss" && store.endpoint,
    "https://OSS-cn-beijing.aliyuncs.com:443",
  ],
  [
    "ALIOSS_TO_S3: values in quotes with a comment behind them, as the documented example has them",
    {
      "Basic.JobType": "ALIOSS_TO_S3",
      "ALIOSS_TO_S3.ali_SrcBucket": '"my-oss"  # 阿里云OSS 源Bucket，对于 LOCAL_TO_S3/S3_TO_S3 则本字段无效',
      "ALIOSS_TO_S3.ali_access_key_id": '"LTAI2"  # 阿里云 RAM 用户访问密钥',
      "ALIOSS_TO_S3.ali_access_key_secret": '"x#y"',
      "ALIOSS_TO_S3.ali_endpoint": '"oss-cn-beijing.aliyuncs.com"  # OSS 区域 endpoint',
    },
    ({ source: { store, bucket } }) => store.type === "oss" && [bucket, store.credentials, store.endpoint],
    ["my-oss", { accessKeyId: "LTAI2", secretAccessKey: "x#y" }, "https://oss-cn-beijing.aliyuncs.com"],
  ],
  ["ALIOSS_TO_S3: prefix", { "Basic.JobType": "ALIOSS_TO_S3", "Basic.S3Prefix": "abc" }, (job) => [job.source.key, job.prefixes], ["", [
    "abc",
  ]]],
  [
    "ALIOSS_TO_S3: one name below the prefix, with a slash",
    { "Basic.JobType": "ALIOSS_TO_S3", "Basic.S3Prefix": "abc/", "Basic.SrcFileIndex": "x" },
    (job) => [job.source.key, job.files, job.destination.key],
    ["abc/", ["x"], "abc/"],
  ],
];

for (const [name, changes, read, expected] of OPTIONS) {
  Deno.test(`option: ${name}`, () => assertEquals(read(translate(iniText(changes))), expected));
}

const REFUSED: [string, string, string][] = [
  [
    "DesBucket that is none, beside a prefix",
    iniText({ "Basic.DesBucket": "b_!", "Basic.S3Prefix": "p/" }),
    "[Basic] DesBucket = b_!: the bucket's name",
  ],
  [
    "JobType of another case",
    iniText({ "Basic.JobType": "local_to_s3" }),
    "[Basic] JobType = local_to_s3: write LOCAL_TO_S3, S3_TO_S3 or ALIOSS_TO_S3",
  ],
  ["DesBucket with a prefix", iniText({ "Basic.DesBucket": "b/pre" }), "[Basic] DesBucket = b/pre: the name of a bucket only"],
  ["DesEndPointURL = Aws", iniText({ "Basic.DesEndPointURL": "Aws" }), "[Basic] DesEndPointURL = Aws: not an http or https URL"],
  ["SrcDir empty", iniText({ "LOCAL_TO_S3.SrcDir": "" }), "[LOCAL_TO_S3] SrcDir: no value"],
  [
    "SrcBucket missing in S3_TO_S3",
    iniText({ "Basic.JobType": "S3_TO_S3", "S3_TO_S3.SrcBucket": undefined }),
    "[S3_TO_S3] SrcBucket: the key is missing",
  ],
  [
    "SrcProfileName missing in S3_TO_S3",
    iniText({ "Basic.JobType": "S3_TO_S3", "S3_TO_S3.SrcProfileName": undefined }),
    "SrcProfileName: the key is missing",
  ],
  [
    "ali_endpoint missing in ALIOSS_TO_S3",
    iniText({ "Basic.JobType": "ALIOSS_TO_S3", "ALIOSS_TO_S3.ali_endpoint": undefined }),
    "ali_endpoint: the key is missing",
  ],
  [
    "the placeholder of the documented Aliyun example",
    iniText({ "Basic.JobType": "ALIOSS_TO_S3", "ALIOSS_TO_S3.ali_SrcBucket": '"your bucket name"  # x' }),
    "the bucket's name may have",
  ],
  [
    "ALIOSS_TO_S3 without its section",
    iniText({ "Basic.JobType": "ALIOSS_TO_S3" }, ["ALIOSS_TO_S3"]),
    "the section [ALIOSS_TO_S3] is missing",
  ],
  [
    "an inline comment",
    iniText({ "Advanced.ChunkSize": "5  # MB" }),
    "[Advanced] ChunkSize = 5  # MB: not a whole number of at least 1; a comment needs a line of its own",
  ],
  ["a boolean of another word", iniText({ "Advanced.ifVerifyMD5": "maybe" }), "[Advanced] ifVerifyMD5 = maybe: write True or False"],
  ["MaxThread = 0", iniText({ "Advanced.MaxThread": "0" }), "[Advanced] MaxThread = 0: not a whole number of at least 1"],
  ["a lone percent sign", iniText({ "LOCAL_TO_S3.SrcDir": "/50%/x" }), "a % stands alone"],
  ["a key that is there twice", `${iniText()}ChunkSize = 6\n`, "ChunkSize is there twice in its section"],
  ["a section that is there twice", `${iniText()}[Basic]\n`, "the section [Basic] is there twice"],
  ["a line that is nothing", `${iniText()}nonsense\n`, "not a section and not KEY = VALUE"],
  ["a value before any section", `x = 1\n${iniText()}`, "a value before any section"],
];
for (const [section, keys] of Object.entries(SHIPPED)) {
  if (section === "ALIOSS_TO_S3") continue;
  REFUSED.push([`[${section}] missing`, iniText({}, [section]), `the section [${section}] is missing`]);
  for (const key of Object.keys(keys)) {
    if (section === "S3_TO_S3" || key === "DesEndPointURL") continue;
    REFUSED.push([`${key} missing`, iniText({ [`${section}.${key}`]: undefined }), `[${section}] ${key}: the key is missing`]);
  }
}

for (const [name, text, expected] of REFUSED) {
  Deno.test(`refused: ${name}`, () => assertStringIncludes(mistakes(text).join("\n"), expected));
}

Deno.test("all mistakes of a file are told at once, each with its line", () => {
  const text = iniText({ "Basic.DesBucket": "a/b", "Advanced.ChunkSize": "x", "Advanced.StorageClass": undefined });
  assertEquals(mistakes(text).map((line) => line.replace(/: .*/, "")), [
    `${FILE} [Advanced] StorageClass`,
    `${FILE}:5 [Basic] DesBucket = a/b`,
    `${FILE}:24 [Advanced] ChunkSize = x`,
  ]);
});

Deno.test("the file is read as ConfigParser reads it: BOM, keys in any case, colons, continued values, comment lines", () => {
  const text = `\uFEFF${iniText({ "Basic.DesEndPointURL": undefined, "LOCAL_TO_S3.SrcDir": undefined })}`
    .replace("DesBucket = my-bucket", "desBUCKET: my-bucket\nDESENDPOINTURL = http://h:1\n; a comment\n  # another")
    .replace("[LOCAL_TO_S3]", "[LOCAL_TO_S3]\nSrcDir =\n    /d/x");
  const job = translate(text);
  assertEquals([job.destination.bucket, job.source.bucket.endsWith("/d/x")], ["my-bucket", true]);
});

Deno.test("keys that the tool does not have are named and left out", () => {
  const text = iniText({ "Advanced.ifVerifyMD5Twice": "True", "Basic.Foo": "1", "Advanced.ResumableThreshold": "5" });
  assertEquals(notices(text), [
    "Not used: [Basic] foo, which this tool does not have",
    "Not used: [Advanced] ifverifymd5twice, a key of the cluster edition",
    "Not used: [Advanced] resumablethreshold, a key of the cluster edition",
  ]);
});

Deno.test("flags: --nogui is accepted, --gui is a notice without it, others are named, mistyped ones of ours are refused", () => {
  assertEquals(notices(iniText(), ["--nogui", FILE]), []);
  assertEquals(notices(iniText(), [FILE, "--gui", "--nogui"]), []);
  assertStringIncludes(notices(iniText(), [FILE, "--gui"]).join(), "there is no window");
  assertEquals(notices(iniText(), [FILE, "--whatever", "more"]), ["Not used: --whatever", "Not used: more"]);
  assertThrows(() => translate(iniText(), [FILE, "--dryrun"]), Error, "did you mean --dry-run?");
  const job = translate(iniText(), [FILE, "--dry-run", "--set", "verify=full", "--set=workers=1"]);
  assertEquals([job.dryRun, job.rules.verify, job.tuning.workers], [true, "full", 1]);
});

Deno.test("without the file its .default is used, with a notice; without both there is one line", () => {
  const context = contextOf("/work", { [`${FILE}.default`]: iniText() });
  const answer = S3_UPLOAD.translate([FILE], context);
  assertEquals(answer.kind === "jobs" && answer.notices, [`There is no ${FILE}: using ${FILE}.default`]);
  assertThrows(() => S3_UPLOAD.translate([FILE], contextOf("/work")), Error, `there is no such file, and no ${FILE}.default`);
});

Deno.test("the help names every key", () => {
  for (const keys of Object.values(SHIPPED)) for (const key of Object.keys(keys)) assertStringIncludes(S3_UPLOAD.help, key);
  for (const key of ["IgnoreSmallFile", "--gui", "--nogui", "--print-job", "--dry-run"]) assertStringIncludes(S3_UPLOAD.help, key);
  for (const line of S3_UPLOAD.help.split("\n")) assert(line.length <= 140, line);
});
