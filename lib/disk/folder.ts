/**
 * A folder as a store. Control requests only: unfinished uploads are the partial files of lib/disk/partial_file.ts, so what ListParts
 * returns is read from the disk and nothing is remembered. Must never write or delete outside its folder.
 */
import { detailsOf } from "../bytes/local_source.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { TransferError } from "../errors.ts";
import { GIB, PAGE_ENTRIES_MAX, PART_COUNT_MAX, TIB } from "../limits.ts";
import type {
  CompleteUploadOptions,
  CreateUploadOptions,
  DeleteFailure,
  DeleteOptions,
  ListOptions,
  Store,
  WriteAnswer,
} from "../store/store.ts";
import type { Capabilities, ObjectDetails, ObjectInfo, PartInfo, ReadyLocal, UploadInfo } from "../types.ts";
import { codeOf, failureOf, fileError, fileReason } from "./file_error.ts";
import { inFolder, inFolderIfThere } from "./held_folder.ts";
import { abortPartial, createPartial, findPartials, finishPartial, readMarks, walkUploads } from "./partial_file.ts";
import { keyToFolder, keyToPath, nameOf } from "./path.ts";
import { fileObject, folderObject, lookIfThere } from "./stat.ts";
import { nodeObject } from "./tree_node.ts";
import { throwIfAborted, walkObjects } from "./walk.ts";
import { parsePartialName, partialPath } from "./working_name.ts";

/** Files that are deleted in one go. */
const DELETES_AT_ONCE = 32;

/**
 * Part numbers are S3's, so that both sides of a job share one layout; the sizes are bounded by nothing but the file system.
 * `conditionalWrites`: `absent` is an exclusive hard link (a look before the rename where there are none), `etag` is compared with the
 * file's mark right before the rename.
 */
export const LOCAL_CAPABILITIES: Capabilities = {
  provider: "local",
  ownDigests: [],
  checksums: [],
  conditionalWrites: true,
  serverSideCopy: false,
  tags: false,
  partSizeMinBytes: 1,
  partSizeMaxBytes: 5 * TIB,
  partCountMax: PART_COUNT_MAX,
  putSizeMaxBytes: 1024 * 1024 * GIB,
};

/** Opens a folder as a store. Looks at nothing yet: a missing folder shows at the first call, as `config`. */
export function openLocalStore(ready: ReadyLocal): Store {
  return new LocalStore(ready);
}

class LocalStore implements Store {
  readonly label: string;
  readonly capabilities = LOCAL_CAPABILITIES;
  readonly #root: string;
  readonly #nodes: boolean;
  readonly #absent: boolean;

  constructor({ bucket, format, absent }: ReadyLocal) {
    this.#root = bucket;
    this.#absent = absent === true;
    this.#nodes = format === "s3sync";
    this.label = bucket;
  }

