/** What the pages for people show: examples that compile and run, and links that lead somewhere. */
import { assert, assertEquals } from "@std/assert";
import { withFolder } from "./e2e/trees.ts";

const ROOT = new URL("../", import.meta.url);

function readPage(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** Every page for people, as a path from the root. */
function pages(): string[] {
  const inFolder = (folder: string) =>
    [...Deno.readDirSync(new URL(folder, ROOT))].filter(({ name }) => name.endsWith(".md")).map(({ name }) => `${folder}${name}`);
  return ["./", "./docs/", "./docs/decisions/"].flatMap(inFolder);
}

/** The first block of TypeScript in a text, without the asterisks of a doc comment. */
function firstExample(text: string): string {
  const block = /```ts[^\n]*\n([\s\S]*?)```/.exec(text.replaceAll(/^ \* ?/gm, ""))?.[1];
  assert(block !== undefined, "no example");
  return block;
}

async function deno(args: readonly string[], cwd: string | URL): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the example of the script API is the same in README.md, which is compiled, and in the module's doc comment", () => {
  assertEquals(firstExample(readPage("lib/mod.ts")), firstExample(readPage("README.md")));
});

Deno.test("a script outside of the clone imports the API with its types", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    await Deno.writeTextFile(`${folder}/in/a.txt`, "a");
    await Deno.writeTextFile(
      `${folder}/script.ts`,
      `import { check, type Difference, type JobInput, migrate, type MigrateEnd, plan, TransferError } from "@sluice/sluice";
const job: JobInput = { source: "./in/", destination: "./out/" };
const planned = await Array.fromAsync(plan(job), (item) => item.kind);
const end: MigrateEnd = await migrate(job);
const differences: Difference[] = [];
await check(job, { onDifference: (difference) => differences.push(difference) });
// @ts-expect-error: the types of the API refuse a field that is not there
const misspelled: JobInput = { ...job, sorce: "x" };
const wrong = await migrate(misspelled).catch((error) => error instanceof TransferError && error.kind);
console.log(JSON.stringify([planned, end.summary.done, differences.length, wrong]));
`,
    );
    const config = new URL("deno.json", ROOT).pathname;
    const output = await deno(["run", "-A", "--check", "--config", config, "script.ts"], folder);
    assertEquals(JSON.parse(output.trim().split("\n").at(-1) ?? ""), [["transfer"], { objects: 1, bytes: 1 }, 0, "config"]);
    assertEquals(await Deno.readTextFile(`${folder}/out/a.txt`), "a");
  });
});

Deno.test("examples/move_filtered.ts runs as it is", async () => {
  await withFolder(async (folder) => {
    const example = new URL("examples/move_filtered.ts", ROOT).pathname;
    const output = await deno(["run", "-A", example, new URL("examples/demo/", ROOT).pathname, `${folder}/out/`], folder);
    assert(output.includes("done text/hello.txt"), output);
    assertEquals(await Deno.readTextFile(`${folder}/out/text/hello.txt`), readPage("examples/demo/hello.txt"));
  });
});

Deno.test("every link of a page leads to a file that is there", () => {
  const broken = pages().flatMap((page) =>
    [...readPage(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => new URL(link, new URL(page, ROOT)))
      .filter((url) => !exists(url)).map((url) => `${page}: ${url.href.slice(ROOT.href.length)}`)
  );
  assertEquals(broken, []);
});

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url) !== undefined;
  } catch {
    return false;
  }
}

Deno.test("every test and file that a page names is there", () => {
  const names = new Set<string>();
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(new URL(folder, ROOT))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = `${folder}${entry.name}`.slice(2);
      names.add(path).add(path.replace(/\.ts$/, ""));
      if (entry.isDirectory) walk(`./${path}/`);
    }
  };
  walk("./");
  const known = (name: string) => names.has(name) || [...names].some((path) => path.startsWith("tests/") && path.endsWith(`/${name}`));
  const missing = pages().flatMap((page) =>
    [...readPage(page).matchAll(/`((?:lib|tests|tools|workers)\/[\w/.]+|(?:\w+\/)*\w+_test)`/g)]
      .map(([, name = ""]) => name.replace(/\/$/, "")).filter((name) => !known(name) && name !== "access_test").map((name) =>
        `${page}: ${name}`
      )
  );
  // `access_test` is an object that an older tool wrote.
  assertEquals(missing, []);
});
