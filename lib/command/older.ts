/** The front doors of older tools: their words and files are translated, then run as jobs like any others. Knows no tool. */
import type { CompatRun, CompatText, UploadsRequest } from "../compat/compat_run.ts";
import { type CompatRequest, findDoor, openDoor } from "../compat/front_door.ts";
import { peekText, readText } from "../disk/text_file.ts";
import { EXIT, TransferError } from "../errors.ts";
import { jobToIni } from "../job/job_ini.ts";
import { printable } from "../report/escape.ts";
import { systemContext } from "../run/system_context.ts";
import type { Command } from "./command.ts";
import { runAll } from "./run.ts";
import { reportError, type Terminal } from "./terminal.ts";
import { listUploads } from "./uploads.ts";

/** What the older tool would have refused ends with that tool's own code. */
export const OLDER: Command<CompatRequest> = {
  usage: "sluice TOOL …                      an older tool with its own words",
  examples: ["sluice s3_upload_config.ini", "sluice s3copy -n s3://a s3://b", "sluice paras3 -r ./photos bucket:backup --print-job"],
  read(args) {
    const found = findDoor(args, peekText);
    if (found === undefined) throw new TransferError("config", "This is not the command line of an older tool; see --help");
    return found;
  },
  async run(request, open) {
    const terminal = await open();
    const door = await openDoor(request.tool);
    if (door === undefined) throw new TransferError("bug", `There is no front door for ${request.tool}`);
    if (request.args.some((arg) => arg === "--help" || (arg === "-h" && !door.ownFlags?.includes(arg)))) {
      terminal.out(door.help);
      return EXIT.ok;
    }
    let code: number;
    try {
      const translated = door.translate(request.args, { ...systemContext(), readText });
      if (translated.kind === "text") {
        if (translated.to === "results") terminal.out(translated.text);
        else for (const line of noticeLines(translated)) terminal.people.line(line);
        return translated.exitCode;
      }
      code = await obey(terminal, translated, request.printJob);
    } catch (thrown) {
      code = reportError(terminal, thrown);
    }
    return code === EXIT.usage ? door.usageExit : code;
  },
};

async function obey(terminal: Terminal, translated: CompatRun | UploadsRequest, printJob: boolean): Promise<number> {
  if (translated.kind === "uploads") return await listUploads(terminal, translated);
  for (const notice of noticeLines(translated)) terminal.people.line(notice);
  if (printJob) {
    for (const job of translated.jobs) terminal.out(jobToIni(job));
    return EXIT.ok;
  }
  const code = await runAll(terminal, translated.jobs, translated.json ?? false);
  return translated.incomplete ? Math.max(code, EXIT.failed) : code;
}

/** What a translation says to people, fit to be shown: words of the command line and of old files stand in it. */
export function noticeLines(translated: CompatRun | CompatText): readonly string[] {
  return (translated.kind === "text" ? translated.text.split("\n") : translated.notices).map(printable);
}
