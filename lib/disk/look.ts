/**
 * What a listing says of the entries of a folder: size, time and mark of each. Reads no bytes.
 */
import { TransferError } from "../errors.ts";
import type { ObjectInfo } from "../types.ts";
import type { FolderEntry } from "./entries.ts";
import { failureOf, fileReason } from "./file_error.ts";
import { markOf } from "./file_mark.ts";
import { fileNode, folderNode, linkNode } from "./s3sync_nodes.ts";

/** A look at a batch of files that took longer than this came from a slow disk or network. */
const QUICK_LOOK_MS = 8;

/**
 * Looks at files one after the other while the disk answers at once (2 µs a file, measured), and many at a time (16 µs of CPU each, but the
 * waits overlap) as soon as it does not.
 */
export class Look {
  readonly #clock: () => number;
  readonly #nodes: boolean;
  #quick = true;

  /** `clock`: milliseconds; `nodes`: folders and links are objects. */
  constructor(clock: () => number, nodes: boolean) {
    this.#clock = clock;
    this.#nodes = nodes;
  }

  /** The objects of these entries, in their order; what went away since its folder was read is not among them. */
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
  if (entry.unreadable !== undefined) return undefined;
  if (entry.node !== undefined) return Deno.lstat(entry.path);
  return entry.info ?? Deno.stat(entry.path);
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
    if (kind === "folder") return { key, sizeBytes: 0, lastModifiedMs: info.mtime?.getTime() ?? 0 };
    if (!info.isFile) return { key, sizeBytes: 0, unreadable: "it is not a file any more" };
    return nodes ? fileNode(objectOf(key, info), info) : objectOf(key, info);
  } catch (error) {
    if (failureOf(entry.node === "link" ? "readLink" : "look", error) !== "missing") {
      return { key, sizeBytes: 0, unreadable: fileReason(error) };
    }
    return path.includes("\ufffd") ? { key, sizeBytes: 0, unreadable: "the name is not valid UTF-8" } : undefined;
  }
}

/** What a listing says of a file. */
export function objectOf(key: string, info: Deno.FileInfo): ObjectInfo {
  return { key, sizeBytes: info.size, lastModifiedMs: info.mtime?.getTime() ?? 0, local: { fileMark: markOf(info) } };
}
