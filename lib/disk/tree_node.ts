/**
 * Folders and links as objects, in the format of s3sync and paras3: what stands for them in a bucket, and how they come back to disk. Owner
 * and mode travel as metadata of every object. Must never follow a link that it wrote.
 */
import { TransferError } from "../errors.ts";
import { FOLDER_NODE_BODY, FOLDER_NODE_MD5, KIB } from "../limits.ts";
import { nodeCrypto, nodeFs } from "../node.ts";
import type { ObjectInfo } from "../types.ts";
import { codeOf } from "./file_error.ts";
import { fileObject, markOf, timeOf } from "./stat.ts";
import { withWorkingName } from "./working_name.ts";

/** No link target is longer on any system. */
const LINK_BYTES_MAX = 64 * KIB;

/** What a downloaded object turns out to be. */
export function nodeKind(
  { sizeBytes, md5 }: Pick<ObjectInfo, "sizeBytes" | "md5">,
  metadata: Readonly<Record<string, string>>,
): "file" | "folder" | "link" {
  if (metadata.symlink !== "true") return sizeBytes === FOLDER_NODE_BODY.length && md5 === FOLDER_NODE_MD5 ? "folder" : "file";
  if (sizeBytes > LINK_BYTES_MAX) throw new TransferError("unsupported", `Cannot make a link to a name of ${sizeBytes} bytes`);
  return "link";
}

/** The object of what has this path, links not followed; `info` is that of `lstat`. A folder's key has no slash at its end. */
export function nodeObject(key: string, path: string, info: Deno.FileInfo): ObjectInfo {
  const metadata = ownership(info);
  if (info.isDirectory) return madeOf(key, FOLDER_NODE_BODY, { md5: FOLDER_NODE_MD5, metadata, info });
  if (info.isSymlink) {
    const target = Deno.readLinkSync(path);
    const md5 = nodeCrypto().createHash("md5").update(target).digest("hex");
    return madeOf(key, target, { md5, metadata: { ...metadata, symlink: "true" }, info });
  }
  if (!info.isFile) return { key, sizeBytes: 0, unreadable: "neither a file nor a folder", special: true };
  const object = fileObject(key, info);
  return { ...object, local: { ...object.local, metadata } };
}

function madeOf(key: string, body: string, node: { md5: string; metadata: Record<string, string>; info: Deno.FileInfo }): ObjectInfo {
  const { md5, metadata, info } = node;
  const sizeBytes = new TextEncoder().encode(body).length;
  return { key, sizeBytes, md5, lastModifiedMs: timeOf(info), local: { fileMark: markOf(info), body, metadata } };
}

/** Owner, group and mode as s3sync writes them: decimal; nothing where the system has none. */
function ownership(info: Deno.FileInfo): Record<string, string> {
  if (info.uid === null || info.gid === null || info.mode === null) return {};
  return { owner: String(info.uid), group: String(info.gid), permissions: String(info.mode) };
}

/** Makes the folder of a node; one that is there is left. The folder above must exist. */
export async function makeFolderNode(path: string): Promise<void> {
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if ((await Deno.lstat(path)).isDirectory) return;
    throw new TransferError("conflict", `Cannot create the folder ${path}: a file has this name`, { cause: error });
  }
}

/** Makes the link of a node in one step, in place of the file or link that is there. */
export async function makeLinkNode(path: string, target: string): Promise<void> {
  await withWorkingName(path, crypto.getRandomValues(new Uint8Array(9)).toHex(), async (temporary) => {
    await Deno.symlink(target, temporary);
    try {
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  });
}

/** Gives a file or folder the mode and owner that its object names. What the system refuses is left: the bytes are what counts. */
export function restoreOwnership(path: string, metadata: Readonly<Record<string, string>>, kind: "file" | "folder"): void {
  const fs = nodeFs();
  const mode = wholeOf(metadata.permissions);
  const owner = wholeOf(metadata.owner);
  const group = wholeOf(metadata.group);
  let fd: number | undefined;
  try {
    // Never through a link that has the name by now, and never of a file that has another name, perhaps outside.
    const file = fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0));
    const info = fs.fstatSync(file);
    if (kind === "folder" ? !info.isDirectory() : !info.isFile() || info.nlink !== 1) return;
    if (owner !== undefined && group !== undefined) unlessRefused(() => fs.fchownSync(file, owner, group));
    // After the owner, because changing that takes set-id bits away. A folder stays open to its owner: files may come into it later.
    const least = kind === "folder" ? 0o700 : 0;
    if (mode !== undefined) unlessRefused(() => fs.fchmodSync(file, (mode & 0o7777) | least));
  } catch {
    return;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function unlessRefused(change: () => void): void {
  try {
    change();
  } catch {
    return;
  }
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
