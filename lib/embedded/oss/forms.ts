/**
 * The forms in which OSS gives what both dialects store. On disk storage classes have the names of S3, so that both report the same.
 */
import { createHash } from "node:crypto";

/** OSS name to the name on disk; `Standard` has none there. */
export const DISK_CLASSES: Readonly<Record<string, string | undefined>> = {
  Standard: undefined,
  IA: "STANDARD_IA",
  Archive: "GLACIER",
  ColdArchive: "COLD_ARCHIVE",
  DeepColdArchive: "DEEP_ARCHIVE",
};
/** Classes that only S3 writes, to the nearest of OSS. */
const NEAREST_CLASSES: Readonly<Record<string, string>> = { ONEZONE_IA: "IA", GLACIER_IR: "IA" };
const ARCHIVES = new Set(["Archive", "ColdArchive", "DeepColdArchive"]);

/** The OSS name of a class on disk. */
export function ossClassOf(onDisk: string | undefined): string {
  const found = Object.keys(DISK_CLASSES).find((name) => DISK_CLASSES[name] === onDisk);
  return found ?? NEAREST_CLASSES[onDisk ?? ""] ?? "Standard";
}

/** Whether objects of this class on disk must be restored before they are read. */
export function isOssArchive(onDisk: string | undefined): boolean {
  return ARCHIVES.has(ossClassOf(onDisk));
}

/**
 * The ETag of OSS, without quotes: the MD5 in upper case, but for an object put together from parts "a unique value that is generated based
 * on specific rules, not the MD5" ("CompleteMultipartUpload"), and not the value by which S3 would name the same parts.
 */
export function ossEtag(etag: string): string {
  const [hash = "", count] = etag.split("-");
  if (count === undefined) return hash.toUpperCase();
  return `${createHash("md5").update(`oss ${etag}`).digest("hex").toUpperCase()}-${count}`;
}

/** `Normal`, `Multipart` or `Symlink`. */
export function ossTypeOf(object: { readonly etag: string; readonly symlink?: boolean | undefined }): string {
  return object.symlink ? "Symlink" : object.etag.includes("-") ? "Multipart" : "Normal";
}
