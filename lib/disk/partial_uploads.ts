/**
 * Finds unfinished files: those of one target to resume, and all below a folder for the command that shows and clears them. Never enters
 * links and reads no bytes.
 */
import { PAGE_ENTRIES_MAX } from "../limits.ts";
import type { UploadInfo } from "../types.ts";
import { failureOf, fileError } from "./file_error.ts";
import { folderOf, isPartialName, nameOf, nameToSegment, PARTIAL_MARK } from "./path.ts";
import { lookIfThere } from "./stat.ts";
import { walkEntries } from "./walk.ts";
import { beside, namePrefixes, parsePartialName } from "./working_name.ts";

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
