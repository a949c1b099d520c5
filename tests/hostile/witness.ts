/**
 * The witness: everything that is to be seen of the files below a folder, so that whatever was created, changed, removed or linked there is
 * noticed. Must never follow a link.
 */
import { sha256 } from "../e2e/trees.ts";

/** One line for each name below `folder`, sorted, but for what lies below `except`. */
export async function seenBelow(folder: string, except?: string): Promise<string[]> {
  const lines: string[] = [await line(folder)];
  for (const entry of await Array.fromAsync(Deno.readDir(folder))) {
    const path = `${folder}/${entry.name}`;
    if (path === except) continue;
    lines.push(...(entry.isDirectory ? await seenBelow(path, except) : [await line(path)]));
  }
  return lines.sort();
}

async function line(path: string): Promise<string> {
  const { isFile, isSymlink, isDirectory, size, mtime, ino, nlink, mode, uid } = await Deno.lstat(path);
  const holds = isFile ? await sha256(await Deno.readFile(path)) : isSymlink ? await Deno.readLink(path) : "";
  const kind = isFile ? "file" : isSymlink ? "link" : isDirectory ? "folder" : "other";
  return [path, kind, size, mtime?.getTime(), ino, nlink, mode, uid, holds].join(" ");
}
