/**
 * Questions about local paths and this process that Deno's permissions decide first. Nobody is asked for a permission at the terminal.
 */
import { notAllowed } from "../errors.ts";
import { FILES_MAIN } from "../limits.ts";

/** Whether a local path is a folder; undefined when nothing is there or it cannot be looked at. Throws `config` when Deno forbids it. */
export function isFolder(path: string): boolean | undefined {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    const refused = notAllowed(error, `Cannot look at ${path}`);
    if (refused !== undefined) throw refused;
    return undefined;
  }
}

/** Whether Deno allows to read below this path without a question. */
export function mayRead(path: string | URL): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/**
 * Files that a run may have open at once: what this process may (`ulimit -n`), less what somebody else in it, or before it, left open.
 * Undefined where the system has no such limit or does not report it.
 */
export function openFilesMax(): number | undefined {
  const limits = "/proc/self/limits";
  if (!mayRead(limits)) return undefined;
  try {
    const digits = /^Max open files +(\d+)/m.exec(Deno.readTextFileSync(limits))?.[1];
    const open = Array.from(Deno.readDirSync("/proc/self/fd")).length;
    return digits === undefined ? undefined : Number(digits) - Math.max(0, open - FILES_MAIN);
  } catch {
    // No such file on this system, or all of Deno's permissions would be needed.
    return undefined;
  }
}
