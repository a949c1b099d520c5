/**
 * The unfinished file of a local destination: `.NAME.sluice-TOKEN-PARTSIZE` beside the target, as long as the object plus one byte per
 * part. Byte *i* of that tail (from 0) is set only after part *i* is on the disk, so the file itself answers "which parts are there?" to
 * any later run, and no other state exists. A target must never be seen half-written: it appears by rename alone.
 *
 * Two runs may work on one partial file: the token binds it to one version of the source, so they write the same bytes. A lock keeps the
 * one that finishes (and cuts the tail off) apart from one that still sets a mark, which would make the finished file longer.
 */
import { cut, rangeOf, sizeOf } from "../bytes/part_layout.ts";
import { TransferError } from "../errors.ts";
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { PartLayout, UploadInfo } from "../types.ts";
import { codeOf, failureOf, fileError } from "./file_error.ts";
import { type FinishOptions, isAt, lock, moveInto, setTime, sync, syncFolder } from "./finish_file.ts";
import { inFolderIfThere } from "./held_folder.ts";
import { folderOf, isPartialName, nameOf, nameToSegment, PARTIAL_MARK } from "./path.ts";
import { lookIfThere, timeOf } from "./stat.ts";
import { restoreOwnership } from "./tree_node.ts";
import { walkEntries } from "./walk.ts";
import { beside, namePrefixes, parsePartialName, partialEnding, withWorkingName } from "./working_name.ts";

/**
 * Creates the partial file of `target`, sparse, or finds the one that is there already; returns its path. The folder must exist. A full
 * disk shows only when parts are written.
 */
export async function createPartial(target: string, options: { token: string; layout: PartLayout }): Promise<string> {
  const { token, layout } = options;
  try {
    return await withWorkingName(target, partialEnding(token, layout.partSizeBytes), (path) => createAt(path, layout));
  } catch (error) {
    throw fileError(error, "create", `create the partial file of ${target}`);
  }
}

async function createAt(path: string, layout: PartLayout): Promise<string> {
  using file = await openNew(path) ?? await openFound(path, { read: true, write: true });
  await giveLength(file, path, layout);
  return path;
}

/** A length that the file cannot have is what a run left that died while it created it: what is in it proves nothing. */
async function giveLength(file: Deno.FsFile, path: string, layout: PartLayout): Promise<void> {
  const { size } = await file.stat();
  if (canBe(size, layout)) return;
  refuseSecondName(file, path);
  if (size > 0) await file.truncate(0);
  await file.truncate(layout.sizeBytes + layout.partCount);
}

/** With its tail, or whole and without. */
function canBe(size: number, { sizeBytes, partCount }: PartLayout): boolean {
  return size === sizeBytes + partCount || (size === sizeBytes && size > 0);
}

/**
 * Which parts are written, by index from 0, and the layout that they have: by the name and the length (object plus one byte per part). A
 * file without its tail is whole, as that is only ever cut off after all marks were seen; it is known by `sizeBytes`, the object's. A file
 * of a length that cannot be holds no part. Throws `uploadLost` when the file is gone.
 */
export async function readMarks(path: string, sizeBytes?: number): Promise<{ layout: PartLayout; marks: boolean[] }> {
  const parsed = parsePartialName(nameOf(path));
  if (parsed === undefined) throw new TransferError("uploadLost", `${path} is not the name of a partial file`);
  try {
    using file = await openFound(path, { read: true });
    const { size } = await file.stat();
    const layout = cut(sizeBytes ?? size - Math.ceil(size / (parsed.partSizeBytes + 1)), parsed.partSizeBytes);
    return { layout, marks: canBe(size, layout) ? await marksIn(file, path, layout) : new Array<boolean>(layout.partCount).fill(false) };
  } catch (error) {
    throw lostOr(error, `read the partial file ${path}`);
  }
}

