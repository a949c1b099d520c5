/**
 * The front doors of older tools: `sluice s3copy …`, `sluice s3_upload_config.ini` and the others are translated, then run as jobs like any
 * others. Knows no tool.
 */
import type { CompatContext, CompatRun, CompatText, FrontDoor } from "../compat/compat_run.ts";
import { type CompatRequest, findDoor, openDoor } from "../compat/front_door.ts";
import { peekText, readText } from "../disk/text_file.ts";
import { asTransferError, EXIT, TransferError } from "../errors.ts";
import { printable } from "../report/escape.ts";
import type { Command } from "./command.ts";
import { exitCodeOf, worse } from "./exit_code.ts";
import { reportError } from "./report_error.ts";
import type { Terminal } from "./terminal.ts";

/** The request of an older tool; undefined when the words are sluice's own. The first word is not a command. */
export function findOlder(args: readonly string[]): CompatRequest | undefined {
  return findDoor(args, peekText);
}

/** What the older tool would have refused ends with that tool's own code. */
export const OLDER: Command<CompatRequest> = {
  usage: "sluice TOOL …                      an older tool with its own words",
  examples: ["sluice s3_upload_config.ini", "sluice s3copy -n s3://a s3://b", "sluice paras3 -r ./photos bucket:backup --print-job"],
  read(args) {
    const found = findOlder(args);
    if (found === undefined) throw new TransferError("config", "This is not the command line of an older tool; see --help");
    return found;
  },
  async run(request, open) {
    const terminal = await open();
    const door = await openDoor(request.tool);
    if (door === undefined) throw new TransferError("bug", `There is no front door for ${request.tool}`);
    try {
      return await obey(terminal, request, door);
    } catch (thrown) {
      reportError(terminal, thrown);
      return asOlder(exitCodeOf(asTransferError(thrown)), door);
    }
  },
};

function asOlder(code: number, door: FrontDoor): number {
  return code === EXIT.usage ? door.usageExit : code;
}

async function obey(terminal: Terminal, request: CompatRequest, door: FrontDoor): Promise<number> {
  if (request.args.some((arg) => arg === "--help" || (arg === "-h" && !door.ownFlags?.includes(arg)))) {
    terminal.out(door.help);
    return EXIT.ok;
  }
  const { systemContext } = await import("../run/system_context.ts");
  const context: CompatContext = { ...systemContext(), readText };
  const translated = door.translate(request.args, context);
  if (translated.kind === "text") {
    if (translated.to === "results") terminal.out(translated.text);
    else for (const line of noticeLines(translated)) terminal.people.line(line);
    return translated.exitCode;
  }
  if (translated.kind === "uploads") return asOlder(await (await import("./list_uploads.ts")).listUploads(terminal, translated), door);
  for (const notice of noticeLines(translated)) terminal.people.line(notice);
  if (request.printJob) {
    const { jobToIni } = await import("../job/job_ini.ts");
    for (const job of translated.jobs) terminal.out(jobToIni(job));
    return EXIT.ok;
  }
  const { runAll } = await import("./run_jobs.ts");
  const code = asOlder(await runAll(terminal, translated.jobs, translated.json ?? false), door);
  return translated.incomplete ? worse(code, EXIT.failed) : code;
}

/** What a translation says to people, fit to be shown: words of the command line and of old files stand in it. */
export function noticeLines(translated: CompatRun | CompatText): readonly string[] {
  return (translated.kind === "text" ? translated.text.split("\n") : translated.notices).map(printable);
}
