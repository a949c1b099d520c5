/** Every option of s3copy, visible and hidden, and what it becomes here. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { CompatRun, CompatText, UploadsRequest } from "../../lib/compat/compat_run.ts";
import { S3COPY } from "../../lib/compat/s3copy.ts";
import { S3COPY_OPTIONS } from "../../lib/compat/s3copy_args.ts";
import { readS3cmdKeys } from "../../lib/compat/s3cmd_config.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { JobFileError } from "../../lib/job/mistake.ts";
import type { Job, Place } from "../../lib/job_types.ts";
import { contextOf } from "./s3copy_scene.ts";

const FILES = {
  "/home/nobody/.s3cfg": "[default]\naccess_key = HOMEKEY\nsecret_key = homesecret\n",
  "/work/other.cfg": "access_key=OTHERKEY\nsecret_key   =   othersecret\nproxy_host = x\n",
  "/work/half.cfg": "access_key = HALFKEY\n",
  "/work/empty.cfg": "",
  "/work/files.txt": "# these\n\na\r\n b \n",
  "/work/prefixes.txt": "folder-001\n#no\n\nx*\n",
};

function translate(line: string, files: Readonly<Record<string, string>> = FILES): CompatRun | CompatText | UploadsRequest {
  return S3COPY.translate(line.split(" "), contextOf(files));
}

function jobs(line: string, files?: Readonly<Record<string, string>>): readonly Job[] {
  const answer = translate(line, files);
  if (answer.kind !== "jobs") throw new Error(`${line} gave ${answer.kind === "text" ? answer.text : answer.kind}`);
  return answer.jobs;
}

function job(line: string, files?: Readonly<Record<string, string>>): Job {
  const [only, ...more] = jobs(line, files);
  if (only === undefined || more.length > 0) throw new Error(`${line} is ${more.length} jobs`);
  return only;
}

function keysOf({ store }: Place, list = false): string | undefined {
  const keys = store.type === "s3" ? (list ? store.listCredentials : store.credentials) : undefined;
  return keys && `${keys.accessKeyId} ${keys.secretAccessKey}`;
}

/** A command line, what of the job it decides, and what that is then. */
const OPTIONS: readonly (readonly [string, (job: Job) => unknown, unknown])[] = [
  [
    "s3://s s3://d",
    ({ dryRun, rules, tuning, report }) => [dryRun, rules.partSizeBytes, rules.copyThresholdBytes, tuning.retries, report],
    [
      false,
      64 << 20,
      5 * 2 ** 30,
      3,
      { logLevel: "error", logFormat: "text", progress: "auto" },
    ],
  ],
  ["s3://s s3://d -n", ({ dryRun }) => dryRun, true],
  ["--dry s3://s s3://d", ({ dryRun }) => dryRun, true],
  ["-f a b s3://s/x/ s3://d", ({ source, files }) => [source.key, files], ["x/", ["a", "b"]]],
  ["s3://s/x s3://d --file=a", ({ source, cutPrefix, files }) => [source.key, cutPrefix, files], ["", "x", ["a"]]],
  ["s3://s s3://d -F files.txt", ({ filesFrom }) => filesFrom, { path: "/work/files.txt", names: ["a", " b "] }],
  ["s3://s s3://d -p a b/", ({ names, keepPath }) => [names, keepPath], [["a", "b"], true]],
  ["s3://s/x/ s3://d -p a b/c", ({ source, names, keepPath }) => [source.key, names, keepPath], ["", ["x/a", "x/b/c"], false]],
  ["s3://s s3://d -P prefixes.txt", ({ names, prefixes }) => [names, prefixes], [["folder-001"], ["x"]]],
  ["s3://s s3://d -P empty.cfg -F files.txt", ({ filesFrom }) => filesFrom?.names.length, 2],
  ["s3://s s3://d", ({ source }) => keysOf(source), "HOMEKEY homesecret"],
  ["s3://s s3://d -a A -k K", ({ source }) => keysOf(source), "HOMEKEY homesecret"],
  ["s3://s s3://d -a A -k K -c half.cfg", ({ destination }) => keysOf(destination), "HALFKEY K"],
  ["s3://s s3://d -a A -k K -c empty.cfg", ({ source }) => keysOf(source), "A K"],
  ["s3://s s3://d --config_file other.cfg", ({ source }) => keysOf(source), "OTHERKEY othersecret"],
  ["s3://s s3://d", ({ destination }) => keysOf(destination, true), undefined],
  ["s3://s s3://d -d other.cfg", ({ source, destination }) => [keysOf(source, true), keysOf(destination, true), keysOf(destination)], [
    undefined,
    "OTHERKEY othersecret",
    "HOMEKEY homesecret",
  ]],
  ["s3://s s3://d -c other.cfg", ({ destination }) => keysOf(destination, true), "HOMEKEY homesecret"],
  ["s3://s s3://d -c other.cfg -d half.cfg", ({ destination }) => keysOf(destination, true), undefined],
  ["s3://s s3://d --acl-grant read:a@b.example", ({ rules }) => rules.headers.set.grants, [
    { permission: "READ", by: "emailAddress", grantee: "a@b.example" },
  ]],
  ["s3://s s3://d --acl-grant FULL_CONTROL:a@b.example", ({ rules }) => rules.headers.set.grants?.[0]?.permission, "FULL_CONTROL"],
  ["s3://s s3://d --acl-grant WRITE:a@b.example", ({ rules }) => rules.headers.set.grants, undefined],
  ["s3://s s3://d -t 20", ({ tuning }) => [tuning.workers, tuning.objectsInFlight, tuning.partsInFlight], [2, 10, 10]],
  ["s3://s s3://d -t20", ({ tuning }) => tuning.objectsInFlight, 10],
  ["s3://s s3://d -nt 1", ({ dryRun, tuning }) => [dryRun, tuning.workers, tuning.objectsInFlight], [true, 1, 1]],
  ["s3://s s3://d -t 0", ({ tuning }) => [tuning.workers, tuning.objectsInFlight, tuning.partsInFlight], [1, 1, 1]],
  ["s3://s s3://d", ({ tuning }) => [tuning.workers, tuning.objectsInFlight], [2, 20]],
  ["s3://s s3://d -l DEBUG -L log.txt", ({ report }) => [report.logLevel, report.logFile], ["debug", "/work/log.txt"]],
  ["s3://s s3://d -l warning", ({ report }) => report.logLevel, "warn"],
  ["s3://s s3://d -l CRITICAL -L STDOUT", ({ report }) => [report.logLevel, report.logFile], ["error", undefined]],
  ["s3://s s3://d --part-size 8388608", ({ rules }) => rules.partSizeBytes, 8 << 20],
  ["s3://s s3://d --part-size 1000", ({ rules }) => rules.partSizeBytes, 5 << 20],
  ["s3://s s3://d --large-file 10485760", ({ rules }) => rules.copyThresholdBytes, 5 * 2 ** 30],
  ["s3://s s3://d --large-file 10485760 --reassemble-large-file 1", ({ rules }) => rules.copyThresholdBytes, 10 << 20],
  ["s3://s s3://d --retries 0", ({ tuning }) => tuning.retries, 0],
  ["s3://s s3://d -w s3://w --work-prefix p", ({ destination }) => destination.bucket, "d"],
  ["s3://s s3://d/a --dest-prefix b", ({ destination }) => destination.key, "ab/"],
  ["s3://s s3://d/foo --s3-prefixes", ({ destination, keyPrefix }) => [destination.key, keyPrefix], ["", "foo"]],
  ["s3://s s3://s", ({ destination, exclude }) => [destination.key, exclude], ["temp/dest/", ["/temp/dest/"]]],
  ["s3://s s3://s/a[b", ({ exclude }) => exclude, ["/a\\[b/"]],
];