/** A part of a partial file, open for writing at its place. The caller writes exactly `sizeBytes`, settles it and closes the file. */
export interface OpenPart {
  /** Positioned at `offset`. */
  readonly file: Deno.FsFile;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Opens part `partNumber` (from 1) of a partial file below `root` for writing. Throws `uploadLost` when the file is gone, `conflict` when
 * something else has its name.
 */
export async function openPart(
  root: string,
  path: string,
  { layout, partNumber }: { layout: PartLayout; partNumber: number },
): Promise<OpenPart> {
  const offset = rangeOf(layout, partNumber).first;
  const opened = await inFolderIfThere(root, path, async (place) => {
    let file: Deno.FsFile | undefined;
    try {
      file = await openFound(place.path, { write: true });
      refuseSecondName(file, path);
      place.check();
      await giveLength(file, path, layout);
      await file.seek(offset, Deno.SeekMode.Start);
      return { file, offset, sizeBytes: sizeOf(layout, partNumber) };
    } catch (error) {
      file?.close();
      throw lostOr(error, `open the partial file ${path}`);
    }
  });
  if (opened === undefined) throw new TransferError("uploadLost", `Cannot open the partial file ${path}: its folder is gone`);
  return opened;
}

/**
 * Call it after all bytes of the part are written: brings them to the disk and only then sets the part's mark, so that a mark never lies,
 * not even after a power cut. Does not close the file. When another run has finished the file meanwhile nothing is left to mark.
 */
export async function settlePart(file: Deno.FsFile, path: string, layout: PartLayout, partNumber: number): Promise<void> {
  try {
    await sync(() => file.syncData());
    await lock(file, false);
    try {
      const { size, nlink } = await file.stat();
      if (nlink === 0) throw new TransferError("uploadLost", `The partial file ${path} was removed while a part was written`);
      if (size === layout.sizeBytes) return;
      if (size !== layout.sizeBytes + layout.partCount) throw wrongLength(path, size, layout);
      await file.seek(layout.sizeBytes + partNumber - 1, Deno.SeekMode.Start);
      await file.write(new Uint8Array([1]));
    } finally {
      await file.unlock().catch(() => {});
    }
  } catch (error) {
    throw fileError(error, "write", `write the partial file ${path}`);
  }
}

/**
 * Makes the partial file the target: sees that every part is marked, cuts the tail off, syncs, sets the time, renames, syncs the folder.
 * May be called twice and by two runs: who comes second finds the target in place and is done. Throws `integrity` when parts are missing,
 * `conflict` when the condition does not hold, `uploadLost` when the partial file is gone and the target is not what it would have become.
 * Returns notes for people: what the file system refused of times and syncing.
 */
export async function finishPartial(path: string, target: string, layout: PartLayout, options: FinishOptions = {}): Promise<string[]> {
  let opened: Deno.FsFile | undefined;
  try {
    const file = opened = await openFound(path, { read: true, write: true });
    await lock(file, true);
    if (isAt(file, target)) {
      // Finished by another run; one that died between link and remove has left the old name.
      if (isAt(file, path)) await Deno.remove(path);
      return [];
    }
    refuseSecondName(file, path);
    const marks = await marksIn(file, path, layout);
    const missing = marks.filter((mark) => !mark).length;
    if (missing > 0) {
      throw new TransferError("integrity", `Cannot finish ${target}: ${missing} of ${marks.length} parts are not written`);
    }
    await file.truncate(layout.sizeBytes);
    const notes = [await sync(() => file.sync())];
    if (options.ownership !== undefined) restoreOwnership(path, options.ownership, "file");
    notes.push(await setTime(file, options.lastModifiedMs));
    await moveInto(path, target, options.condition, file);
    await syncFolder(folderOf(target));
    return notes.filter((note) => note !== undefined);
  } catch (error) {
    if (opened === undefined && codeOf(error) === "ENOENT" && await isFinished(target, layout, options)) return [];
    throw lostOr(error, `finish ${target}`);
  } finally {
    opened?.close();
  }
}

/** Removes a partial file; no error when it is gone. */
export async function abortPartial(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (failureOf("remove", error) !== "missing") throw fileError(error, "remove", `remove the partial file ${path}`);
  }
}

/** Creates a working file; undefined when something is there. Throws what the system says, `ENOENT` for a folder that is gone. */
export async function openNew(path: string): Promise<Deno.FsFile | undefined> {
  try {
    return await Deno.open(path, { read: true, write: true, createNew: true });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return undefined;
  }
}

/**
 * Opens a partial file that is there. Throws `conflict` for what only has its name, such as a link. Looked at before, because opening a
 * pipe waits for its other end, and after, because the name may have gone to another file in between.
 */
