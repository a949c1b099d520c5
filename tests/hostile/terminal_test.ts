/**
 * Keys, names and answers that steer a terminal: the program says them written out on every way on which it says them at all, on a pipe and
 * on a terminal, and lines for machines stay JSON.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { withFolder } from "../e2e/trees.ts";
import { type HostileObject, startHostileStore } from "./hostile_store.ts";
import { findControls, notJson, runAndListen } from "./spoken.ts";
import { errorXml } from "../remote/scripted_server.ts";

/** Clears the screen, sets the title, asks for an answer, 8-bit forms, turns text around, goes back in the line. */
const EVIL = "\x1b[2J\x1b]0;owned\x07\x1b[6n\u009b31m\u202eetirw\u2066\r\t\x7f\u2028end";

const OBJECTS: Readonly<Record<string, HostileObject>> = {
  [`good${EVIL}`]: { body: "good" },
  [`meta${EVIL}`]: { body: "meta", headers: { "content-disposition": encodeURI(EVIL), "x-amz-storage-class": "STANDARD" } },
  [`refused${EVIL}`]: { body: "x", answer: { status: 403, body: errorXml(`Odd${EVIL}`, `${EVIL} no`, `<RequestId>${EVIL}</RequestId>`) } },
  [`broken${EVIL}`]: { body: "x", answer: { status: 400, body: errorXml("Odd", `${EVIL} no`) } },
  [`page${EVIL}`]: { body: "x", answer: { status: 500, headers: { "content-type": "text/html" }, body: `<h1>${EVIL}</h1>` } },
  [`long${EVIL}${"x".repeat(255)}`]: { body: "x" },
  [`file${EVIL}`]: { body: "x" },
  [`file${EVIL}/below`]: { body: "x" },
};

const ENV = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "bcdefgh" };

interface Row {
  readonly way: string;
  readonly args: (endpoint: string) => string[];
  /** Every line of stdout is JSON. */
  readonly json?: true;
  readonly codes: readonly number[];
}

const from = (
  endpoint: string,
) => ["--source-endpoint", endpoint, "--source-region", "us-east-1", "--retries", "1", "--retry-delay", "1ms"];
const down = (...more: string[]) => (endpoint: string) => ["cp", "s3://bucket/", "got/", ...from(endpoint), ...more];

const ROWS: readonly Row[] = [
  { way: "a run", args: down(), codes: [1] },
  { way: "a run that tells all", args: down("--log-level", "debug", "--log-objects", "--log-file", "run.log"), codes: [1] },
  { way: "a run with plain progress", args: down("--progress", "lines"), codes: [1] },
  { way: "a run with a bar", args: down("--progress", "bar"), codes: [1] },
  { way: "a run for machines", args: down("--json", "--manifest", "run.ndjson", "--log-level", "debug"), json: true, codes: [1] },
  { way: "a dry run", args: down("--dry-run"), codes: [1] },
  { way: "a dry run for machines", args: down("--dry-run", "--json"), json: true, codes: [1] },
  { way: "one object", args: (endpoint) => ["cp", `s3://bucket/broken${EVIL}`, "got/", ...from(endpoint)], codes: [1, 2] },
  { way: "one object that is not there", args: (endpoint) => ["cp", `s3://bucket/none${EVIL}`, "got/", ...from(endpoint)], codes: [2] },
  { way: "unfinished uploads", args: (endpoint) => ["uploads", "s3://bucket/", "--endpoint", endpoint], codes: [1] },
  { way: "unfinished uploads for machines", args: (endpoint) => ["uploads", "s3://bucket/", "--endpoint", endpoint, "--json"], codes: [1] },
  { way: "a bucket of that name", args: (endpoint) => ["cp", `s3://bu${EVIL}/`, "got/", ...from(endpoint)], codes: [2] },
  { way: "a folder of that name", args: () => ["cp", `no${EVIL}/`, "got/"], codes: [2] },
  { way: "a flag of that name", args: () => ["cp", "a/", "b/", `--x${EVIL}`], codes: [2] },
  { way: "a value", args: () => ["cp", "a/", "b/", "--part-size", EVIL], codes: [2] },
  { way: "a command", args: () => [EVIL], codes: [2] },
  { way: "a job file", args: () => ["evil.ini"], codes: [2] },
  { way: "a job of that name", args: () => ["evil.ini", `job${EVIL}`], codes: [2] },
  { way: "a check", args: () => ["check", "check.ini"], codes: [1] },
  { way: "a job that deletes", args: () => ["delete.ini"], codes: [0, 1] },
  { way: "settings of an older tool", args: () => ["multi2s3", "config.py"], codes: [2] },
  { way: "words of an older tool", args: () => ["s3copy", `s3://a/${EVIL}`, `x${EVIL}`, EVIL], codes: [1, 2] },
  { way: "an older tool's job", args: () => ["s3-parallel-put", "--bucket=b", "--print-job", `names${EVIL}`], codes: [0, 2] },
];

