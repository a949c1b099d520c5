/** Logs by level, as text or NDJSON, through one sink. Every line is escaped here and redacted by the sink's owner. */
import type { ReportRules } from "../job_types.ts";
import type { Colours } from "./colours.ts";
import { jsonText, printable } from "./escape.ts";
import type { LineSink } from "./people.ts";

type LogLevel = ReportRules["logLevel"];
/** Writes a line; details that are undefined are skipped. */
type Log = (message: string, fields?: Readonly<Record<string, string | number | boolean | undefined>>) => void;

/** Writes what its level allows. */
export interface Logger extends Readonly<Record<LogLevel, Log>> {
  /** Whether a level is written, for lines that cost something to make. */
  readonly allows: (level: LogLevel) => boolean;
}

/** What a logger is made from. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: ReportRules["logFormat"];
  readonly write: LineSink;
  readonly colours: Colours;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Text lines begin with the time; for logs that are kept, not for a terminal. JSON lines always have it. */
  readonly times: boolean;
}

const RANK: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Makes a logger. */
export function createLogger({ level: most, format, write, colours, now, times }: LoggerOptions): Logger {
  const paint = { error: colours.red, warn: colours.yellow, info: (text: string) => text, debug: colours.dim };
  const label = { error: "error: ", warn: "warning: ", info: "", debug: "debug: " };
  const allows = (level: LogLevel) => RANK[level] <= RANK[most];
  return loggerOf(allows, (level) => (message, fields = {}) => {
    if (!allows(level)) return;
    const time = new Date(now()).toISOString();
    if (format === "json") return write(jsonText({ ...fields, time, level, message }));
    const details = Object.entries(fields).map(([name, value]) => value === undefined ? "" : ` ${name}=${fieldText(String(value))}`);
    write(`${times ? `${time} ` : ""}${paint[level](`${label[level]}${printable(message)}${details.join("")}`)}`);
  });
}

/** One logger that writes to two. */
export function bothLoggers(one: Logger, other: Logger): Logger {
  return loggerOf((level) => one.allows(level) || other.allows(level), (level) => (message, fields) => {
    one[level](message, fields);
    other[level](message, fields);
  });
}

function loggerOf(allows: Logger["allows"], at: (level: LogLevel) => Log): Logger {
  return { allows, error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") };
}

function fieldText(value: string): string {
  const text = printable(value);
  return /^[^\s"=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}