for (const [line, look, expected] of OPTIONS) {
  Deno.test(`s3copy ${line} means ${JSON.stringify(expected)}`, () => assertEquals(look(job(line)), expected));
}

Deno.test("the printed job file of each command line means the same, and holds no secret", () => {
  for (const [line] of OPTIONS) {
    const text = jobs(line).map(jobToIni).join("\n");
    assert(!/homesecret|othersecret/.test(text), text);
    const open = text.replaceAll(/# access keys are not shown/g, "access_key_id = A\nsecret_access_key = K");
    const printed = parseJobFile(open, { ...contextOf(FILES), file: "printed" });
    const plain = (job: Job) => ({
      ...job,
      source: { ...job.source, store: 0, text: 0 },
      destination: { ...job.destination, store: 0, text: 0 },
    });
    assertEquals(printed.map(plain), jobs(line).map(plain), text);
  }
});

Deno.test("-f and -p together are two jobs, each by its own rules", () => {
  const [files, prefixes] = jobs("s3://s/x/ s3://d -f a -p b*");
  assertEquals([files?.source.key, files?.files, prefixes?.source.key, prefixes?.prefixes], ["x/", ["a"], "x/", ["b"]]);
});

Deno.test("without a destination, or with the source itself, nothing is done", () => {
  for (const line of ["s3://s", "s3://s/a", "s3://s/a/ s3://s/a/ -f x", "s3://s -p a b"]) {
    assertEquals(translate(line), {
      kind: "text",
      text: "Nothing to copy: source and destination are the same place",
      to: "people",
      exitCode: 0,
    });
  }
});

Deno.test("--clean-mpcopies ends the unfinished uploads of the source bucket; with -n it lists them", () => {
  const store = { access_key_id: "HOMEKEY", secret_access_key: "homesecret" };
  const command = { kind: "uploads", location: "s3://s/", abort: true, olderThanMs: 0, store, json: false };
  assertEquals(translate("s3://s/a --clean-mpcopies"), command as UploadsRequest);
  assertEquals(translate("s3://s --clean-mpcopies -n"), { ...command, abort: false } as UploadsRequest);
});

/** What cannot be used, and a part of what is said; the exit code is s3copy's. */
const VALUES: readonly (readonly [string, string])[] = [
  ["bucket s3://d", "source = bucket: the source must be s3://bucket[/path]"],
  ["s3://s /tmp", "destination = /tmp: the destination must be s3://bucket[/path]"],
  ["s3:// s3://d", "the source must be"],
  ["s3://s s3://d -c nowhere", "-c (--config_file) = nowhere: there is no such s3cmd configuration file"],
  ["s3://s s3://d -d nowhere -c x", "-d (--dest-config) = nowhere"],
  ["s3://s s3://d -P nowhere", "-P = nowhere: there is no such file"],
  ["s3://s s3://d -F nowhere", "-F = nowhere: there is no such file"],
  ["s3://s s3://d --acl-grant READ", "write PERMISSION:EMAIL"],
  ["s3://s s3://d --acl-grant READ:a:b", "write PERMISSION:EMAIL"],
  ["s3://s s3://d --acl-grant REED:a@b.example", "REED is not a permission"],
  ["s3://s s3://d -l LOUD", "-l = LOUD: write CRITICAL"],
  ["s3://s s3://d -a A -c empty.cfg -d other.cfg", "secret_access_key is missing"],
];

for (const [line, message] of VALUES) {
  Deno.test(`s3copy ${line} is refused with 1: ${message}`, () => {
    assertStringIncludes(assertThrows(() => translate(line), JobFileError).message, message);
    assertEquals(S3COPY.usageExit, 1);
  });
}

Deno.test("words that s3copy did not have end with 2, as they did", () => {
  for (
    const line of ["-x s3://s s3://d", "s3://s --acl", "s3://s s3://d x", "-n", "s3://s -t", "s3://s -t many", "s3://s --re 3", "s3://s -f"]
  ) {
    const answer = translate(line);
    assertEquals([answer.kind, answer.kind === "text" && answer.exitCode], ["text", 2], line);
  }
});

Deno.test("the help names every option that there was", () => {
  for (const { names } of S3COPY_OPTIONS) for (const name of names) assertStringIncludes(S3COPY.help, name);
});

Deno.test("readS3cmdKeys() reads what s3copy read, and the form without spaces", () => {
  assertEquals(readS3cmdKeys("access_key AK\nsecret_key = a b"), { accessKey: "AK", secretKey: "b" });
  assertEquals(readS3cmdKeys("\uFEFFaccess_key=AK\r\nsecret_key =S+/=\r\n"), { accessKey: "AK", secretKey: "S+/=" });
  assertEquals(readS3cmdKeys("# access_key = no\nmy_access_key = no\naccess_keys = no\naccess_key =\nsecret_key"), {});
});
