/**
 * The one table of what the system can say to a call on a file or folder, every error number of Linux, macOS and Windows with its kind and
 * its words, and every call that the program makes with what its failures mean; and failures as TransferErrors, by this table alone. Must
 * never swallow a failure and never look at the file again.
 */
import { asTransferError, notAllowed, reasonOf, TransferError } from "../errors.ts";
import type { ErrorKind } from "../types.ts";

/** An error of the system: kind, words for people, and its numbers on Linux, macOS and Windows (`[]`: not known there). */
type Row = readonly [kind: ErrorKind, words: string, linux: readonly number[], macos: readonly number[], windows?: readonly number[]];

/** What a failed call means. Only `ends the job` reaches further than one object. */
export type Outcome = "failed entry" | "ends the job" | "falls back" | "note" | "missing";

/**
 * By the POSIX name. Deno (2.9) names about half of them; of the others, and of Windows' own, only the number arrives. Numbers of Linux:
 * asm-generic/errno.h, macOS: sys/errno.h, Windows: winerror.h.
 */
export const ERRNOS: Readonly<Record<string, Row>> = {
  ENOSPC: ["disk", "no space left on the disk", [28], [28], [112, 39, 277]],
  EDQUOT: ["disk", "disk quota used up", [122], [69], [1295, 1816]],
  EROFS: ["disk", "the file system is read-only", [30], [30], [19, 6009]],
  EMFILE: [
    "network",
    "too many open files in this process: raise the limit (ulimit -n), or lower workers, parts_in_flight or objects_in_flight",
    [24],
    [24],
    [4, 36],
  ],
  ENFILE: ["network", "too many open files on this machine", [23], [23]],
  ENOMEM: ["disk", "the system has not enough memory", [12], [12], [8, 14, 1450]],
  EIO: ["disk", "the disk reports an input/output error", [5], [5], [1117, 23, 30, 29, 31]],
  ENXIO: ["disk", "there is no such device", [6], [6], [1167, 55]],
  ENODEV: ["disk", "the device does not do this", [19], [19], [20, 22]],
  ENOMEDIUM: ["disk", "there is no disk in the drive", [123], [], [21, 1112]],
  EBADF: ["disk", "the system has lost the open file", [9], [9], [6]],
  EFAULT: ["disk", "the system refuses the memory of the call", [14], [14], [998]],
  EBADMSG: ["disk", "the disk holds damaged data", [74], [94]],
  EUCLEAN: ["disk", "the file system is damaged, check it", [117], [], [1392, 1393, 1005]],
  EHWPOISON: ["disk", "the memory that holds the file is broken", [133], []],
  ENODATA: ["disk", "the data is not available", [61], [96]],
  EPROTO: ["disk", "the file system answers wrongly", [71], [100]],
  ECOMM: ["disk", "the file system cannot be reached", [70], []],
  EREMOTEIO: ["disk", "the remote file system reports an input/output error", [121], []],
  EDEVERR: ["disk", "the device reports an error", [], [83]],
  EPWROFF: ["disk", "the device has no power", [], [82]],
  ENOTCONN: ["disk", "the file system is not connected: mount it again", [107], [57], [2250]],
  ESHUTDOWN: ["disk", "the file system is shut down", [108], [58], [362]],
  ENOKEY: ["denied", "the folder is encrypted, and its key is not loaded", [126], [], [6002]],
  EKEYEXPIRED: ["denied", "the key of the encrypted folder has expired", [127], []],
  EKEYREVOKED: ["denied", "the key of the encrypted folder was revoked", [128], []],
  EKEYREJECTED: ["denied", "the key of the encrypted folder was rejected", [129], []],
  EAUTH: ["denied", "the file server refuses the user", [], [80], [1326]],
  ENEEDAUTH: ["denied", "the file server wants a login", [], [81], [1244]],
  EACCES: ["denied", "permission denied", [13], [13], [5, 65, 1920, 395, 225]],
  EPERM: ["denied", "operation not permitted", [1], [1], [1314]],
  ENOENT: ["notFound", "no such file or folder", [2], [2], [2, 3, 15, 53, 67]],
  EEXIST: ["conflict", "something else has this name", [17], [17], [80, 183]],
  EISDIR: ["conflict", "a folder has this name", [21], [21], [336]],
  ENOTDIR: ["conflict", "a file is where a folder is needed", [20], [20], [267]],
  ENOTEMPTY: ["conflict", "a folder that is not empty has this name", [39], [66], [145]],
  ENAMETOOLONG: ["unsupported", "the name is too long for this file system", [36], [63], [206, 111]],
  EILSEQ: ["unsupported", "this file system cannot hold the name", [84], [92], [1113]],
  EINVAL: ["unsupported", "this file system does not take the name or the operation", [22], [22], [87, 123, 13, 131, 161]],
  ENOTSUP: ["unsupported", "this file system cannot do this", [], [45], [50, 1, 282]],
  EOPNOTSUPP: ["unsupported", "this file system cannot do this", [95], [102]],
  ENOSYS: ["unsupported", "the system does not know this call", [38], [78], [120]],
  ENOTTY: ["unsupported", "this file system cannot do this", [25], [25]],
  EFBIG: ["unsupported", "the file is too large for this file system", [27], [27], [223]],
  EOVERFLOW: ["unsupported", "a size or time is too large for this system", [75], [84], [534]],
  ERANGE: ["unsupported", "a size or time is too large for this system", [34], [34]],
  EXDEV: ["unsupported", "the names are on two file systems", [18], [18], [17]],
  EMLINK: ["unsupported", "the file has too many names", [31], [31], [1142]],
  ESPIPE: ["unsupported", "there is no place in this kind of file", [29], [29], [132]],
  ELOOP: ["unsupported", "too many symbolic links", [40], [62], [1921, 681]],
  EAGAIN: ["network", "the file system asks to try again", [11], [35]],
  EINTR: ["network", "the call was interrupted", [4], [4]],
  EBUSY: ["network", "the file is in use", [16], [16], [32, 33, 170, 148, 303]],
  ETXTBSY: ["network", "the file is a program that is running", [26], [26]],
  EDEADLK: ["network", "the file is locked", [35], [11], [1131]],
  ENOLCK: ["network", "no lock can be had", [37], [77]],
  ECANCELED: ["network", "the call was cancelled", [125], [89], [995]],
  ESTALE: ["network", "the network file system lost the file", [116], [70]],
  ETIME: ["network", "the file system did not answer", [62], [101]],
  ETIMEDOUT: ["network", "the network file system did not answer", [110], [60], [121, 1460]],
  EHOSTDOWN: ["network", "the file server is down", [112], [64], [1256]],
  EHOSTUNREACH: ["network", "the file server cannot be reached", [113], [65], [1232, 51]],
  ENETDOWN: ["network", "the network is down", [100], [50], [1222]],
  ENETUNREACH: ["network", "the network cannot be reached", [101], [51], [1231]],
  ECONNREFUSED: ["network", "the file server refuses the connection", [111], [61], [1225]],
  ECONNRESET: ["network", "the connection to the file server broke", [104], [54], [64, 59]],
  ECONNABORTED: ["network", "the connection to the file server broke", [103], [53], [1236]],
  ENOLINK: ["network", "the connection to the file server broke", [67], [97]],
  ENONET: ["network", "the machine is not on the network", [64], []],
};

