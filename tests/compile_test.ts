/**
 * What can be said of the executables without building them: everything that is started or loaded at run time is on the list of what goes
 * inside, and no module comes from a place that would not.
 */
import { assert, assertEquals } from "@std/assert";
import { compileArguments, ENTRY, WORKERS } from "../tools/compile.ts";

const ROOT = new URL("../", import.meta.url);

/** The one place that loads a module by a path of the user: the hooks of a job, which stay outside of the executable on purpose. */
const MAY_LOAD_BY_PATH = /hooks/;

interface Graph {
  readonly modules: readonly GraphModule[];
}

interface GraphModule {
  readonly specifier: string;
  readonly error?: string;
  /** `code` is absent where types alone are imported: those vanish when the program is built. */
  readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
}

/** Every source file of the program, as repository paths. */
async function sourcePaths(folder = ""): Promise<string[]> {
  if (folder === "") return [ENTRY, ...await sourcePaths("lib/"), ...await sourcePaths("workers/")];
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    if (entry.isDirectory) paths.push(...await sourcePaths(`${folder}${entry.name}/`));
    else if (entry.name.endsWith(".ts")) paths.push(`${folder}${entry.name}`);
  }
  return paths;
}

/** Source text without comments, so that prose about workers is not taken for one. */
async function codeOf(path: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

async function moduleGraph(): Promise<Graph> {
  const modules = new Map<string, GraphModule>();
  for (const path of [ENTRY, ...WORKERS]) {
    const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", path], cwd: ROOT, stdin: "null" }).output();
    const graph: Graph = JSON.parse(new TextDecoder().decode(output.stdout));
    for (const module of graph.modules) modules.set(module.specifier, module);
  }
  return { modules: [...modules.values()] };
}

/** Addresses of the repository's modules that run, in a graph. */
function runtimeFiles(graph: Graph): string[] {
  const roots = [ENTRY, ...WORKERS].map((path) => new URL(path, ROOT).href);
  const imported = graph.modules.flatMap((module) => module.dependencies ?? []).map((dependency) => dependency.code?.specifier ?? "");
  return [...new Set([...roots, ...imported])].filter((specifier) => specifier.startsWith("file:"));
}

Deno.test("every worker is started from a file beside the program that goes into the executable", async () => {
  const started: string[] = [];
  for (const path of await sourcePaths()) {
    const code = await codeOf(path);
    const all = code.match(/new\s+Worker\s*\(/g) ?? [];
    const urls = [...code.matchAll(/new\s+URL\(\s*"([^"]+)",\s*import\.meta\.url\s*,?\s*\)/g)].map(([, relative]) => relative ?? "");
    const workers = urls.map((relative) => new URL(relative, new URL(path, ROOT)).href).filter((href) => href.includes("/workers/"));
    if (all.length > 0) assert(workers.length >= all.length, `${path} starts a worker from an address that is not written out`);
    started.push(...workers.map((href) => href.slice(ROOT.href.length)));
  }
  assertEquals([...new Set(started)].sort(), [...WORKERS].sort());
  for (const path of WORKERS) assert((await Deno.stat(new URL(path, ROOT))).isFile, path);
});

Deno.test("every dynamic import is written out, but for the hooks of a job", async () => {
  for (const path of await sourcePaths()) {
    for (const [, argument = ""] of (await codeOf(path)).matchAll(/\bimport\(\s*([^)]*)\)/g)) {
      assert(/^"[^"]+",?\s*$/.test(argument) || MAY_LOAD_BY_PATH.test(path), `${path} imports ${argument}, which no graph can know`);
    }
  }
});

Deno.test("no file of the program is read at run time by an address beside the source, but the workers", async () => {
  for (const path of await sourcePaths()) {
    for (const [, relative = ""] of (await codeOf(path)).matchAll(/new\s+URL\(\s*([^,()]+),\s*import\.meta\.url/g)) {
      const named = new URL(relative.replaceAll('"', "").trim(), new URL(path, ROOT)).href.slice(ROOT.href.length);
      assert(WORKERS.includes(named), `${path} reaches for ${named}, which is not in the executable`);
    }
  }
});

Deno.test("the module graph holds nothing but this repository, npm packages and Node's own modules", async () => {
  const { modules } = await moduleGraph();
  assert(modules.length > 40, `Only ${modules.length} modules: the graph was not read`);
  for (const { specifier, error } of modules) {
    assertEquals(error, undefined, specifier);
    assert(specifier.startsWith(ROOT.href) || /^(npm|node):/.test(specifier), `${specifier} comes from outside`);
  }
  const inGraph = new Set(modules.map(({ specifier }) => specifier));
  for (const path of WORKERS) assert(inGraph.has(new URL(path, ROOT).href), path);
});

Deno.test("an executable holds every module of the graph", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-compile-" });
  try {
    const output = `${folder}/sluice`;
    // The runtime proper may be out of reach; Deno itself stands in for it. The result does not run, but what was put into it is real.
    const env = { DENORT_BIN: Deno.execPath() };
    const built = await new Deno.Command(Deno.execPath(), { args: compileArguments(output), cwd: ROOT, env, stdin: "null" }).output();
    assert(built.success, new TextDecoder().decode(built.stderr));
    const inside = (await Deno.readFile(output)).subarray((await Deno.stat(Deno.execPath())).size - 1024 * 1024);
    const text = new TextDecoder("latin1").decode(inside);
    for (const specifier of runtimeFiles(await moduleGraph())) {
      const source = await Deno.readFile(new URL(specifier));
      const mark = new TextDecoder("latin1").decode(source.subarray(0, 400));
      assert(text.includes(mark), `${specifier} is not in the executable`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
