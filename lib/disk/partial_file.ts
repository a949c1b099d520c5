/**
 * The unfinished file of a local destination: `.NAME.sluice-TOKEN-PARTSIZE` beside the target, as long as the object plus one byte per
 * part. Byte *i* of that tail (from 0) is set only after part *i* is on the disk, so the file itself answers "which parts are there?" to
 * any later run, and no other state exists. A target must never be seen half-written: it appears by rename alone.
 *
 * Two runs may work on one partial file: the token binds it to one version of the source, so they write the same bytes. A lock keeps the
 * one that finishes (and cuts the tail off) apart from one that still sets a mark, which would make the finished file longer.
 */
import { createHash } from "node:crypto";
import { shortly, TransferError } from "../errors.ts";
import type { PartLayout } from "../types.ts";
import { codeOf, fileError } from "./file_error.ts";
import { folderOf, isPartialName, nameOf, PARTIAL_MARK } from "./path.ts";
import { restoreOwnership } from "./s3sync_nodes.ts";
import { type FinishOptions, isAt, moveInto, setTime, syncFolder } from "./place_file.ts";

/** Room for the token in a name, after escaping; longer tokens are a bug of the caller. */
const TOKEN_BYTES_MAX = 64;
/** Longer target names are cut and hashed, so that dot, mark, token and part size always fit into 255 bytes. */
const NAME_BYTES_KEPT_MAX = 160;

/** What no name holds; a backslash is a letter like any other but on Windows. */
const SEPARATORS = Deno.build.os === "windows" ? /[\\/\0]/ : /[/\0]/;

/** A partial file as its name and the folder tell it. */
export interface PartialFile {
  readonly path: string;
  /** The file's name: the upload id of the local store. */
  readonly uploadId: string;
  readonly token: string;
  readonly partSizeBytes: number;
  /** When the file was created, or last written where the file system does not keep that. */
  readonly initiatedMs: number;
}

