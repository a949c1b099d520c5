/** Every row of the tables of s3-parallel-put: options without a store, paths and modes against stores. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { gunzipSync } from "node:zlib";
import type { CompatContext } from "../../lib/compat/compat_run.ts";
import { S3_PARALLEL_PUT } from "../../lib/compat/s3_parallel_put.ts";
import { TransferError } from "../../lib/errors.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { type MigrateEnd, migrateJob } from "../../lib/run/job_calls.ts";
import { startSluice } from "../e2e/run_sluice.ts";
import { contextOf, jobOf, type Stage, useTables, withStage, writeFiles } from "./stage.ts";

const kinds = useTables();

/** A folder `dir`, a file `one.txt` and nothing else. */
function paper(env: Readonly<Record<string, string>> = {}): CompatContext {
  const there = new Map([["/w/dir", true], ["/w/one.txt", false], ["/w/t.tar", false], ["/w/dir/sub/b.txt", false], ["/w/dir/sub", true]]);
  return { ...contextOf("/w", {}, env), isFolder: (path) => there.get(path) };
}

/** The lines of the job file that `args` for one source stand for, without those that every job has. */
function linesOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): string[] {
  const always = [
    "special = skip",
    "log_objects = yes",
    "compare = checksum",
    "content_type = guess",
    "objects_in_flight = 3",
    "parts_in_flight = 3",
  ];
  return jobToIni(jobOf(S3_PARALLEL_PUT, ["--bucket=b", ...args], paper(env))).split("\n")
    .filter((line) => line.includes(" = ") && !always.includes(line) && !/^(source|destination|workers) = /.test(line));
}

