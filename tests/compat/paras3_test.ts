/** Every row of the tables of paras3: options and settings without a store, paths and nodes against stores. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PARAS3 } from "../../lib/compat/paras3.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { JobFileError } from "../../lib/job/mistake.ts";
import { FOLDER_NODE_BODY } from "../../lib/limits.ts";
import { planOf } from "../../lib/run/job_calls.ts";
import { contextOf, jobOf, runDoor, type Stage, treeOf, useTables, withStage, writeFiles } from "./stage.ts";

const kinds = useTables();

type Env = Readonly<Record<string, string>>;

/** The lines of the job file for `args`, without those that every job has. */
function linesOf(args: readonly string[], env: Env = {}, files: Env = {}): string[] {
  const always = [
    "tree_format = s3sync",
    "final_check = yes",
    "special = skip",
    "compare = checksum",
    "log_level = warn",
    "progress = none",
    "addressing = path",
  ];
  always.push("type = s3", "parts_in_flight = 2", "objects_in_flight = 2", "workers = 3", "root_node = yes", "# access keys are not shown");
  const context = {
    ...contextOf("/w", files, env),
    isFolder: (path: string) => path.endsWith(".txt") ? false : path === "/etc" || undefined,
  };
  const lines = jobToIni(jobOf(PARAS3, args, context)).split("\n").filter((line) => line.includes(" = ") || line.startsWith("#"));
  return lines.filter((line) => !always.includes(line) && !/^(source|destination) = /.test(line));
}

const UP = ["-r", "/etc", "b:pre"];

const OPTIONS: readonly (readonly [name: string, args: readonly string[], lines: readonly string[]])[] = [
  ["-r", UP, []],
  ["--recursive behind the operands", ["/etc", "b:pre", "--recursive"], []],
  ["nothing: only the folder's node", ["/etc", "b:pre"], ["depth = 0"]],
  ["nothing, with a slash: the first level", ["/etc/", "b:pre"], ["depth = 1"]],
  ["-n, which implies verbose", ["-n", ...UP], ["dry_run = yes", "log_objects = yes"]],
  ["--dryrun", ["--dryrun", ...UP], ["dry_run = yes", "log_objects = yes"]],
  ["--dry-run", ["--dry-run", ...UP], ["dry_run = yes", "log_objects = yes"]],
  ["a unique beginning", ["--dele", ...UP], ["delete = yes", "max_delete = 1000000000", "allow_empty_source = yes"]],
  ["-d", ["-d", ...UP], ["delete = yes", "max_delete = 1000000000", "allow_empty_source = yes"]],
  ["-D", ["-D", ...UP], ["delete = yes", "max_delete = 1000000000", "allow_empty_source = yes"]],
  ["--delete", ["--delete", ...UP], ["delete = yes", "max_delete = 1000000000", "allow_empty_source = yes"]],
  ["-p", ["-p", ...UP], ["acl = public-read"]],
  ["--public-read", ["--public-read", ...UP], ["acl = public-read"]],
  ["-s, --ssl, which is so anyway", ["-s", "--ssl", ...UP], []],
  ["-m, --make-dirs, which is so anyway", ["-m", "--make-dirs", ...UP], []],
  ["-5", ["-5", ...UP], ["compare = mtime"]],
  ["--no-md5", ["--no-md5", ...UP], ["compare = mtime"]],
  ["-v", ["-v", ...UP], ["log_objects = yes"]],
  ["--verbose", ["--verbose", ...UP], ["log_objects = yes"]],
  ["-P", ["-P", ...UP], ["log_objects = yes"]],
  ["--progress", ["--progress", ...UP], ["log_objects = yes"]],
  ["-x", ["-x", "Thu, 01 Dec 2033 16:00:00 GMT", ...UP], ["expires = Thu, 01 Dec 2033 16:00:00 GMT"]],
  ["--expires=", ["--expires=soon", ...UP], ["expires = soon"]],
  ["-c", ["-c", "max-age=60", ...UP], ["cache_control = max-age=60"]],
  ["--cache-control=", ["--cache-control=no-cache", ...UP], ["cache_control = no-cache"]],
  ["-X, the last wins", ["-X", "a", "-X", "\\.bak$", ...UP], ["exclude_regex = \\.bak$"]],
  ["--exclude=", ["--exclude=^(a|b),", ...UP], ["exclude_regex = ^(a|b)\\,"]],
  ["bundled letters", ["-rnd", "/etc", "b:pre"], [
    "delete = yes",
    "max_delete = 1000000000",
    "allow_empty_source = yes",
    "dry_run = yes",
    "log_objects = yes",
  ]],
];