/** The name of the partial file of `target`, which is also its upload id. Throws `bug` for a token that is empty or too long. */
export function partialName(target: string, token: string, partSizeBytes: number): string {
  const text = encodeURIComponent(token).replace(/[.*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  if (text === "" || text.length > TOKEN_BYTES_MAX) {
    throw new TransferError("bug", `Token of a partial file is empty or too long: ${token}`);
  }
  return `${namePrefix(target)}${text}-${partSizeBytes.toString(36)}`;
}

/**
 * The path of the unfinished file that `uploadId` names beside `target`. Throws `uploadLost` when it is no name of an unfinished file of
 * this target, so that an upload id never reaches another file.
 */
export function partialPath(target: string, uploadId: string): string {
  if (!uploadId.startsWith(namePrefix(target)) || SEPARATORS.test(uploadId)) {
    throw new TransferError("uploadLost", `Upload ${shortly(uploadId)} is not one of ${target}`);
  }
  return beside(target, uploadId);
}

/** The layout of an object of this size in parts of this size. */
export function layoutFor(sizeBytes: number, partSizeBytes: number): PartLayout {
  return { sizeBytes, partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
}

/**
 * The layout of a partial file out of its name and length (object plus one byte per part). Without `sizeBytes`, the object's, a file whose
 * tail is cut off already looks as if its last part were shorter. Throws `uploadLost` when it is gone.
 */
export async function readLayout(path: string, sizeBytes?: number): Promise<PartLayout> {
  const parsed = parsePartialName(nameOf(path));
  if (parsed === undefined) throw new TransferError("uploadLost", `${path} is not the name of a partial file`);
  try {
    const { size } = await Deno.lstat(path);
    if (size === sizeBytes && size > 0) return layoutFor(size, parsed.partSizeBytes);
    const partCount = Math.ceil(size / (parsed.partSizeBytes + 1));
    return { sizeBytes: size - partCount, partSizeBytes: parsed.partSizeBytes, partCount };
  } catch (error) {
    throw lostOr(error, `look at the partial file ${path}`);
  }
}

/** Token and part size out of a partial file's name; undefined for any other name, also for the short-lived ones of {@link writeWhole}. */
export function parsePartialName(name: string): { token: string; partSizeBytes: number; target: string } | undefined {
  if (!isPartialName(name)) return undefined;
  const start = name.lastIndexOf(PARTIAL_MARK);
  const match = /^(.+)-([0-9a-z]{1,9})$/.exec(name.slice(start + PARTIAL_MARK.length));
  const partSizeBytes = parseInt(match?.[2] ?? "", 36);
  if (match === null || !(partSizeBytes > 0)) return undefined;
  try {
    return { token: decodeURIComponent(match[1] ?? ""), partSizeBytes, target: name.slice(1, start) };
  } catch {
    return undefined;
  }
}

/**
 * Creates the partial file of `target`, sparse, or finds the one that is there already; answers its path. The folder must exist. A full
 * disk shows only when parts are written.
 */
export async function createPartial(target: string, options: { token: string; layout: PartLayout }): Promise<string> {
  const { token, layout } = options;
  const path = beside(target, partialName(target, token, layout.partSizeBytes));
  const whole = layout.sizeBytes + layout.partCount;
  try {
    using file = await openNewOrFound(path);
    const { size } = await file.stat();
    if (size === whole || (size === layout.sizeBytes && size > 0)) return path;
    refuseSecondName(file, path);
    // Not a length that this file can have: what is in it proves nothing.
    if (size > 0) await file.truncate(0);
    await file.truncate(whole);
    return path;
  } catch (error) {
    throw fileError(error, `create the partial file ${path}`);
  }
}

/** Partial files of exactly this target, newest first; none when the folder is missing. */
export async function findPartials(target: string): Promise<PartialFile[]> {
  const folder = folderOf(target);
  const prefix = namePrefix(target);
  const found: PartialFile[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isFile || !entry.name.startsWith(prefix)) continue;
      const partial = await describePartial(beside(target, entry.name));
      if (partial !== undefined) found.push(partial);
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw fileError(error, `look for partial files in ${folder}`);
  }
  return found.sort((a, b) => b.initiatedMs - a.initiatedMs);
}

/** What the name and the folder tell of one partial file; undefined when it is gone or has another kind of name. */
async function describePartial(path: string): Promise<PartialFile | undefined> {
  const uploadId = nameOf(path);
  const parsed = parsePartialName(uploadId);
  if (parsed === undefined) return undefined;
  try {
    const info = await Deno.lstat(path);
    const initiatedMs = (info.birthtime ?? info.mtime)?.getTime() ?? 0;
    return { path, uploadId, token: parsed.token, partSizeBytes: parsed.partSizeBytes, initiatedMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw fileError(error, `look at ${path}`);
  }
}

/**
 * Which parts are written, by index from 0. Throws `uploadLost` when the file is gone or has a length that does not fit the layout. A file
 * without its tail is whole: the tail is only ever cut off after all marks were seen.
 */
export async function readMarks(path: string, layout: PartLayout): Promise<boolean[]> {
  try {
    using file = await openFound(path, { read: true });
    return await marksIn(file, path, layout);
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

/** Opens part `partNumber` (from 1) for writing. Throws `uploadLost` when the partial file is gone. */
export async function openPartialPart(path: string, layout: PartLayout, partNumber: number): Promise<OpenPart> {
  const offset = (partNumber - 1) * layout.partSizeBytes;
  const sizeBytes = Math.min(layout.partSizeBytes, layout.sizeBytes - offset);
  if (!(partNumber >= 1 && partNumber <= layout.partCount && sizeBytes >= 0)) {
    throw new TransferError("bug", `Part ${partNumber} is not in the layout of ${path}`);
  }
  let file: Deno.FsFile | undefined;
  try {
    file = await openFound(path, { write: true });
    refuseSecondName(file, path);
    await file.seek(offset, Deno.SeekMode.Start);
    return { file, offset, sizeBytes };
  } catch (error) {
    file?.close();
    throw lostOr(error, `open the partial file ${path}`);
  }
}

/**
 * Call it after all bytes of the part are written: brings them to the disk and only then sets the part's mark, so that a mark never lies,
 * not even after a power cut. Does not close the file. When another run has finished the file meanwhile nothing is left to mark.
 */
export async function settlePart(file: Deno.FsFile, path: string, layout: PartLayout, partNumber: number): Promise<void> {
  try {
    await file.syncData();
    await lock(file, false);
    try {
      const { size, nlink } = await file.stat();
      if (nlink === 0) throw new TransferError("uploadLost", `The partial file ${path} was removed while a part was written`);
      if (size === layout.sizeBytes) return;
      if (size !== layout.sizeBytes + layout.partCount) throw wrongLength(path, size, layout);
      await file.seek(layout.sizeBytes + partNumber - 1, Deno.SeekMode.Start);
      await file.write(new Uint8Array([1]));
    } finally {
      await unlock(file);
    }
  } catch (error) {
    throw fileError(error, `write the partial file ${path}`);
  }
}

/**
 * Makes the partial file the target: sees that every part is marked, cuts the tail off, syncs, sets the time, renames, syncs the folder.
 * May be called twice and by two runs: who comes second finds the target in place and is done. Throws `integrity` when parts are missing,
 * `conflict` when the condition does not hold, `uploadLost` when the partial file is gone and the target is not what it would have become.
 */
export async function finishPartial(path: string, target: string, layout: PartLayout, options: FinishOptions = {}): Promise<void> {
  let file: Deno.FsFile | undefined;
  try {
    try {
      file = await openFound(path, { read: true, write: true });
    } catch (error) {
      if (codeOf(error) === "ENOENT" && await isFinished(target, layout, options)) return;
      throw error;
    }
    await lock(file, true);
    if (isAt(file, target)) {
      // Finished by another run; one that died between link and remove has left the old name.
      if (isAt(file, path)) await Deno.remove(path);
      return;
    }
    refuseSecondName(file, path);
    const marks = await marksIn(file, path, layout);
    const missing = marks.filter((mark) => !mark).length;
    if (missing > 0) {
      throw new TransferError("integrity", `Cannot finish ${target}: ${missing} of ${marks.length} parts are not written`);
    }
    await file.truncate(layout.sizeBytes);
    await file.sync();
    if (options.ownership !== undefined) restoreOwnership(path, options.ownership, "file");
    await setTime(file, options.lastModifiedMs);
    await moveInto(path, target, options.condition, file);
    await syncFolder(folderOf(target));
  } catch (error) {
    throw lostOr(error, `finish ${target}`);
  } finally {
    file?.close();
  }
}

/** Removes a partial file; no error when it is gone. */
export async function abortPartial(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw fileError(error, `remove the partial file ${path}`);
  }
}

/** The path of `name` in the folder of `target`. */
export function beside(target: string, name: string): string {
  const folder = folderOf(target);
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

/** `.NAME.sluice-`, the same for all partial files of one target; long names are cut and hashed. */
export function namePrefix(target: string): string {
  const name = nameOf(target);
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= NAME_BYTES_KEPT_MAX) return `.${name}${PARTIAL_MARK}`;
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  let end = NAME_BYTES_KEPT_MAX - digest.length - 1;
  // Not in the middle of a character: continuation bytes of UTF-8 are 10xxxxxx.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `.${new TextDecoder().decode(bytes.subarray(0, end))}~${digest}${PARTIAL_MARK}`;
}

/** Opens a file for reading and writing that is new, or is there already. Throws `conflict` for what only has its name. */
async function openNewOrFound(path: string): Promise<Deno.FsFile> {
  return await openNew(path) ?? await openFound(path, { read: true, write: true });
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
    // Windows tells no inodes.
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
  return new TransferError("conflict", `Cannot use ${path}: it is a link, a file with another name as well, or no file`);
}

async function marksIn(file: Deno.FsFile, path: string, layout: PartLayout): Promise<boolean[]> {
  const { size } = await file.stat();
  if (size === layout.sizeBytes && size > 0) return new Array<boolean>(layout.partCount).fill(true);
  if (size !== layout.sizeBytes + layout.partCount) throw wrongLength(path, size, layout);
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
  if (codeOf(error) !== "ENOENT") return fileError(error, tried);
  return new TransferError("uploadLost", `Cannot ${tried}: the partial file is gone`, { cause: error });
}

/**
 * With the partial file gone: is the target what it would have become? The size alone could be an older version, so its time counts too.
 */
async function isFinished(target: string, layout: PartLayout, options: FinishOptions): Promise<boolean> {
  try {
    const info = await Deno.lstat(target);
    if (!info.isFile || info.size !== layout.sizeBytes) return false;
    // File systems keep times to two seconds at worst (FAT).
    return options.lastModifiedMs === undefined || Math.abs((info.mtime?.getTime() ?? 0) - options.lastModifiedMs) <= 2000;
  } catch {
    return false;
  }
}

/** Locks of Windows forbid even the own writes, and files there cannot be renamed while others hold them: nothing to keep apart. */
async function lock(file: Deno.FsFile, exclusive: boolean): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    await file.lock(exclusive);
  } catch {
    // A file system without locks: one run at a time is then the user's promise.
    return;
  }
}

async function unlock(file: Deno.FsFile): Promise<void> {
  if (Deno.build.os === "windows") return;
  await file.unlock().catch(() => {});
}
