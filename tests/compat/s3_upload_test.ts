/** Every row of the tables of s3_upload.py: options without a store, paths against stores. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { S3_UPLOAD } from "../../lib/compat/s3_upload.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { GIB, MIB } from "../../lib/limits.ts";
import type { Job } from "../../lib/types.ts";
import { contextOf, jobOf, PROFILE, runDoor, type Stage, treeOf, useTables, withStage, writeFiles } from "./stage.ts";

const FILE = "s3_upload_config.ini";

/** The template as it was shipped, with its own values. */
const SHIPPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Basic: {
    JobType: "LOCAL_TO_S3",
    DesProfileName: "default",
    DesEndPointURL: "AWS",
    DesBucket: "my-bucket",
    S3Prefix: "",
    SrcFileIndex: "*",
  },
  LOCAL_TO_S3: { SrcDir: "/data/in" },
  S3_TO_S3: { SrcProfileName: "iad", SrcEndPointURL: "AWS", SrcBucket: "src-bucket" },
  ALIOSS_TO_S3: {
    ali_SrcBucket: "oss-bucket",
    ali_access_key_id: "LTAI",
    ali_access_key_secret: "oss-secret",
    ali_endpoint: "oss-cn-beijing.aliyuncs.com",
  },
  Advanced: {
    ChunkSize: "5",
    MaxRetry: "20",
    MaxThread: "5",
    MaxParallelFile: "5",
    StorageClass: "STANDARD",
    ifVerifyMD5: "False",
    DontAskMeToClean: "True",
    LoggingLevel: "INFO",
  },
};

/** The template with other values; undefined leaves a key out. Keys are named with their section: `Basic.S3Prefix`. */
function iniText(changes: Readonly<Record<string, string | undefined>> = {}, leaveOut: readonly string[] = []): string {
  const used = new Set<string>();
  const sections = Object.entries(SHIPPED).filter(([name]) => !leaveOut.includes(name)).map(([section, keys]) => {
    const extra = Object.keys(changes).filter((key) => key.startsWith(`${section}.`)).map((key) => key.slice(section.length + 1));
    const lines = [...new Set([...Object.keys(keys), ...extra])].map((key) => {
      const full = `${section}.${key}`;
      used.add(full);
      const value = full in changes ? changes[full] : keys[key];
      return value === undefined ? "" : `${key} = ${value}\n`;
    });
    return `[${section}]\n${lines.join("")}`;
  });
  assertEquals(Object.keys(changes).filter((key) => !used.has(key)), []);
  return sections.join("\n");
}

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
    "the quoted Aliyun example, read as it is",
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

