/** Local paths as text, in Windows' way when the working folder is a Windows path. Asks no file system. */
import { TransferError } from "../errors.ts";
import { nodePath } from "../node.ts";
import type { JobContext } from "./raw_job.ts";

function isWindows(cwd: string): boolean {
  return /^(?:[A-Za-z]:[\\/]|\\\\)/.test(cwd);
}

/** What is known of paths of the working folder's kind. */
export function pathsOf(cwd: string): typeof import("node:path").posix {
  return nodePath()[isWindows(cwd) ? "win32" : "posix"];
}

/** The absolute path, without a slash at its end. Throws TransferError `config` for `~/` where nobody says which folder that is. */
export function absolutePath(path: string, context: Pick<JobContext, "cwd" | "env">): string {
  const { resolve } = pathsOf(context.cwd);
  // The environment is asked only where it matters: that may be forbidden.
  if (path !== "~" && !/^~[\\/]/.test(path)) return resolve(context.cwd, path);
  const home = context.env("HOME") || context.env("USERPROFILE");
  if (!home) {
    throw new TransferError("config", "~ is the home folder, and HOME is not set; set it, or write the whole path, ./~ for the name ~");
  }
  return resolve(home, path.slice(2));
}

/** True when a path as written ends in a separator, or in a name that can only be a folder. */
export function endsAsFolder(path: string, cwd: string): boolean {
  return (isWindows(cwd) ? /(?:^|[\\/])\.{0,2}$/ : /(?:^|\/)\.{0,2}$/).test(path);
}

/** True when `inner` is `outer` or below it; both absolute. Windows does not distinguish case. */
export function isWithin(inner: string, outer: string, cwd: string): boolean {
  const { relative, isAbsolute, sep } = pathsOf(cwd);
  const way = relative(outer, inner);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
