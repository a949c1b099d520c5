/** The builds of sluice that compete: the working tree, and the commit of `--against` in a work tree of its own. */

const HOME = new URL("../../", import.meta.url).pathname;

/** One build: what the tables call it, and its main module. */
export interface Build {
  readonly name: string;
  readonly main: string;
}

/** The working tree. */
export const WORKING_TREE: Build = { name: "sluice", main: `${HOME}main.ts` };

/** The build of a commit, with what removes it. Throws when git does not know the commit. */
export async function checkOut(revision: string): Promise<Build & { remove(): Promise<void> }> {
  const commit = (await git("rev-parse", "--short", `${revision}^{commit}`)).trim();
  const folder = await Deno.makeTempDir({ prefix: "sluice-build-" });
  await git("worktree", "add", "--force", "--detach", folder, commit);
  return {
    name: `sluice at ${commit}`,
    main: `${folder}/main.ts`,
    remove: async () => void await git("worktree", "remove", "--force", folder),
  };
}

async function git(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd: HOME, stdin: "null" }).output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}
