/**
 * Questions about a local path that Deno's permissions decide first.
 */
import { notAllowed } from "../errors.ts";

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