const OPTIONS:
  readonly (readonly [name: string, args: readonly string[], lines: readonly string[], env?: Readonly<Record<string, string>>])[] = [
    ["nothing but a source", ["dir"], []],
    [
      "--host with a port",
      ["--host=127.0.0.1:9000", "--insecure", "dir"],
      [
        "type = s3",
        "endpoint = http://127.0.0.1:9000",
        "region = us-east-1",
      ].slice(1),
    ],
    ["--host with a scheme", ["--host", "http://minio:9000", "dir"], ["endpoint = http://minio:9000", "region = us-east-1"]],
    ["--bucket_region beside --host", ["--host=minio.local", "--bucket_region=eu-west-1", "dir"], [
      "endpoint = https://minio.local",
      "region = eu-west-1",
    ]],
    ["--bucket_region of Amazon, which is found out", ["--bucket_region=eu-west-1", "dir"], []],
    ["--host of Amazon in a region", ["--host=s3-eu-west-1.amazonaws.com", "dir"], ["region = eu-west-1"]],
    ["--insecure", ["--insecure", "dir"], ["endpoint = http://s3.amazonaws.com"]],
    ["--insecure and --secure, the last wins", ["--insecure", "--secure", "dir"], []],
    ["--exclude", ["--exclude=*.tmp", "--exclude", "dir/sub", "dir"], [
      "filter = -*.tmp, -dir/sub",
      "filter_by = parts",
      "filter_base = dir",
    ]],
    ["--include first, stronger", ["--exclude=*", "--include=*.html", "dir"], [
      "filter = +*.html, -*",
      "filter_by = parts",
      "filter_base = dir",
    ]],
    ["--include alone, which selects nothing", ["--include=*.html", "dir"], []],
    ["--exclude for a file, by its path as typed", ["--exclude=dir/*", "dir/sub/b.txt"], ["filter = -dir/*", "filter_base = dir/sub/"]],
    ["--exclude in an archive, by the member's name", ["--walk=tar", "--exclude=a/*", "t.tar"], ["filter = -a/*"]],
    ["--ignore-files-older-than-days", ["--ignore-files-older-than-days=7", "dir"], ["max_age = 7d"]],
    ["--content-type=magic", ["--content-type=magic", "dir"], ["content_type = magic"]],
    ["--content-type literally", ["--content-type=text/x-own", "dir"], ["content_type = text/x-own"]],
    ["--content-type empty", ["--content-type=", "dir"], ["content_type = application/octet-stream"]],
    ["--gzip", ["--gzip", "dir"], ["gzip = application/javascript, application/x-javascript, text/css, text/html, text/javascript"]],
    ["--gzip-type replaces the list", ["--gzip", "--gzip-type=image/svg+xml", "dir"], ["gzip = image/svg+xml"]],
    ["--gzip-type=guess adds it", ["--gzip", "--gzip-type=guess", "--gzip-type=image/svg+xml", "dir"], [
      "gzip = image/svg+xml, application/javascript, application/x-javascript, text/css, text/html, text/javascript",
    ]],
    ["--gzip-type=all", ["--gzip", "--gzip-type=all", "dir"], ["gzip = all"]],
    ["--gzip-type without --gzip", ["--gzip-type=all", "dir"], []],
    ["--put=add", ["--put=add", "dir"], ["compare = absent"]],
    ["--put=stupid", ["--put=stupid", "dir"], ["compare = always"]],
    ["--put=update", ["--put=update", "dir"], []],
    ["--resume", ["--resume=a.log", "--resume", "/b.log", "dir"], ["skip_keys_from = /w/a.log, /b.log"]],
    ["--grant", ["--grant=public-read", "dir"], ["acl = public-read"]],
    ["--header, the last of equal names", ["--header=X-Amz-Meta-A:1", "--header=x-amz-meta-a:2:3", "dir"], ["metadata = copy, a=2:3"]],
    ["--header of a kind that has a key", ["--header=Cache-Control:no-cache", "dir"], ["cache_control = no-cache"]],
    ["--header of any other kind", ["--header=X-Own:yes", "dir"], ["headers = x-own:yes"]],
    ["--header Content-Type below guess", ["--header=Content-Type:a/b", "dir"], ["headers = content-type:a/b"]],
    ["--encrypt-key", ["--encrypt-key", "dir"], ["sse = AES256"]],
    ["--log-filename", ["--log-filename=put.log", "dir"], ["log_file = /w/put.log"]],
    ["-q", ["-q", "dir"], ["log_level = warn", "progress = none"]],
    ["-qq", ["-qq", "dir"], ["log_level = error", "progress = none"]],
    ["-v", ["-v", "dir"], ["log_level = debug"]],
    ["-v and -q, which cancel out", ["-v", "--quiet", "dir"], []],
    ["--dry-run", ["--dry-run", "dir"], ["dry_run = yes"]],
    ["--limit", ["--limit=10", "dir"], ["limit = 10"]],
    ["--limit=0, which is none", ["--limit", "0", "dir"], []],
    ["--processes", ["--processes=30", "dir"], ["parts_in_flight = 10", "objects_in_flight = 10"]],
    ["a unique beginning of an option", ["--proc=30", "dir"], ["parts_in_flight = 10", "objects_in_flight = 10"]],
    ["options behind operands", ["dir", "--limit=1"], ["limit = 1"]],
    ["AWS_SECURITY_TOKEN", ["dir"], ["# access keys are not shown"].slice(1), {
      AWS_SECURITY_TOKEN: "t",
      AWS_ACCESS_KEY_ID: "k",
      AWS_SECRET_ACCESS_KEY: "s",
    }],
  ];

for (const [name, args, lines, env] of OPTIONS) {
  Deno.test(`s3-parallel-put translates ${name}`, () => assertEquals(linesOf(args, env), lines));
}

Deno.test("s3-parallel-put takes AWS_SECURITY_TOKEN for the session token", () => {
  const env = { AWS_SECURITY_TOKEN: "token", AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "secret" };
  const { store } = jobOf(S3_PARALLEL_PUT, ["--bucket=b", "dir"], paper(env)).destination;
  assert(store.type === "s3");
  assertEquals(store.credentials, { accessKeyId: "key", secretAccessKey: "secret", sessionToken: "token" });
});

