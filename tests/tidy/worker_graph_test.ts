/** What a job loads before it needs it: no SDK, nothing of Node's compatibility layer, no package that only some jobs use. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const SDK = /^(npm:\/?@aws-sdk\/|npm:\/?@smithy\/|npm:\/?ali-oss@|node:https?$)/;

interface Graph {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly isDynamic?: boolean; readonly code?: { readonly specifier: string } }[];
  }[];
}

async function graphOf(root: string): Promise<Graph> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", root], cwd: ROOT, stdin: "null" }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Modules that are reached from the root; `later`: over dynamic imports as well. */
function reached(graph: Graph, later: boolean): string[] {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const open = [...graph.roots];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const dependencies = modules.get(graph.redirects?.[next] ?? next)?.dependencies ?? [];
    for (const { code, isDynamic } of dependencies) if (code !== undefined && (later || !isDynamic)) open.push(code.specifier);
  }
  return [...seen];
}

/** What each kind of job loads, and how many modules at least, or the graph was not read. */
const LOADED = [
  { root: "workers/transfer.ts", least: 60, work: "a transfer worker" },
  { root: "main.ts", least: 3, work: "the program's first lines" },
  { root: "lib/command/run.ts", least: 60, work: "reading a job file, planning and scheduling" },
  { root: "lib/command/cp.ts", least: 20, work: "the command line of one copy" },
  { root: "lib/remote/remote_store.ts", least: 30, work: "a bucket" },
  { root: "lib/remote/s3_prepare.ts", least: 30, work: "a bucket with given keys, endpoint and region" },
  { root: "lib/disk/folder.ts", least: 15, work: "a folder" },
];

for (const { root, least, work } of LOADED) {
  Deno.test(`${work} starts with our own modules alone`, async () => {
    const atStart = reached(await graphOf(root), false);
    assert(atStart.length >= least, `Only ${atStart.length} modules: the graph was not read`);
    assertEquals(atStart.filter((specifier) => !specifier.startsWith("file:")), []);
  });
}

Deno.test("a transfer worker never loads an SDK or node:http", async () => {
  assertEquals(reached(await graphOf("workers/transfer.ts"), true).filter((specifier) => SDK.test(specifier)), []);
});