/** A full or a read-only destination: no other object fares better, so the job ends. */
const FULL = ["ENOSPC", "EDQUOT", "EROFS"];
/** Nothing is there. */
const GONE = ["ENOENT", "ENOTDIR"];

/** What failures of one call mean; whatever a row does not name is a failed entry. `"all but"`: every code that is not in the list. */
interface CallRow {
  /** Says what the program does then. */
  readonly why: string;
  readonly job?: readonly string[];
  readonly missing?: readonly string[];
  readonly fallsBack?: readonly string[] | { readonly allBut: readonly string[] };
  readonly note?: { readonly allBut: readonly string[] };
}

/** Every call that the program makes on a file or folder of a user. */
export const FILE_CALLS = {
  list: { why: "the folder is a failed entry, also one that went away; its siblings go on, and nothing is deleted" },
  look: { why: "what is gone is missing, anything else one failed entry", missing: GONE },
  readLink: { why: "a link that went away is missing", missing: GONE },
  open: { why: "a source that cannot be opened is a failed entry, whatever the reason" },
  read: { why: "a source that cannot be read is a failed entry, whatever the reason" },
  create: {
    why: "what is there already is looked at; where the name is too long the working file gets a shorter one",
    job: FULL,
    fallsBack: ["EEXIST", "ENAMETOOLONG"],
  },
  write: { why: "the object fails", job: FULL },
  resize: { why: "the object fails", job: FULL },
  rename: { why: "the object fails; a working file that went away may be the finished target", job: FULL, missing: ["ENOENT"] },
  remove: { why: "what is gone already is what was wanted", missing: GONE },
  makeFolder: { why: "a folder that is there already is taken", job: FULL, fallsBack: ["EEXIST"] },
  makeLink: { why: "the object fails", job: FULL },
  link: { why: "a look and a rename instead: file systems refuse links in every way", fallsBack: { allBut: ["EEXIST"] } },
  lock: { why: "works without: one run at a time is then the user's promise", fallsBack: { allBut: [] } },
  sync: {
    why: "a file system that cannot sync keeps the file all the same; a disk that lost bytes does not",
    job: FULL,
    note: { allBut: ["EIO", "EREMOTEIO", "EFBIG", "EBADF", ...FULL] },
  },
  setTime: { why: "the bytes are what counts", note: { allBut: [] } },
  setOwner: { why: "the bytes are what counts", note: { allBut: [] } },
} satisfies Readonly<Record<string, CallRow>>;

