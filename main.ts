/**
 * The command line: reads arguments, calls the command, answers the exit code. The first interrupt stops cleanly, the second at once.
 */
import { checkFile } from "./lib/command/check_jobs.ts";
import { type Console, openConsole } from "./lib/command/console.ts";
import { exitCodeOf } from "./lib/command/exit_code.ts";
import { listUploads } from "./lib/command/list_uploads.ts";
import { runCp, runFile } from "./lib/command/run_jobs.ts";
import { serve } from "./lib/command/serve.ts";
import { asTransferError, EXIT } from "./lib/errors.ts";
import type { Command } from "./lib/job/command.ts";
import { parseCommandLine } from "./lib/job/command_line.ts";
import { helpText } from "./lib/job/help.ts";
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
  const console = openConsole(signal);
  try {
    return await obey(console, parseCommandLine(args));
  } catch (thrown) {
    return tell(console, thrown);
  }
}

function obey(console: Console, command: Command): Promise<number> | number {
  switch (command.kind) {
    case "run":
      return runFile(console, command);
    case "cp":
      return runCp(console, command);
    case "check":
      return checkFile(console, command);
    case "uploads":
      return listUploads(console, command);
    case "serve":
      return serve(console, command);
    case "help":
      console.out(helpText(command.topic));
      return EXIT.ok;
    case "version":
      console.out(`sluice ${VERSION}`);
      return EXIT.ok;
  }
}

/** One clear line; a bug of ours also shows where. */
function tell(console: Console, thrown: unknown): number {
  const error = asTransferError(thrown);
  const code = exitCodeOf(error);
  if (code === EXIT.interrupted) console.people.line("Interrupted");
  else for (const line of error.message.split("\n")) console.people.line(`${console.colours.red("error:")} ${printable(line)}`);
  if (code === EXIT.bug && thrown instanceof Error) console.people.line(printable(thrown.stack ?? ""));
  return code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
