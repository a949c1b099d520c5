/**
 * Failures of the operating system's file calls as TransferErrors, with one line that people understand. Decides by the table of errno.ts
 * alone; must never swallow a failure and never look at the file again.
 */
import { asTransferError, notAllowed, reasonOf, TransferError } from "../errors.ts";
import { ERRNOS, type FileCall, type Outcome, outcomeOf } from "./errno.ts";

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
