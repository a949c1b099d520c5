/** What a whole job file gives. */
import { assertEquals } from "@std/assert";
import { GIB, MIB } from "../../lib/limits.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { contextOf, jobText, onlyJob } from "./context.ts";

Deno.test("a job without keys has every default of the table", () => {
  const { source: _source, destination: _destination, ...rest } = onlyJob(jobText(""));
  assertEquals(rest, {
    name: "a",
    include: [],
    exclude: [],
    prefixes: [],
    files: [],
    names: [],
    keepPath: true,
    cutPrefix: "",
    filterBy: "key",
    filterBase: "",
    minSizeBytes: 0,
    keyPrefix: "",
    compare: "auto",
    delete: false,
    maxDelete: 1000,
    allowEmptySource: false,
    dryRun: false,
    finalCheck: false,
    askToClean: false,
    rules: {
      partSizeBytes: "auto",
      multipartThresholdBytes: 16 * MIB,
      copyThresholdBytes: 5 * GIB,
      verify: "auto",
      unfinished: "resume",
      headers: { mode: "copy", set: {}, tags: "copy" },
    },
    tuning: {
      workers: 1,
      partsInFlight: 8,
      objectsInFlight: 32,
      bandwidthBytesPerSecond: 0,
      retries: 8,
      retryDelayMs: 500,
      retryGrowth: "double",
      timeoutMs: 60_000,
      memoryBytes: 0,
    },
    report: { logLevel: "info", logFormat: "text", progress: "auto" },
  });
});

/** A job with every key but source and destination. */
const EVERY_KEY = `
    include = *.{jpg,png}, raw/**
    exclude = a\\,b
    prefixes = x, y/
    files = a b, c
    names = n/m//, /
    prefixes_from = p.txt
    files_from = /files
    cut_prefix = IMG_
    min_size = 1 MiB
    key_prefix = old-
    compare = checksum
    verify = full
    delete = yes
    max_delete = 5
    dry_run = on
    final_check = 1
    part_size = 64 MiB
    multipart_threshold = 1 GiB
    copy_threshold = 6 MiB
    storage_class = STANDARD_IA
    acl = private
    content_type = text/plain; charset=utf-8
    cache_control = "no-cache, max-age=0"
    metadata = replace, Owner=Ann
    tags = a=1, b=2
    sse = aws:kms
    kms_key_id = alias/x
    unfinished = abort
    ask_to_clean = yes
    hooks = hooks.ts
    workers = 7
    parts_in_flight = 9
    objects_in_flight = 10
    bandwidth = 50 MiB/s
    retries = 0
    retry_delay = 1s
    retry_growth = linear
    timeout = 2m
    memory = 1 GiB
    log_level = debug
    log_format = json
    progress = none
    log_file = log/{time}.log
    manifest = out/manifest.ndjson
  `;

Deno.test("every key of a job arrives", () => {
  const { source: _source, destination: _destination, ...rest } = onlyJob(
    jobText(EVERY_KEY),
    { readText: (path) => path === "/files" ? "" : "# c\n\n1 \r\n #2\n" },
  );
  assertEquals(rest, {
    name: "a",
    include: ["*.{jpg,png}", "raw/**"],
    exclude: ["a,b"],
    prefixes: ["x", "y/"],
    files: ["a b", "c"],
    names: ["n/m"],
    prefixesFrom: { path: "/work/p.txt", names: ["1 ", " #2"] },
    filesFrom: { path: "/files", names: [] },
    keepPath: true,
    cutPrefix: "IMG_",
    filterBy: "key",
    filterBase: "",
    minSizeBytes: MIB,
    keyPrefix: "old-",
    compare: "checksum",
    delete: true,
    maxDelete: 5,
    allowEmptySource: false,
    dryRun: true,
    finalCheck: true,
    askToClean: true,
    rules: {
      partSizeBytes: 64 * MIB,
      multipartThresholdBytes: GIB,
      copyThresholdBytes: 6 * MIB,
      verify: "full",
      unfinished: "abort",
      headers: {
        mode: "replace",
        set: {
          storageClass: "STANDARD_IA",
          acl: "private",
          contentType: "text/plain; charset=utf-8",
          cacheControl: "no-cache, max-age=0",
          sse: "aws:kms",
          kmsKeyId: "alias/x",
          metadata: { owner: "Ann" },
        },
        tags: { a: "1", b: "2" },
      },
    },
    tuning: {
      workers: 7,
      partsInFlight: 9,
      objectsInFlight: 10,
      bandwidthBytesPerSecond: 50 * MIB,
      retries: 0,
      retryDelayMs: 1000,
      retryGrowth: "linear",
      timeoutMs: 120_000,
      memoryBytes: GIB,
    },
    report: {
      logLevel: "debug",
      logFormat: "json",
      progress: "none",
      logFile: "/work/log/{time}.log",
      manifest: "/work/out/manifest.ndjson",
    },
    hooks: "/work/hooks.ts",
  });
});

