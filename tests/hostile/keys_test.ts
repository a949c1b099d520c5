/**
 * Keys that try to leave the destination folder: from a store that lists whatever it likes, and from the embedded store. What lies outside
 * stays as it was, a key that cannot be a file is one clear line, and all others are there.
 */
import { assert, assertEquals } from "@std/assert";
import { keyToFolder, keyToPath } from "../../lib/disk/path.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { withFolder } from "../e2e/trees.ts";
import { type HostileObject, startHostileStore } from "./hostile_store.ts";
import { findControls, runAndListen } from "./spoken.ts";
import { seenBelow } from "./witness.ts";

/** Each holds its own number, so that a file that another key wrote is told from its own. */
const KEYS: readonly string[] = [
  "../evil",
  "../../evil",
  "a/../../evil",
  "a/./b",
  "q/..",
  "q/.",
  "./",
  "/etc/evil",
  "//evil",
  "%2e%2e/evil",
  "%2E%2E%2Fevil",
  "..%2fevil",
  "%252E%252E/evil",
  "..\\..\\evil",
  "C:\\evil",
  "C:/evil",
  "\\\\host\\share\\evil",
  "nul\0/../../evil",
  "~/evil",
  "$HOME/evil",
  "`evil`",
  "-rf",
  "trailing/",
  "trailing/slash//",
  ".target.sluice-abcdef-1",
  ".target.sluice-abcdef-400",
  "..sluice-1",
  "folder/.x.sluice-00ff/../evil",
  "line\nbreak",
  "CON",
  "aux.txt",
  "name:stream",
  "dot. ",
  "Case",
  "case",
  "cafe\u0301",
  "caf\u00e9",
  `${"d/".repeat(450)}deep`,
  "b".repeat(255),
];

/** Keys that no file can have, and why not. */
const REFUSED: ReadonlyMap<string, RegExp> = new Map([
  ["s".repeat(256), /name of 256 bytes/],
  ["é".repeat(200), /name of 400 bytes/],
  ["/".repeat(1020), /too long/],
  ["file/below", /is a file, so it cannot be a folder as well/],
]);

/** The way in, for a store of either kind. */
interface Source {
  readonly endpoint: string;
  readonly keys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

function bodyOf(key: string): string {
  return `body of ${encodeURIComponent(key)}`;
}

async function hostile(): Promise<Source> {
  const keys = [...KEYS, "file", ...REFUSED.keys()];
  const objects = Object.fromEntries(keys.map((key): [string, HostileObject] => [key, { body: bodyOf(key) }]));
  const server = await startHostileStore(objects);
  return { endpoint: server.endpoint, keys, env: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "bcdefgh" }, stop: () => server.stop() };
}

async function embedded(): Promise<Source> {
  const server = await startEmbedded();
  const admin = new BucketAdmin(server, "bucket");
  const keys = [...KEYS, "file", ...REFUSED.keys()];
  try {
    await admin.create();
    for (const key of keys) await admin.put(key, new TextEncoder().encode(bodyOf(key)));
  } finally {
    admin.close();
  }
  const env = { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey };
  return { endpoint: server.endpoint, keys, env, stop: () => server.stop() };
}

for (const [name, start] of [["a store that lists what it likes", hostile], ["the embedded store", embedded]] as const) {
  for (const [way, flags] of [["whole", []], ["through partial files", ["--multipart-threshold", "1"]]] as const) {
    Deno.test(`no key of ${name} leads out of the folder, objects fetched ${way}`, async () => {
      const source = await start();
      try {
        await withFolder((folder) => download(source, flags, folder));
      } finally {
        await source.stop();
      }
    });
  }
}

async function download(source: Source, flags: readonly string[], folder: string): Promise<void> {
  const root = `${folder}/one/two/got`;
  await Deno.mkdir(root, { recursive: true });
  for (const victim of ["evil", "one/evil", "one/two/evil", "one/two/b"]) await Deno.writeTextFile(`${folder}/${victim}`, "mine");
  const before = await seenBelow(folder, root);
  const args = ["cp", "s3://bucket/", `${root}/`, "--source-endpoint", source.endpoint, "--source-region", "us-east-1", ...flags];
  const { run, spoken } = await runAndListen(args, { cwd: folder, env: { ...source.env, HOME: folder } });
  assertEquals(await seenBelow(folder, root), before, "Something outside was touched");
  assertEquals(run.code, 1, run.stderr);
  assertEquals(findControls(spoken), []);

  const failed = run.stderr.split("\n").filter((line) => line.startsWith("error: Failed "));
  assertEquals(failed.length, REFUSED.size, run.stderr);
  for (const [key, why] of REFUSED) {
    const line = failed.find((line) => line.startsWith(`error: Failed ${key}: `));
    assert(line !== undefined && why.test(line), `${key.slice(0, 20)}: ${line}\n${run.stderr}`);
  }
  for (const key of source.keys) {
    if (REFUSED.has(key)) continue;
    const path = keyToPath(root, key);
    assert(path.startsWith(`${root}/`), key);
    assertEquals(await Deno.readTextFile(path), bodyOf(key), JSON.stringify(key));
  }
  // One file for each object and nothing else: no partial file, no folder of a key that was refused.
  const files = (await seenBelow(root)).filter((line) => / file \d+ /.test(line));
  assertEquals(files.length, source.keys.length - REFUSED.size);
  assertEquals(await Deno.stat(keyToFolder(root, "/////")).then(() => "there", () => "not there"), "not there");
}