async function openFound(path: string, options: Deno.OpenOptions): Promise<Deno.FsFile> {
  refuseUnlessFile(Deno.lstatSync(path), path);
  const file = await Deno.open(path, options);
  try {
    const [ours, there] = [file.statSync(), Deno.lstatSync(path)];
    refuseUnlessFile(ours, path);
    refuseUnlessFile(there, path);
    // Windows has no inodes.
    if (ours.ino !== null && (ours.ino !== there.ino || ours.dev !== there.dev)) throw notOurs(path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Before anything is written: what has another name as well may be a file outside of the folder. */
function refuseSecondName(file: Deno.FsFile, path: string): void {
  const { nlink } = file.statSync();
  if (nlink !== null && nlink > 1) throw notOurs(path);
}

/** Throws `conflict` for a link, a folder, a pipe: what only has the name of a working file. */
export function refuseUnlessFile({ isFile }: Deno.FileInfo, path: string): void {
  if (!isFile) throw notOurs(path);
}

function notOurs(path: string): TransferError {
  return new TransferError("conflict", `Cannot use ${path}: it is a link, a file with another name as well, or not a file`);
}

async function marksIn(file: Deno.FsFile, path: string, layout: PartLayout): Promise<boolean[]> {
  const { size } = await file.stat();
  if (!canBe(size, layout)) throw wrongLength(path, size, layout);
  if (size === layout.sizeBytes) return new Array<boolean>(layout.partCount).fill(true);
  const tail = new Uint8Array(layout.partCount);
  await file.seek(layout.sizeBytes, Deno.SeekMode.Start);
  let read = 0;
  while (read < tail.length) {
    const count = await file.read(tail.subarray(read));
    if (count === null) break;
    read += count;
  }
  return Array.from(tail, (mark) => mark === 1);
}

function wrongLength(path: string, size: number, layout: PartLayout): TransferError {
  const wanted = layout.sizeBytes + layout.partCount;
  return new TransferError("uploadLost", `The partial file ${path} has ${size} bytes where ${wanted} are right: it cannot be used`);
}

function lostOr(error: unknown, tried: string): TransferError {
  if (codeOf(error) !== "ENOENT") return fileError(error, "write", tried);
  return new TransferError("uploadLost", `Cannot ${tried}: the partial file is gone`, { cause: error });
}

/** With the partial file gone: is the target what it would have become? An older version may have the size, so the time counts too. */
async function isFinished(target: string, layout: PartLayout, options: FinishOptions): Promise<boolean> {
  try {
    const info = await Deno.lstat(target);
    if (!info.isFile || info.size !== layout.sizeBytes) return false;
    // File systems keep times to two seconds at worst (FAT).
    return options.lastModifiedMs === undefined || Math.abs(timeOf(info) - options.lastModifiedMs) <= 2000;
  } catch {
    return false;
  }
}

/** Partial files of exactly this target, newest first; none when the folder is missing. */
export async function findPartials(target: string, key: string): Promise<UploadInfo[]> {
  const folder = folderOf(target);
  const prefixes = namePrefixes(target);
  const found: UploadInfo[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
      const upload = parsePartialName(name) && await describeUpload(beside(target, name), key);
      if (upload !== undefined) found.push(upload);
    }
  } catch (error) {
    if (failureOf("look", error) === "missing") return [];
    throw fileError(error, "list", `look for partial files in ${folder}`);
  }
  return newestFirst(found);
}

/**
 * Pages of the unfinished files of all keys that start with `prefix`, in key order, newest first within one key. What a run that died left
 * of a whole object is among them, without token. A target name too long to stand in the name of its partial file is reported shortened, as
 * it is there; with that key the upload can be ended too.
 */
export async function* walkUploads(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<readonly UploadInfo[]> {
  let page: UploadInfo[] = [];
  const ofKey: UploadInfo[] = [];
  for await (const { path, key, kind } of walkEntries(root, { prefix, folders: false, signal }, targetSegment)) {
    const upload = kind === "file" ? await describeUpload(path, key) : undefined;
    if (upload === undefined) continue;
    if (ofKey[0] !== undefined && ofKey[0].key !== key) page.push(...newestFirst(ofKey.splice(0)));
    ofKey.push(upload);
    while (page.length >= PAGE_ENTRIES_MAX) yield page.splice(0, PAGE_ENTRIES_MAX);
  }
  page = page.concat(newestFirst(ofKey));
  for (let at = 0; at < page.length; at += PAGE_ENTRIES_MAX) yield page.slice(at, at + PAGE_ENTRIES_MAX);
}

/** Unfinished files under the name of their target, folders under their own. */
function targetSegment(name: string, isFolder: boolean): string | undefined {
  if (isPartialName(name) === isFolder) return undefined;
  return nameToSegment(isFolder ? name : name.slice(1, name.lastIndexOf(PARTIAL_MARK)));
}

function newestFirst(uploads: UploadInfo[]): UploadInfo[] {
  return uploads.sort((a, b) => b.initiatedMs - a.initiatedMs);
}

/** Undefined when it has gone meanwhile. Begun when the file was created, or last written where the file system does not keep that. */
async function describeUpload(path: string, key: string): Promise<UploadInfo | undefined> {
  const uploadId = nameOf(path);
  const info = await lookIfThere(path, Deno.lstat);
  return info && { key, uploadId, initiatedMs: (info.birthtime ?? info.mtime)?.getTime() ?? 0, ...parsePartialName(uploadId) };
}
