/** Every kind of mistake with its exact text. The job's lines begin in line 4: before them stand section, source and destination. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { JobFileError, nearestName } from "../../lib/job/mistake.ts";
import { contextOf, jobText, mistakesOf, onlyJob } from "./context.ts";

const IN_JOB: [lines: string, mistakes: string[]][] = [
  ["part_sise = 8 MiB", ["jobs.ini:4 [job.a] part_sise: unknown key; did you mean part_size?"]],
  ["quux = 8 MiB", ["jobs.ini:4 [job.a] quux: unknown key"]],
  ["region = x", ["jobs.ini:4 [job.a] region: this key belongs in [store.NAME]"]],
  ["retries = 1\nretries = 2", ["jobs.ini:5 [job.a] retries: this key is given already in the section; keep one of them"]],
  ["part_size = 3 MiB", ["jobs.ini:4 [job.a] part_size = 3 MiB: too small; write auto or 5 MiB to 5 GiB"]],
  ["multipart_threshold = 6 GiB", ["jobs.ini:4 [job.a] multipart_threshold = 6 GiB: too large; write 1 B to 5 GiB"]],
  [
    "part_size = big",
    ["jobs.ini:4 [job.a] part_size = big: not a size; write auto or 5 MiB to 5 GiB, with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB"],
  ],
  ["compare = atuo", ["jobs.ini:4 [job.a] compare = atuo: write auto, size, mtime, checksum, absent or always; did you mean auto?"]],
  ["delete = maybe", ["jobs.ini:4 [job.a] delete = maybe: write yes or no"]],
  ["timeout = 60", ["jobs.ini:4 [job.a] timeout = 60: not a time; write 1s to 1d, with the unit ms, s, m, h or d"]],
  ["workers = 0", ["jobs.ini:4 [job.a] workers = 0: too small; write auto or 1 to 64"]],
  ["retries = 1.5", ["jobs.ini:4 [job.a] retries = 1.5: not a whole number; write 0 to 100"]],
  ["bandwidth = fast", ["jobs.ini:4 [job.a] bandwidth = fast: not a rate; write none or 1 KiB/s to 1 TiB/s"]],
  ["cache_control =", ["jobs.ini:4 [job.a] cache_control: no value; give one or leave cache_control out"]],
  ["acl = ${NOPE}", ["jobs.ini:4 [job.a] acl = ${NOPE}: the environment variable NOPE is not set; set it, or write $${NOPE} for the text"]],
  ["acl = ${}", ["jobs.ini:4 [job.a] acl = ${}: write ${NAME} for an environment variable, $${ for the text ${"]],
  ["acl = ${A", ["jobs.ini:4 [job.a] acl = ${A: write ${NAME} for an environment variable, $${ for the text ${"]],
  ["metadata = repalce", ["jobs.ini:4 [job.a] metadata = repalce: repalce is not copy, replace or KEY=VALUE; did you mean replace?"]],
  ["metadata = copy, replace", ["jobs.ini:4 [job.a] metadata = copy, replace: copy and replace exclude each other; keep one of them"]],
  ["metadata = a b=1", ["jobs.ini:4 [job.a] metadata = a b=1: a b is not a header name; use letters, digits and dashes"]],
  ["metadata = A=1, a=2", ["jobs.ini:4 [job.a] metadata = A=1, a=2: a is given twice; case does not count"]],
  ["metadata = x-amz-meta-a=1", ["jobs.ini:4 [job.a] metadata = x-amz-meta-a=1: write a without x-amz-meta-"]],
  ["tags = copy, a=1", ["jobs.ini:4 [job.a] tags = copy, a=1: copy, none and KEY=VALUE exclude each other; keep one of them"]],
  [
    "tags = a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1",
    ["jobs.ini:4 [job.a] tags = a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1: 11 tags; an object can have 10"],
  ],
  ["kms_key_id = k", ["jobs.ini:4 [job.a] kms_key_id = k: a KMS key needs sse = aws:kms beside it"]],
  ["kms_key_id = k\nsse = AES256", ["jobs.ini:4 [job.a] kms_key_id = k: a KMS key needs sse = aws:kms beside it"]],
  ["cache_control = private # for now", [
    "jobs.ini:4 [job.a] cache_control = private # for now: a comment needs a line of its own; write the value in double quotes if this is not a comment",
  ]],
  ["destination = out/ # nightly", [
    "jobs.ini:3 [job.a] destination = out/ # nightly: a comment needs a line of its own; write the value in double quotes if this is not a comment",
  ]],
  ["exclude = *.tmp ; scratch", [
    "jobs.ini:4 [job.a] exclude = *.tmp ; scratch: a comment needs a line of its own; write the value in double quotes if this is not a comment",
  ]],
  ["min_size = 2 MiB\nmax_size = 1 MiB", [
    "jobs.ini:5 [job.a] max_size = 1 MiB: smaller than min_size, so that no object is left; change one of them",
  ]],
  ["not a key", ["jobs.ini:4: this line cannot be read; write [SECTION], key = value, or # in front of a comment"]],
  ["= value", ["jobs.ini:4: this line cannot be read; write [SECTION], key = value, or # in front of a comment"]],
  ["[job.b", ["jobs.ini:4: this line cannot be read; write [SECTION], key = value, or # in front of a comment"]],
  ["[job]", ["jobs.ini:4 [job]: the section needs a name; write [job.NAME]"]],
  [
    "[jobs.b]\nx = 1",
    ["jobs.ini:4 [jobs.b]: unknown section; there are [defaults], [store.NAME] and [job.NAME]; did you mean [job.b]?"],
  ],
  ["[default]", ["jobs.ini:4 [default]: unknown section; there are [defaults], [store.NAME] and [job.NAME]; did you mean [defaults]?"]],
  ["[other]", ["jobs.ini:4 [other]: unknown section; there are [defaults], [store.NAME] and [job.NAME]"]],
  ["[store.b/c]", ["jobs.ini:4 [store.b/c]: a store's name has letters, digits, dots and dashes only"]],
  ["[job.a]\nretries = 1", ["jobs.ini:4 [job.a]: this section is given already in line 1; keep one of them"]],
  ["source = in.txt\ndelete = yes", [
    "jobs.ini:4 [job.a] delete = yes: only a tree can delete, and the source is one object; end the source in / or leave delete out",
  ]],
  ["source = in.txt\ninclude = *.a", [
    "jobs.ini:4 [job.a] include = *.a: only a tree has include, and the source is one object; end the source in / or leave include out",
  ]],
  ["source = ~/x/\nlog_file = ~/log", [
    "jobs.ini:3 [job.a] source = ~/x/: ~ is the home folder, and HOME is not set; set it, or write the whole path, ./~ for the name ~",
    "jobs.ini:4 [job.a] log_file = ~/log: ~ is the home folder, and HOME is not set; set it, or write the whole path, ./~ for the name ~",
  ]],
  ["source = photo://b/", ["jobs.ini:3 [job.a] source = photo://b/: there is no [store.photo]"]],
  ["source = photo://b/\n[store.photos]", [
    "jobs.ini:3 [job.a] source = photo://b/: there is no [store.photo]; did you mean photos://?",
  ]],
  ["source = oss://", ["jobs.ini:3 [job.a] source = oss://: the bucket is missing; write oss://bucket/key"]],
  ["source = file:///x", ["jobs.ini:3 [job.a] source = file:///x: write a plain path, without file://"]],
  ["source = https://h/x", [
    "jobs.ini:3 [job.a] source = https://h/x: an address is not a location; write it as endpoint of a [store.NAME] and use NAME://bucket/key",
  ]],
  ["source = s3://", ["jobs.ini:3 [job.a] source = s3://: the bucket is missing; write s3://bucket/key"]],
  ["source = s3://a:b@c/", [
    "jobs.ini:3 [job.a] source = s3://***@c/: the bucket's name may have letters, digits, dots, dashes, underscores and colons only",
  ]],
  ["source = s3://bucket/out/", [
    "jobs.ini:2 [job.a] destination = s3://bucket/out/: source and destination are the same place; change one of them",
  ]],
  ["source = s3://bucket/", [
    "jobs.ini:2 [job.a] destination = s3://bucket/out/: the destination is inside the source, so the job would copy its own copies; use a place outside, or exclude it",
  ]],
  ["source = s3://bucket/out/x/\ndelete = yes", [
    "jobs.ini:2 [job.a] destination = s3://bucket/out/: the source is inside the destination, so the job would write around it; use a place outside",
  ]],
];

for (const [lines, mistakes] of IN_JOB) {
  Deno.test(`parseJobFile() refuses ${lines.replaceAll("\n", " | ")}`, () => assertEquals(mistakesOf(jobText(lines)), mistakes));
}

const IN_STORE: [lines: string, mistakes: string[]][] = [
  ["type = s4", ["jobs.ini:2 [store.b] type = s4: write s3, oss, local or embedded; did you mean s3?"]],
  ["type = oss\nlisting = v1", ["jobs.ini:3 [store.b] listing = v1: a store of type oss does not have this key; it is for s3"]],
  ["type = oss\nsignature = v2", ["jobs.ini:3 [store.b] signature = v2: write v4 or v1; did you mean v4?"]],
  ["type = oss\naccess_key_id = a", ["jobs.ini:3 [store.b] access_key_id = a: secret_access_key is missing beside it"]],
  ["type = embedded", ["jobs.ini:1 [store.b] folder: a store of type embedded needs a folder; write folder = PATH"]],
  ["type = local", ["jobs.ini:1 [store.b] folder: a store of type local needs a folder; write folder = PATH"]],
  ["type = embedded\nfolder = x\ndialect = azure", ["jobs.ini:4 [store.b] dialect = azure: write s3 or oss"]],
  ["type = embedded\nfolder = x\nregion = r", [
    "jobs.ini:4 [store.b] region = r: a store of type embedded does not have this key; it is for s3 or oss",
  ]],
  ["signature = v1", ["jobs.ini:2 [store.b] signature = v1: a store of type s3 does not have this key; it is for oss"]],
  ["endpoint = minio:9000", [
    "jobs.ini:2 [store.b] endpoint = minio:9000: not an http or https URL; write it like https://s3.example.com",
  ]],
  ["endpoint = http://u:p@h", [
    "jobs.ini:2 [store.b] endpoint = http://***@h: a URL must not hold a password; use access_key_id and secret_access_key",
  ]],
  ["endpoint = http://h/p?q", [
    "jobs.ini:2 [store.b] endpoint = http://h/p?***: a URL without a query is wanted, like https://s3.example.com",
  ]],
  ["region = a b", ["jobs.ini:2 [store.b] region = a b: a region has letters, digits and dashes only"]],
  ["access_key_id = AK", ["jobs.ini:2 [store.b] access_key_id = AK: secret_access_key is missing beside it"]],
  ["secret_access_key = SK", ["jobs.ini:2 [store.b] secret_access_key = ***: access_key_id is missing beside it"]],
  ["session_token = TK", ["jobs.ini:2 [store.b] session_token = ***: access_key_id and secret_access_key are missing beside it"]],
  ["profile = p\naccess_key_id = AK\nsecret_access_key = SK", [
    "jobs.ini:2 [store.b] profile = p: a profile and access keys exclude each other; keep one of them",
  ]],
  ["anonymous = yes\nprofile = p", [
    "jobs.ini:2 [store.b] anonymous = yes: requests without a signature need no keys; keep one of them",
  ]],
  ["include = *", ["jobs.ini:2 [store.b] include: this key belongs in [job.NAME]"]],
];

for (const [lines, mistakes] of IN_STORE) {
  Deno.test(`parseJobFile() refuses a store with ${lines.replaceAll("\n", " | ")}`, () => {
    assertEquals(mistakesOf(`[store.b]\n${lines}\n${jobText("")}`), mistakes);
  });
}

Deno.test("parseJobFile() wants a job, a source and a destination", () => {
  assertEquals(mistakesOf(""), ["jobs.ini: there is no job; write a section [job.NAME] with source and destination"]);
  assertEquals(mistakesOf("[job.a]"), [
    "jobs.ini:1 [job.a] source: the job has no source; write source = PATH or NAME://bucket/prefix/",
    "jobs.ini:1 [job.a] destination: the job has no destination; write destination = PATH or NAME://bucket/prefix/",
  ]);
});

Deno.test("parseJobFile() refuses keys before the first section", () => {
  assertEquals(mistakesOf(`x = 1\n${jobText("")}`), [
    "jobs.ini:1: the key x stands before the first section; write [job.NAME] above it",
  ]);
});

Deno.test("parseJobFile() refuses a source for all jobs", () => {
  assertEquals(mistakesOf(`${jobText("")}[defaults]\nsource = x`), [
    "jobs.ini:6 [defaults] source: this key belongs in each [job.NAME], not in [defaults]",
  ]);
});

Deno.test("parseJobFile() names the job that was meant", () => {
  assertEquals(mistakesOf(jobText("").replace("job.a", "job.photos"), { names: ["photo"] }), [
    "jobs.ini: there is no [job.photo]; did you mean photos?",
  ]);
});

Deno.test("--set is checked like the file", () => {
  const set = (...overrides: string[]) => mistakesOf(jobText(""), { overrides });
  assertEquals(set("retries"), ["--set retries: write --set key=value"]);
  assertEquals(set("retires=1"), ["--set retires: unknown key; did you mean retries?"]);
  assertEquals(set("retries=many"), ["--set retries = many: not a whole number; write 0 to 100"]);
  assertEquals(set("job.b.retries=1"), ["--set job.b.retries: there is no [job.b]; did you mean job.a?"]);
  assertEquals(set("store.x.secret_access_key=SECRET"), ["--set store.x.secret_access_key: there is no [store.x]"]);
});

Deno.test("parseJobFile() lists all mistakes at once, in the order of the file, with the way to exit code 2", () => {
  const text = "[job.a]\nsource = in/\npart_size = 1\ncompare = x\n[job.b]\ndestination = out/\nfoo\n";
  const error = assertThrows(() => parseJobFile(text, contextOf()), JobFileError);
  assertInstanceOf(error, TransferError);
  assertEquals(error.kind, "config");
  assertEquals(error.mistakes.map(({ line }) => line), [1, 3, 4, 5, 7]);
  assertEquals(error.message.split("\n").length, 6);
  assertStringIncludes(error.message, "Cannot use jobs.ini: 5 mistakes\n  jobs.ini:1 [job.a] destination: ");
  assertEquals(error.mistakes[1], {
    file: "jobs.ini",
    line: 3,
    section: "job.a",
    key: "part_size",
    value: "1",
    problem: "too small; write auto or 5 MiB to 5 GiB",
    nearest: undefined,
  });
});

Deno.test("a default that is wrong is told once, however many jobs use it", () => {
  const job = "source = in/\ndestination = out/\n";
  assertEquals(mistakesOf(`[defaults]\nretries = x\n[job.a]\n${job}[job.b]\n${job}`).length, 1);
});

Deno.test("a variable that only another job needs does not stop this one", () => {
  const text = "[store.x]\naccess_key_id = A\nsecret_access_key = ${X}\n[job.x]\nsource = x://b/\ndestination = ${Y}\n" + jobText("");
  assertEquals(mistakesOf(text, { names: ["a"] }), []);
  assertEquals(mistakesOf(text).length, 2);
  assertEquals(mistakesOf(text, { names: ["x"] }).length, 2);
});

Deno.test("no mistake repeats a secret", () => {
  const secret = "hunter2hunter2";
  const texts = [
    `[store.b]\nsecret_access_key = ${secret}\n`,
    `[store.b]\nsecret_acess_key = ${secret}\n`,
    `[store.b]\nsecret_access_key ${secret}\n`,
    `[store.b]\nsecret_access_key = \${${secret}\n`,
    `[store.b]\nsecret_access_key = a\nsecret_access_key = ${secret}\n`,
    `[store.b]\nsession_token = ${secret}\n`,
    `[store.b]\nproxy = http://u:${secret}@h/x\n`,
    `[store.b]\nendpoint = http://u:${secret}@h\n`,
    `secret_access_key = ${secret}\n`,
    `[store.b]\ntype = embedded\nfolder = x\nsecret_access_key = ${secret}\n`,
  ];
  for (const text of texts) {
    const mistakes = mistakesOf(text + jobText(`source = s3://x:${secret}@b/`));
    assert(mistakes.length >= 2, text);
    assert(!mistakes.join().includes(secret), mistakes.join("\n"));
  }
});

Deno.test("values that look like numbers or words of the parser stay text", () => {
  const job = onlyJob("[store.b]\naccess_key_id = 00123\nsecret_access_key = 1e400\nregion = true\n" + jobText("source = b://007/"));
  assert(job.source.store.type === "s3");
  assertEquals(job.source.store.credentials, { accessKeyId: "00123", secretAccessKey: "1e400" });
  assertEquals([job.source.store.region, job.source.bucket], ["true", "007"]);
});

Deno.test("${NAME} is the environment's, $${ is the text, and what it gives is not expanded again", () => {
  const env = (name: string) => ({ A: "x${B}", C: "1" })[name];
  assertEquals(onlyJob(jobText("acl = ${A}-${C}-$${C}-$C"), { env }).rules.headers.set.acl, "x${B}-1-${C}-$C");
});

Deno.test("a sign of a comment in quotes, without blanks around it, or in a header is part of the value", () => {
  const lines = 'destination = "out/ # nightly/"\nexclude = a#b, c;d\ncontent_type = text/plain ; charset=utf-8';
  const { destination, exclude, rules } = onlyJob(jobText(lines));
  assertEquals(destination.bucket, "/work/out/ # nightly");
  assertEquals([exclude, rules.headers.set.contentType], [["a#b", "c;d"], "text/plain ; charset=utf-8"]);
});

Deno.test("nearestName() finds what was meant and nothing far away", () => {
  assertEquals(nearestName("part-size", ["part_size"]), "part_size");
  assertEquals(nearestName("PartSize", ["part_size"]), "part_size");
  assertEquals(nearestName("exlude", ["include", "exclude"]), "exclude");
  assertEquals(nearestName("acl", ["delete", "source"]), undefined);
  assertEquals(nearestName("", ["a"]), undefined);
  assertEquals(nearestName("a", []), undefined);
});
