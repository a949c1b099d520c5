/**
 * The command line: reads arguments, calls the command, answers the exit code. The first interrupt stops cleanly, the second at once.
 */
import { checkFile, checkPlaces } from "./lib/command/check_jobs.ts";
import { openTerminal, type Terminal } from "./lib/command/terminal.ts";
import { exitCodeOf } from "./lib/command/exit_code.ts";
import { listUploads } from "./lib/command/list_uploads.ts";
import { runCompat, showHelp } from "./lib/command/run_compat.ts";
import { runCp, runFile } from "./lib/command/run_jobs.ts";
import { findDoor } from "./lib/compat/front_door.ts";
import { peekText } from "./lib/disk/text_file.ts";
import { asTransferError, EXIT, TransferError } from "./lib/errors.ts";
import type { Command } from "./lib/job/command.ts";
import { parseCommandLine } from "./lib/job/command_line.ts";
import { VERSION } from "./lib/job/version.ts";
import { printable } from "./lib/report/escape.ts";

async function main(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const signal = interrupt.signal;
  const onInterrupt = () => {
    if (signal.aborted) Deno.exit(EXIT.interrupted);
    interrupt.abort(new DOMException("Interrupted", "AbortError"));
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onInterrupt);
  // A terminal that was closed: unfinished uploads stay for the next run, as after any interrupt.
  Deno.addSignalListener("SIGHUP", onInterrupt);
  const terminal = openTerminal(signal);
  // What nobody caught is a bug; the runtime would print it raw, with whatever it holds, and call it exit code 1.
  const onUncaught = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    tell(terminal, asBug("reason" in event ? event.reason : event.error));
    Deno.exit(EXIT.bug);
  };
  globalThis.addEventListener("unhandledrejection", onUncaught);
  globalThis.addEventListener("error", onUncaught);
  try {
    return await obey(terminal, findDoor(args, peekText) ?? parseCommandLine(args));
  } catch (thrown) {
    return tell(terminal, thrown);
  }
}

async function obey(terminal: Terminal, command: Command): Promise<number> {
  switch (command.kind) {
    case "run":
      return await runFile(terminal, command);
    case "cp":
      return await runCp(terminal, command);
    case "check":
      return await checkFile(terminal, command);
    case "checkPlaces":
      return await checkPlaces(terminal, command);
    case "uploads":
      return await listUploads(terminal, command);
    case "serve":
      // Loaded only when it is wanted: a store is much code.
      return await (await import("./lib/command/serve.ts")).serve(terminal, command);
    case "compat":
      return await runCompat(terminal, command, tell);
    case "help":
      return await showHelp(terminal, command.topic);
    case "version":
      terminal.out(`sluice ${VERSION}`);
      return EXIT.ok;
  }
}

/** Says where it was thrown, whatever kind of failure it calls itself. */
function asBug(thrown: unknown): unknown {
  return thrown instanceof TransferError ? new TransferError("bug", `Unexpected failure: ${thrown.message}`, { cause: thrown }) : thrown;
}

/** One clear line; a bug of ours also shows where. */
function tell(terminal: Terminal, thrown: unknown): number {
  const error = asTransferError(thrown);
  const code = exitCodeOf(error);
  if (code === EXIT.interrupted) terminal.people.line("Interrupted");
  else for (const line of error.message.split("\n")) terminal.people.line(`${terminal.colours.red("error:")} ${printable(line)}`);
  if (code === EXIT.bug && thrown instanceof Error) terminal.people.line(printable(thrown.stack ?? ""));
  return code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