Deno.test("flags: --nogui is accepted, --gui is a notice unless --nogui stands beside it, others are named, mistyped ones of ours refused", () => {
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

/** A row of the path table: what is there, what the file says, what is at the destination afterwards. */
interface Row {
  readonly name: string;
  readonly ini: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly objects?: readonly string[];
  /** Keys at the destination, sorted. */
  readonly keys: readonly string[];
  readonly failed?: number;
  /** MinIO refuses such keys. */
  readonly oddKeys?: true;
  readonly prepare?: (folder: string) => void;
}

const TREE = ["sub/b.txt", ".hidden", ".dot/c", "empty-after"];
const LOCAL = (S3Prefix: string, SrcFileIndex = "*") => ({ "Basic.S3Prefix": S3Prefix, "Basic.SrcFileIndex": SrcFileIndex });
const BUCKETS = (S3Prefix: string, SrcFileIndex = "*") => ({ ...LOCAL(S3Prefix, SrcFileIndex), "Basic.JobType": "S3_TO_S3" });
const FOUR = ["pre", "pre/a", "pre/dir/", "pre2/b"];

const ROWS: Row[] = [
  {
    name: "LOCAL: prefix pre/fix/, dot files and dot folders too",
    ini: LOCAL("pre/fix/"),
    files: TREE,
    keys: TREE.map((name) => `pre/fix/${name}`),
  },
  ...["", "/", "."].map((prefix) => ({
    name: `LOCAL: prefix ${prefix || "empty"}`,
    ini: LOCAL(prefix),
    files: ["sub/b.txt"],
    keys: ["sub/b.txt"],
  })),
  { name: "LOCAL: prefix a//b/", ini: LOCAL("a//b/"), files: ["f"], keys: ["a/b/f"] },
  { name: "LOCAL: prefix ./a/", ini: LOCAL("./a/"), files: ["f"], keys: ["a/f"] },
  { name: "LOCAL: prefix a/../b", ini: LOCAL("a/../b"), files: ["f"], keys: ["a/../b/f"], oddKeys: true },
  { name: "LOCAL: prefix /abs/", ini: LOCAL("/abs/"), files: ["f"], keys: ["/abs/f"], oddKeys: true },
  { name: "LOCAL: prefix //x/", ini: LOCAL("//x/"), files: ["f"], keys: ["//x/f"], oddKeys: true },
  {
    name: "LOCAL: a link to a file is followed, one to a folder not entered, a broken one left out",
    ini: LOCAL("p"),
    files: ["f", "sub/g"],
    keys: ["p/f", "p/link", "p/sub/g"],
    prepare: (folder) => {
      Deno.symlinkSync(`${folder}/f`, `${folder}/link`);
      Deno.symlinkSync(`${folder}/sub`, `${folder}/linked-folder`);
      Deno.symlinkSync(`${folder}/nowhere`, `${folder}/broken`);
    },
  },
  {
    name: "LOCAL: an empty folder gives nothing",
    ini: LOCAL(""),
    files: ["f"],
    keys: ["f"],
    prepare: (folder) => Deno.mkdirSync(`${folder}/empty`),
  },
  { name: "LOCAL: nothing at all", ini: LOCAL(""), files: [], keys: [] },
  { name: "LOCAL: one name", ini: LOCAL("P", "f"), files: ["f", "f2"], keys: ["P/f"] },
  { name: "LOCAL: one relative path", ini: LOCAL("P", "s/g"), files: ["s/g", "g"], keys: ["P/s/g"] },
  { name: "LOCAL: *.mp4 is a name, not a glob", ini: LOCAL("", "*.mp4"), files: ["a.mp4"], keys: [], failed: 1 },
  {
    name: "LOCAL: a name that looks like a glob is found by its name",
    ini: LOCAL("", "[a]?.mp4"),
    files: ["[a]?.mp4", "ab.mp4"],
    keys: ["[a]?.mp4"],
  },
  { name: "LOCAL: a folder is no file", ini: LOCAL("P", "s"), files: ["s/g"], keys: [], failed: 1 },
  { name: "LOCAL: a file named access_test is a file like any other", ini: LOCAL(""), files: ["access_test"], keys: ["access_test"] },
  { name: "S3_TO_S3: prefix pre is a plain text", ini: BUCKETS("pre"), objects: [...FOUR, "other"], keys: FOUR },
  { name: "S3_TO_S3: prefix pre/ is a folder", ini: BUCKETS("pre/"), objects: [...FOUR, "other"], keys: ["pre/a", "pre/dir/"] },
  { name: "S3_TO_S3: no prefix", ini: BUCKETS(""), objects: ["a", "b/c"], keys: ["a", "b/c"] },
  { name: "S3_TO_S3: prefix /", ini: BUCKETS("/"), objects: ["a", "b/c"], keys: ["a", "b/c"] },
  { name: "S3_TO_S3: one name", ini: BUCKETS("pre", "a"), objects: ["pre/a", "pre/ab", "a"], keys: ["pre/a"] },
  { name: "S3_TO_S3: one name below a folder", ini: BUCKETS("pre/", "x/a"), objects: ["pre/x/a", "x/a"], keys: ["pre/x/a"] },
  { name: "S3_TO_S3: one name without a prefix", ini: BUCKETS("", "a"), objects: ["a", "ab"], keys: ["a"] },
  { name: "S3_TO_S3: one name that is not there", ini: BUCKETS("pre", "a"), objects: ["pre/ab"], keys: [], failed: 1 },
];

function storeKeys(stage: Stage): Record<string, string> {
  return {
    "Basic.DesProfileName": PROFILE,
    "Basic.DesEndPointURL": stage.endpoint,
    "Basic.DesBucket": stage.to,
    "S3_TO_S3.SrcProfileName": PROFILE,
    "S3_TO_S3.SrcEndPointURL": stage.endpoint,
    "S3_TO_S3.SrcBucket": stage.from,
    "LOCAL_TO_S3.SrcDir": "in",
  };
}

const kinds = useTables();
for (const kind of kinds) {
  for (const row of ROWS) {
    if (kind === "minio" && (row.oddKeys || row.keys.includes("pre") || row.objects?.includes("pre"))) continue;
    Deno.test(`${kind}: ${row.name}`, async () => {
      await withStage(kind, async (stage) => {
        await Deno.mkdir(`${stage.folder}/in`);
        await writeFiles(`${stage.folder}/in`, row.files ?? []);
        row.prepare?.(`${stage.folder}/in`);
        const admin = stage.left.admin;
        for (const key of row.objects ?? []) await admin.put(key, new TextEncoder().encode(key.endsWith("/") ? "" : key));
        const text = iniText({ ...storeKeys(stage), ...row.ini });
        const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: text }));
        assertEquals((await stage.right.admin.keys()).sort(), [...row.keys].sort());
        assertEquals([end.summary.failed, end.error, end.differences?.length], [row.failed ?? 0, undefined, row.failed ?? 0]);
        assertEquals(treeOf(`${stage.folder}/in`).length >= (row.files ?? []).length, true);
      });
    });
  }

  Deno.test(`${kind}: an absolute name and one with .. keep the prefix`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["in/x", "w/one.txt"]);
      const changes = { ...storeKeys(stage), ...LOCAL("P", `${stage.folder}/w/one.txt`) };
      await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals(await stage.right.admin.keys(), [`P${stage.folder}/w/one.txt`]);
    });
  });

  Deno.test(`${kind}: same name and size is a duplicate, whatever its bytes; another size is sent`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(`${stage.folder}/in`, ["same", "other"]);
      const bytes = (text: string) => new TextEncoder().encode(text);
      await stage.right.admin.put("same", bytes("SAME"));
      await stage.right.admin.put("other", bytes("x"));
      const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(storeKeys(stage)) }));
      assertEquals([end.summary.done.objects, end.differences], [1, []]);
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("same")), "SAME");
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("other")), "other");
    });
  });

  Deno.test(`${kind}: files of at least ChunkSize go in parts of exactly that size, ifVerifyMD5 proves them, small ones are left out if asked`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(`${stage.folder}/in`, ["small"]);
      await Deno.writeFile(`${stage.folder}/in/large`, crypto.getRandomValues(new Uint8Array(65536)).slice());
      await Deno.truncate(`${stage.folder}/in/large`, 11 * MIB);
      const changes = { ...storeKeys(stage), "Advanced.ifVerifyMD5": "True", "Advanced.IgnoreSmallFile": "True" };
      const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals(await stage.right.admin.keys(), ["large"]);
      assert((await stage.right.admin.head("large"))?.ETag?.endsWith('-3"'));
      assertEquals([...end.summary.verified.keys()].some((evidence) => evidence === "size"), false);
      const again = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals([again.summary.movedBytes, again.differences], [0, []]);
    });
  });
}
