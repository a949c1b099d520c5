/** What a transfer worker loads: no SDK of a vendor, and no HTTP client but our own. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
const FORBIDDEN = /^(npm:\/?@aws-sdk\/|npm:\/?@smithy\/|npm:\/?ali-oss@|node:https?$)/;
/** Reached over dynamic imports only, for requests that still go through an SDK. May only shrink, and ends empty. */
const STILL_REACHED = /^(npm:\/?@aws-sdk\/client-s3@|npm:\/?@smithy\/|npm:\/?ali-oss@|node:https?$)/;

interface Graph {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly { readonly isDynamic?: boolean; readonly code?: { readonly specifier: string } }[];
  }[];
}

/** Modules that are reached from the worker; `later`: over dynamic imports as well. */
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

Deno.test("a transfer worker starts without an SDK and without node:http", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "workers/transfer.ts"], cwd: ROOT, stdin: "null" })
    .output();
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const atStart = reached(graph, false);
  assert(atStart.length > 20, `Only ${atStart.length} modules: the graph was not read`);
  assertEquals(atStart.filter((specifier) => FORBIDDEN.test(specifier)), []);
  assertEquals(reached(graph, true).filter((specifier) => FORBIDDEN.test(specifier) && !STILL_REACHED.test(specifier)), []);
});