  async *list({ prefix, folders, depth, enters, signal }: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
    const nodes = this.#nodes;
    if (!this.#absent) yield* walkObjects(this.#root, { prefix, folders: folders === true && !nodes, nodes, depth, enters, signal });
  }

  /** A file has no parts of its own: any `partNumber` returns the whole. Links are followed. */
  async head(key: string, options: { signal?: AbortSignal } = {}): Promise<ObjectDetails | undefined> {
    throwIfAborted(options.signal);
    const found = await (this.#nodes ? findNode : findFile)(this.#root, key);
    return found && detailsOf(found);
  }

  readTags(): Promise<Record<string, string>> {
    return Promise.resolve({});
  }

  async createUpload(key: string, options: CreateUploadOptions): Promise<string> {
    throwIfAborted(options.signal);
    const target = keyToPath(this.#root, key);
    return await inFolder(this.#root, target, async (place) => {
      // Seen before bytes move, not by the rename after them.
      if ((await lookIfThere(place.path, Deno.lstat))?.isDirectory) {
        throw new TransferError("conflict", `Cannot write ${key} to ${place.path}: a folder has this name`, { key });
      }
      place.check();
      return nameOf(await createPartial(place.path, { token: options.token, layout: options.layout }));
    });
  }

  async *listUploads(
    query: { key: string } | { prefix: string },
    options: { signal?: AbortSignal } = {},
  ): AsyncIterable<readonly UploadInfo[]> {
    throwIfAborted(options.signal);
    if (!("key" in query)) return yield* walkUploads(this.#root, query.prefix, options.signal);
    const uploads = await findPartials(keyToPath(this.#root, query.key), query.key);
    for (let at = 0; at < uploads.length; at += PAGE_ENTRIES_MAX) yield uploads.slice(at, at + PAGE_ENTRIES_MAX);
  }

  async *listParts(
    key: string,
    uploadId: string,
    options: { sizeBytes?: number; signal?: AbortSignal } = {},
  ): AsyncIterable<{ readonly parts: readonly PartInfo[] }> {
    throwIfAborted(options.signal);
    const { layout, marks } = await readMarks(partialPath(keyToPath(this.#root, key), uploadId), options.sizeBytes);
    const parts = marks.flatMap((mark, index) =>
      mark ? [{ partNumber: index + 1, sizeBytes: sizeOf(layout, index + 1), checksums: [] }] : []
    );
    for (let at = 0; at < parts.length; at += PAGE_ENTRIES_MAX) yield { parts: parts.slice(at, at + PAGE_ENTRIES_MAX) };
  }

  /** May be called twice. What the checksums of the parts or of the whole should be is not looked at: that would be a second read. */
  async completeUpload(key: string, uploadId: string, options: CompleteUploadOptions): Promise<WriteAnswer> {
    throwIfAborted(options.signal);
    const target = keyToPath(this.#root, key);
    partialPath(target, uploadId);
    const parsed = parsePartialName(uploadId);
    if (parsed === undefined) throw new TransferError("uploadLost", `Upload ${uploadId} is not one of ${key}`, { key });
    const layout = cut(options.sizeBytes, parsed.partSizeBytes);
    if (options.parts.length !== layout.partCount) {
      const message = `Cannot complete ${key}: ${options.parts.length} parts were named, ${layout.partCount} are needed`;
      throw new TransferError("integrity", message, { key });
    }
    const notes = await inFolder(this.#root, target, async (place) => {
      place.check();
      return await finishPartial(partialPath(place.path, uploadId), place.path, layout, options);
    });
    return { checksums: [], notes };
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    const path = partialPath(keyToPath(this.#root, key), uploadId);
    await inFolderIfThere(this.#root, path, (place) => {
      place.check();
      return abortPartial(place.path);
    });
  }

  copyObject(): Promise<never> {
    return Promise.reject(new TransferError("unsupported", "A folder has no server-side copy"));
  }

  copyPart(): Promise<never> {
    return this.copyObject();
  }

  /** A folder (a key that ends in a slash) goes only when it is empty; one that still holds something stays and is not a failure. */
  async deleteObjects(keys: readonly string[], options: DeleteOptions = {}): Promise<readonly DeleteFailure[]> {
    const ends: (DeleteFailure | undefined)[] = [];
    const files = keys.filter((key) => !key.endsWith("/"));
    for (let at = 0; at < files.length; at += DELETES_AT_ONCE) {
      throwIfAborted(options.signal);
      ends.push(...await Promise.all(files.slice(at, at + DELETES_AT_ONCE).map((key) => deleteKey(this.#root, key))));
    }
    // What is in a folder goes before the folder, so that it is empty when its turn comes.
    for (const key of keys.filter((key) => key.endsWith("/")).sort((a, b) => b.length - a.length)) {
      throwIfAborted(options.signal);
      ends.push(await deleteKey(this.#root, key));
    }
    if (options.keepsFolder !== undefined && !this.#nodes) await deleteEmptied(this.#root, keys, options.keepsFolder);
    return ends.filter((end) => end !== undefined);
  }

  close(): void {
    // Nothing is held open between calls.
  }
}

/** What has this very name, links not followed; the empty key is the root. */
function findNode(root: string, key: string): Promise<ObjectInfo | undefined> {
  return lookIfThere(key === "" ? root : keyToPath(root, key), async (path) => nodeObject(key, path, await Deno.lstat(path)));
}

async function findFile(root: string, key: string): Promise<ObjectInfo | undefined> {
  const info = await lookIfThere(keyToPath(root, key), Deno.stat);
  if (info?.isFile) return fileObject(key, info);
  if (info !== undefined && !info.isDirectory) return { key, sizeBytes: 0, unreadable: "neither a file nor a folder" };
  if (!key.endsWith("/")) return undefined;
  const folder = await lookIfThere(keyToFolder(root, key), Deno.lstat);
  return folder?.isDirectory ? folderObject(key, folder) : undefined;
}

/** Returns why it could not be deleted; undefined when it is gone. */
async function deleteKey(root: string, key: string): Promise<DeleteFailure | undefined> {
  try {
    const file = keyToPath(root, key);
    if (await deletePath(root, file, "file") || !key.endsWith("/")) return undefined;
    await deletePath(root, keyToFolder(root, key), "folder");
    return undefined;
  } catch (error) {
    const { kind } = fileError(error, "remove", `delete ${key}`);
    return { key, kind, message: error instanceof TransferError ? error.message : fileReason(error) };
  }
}

/** Removes the folders above these keys that are empty now, the deepest first. One that cannot go stays. */
async function deleteEmptied(root: string, keys: readonly string[], keepsFolder: (key: string) => boolean): Promise<void> {
  const folders = new Set<string>();
  for (const key of keys) {
    for (let at = key.lastIndexOf("/"); at > 0; at = key.lastIndexOf("/", at - 1)) folders.add(key.slice(0, at + 1));
  }
  for (const folder of [...folders].sort((one, other) => other.length - one.length)) {
    if (!keepsFolder(folder)) await deletePath(root, keyToFolder(root, folder), "folder").catch(() => {});
  }
}

/** True when something of this kind was there. */
async function deletePath(root: string, path: string, kind: "file" | "folder"): Promise<boolean> {
  return await inFolderIfThere(root, path, async (place) => {
    try {
      // A link, whatever it leads to, counts as a file: the link goes, never what it names.
      const { isDirectory } = await Deno.lstat(place.path);
      if (isDirectory !== (kind === "folder")) return false;
      place.check();
      await Deno.remove(place.path);
      return true;
    } catch (error) {
      if (failureOf("remove", error) === "missing") return false;
      if (kind === "folder" && (codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST")) return true;
      throw error;
    }
  }) ?? false;
}
