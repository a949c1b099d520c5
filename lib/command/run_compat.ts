/**
 * `main.ts s3copy …`, `main.ts s3_upload_config.ini` and the other front doors: translates, then runs the jobs like any others. Knows no
 * tool.
 */
import type { CompatContext, CompatRun, CompatText, FrontDoor } from "../compat/compat_run.ts";
import { openDoor } from "../compat/front_door.ts";
import { asTransferError, EXIT, TransferError } from "../errors.ts";
import type { CompatCommand } from "../job/command.ts";
import { helpText } from "../job/help.ts";
import { jobToIni } from "../job/job_ini.ts";
import { printable } from "../report/escape.ts";
import { exitCodeOf, worse } from "./exit_code.ts";
import { listUploads } from "./list_uploads.ts";
import { runAll } from "./run_jobs.ts";
import { readText } from "../disk/text_file.ts";
import { jobContext, type Terminal } from "./terminal.ts";

/** Answers the exit code; what the older tool would have refused ends with that tool's own code. `tell` prints an error. */
export async function runCompat(
  terminal: Terminal,
  command: CompatCommand,
  tell: (terminal: Terminal, thrown: unknown) => number,
): Promise<number> {
  const door = await openDoor(command.tool);
  if (door === undefined) throw new TransferError("bug", `There is no front door for ${command.tool}`);
  try {
    return await obey(terminal, command, door);
  } catch (thrown) {
    tell(terminal, thrown);
    return asOlder(exitCodeOf(asTransferError(thrown)), door);
  }
}

function asOlder(code: number, door: FrontDoor): number {
  return code === EXIT.usage ? door.usageExit : code;
}

async function obey(terminal: Terminal, command: CompatCommand, door: FrontDoor): Promise<number> {
  if (command.args.some((arg) => arg === "--help" || (arg === "-h" && !door.ownFlags?.includes(arg)))) {
    terminal.out(door.help);
    return EXIT.ok;
  }
  const answer = door.translate(command.args, compatContext());
  if (answer.kind === "text") {
    if (answer.to === "results") terminal.out(answer.text);
    else for (const line of noticeLines(answer)) terminal.people.line(line);
    return answer.exitCode;
  }
  if (answer.kind === "uploads") return asOlder(await listUploads(terminal, answer), door);
  for (const notice of noticeLines(answer)) terminal.people.line(notice);
  if (command.printJob) {
    for (const job of answer.jobs) terminal.out(jobToIni(job));
    return EXIT.ok;
  }
  const code = asOlder(await runAll(terminal, answer.jobs, answer.json ?? false), door);
  return answer.incomplete ? worse(code, EXIT.failed) : code;
}

/** What a translation tells people, fit to be shown: words of the command line and of old files stand in it. */
export function noticeLines(answer: CompatRun | CompatText): readonly string[] {
  return (answer.kind === "text" ? answer.text.split("\n") : answer.notices).map(printable);
}

/** `main.ts help [TOPIC]`: of a command, of the keys, or of an older tool. */
export async function showHelp(terminal: Terminal, topic?: string): Promise<number> {
  terminal.out((topic === undefined ? undefined : await openDoor(topic))?.help ?? helpText(topic));
  return EXIT.ok;
}

function compatContext(): CompatContext {
  return { ...jobContext(), readText };
}
