/** The log on the disk: every line that people see, with its time. Never holds a secret; a full disk ends the log, not the job. */
import { cannotBegin } from "../errors.ts";
import type { LineSink } from "./people.ts";
import type { Redactor } from "./redact.ts";

/** A log file that is open. */
export interface LogFile {
  /** With the time in its place. */
  readonly path: string;
  /** Adds a line; without its colours. */
  readonly line: LineSink;
  close(): void;
}

/** Stands in the path for the local time of the start, which is written without colons so that every disk can hold the name. */
const TIME = "{time}";

/** Opens the file to append to it, and makes its folder. Throws `config` when it cannot be opened. */
export function openLogFile(path: string, options: { readonly start: Date; readonly redactor: Redactor }): LogFile {
  const named = path.replaceAll(TIME, localTime(options.start));
  let file: Deno.FsFile;
  try {
    file = openWithFolder(named);
  } catch (error) {
    throw cannotBegin(`Cannot open the log ${named}`, error);
  }
  const encoder = new TextEncoder();
  let broken = false;
  return {
    path: named,
    line(line) {
      let rest = encoder.encode(`${options.redactor.redact(line.replaceAll(COLOURS, ""))}\n`);
      try {
        while (rest.length > 0 && !broken) rest = rest.subarray(file.writeSync(rest));
      } catch {
        broken = true;
      }
    },
    close: () => file.close(),
  };
}

/** The folder is made only when it is missing: for one that is there nobody need be allowed to write into it all. */
function openWithFolder(path: string): Deno.FsFile {
  const how = { write: true, create: true, append: true } as const;
  try {
    return Deno.openSync(path, how);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.mkdirSync(path.replace(/[^/\\]*$/, "") || ".", { recursive: true });
    return Deno.openSync(path, how);
  }
}

/** What colours.ts puts around words. */
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;

function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${time.map(two).join("-")}`;
}
