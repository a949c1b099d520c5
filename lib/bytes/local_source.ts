/**
 * The few questions that other rooms have about an object of the disk. Nobody but this file and lib/disk looks into
 * {@link ObjectInfo.local}: what it holds may change without a stage knowing.
 */
import { FOLDER_NODE_BODY, FOLDER_NODE_MD5 } from "../limits.ts";
import type { ObjectDetails, ObjectHeaders, ObjectInfo } from "../types.ts";

type Known = Pick<ObjectInfo, "etag" | "local">;

/** The mark that changes when the object does: a file's own, else the ETag; undefined when there is neither. */
export function versionOf({ local, etag }: Known): string | undefined {
  return local?.fileMark ?? etag;
}

/** The object with its bytes compressed on the way; its size is not measured yet. */
export function asCompressed(source: ObjectInfo): ObjectInfo {
  return { ...source, local: { ...source.local, gzip: true } };
}

/** The bytes are compressed on the way: ranges come in order, one at a time, and `sizeBytes` is the compressed size. */
export function isCompressed({ local }: Known): boolean {
  return local?.gzip === true;
}

/** The bytes are not simply those of the file of that key, so that a HEAD of it says less than the listing. */
export function isMadeOfFile({ local }: Known): boolean {
  return local?.gzip === true || local?.slice !== undefined;
}

/** The object is the bytes of a file, or made of them; folders of a disk that are listed as keys are not. */
export function isOfFile({ local }: Known): boolean {
  return local !== undefined;
}

/** The listing itself holds the bytes: a folder or a link as an object. */
export function isNode({ local }: Known): boolean {
  return local?.body !== undefined;
}

/** An entry of a listing that stands for a folder, in the format that keeps folders and links as objects. */
export function isFolderNode({ sizeBytes, md5 }: Pick<ObjectInfo, "sizeBytes" | "md5">): boolean {
  return sizeBytes === FOLDER_NODE_BODY.length && md5 === FOLDER_NODE_MD5;
}

/** The object stands for a folder of the disk. */
export function isDiskFolder({ local }: Known): boolean {
  return local?.body === FOLDER_NODE_BODY;
}

/** The headers that an object of the disk brings along: owner and mode as metadata, where they are kept. */
function ownHeaders({ local }: Known): ObjectHeaders {
  return local?.metadata === undefined ? {} : { metadata: { ...local.metadata } };
}

/** What HEAD would say of an object of the disk, of size and time what its opened `bytes` say. */
export function detailsOf(object: ObjectInfo, bytes: Pick<ObjectInfo, "sizeBytes" | "lastModifiedMs"> = object): ObjectDetails {
  const { sizeBytes, lastModifiedMs = object.lastModifiedMs } = bytes;
  const time = lastModifiedMs === undefined ? {} : { lastModifiedMs };
  return { ...object, sizeBytes, ...time, headers: ownHeaders(object), checksums: [], tagCount: 0, archived: false };
}
