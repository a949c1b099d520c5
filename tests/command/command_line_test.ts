/** Arguments to commands. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { readCommandLine } from "../../lib/command/commands.ts";
import config from "../../deno.json" with { type: "json" };
import { VERSION } from "../../lib/command/version.ts";

const RUN = { kind: "run", names: [], set: [], json: false } as const;
const STORES = { sourceStore: {}, destinationStore: {}, store: {} } as const;
const CP = { kind: "cp", source: "a", destination: "b", flags: {}, ...STORES, json: false } as const;
const UPLOADS = { kind: "uploads", location: "s3://b/", abort: false, olderThanMs: 0, store: {}, json: false } as const;

const COMMAND_LINES: [args: string, request: unknown][] = [
  ["", { kind: "help" }],
  ["--help", { kind: "help" }],
  ["-h", { kind: "help" }],
  ["help", { kind: "help" }],
  ["help keys", { kind: "help", topic: "keys" }],
  ["cp --help", { kind: "help", topic: "cp" }],
  ["--version", { kind: "version" }],
  ["jobs.ini", { ...RUN, file: "jobs.ini" }],
  ["run jobs.ini", { ...RUN, file: "jobs.ini" }],
  ["photos", { ...RUN, file: "photos" }],
  ["run chekc", { ...RUN, file: "chekc" }],
  ["jobs.ini a b", { ...RUN, file: "jobs.ini", names: ["a", "b"] }],
  ["jobs.ini 007", { ...RUN, file: "jobs.ini", names: ["007"] }],
  ["jobs.ini --dry-run a", { ...RUN, file: "jobs.ini", names: ["a"], set: ["dry_run=yes"] }],
  ["--dry-run jobs.ini", { ...RUN, file: "jobs.ini", set: ["dry_run=yes"] }],
  ["jobs.ini --dry-run=no", { ...RUN, file: "jobs.ini", set: ["dry_run=no"] }],
  ["jobs.ini --json", { ...RUN, file: "jobs.ini", json: true, set: ["log_format=json"] }],
  ["--set a=1 jobs.ini --set=b=2", { ...RUN, file: "jobs.ini", set: ["a=1", "b=2"] }],
  ["jobs.ini -- --odd", { ...RUN, file: "jobs.ini", names: ["--odd"] }],
  ["check jobs.ini a", { kind: "check", file: "jobs.ini", names: ["a"], set: [], json: false }],
  ["cp a b", CP],
  ["cp a b --part-size=64MiB --delete", { ...CP, flags: { part_size: "64MiB", delete: "yes" } }],
  ["cp a b --delete=false", { ...CP, flags: { delete: "false" } }],
  ["cp a b --delete --delete=n", { ...CP, flags: { delete: "n" } }],
  ["cp a b --json=no", CP],
  ["cp s3://b/p a -r -v", { ...CP, source: "s3://b/p/", destination: "a", flags: { log_level: "debug" } }],
  ["cp s3://b/p/ a --recursive", { ...CP, source: "s3://b/p/", destination: "a" }],
  ["cp in/ s3://b/ -nq", { ...CP, source: "in/", destination: "s3://b/", flags: { dry_run: "yes", log_level: "warn", progress: "none" } }],
  ["cp in/ s3://b/ --endpoint http://h --profile=p", {
    ...CP,
    source: "in/",
    destination: "s3://b/",
    store: { endpoint: "http://h", profile: "p" },
  }],
  ["cp s3://b/ out/ --endpoint-url http://h", { ...CP, source: "s3://b/", destination: "out/", store: { endpoint: "http://h" } }],
  ["cp --retries 3 a b", { ...CP, flags: { retries: "3" } }],
  ["cp a b --include *.a --include *.b,*.c", { ...CP, flags: { include: ["*.a", "*.b,*.c"] } }],
  ["cp a b --retries 3 --retries 4", { ...CP, flags: { retries: "4" } }],
  ["cp a b --json", { ...CP, flags: { log_format: "json" }, json: true }],
  ["cp a b --source-endpoint http://h --destination-profile p --destination-requester-pays", {
    ...CP,
    sourceStore: { endpoint: "http://h" },
    destinationStore: { profile: "p", requester_pays: "yes" },
  }],
  ["check a/ s3://b/ --destination-endpoint http://h --compare size", {
    ...CP,
    kind: "checkPlaces",
    source: "a/",
    destination: "s3://b/",
    flags: { compare: "size" },
    destinationStore: { endpoint: "http://h" },
  }],
  ["check a . --json", { ...CP, kind: "checkPlaces", source: "a", destination: ".", flags: { log_format: "json" }, json: true }],
  ["check jobs.ini a --json", { kind: "check", file: "jobs.ini", names: ["a"], set: ["log_format=json"], json: true }],
  ["uploads s3://b/", UPLOADS],
  ["uploads s3://b/ --abort --older-than 7d", { ...UPLOADS, abort: true, olderThanMs: 7 * 86_400_000 }],
  ["uploads s3://b/ --endpoint http://h --requester-pays --json", {
    ...UPLOADS,
    json: true,
    store: { endpoint: "http://h", requester_pays: "yes" },
  }],
  ["serve folder", { kind: "serve", folder: "folder", port: 0 }],
  ["serve folder --port 9000 --access-key-id 007 --secret-access-key 1e3", {
    kind: "serve",
    folder: "folder",
    port: 9000,
    keys: { accessKeyId: "007", secretAccessKey: "1e3" },
  }],
];

for (const [args, request] of COMMAND_LINES) {
  Deno.test(`readCommandLine() reads "${args}"`, async () => {
    assertEquals((await readCommandLine(args.split(" ").filter(Boolean))).request, request);
  });
}

const MISTAKES: [args: string, message: string][] = [
  ["s3cpoy s3://a s3://b", "Unknown command s3cpoy; did you mean s3copy?"],
  ["chekc jobs.ini", "Unknown command chekc; did you mean check?"],
  ["upload s3://b/", "Unknown command upload; did you mean uploads?"],
  ["jobs.ini --dryrun", "Unknown flag --dryrun of run; did you mean --dry-run?"],
  ["jobs.ini --part-size 5MiB", "Unknown flag --part-size of run: with a job file write --set part_size=VALUE"],
  ["check jobs.ini --dry-run", "Unknown flag --dry-run of check: with a job file write --set dry_run=VALUE"],
  ["check jobs.ini --compare size", "Unknown flag --compare of check: with a job file write --set compare=VALUE"],
  [
    "check jobs.ini a --source-endpoint http://h",
    "Unknown flag --source-endpoint of check: with a job file write --set store.NAME.endpoint=VALUE",
  ],
  ["check a/ b/ --set compare=size", "--set belongs to a job file: here every key is a flag of its own; see --help"],
  ["cp a b --part-sise=5MiB", "Unknown flag --part-sise of cp; did you mean --part-size?"],
  ["cp a b --source-endpont=x", "Unknown flag --source-endpont of cp; did you mean --source-endpoint?"],
  ["cp a b --quuxquux x", "Unknown flag --quuxquux of cp; see --help"],
  ["cp a b --no-delete", "Unknown flag --no-delete of cp: write --delete=no"],
  [
    "cp s3://a/ s3://b/ --endpoint http://h",
    "--endpoint is for one of two sides: write --source-endpoint or --destination-endpoint; see --help",
  ],
  [
    "cp s3://a/ s3://b/ --endpoint-url=http://h",
    "--endpoint-url is for one of two sides: write --source-endpoint or --destination-endpoint; see --help",
  ],
  ["cp a b --json=hunter2", "--json takes yes or no; see --help"],
  ["jobs.ini --endpoint http://h", "Unknown flag --endpoint of run: with a job file write --set store.NAME.endpoint=VALUE"],
  ["cp a b -x", "Unknown flag -x of cp; see --help"],
  ["cp a b --no-delete=x", "Unknown flag --no-delete of cp: write --delete=no"],
  ["cp a b --part-size.x=5", "Unknown flag --part-size.x of cp; did you mean --part-size?"],
  ["cp a b --part-size", "--part-size needs a value; see --help"],
  ["cp a b --part-size --delete", "--part-size needs a value; see --help"],
  ["cp a", "cp takes a source and a destination, and got 1 word; see --help"],
  ["cp", "cp takes a source and a destination, and got 0 words; see --help"],
  ["cp a b c", "cp takes a source and a destination, and got 3 words; see --help"],
  ["--json cp a b", "The command cp must come first, before any flag; see --help"],
  ["check", "The job file is missing: check JOB.ini [NAME…]; see --help"],
  ["--dry-run", "The job file is missing: run JOB.ini [NAME…]; see --help"],
  ["uploads", "uploads takes one location: uploads s3://bucket/prefix/; see --help"],
  ["uploads s3://b --older-than 7", "--older-than needs a time such as 7d, with the unit ms, s, m, h or d; see --help"],
  ["serve", "serve takes one folder: serve FOLDER; see --help"],
  ["serve f --port x", "--port needs a number from 0 to 65535; see --help"],
  ["serve f --port 65536", "--port needs a number from 0 to 65535; see --help"],
  ["serve f --access-key-id a", "--access-key-id and --secret-access-key belong together: give both or neither; see --help"],
  ["version --json", "Unknown flag --json of version; see --help"],
  ["version 2", "version takes no words; see --help"],
  ["serve f --secret-acess-key=hunter2", "Unknown flag --secret-acess-key of serve; did you mean --secret-access-key?"],
];

for (const [args, message] of MISTAKES) {
  Deno.test(`readCommandLine() refuses "${args}"`, async () => {
    const error = await assertRejects(() => readCommandLine(args.split(" ")), TransferError);
    assertEquals([error.kind, error.message], ["config", message]);
  });
}

Deno.test("VERSION is the one of deno.json", () => assertEquals(VERSION, config.version));
