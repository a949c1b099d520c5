/** The line that says on what the numbers were taken: cores, memory, system, versions of the tools. No names, no paths. */
import { findTool } from "../tools.ts";

const TOOLS: readonly (readonly [string, readonly string[]])[] = [
  ["minio", ["--version"]],
  ["mc", ["--version"]],
  ["rclone", ["version"]],
  ["s5cmd", ["version"]],
  ["aws", ["--version"]],
];

/** One line about this machine. Tools that are not found are said to be so. */
export async function machineFacts(python: string): Promise<string> {
  const versions = [`Deno ${Deno.version.deno}`, await versionOf("Python", python, ["--version"])];
  for (const [name, args] of TOOLS) {
    const path = findTool(name);
    versions.push(path === undefined ? `${name} not found` : await versionOf(name, path, args));
  }
  const memory = (Deno.systemMemoryInfo().total / 1024 ** 3).toFixed(0);
  return `${navigator.hardwareConcurrency} cores, ${memory} GiB memory, ${Deno.build.os} ${Deno.build.arch}; ${versions.join(", ")}`;
}

/** A tool built by `go install` may not know its version; then the Go toolchain's module record is asked. */
async function versionOf(name: string, path: string, args: readonly string[]): Promise<string> {
  const said = await firstLine(path, args);
  const version = /v?\d+(\.\d+)+[\w.+-]*|RELEASE\.[\w-]+/.exec(said)?.[0];
  if (version !== undefined) return `${name} ${version}`;
  const go = findTool("go");
  const record = go === undefined ? "" : await firstLine(go, ["version", "-m", path], /^\s+mod\s/);
  return `${name} ${/\sv\S+/.exec(record)?.[0].trim() ?? "of unknown version"}`;
}

async function firstLine(command: string, args: readonly string[], wanted = /./): Promise<string> {
  const output = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  return text.split("\n").find((line) => wanted.test(line)) ?? "";
}
