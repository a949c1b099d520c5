/**
 * What the tests of the s3copy front door share: two buckets of one server behind a relay that counts, the s3cmd file with its keys, and
 * the way to run command lines as the old tool took them.
 */
import type { CompatContext } from "../../lib/compat/compat_run.ts";
import { S3COPY } from "../../lib/compat/s3copy.ts";
import { migrateJob } from "../../lib/run/job_calls.ts";
import type { Scene } from "../e2e/scene.ts";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";

/** The objects of the path table; each holds its own key. */
export const TABLE_KEYS = ["folder-001/sub/x", "folder-001/test-001", "folder-001/test-002", "folder-0010/z", "folder-002/test-003", "top"];

/** Writes the objects of the path table, and the s3cmd file; answers its path. */
export async function setUp({ left, folder }: Scene): Promise<string> {
  for (const key of TABLE_KEYS) await left.admin.put(key, new TextEncoder().encode(key));
  return await writeConfig(`${folder}/s3cfg`, left.server);
}

/** An s3cmd file as s3cmd writes it. */
export async function writeConfig(path: string, keys: { accessKeyId: string; secretAccessKey: string }): Promise<string> {
  const lines = ["[default]", `access_key = ${keys.accessKeyId}`, "host_base = example.invalid", `secret_key = ${keys.secretAccessKey}`];
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** `$S` and `$D` in a command line are the two buckets. */
export function words(scene: Scene, line: string): string[] {
  return line.split(" ").filter((word) => word !== "").map((word) =>
    word.replace("$S", `s3://${scene.left.bucket}`).replace("$D", `s3://${scene.right.bucket}`)
  );
}

/** A context with this machine's files. */
export function contextOf(files: Readonly<Record<string, string>> = {}, cores = 2): CompatContext {
  return {
    env: (name) => name === "HOME" ? "/home/nobody" : undefined,
    cwd: "/work",
    isFolder: () => undefined,
    readText: (path) => files[path],
    cores,
  };
}

/** Runs a command line in this process; answers how many objects failed. */
export async function copyHere(scene: Scene, config: string, line: string): Promise<number> {
  const endpoint = Deno.env.get("AWS_ENDPOINT_URL_S3");
  Deno.env.set("AWS_ENDPOINT_URL_S3", scene.left.proxy.endpoint);
  try {
    const context = { ...contextOf({}, 1), readText: (path: string) => path === config ? Deno.readTextFileSync(path) : undefined };
    const answer = S3COPY.translate(["-c", config, ...words(scene, line)], context);
    if (answer.kind === "text") return 0;
    if (answer.kind !== "jobs") throw new Error(`${line} is no copy`);
    let failed = 0;
    for (const job of answer.jobs) {
      const end = await migrateJob(job);
      if (end.error !== undefined) throw new Error(end.error.message);
      failed += end.summary.failed;
    }
    return failed;
  } finally {
    if (endpoint === undefined) Deno.env.delete("AWS_ENDPOINT_URL_S3");
    else Deno.env.set("AWS_ENDPOINT_URL_S3", endpoint);
  }
}

/** Runs the real program with a command line, in the scene's folder as home. */
export async function runS3copy({ folder, left }: Scene, args: readonly string[]): Promise<SluiceRun> {
  return await runAtHome(folder, left.proxy.endpoint, args);
}

/** Runs the real program with a command line in a home of its own, but with the modules that are there already. */
export async function runAtHome(home: string, endpoint: string, args: readonly string[]): Promise<SluiceRun> {
  const env = { AWS_ENDPOINT_URL_S3: endpoint, HOME: home, DENO_DIR: moduleFolder() };
  return await runSluice(["s3copy", ...args], { cwd: home, env });
}

/** Where Deno keeps what it has fetched: a home of its own must not fetch it again. */
function moduleFolder(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stderr: "null" }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** True when a request or an answer of the relay carried more than words: no request's body and no GET of an object is allowed. */
export function carriedBytes({ left }: Scene): string[] {
  const isObject = (target: string) => /^\/[^/?]+\/[^?]+/.test(target);
  return left.proxy.exchanges
    .filter(({ head: { method, target }, sentBytes }) =>
      (method === "GET" && isObject(target) && !target.includes("uploadId=")) || (method === "PUT" && isObject(target) && sentBytes > 0)
    )
    .map(({ head: { method, target }, sentBytes }) => `${method} ${target} ${sentBytes}`);
}
