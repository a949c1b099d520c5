/**
 * The stage of an end-to-end test: two servers of one kind, each behind a counting relay, buckets of its own, a folder, and the job files
 * that join them. Servers are started once per test file by {@link useServers}, everything else once per test.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { type ServerOptions, startMinio, startVersitygw, type TestServer } from "../servers.ts";
import { findTool } from "../tools.ts";
import { CountingProxy } from "./counting_proxy.ts";
import { startSluice } from "./run_sluice.ts";
import { withFolder } from "./trees.ts";

/** The kinds of server that the end-to-end tests know. */
export type ServerKind = "minio" | "versitygw" | "embedded";

/** A server with the relay through which sluice sees it. */
export interface Side {
  readonly server: TestServer;
  readonly proxy: CountingProxy;
  /** The referee's own way in, past the relay. */
  readonly admin: BucketAdmin;
  readonly bucket: string;
}

/** Everything a test works with. */
export interface Scene {
  readonly folder: string;
  readonly left: Side;
  readonly right: Side;
  /** Writes a job file with both stores (`left://`, `right://`) and one job of these keys; answers its path. */
  job(keys: Readonly<Record<string, string | number>>, name?: string): Promise<string>;
  /** `left://BUCKET/KEY` */
  leftUrl(key?: string): string;
  /** `right://BUCKET/KEY` */
  rightUrl(key?: string): string;
}

const servers = new Map<ServerKind, [TestServer, TestServer]>();
let bucketCount = 0;

/** The kinds that can be started here; says aloud which cannot. The embedded store always can. */
export function foundKinds(wanted: readonly ServerKind[] = ["minio", "versitygw", "embedded"]): ServerKind[] {
  return wanted.filter((kind) => {
    if (kind === "embedded" || findTool(kind) !== undefined) return true;
    console.warn(`NOT RUN: ${kind} was not found; put it on PATH or set SLUICE_${kind.toUpperCase()}`);
    return false;
  });
}

/** Starts two servers of each kind before the tests of the calling file and stops them after. Call once, at the top. */
export function useServers(kinds: readonly ServerKind[]): void {
  Deno.test.beforeAll(async () => {
    for (const kind of kinds) servers.set(kind, [await startOne(kind), await startOne(kind)]);
  });
  Deno.test.afterAll(async () => {
    for (const pair of servers.values()) await Promise.all(pair.map((server) => server.stop()));
    servers.clear();
  });
}

/** Runs a test on a fresh scene of that kind and clears it away. With `sameServer` both sides are one server, seen at one address. */
export async function withScene(
  kind: ServerKind,
  body: (scene: Scene) => Promise<void>,
  options: { readonly sameServer?: boolean } = {},
): Promise<void> {
  const pair = servers.get(kind);
  if (pair === undefined) throw new Error(`useServers() did not start ${kind}`);
  const leftProxy = new CountingProxy(pair[0].endpoint);
  const rightProxy = options.sameServer ? leftProxy : new CountingProxy(pair[1].endpoint);
  const left = makeSide(pair[0], leftProxy, "left");
  const right = makeSide(options.sameServer ? pair[0] : pair[1], rightProxy, "right");
  try {
    await left.admin.create();
    await right.admin.create();
    await withFolder(async (folder) => {
      await body({
        folder,
        left,
        right,
        leftUrl: (key = "") => `left://${left.bucket}/${key}`,
        rightUrl: (key = "") => `right://${right.bucket}/${key}`,
        async job(keys, name = "job.ini") {
          const path = `${folder}/${name}`;
          await Deno.writeTextFile(path, `${storeText("left", left)}${storeText("right", right)}${jobText(keys)}`);
          return path;
        },
      });
    });
  } finally {
    left.admin.close();
    right.admin.close();
    for (const proxy of new Set([leftProxy, rightProxy])) await proxy.close();
  }
}

/** Starts `main.ts serve` on a new folder: the embedded store as a server like any other. */
export async function startEmbedded(options: ServerOptions = {}): Promise<TestServer> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-embedded-", ...(options.parent !== undefined && { dir: options.parent }) });
  const accessKeyId = "embeddedtestkey";
  const secretAccessKey = "embedded-test-secret-0123456789";
  const started = startSluice(["serve", folder, "--access-key-id", accessKeyId, "--secret-access-key", secretAccessKey]);
  async function stop(): Promise<void> {
    try {
      started.child.kill("SIGKILL");
    } catch {
      // Ended already.
    }
    await started.finished;
    await Deno.remove(folder, { recursive: true });
  }
  // Its own free port, told in its one line: a port chosen here could be somebody else's by then.
  const endpoint = (await started.firstLine).split(" ")[0] ?? "";
  if (endpoint === "") {
    await stop();
    throw new Error(`The embedded store did not start: ${(await started.finished).stderr}`);
  }
  return { name: "embedded", endpoint, region: "us-east-1", accessKeyId, secretAccessKey, folder, stop };
}

async function startOne(kind: ServerKind): Promise<TestServer> {
  const server = kind === "minio" ? await startMinio() : kind === "versitygw" ? await startVersitygw() : await startEmbedded();
  if (server === undefined) throw new Error(`${kind} vanished`);
  return server;
}

function makeSide(server: TestServer, proxy: CountingProxy, name: string): Side {
  const bucket = `${name}-${++bucketCount}`;
  return { server, proxy, admin: new BucketAdmin(server, bucket), bucket };
}

function storeText(name: string, side: Side): string {
  return section(`store.${name}`, {
    type: "s3",
    endpoint: side.proxy.endpoint,
    region: side.server.region,
    addressing: "path",
    access_key_id: side.server.accessKeyId,
    secret_access_key: side.server.secretAccessKey,
  });
}

function jobText(keys: Readonly<Record<string, string | number>>): string {
  return section("job.move", { workers: 2, parts_in_flight: 2, progress: "none", retry_delay: "100 ms", ...keys });
}

function section(title: string, keys: Readonly<Record<string, string | number>>): string {
  return `[${title}]\n${Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("")}\n`;
}
