/** What comes from outside: pinned, locked, licensed, quiet when installed, used, and without a known serious hole. */
import { assert, assertEquals } from "@std/assert";
import { seriousAdvisories } from "./advisories.ts";
import {
  checkAdvisories,
  checkLock,
  checkPackage,
  checkPins,
  checkUsed,
  type Config,
  type Lock,
  type PackageFile,
} from "./dependency_rules.ts";
import { EXCEPTIONS } from "./exceptions.ts";

const ROOT = new URL("../../", import.meta.url);
const CONFIG = await readJson<Config>(new URL("deno.json", ROOT));
const LOCK = await readJson<Lock>(new URL("deno.lock", ROOT));
/** So much of what was said instead of an answer is shown. */
const SAID_MAX = 200;

async function readJson<T>(url: URL | string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(url)) as T;
}

async function sourcesBelow(folder: URL): Promise<string[]> {
  const sources: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) sources.push(...await sourcesBelow(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts")) sources.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return sources;
}

/** The folders in which Deno keeps the packages, by name and version; those that no test has needed yet are fetched first. */
async function packageFolders(): Promise<(name: string) => Promise<string>> {
  const args = ["install", "--frozen", "--quiet"];
  const fetched = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null", stderr: "piped" }).output();
  assert(fetched.success, new TextDecoder().decode(fetched.stderr));
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], cwd: ROOT, stderr: "null" }).output();
  const cache = (JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string }).npmCache;
  const registries: string[] = [];
  for await (const { name } of Deno.readDir(cache)) registries.push(`${cache}/${name}`);
  return async (lockName) => {
    const [, name = "", version = ""] = /^(@?[^@]+)@([^_]+)/.exec(lockName) ?? [];
    for (const registry of registries) {
      const folder = `${registry}/${name}/${version}`;
      if (await Deno.stat(`${folder}/package.json`).then(() => true, () => false)) return folder;
    }
    throw new Error(`${lockName} is in deno.lock, but was not fetched`);
  };
}

Deno.test("audit: every dependency is pinned to one version that deno.lock holds", () => {
  assert(Object.keys(CONFIG.imports).length > 10);
  assertEquals(checkPins(CONFIG, LOCK), []);
});

Deno.test("audit: every package is locked by its SHA-512, runs nothing when installed, and is not deprecated", () => {
  assert(Object.keys(LOCK.npm).length > 100);
  assertEquals(checkLock(LOCK), []);
});

Deno.test("audit: every package has a licence that is allowed, and no script of installing", async () => {
  const folderOf = await packageFolders();
  const complaints: string[] = [];
  for (const name of Object.keys(LOCK.npm)) {
    complaints.push(...checkPackage(name, await readJson<PackageFile>(`${await folderOf(name)}/package.json`)));
  }
  assertEquals(complaints, []);
});

Deno.test("audit: nothing is declared that nobody imports", async () => {
  const folders = ["lib/", "workers/", "tests/", "tools/", "examples/"];
  const sources = await Promise.all(folders.map((folder) => sourcesBelow(new URL(folder, ROOT))));
  assertEquals(checkUsed(CONFIG, sources.flat()), []);
});

Deno.test("audit: no serious advisory is known that nobody has accepted for a reason", async () => {
  const { found, said } = await seriousAdvisories();
  if (found === undefined) console.warn(`NOT RUN: the registry's advisory service did not answer: ${said.trim().slice(0, SAID_MAX)}`);
  const toJudge = found ?? EXCEPTIONS.map(({ advisory }) => advisory);
  assertEquals(checkAdvisories(toJudge, EXCEPTIONS), []);
});

Deno.test("the audit notices a planted advisory, and tells a service that fails from one that knows nothing", async () => {
  const planted = { id: 1, url: "https://example.com/planted", title: "planted", severity: "high", vulnerable_versions: "<99.0.0" };
  for (
    const [answer, found] of [[{ aws4: [{ ...planted, cwe: [], cvss: { score: 8 } }] }, [planted.url]], [{}, []], [
      undefined,
      undefined,
    ]] as const
  ) {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => answer === undefined ? new Response("no", { status: 405 }) : Response.json(answer),
    );
    const told = await seriousAdvisories(`http://127.0.0.1:${server.addr.port}`);
    await server.shutdown();
    assertEquals(told.found, found === undefined ? undefined : [...found], told.said);
  }
});

Deno.test("each rule of the audit notices what it forbids", () => {
  const lock = { specifiers: { "npm:a@1.0.0": "1.0.0" }, npm: {} };
  assertEquals(checkPins({ imports: { a: "npm:a@1.0.0", s: "jsr:@std/s@1.0.0" }, workspace: ["./std/s"] }, lock).length, 1);
  assertEquals(checkPins({ imports: { a: "npm:a@1.0.0/deep" } }, lock), []);
  for (const target of ["npm:a@^1.0.0", "npm:a", "npm:a@1", "https://example.com/a.ts", "npm:b@1.0.0"]) {
    assertEquals(checkPins({ imports: { a: target } }, lock).length, 1, target);
  }
  const integrity = `sha512-${"A".repeat(86)}==`;
  const npm = { a: { integrity }, b: {}, c: { integrity, scripts: true }, d: { integrity, deprecated: true } };
  assertEquals(checkLock({ specifiers: {}, npm }).map((text) => text[0]), ["b", "c", "d"]);
  assertEquals(checkPackage("a", { license: "(GPL-3.0 OR MIT)" }), []);
  assertEquals(checkPackage("a", { licenses: [{ type: "MIT" }] }), []);
  for (const license of ["GPL-3.0", "MIT AND GPL-3.0", "UNLICENSED", undefined]) assertEquals(checkPackage("a", { license }).length, 1);
  assertEquals(checkPackage("a", { license: "MIT", scripts: { postinstall: "x" } }).length, 1);
  assertEquals(checkUsed({ imports: { a: "", b: "" } }, ['import a from "a";']), ["b: nobody imports it"]);
  assertEquals(checkAdvisories(["x"], []).length, 1);
  assertEquals(checkAdvisories(["x"], [{ advisory: "x", reason: "only reached by tests, on loopback" }]), []);
  assertEquals(checkAdvisories([], [{ advisory: "x", reason: "only reached by tests, on loopback" }]).length, 1);
  assertEquals(checkAdvisories(["x"], [{ advisory: "x", reason: "" }]).length, 1);
});
