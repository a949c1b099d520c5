/**
 * Where the contests take place: a folder in memory when there is one, two servers with their data in it, the peers that were found, and
 * how sluice and each peer are called. Everything is removed by `close`.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { peerEnv, type PeerName } from "../peers.ts";
import { startMinio, type TestServer } from "../servers.ts";
import { findTool } from "../tools.ts";
import type { Contestant } from "./contest.ts";
import type { Invocation } from "./measure.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** What a benchmark is run with. */
export interface ArenaOptions {
  readonly objectBytes: number;
  readonly smallCount: number;
  readonly listedKeys: number;
}

/** The stage of all contests. */
export class Arena {
  readonly folder: string;
  readonly options: ArenaOptions;
  readonly left: TestServer;
  readonly right: TestServer;
  readonly source: BucketAdmin;
  readonly destination: BucketAdmin;
  #jobCount = 0;

  private constructor(folder: string, options: ArenaOptions, left: TestServer, right: TestServer) {
    this.folder = folder;
    this.options = options;
    this.left = left;
    this.right = right;
    this.source = new BucketAdmin(left, "source");
    this.destination = new BucketAdmin(right, "destination");
  }

  /** Starts both servers; undefined when MinIO is not found. */
  static async open(options: ArenaOptions): Promise<Arena | undefined> {
    const folder = await Deno.makeTempDir({ prefix: "sluice-bench-", ...await inMemory() });
    const left = await startMinio({ parent: folder });
    const right = await startMinio({ parent: folder });
    if (left === undefined || right === undefined) {
      await Deno.remove(folder, { recursive: true });
      return undefined;
    }
    const arena = new Arena(folder, options, left, right);
    await arena.source.create();
    await arena.destination.create();
    for (const name of ["home", "big", "small", "out"]) await Deno.mkdir(`${folder}/${name}`);
    return arena;
  }

  /** Stops the servers and removes everything; may be called after a failure at any point. */
  async close(): Promise<void> {
    this.source.close();
    this.destination.close();
    await this.left.stop();
    await this.right.stop();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** sluice with a job file of these keys; the stores are `left://` and `right://`. */
  async sluice(keys: Readonly<Record<string, string | number>>): Promise<Invocation> {
    const stores = [["left", this.left], ["right", this.right]] as const;
    return await this.sluiceWith(stores.map(([name, server]) => storeSection(name, server)).join(""), keys);
  }

  /** sluice with other stores than the two of the arena. */
  async sluiceWith(stores: string, keys: Readonly<Record<string, string | number>>): Promise<Invocation> {
    const path = `${this.folder}/job-${++this.#jobCount}.ini`;
    await Deno.writeTextFile(path, `${stores}[job.bench]\n${lines({ progress: "none", ...keys })}`);
    return { command: Deno.execPath(), args: ["run", "-A", MAIN, path], env: sluiceEnv(), cwd: this.folder };
  }

  /**
   * A peer with its arguments, or undefined when it is not found. mc and rclone know the servers as `left` and `right`; the others know
   * one endpoint, `near`.
   */
  peer(tool: PeerName, args: readonly string[], near: "left" | "right"): Invocation | undefined {
    const command = findTool(tool);
    if (command === undefined) return undefined;
    const first = { [near]: this[near] };
    return { command, args, env: peerEnv(`${this.folder}/home`, { ...first, left: this.left, right: this.right }), cwd: this.folder };
  }

  /** Removes every object of the destination bucket, past every tool. */
  async emptyDestination(): Promise<void> {
    for (const key of await this.destination.keys()) await this.destination.remove(key);
  }
}

/** The contestants that were found. */
export function present(
  entries: readonly (readonly [string, Invocation | undefined])[],
  steps: Pick<Contestant, "reset" | "check">,
): Contestant[] {
  return entries.flatMap(([tool, invocation]) => invocation === undefined ? [] : [{ tool, invocation, ...steps }]);
}

/** One `[store.NAME]` section. */
export function storeSection(name: string, server: Pick<TestServer, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">): string {
  const keys = { type: "s3", endpoint: server.endpoint, region: server.region, addressing: "path" };
  return `[store.${name}]\n${lines({ ...keys, access_key_id: server.accessKeyId, secret_access_key: server.secretAccessKey })}\n`;
}

function lines(keys: Readonly<Record<string, string | number>>): string {
  return Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("");
}

function sluiceEnv(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !/^(AWS|S3|SLUICE)_/.test(name)));
}

/** A file system in memory keeps the disk out of the numbers. */
async function inMemory(): Promise<{ dir?: string }> {
  try {
    return (await Deno.stat("/dev/shm")).isDirectory ? { dir: "/dev/shm" } : {};
  } catch {
    return {};
  }
}
