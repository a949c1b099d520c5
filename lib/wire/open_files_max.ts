/**
 * What the system tells of its limit on open files, without a command being run or anybody being asked for a permission.
 */

/** Where Linux tells the limits of a process. */
const LIMITS = "/proc/self/limits";

/** Files that this process may have open at once; undefined where the system has no such limit or does not tell it. */
export function openFilesMax(): number | undefined {
  // Asked first, so that nobody is asked for a permission on a terminal.
  if (Deno.permissions.querySync({ name: "read", path: LIMITS }).state !== "granted") return undefined;
  try {
    const digits = /^Max open files +(\d+)/m.exec(Deno.readTextFileSync(LIMITS))?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // No such file on this system, or all of Deno's permissions would be needed.
    return undefined;
  }
}