Deno.test("every key of a store arrives", () => {
  const text = `[store.m]
    type = s3
    endpoint = https://m.example.com
    region = eu-1
    access_key_id = A
    secret_access_key = \${SECRET}
    session_token = T
    addressing = path
    ca_file = ca.pem
    proxy = http://u:p@proxy:8080
    requester_pays = yes\n`;
  const job = onlyJob(text + jobText("source = m://b/"), { env: (name) => name === "SECRET" ? "S" : undefined });
  assertEquals(job.source.store, {
    type: "s3",
    name: "m",
    endpoint: "https://m.example.com",
    region: "eu-1",
    credentials: { accessKeyId: "A", secretAccessKey: "S", sessionToken: "T" },
    addressing: "path",
    caFile: "/work/ca.pem",
    proxy: "http://u:p@proxy:8080",
    requesterPays: true,
  });
});

Deno.test("--set is stronger than the job, the job than [defaults], wherever they stand", () => {
  const text = `${jobText("retries = 2\ntimeout = 2s")}[defaults]\nretries = 3\ntimeout = 3s\nworkers = 3\nlog_level = warn\n`;
  const { tuning, report } = onlyJob(text, { overrides: ["retries=1", "defaults.workers=9", "job.a.timeout=9s", "retries=4"] });
  assertEquals([tuning.retries, tuning.timeoutMs, tuning.workers, report.logLevel], [4, 9000, 9, "warn"]);
});

Deno.test("--set makes [defaults] where there is none, and changes a store", () => {
  const text = `[store.m]\nregion = a\n${jobText("source = m://b/")}`;
  const job = onlyJob(text, { overrides: ["defaults.retries=1", "store.m.region=b"] });
  assertEquals([job.tuning.retries, job.source.store.type === "s3" && job.source.store.region], [1, "b"]);
});

Deno.test("parseJobFile() gives all jobs in the order of the file, or those named in the order asked for", () => {
  const job = (name: string) => jobText("").replace("job.a", `job.${name}`);
  const text = job("one") + job("two") + job("三 three");
  const names = (asked?: string[]) => parseJobFile(text, contextOf(asked && { names: asked })).map(({ name }) => name);
  assertEquals(names(), ["one", "two", "三 three"]);
  assertEquals(names([]), ["one", "two", "三 three"]);
  assertEquals(names(["三 three", "one", "one"]), ["三 three", "one"]);
});

Deno.test("a file of Windows is read: byte order mark, CR LF", () => {
  assertEquals(onlyJob(`\uFEFF${jobText("retries = 3")}`.replaceAll("\n", "\r\n")).tuning.retries, 3);
});

Deno.test("names that objects have of themselves are names like any other", () => {
  const text = "[store.constructor]\nendpoint = http://h\n[store.toString]\ntype = local\nfolder = x\n" +
    "[job.__proto__]\nsource = constructor://b/\ndestination = toString://y/\nmetadata = constructor=1\ntags = __proto__=2\n";
  const job = onlyJob(text);
  assertEquals([job.name, job.destination.bucket], ["__proto__", "/work/x/y"]);
  assertEquals(Object.entries(job.rules.headers.set.metadata ?? {}), [["constructor", "1"]]);
  assertEquals(Object.entries(job.rules.headers.tags), [["__proto__", "2"]]);
});