const PAPER_PATHS: readonly (readonly [args: readonly string[], source: string, destination: string])[] = [
  [["dir"], "/w/dir/", "s3://b/"],
  [["dir/"], "/w/dir/", "s3://b/"],
  [["./dir"], "/w/dir/", "s3://b/"],
  [["/w/dir"], "/w/dir/", "s3://b/"],
  [["--prefix=P", "dir"], "/w/dir/", "s3://b/P/"],
  [["--prefix=P/", "dir"], "/w/dir/", "s3://b/P/"],
  [["--prefix=/P", "dir"], "/w/dir/", "s3://b/P/"],
  [["--prefix=P//Q", "dir"], "/w/dir/", "s3://b/P/Q/"],
  [["one.txt"], "/w/one.txt", "s3://b/one.txt"],
  [["dir/sub/b.txt"], "/w/dir/sub/b.txt", "s3://b/dir/sub/b.txt"],
  [["--prefix=P", "dir/sub/b.txt"], "/w/dir/sub/b.txt", "s3://b/P/dir/sub/b.txt"],
  [["--prefix=P", "./one.txt"], "/w/one.txt", "s3://b/P/one.txt"],
  [["--prefix=P", "/w/one.txt"], "/w/one.txt", "s3://b/P/w/one.txt"],
  [["--prefix=P/Q", "../w/one.txt"], "/w/one.txt", "s3://b/P/Q/w/one.txt"],
  [["--prefix=P", "dir/../one.txt"], "/w/one.txt", "s3://b/P/one.txt"],
  [["--walk=tar", "t.tar"], "tar:///w/t.tar", "s3://b/"],
  [["--walk=tar", "--prefix=P", "t.tar"], "tar:///w/t.tar", "s3://b/P/"],
  [["--walk=s3", "--put=copy", "other"], "s3://other/", "s3://b/"],
  [["--walk=s3", "--put=copy", "--prefix=Z", "other"], "s3://other/", "s3://b/"],
];

for (const [args, source, destination] of PAPER_PATHS) {
  Deno.test(`s3-parallel-put ${args.join(" ")} goes from ${source} to ${destination}`, () => {
    const lines = jobToIni(jobOf(S3_PARALLEL_PUT, ["--bucket=b", ...args], paper())).split("\n");
    assertEquals(lines.filter((line) => /^(source|destination) = /.test(line)), [`source = ${source}`, `destination = ${destination}`]);
  });
}

const REFUSED: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--nope", "dir"], "no such option: --nope"],
  [["--limit=x", "dir"], "option --limit: invalid whole number: x"],
  [["--limit", "-1", "dir"], "option --limit: invalid whole number: -1"],
  [["--processes=0", "dir"], "option --processes: invalid whole number: 0"],
  [["--walk=ftp", "dir"], "option --walk: invalid choice: ftp (choose from filesystem, tar, s3)"],
  [["--put=move", "dir"], "option --put: invalid choice: move"],
  [["--put=copy", "dir"], "copy is for --walk=s3"],
  [["--grant=everyone", "dir"], "option --grant: invalid choice: everyone"],
  [["--header=Oops", "dir"], "Oops has no colon; write NAME:VALUE"],
  [["--header=Host:x", "dir"], "host belongs to the request itself"],
  [["--gzip=yes", "dir"], "--gzip takes no value"],
  [["--bucket"], "--bucket needs a value"],
  [["--i=x", "dir"], "ambiguous option --i"],
];