async function fill(folder: string, endpoint: string): Promise<void> {
  for (const name of [`names${EVIL}`, "extra", "empty"]) await Deno.mkdir(`${folder}/${name}`);
  await Deno.writeTextFile(`${folder}/extra/gone${EVIL}`, "x");
  await Deno.symlink("nowhere", `${folder}/names${EVIL}/link${EVIL}`);
  const store = `[store.from]\nendpoint = ${endpoint}\nregion = us-east-1\naccess_key_id = a\nsecret_access_key = bcdefgh\n`;
  const texts = {
    "evil.ini": `[store.x${EVIL}]\nkey${EVIL} = ${EVIL}\n[job.j${EVIL}]\nsource = ${EVIL}\nworkers = ${EVIL}\n${EVIL}\n[${EVIL}]\n`,
    "check.ini": `${store}[job.one]\nsource = from://bucket/\ndestination = empty/\n`,
    "delete.ini": `[job.one]\nsource = empty/\ndestination = extra/\ndelete = yes\nlog_level = debug\nlog_objects = yes\n`,
    "config.py": `srcdir = "${EVIL}"\nx${EVIL} = 1\n`,
  };
  for (const [name, text] of Object.entries(texts)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

Deno.test("what steers a terminal is written out on every way on which it is said", async (test) => {
  const store = await startHostileStore(OBJECTS, [{ key: `up${EVIL}`, uploadId: `id${encodeURIComponent(EVIL)}` }]);
  try {
    for (const row of ROWS) {
      await test.step(row.way, () =>
        withFolder(async (folder) => {
          await fill(folder, store.endpoint);
          const options = { cwd: folder, env: { ...ENV, HOME: folder }, files: ["run.log", "run.ndjson"] };
          const { run, spoken } = await runAndListen(row.args(store.endpoint), options);
          // A bar on a pipe goes back to the start of its line and clears the rest: those are the program's own.
          const said = { ...spoken, stderr: withoutBar(run.stderr) };
          assertEquals(findControls(row.args(store.endpoint).includes("bar") ? said : spoken), [], run.stdout + run.stderr);
          assert(row.codes.includes(run.code), `${run.code}\n${run.stdout}${run.stderr}`);
          assert(run.stdout + run.stderr !== "", "Nothing was said");
          for (const text of [row.json ? run.stdout : "", spoken["run.ndjson"] ?? ""]) assertEquals(notJson(text), []);
        }));
    }
  } finally {
    await store.stop();
  }
});

/** Without what the program's own bar writes to go back in its line and to clear it. */
function withoutBar(text: string): string {
  return text.replaceAll("\x1b[K", "").replaceAll("\x1b[2K", "").replaceAll("\r", "");
}

/** Runs its arguments on a terminal of their own and passes on what they say there. */
const ON_TERMINAL = "import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const WIDE = 'stty cols 120; exec "$@"';

Deno.test("on a terminal only the program's own bar and colours steer it", async () => {
  const store = await startHostileStore(OBJECTS);
  try {
    await withFolder(async (folder) => {
      const main = new URL("../../main.ts", import.meta.url).pathname;
      let run: Deno.CommandOutput;
      try {
        run = await new Deno.Command("python3", {
          args: [
            "-c",
            ON_TERMINAL,
            "sh",
            "-c",
            WIDE,
            "sh",
            Deno.execPath(),
            "run",
            "-A",
            main,
            ...down("--log-level", "debug")(store.endpoint),
          ],
          cwd: folder,
          env: { ...ENV, TERM: "xterm" },
        }).output();
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        return console.warn("NOT RUN: python3 was not found, which opens a terminal here");
      }
      const text = new TextDecoder().decode(run.stdout);
      assertEquals(run.code, 1, text);
      assertStringIncludes(text, "\x1b[K", "There was no bar");
      const others = withoutBar(text).split("\x1b[").map((piece) => piece.replace(/^\d+m/, "")).join("");
      assertEquals(findControls({ terminal: others }), [], JSON.stringify(text));
      assertStringIncludes(text, "\\x1b[2J");
    });
  } finally {
    await store.stop();
  }
});
