/**
 * The names in one folder, as a listing needs them: in key order, links looked through, each with its reason where it cannot be read.
 * Nothing may vanish: a name that is silently missing looks deleted.
 */
import { compareKeys } from "../bytes/key_order.ts";
import { failureOf, fileReason } from "./file_error.ts";

/** Links that are looked through in one go. */
const LINKS_AT_ONCE = 64;

/** One name in a folder that is being walked. */
export interface FolderEntry {
  readonly path: string;
  /** The key; a folder's ends in a slash. */
  readonly key: string;
  readonly kind: "file" | "folder";
  /** Where folders and links are objects: what stands for one. */
  readonly node?: "folder" | "link";
  /** Known already, because it was a link. */
  readonly info?: Deno.FileInfo;
  /** Why it cannot be read, fit to print. */
  readonly unreadable?: string;
  /** As in ObjectInfo. */
  readonly special?: true;
}

/** The key segment under which a name is listed; undefined skips it. */
export type SegmentOf = (name: string, isFolder: boolean) => string | undefined;

/**
 * The sorted entries of a folder, or why it cannot be read: whatever the system says, it is this folder's failure and nobody else's.
 * `nodes`: folders and links are objects, and links are not followed.
 */
export async function readFolder(folder: FolderEntry, segmentOf: SegmentOf, nodes: boolean): Promise<FolderEntry[] | string> {
  const entries: FolderEntry[] = [];
  const links: [string, string][] = [];
  const replaced = new Map<string, number>();
  try {
    // The synchronous form ends without an error where the system fails in the middle of a folder (Deno 2.9).
    for await (const { name, isFile, isDirectory, isSymlink } of Deno.readDir(folder.path)) {
      const segment = segmentOf(name, isDirectory);
      if (segment === undefined) continue;
      const reads = name.includes("\ufffd") ? 1 + (replaced.get(name) ?? 0) : 0;
      if (reads > 0) replaced.set(name, reads);
      if (reads > 1) entries.push(twinOf(folder, name, segment, reads));
      else if (isSymlink && nodes) entries.push({ ...entryOf(folder, name, segment, "file"), node: "link" });
      else if (isSymlink) links.push([name, segment]);
      else if (isDirectory && nodes) entries.push(...folderNodeOf(entryOf(folder, name, segment, "folder")));
      else if (isFile || isDirectory) entries.push(entryOf(folder, name, segment, isDirectory ? "folder" : "file"));
      else entries.push({ ...entryOf(folder, name, segment, "file"), unreadable: "neither a file nor a folder", special: true });
    }
  } catch (error) {
    return fileReason(error);
  }
  for (let at = 0; at < links.length; at += LINKS_AT_ONCE) {
    entries.push(...await Promise.all(links.slice(at, at + LINKS_AT_ONCE).map(([name, segment]) => readLink(folder, name, segment))));
  }
  const plain = entries.every(({ key }) => !/[\ud800-\udfff]/.test(key));
  return entries.sort((a, b) => plain ? (a.key < b.key ? -1 : 1) : compareKeys(a.key, b.key));
}

function entryOf(folder: FolderEntry, name: string, segment: string, kind: "file" | "folder"): FolderEntry {
  const key = folder.key + segment + (kind === "folder" ? "/" : "");
  const path = `${folder.path.endsWith("/") ? folder.path.slice(0, -1) : folder.path}/${name}`;
  if (key === "") return { path, key, kind, unreadable: "its name stands for the empty key" };
  if (!name.isWellFormed()) return { path, key: key.toWellFormed(), kind, unreadable: "the name is not valid Unicode" };
  return { path, key, kind };
}

/** A folder, and the object that stands for it. */
function folderNodeOf(entry: FolderEntry): FolderEntry[] {
  if (entry.unreadable !== undefined) return [entry];
  return [entry, { ...entry, key: entry.key.slice(0, -1), kind: "file", node: "folder" }];
}

/** A name that reads like one before it, because one of the two is not UTF-8: it gets a key of its own and cannot be opened. */
function twinOf(folder: FolderEntry, name: string, segment: string, reads: number): FolderEntry {
  const entry = entryOf(folder, name, segment + "\ufffd".repeat(reads - 1), "file");
  return { ...entry, unreadable: `the name is not valid UTF-8, and reads like ${JSON.stringify(segment)} beside it` };
}

async function readLink(folder: FolderEntry, name: string, segment: string): Promise<FolderEntry> {
  const entry = entryOf(folder, name, segment, "file");
  if (entry.unreadable !== undefined) return entry;
  try {
    const info = await Deno.stat(entry.path);
    if (info.isDirectory) {
      return { ...entryOf(folder, name, segment, "folder"), unreadable: "a link to a folder, which is not followed", special: true };
    }
    return info.isFile ? { ...entry, info } : { ...entry, unreadable: "neither a file nor a folder", special: true };
  } catch (error) {
    if (failureOf("look", error) === "missing") return { ...entry, unreadable: "a link to something that does not exist", special: true };
    const unreadable = fileReason(error);
    return /\(ELOOP\)$/.test(unreadable) ? { ...entry, unreadable, special: true } : { ...entry, unreadable };
  }
}