/** A row of {@link FILE_CALLS}. */
export type FileCall = keyof typeof FILE_CALLS;

/** What it means that this call failed with this code; a code that no table knows is one failed entry. */
export function outcomeOf(call: FileCall, code: string | undefined): Outcome {
  const row: CallRow = FILE_CALLS[call];
  if (holds(row.job, code)) return "ends the job";
  if (holds(row.missing, code)) return "missing";
  if (holds(row.fallsBack, code)) return "falls back";
  return holds(row.note, code) ? "note" : "failed entry";
}

function holds(list: readonly string[] | { readonly allBut: readonly string[] } | undefined, code: string | undefined): boolean {
  if (list === undefined) return false;
  return "allBut" in list ? !list.allBut.includes(code ?? "") : list.includes(code ?? "");
}

/** Names by number. One number has another meaning on each system: 5 is EIO on Linux and a refusal on Windows. */
const NAMES = new Map(
  Object.entries(ERRNOS).flatMap(([name, [, , linux, macos, windows = []]]) =>
    (Deno.build.os === "windows" ? windows : Deno.build.os === "darwin" ? macos : linux).map((number) => [number, name] as const)
  ),
);

/** The error code (`ENOENT`, …) of a failed file call, if it has one; `os error N` for a number that no table knows. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  if (typeof code === "string") return code;
  // The number stands before the path, which may hold any text.
  const number = error instanceof Error ? /^[^(':]*\(os error (\d+)\)/.exec(error.message)?.[1] : undefined;
  return number === undefined ? undefined : NAMES.get(Number(number)) ?? `os error ${number}`;
}

/** What the failure of a call means; see {@link outcomeOf}. */
export function failureOf(call: FileCall, error: unknown): Outcome {
  return outcomeOf(call, codeOf(error));
}

/** The reason of a failed file call in a few words, fit to print after a colon. */
export function fileReason(error: unknown): string {
  const code = codeOf(error);
  const known = code === undefined ? undefined : ERRNOS[code];
  if (known !== undefined) return `${known[1]} (${code})`;
  return reasonOf(error);
}

/**
 * A failed file call as a TransferError. `tried` is what was tried, with the file's name, such as `write /data/a.bin`. What the table lets
 * end the job is `storage`; an unknown code harms one object only. Errors without a code (aborts, our own) pass through
 * {@link asTransferError}.
 */
export function fileError(error: unknown, call: FileCall, tried: string): TransferError {
  if (error instanceof TransferError) return error;
  const code = codeOf(error);
  const refused = notAllowed(error, `Cannot ${tried}`);
  if (refused !== undefined) return refused;
  if (code === undefined) return asTransferError(error);
  const kind = outcomeOf(call, code) === "ends the job" ? "storage" : ERRNOS[code]?.[0] ?? "disk";
  return new TransferError(kind, `Cannot ${tried}: ${fileReason(error)}`, { cause: error, code });
}
