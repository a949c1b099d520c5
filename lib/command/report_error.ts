/**
 * What stopped the program, in clear words.
 */
import { asTransferError, EXIT, TransferError } from "../errors.ts";
import { printable } from "../report/escape.ts";
import { exitCodeOf } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** Prints it, and returns the exit code. A bug of ours also shows where. */
export function reportError(terminal: Terminal, thrown: unknown): number {
  const error = asTransferError(thrown);
  const code = exitCodeOf(error);
  if (code === EXIT.interrupted) terminal.people.line("Interrupted");
  else for (const line of error.message.split("\n")) terminal.people.line(`${terminal.colours.red("error:")} ${printable(line)}`);
  if (code === EXIT.bug && thrown instanceof Error) terminal.people.line(printable(thrown.stack ?? ""));
  return code;
}

/** Prints what nobody caught: a bug of ours, whatever kind of failure it calls itself. */
export function reportBug(terminal: Terminal, thrown: unknown): number {
  const error = thrown instanceof TransferError
    ? new TransferError("bug", `Unexpected failure: ${thrown.message}`, { cause: thrown })
    : thrown;
  return reportError(terminal, error);
}
