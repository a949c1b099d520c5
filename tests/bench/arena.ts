/**
 * Where the contests take place: a folder in memory when there is one, two servers with their data in it, the builds of sluice and the
 * peers that were found. `close` removes everything.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { peerEnv, type PeerName } from "../peers.ts";
import { startMinio, type TestServer } from "../servers.ts";
import { findTool } from "../tools.ts";
import type { Build } from "./builds.ts";
import type { Invocation } from "./measure.ts";
import { type Trees, type TreeSizes, treesOf } from "./trees.ts";

/** What a benchmark is run with. */
export interface ArenaOptions extends TreeSizes {
  readonly listedKeys: number;
  /** The builds of sluice, the one to judge first. */
  readonly builds: readonly Build[];
}

/** Two servers and their buckets. */
interface Servers {
  readonly left: TestServer;
  readonly right: TestServer;
}

/** The keys of a job in a job file. */
export type JobKeys = Readonly<Record<string, string | number>>;

/** The stage of all contests. */
export class Arena {
  readonly folder: string;
  readonly options: ArenaOptions;
  readonly trees: Trees;
  readonly left: TestServer;
  readonly right: TestServer;
  readonly source: BucketAdmin;
  readonly destination: BucketAdmin;
  /** Of the authority that signed the servers' certificates, for servers over TLS. */
  readonly caFile: string | undefined;
  #jobCount = 0;

  private constructor(folder: string, options: ArenaOptions, { left, right }: Servers, caFile: string | undefined) {
    this.folder = folder;
    this.options = options;
    this.trees = treesOf(options);
    this.left = left;
    this.right = right;
    this.caFile = caFile;
    this.source = new BucketAdmin(left, "source", caFile);
    this.destination = new BucketAdmin(right, "destination", caFile);
  }

  /** Starts both servers; undefined when MinIO is not found. */
  static async open(options: ArenaOptions, tls = false): Promise<Arena | undefined> {
    const folder = await Deno.makeTempDir({ prefix: "sluice-bench-", ...await inMemory() });
    const certificate = tls ? makeCertificate(folder) : undefined;
    const settings = { parent: folder, ...(certificate !== undefined && { certificate }) };
    const left = await startMinio(settings);
    const right = await startMinio(settings);
    if (left === undefined || right === undefined) {
      await Deno.remove(folder, { recursive: true });
      return undefined;
    }
    const arena = new Arena(folder, options, { left, right }, certificate?.caFile);
    await arena.source.create();
    await arena.destination.create();
    for (const name of ["home", "out"]) await Deno.mkdir(`${folder}/${name}`);
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

  /** Each build of sluice with a job file of these keys, called `sluice` and `sluice at REV`; the stores are `left://` and `right://`. */
  async sluice(keys: JobKeys, stores = this.#stores()): Promise<[string, Invocation][]> {
    const path = `${this.folder}/job-${++this.#jobCount}.ini`;
    await Deno.writeTextFile(path, `${stores}[job.bench]\n${lines({ progress: "none", ...keys })}`);
    return this.options.builds.map(({ name, main }) => [
      name,
      { command: Deno.execPath(), args: ["run", "-A", main, path], env: sluiceEnv(), cwd: this.folder },
    ]);
  }

  /** A peer with its arguments, or undefined when it is not found. `near` is the server of those that know one endpoint only. */
  peer(tool: PeerName, args: readonly string[], near: "left" | "right"): Invocation | undefined {
    const command = findTool(tool);
    if (command === undefined) return undefined;
    const first = { [near]: this[near] };
    return { command, args, env: peerEnv(`${this.folder}/home`, { ...first, left: this.left, right: this.right }), cwd: this.folder };
  }

  #stores(): string {
    const more = this.caFile === undefined ? {} : { ca_file: this.caFile };
    return storeSection("left", this.left, more) + storeSection("right", this.right, more);
  }
}

/** One `[store.NAME]` section. */
export function storeSection(
  name: string,
  server: Pick<TestServer, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">,
  more: JobKeys = {},
): string {
  const keys = { type: "s3", endpoint: server.endpoint, region: server.region, addressing: "path" };
  const account = { access_key_id: server.accessKeyId, secret_access_key: server.secretAccessKey };
  return `[store.${name}]\n${lines({ ...keys, ...account, ...more })}\n`;
}

function lines(keys: JobKeys): string {
  return Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("");
}

function sluiceEnv(): Record<string, string> {
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !/^(AWS|S3|SLUICE)_/.test(name)));
}

/** An authority, and a certificate for 127.0.0.1 that it signed; paths in PEM. */
function makeCertificate(folder: string): { caFile: string; certFile: string; keyFile: string } {
  const [caFile, caKey] = [`${folder}/ca.crt`, `${folder}/ca.key`];
  const [certFile, keyFile] = [`${folder}/server.crt`, `${folder}/server.key`];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  openssl(...request, "-subj", "/CN=authority", "-keyout", caKey, "-out", caFile);
  const server = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"];
  openssl(...request, ...server, "-CA", caFile, "-CAkey", caKey, "-keyout", keyFile, "-out", certFile);
  return { caFile, certFile, keyFile };
}

function openssl(...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, stdout: "null", stderr: "piped" }).outputSync();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** A file system in memory keeps the disk out of the numbers. */
async function inMemory(): Promise<{ dir?: string }> {
  try {
    return (await Deno.stat("/dev/shm")).isDirectory ? { dir: "/dev/shm" } : {};
  } catch {
    return {};
  }
}
