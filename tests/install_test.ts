/** The command `sluice`, installed from a clone as the README says, into a home that knows nothing of it. */
import { assert, assertEquals } from "@std/assert";
import { assertCode } from "./e2e/claims.ts";
import { digestTree, withFolder } from "./e2e/trees.ts";
import { VERSION } from "../lib/command/version.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** Nothing listens there: whoever needs the network after the installation fails at once. */
const NO_NETWORK = { HTTP_PROXY: "http://127.0.0.1:1", HTTPS_PROXY: "http://127.0.0.1:1", NO_PROXY: "" };

/** The line of the README that installs; the test runs it as it stands there. */
async function installArguments(): Promise<string[]> {
  const readme = await Deno.readTextFile(`${ROOT}README.md`);
  const line = /^deno (install .*)$/m.exec(readme)?.[1];
  assert(line !== undefined, "README.md says no longer how to install");
  return line.split(" ");
}

/** Where Deno keeps its packages, whatever HOME says. */
async function packageCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"], stderr: "null" }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { denoDir: string }).denoDir;
}

Deno.test("deno install makes the command sluice, which then runs anywhere without the network", async () => {
  await withFolder(async (folder) => {
    const home = { HOME: `${folder}/home`, USERPROFILE: `${folder}/home`, DENO_DIR: await packageCache(), NO_COLOR: "1" };
    await Deno.mkdir(home.HOME);
    await copyDemo(`${folder}/work`);
    const install = new Deno.Command(Deno.execPath(), {
      args: await installArguments(),
      cwd: ROOT,
      env: { ...home, DENO_INSTALL_ROOT: `${folder}/deno` },
      stdin: "null",
    });
    const installed = await install.output();
    assert(installed.success, new TextDecoder().decode(installed.stderr));
    const sluice = `${folder}/deno/bin/sluice${Deno.build.os === "windows" ? ".cmd" : ""}`;
    const run = async (...args: string[]) => {
      const { code, signal, stdout, stderr } = await new Deno.Command(sluice, {
        args,
        cwd: `${folder}/work`,
        env: { ...home, ...NO_NETWORK },
        stdin: "null",
      }).output();
      const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, signal, stdout: out, stderr: err, wallMs: 0 };
    };
    const version = await run("--version");
    assertCode(version, 0);
    assertEquals(version.stdout.trim(), `sluice ${VERSION}`);
    assertCode(await run("cp", "demo/", "copied/"), 0);
    assertEquals(await digestTree(`${folder}/work/copied`), await digestTree(`${ROOT}examples/demo`));
  });
});

async function copyDemo(folder: string): Promise<void> {
  const copy = async (from: string, to: string) => {
    await Deno.mkdir(to, { recursive: true });
    for await (const { name, isDirectory } of Deno.readDir(from)) {
      if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
      else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
    }
  };
  await copy(`${ROOT}examples/demo`, `${folder}/demo`);
}
