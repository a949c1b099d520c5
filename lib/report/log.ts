/**
 * Logs by level, as text or NDJSON, through one sink. Every line is escaped here and redacted by the sink's owner.
 */
import type { ReportRules } from "../job_types.ts";
import { type Colours } from "./colours.ts";
import { jsonText, printable } from "./escape.ts";
import type { LineSink } from "./people.ts";

/** Levels from grave to chatty. */
export type LogLevel = ReportRules["logLevel"];

/** Details of a log line; absent values are skipped. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes what its level allows. */
export interface Logger {
  /** Whether a level is written, for lines that cost something to make. */
  allows(level: LogLevel): boolean;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
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
export function createLogger(options: LoggerOptions): Logger {
  function log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (RANK[level] > RANK[options.level]) return;
    const time = new Date(options.now()).toISOString();
    options.write(options.format === "json" ? jsonLine(time, level, message, fields) : textLine(options, time, level, message, fields));
  }
  return {
    allows: (level) => RANK[level] <= RANK[options.level],
    error: (message, fields) => log("error", message, fields),
    warn: (message, fields) => log("warn", message, fields),
    info: (message, fields) => log("info", message, fields),
    debug: (message, fields) => log("debug", message, fields),
  };
}

/** One logger that writes to two. */
export function bothLoggers(one: Logger, other: Logger): Logger {
  const both = (level: LogLevel) => (message: string, fields?: LogFields) => {
    one[level](message, fields);
    other[level](message, fields);
  };
  return {
    allows: (level) => one.allows(level) || other.allows(level),
    error: both("error"),
    warn: both("warn"),
    info: both("info"),
    debug: both("debug"),
  };
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  return jsonText({ ...fields, time, level, message });
}

function textLine(options: LoggerOptions, time: string, level: LogLevel, message: string, fields: LogFields): string {
  const { colours } = options;
  const paint = { error: colours.red, warn: colours.yellow, info: plain, debug: colours.dim }[level];
  const details = Object.entries(fields).filter(([, value]) => value !== undefined).map(([name, value]) => ` ${name}=${fieldText(value)}`)
    .join("");
  const label = level === "info" ? "" : `${level === "warn" ? "warning" : level}: `;
  return `${options.times ? `${time} ` : ""}${paint(`${label}${printable(message)}${details}`)}`;
}

function plain(text: string): string {
  return text;
}

function fieldText(value: string | number | boolean | undefined): string {
  const text = printable(String(value));
  return /^[^\s"=]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}
