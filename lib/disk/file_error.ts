/**
 * Failures of the operating system's file calls as TransferErrors, with one line that people understand. Decides the kind by the error code
 * alone; must never swallow a failure and never look at the file again.
 */
import { asTransferError, notAllowed, TransferError } from "../errors.ts";
import type { ErrorKind } from "../types.ts";

/** What a code means (POSIX `errno.h`; Deno gives the same names on Windows where there is an equivalent). */
const CODES: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  ENOSPC: ["storage", "no space left on the disk"],
  EDQUOT: ["storage", "disk quota used up"],
  EROFS: ["storage", "the file system is read-only"],
  EMFILE: [
    "storage",
    "too many open files in this process: raise the limit (ulimit -n), or lower workers, parts_in_flight or objects_in_flight",
  ],
  ENFILE: ["storage", "too many open files on this machine"],
  EIO: ["storage", "the disk reports an input/output error"],
  EACCES: ["denied", "permission denied"],
  EPERM: ["denied", "operation not permitted"],
  ENOENT: ["notFound", "no such file or folder"],
  EEXIST: ["conflict", "something else has this name"],
  EISDIR: ["conflict", "a folder has this name"],
  ENOTDIR: ["conflict", "a file is where a folder is needed"],
  ENOTEMPTY: ["conflict", "a folder that is not empty has this name"],
  ENAMETOOLONG: ["unsupported", "the name is too long for this file system"],
  EILSEQ: ["unsupported", "this file system cannot hold the name"],
  EINVAL: ["unsupported", "this file system does not take the name or the operation"],
  EFBIG: ["unsupported", "the file is too large for this file system"],
  ELOOP: ["unsupported", "too many symbolic links"],
  EAGAIN: ["network", "the file system asks to try again"],
  EBUSY: ["network", "the file is busy"],
  ESTALE: ["network", "the network file system lost the file"],
  ETIMEDOUT: ["network", "the network file system did not answer"],
};

/** Codes that Deno (2.9) does not name, by their number, which is the same on Linux and macOS. */
const NUMBERS: Readonly<Record<string, string>> = { 27: "EFBIG" };

/** The error code (`ENOENT`, …) of a failed file call, if it has one; `os error N` where the system told only a number. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  if (typeof code === "string") return code;
  const number = error instanceof Error ? /\(os error (\d+)\)$/.exec(error.message)?.[1] : undefined;
  return number === undefined ? undefined : NUMBERS[number] ?? `os error ${number}`;
}

/** The reason of a failed file call in a few words, fit to print after a colon. */
export function fileReason(error: unknown): string {
  const code = codeOf(error);
  const known = code === undefined ? undefined : CODES[code];
  if (known !== undefined) return `${known[1]} (${code})`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * A failed file call as a TransferError. `tried` is what was tried, with the file's name, such as `write /data/a.bin`; `key` is the object
 * it was for. Errors without a code (aborts, our own) pass through {@link asTransferError}. An unknown code harms one object only.
 */
export function fileError(error: unknown, tried: string, key?: string): TransferError {
  if (error instanceof TransferError) return error;
  const code = codeOf(error);
  const refused = notAllowed(error, `Cannot ${tried}`);
  if (refused !== undefined) return refused;
  if (code === undefined) return asTransferError(error);
  const kind = CODES[code]?.[0] ?? "unsupported";
  return new TransferError(kind, `Cannot ${tried}: ${fileReason(error)}`, { cause: error, code, ...(key !== undefined && { key }) });
}
