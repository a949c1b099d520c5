/**
 * The listing of a folder as a stream in S3 order: UTF-8 bytes of the whole key, folders compared with the slash at their end. Holds the
 * entries of one folder per depth and never the tree. What it cannot read it tells, because a name that is silently missing looks deleted.
 */
import { TransferError } from "../errors.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { ObjectInfo } from "../types.ts";
import { codeOf, fileError, fileReason } from "./file_error.ts";
import { isPartialName, keyToFolder, nameToSegment } from "./path.ts";
import { fileNode, folderNode, linkNode } from "./s3sync_nodes.ts";
import { markOf } from "./file_mark.ts";

/** Files that are looked at in one go. */
const STATS_AT_ONCE = 64;
/** A look at so many files that took longer than this came from a slow disk or network. */
const QUICK_LOOK_MS = 8;

/** What a walk is asked for. */
export interface WalkOptions {
  /** Only keys that start with this text. */
  readonly prefix: string;
  /** Tell folders too, as zero-byte keys that end in a slash. */
  readonly folders: boolean;
  /** Tell folders and links as the objects that s3sync makes of them; links are not followed then. */
  readonly nodes?: boolean;
  /** Levels below the prefix that are looked at. */
  readonly depth?: number;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, to tell slow disks; absent means the machine's. */
  readonly clock?: () => number;
}

/** One name in a folder that is being walked. */
export interface FolderEntry {
  readonly path: string;
  /** The key; a folder's ends in a slash. */
  readonly key: string;
  readonly kind: "file" | "folder";
  /** With {@link WalkOptions.nodes}: what stands for a folder or a link. */
  readonly node?: "folder" | "link";
  /** Known already, because it was a link. */
  readonly info?: Deno.FileInfo;
  readonly unreadable?: string;
  /** As {@link ObjectInfo.special}. */
  readonly special?: true;
}

/** Compares two keys by their UTF-8 bytes, as every S3 listing is sorted: negative, 0 or positive. */
export function compareKeyBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // Surrogates stand for characters above U+FFFF: after U+E000–U+FFFF in UTF-8, before them in UTF-16.
    return isSurrogate(left) === isSurrogate(right) ? left - right : (isSurrogate(left) ? 1 : -1);
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * Pages of at most 1,000 objects below `root`. Links to files are followed; links to folders are told as unreadable and not entered, else a
 * link to a parent never ended. Throws `config` when the root is missing, `notFound` when a folder vanishes while it is walked.
 */
export async function* walkObjects(root: string, options: WalkOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const look = new Look(options.clock ?? (() => performance.now()), options.nodes === true);
  let page: ObjectInfo[] = [];
  let run: FolderEntry[] = [];
  let last: string | undefined;
  for await (const entry of walkEntries(root, options, objectSegment)) {
    run.push(entry);
    if (run.length < STATS_AT_ONCE && entry.kind === "file") continue;
    for (const object of await look.at(run)) {
      // Two names that are not valid UTF-8 may read alike.
      if (object.key === last) continue;
      last = object.key;
      page.push(object);
    }
    run = [];
    if (page.length < PAGE_ENTRIES_MAX - STATS_AT_ONCE) continue;
    throwIfAborted(options.signal);
    yield page;
    page = [];
  }
  for (const object of await look.at(run)) {
    if (object.key !== last) page.push(object);
    last = object.key;
  }
  throwIfAborted(options.signal);
  if (page.length > 0) yield page;
}

/** Throws `cancelled` once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw signal.reason instanceof TransferError ? signal.reason : new TransferError("cancelled", "Interrupted", { cause: signal.reason });
}

/** The key segment under which a name is told; undefined leaves it out. */
export type SegmentOf = (name: string, isFolder: boolean) => string | undefined;

function objectSegment(name: string): string | undefined {
  return isPartialName(name) ? undefined : nameToSegment(name);
}

/**
 * Files and folders below `root` under the keys that `segmentOf` gives them, in S3 order. A folder comes before what is in it, and only if
 * folders are asked for or it cannot be read.
 */
export async function* walkEntries(
  root: string,
  options: WalkOptions,
  segmentOf: SegmentOf,
): AsyncGenerator<FolderEntry> {
  const start = await startOf(root, options.prefix);
  if (start === undefined) return;
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
    else if (entry.kind === "folder" && entry.unreadable === undefined) folder = isBelow(entry, options) ? undefined : entry;
    else yield entry;
  }
}

/** What is in this folder lies deeper than is asked for. */
function isBelow({ key }: FolderEntry, { prefix, depth }: WalkOptions): boolean {
  return depth !== undefined && key.slice(prefix.length).split("/").length > depth;
}

