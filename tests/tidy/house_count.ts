/**
 * `deno task count [FOLDER…]`: counts what makes the house easy or hard to read, one column per checkout, so that a change of its shape can
 * be shown in numbers. It judges nothing and always ends with 0.
 */
import { resolvePath } from "./rules.ts";

/** A row of the table: what is counted, and the count of each checkout. */
type Row = readonly [what: string, counts: readonly number[]];

const ERROR_KINDS = "network|server|throttled|integrity|uploadLost|sourceChanged|conflict|notFound|archived|denied|unsupported|storage|" +
  "credentials|config|crash|cancelled|bug";
/** A comparison of a kind with one of the kinds of errors, and a branch on one in a switch. */
const ASKS_KIND = new RegExp(`\\bkind\\s*[!=]==\\s*"(${ERROR_KINDS})"|case "(${ERROR_KINDS})":`, "g");
const ASKS_ETAG = /\b(etagIsMd5|etagMayBeMd5|isPlainMd5|partEtagsAreMd5|etagsHidden|isMd5Etag)\b/g;
const NAMES_OSS = /\boss|[a-z]Oss|\bOss|crc64ecma|aliyun/;
/** Where the name of a store may stand. */
const OSS_ROOMS = /^lib\/(remote|embedded|job|compat)\/|\/[^/]*oss[^/]*$/;
/** A key of the job file that is no more special than others. */
const SOME_KEY = /\bmin_size\b|\bmin-size\b|\bminSize(Bytes)?\b/;

/** Imports as the formatter writes them; the syntax tree is at hand in tests only. */
const IMPORT = /\bimport\s+(type\s+)?(?:[\w*{][^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"/g;

interface SourceFile {
  /** From the root of the checkout, with slashes. */
  readonly path: string;
  readonly lines: readonly string[];
  /** Files of the checkout that it imports. */
  readonly imports: readonly string[];
  /** Those of them that are loaded with it: no types alone, and not later. */
  readonly loads: readonly string[];
}

/** A checkout with its source files. */
interface House {
  readonly root: URL;
  readonly files: readonly SourceFile[];
}

function readSource(path: string, source: string): SourceFile {
  const found = [...source.matchAll(IMPORT)].map(([, type, now, later]) => ({ specifier: now ?? later ?? "", loads: !type && !later }));
  const local = found.filter(({ specifier }) => specifier.startsWith("."));
  const target = ({ specifier }: { specifier: string }) => resolvePath(path, specifier);
  return { path, lines: source.split("\n"), imports: local.map(target), loads: local.filter((found) => found.loads).map(target) };
}

function openHouse(folder: string): House {
  const root = new URL(`file://${Deno.realPathSync(folder)}/`);
  const files: SourceFile[] = [];
  const walk = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(path, root))) {
      if (isDirectory && !name.startsWith(".") && name !== "node_modules") walk(`${path}${name}/`);
      else if (name.endsWith(".ts")) {
        files.push(readSource(`${path}${name}`.slice(2), Deno.readTextFileSync(new URL(`${path}${name}`, root))));
      }
    }
  };
  walk("./");
  return { root, files: files.sort((a, b) => a.path < b.path ? -1 : 1) };
}

/** `lib/plan` for its files, `lib` for those beside the folders, else the first folder. */
function folderOf(path: string): string {
  const parts = path.split("/").slice(0, -1);
  return parts.slice(0, parts[0] === "lib" ? 2 : 1).join("/") || ".";
}

function linesOf(files: readonly SourceFile[]): number {
  return files.reduce((sum, { lines }) => sum + lines.length - (lines.at(-1) === "" ? 1 : 0), 0);
}

function matches(files: readonly SourceFile[], pattern: RegExp): number {
  return files.reduce((sum, { lines }) => sum + lines.reduce((count, line) => count + (line.match(pattern)?.length ?? 0), 0), 0);
}

function filesWith(files: readonly SourceFile[], pattern: RegExp): number {
  return files.filter(({ lines }) => lines.some((line) => pattern.test(line))).length;
}

function crossings(files: readonly SourceFile[]): number {
  return files.flatMap((file) => file.imports.filter((target) => folderOf(target) !== folderOf(file.path))).length;
}

/** Files that reach themselves over imports. */
function inCycles(files: readonly SourceFile[], by: "imports" | "loads"): number {
  const targets = new Map(files.map((file) => [file.path, file[by]]));
  return files.filter(({ path }) => {
    const seen = new Set<string>();
    const open = [...targets.get(path) ?? []];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...targets.get(next) ?? []);
    }
    return seen.has(path);
  }).length;
}

