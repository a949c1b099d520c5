/**
 * `deno task bundle`: the program as JavaScript with all packages inside, laid out as an npm package, in `--output FOLDER` (default:
 * dist/npm). A bundle starts faster and in less memory than the source tree. `npm pack dist/npm` makes the tarball.
 */
import { parseArgs } from "node:util";
import settings from "../deno.json" with { type: "json" };
import { ENTRY, WORKERS } from "./compile.ts";

/** The release of the `deno` npm package that runs the bundle. */
const DENO_VERSION = "2.9.6";
const API = "lib/mod.ts";
const ROOT = new URL("../", import.meta.url);

/** Starts Deno from its npm package. */
const LAUNCHER = `#!/usr/bin/env node
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const deno = createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
const main = fileURLToPath(new URL("../main.js", import.meta.url));
const child = spawn(deno, ["run", "-A", "--no-config", "--cached-only", main, ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal sends Ctrl-C to both processes; anybody else's signal must be passed on.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("SIGINT", () => hasTerminal() || child.kill("SIGINT"));
child.on("error", (error) => {
  console.error(\`Cannot start Deno: \${error.message}\`);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));

function hasTerminal() {
  try {
    openSync("/dev/tty", "r");
    return true;
  } catch {
    return process.platform === "win32";
  }
}
`;

/** package.json of the npm package. */
export const MANIFEST = {
  name: settings.name,
  version: settings.version,
  description: "Copies objects between local disks, Amazon S3, S3-compatible stores and Alibaba OSS",
  license: settings.license,
  type: "module",
  bin: { sluice: "bin/sluice.mjs" },
  exports: { ".": { types: "./types/lib/mod.d.ts", default: "./lib/mod.js" } },
  dependencies: { deno: DENO_VERSION },
};

/** Bundles into `output`, a folder URL that ends in a slash; what it held before goes. Throws when a step fails. */
export async function bundle(output: URL): Promise<void> {
  await Deno.remove(output, { recursive: true }).catch(() => {});
  await Deno.mkdir(new URL("bin/", output), { recursive: true });
  const folder = output.pathname;
  await deno("bundle", "--quiet", "--platform", "deno", "--code-splitting", "--outdir", folder, ENTRY, ...WORKERS, API);
  await pointAtWorkers(output);
  await addTypes(output);
  await Deno.writeTextFile(new URL("package.json", output), JSON.stringify(MANIFEST, null, 2) + "\n");
  await Deno.writeTextFile(new URL("bin/sluice.mjs", output), LAUNCHER, { mode: 0o755 });
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md", "jobs.example.ini"]) {
    await Deno.copyFile(new URL(name, ROOT), new URL(name, output));
  }
}

/** The bundler does not follow the addresses of workers; all shared code lies in the top folder. */
async function pointAtWorkers(output: URL): Promise<void> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(output)) {
    if (!name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(new URL(name, output));
    const mended = text.replaceAll(/"(?:\.\.\/)+(workers\/\w+)\.ts"/g, (_, worker: string) => {
      found.add(`${worker}.ts`);
      return `"./${worker}.js"`;
    });
    if (mended !== text) await Deno.writeTextFile(new URL(name, output), mended);
  }
  const missing = WORKERS.filter((path) => !found.has(path));
  if (missing.length > 0) throw new Error(`The bundle does not start ${missing.join(", ")}`);
}

/** The declarations of the script API, as `deno pack` makes them. */
async function addTypes(output: URL): Promise<void> {
  const tarball = await Deno.makeTempFile({ prefix: "sluice-types-", suffix: ".tgz" });
  try {
    await deno("pack", "--quiet", "--allow-dirty", "--no-source-maps", "--output", tarball);
    await Deno.mkdir(new URL("types/", output));
    const unpack = ["-xzf", tarball, "-C", `${output.pathname}types`, "--strip-components=1", "--wildcards", "package/lib/*.d.ts"];
    await run("tar", unpack);
  } finally {
    await Deno.remove(tarball);
  }
}

async function deno(...args: string[]): Promise<void> {
  await run(Deno.execPath(), args);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd: ROOT, stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command} ${args[0]} failed:\n${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { output: { type: "string", default: "dist/npm" } } });
  await bundle(new URL(`${values.output}/`, ROOT));
}
