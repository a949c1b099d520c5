/**
 * A disk of its own for a test: a small file system in memory that can be filled, enlarged and made read-only while it is in use. Needs the
 * right to mount; says aloud where that is missing. Never leaves a mount behind.
 */

/** A file system under test. */
export interface SmallDisk {
  readonly path: string;
  resize(mib: number): Promise<void>;
  /** Makes it read-only as soon as nobody has a file open for writing. */
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
}

/** Runs `body` on a disk of this size. Answers false, and says so, where nothing may be mounted. */
export async function withSmallDisk(mib: number, body: (disk: SmallDisk) => Promise<void>): Promise<boolean> {
  const path = await Deno.makeTempDir({ prefix: "sluice-disk-" });
  const mounted = await tryRun("mount", "-t", "tmpfs", "-o", `size=${mib}m`, "sluice-test", path);
  if (!mounted) {
    await Deno.remove(path);
    console.warn("NOT RUN: no file system may be mounted here");
    return false;
  }
  const remount = async (options: string) => await tryRun("mount", "-o", `remount,${options}`, path);
  try {
    await body({
      path,
      async resize(mib) {
        if (!await remount(`size=${mib}m`)) throw new Error(`Cannot resize ${path}`);
      },
      async makeReadOnly() {
        for (let attempt = 0; !await remount("ro"); attempt++) if (attempt > 2000) throw new Error(`${path} is never at rest`);
      },
      async makeWritable() {
        if (!await remount("rw")) throw new Error(`Cannot make ${path} writable`);
      },
    });
  } finally {
    await tryRun("umount", "-l", path);
    await Deno.remove(path);
  }
  return true;
}

/** Names in a folder, deep, but for folders. */
export async function namesBelow(folder: string, prefix = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    if (entry.isDirectory) names.push(...await namesBelow(folder, `${prefix}${entry.name}/`));
    else names.push(`${prefix}${entry.name}`);
  }
  return names.sort();
}

async function tryRun(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
