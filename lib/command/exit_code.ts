/**
 * What a failure that stops the whole job means for the exit code; the codes are documented in the README.
 */
import { ERROR_RULES, type TransferError } from "../errors.ts";

/** The exit code of a job-wide failure. */
export function exitCodeOf(error: TransferError): number {
  return ERROR_RULES[error.kind].exitCode;
}

/** Of two exit codes the one that must not be hidden. */
export function worse(one: number, other: number): number {
  return Math.max(one, other);
}