/** Packages of npm that a worker loads when it starts, and those that it may load at all: the latter over dynamic imports as well. */
async function packagesOfWorker(root: URL): Promise<{ atStart: number; atAll: number }> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "workers/transfer.ts"], cwd: root }).output();
  const graph = JSON.parse(new TextDecoder().decode(stdout)) as Graph;
  return { atStart: packagesOf(graph, false), atAll: packagesOf(graph, true) };
}

function packagesOf(graph: Graph, later: boolean): number {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const packages = new Set<string>();
  const seen = new Set<string>();
  const open = [...graph.roots];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const module = modules.get(graph.redirects?.[next] ?? next);
    if (module?.npmPackage !== undefined) addPackage(graph, module.npmPackage, packages);
    for (const { code, isDynamic } of module?.dependencies ?? []) if (code && (later || !isDynamic)) open.push(code.specifier);
  }
  return packages.size;
}

interface Graph {
  readonly roots: readonly string[];
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly npmPackage?: string;
    readonly dependencies?: readonly { readonly isDynamic?: boolean; readonly code?: { readonly specifier: string } }[];
  }[];
  readonly npmPackages?: Readonly<Record<string, { readonly dependencies: readonly string[] }>>;
}

function addPackage(graph: Graph, name: string, packages: Set<string>): void {
  if (packages.has(name)) return;
  packages.add(name);
  for (const dependency of graph.npmPackages?.[name]?.dependencies ?? []) addPackage(graph, dependency, packages);
}

function packagesInLock(root: URL): number {
  const lock = JSON.parse(Deno.readTextFileSync(new URL("deno.lock", root))) as { npm?: object };
  return Object.keys(lock.npm ?? {}).length;
}

async function count(houses: readonly House[]): Promise<Row[]> {
  const libOf = ({ files }: House) => files.filter(({ path }) => path.startsWith("lib/"));
  const coreOf = (house: House) => libOf(house).filter(({ path }) => !/^lib\/(embedded|compat)\//.test(path));
  const row = (what: string, of: (house: House) => number): Row => [what, houses.map(of)];
  const folders = [...new Set(houses.flatMap(({ files }) => files.map(({ path }) => folderOf(path))))].sort();
  const inWorker = await Promise.all(houses.map(({ root }) => packagesOfWorker(root)));
  return [
    ...folders.map((folder) => row(`lines: ${folder}`, ({ files }) => linesOf(files.filter(({ path }) => folderOf(path) === folder)))),
    row("lines: lib without embedded and compat", (house) => linesOf(coreOf(house))),
    row("packages in deno.lock", ({ root }) => packagesInLock(root)),
    ["packages that a worker loads at its start", inWorker.map(({ atStart }) => atStart)],
    ["packages that a worker may load at all", inWorker.map(({ atAll }) => atAll)],
    row("imports from one folder of lib into another", (house) => crossings(libOf(house))),
    row("files in cycles of imports that load", ({ files }) => inCycles(files, "loads")),
    row("files in cycles of imports, types included", ({ files }) => inCycles(files, "imports")),
    row(
      "files outside of its rooms that name OSS",
      (house) => filesWith(libOf(house).filter(({ path }) => !OSS_ROOMS.test(path)), NAMES_OSS),
    ),
    row("places that ask for an error's kind", (house) => matches(libOf(house), ASKS_KIND)),
    row("places that ask whether an ETag is an MD5", (house) => matches(libOf(house), ASKS_ETAG)),
    row("files of lib that know a key (min_size)", (house) => filesWith(libOf(house), SOME_KEY)),
  ];
}

/** One line per row, columns under each other. */
function print(folders: readonly string[], rows: readonly Row[]): void {
  const widths = folders.map((folder, column) => Math.max(folder.length, ...rows.map(([, counts]) => String(counts[column]).length)));
  const first = Math.max(...rows.map(([what]) => what.length));
  const line = (what: string, cells: readonly string[]) =>
    console.log(`${what.padEnd(first)}  ${cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")}`);
  line("", folders);
  for (const [what, counts] of rows) line(what, counts.map(String));
}

if (import.meta.main) {
  const folders = Deno.args.length > 0 ? Deno.args : ["."];
  print(folders, await count(folders.map(openHouse)));
}
