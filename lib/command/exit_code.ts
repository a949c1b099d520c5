/**
 * What a failure that stops the whole job means for the exit code; the codes are documented in the README.
 */
import { EXIT, type TransferError } from "../errors.ts";

/** The exit code of a job-wide failure. */
export function exitCodeOf(error: TransferError): number {
  switch (error.kind) {
    case "config":
    case "credentials":
    case "storage":
      return EXIT.usage;
    case "bug":
    case "crash":
      return EXIT.bug;
    case "cancelled":
      return EXIT.interrupted;
    default:
      return EXIT.failed;
  }
}

/** Of two exit codes the one that must not be hidden. */
export function worse(one: number, other: number): number {
  return Math.max(one, other);
}
