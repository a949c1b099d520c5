/**
 * `deno task compile`: one executable per platform, with the workers and all packages inside. Without arguments every platform; else those
 * named (`deno task compile x86_64-unknown-linux-gnu`). `--output FOLDER` (default: dist) receives them and SHA256SUMS.
 *
 * Deno fetches its runtime for the platform from dl.deno.land, once; the environment variable DENORT_BIN may name a downloaded one.
 */
import { parseArgs } from "node:util";

/** The platforms that Deno can build for, each with the end of its file's name. */
export const TARGETS: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "",
  "aarch64-unknown-linux-gnu": "",
  "x86_64-apple-darwin": "",
  "aarch64-apple-darwin": "",
  "x86_64-pc-windows-msvc": ".exe",
};

/** The program. */
export const ENTRY = "main.ts";

/** Modules that are started by URL at run time: nothing imports them, so they are named here. A test holds this list complete. */
export const WORKERS: readonly string[] = ["workers/transfer.ts", "workers/embedded.ts"];

const ROOT = new URL("../", import.meta.url);

/** The arguments of `deno` that build one executable. */
export function compileArguments(output: string, target?: string): string[] {
  const included = WORKERS.flatMap((path) => ["--include", path]);
  const where = target === undefined ? [] : ["--target", target];
  return ["compile", "-A", "--frozen", "--exclude-unused-npm", "--no-check", ...included, ...where, "--output", output, ENTRY];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { output: { type: "string", default: "dist" } }, allowPositionals: true });
  const wrong = positionals.filter((name) => TARGETS[name] === undefined);
  if (wrong.length > 0) {
    console.error(`Unknown platform: ${wrong.join(", ")}. Known: ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  const targets = positionals.length > 0 ? positionals : Object.keys(TARGETS);
  await Deno.mkdir(new URL(`${values.output}/`, ROOT), { recursive: true });
  const sums: string[] = [];
  for (const target of targets) {
    const name = `sluice-${target}${TARGETS[target]}`;
    const output = `${values.output}/${name}`;
    const { code } = await new Deno.Command(Deno.execPath(), { args: compileArguments(output, target), cwd: ROOT }).spawn().status;
    if (code !== 0) {
      console.error(`Cannot build ${name}: deno compile ended with ${code}`);
      return 1;
    }
    sums.push(`${await sha256(new URL(output, ROOT))}  ${name}`);
  }
  await Deno.writeTextFile(new URL(`${values.output}/SHA256SUMS`, ROOT), `${sums.join("\n")}\n`);
  return 0;
}

async function sha256(file: URL): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(file))).toHex();
}

if (import.meta.main) Deno.exit(await main());
