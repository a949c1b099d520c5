/**
 * What the system tells of its limit on open files, without a command being run or anybody being asked for a permission.
 */
import { FILES_MAIN } from "../limits.ts";

/** Where Linux tells the limits of a process, and what it has open. */
const LIMITS = "/proc/self/limits";
const OPEN = "/proc/self/fd";

/**
 * Files that a run may have open at once: what this process may (`ulimit -n`), less what somebody else in it, or before it, left open.
 * Undefined where the system has no such limit or does not tell it.
 */
export function openFilesMax(): number | undefined {
  // Asked first, so that nobody is asked for a permission on a terminal.
  if (Deno.permissions.querySync({ name: "read", path: LIMITS }).state !== "granted") return undefined;
  try {
    const digits = /^Max open files +(\d+)/m.exec(Deno.readTextFileSync(LIMITS))?.[1];
    const open = Array.from(Deno.readDirSync(OPEN)).length;
    return digits === undefined ? undefined : Number(digits) - Math.max(0, open - FILES_MAIN);
  } catch {
    // No such file on this system, or all of Deno's permissions would be needed.
    return undefined;
  }
}
