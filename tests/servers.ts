/**
 * Real S3 servers for tests and benchmarks: MinIO and versitygw, started on loopback with a temporary data folder, stopped by the process
 * that was started here. Never kills by name, never listens on more than 127.0.0.1, never leaves a folder behind.
 */
import { findTool } from "./tools.ts";

/** The only account of every server started here. */
export const ACCESS_KEY_ID = "sluicetestkey";
/** Its secret, good for nothing elsewhere. */
export const SECRET_ACCESS_KEY = "sluice-test-secret-0123456789";
/** The region that the servers believe to be in. */
export const REGION = "us-east-1";

/** How long a server may take until it answers its first request. */
const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 50;

/** An S3 server on loopback, with the only account it knows. */
export interface TestServer {
  readonly name: string;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where the server keeps its data; removed by `stop`. */
  readonly folder: string;
  /** Ends the process that was started and removes its folder; may be called twice. */
  stop(): Promise<void>;
}

/** Where and how a server is started. */
export interface ServerOptions {
  /** Parent of the data folder; default: the system's temporary folder. Benchmarks give a folder in memory. */
  readonly parent?: string;
  /** Paths of files in PEM: MinIO serves TLS with them. */
  readonly certificate?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
}

/** What one kind of server needs to be started. */
interface ServerRecipe {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly endpoint: string;
  readonly folder: string;
  /** The authority behind a server over TLS, in PEM. */
  readonly authority?: string;
}

/** Starts MinIO; undefined when it is not found (see {@link findTool}). Throws when it does not come up. */
export async function startMinio(options: ServerOptions = {}): Promise<TestServer | undefined> {
  const command = findTool("minio");
  if (command === undefined) return undefined;
  const folder = await makeFolder("sluice-minio-", options);
  const [port, consolePort] = freePorts(2);
  const { certificate } = options;
  await Deno.mkdir(`${folder}/certs`);
  if (certificate !== undefined) {
    await Deno.copyFile(certificate.certFile, `${folder}/certs/public.crt`);
    await Deno.copyFile(certificate.keyFile, `${folder}/certs/private.key`);
  }
  const addresses = ["--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${consolePort}`];
  return await start({
    name: "minio",
    command,
    args: ["server", "--quiet", "--certs-dir", `${folder}/certs`, ...addresses, `${folder}/data`],
    env: {
      MINIO_ROOT_USER: ACCESS_KEY_ID,
      MINIO_ROOT_PASSWORD: SECRET_ACCESS_KEY,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
      MINIO_SCANNER_SPEED: "slowest",
    },
    endpoint: `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    folder,
    ...(certificate !== undefined && { authority: await Deno.readTextFile(certificate.caFile) }),
  });
}

/** Starts versitygw on a folder (it needs extended attributes there); undefined when it is not found. Throws when it does not come up. */
export async function startVersitygw(options: ServerOptions = {}): Promise<TestServer | undefined> {
  const command = findTool("versitygw");
  if (command === undefined) return undefined;
  const folder = await makeFolder("sluice-versitygw-", options);
  const [port] = freePorts(1);
  await Deno.mkdir(`${folder}/versions`);
  const account = ["--access", ACCESS_KEY_ID, "--secret", SECRET_ACCESS_KEY, "--region", REGION];
  return await start({
    name: "versitygw",
    command,
    // Without --keep-alive it closes the connection after every answer.
    args: [
      ...account,
      "--port",
      `127.0.0.1:${port}`,
      "--keep-alive",
      "--quiet",
      "posix",
      "--versioning-dir",
      `${folder}/versions`,
      `${folder}/data`,
    ],
    env: {},
    endpoint: `http://127.0.0.1:${port}`,
    folder,
  });
}

/** Every server of the two kinds that is found, started. Says aloud which are missing. */
export async function startFoundServers(options: ServerOptions = {}): Promise<TestServer[]> {
  const servers: TestServer[] = [];
  for (const [name, begin] of [["minio", startMinio], ["versitygw", startVersitygw]] as const) {
    const server = await begin(options);
    if (server !== undefined) servers.push(server);
    else console.warn(`NOT RUN: ${name} was not found; put it on PATH or set SLUICE_${name.toUpperCase()}`);
  }
  return servers;
}

/** Ports that nobody listens on now. All are held until the last is known, so that they differ. */
export function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** The environment in which a server or peer runs: nothing of the user's, least of all keys and certificate bundles. */
export function cleanEnv(home: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: Deno.env.get("PATH") ?? "", HOME: home, TMPDIR: home, LANG: "C.UTF-8", ...extra };
}

async function makeFolder(prefix: string, options: ServerOptions): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix, ...(options.parent !== undefined && { dir: options.parent }) });
  await Deno.mkdir(`${folder}/data`);
  return folder;
}

async function start(recipe: ServerRecipe): Promise<TestServer> {
  const child = new Deno.Command(recipe.command, {
    args: [...recipe.args],
    env: cleanEnv(recipe.folder, recipe.env),
    clearEnv: true,
    cwd: recipe.folder,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended: Deno.CommandStatus | undefined;
  const status = child.status.then((value) => ended = value);
  let stopped = false;
  async function stop(): Promise<void> {
    if (stopped) return;
    stopped = true;
    if (ended === undefined) child.kill("SIGKILL");
    await status;
    await Deno.remove(recipe.folder, { recursive: true });
  }
  try {
    await untilReady(recipe, () => ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: recipe.name,
    endpoint: recipe.endpoint,
    region: REGION,
    accessKeyId: ACCESS_KEY_ID,
    secretAccessKey: SECRET_ACCESS_KEY,
    folder: recipe.folder,
    stop,
  };
}

/** Any HTTP answer counts as ready, but for MinIO's 503 while it starts. */
async function untilReady(recipe: ServerRecipe, ended: () => Deno.CommandStatus | undefined): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  using client = Deno.createHttpClient(recipe.authority === undefined ? {} : { caCerts: [recipe.authority] });
  while (performance.now() < deadline) {
    const status = ended();
    if (status !== undefined) throw new Error(`${recipe.name} ended with code ${status.code} before it was ready`);
    try {
      const response = await fetch(recipe.endpoint, { client });
      await response.body?.cancel();
      if (response.status < 500) return;
    } catch {
      // Not listening yet: asked again below.
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  throw new Error(`${recipe.name} did not answer within ${READY_TIMEOUT_MS / 1000} s`);
}
