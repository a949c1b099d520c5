/**
 * The listing of a folder as a stream in S3 order: UTF-8 bytes of the whole key, folders compared with the slash at their end. Holds the
 * entries of one folder per depth and never the tree. One bad entry is one unreadable entry; only a root that cannot be read ends the walk.
 */
import { TransferError } from "../errors.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { ObjectInfo } from "../types.ts";
import { type FolderEntry, readFolder, type SegmentOf } from "./entries.ts";
import { codeOf, failureOf, fileError, fileReason } from "./file_error.ts";
import { Look } from "./look.ts";
import { isPartialName, keyToFolder, nameToSegment } from "./path.ts";

/** Files that are looked at in one go. */
const STATS_AT_ONCE = 64;

/** What a walk is asked for. */
export interface WalkOptions {
  /** Only keys that start with this text. */
  readonly prefix: string;
  /** List folders too, as zero-byte keys that end in a slash. */
  readonly folders: boolean;
  /** List folders and links as the objects that s3sync makes of them; links are not followed then. */
  readonly nodes?: boolean;
  /** Levels below the prefix that are looked at. */
  readonly depth?: number;
  /** Asked of each folder below the prefix, by its key with the slash; false: nothing in it is wanted, and it is not read. */
  readonly enters?: ((folderKey: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, to notice slow disks; absent means the machine's. */
  readonly clock?: () => number;
}

/**
 * Pages of at most 1,000 objects below `root`. Links to files are followed; links to folders are listed as unreadable and not entered, else
 * a link to a parent never ended. Throws `config` when the root is missing.
 */
export async function* walkObjects(root: string, options: WalkOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const look = new Look(options.clock ?? (() => performance.now()), options.nodes === true);
  let page: ObjectInfo[] = [];
  let run: FolderEntry[] = [];
  for await (const entry of walkEntries(root, options, objectSegment)) {
    run.push(entry);
    if (run.length < STATS_AT_ONCE && entry.kind === "file") continue;
    page.push(...await look.at(run));
    run = [];
    if (page.length < PAGE_ENTRIES_MAX - STATS_AT_ONCE) continue;
    throwIfAborted(options.signal);
    yield page;
    page = [];
  }
  page.push(...await look.at(run));
  throwIfAborted(options.signal);
  if (page.length > 0) yield page;
}

/** Throws `cancelled` once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw signal.reason instanceof TransferError ? signal.reason : new TransferError("cancelled", "Interrupted", { cause: signal.reason });
}

function objectSegment(name: string): string | undefined {
  return isPartialName(name) ? undefined : nameToSegment(name);
}

/**
 * Files and folders below `root` under the keys that `segmentOf` gives them, in S3 order. A folder comes before what is in it, and only if
 * folders are asked for or it cannot be read.
 */
export async function* walkEntries(root: string, options: WalkOptions, segmentOf: SegmentOf): AsyncGenerator<FolderEntry> {
  const start = await startOf(root, options.prefix);
  if (start === undefined) return;
  if (start.unreadable !== undefined) return yield start;
  const open: { entries: FolderEntry[]; next: number }[] = [];
  let folder: FolderEntry | undefined = start;
  while (true) {
    if (folder !== undefined) {
      throwIfAborted(options.signal);
      const entries: FolderEntry[] | string = await readFolder(folder, segmentOf, options.nodes === true);
      if (typeof entries === "string") {
        if (folder === start && start.key === "") throw new TransferError("denied", `Cannot list ${root}: ${entries}`);
        yield { ...folder, unreadable: entries };
      } else {
        const wanted = folder === start ? entries.filter((entry) => entry.key.startsWith(options.prefix)) : entries;
        // The file of this very key, if there is one, stands for the folder.
        if (options.folders && folder.key !== "" && wanted[0]?.key !== folder.key && folder.key.startsWith(options.prefix)) yield folder;
        open.push({ entries: wanted, next: 0 });
      }
      folder = undefined;
    }
    const top = open.at(-1);
    if (top === undefined) return;
    const entry = top.entries[top.next++];
    if (entry === undefined) open.pop();
    else if (entry.kind === "folder" && entry.unreadable === undefined) folder = isWanted(entry, options) ? entry : undefined;
    else yield entry;
  }
}

/** What is in this folder is not deeper than is asked for, and somebody wants it. */
function isWanted({ key }: FolderEntry, { prefix, depth, enters }: WalkOptions): boolean {
  if (depth !== undefined && key.slice(prefix.length).split("/").length > depth) return false;
  return enters === undefined || !key.startsWith(prefix) || enters(key);
}

/** The deepest folder that holds all keys of the prefix; undefined when it is missing or behind a link. */
async function startOf(root: string, prefix: string): Promise<FolderEntry | undefined> {
  try {
    if (!(await Deno.stat(root)).isDirectory) throw new TransferError("config", `${root} is not a folder`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new TransferError("config", `The folder ${root} does not exist`, { cause: error });
    throw fileError(error, "list", `list ${root}`);
  }
  const key = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (key === "") return { path: root, key, kind: "folder" };
  for (let end = key.indexOf("/"); end >= 0; end = key.indexOf("/", end + 1)) {
    const path = folderPath(root, key.slice(0, end + 1));
    if (path === undefined) return undefined;
    const there = await isRealFolder(path);
    if (typeof there === "string") return { path, key: prefix, kind: "folder", unreadable: there };
    if (!there) return undefined;
    if (end === key.length - 1) return { path, key, kind: "folder" };
  }
  return undefined;
}

/** Undefined for a key that file systems cannot hold: nothing can be listed below it. */
function folderPath(root: string, key: string): string | undefined {
  try {
    return keyToFolder(root, key);
  } catch {
    return undefined;
  }
}

/** Whether there is such a folder, or why nobody can say. */
async function isRealFolder(path: string): Promise<boolean | string> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    return failureOf("look", error) === "missing" || codeOf(error) === "ENAMETOOLONG" ? false : fileReason(error);
  }
}
