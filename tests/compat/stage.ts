/**
 * The stage of the front doors' tables: a server of one kind with a source and a destination bucket, a folder, and profiles for both in an
 * AWS credentials file of its own. Jobs run in this process, as the program would run them.
 */
import type { CompatContext, FrontDoor } from "../../lib/compat/compat_run.ts";
import { type MigrateEnd, migrateJob } from "../../lib/run/job_calls.ts";
import type { Job } from "../../lib/job_types.ts";
import { nameToSegment } from "../../lib/disk/path.ts";
import { foundKinds, type Scene, type ServerKind, useServers, withScene } from "../e2e/scene.ts";

/** Name of the profile that knows the server's only account. */
export const PROFILE = "oldtool";

/** The kinds of server that a table runs against: the embedded store always, MinIO where it is found. */
export function useTables(): readonly ServerKind[] {
  const kinds = foundKinds(["embedded", "minio"]);
  useServers(kinds);
  return kinds;
}

/** A scene with its profiles. */
export interface Stage extends Scene {
  /** Endpoint of both buckets. */
  readonly endpoint: string;
  /** Buckets of source and destination. */
  readonly from: string;
  readonly to: string;
  /** Environment in which the profile {@link PROFILE} and the default chain find the server's account. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a test on fresh buckets of one server of that kind. */
export async function withStage(kind: ServerKind, body: (stage: Stage) => Promise<void>): Promise<void> {
  await withScene(kind, async (scene) => {
    const { accessKeyId, secretAccessKey, region } = scene.left.server;
    // The SDK remembers a file that it has read, so each kind of server has a path of its own.
    const path = `${scene.folder}.${kind}.credentials`;
    await Deno.writeTextFile(
      path,
      `[${PROFILE}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\nregion = ${region}\n`,
    );
    const before = Deno.env.toObject();
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: path,
      AWS_CONFIG_FILE: `${path}.none`,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_S3: scene.left.proxy.endpoint,
    };
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    try {
      await body({ ...scene, endpoint: scene.left.proxy.endpoint, from: scene.left.bucket, to: scene.right.bucket, env });
    } finally {
      for (const name of Object.keys(env)) {
        if (before[name] === undefined) Deno.env.delete(name);
        else Deno.env.set(name, before[name]);
      }
      await Deno.remove(path);
    }
  }, { sameServer: true });
}

/** A context whose working folder is `cwd` on the disk, or where there is nothing but `files`. */
export function contextOf(
  cwd: string,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): CompatContext {
  const path = (name: string) => name.startsWith("/") ? name : `${cwd}/${name}`;
  return {
    cwd,
    cores: 3,
    env: (name) => env[name],
    fileKey: nameToSegment,
    isFolder: (name) => isFolder(path(name)),
    readText: (name) => files[name] ?? readText(path(name)),
  };
}

/** The one job that a door makes of these arguments. */
export function jobOf(door: FrontDoor, args: readonly string[], context: CompatContext): Job {
  const answer = door.translate(args, context);
  const [job, ...more] = answer.kind === "jobs" ? answer.jobs : [];
  if (job === undefined || more.length > 0) throw new Error("The door did not answer one job");
  return job;
}

/** Runs the one job that a door makes of these arguments. */
export function runDoor(door: FrontDoor, args: readonly string[], context: CompatContext): Promise<MigrateEnd> {
  return migrateJob(jobOf(door, args, context));
}

/** Writes files with their own names as content, and the folders that they need. */
export async function writeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, name);
  }
}

/** All files below a folder, relative and sorted; folders without anything in them end in a slash. */
export function treeOf(folder: string, below = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${below}`)) {
    if (!isDirectory) found.push(below + name);
    else {
      const inside = treeOf(folder, `${below}${name}/`);
      found.push(...inside.length === 0 ? [`${below}${name}/`] : inside);
    }
  }
  return found.sort();
}

function isFolder(path: string): boolean | undefined {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