for (const [args, message] of REFUSED) {
  Deno.test(`s3-parallel-put refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => S3_PARALLEL_PUT.translate(["--bucket=b", ...args], paper()), TransferError, message);
    assertEquals(error.kind, "config");
    assertEquals(S3_PARALLEL_PUT.usageExit, 2);
  });
}

Deno.test("s3-parallel-put without a source or a bucket says so and ends with 1, as before", () => {
  for (const [args, text] of [[["--bucket=b"], "missing source operand"], [["dir"], "missing bucket"]] as const) {
    assertEquals(S3_PARALLEL_PUT.translate(args, paper()), { kind: "text", text: `error: ${text}`, to: "people", exitCode: 1 });
  }
});

Deno.test("the help of s3-parallel-put names every option", () => {
  const names = ["bucket", "prefix", "host", "bucket_region", "secure", "insecure", "walk", "exclude", "include", "limit", "resume", "put"];
  names.push("ignore-files-older-than-days", "content-type", "gzip", "gzip-type", "header", "grant", "encrypt-key", "processes");
  for (const name of [...names, "dry-run", "log-filename", "quiet", "verbose"]) assertStringIncludes(S3_PARALLEL_PUT.help, `--${name}`);
});

/** Runs all jobs of a command line and answers their ends. */
async function put(stage: Stage, args: readonly string[]): Promise<MigrateEnd[]> {
  const answer = S3_PARALLEL_PUT.translate([`--bucket=${stage.to}`, ...args], contextOf(stage.folder, {}, stage.env));
  if (answer.kind !== "jobs") throw new Error("no jobs");
  const ends: MigrateEnd[] = [];
  for (const job of answer.jobs) ends.push(await migrateJob(job));
  assertEquals(ends.map(({ error }) => error), ends.map(() => undefined));
  return ends;
}

/** What was moved over all ends. */
function done(ends: readonly MigrateEnd[]): number {
  return ends.reduce((sum, { summary }) => sum + summary.done.objects, 0);
}

async function tree(stage: Stage): Promise<void> {
  const path = (name: string) => `${stage.folder}/${name}`;
  await writeFiles(stage.folder, ["dir/a.html", "dir/.hidden", "dir/empty", "dir/sub/b.txt", "dir/sub/deep/c", "one.txt", "dir/sub/x.tmp"]);
  await Deno.writeTextFile(path("dir/empty"), "");
  await Deno.symlink("a.html", path("dir/link.html"));
  await Deno.symlink("sub", path("dir/linked"));
  await Deno.symlink("nowhere", path("dir/broken"));
  await Deno.mkdir(path("dir/nothing"));
}

const ALL = [".hidden", "a.html", "empty", "link.html", "sub/b.txt", "sub/deep/c", "sub/x.tmp"];

for (const kind of kinds) {
  const PATHS: readonly (readonly [args: readonly string[], keys: readonly string[]])[] = [
    [["dir"], ALL],
    [["--prefix=P", "./dir"], ALL.map((key) => `P/${key}`)],
    [["--prefix=P/", "dir/sub/b.txt", "one.txt"], ["P/dir/sub/b.txt", "P/one.txt"]],
    [["dir/sub", "one.txt"], ["b.txt", "deep/c", "one.txt", "x.tmp"]],
    [["--exclude=*.tmp", "dir"], ALL.filter((key) => !key.endsWith(".tmp"))],
    // An excluded folder loses its own files, not those in its sub-folders.
    [["--exclude=dir/sub", "dir"], ALL.filter((key) => key !== "sub/b.txt" && key !== "sub/x.tmp")],
    // A star matches slashes too.
    [["--exclude=dir/*", "dir"], ALL.filter((key) => !key.includes("/"))],
    [["--exclude=*", "--include=dir", "--include=*.html", "dir"], ["a.html", "link.html"]],
    [["--include=*.html", "dir"], ALL],
    [["--exclude=one.txt", "one.txt", "dir/sub/b.txt"], ["dir/sub/b.txt"]],
  ];
  for (const [args, keys] of PATHS) {
    Deno.test(`s3-parallel-put ${args.join(" ")} puts ${keys.length} keys (${kind})`, () =>
      withStage(kind, async (stage) => {
        await tree(stage);
        const ends = await put(stage, args);
        assertEquals(ends.flatMap(({ summary }) => summary.failuresShown), []);
        assertEquals(await stage.right.admin.keys(), [...keys]);
      }));
  }

  Deno.test(`s3-parallel-put --put: add never replaces, update compares bytes, stupid always writes (${kind})`, () =>
    withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["dir/same", "dir/other", "dir/new"]);
      const text = (value: string) => new TextEncoder().encode(value);
      await stage.right.admin.put("same", text("dir/same"));
      await stage.right.admin.put("other", text("dir/0ther"));
      assertEquals(done(await put(stage, ["--put=add", "dir"])), 1);
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("other")), "dir/0ther");
      assertEquals(done(await put(stage, ["dir"])), 1);
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("other")), "dir/other");
      assertEquals(done(await put(stage, ["dir"])), 0);
      assertEquals(done(await put(stage, ["--put=stupid", "dir"])), 3);
    }));

  Deno.test(`s3-parallel-put --put=update leaves an equal object alone that was uploaded in parts (${kind})`, () =>
    withStage(kind, async (stage) => {
      const bytes = new Uint8Array(11 * 1024 * 1024).fill(7);
      await Deno.mkdir(`${stage.folder}/dir`);
      await Deno.writeFile(`${stage.folder}/dir/big`, bytes);
      await stage.right.admin.putParts("big", bytes, 5 * 1024 * 1024);
      assertEquals(done(await put(stage, ["dir"])), 0);
    }));

  Deno.test(`s3-parallel-put --gzip compresses what the list names, keeps the key, and sends nothing twice (${kind})`, () =>
    withStage(kind, async (stage) => {
      const page = "<p>page</p>".repeat(400_000);
      await writeFiles(stage.folder, ["dir/a.txt", "dir/small.css"]);
      await Deno.writeTextFile(`${stage.folder}/dir/page.html`, page);
      assertEquals(done(await put(stage, ["--gzip", "dir"])), 3);
      for (const [key, body] of [["page.html", page], ["small.css", "dir/small.css"]] as const) {
        assertEquals((await stage.right.admin.head(key))?.ContentEncoding, "gzip");
        assertEquals(gunzipSync(await stage.right.admin.read(key)).toString(), body);
      }
      assertEquals((await stage.right.admin.head("a.txt"))?.ContentEncoding, undefined);
      assertEquals(done(await put(stage, ["--gzip", "dir"])), 0);
      await Deno.writeTextFile(`${stage.folder}/dir/page.html`, page.replace("page", "PAGE"));
      assertEquals(done(await put(stage, ["--gzip", "dir"])), 1);
      assertEquals(done(await put(stage, ["--gzip", "--gzip-type=all", "dir"])), 1);
      assertEquals((await stage.right.admin.head("a.txt"))?.ContentEncoding, "gzip");
    }));

  Deno.test(`s3-parallel-put --gzip sends a large file compressed and in parts (${kind})`, () =>
    withStage(kind, async (stage) => {
      // Random text: it does not become smaller than a few parts.
      const bytes = new Uint8Array(24 * 1024 * 1024);
      for (let at = 0, state = 42; at < bytes.length; at++) {
        state = Math.imul(state, 1103515245) + 12345;
        bytes[at] = state >>> 16;
      }
      await Deno.mkdir(`${stage.folder}/dir`);
      await Deno.writeFile(`${stage.folder}/dir/big.html`, bytes);
      assertEquals(done(await put(stage, ["--gzip", "dir"])), 1);
      assert((await stage.right.admin.head("big.html"))?.ETag?.includes("-"));
      assert(gunzipSync(await stage.right.admin.read("big.html")).equals(bytes));
      assertEquals(done(await put(stage, ["--gzip", "dir"])), 0);
    }));

  Deno.test(`s3-parallel-put --content-type: guess, magic, literally, and headers below what is found (${kind})`, () =>
    withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["dir/a.html", "dir/noname", "dir/odd.qqq"]);
      await Deno.writeFile(
        `${stage.folder}/dir/odd.qqq`,
        Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, 0x49, 0x48, 0x44, 0x52, 0, 0),
      );
      const type = async (key: string) => (await stage.right.admin.head(key))?.ContentType;
      await put(stage, ["--put=stupid", "--header=Content-Type:x/y", "--header=X-Amz-Meta-Who:me", "dir"]);
      assertEquals([await type("a.html"), await type("noname")], ["text/html", "x/y"]);
      assertEquals((await stage.right.admin.head("noname"))?.Metadata, { who: "me" });
      await put(stage, ["--put=stupid", "--content-type=magic", "dir"]);
      assertEquals([await type("a.html"), await type("noname"), await type("odd.qqq")], ["text/html", "text/plain", "image/png"]);
      await put(stage, ["--put=stupid", "--content-type=own/type", "dir"]);
      assertEquals([await type("a.html"), await type("noname")], ["own/type", "own/type"]);
    }));

  Deno.test(`s3-parallel-put --walk=tar puts regular files of plain and compressed archives (${kind})`, () =>
    withStage(kind, async (stage) => {
      await tree(stage);
      const long = `${"d".repeat(90)}/${"f".repeat(120)}`;
      await writeFiles(stage.folder, [`dir/${long}`]);
      const big = new Uint8Array(18 * 1024 * 1024).map((_, at) => at >> 8);
      await Deno.writeFile(`${stage.folder}/dir/big`, big);
      for (const [name, flags] of [["t.tar", "cf"], ["t.tgz", "czf"], ["p.tar", "--format=pax -cf"]] as const) {
        const tar = await new Deno.Command("tar", { args: [...flags.split(" "), name, "dir"], cwd: stage.folder }).output();
        assert(tar.success);
        const prefix = name.replace(".", "-");
        await put(stage, ["--walk=tar", `--prefix=${prefix}`, "--exclude=dir/sub/deep*", name]);
        const keys = [".hidden", "a.html", "big", long, "empty", "sub/b.txt", "sub/x.tmp"].map((key) => `${prefix}/dir/${key}`);
        assertEquals(await stage.right.admin.keys(`${prefix}/`), keys);
        assertEquals(new TextDecoder().decode(await stage.right.admin.read(`${prefix}/dir/${long}`)), `dir/${long}`);
        assertEquals(await stage.right.admin.read(`${prefix}/dir/big`), big);
        assertEquals(done(await put(stage, ["--walk=tar", `--prefix=${prefix}`, "--exclude=dir/sub/deep*", name])), 0);
      }
      await put(stage, ["--walk=tar", "--gzip", "--prefix=z", "t.tar"]);
      assertEquals(gunzipSync(await stage.right.admin.read("z/dir/a.html")).toString(), "dir/a.html");
    }));

  Deno.test(`s3-parallel-put --walk=s3 copies a bucket under its own keys, whatever --put is (${kind})`, () =>
    withStage(kind, async (stage) => {
      for (const key of ["a", "b/c", "skip.tmp"]) await stage.left.admin.put(key, new TextEncoder().encode(key));
      const dry = S3_PARALLEL_PUT.translate(
        ["--bucket", stage.to, "--walk=s3", "--put=copy", "--dry-run", stage.from],
        contextOf(stage.folder, {}, stage.env),
      );
      assert(dry.kind === "jobs" && dry.jobs.every((job) => job.dryRun));
      await put(stage, ["--walk=s3", "--put=copy", "--prefix=Z", "--exclude=*.tmp", stage.from]);
      assertEquals(await stage.right.admin.keys(), ["a", "b/c"]);
      assertEquals(done(await put(stage, ["--walk=s3", "--put=update", stage.from])), 1);
      assertEquals(done(await put(stage, ["--walk=s3", "--put=add", stage.from])), 0);
    }));

  Deno.test(`s3-parallel-put --grant, --encrypt-key and --ignore-files-older-than-days reach the store (${kind})`, () =>
    withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["dir/new", "dir/old"]);
      const longAgo = new Date(Date.now() - 40 * 86_400_000);
      await Deno.utime(`${stage.folder}/dir/old`, longAgo, longAgo);
      await put(stage, ["--grant=private", "--ignore-files-older-than-days=30", "dir"]);
      assertEquals(await stage.right.admin.keys(), ["new"]);
      const answer = S3_PARALLEL_PUT.translate(["--bucket=b", "--encrypt-key", "dir"], contextOf(stage.folder));
      assert(answer.kind === "jobs" && answer.jobs[0]?.rules.headers.set.sse === "AES256");
    }));

  Deno.test(`s3-parallel-put: --limit is shared, logs resume, dry-run logs do not, a missing source shows in the exit code (${kind})`, () =>
    withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["dir/a b", "dir/c.html", "dir/d", "more/e", "more/f"]);
      const run = async (...args: string[]) => {
        const options = { cwd: stage.folder, env: stage.env };
        return await startSluice(["s3-parallel-put", `--bucket=${stage.to}`, ...args], options).finished;
      };
      const dry = await run("--dry-run", "--log-filename=dry.log", "dir");
      assertEquals([dry.code, await stage.right.admin.keys()], [0, []]);
      await Deno.writeTextFile(`${stage.folder}/dry.log`, dry.stdout + dry.stderr);
      assertEquals((await run("--limit=4", "--log-filename=1.log", "dir", "more")).code, 0);
      assertEquals(await stage.right.admin.keys(), ["a b", "c.html", "d", "e"]);
      await stage.right.admin.remove("a b");
      await stage.right.admin.remove("d");
      await Deno.writeTextFile(
        `${stage.folder}/old.log`,
        "INFO:s3-parallel-put[putter-17]:more/f -> f\nINFO:s3-parallel-put[putter-17]:skipping dir/d -> d\n",
      );
      const resumed = await run("--gzip", "--resume=1.log", "--resume=dry.log", "--resume=old.log", "dir", "more", "nothing");
      assertEquals([resumed.code, await stage.right.admin.keys()], [1, ["c.html", "e"]]);
      assertStringIncludes(resumed.stderr, "nothing: there is no such file or folder");
      assertEquals((await run("--resume=dry.log", "dir", "more")).code, 0);
      assertEquals(await stage.right.admin.keys(), ["a b", "c.html", "d", "e", "f"]);
      assertEquals((await run("nothing")).code, 1);
      assertEquals((await run("--nope", "dir")).code, 2);
    }));
}