for (const [name, args, lines] of OPTIONS) {
  Deno.test(`paras3 translates ${name}`, () => assertEquals(linesOf(args), lines));
}

const SETTINGS: readonly (readonly [name: string, env: Env, lines: readonly string[]])[] = [
  ["THREADS", { THREADS: "12" }, ["parts_in_flight = 4", "objects_in_flight = 4"]],
  ["HTTP_PROXY_HOST and its kin", { HTTP_PROXY_HOST: "proxy", HTTP_PROXY_PORT: "3128" }, ["proxy = http://proxy:3128"]],
  ["a proxy with a login, not printed", { HTTP_PROXY_HOST: "p", HTTP_PROXY_USER: "u", HTTP_PROXY_PASSWORD: "s:t" }, [
    "proxy = http://***@p",
  ]],
  ["SSL_CERT_FILE", { SSL_CERT_FILE: "/ca.pem" }, ["ca_file = /ca.pem"]],
  ["SSL_CERT_DIR, which wins", { SSL_CERT_FILE: "/ca.pem", SSL_CERT_DIR: "/certs" }, ["ca_file = /certs"]],
  ["S3SYNC_RETRIES", { S3SYNC_RETRIES: "20" }, ["retries = 20"]],
  ["S3SYNC_RETRIES above what one request may have", { S3SYNC_RETRIES: "500" }, ["retries = 100"]],
  ["S3SYNC_WAITONERROR", { S3SYNC_WAITONERROR: "2" }, ["retry_delay = 2s", "retry_growth = constant"]],
  ["S3SYNC_MIME_TYPES_FILE", { S3SYNC_MIME_TYPES_FILE: "/m" }, ["mime_types = /m"]],
  ["S3SYNC_NATIVE_CHARSET", { S3SYNC_NATIVE_CHARSET: "ISO-8859-1" }, []],
  ["AWS_S3_HOST", { AWS_S3_HOST: "s3.local:9000" }, ["endpoint = https://s3.local:9000"]],
  ["AWS_S3_HOST with a scheme", { AWS_S3_HOST: "http://127.0.0.1:9000" }, ["endpoint = http://127.0.0.1:9000"]],
  ["AWS_S3_HOST of Amazon", { AWS_S3_HOST: "s3.amazonaws.com" }, []],
  ["AWS_ENDPOINT_URL_S3", { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9000" }, ["endpoint = http://127.0.0.1:9000"]],
  ["AWS_CALLING_FORMAT=REGULAR", { AWS_CALLING_FORMAT: "REGULAR" }, []],
  ["AWS_CALLING_FORMAT=SUBDOMAIN", { AWS_CALLING_FORMAT: "SUBDOMAIN" }, ["addressing = virtual"]],
  ["AWS_CALLING_FORMAT=VANITY", { AWS_CALLING_FORMAT: "VANITY", AWS_S3_HOST: "http://x:81" }, [
    "endpoint = http://b:81",
    "region = us-east-1",
    "addressing = own",
  ]],
];

for (const [name, env, lines] of SETTINGS) {
  const files = { "/m": "text/x-own  own OWN2\n" };
  Deno.test(`paras3 takes ${name} from the environment`, () => assertEquals(linesOf(UP, env, files), lines));
  Deno.test(`paras3 takes ${name} from its file, whatever the section`, () => {
    const text = Object.entries(env).map(([key, value]) => `[some.${key}]\n# comment\n${key.toLowerCase()} = "${value}"\n`).join("");
    if ("AWS_ENDPOINT_URL_S3" in env) return;
    assertEquals(linesOf(UP, { HOME: "/home/me" }, { ...files, "/home/me/.paras3.ini": text }), lines);
  });
}

Deno.test("paras3 reads the first file that exists, and the environment beats it key by key", () => {
  const files = { "/home/me/.paras3.ini": "THREADS=9\nS3SYNC_RETRIES=7\n", "/p/paras3.ini": "THREADS=3\nAWS_S3_HOST=never\n" };
  const env = { HOME: "/home/me", PARAS3_DIR: "/p", S3SYNC_RETRIES: "4" };
  assertEquals(linesOf(UP, env, files), ["parts_in_flight = 3", "objects_in_flight = 3", "retries = 4"]);
  assertEquals(linesOf(UP, { ...env, HOME: "/home/other" }, files), [
    "endpoint = https://never",
    "parts_in_flight = 1",
    "objects_in_flight = 1",
    "retries = 4",
  ]);
});

Deno.test("paras3 keeps keys out of what it prints, and pairs a session token with the environment's keys only", () => {
  const env = { AWS_ACCESS_KEY_ID: "key", AWS_SECRET_ACCESS_KEY: "hidden", AWS_SESSION_TOKEN: "token" };
  const job = jobOf(PARAS3, UP, { ...contextOf("/w", {}, env), isFolder: () => true });
  assert(job.destination.store.type === "s3");
  assertEquals(job.destination.store.credentials, { accessKeyId: "key", secretAccessKey: "hidden", sessionToken: "token" });
  assert(!jobToIni(job).includes("hidden"));
});

for (const env of [{ AWS_CALLING_FORMAT: "MAGIC" }, { THREADS: "many" }, { S3SYNC_RETRIES: "some" }]) {
  const [name = ""] = Object.keys(env);
  Deno.test(`paras3 names ${name} when its value makes no sense`, () => {
    const error = assertThrows(() => linesOf(UP, env), JobFileError, name);
    assertEquals([error.kind, PARAS3.usageExit], ["config", 2]);
  });
}

const USAGE: readonly (readonly [args: readonly string[], exitCode: number])[] = [
  [[], 0],
  [["-r"], 0],
  [["--nope", "/etc", "b:pre"], 2],
  [["--e=x", "/etc", "b:pre"], 2],
  [["/etc"], 2],
  [["/etc", "b:pre", "more"], 2],
  [["/etc", "/tmp"], 2],
  [["a:b", "c:d"], 2],
  [["c:/windows", "/tmp"], 2],
];

for (const [args, exitCode] of USAGE) {
  Deno.test(`paras3 ${args.join(" ")} shows the usage on stdout and ends with ${exitCode}`, () => {
    const answer = PARAS3.translate(args, contextOf("/w"));
    assert(answer.kind === "text");
    assertEquals([answer.to, answer.exitCode], ["results", exitCode]);
    assertStringIncludes(answer.text, "sluice paras3 [OPTION…] SOURCE DESTINATION");
  });
}

const PLACES: readonly (readonly [args: readonly string[], source: string, destination: string, lines: readonly string[]])[] = [
  [["-r", "/etc", "b:pre"], "/etc/", "s3://b/pre/etc/", ["root_node = yes"]],
  [["-r", "/etc", "b:pre/"], "/etc/", "s3://b/pre/etc/", ["root_node = yes"]],
  [["-r", "/etc", "bb:/pre//"], "/etc/", "s3://bb/pre/etc/", ["root_node = yes"]],
  [["-r", "//etc", "b:"], "/etc/", "s3://b/etc/", ["root_node = yes"]],
  [["-r", "/etc/", "b:pre/etcbackup"], "/etc/", "s3://b/pre/etcbackup/", []],
  [["-r", "/etc//", "b:"], "/etc/", "s3://b/", []],
  [["-r", "b:pre/etc/", "/root/r"], "s3://b/pre/etc/", "/root/r/", []],
  [["-r", "b:pre/etc", "/root"], "s3://b/pre/etc/", "/root/etc/", ["root_node = yes"]],
  [["-r", "b:pre/etc", "/root/"], "s3://b/pre/etc/", "/root/etc/", ["root_node = yes"]],
  [["-r", "b:", "/root/r"], "s3://b/", "/root/r/", []],
  [["-r", "--make-dirs", "b:pre/etc/", "/root/r"], "s3://b/pre/etc/", "/root/r/", []],
  [["f.txt", "b:pre"], "/w/f.txt", "s3://b/pre/f.txt", []],
];

for (const [args, source, destination, lines] of PLACES) {
  Deno.test(`paras3 ${args.join(" ")} goes from ${source} to ${destination}`, () => {
    const context = { ...contextOf("/w"), isFolder: (path: string) => path.endsWith(".txt") ? false : path === "/etc" || undefined };
    const all = jobToIni(jobOf(PARAS3, args, context)).split("\n");
    const found = all.filter((line) => /^(source|destination|root_node) = /.test(line));
    assertEquals(found, [`source = ${source}`, `destination = ${destination}`, ...lines]);
  });
}

Deno.test("the help of paras3 names every option and setting", () => {
  const names = ["recursive", "dryrun", "dry-run", "delete", "public-read", "ssl", "make-dirs", "no-md5", "verbose", "progress", "expires"];
  for (const name of [...names, "cache-control", "exclude"]) assertStringIncludes(PARAS3.help, `--${name}`);
  for (const name of ["THREADS", "SSL_CERT_DIR", "S3SYNC_NATIVE_CHARSET", "VANITY"]) assertStringIncludes(PARAS3.help, name);
});

/** Folder `etc` with files, an empty folder, links and modes of its own. */
async function etc(stage: Stage): Promise<void> {
  await writeFiles(stage.folder, ["etc/hosts", "etc/sub/b", "etc/sub/deep/c", "etc/sub-x"]);
  await Deno.mkdir(`${stage.folder}/etc/empty`);
  await Deno.chmod(`${stage.folder}/etc/hosts`, 0o640);
  await Deno.chmod(`${stage.folder}/etc/empty`, 0o750);
  await Deno.symlink("hosts", `${stage.folder}/etc/link`);
  await Deno.symlink("sub", `${stage.folder}/etc/sublink`);
  await Deno.symlink("nowhere", `${stage.folder}/etc/broken`);
}

const NODES = ["broken", "empty", "hosts", "link", "sub", "sub-x", "sub/b", "sub/deep", "sub/deep/c", "sublink"];

/** Runs a command line in the stage's folder, with the default endpoint of the stage. */
async function paras3(stage: Stage, ...args: string[]) {
  const command = args.map((arg) => arg.replace("BUCKET", stage.to));
  const end = await runDoor(PARAS3, command, contextOf(stage.folder, {}, stage.env));
  assertEquals([end.error, end.summary.failed], [undefined, 0]);
  return end;
}

/** MinIO tells no key below the name of an object, so that there nodes hide what lies in their folders. */
const tellsAll = (kind: string) => kind !== "minio";

for (const kind of kinds.filter(tellsAll)) {
  Deno.test(`paras3 -r keeps folders, links, owners and modes there and back (${kind})`, () =>
    withStage(kind, async (stage) => {
      await etc(stage);
      await paras3(stage, "-r", "etc", "BUCKET:pre");
      assertEquals(await stage.right.admin.keys(), ["pre/etc", ...NODES.map((key) => `pre/etc/${key}`)]);
      const text = async (key: string) => new TextDecoder().decode(await stage.right.admin.read(key));
      assertEquals([await text("pre/etc"), await text("pre/etc/empty")], [FOLDER_NODE_BODY, FOLDER_NODE_BODY]);
      assertEquals([await text("pre/etc/link"), await text("pre/etc/sublink"), await text("pre/etc/hosts")], ["hosts", "sub", "etc/hosts"]);
      const { uid, gid } = Deno.statSync(`${stage.folder}/etc/hosts`);
      const head = await stage.right.admin.head("pre/etc/hosts");
      assertEquals(head?.Metadata, { owner: String(uid), group: String(gid), permissions: String(0o100640) });
      assertEquals((await stage.right.admin.head("pre/etc/link"))?.Metadata?.symlink, "true");
      assertEquals((await paras3(stage, "-r", "etc", "BUCKET:pre")).summary.done.objects, 0);

      assertEquals((await paras3(stage, "-r", "BUCKET:pre/etc", "back")).differences, []);
      assertEquals(
        treeOf(`${stage.folder}/back`).filter((name) => name !== "etc/link"),
        treeOf(stage.folder).filter((name) => name.startsWith("etc/") && name !== "etc/link"),
      );
      const back = (name: string) => `${stage.folder}/back/etc/${name}`;
      assertEquals([Deno.readLinkSync(back("link")), Deno.readLinkSync(back("sublink")), Deno.readLinkSync(back("broken"))], [
        "hosts",
        "sub",
        "nowhere",
      ]);
      assertEquals([Deno.statSync(back("hosts")).mode, Deno.statSync(back("empty")).mode], [0o100640, 0o040750]);
      assertEquals((await paras3(stage, "-r", "BUCKET:pre/etc/", "back/etc")).summary.done.objects, 0);
    }));

  const LEVELS: readonly (readonly [args: readonly string[], keys: readonly string[]])[] = [
    [["etc", "BUCKET:pre"], ["pre/etc"]],
    [["etc/", "BUCKET:pre"], ["broken", "empty", "hosts", "link", "sub", "sub-x", "sublink"].map((key) => `pre/${key}`)],
    [["-r", "etc/", "BUCKET:pre/etcbackup"], NODES.map((key) => `pre/etcbackup/${key}`)],
    [["-r", "etc", "BUCKET:"], ["etc", ...NODES.map((key) => `etc/${key}`)]],
    [["etc/hosts", "BUCKET:pre"], ["pre/hosts"]],
    // What a folder's path matches leaves out all below it; no slash stands in front.
    [["-r", "-X", "^sub$|broken", "etc/", "BUCKET:p"], ["empty", "hosts", "link", "sub-x", "sublink"].map((key) => `p/${key}`)],
  ];
  for (const [args, keys] of LEVELS) {
    Deno.test(`paras3 ${args.join(" ")} writes ${keys.length} objects (${kind})`, () =>
      withStage(kind, async (stage) => {
        await etc(stage);
        await paras3(stage, ...args);
        assertEquals(await stage.right.admin.keys(), [...keys]);
      }));
  }

  Deno.test(`paras3 -r --delete leaves sibling prefixes and excluded names alone, both ways (${kind})`, () =>
    withStage(kind, async (stage) => {
      await etc(stage);
      const put = (key: string) => stage.right.admin.put(key, new TextEncoder().encode(key));
      for (const key of ["pre/etc2", "pre/etc2/x", "pre/etc-old", "pre/etc/gone", "pre/etc/keep.bak"]) await put(key);
      await paras3(stage, "-r", "--delete", "-X", "\\.bak$", "etc", "BUCKET:pre");
      const siblings = ["pre/etc-old", "pre/etc2", "pre/etc2/x"];
      const kept = [...siblings, "pre/etc", ...NODES.map((key) => `pre/etc/${key}`), "pre/etc/keep.bak"].sort();
      assertEquals(await stage.right.admin.keys(), kept);

      await paras3(stage, "-r", "BUCKET:pre/etc", "back");
      await writeFiles(stage.folder, ["back/etc/extra/file", "back/etc/own.bak", "back/etc2/y"]);
      await paras3(stage, "-r", "-D", "-X", "\\.bak$", "BUCKET:pre/etc/", "back/etc");
      const left = treeOf(`${stage.folder}/back`);
      assertEquals(left.filter((name) => name.includes("extra")), []);
      assert(left.includes("etc/own.bak") && left.includes("etc2/y") && left.includes("etc/sub/deep/c"));
    }));
}

for (const kind of kinds) {
  Deno.test(`paras3 notices when a server hides what lies below a node (${kind})`, () =>
    withStage(kind, async (stage) => {
      await etc(stage);
      const end = await paras3(stage, "-r", "etc", "BUCKET:pre");
      const hidden = (end.differences ?? []).map(({ key, difference }) => `${key} ${difference}`);
      assertEquals(hidden, tellsAll(kind) ? [] : NODES.map((key) => `${key} missing`));
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("pre/etc/sub/b")), "etc/sub/b");
    }));

  Deno.test(`paras3 --make-dirs or not: a tree without folder nodes comes whole; without -r only its first level (${kind})`, () =>
    withStage(kind, async (stage) => {
      for (const key of ["pre/etc/a", "pre/etc/s/b", "pre/etc/s/t/c", "pre/etc2"]) {
        await stage.right.admin.put(key, new TextEncoder().encode(key));
      }
      await paras3(stage, "-r", "--make-dirs", "BUCKET:pre/etc/", "one");
      assertEquals(treeOf(`${stage.folder}/one`), ["a", "s/b", "s/t/c"]);
      await paras3(stage, "-r", "BUCKET:pre/etc", "two");
      assertEquals(treeOf(`${stage.folder}/two`), ["etc/a", "etc/s/b", "etc/s/t/c"]);
      await paras3(stage, "BUCKET:pre/etc/", "three");
      assertEquals(treeOf(`${stage.folder}/three`), ["a"]);
    }));

  Deno.test(`paras3 compares by MD5, or with --no-md5 by time, and sends nothing twice (${kind})`, () =>
    withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["d/same"]);
      const later = new Date(Date.now() + 3_600_000);
      const moved = async (...args: string[]) => (await paras3(stage, ...args, "-r", "d/", "BUCKET:p")).summary.done.objects;
      assertEquals(await moved("-c", "no-cache", "-x", "Thu, 01 Dec 2033 16:00:00 GMT"), 1);
      const head = await stage.right.admin.head("p/same");
      assertEquals([head?.CacheControl, head?.ExpiresString], ["no-cache", "Thu, 01 Dec 2033 16:00:00 GMT"]);
      await Deno.utime(`${stage.folder}/d/same`, later, later);
      assertEquals([await moved(), await moved("--no-md5")], [0, 1]);
      const big = new Uint8Array(11 * 1024 * 1024);
      await Deno.writeFile(`${stage.folder}/d/big`, big);
      await stage.right.admin.putParts("p/big", big, 5 * 1024 * 1024);
      assertEquals(await moved(), 0);
    }));

  Deno.test(`paras3 -n changes nothing and tells everything (${kind})`, () =>
    withStage(kind, async (stage) => {
      await etc(stage);
      const job = jobOf(PARAS3, ["-n", "-r", "etc", `${stage.to}:pre`], contextOf(stage.folder, {}, stage.env));
      assert(job.dryRun);
      const planned: string[] = [];
      for await (const item of planOf(job)) if (item.kind === "transfer") planned.push(item.transfer.destinationKey);
      assertEquals([planned.length, await stage.right.admin.keys()], [NODES.length + 1, []]);
    }));

  Deno.test(`paras3 never writes through a link that came from the bucket (${kind})`, () =>
    withStage(kind, async (stage) => {
      await Deno.mkdir(`${stage.folder}/outside`);
      await stage.right.admin.put("p/x", new TextEncoder().encode(`${stage.folder}/outside`), { Metadata: { symlink: "true" } });
      await stage.right.admin.put("p/x/evil", new TextEncoder().encode("evil"));
      await runDoor(PARAS3, ["-r", `${stage.to}:p/`, "in"], contextOf(stage.folder, {}, stage.env));
      await runDoor(PARAS3, ["-r", `${stage.to}:p/`, "in"], contextOf(stage.folder, {}, stage.env));
      assertEquals(treeOf(`${stage.folder}/outside`), []);
    }));
}
