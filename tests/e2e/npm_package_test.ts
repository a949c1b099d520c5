/** The npm package: built, packed and installed into an empty folder, it runs the demo and serves a script, without the network. */
import { assert, assertEquals } from "@std/assert";
import { bundle, MANIFEST } from "../../tools/bundle.ts";
import { findTool } from "../tools.ts";
import { digestTree, withFolder } from "./trees.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Nothing listens there: whoever needs the network after the installation fails at once. */
const NO_NETWORK = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: "127.0.0.1" };

const SCRIPT = `import { migrate, type MigrateEnd } from "${MANIFEST.name}";
const job = { source: "examples/demo/", destination: "copied/" };
const end: MigrateEnd = await migrate(job, { select: (object, key) => key.endsWith(".txt") });
const copied: number = end.summary.done.objects;
console.log("copied", copied);
`;

async function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd, env, stdin: "null" }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, `${command} ${args.join(" ")}\n${text}`);
  return text;
}

Deno.test("the npm package runs the demo and a script with types in an empty folder", async () => {
  const npm = findTool("npm");
  if (npm === undefined) return console.warn("NOT RUN: npm was not found");
  await withFolder(async (folder) => {
    const [packed, work] = [`${folder}/package`, `${folder}/work`];
    await bundle(new URL(`file://${packed}/`));
    const tarball = (await run(npm, ["pack", "--silent", packed], folder)).trim();
    await Deno.mkdir(`${work}/examples`, { recursive: true });
    await run(npm, ["install", "--no-audit", "--no-fund", "--prefix", work, `${folder}/${tarball}`], work);

    const home = { HOME: `${folder}/home`, USERPROFILE: `${folder}/home`, DENO_DIR: `${folder}/home/deno`, NO_COLOR: "1", ...NO_NETWORK };
    await Deno.mkdir(home.HOME);
    await run("cp", ["-r", `${ROOT}examples/demo`, `${work}/examples/demo`], folder);
    await Deno.copyFile(`${work}/node_modules/${MANIFEST.name}/jobs.example.ini`, `${work}/jobs.ini`);
    const sluice = `${work}/node_modules/.bin/sluice`;
    assertEquals((await run(sluice, ["--version"], work, home)).trim(), `sluice ${MANIFEST.version}`);
    await run(sluice, ["jobs.ini"], work, home);
    assertEquals(await digestTree(`${work}/sluice-demo/downloaded`), await digestTree(`${work}/examples/demo`));
    assert(/nothing/.test(await run(sluice, ["jobs.ini"], work, home)));

    await Deno.writeTextFile(`${work}/script.ts`, SCRIPT);
    await run(Deno.execPath(), ["check", "script.ts"], work, home);
    const texts = Object.keys(await digestTree(`${work}/examples/demo`)).filter((name) => name.endsWith(".txt"));
    assertEquals((await run(Deno.execPath(), ["run", "-A", "script.ts"], work, home)).trim(), `copied ${texts.length}`);
  });
});
