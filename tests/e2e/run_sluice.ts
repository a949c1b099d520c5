/**
 * Runs the real program as a user would: `deno run -A main.ts …` in a process of its own, in any folder. Imports none of sluice's code.
 */

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** How one run ended. */
export interface SluiceRun {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly wallMs: number;
}

/** A run that goes on. */
export interface StartedSluice {
  readonly child: Deno.ChildProcess;
  /** The first line on stdout; empty when there was none. */
  readonly firstLine: Promise<string>;
  readonly finished: Promise<SluiceRun>;
}

/** Where and with what a run starts. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A shell line put in front, such as `ulimit -f 100;`. */
  readonly shell?: string;
  /** What Deno is told to allow; all when absent. */
  readonly permissions?: readonly string[];
}

/** Starts the program; the caller waits for `finished`. */
export function startSluice(args: readonly string[], options: RunOptions = {}): StartedSluice {
  const line = [Deno.execPath(), "run", ...options.permissions ?? ["-A"], "--no-prompt", MAIN, ...args];
  const [command, ...rest] = options.shell === undefined ? line : ["bash", "-c", `${options.shell} exec "$@"`, "bash", ...line];
  const begun = performance.now();
  const child = new Deno.Command(command ?? "", {
    args: rest,
    env: { ...sluiceEnv(), ...options.env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  }).spawn();
  const [stdout, copy] = child.stdout.tee();
  return { child, firstLine: lineOf(copy), finished: collect(child, stdout, begun) };
}

/** Runs the program to its end. */
export async function runSluice(args: readonly string[], options: RunOptions = {}): Promise<SluiceRun> {
  return await startSluice(args, options).finished;
}

/** Waits for the end of a run; one that takes longer than `hangMs` is killed, and has `hung`. */
export async function untilEnd({ child, finished }: StartedSluice, hangMs: number): Promise<SluiceRun & { readonly hung: boolean }> {
  let hung = false;
  const guard = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, hangMs);
  const run = await finished;
  clearTimeout(guard);
  return { ...run, hung };
}

/** Starts the program and ends it with `signal` as soon as `condition` holds; throws when it ended before that. */
export async function killWhen(
  condition: Promise<unknown>,
  args: readonly string[],
  options: RunOptions & { signal?: Deno.Signal } = {},
): Promise<SluiceRun> {
  const started = startSluice(args, options);
  const first = await Promise.race([condition.then(() => undefined), started.finished]);
  if (first !== undefined) throw new Error(`Ended with code ${first.code} before it was killed: ${first.stdout}\n${first.stderr}`);
  started.child.kill(options.signal ?? "SIGKILL");
  return await started.finished;
}

/** The runtime's cache, named, so that a test with a home folder of its own does not fetch every library anew. */
function cacheOf(env: Readonly<Record<string, string>>): Record<string, string> {
  if (env.DENO_DIR !== undefined || env.HOME === undefined || Deno.build.os === "windows") return {};
  const caches = Deno.build.os === "darwin" ? `${env.HOME}/Library/Caches` : env.XDG_CACHE_HOME ?? `${env.HOME}/.cache`;
  return { DENO_DIR: `${caches}/deno` };
}

/** What the user has in the environment, without anybody's keys: only what the job file says may count. */
function sluiceEnv(): Record<string, string> {
  const env = Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !/^(AWS|SLUICE|S3)_/.test(name)));
  return {
    ...env,
    ...cacheOf(env),
    NO_COLOR: "1",
    AWS_EC2_METADATA_DISABLED: "true",
    ALIBABA_CLOUD_ECS_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  };
}

async function collect(child: Deno.ChildProcess, stdout: ReadableStream<Uint8Array>, begun: number): Promise<SluiceRun> {
  const [status, out, err] = await Promise.all([child.status, new Response(stdout).text(), new Response(child.stderr).text()]);
  return { code: status.code, signal: status.signal, stdout: out, stderr: err, wallMs: performance.now() - begun };
}

/** Reads up to the first line end, then lets the rest go. */
async function lineOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    text += decoder.decode(chunk.value, { stream: true });
    if (text.includes("\n")) break;
  }
  // Ends only when the other branch has ended too: not to be waited for.
  reader.cancel().catch(() => {});
  return text.split("\n")[0] ?? "";
}