/** The deepest folder that holds all keys of the prefix; undefined when it is not there or behind a link. */
async function startOf(root: string, prefix: string): Promise<FolderEntry | undefined> {
  try {
    if (!(await Deno.stat(root)).isDirectory) throw new TransferError("config", `${root} is not a folder`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new TransferError("config", `The folder ${root} does not exist`, { cause: error });
    throw fileError(error, `list ${root}`);
  }
  const key = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  if (key === "") return { path: root, key, kind: "folder" };
  for (let end = key.indexOf("/"); end >= 0; end = key.indexOf("/", end + 1)) {
    const path = folderPath(root, key.slice(0, end + 1));
    if (path === undefined || !(await isRealFolder(path))) return undefined;
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

async function isRealFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR" || codeOf(error) === "ENAMETOOLONG") return false;
    throw fileError(error, `list ${path}`);
  }
}

/** The sorted entries of a folder, or why it cannot be read. */
async function readFolder(folder: FolderEntry, segmentOf: SegmentOf, nodes: boolean): Promise<FolderEntry[] | string> {
  const entries: FolderEntry[] = [];
  const links: [string, string][] = [];
  try {
    for await (const { name, isFile, isDirectory, isSymlink } of Deno.readDir(folder.path)) {
      const segment = segmentOf(name, isDirectory);
      if (segment === undefined) continue;
      if (isSymlink && nodes) entries.push({ ...entryOf(folder, name, segment, "file"), node: "link" });
      else if (isSymlink) links.push([name, segment]);
      else if (isDirectory && nodes) {
        const entry = entryOf(folder, name, segment, "folder");
        entries.push(entry);
        if (entry.unreadable === undefined) entries.push({ ...entry, key: entry.key.slice(0, -1), kind: "file", node: "folder" });
      } else if (isFile || isDirectory) entries.push(entryOf(folder, name, segment, isDirectory ? "folder" : "file"));
      else entries.push({ ...entryOf(folder, name, segment, "file"), unreadable: "neither a file nor a folder", special: true });
    }
  } catch (error) {
    if (codeOf(error) === "EACCES" || codeOf(error) === "EPERM") return fileReason(error);
    throw fileError(error, `list ${folder.path}`, folder.key);
  }
  for (let at = 0; at < links.length; at += STATS_AT_ONCE) {
    entries.push(...await Promise.all(links.slice(at, at + STATS_AT_ONCE).map(([name, segment]) => readLink(folder, name, segment))));
  }
  const plain = entries.every(({ key }) => !/[\ud800-\udfff]/.test(key));
  return entries.sort((a, b) => plain ? (a.key < b.key ? -1 : 1) : compareKeyBytes(a.key, b.key));
}

function entryOf(folder: FolderEntry, name: string, segment: string, kind: "file" | "folder"): FolderEntry {
  const key = folder.key + segment + (kind === "folder" ? "/" : "");
  const path = `${folder.path.endsWith("/") ? folder.path.slice(0, -1) : folder.path}/${name}`;
  if (key === "") return { path, key, kind, unreadable: "its name stands for the empty key" };
  if (!name.isWellFormed()) return { path, key: key.toWellFormed(), kind, unreadable: "the name is not valid Unicode" };
  return { path, key, kind };
}

async function readLink(folder: FolderEntry, name: string, segment: string): Promise<FolderEntry> {
  const entry = entryOf(folder, name, segment, "file");
  try {
    const info = await Deno.stat(entry.path);
    if (info.isDirectory) {
      return { ...entryOf(folder, name, segment, "folder"), unreadable: "a link to a folder, which is not followed", special: true };
    }
    return info.isFile ? { ...entry, info } : { ...entry, unreadable: "neither a file nor a folder", special: true };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { ...entry, unreadable: "a link to something that does not exist", special: true };
    return { ...entry, unreadable: fileReason(error) };
  }
}

/**
 * Looks at files one after the other while the disk answers at once (2 µs a file, measured), and many at a time (16 µs of CPU each, but the
 * waits overlap) as soon as it does not.
 */
class Look {
  readonly #clock: () => number;
  readonly #nodes: boolean;
  #quick = true;

  constructor(clock: () => number, nodes: boolean) {
    this.#clock = clock;
    this.#nodes = nodes;
  }

  async at(entries: readonly FolderEntry[]): Promise<ObjectInfo[]> {
    let objects: (ObjectInfo | undefined)[];
    if (this.#quick) {
      const started = this.#clock();
      objects = entries.map((entry) =>
        describe(entry, () => entry.node ? Deno.lstatSync(entry.path) : Deno.statSync(entry.path), this.#nodes)
      );
      this.#quick = this.#clock() - started <= QUICK_LOOK_MS;
    } else {
      const infos = await Promise.allSettled(entries.map((entry) => knownOrStat(entry)));
      objects = entries.map((entry, index) => describe(entry, () => settled(infos[index]), this.#nodes));
    }
    return objects.filter((object) => object !== undefined);
  }
}

function knownOrStat(entry: FolderEntry): Promise<Deno.FileInfo> | Deno.FileInfo | undefined {
  if (entry.node !== undefined) return Deno.lstat(entry.path);
  return entry.info ?? (entry.unreadable === undefined ? Deno.stat(entry.path) : undefined);
}

function settled(result: PromiseSettledResult<Deno.FileInfo | undefined> | undefined): Deno.FileInfo {
  if (result?.status === "fulfilled" && result.value !== undefined) return result.value;
  throw result?.status === "rejected" ? result.reason : new TransferError("bug", "A file was not looked at");
}

/** Undefined for a file that was deleted since its folder was read. */
function describe(entry: FolderEntry, stat: () => Deno.FileInfo, nodes: boolean): ObjectInfo | undefined {
  const { key, path, kind, unreadable } = entry;
  if (unreadable !== undefined) return { key, sizeBytes: 0, unreadable, ...(entry.special && { special: true }) };
  try {
    const info = entry.info ?? stat();
    if (entry.node === "link") return linkNode(key, Deno.readLinkSync(path), info);
    if (entry.node === "folder") return folderNode(key, info);
    if (nodes) return fileNode(objectOf(key, info), info);
    if (kind === "folder") return { key, sizeBytes: 0, lastModifiedMs: info.mtime?.getTime() ?? 0 };
    return objectOf(key, info);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return { key, sizeBytes: 0, unreadable: fileReason(error) };
    return path.includes("\ufffd") ? { key, sizeBytes: 0, unreadable: "the name is not valid UTF-8" } : undefined;
  }
}

/** What a listing tells of a file. */
export function objectOf(key: string, info: Deno.FileInfo): ObjectInfo {
  return { key, sizeBytes: info.size, lastModifiedMs: info.mtime?.getTime() ?? 0, local: { fileMark: markOf(info) } };
}
